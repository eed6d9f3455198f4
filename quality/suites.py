"""What must hold for one data set: expectations from its metadata and from `quality/rules`, and their frames.

Two frames are evaluated. `cells` has a row a value, with a column for each rule about single values. `pairs` has
a row for each (org unit, period, disaggregation) where both sides of a rule about two variables are present.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.model.frames import KEY
from layidu.model.metadata import Metadata
from quality.evaluation import Expectation, among, at_least, between, not_more_than, present
from quality.grammar import NUMERIC
from quality.rules import Rule
from quality.structure import readable

NO_DAY = np.datetime64("NaT", "D")
COUNTS = ("INTEGER_ZERO_OR_POSITIVE", "INTEGER_POSITIVE")


def cells_frame(kept: pd.DataFrame, metadata: Metadata) -> pd.DataFrame:
    """One row a value: its keys as categories, text, number (NaN when not numeric), and its period's dates.

    `kept` is what `gate.frame_of` gives, of records no rule can tell apart one. Added to it: row_id int64, number
    float64, count float64 (elements that count things), days float64 of the period, age_days float64 from the
    period's end to the value's last change.
    Each distinct element, period, text and day is read once: a slice has few of them and many rows.
    """
    elements, periods = kept["data_element"].cat, kept["period"].cat
    types = metadata.data_elements.set_index("uid")["value_type"].reindex(elements.categories)
    element = elements.codes.to_numpy()
    number = np.where(types.isin(NUMERIC).to_numpy()[element], numbers(kept["value"]), np.nan)
    # The dictionary may still hold periods of refused records.
    read = [readable(text) for text in periods.categories]
    period = periods.codes.to_numpy()
    ends = np.array([item.end if item else None for item in read], dtype="datetime64[D]")
    days = pd.Series(kept["touched"].cat.categories)
    touched = pd.to_datetime(days, errors="coerce").to_numpy("datetime64[D]")
    return kept.assign(
        row_id=np.arange(len(kept)),
        number=number,
        count=np.where(types.isin(COUNTS).to_numpy()[element], number, np.nan),
        days=np.array([item.days if item else np.nan for item in read], dtype=np.float64)[period],
        age_days=(np.append(touched, NO_DAY)[kept["touched"].cat.codes.to_numpy()] - ends[period])
        / np.timedelta64(1, "D"),
    )


def numbers(texts: pd.Series) -> npt.NDArray[np.float64]:
    """Texts as numbers, NaN where a text is none."""
    codes, distinct = pd.factorize(texts)
    read = pd.to_numeric(pd.Series(distinct), errors="coerce").to_numpy(np.float64)
    return np.append(read, np.nan)[codes]


def cell_suite(
    cells: pd.DataFrame, data_set: str, metadata: Metadata, mapped: pd.DataFrame, rules: Mapping[str, Rule]
) -> tuple[pd.DataFrame, list[Expectation]]:
    """The cells frame with a column for each rule that applies, and the expectations on it.

    `mapped` is frames.VARIABLE_CELLS of this source. A rule whose variables this data set does not hold adds
    nothing; what the metadata says always adds something, so the suite is never empty.
    """
    members = metadata.data_set_elements
    elements = sorted(members.loc[members["data_set"].eq(data_set), "data_element"])
    expectations = [
        present("value", "value-missing"),
        among("data_element", elements, "data-element-unknown"),
        at_least("count", 0, "negative-not-allowed"),
    ]
    for name, rule in rules.items():
        if rule.check == "not-more-than":
            continue
        if rule.check == "touched-within-days":
            expectations.append(between("age_days", None, rule.days, name))
            continue
        concerned = holds(cells, mapped, rule.variables)
        if not concerned.any():
            continue
        cells[name] = cells["number"].where(concerned)
        if rule.check == "at-most-days-of-period":
            expectations.append(not_more_than(name, "days", name))
        else:
            expectations.append(between(name, rule.minimum, rule.maximum, name))
    return cells, expectations


def holds(cells: pd.DataFrame, mapped: pd.DataFrame, variables: list[str]) -> npt.NDArray[np.bool_]:
    """Which cells are mapped to one of these variables."""
    elements, combos = cells["data_element"].cat, cells["category_option_combo"].cat
    wanted = mapped[mapped["variable"].isin(variables)]
    fits = np.zeros((len(elements.categories), len(combos.categories)), dtype=bool)
    element = elements.categories.get_indexer(pd.Index(wanted["data_element"]))
    combo = combos.categories.get_indexer(pd.Index(wanted["category_option_combo"]))
    here = (element >= 0) & (combo >= 0)
    fits[element[here], combo[here]] = True
    found: npt.NDArray[np.bool_] = fits[elements.codes.to_numpy(), combos.codes.to_numpy()]
    return found


def pair_suite(
    cells: pd.DataFrame, mapped: pd.DataFrame, rules: Mapping[str, Rule]
) -> tuple[pd.DataFrame, list[Expectation]]:
    """One row per (org unit, period, attribute combo, disaggregation) with a column for each side of a rule.

    `left_row` is the place of a left-hand cell, so that a failing pair names a real value.
    """
    pairs: list[pd.DataFrame] = []
    expectations: list[Expectation] = []
    for name, rule in rules.items():
        if rule.check != "not-more-than":
            continue
        left, right = side(cells, mapped, rule.left), side(cells, mapped, rule.right)
        both = left.rename(columns={"number": f"{name}:left", "row": "left_row"}).join(
            right["number"].rename(f"{name}:right"), how="inner"
        )
        if both.empty:
            continue
        pairs.append(both[[f"{name}:left", f"{name}:right", "left_row"]])
        expectations.append(not_more_than(f"{name}:left", f"{name}:right", name))
    if not pairs:
        return pd.DataFrame(), []
    return pd.concat(pairs, ignore_index=True), expectations


def side(cells: pd.DataFrame, mapped: pd.DataFrame, variables: list[str]) -> pd.DataFrame:
    """Sum one side of a rule: index (place in the table of pairs), number, row: its first cell.

    The index means the same on both sides of every rule of one frame: it counts org units, periods, attribute
    combos and the disaggregations of the whole mapping.
    """
    bands = pd.Index(sorted(mapped["disaggregation"].unique()))
    rows = np.flatnonzero(holds(cells, mapped, variables))
    codes = {name: cells[name].cat.codes.to_numpy()[rows] for name in KEY}
    place = np.zeros(len(rows), dtype=np.int64)
    for name in ("org_unit", "period", "attribute_option_combo"):
        place = place * len(cells[name].cat.categories) + codes[name]
    places, from_row = [], []
    for band_of in band_tables(cells, mapped[mapped["variable"].isin(variables)], bands):
        band = band_of[codes["data_element"], codes["category_option_combo"]]
        places.append((place * len(bands) + band)[band >= 0])
        from_row.append(rows[band >= 0])
    taken = np.concatenate(from_row)
    group, found = pd.factorize(np.concatenate(places))
    numbers_taken = np.nan_to_num(cells["number"].to_numpy()[taken])
    first = np.zeros(len(found), dtype=np.int64)
    first[group[::-1]] = taken[::-1]
    sums = np.bincount(group, weights=numbers_taken, minlength=len(found))
    return pd.DataFrame({"number": sums, "row": first}, index=found)


def band_tables(cells: pd.DataFrame, wanted: pd.DataFrame, bands: pd.Index) -> list[npt.NDArray[np.int64]]:
    """Element × option combo -> its place in `bands`, -1 where none; a second table for a second band of a cell."""
    elements, combos = (cells[name].cat.categories for name in ("data_element", "category_option_combo"))
    fed = pd.DataFrame(
        {
            "element": elements.get_indexer(pd.Index(wanted["data_element"])),
            "combo": combos.get_indexer(pd.Index(wanted["category_option_combo"])),
            "band": bands.get_indexer(pd.Index(wanted["disaggregation"])),
        }
    ).drop_duplicates()
    fed = fed[(fed["element"] >= 0) & (fed["combo"] >= 0)]
    tables = [np.full((len(elements), len(combos)), -1, dtype=np.int64)]
    for layer, some in fed.groupby(fed.groupby(["element", "combo"]).cumcount()):
        if layer:
            tables.append(np.full_like(tables[0], -1))
        tables[-1][some["element"], some["combo"]] = some["band"]
    return tables
