"""What must hold for one data set: expectations from its metadata and from `quality/rules`, and their frames.

Two frames are evaluated. `cells` has a row a value, with a column for each rule about single values. `pairs` has
a row for each (org unit, period, disaggregation) where both sides of a rule about two variables are present.
"""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from layidu.model.frames import KEY
from layidu.model.metadata import Metadata
from layidu.model.periods import parse
from quality.evaluation import Expectation, among, at_least, between, not_more_than, present
from quality.grammar import NUMERIC
from quality.rules import Rule

COUNTS = ("INTEGER_ZERO_OR_POSITIVE", "INTEGER_POSITIVE")


def cells_frame(kept: pd.DataFrame, metadata: Metadata) -> pd.DataFrame:
    """One row a value: its keys as categories, text, number (NaN when not numeric), and its period's dates.

    Columns added to `kept`: row_id int64, number float64, count float64 (elements that count things),
    days float64 of the period, age_days float64 from the period's end to the value's last change.
    """
    types = kept["data_element"].map(metadata.data_elements.set_index("uid")["value_type"])
    periods = {text: parse(text) for text in kept["period"].unique()}
    number = pd.to_numeric(kept["value"].where(types.isin(NUMERIC)), errors="coerce").astype("float64")
    ends = kept["period"].map({text: pd.Timestamp(period.end) for text, period in periods.items()})
    touched = pd.to_datetime(kept["last_updated"].astype("str").str[:10], errors="coerce")
    return kept.assign(
        row_id=np.arange(len(kept)),
        number=number,
        count=number.where(types.isin(COUNTS)),
        days=kept["period"]
        .map({text: float(period.days) for text, period in periods.items()})
        .astype("float64"),
        age_days=(touched - pd.to_datetime(ends)) / timedelta(days=1),
    )


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


def holds(cells: pd.DataFrame, mapped: pd.DataFrame, variables: list[str]) -> pd.Series:
    """Which cells are mapped to one of these variables."""
    wanted = mapped[mapped["variable"].isin(variables)]
    pairs = pd.MultiIndex.from_frame(wanted[["data_element", "category_option_combo"]])
    found = pd.MultiIndex.from_arrays(
        [cells["data_element"].astype("str"), cells["category_option_combo"].astype("str")]
    )
    return pd.Series(found.isin(pairs), index=cells.index)


def pair_suite(
    cells: pd.DataFrame, mapped: pd.DataFrame, rules: Mapping[str, Rule]
) -> tuple[pd.DataFrame, list[Expectation]]:
    """One row per (org unit, period, attribute combo, disaggregation) with a column for each side of a rule.

    Also carries `left_row`, the `row_id` of a left-hand cell, so that a failing pair names a real value.
    """
    pairs: list[pd.DataFrame] = []
    expectations: list[Expectation] = []
    for name, rule in rules.items():
        if rule.check != "not-more-than":
            continue
        left = side(cells, mapped, rule.left)
        right = side(cells, mapped, rule.right)
        both = left.add_suffix("_left").join(right.add_suffix("_right"), how="inner")
        if both.empty:
            continue
        both = both.rename(columns={"number_left": f"{name}:left", "number_right": f"{name}:right"})
        pairs.append(both.reset_index()[[f"{name}:left", f"{name}:right", "row_id_left"]])
        expectations.append(not_more_than(f"{name}:left", f"{name}:right", name))
    if not pairs:
        return pd.DataFrame(), []
    frame = pd.concat(pairs, ignore_index=True)
    return frame.assign(row_id=frame["row_id_left"]), expectations


def side(cells: pd.DataFrame, mapped: pd.DataFrame, variables: list[str]) -> pd.DataFrame:
    """Sum one side of a rule: index (org_unit, period, attribute combo, disaggregation); number, row_id."""
    wanted = mapped.loc[
        mapped["variable"].isin(variables), ["data_element", "category_option_combo", "disaggregation"]
    ].drop_duplicates()
    some = cells[[*KEY, "number", "row_id"]].astype(dict.fromkeys(KEY, "str"))
    joined = some.merge(wanted, on=["data_element", "category_option_combo"])
    grouped = joined.groupby(["org_unit", "period", "attribute_option_combo", "disaggregation"])
    return grouped.agg(number=("number", "sum"), row_id=("row_id", "first"))
