"""Which refused records would pass today? They are asked for again, wherever they lie.

A refusal can be cured without its value being touched: a unit is assigned, a closing date or a rule corrected. No
increment shows that, so every night each open refusal outside tonight's full slices is judged again by today's
metadata and rules; what would pass is asked for again, and loaded like any other answer.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa

from flows.night import AtHand, Night
from layidu.dhis2.slices import plan_window
from layidu.model import periods
from layidu.model.frames import DATA_VALUES, KEY
from layidu.model.slices import Pulled, Slice
from quality.gate import check
from warehouse import read_runs

#: What one stored record cannot tell: whether the source still contradicts itself.
ALWAYS = frozenset({"ambiguous-source", "key-doubled"})
MOST_UNITS = 50  # more of them are cheaper to ask for as a branch


def asked_again(night: Night, at_hand: AtHand, tonight: Sequence[Slice]) -> list[Slice]:
    """Slices for the cells whose refusal would be lifted today, each as small as it can be."""
    refusals = read_runs.open_refusals(night.warehouse)
    refusals = refusals[refusals["source"] == at_hand.name]
    if refusals.empty:
        return []
    outside = refusals[~in_full(refusals, tonight, at_hand)]
    slices: list[Slice] = []
    for data_set, rows in outside.groupby("data_set"):
        sets = at_hand.metadata.data_sets
        known = sets.loc[sets["uid"] == data_set, "period_type"]
        if known.empty:
            continue
        of_type = rows["period"].map(partial(is_of_type, str(known.iloc[0]))).astype(bool)
        askable = rows[of_type & rows["org_unit"].isin(at_hand.metadata.org_units["uid"])]
        cured = askable[would_pass(night, at_hand, str(data_set), askable)]
        slices += slices_of(night, at_hand, str(data_set), cured)
    return slices


def is_of_type(period_type: str, text: str) -> bool:
    """Whether a period is one the data set has."""
    try:
        return periods.parse(text).type == period_type
    except ValueError:
        return False


def in_full(refusals: pd.DataFrame, tonight: Sequence[Slice], at_hand: AtHand) -> pd.Series:
    """Which refusals a full slice of tonight shows anyway."""
    units = at_hand.metadata.org_units
    path = dict(zip(units["uid"], units["path"], strict=True))
    shown: dict[tuple[str, str], set[str]] = {}
    for one in tonight:
        if one.mode == "full":
            for period in one.periods:
                shown.setdefault((one.data_set, period), set()).add(
                    one.org_unit if one.children else f"{one.org_unit}!"
                )

    def is_shown(data_set: str, period: str, unit: str) -> bool:
        above = str(path.get(unit, "")).split("/")
        return bool(shown.get((data_set, period), set()) & {*above, f"{unit}!"})

    return pd.Series(
        [
            is_shown(data_set, period, unit)
            for data_set, period, unit in zip(
                refusals["data_set"], refusals["period"], refusals["org_unit"], strict=True
            )
        ],
        index=refusals.index,
        dtype=bool,
    )


def would_pass(night: Night, at_hand: AtHand, data_set: str, refusals: pd.DataFrame) -> pd.Series:
    """Which refusals of one data set today's metadata and rules would lift, judged by the text that was refused."""
    if refusals.empty:
        return pd.Series([], dtype=bool)
    # One record a cell: a cell refused for two reasons must not look doubled.
    cells = refusals.drop_duplicates(list(KEY))
    records = pa.table(
        {
            "record": pa.array(range(1, len(cells) + 1), pa.int32()),
            **{name: text(cells[name]).dictionary_encode() for name in KEY},
            "value": text(cells["value"]).dictionary_encode(),
            **{name: pa.nulls(len(cells), pa.string()) for name in ("last_updated", "comment")},
            "deleted": pa.array([False] * len(cells)),
        }
    )
    values = pa.table([records[field.name].cast(field.type) for field in DATA_VALUES], schema=DATA_VALUES)
    asked = Slice(
        at_hand.name, data_set, tuple(sorted(set(cells["period"]))), at_hand.metadata.user_org_units[0]
    )
    pulled = Pulled(asked, "data", values, Path(), "", 0, at_hand.metadata.server.server_date)
    kept = check(pulled, at_hand.metadata, at_hand.cells, night.rules).kept
    passed = {tuple(row.values()) for row in kept.select(list(KEY)).to_pylist()}
    keys = refusals[list(KEY)].itertuples(index=False, name=None)
    return pd.Series([key in passed for key in keys], index=refusals.index, dtype=bool) | refusals[
        "code"
    ].isin(ALWAYS)


def text(column: pd.Series) -> pa.Array:
    """A column of text, missing and empty as null."""
    return pa.array([None if pd.isna(value) or value == "" else str(value) for value in column], pa.string())


def slices_of(night: Night, at_hand: AtHand, data_set: str, cured: pd.DataFrame) -> Iterator[Slice]:
    """Each unit alone with its periods; of very many units the whole branch."""
    wanted = sorted(set(cured["period"]))
    if cured["org_unit"].nunique() > MOST_UNITS:
        yield from plan_window(
            at_hand.metadata,
            night.mappings.sources[at_hand.name],
            lambda row, _window: wanted if row["uid"] == data_set else [],
            known_rows=read_runs.known_rows(night.warehouse, at_hand.name),
            server_date=at_hand.metadata.server.server_date,
        )
        return
    for unit, rows in cured.groupby("org_unit"):
        some = tuple(sorted(set(rows["period"])))
        yield Slice(at_hand.name, data_set, some, str(unit), children=False)
