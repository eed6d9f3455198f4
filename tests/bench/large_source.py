"""A source of real size, and its answers built beforehand, so that no server is what a benchmark measures.

2,790 facilities, 30 cells each: 83,700 values a month. As on a real server every value that was typed has a stamp of
its own (half of the facilities); an import gives all its values one.
"""

import gzip
import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from layidu.model import frames
from tests.warehouse_world import DEFAULT, World, uid

WORLD = World(districts=62, facilities=45, elements=10, combos=3, source="large")
MONTH_ROWS = 62 * 45 * 10 * 3
HEADER = (
    "dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value,storedby,lastupdated,comment,"
    "followup,deleted\n"
)
Variant = Literal["first", "changed"]  # changed: one value in a hundred


def months(count: int) -> list[str]:
    """Months up to March 2026, oldest first."""
    return [f"{period:%Y%m}" for period in pd.period_range(end="2026-03", periods=count, freq="M")]


def cells() -> pd.DataFrame:
    """The mapping of the source's elements onto variables that the shipped rules speak of."""
    variables = [
        "malaria_rdt_done",
        "malaria_rdt_positive",
        "rdt_stock_out_days",
        "anc1_visits",
        "anc4_visits",
    ]
    combos = [uid("Combo", number + 1) for number in range(WORLD.combos)]
    return frames.VARIABLE_CELLS.frame(
        (variable, WORLD.source, WORLD.element(number + 1), combo, f"age={place}", 0, 999912)
        for number, variable in enumerate(variables)
        for place, combo in enumerate(combos)
    )


def month_body(month: str, variant: Variant) -> bytes:
    """One month as DHIS2 2.43 writes it."""
    facilities = [unit for unit, _, _, _, level in WORLD.units() if level == 3]
    size = MONTH_ROWS
    random = np.random.default_rng(int(month))
    row = np.arange(size)
    unit, cell = row // 30, row % 30
    numbers = random.poisson(8, size)
    # What the rules would flag in every row is not what a checked source sends.
    numbers[np.isin(cell // 3, [1, 4])] //= 4
    if variant == "changed":
        numbers[random.choice(size, size // 100, replace=False)] += 1
    typed = np.where(unit % 2 == 0, row * 997, unit * 1_000)
    stamps = np.datetime64("2026-04-02T08:00:00.000") + typed.astype("timedelta64[ms]")
    table = pa.table(
        {
            "element": picked([WORLD.element(n + 1) for n in range(10)], cell // 3),
            "period": picked([month], np.zeros(size, dtype=np.int64)),
            "unit": picked(facilities, unit),
            "combo": picked([uid("Combo", n + 1) for n in range(3)], cell % 3),
            "attribute": picked([DEFAULT], np.zeros(size, dtype=np.int64)),
            "value": pa.array(numbers.astype("U9")),
            "by": picked([f"agent{n}" for n in range(300)], unit % 300),
            "stamp": pa.array(np.char.add(np.datetime_as_string(stamps), "+0000")),
            "comment": pa.nulls(size, pa.string()),
            "followup": picked(["false"], np.zeros(size, dtype=np.int64)),
            "deleted": picked(["false"], np.zeros(size, dtype=np.int64)),
        }
    )
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    return sink.getvalue().to_pybytes()


def picked(words: Sequence[str], places: np.ndarray) -> pa.Array:
    """Words at places."""
    return pa.array(words, pa.string()).take(pa.array(places))


def as_json(body: bytes) -> bytes:
    """The same values as DHIS2's JSON."""
    names = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value"]
    names += ["storedBy", "lastUpdated", "comment", "followup", "deleted"]
    rows = pd.read_csv(pa.BufferReader(body), names=names, dtype="str")
    rows["followup"] = False
    rows = rows.drop(columns=["comment", "deleted"]).assign(created=rows["lastUpdated"])
    return b'{"dataValues":' + rows.to_json(orient="records").encode() + b"}"


@dataclass(frozen=True, slots=True)
class Bodies:
    """A folder of packed answers, one a slice."""

    folder: Path
    groups: tuple[tuple[str, ...], ...]  # the periods of each slice

    @property
    def rows(self) -> int:
        """Values in all of them."""
        return sum(len(group) for group in self.groups) * MONTH_ROWS


def build(folder: Path, groups: Sequence[Sequence[str]], *, json: bool = False) -> Bodies:
    """Write the answers, in a process of their own: their memory is not the client's."""
    bodies = Bodies(folder, tuple(map(tuple, groups)))
    work = multiprocessing.get_context("spawn").Process(target=write, args=(bodies, json))
    work.start()
    work.join()
    if work.exitcode:
        raise AssertionError("the answers could not be built")
    return bodies


def write(bodies: Bodies, json: bool) -> None:  # noqa: FBT001  started by name in another process
    """Write every answer in both variants, and one JSON answer of everything if asked."""
    for variant in ("first", "changed"):
        (bodies.folder / variant).mkdir(parents=True, exist_ok=True)
        for group in bodies.groups:
            body = b"".join(month_body(month, variant) for month in group)
            packed = gzip.compress(HEADER.encode() + body, compresslevel=1, mtime=0)
            (bodies.folder / variant / f"{group[0]}-{group[-1]}.csv.gz").write_bytes(packed)
    if json:
        everything = b"".join(month_body(month, "first") for group in bodies.groups for month in group)
        (bodies.folder / "first" / "all.json.gz").write_bytes(gzip.compress(as_json(everything), 1, mtime=0))
