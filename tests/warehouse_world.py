"""A small source for the tests of the warehouse: metadata, answers and the run that loads them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from layidu.model import frames
from layidu.model.metadata import Metadata, ServerInfo
from layidu.model.slices import Checked, Mode, Pulled, Slice, SliceAccount
from warehouse.connect import Warehouse
from warehouse.load import load_slice
from warehouse.lock import RunToken, hold

NOW = datetime(2026, 4, 8, 2, 0)  # noqa: DTZ001  the server's own clock
STAMP = "2026-04-07T10:00:00.000+0000"


def uid(kind: str, number: int) -> str:
    """A uid that a reader of a failing test can tell."""
    return f"{kind}{number:0{11 - len(kind)}d}"


DEFAULT = uid("Combo", 0)


@dataclass(frozen=True)
class World:
    """How large the source is; unit 0 is the country, then districts, then facilities."""

    districts: int = 2
    facilities: int = 3  # of each district
    elements: int = 2
    combos: int = 2  # besides the default one
    source: str = "sandbox"
    data_set: str = uid("Set", 1)

    @property
    def country(self) -> str:
        """The root."""
        return uid("Unit", 0)

    def district(self, number: int) -> str:
        """A district, from 1."""
        return uid("Dist", number)

    def facility(self, district: int, number: int) -> str:
        """A facility of a district, both from 1."""
        return uid(f"F{district:03d}x", number)

    def element(self, number: int) -> str:
        """A data element, from 1."""
        return uid("Elem", number)

    @property
    def owned(self) -> frozenset[str]:
        """The elements of the data set."""
        return frozenset(self.element(number + 1) for number in range(self.elements))

    def units(self) -> list[tuple[str, str, str | None, str, int]]:
        """uid, name, parent, path, level of every unit."""
        rows: list[tuple[str, str, str | None, str, int]] = [
            (self.country, "Mali", None, f"/{self.country}", 1)
        ]
        for d in range(1, self.districts + 1):
            path = f"/{self.country}/{self.district(d)}"
            rows.append((self.district(d), f"District {d}", self.country, path, 2))
            for f in range(1, self.facilities + 1):
                facility = self.facility(d, f)
                rows.append((facility, f"CSCom {d}.{f}", self.district(d), f"{path}/{facility}", 3))
        return rows

    def metadata(self) -> Metadata:
        """The source's metadata as pull hands it over."""
        units = self.units()
        combos = [(DEFAULT, "default", "default", uid("Cat", 0))] + [
            (uid("Combo", n + 1), f"C{n + 1}", f"Bande {n + 1}", uid("Cat", 1)) for n in range(self.combos)
        ]
        elements = sorted(self.owned)
        opened = datetime(2000, 1, 1)  # noqa: DTZ001
        return Metadata(
            source=self.source,
            server=ServerInfo("http://127.0.0.1:1", "2.42.5.2", "iso8601", NOW, "Etc/UTC", 0.0, None),
            user_org_units=(self.country,),
            org_units=frames.ORG_UNITS.frame(
                (u, u, name, name, parent, path, level, opened, pd.NaT, None, None)
                for u, name, parent, path, level in units
            ),
            data_elements=frames.DATA_ELEMENTS.frame(
                (e, e, f"Élément {e}", e, "INTEGER_ZERO_OR_POSITIVE", "SUM", True, uid("Cat", 1), None)
                for e in elements
            ),
            category_option_combos=frames.CATEGORY_OPTION_COMBOS.frame(combos),
            combo_options=frames.COMBO_OPTIONS.frame(
                (c, combo, "Catégorie", uid("Opt", n), code, name)
                for n, (c, code, name, combo) in enumerate(combos)
            ),
            data_sets=frames.DATA_SETS.frame(
                [(self.data_set, "SRPF", "SR/PF", "SR/PF", "Monthly", uid("Cat", 0), 15.0, 0.0, 0)]
            ),
            data_set_elements=frames.DATA_SET_ELEMENTS.frame(
                (self.data_set, e, uid("Cat", 1)) for e in elements
            ),
            data_set_assignments=frames.DATA_SET_ASSIGNMENTS.frame(
                (self.data_set, u) for u, _, _, _, level in units if level == 3
            ),
            option_values=pd.DataFrame({"option_set": [], "code": []}, dtype="str"),
        )


Cell = tuple[str, str, str, str, str]


def values(rows: Iterable[tuple[Cell, str | None]], *, deleted: bool = False, stamp: str = STAMP) -> pa.Table:
    """Records as pull gives them."""
    listed = list(rows)
    columns = {name: [cell[place] for cell, _ in listed] for place, name in enumerate(frames.KEY)}
    size = len(listed)
    return pa.table(
        {
            "record": pa.array(range(1, size + 1), pa.int32()),
            **{name: coded(column) for name, column in columns.items()},
            "value": coded([value for _, value in listed]),
            "last_updated": coded([stamp] * size),
            "comment": pa.array(["private"] * size, pa.string()),
            "deleted": pa.array([deleted] * size, pa.bool_()),
        },
        schema=frames.DATA_VALUES,
    )


def coded(words: Sequence[str | None]) -> pa.DictionaryArray:
    """Text as pull codes it."""
    return pa.array(words, pa.string()).dictionary_encode().cast(frames.CODED)


def refused_rows(rows: Iterable[tuple[Cell, str | None]], code: str = "integer-expected") -> pd.DataFrame:
    """Refused records as check gives them."""
    return frames.REFUSED_VALUES.frame(
        (n + 1, *cell, value, code, "Un nombre entier est attendu ; corriger dans DHIS2.", "structure")
        for n, (cell, value) in enumerate(rows)
    )


def checked(
    world: World,
    live: Iterable[tuple[Cell, str | None]],
    *,
    deleted: Iterable[tuple[Cell, str | None]] = (),
    refused: Iterable[tuple[Cell, str | None]] = (),
    code: str = "integer-expected",
    findings: pd.DataFrame | None = None,
    periods: tuple[str, ...] = ("202602", "202603"),
    org_unit: str | None = None,
    mode: Mode = "full",
    stamp: str = STAMP,
    server_date: datetime = NOW,
) -> Checked:
    """An answer after the gate."""
    kept, dead, bad = values(live, stamp=stamp), values(deleted, deleted=True, stamp=stamp), list(refused)
    received = pa.concat_tables([kept, dead, values(bad)])
    asked = Slice(world.source, world.data_set, periods, org_unit or world.country, mode)
    pulled = Pulled(
        asked,
        "data" if received.num_rows else "empty",
        received,
        Path("answer.csv.gz"),
        "0" * 64,
        received.num_rows * 60,
        server_date,
    )
    return Checked(
        pulled,
        kept,
        dead,
        refused_rows(bad, code),
        frames.FINDINGS.frame() if findings is None else findings,
        "kept" if not bad else "refused-some",
        rules_run=1,
    )


@contextmanager
def night(warehouse: Warehouse) -> Iterator[RunToken]:
    """A run that may write."""
    with hold(warehouse, "test", code_version="0", mappings_digest="0") as token:
        yield token


def load(
    warehouse: Warehouse,
    answer: Checked,
    world: World,
    *,
    hold_rows: int = 20,
    hold_share: float = 0.05,
    owned: frozenset[str] | None = None,
) -> SliceAccount:
    """Load one answer in a run of its own."""
    with night(warehouse) as run:
        return load_slice(
            warehouse,
            answer,
            run,
            owned_elements=world.owned if owned is None else owned,
            hold_share=hold_share,
            hold_rows=hold_rows,
        )


def stopped(answer: Checked, reason: str) -> Checked:
    """The same answer, stopped by a rule."""
    return replace(answer, verdict="stopped", stop_reason=reason)
