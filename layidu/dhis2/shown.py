"""Does every dashboard show exactly what we computed, at every level, for its own period type and every longer one?

What DHIS2's analytics shows is compared with layidu's own results at that level and period, not with re-added
parts: a false sum on either side is a difference.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from layidu.dhis2.analytics import FIGURES
from layidu.dhis2.figures import COARSER, shown_at_coarser
from layidu.dhis2.push import undisaggregated
from layidu.mapping.publishing import Publication
from layidu.model.frames import TARGET_CELLS
from layidu.model.periods import containing, parse

KEY = list(FIGURES.key)
COLUMNS = [*KEY, "expected", "shown"]
RELATIVE, ABSOLUTE = 1e-9, 1e-10  # DHIS2 rounds to ten decimals even with skipRounding
#: Longer periods that results are not computed for; sums of months like all the others.
ADDED_UP = ("BiMonthly", "SixMonthly")


@dataclass(frozen=True, slots=True)
class Proof:
    """Expected against shown."""

    compared: int  # figures expected
    equal: int
    differences: pd.DataFrame = field(repr=False)  # dx, period, org_unit, expected, shown
    missing: pd.DataFrame = field(repr=False)  # expected and not shown
    zeros_left_out: pd.DataFrame = field(repr=False)  # zeros this server leaves out by its settings
    explained: pd.DataFrame = field(repr=False)  # dashboards show what the server holds, which is not ours

    @property
    def holds(self) -> bool:
        """Whether every figure is right or explained; never on nothing."""
        return self.compared > 0 and self.differences.empty and self.missing.empty


def expected_figures(
    results: pd.DataFrame,
    tree: pd.DataFrame,
    elements: pd.DataFrame,
    *,
    level: int,
    ended_through: str,
) -> pd.DataFrame:
    """What must be shown of parts (`FIGURES`) at the published level and every one above.

    Months, quarters and years as computed; two months and half-years as sums of months. Elements show parts,
    indicators numerator / denominator × factor where both are there and it divides.
    """
    units = tree.loc[tree["level"] <= level, ["org_unit", "uid"]]
    rows = undisaggregated(results, elements).merge(units, on="org_unit")
    rows = rows.loc[
        first_months(rows["period"]) <= ended_through,
        ["indicator", "period", "uid", "numerator", "denominator"],
    ]
    return figures_of_parts(with_added_up(rows[~rows["period"].str.contains("S")]), elements)


def with_added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, and the sums of their months over periods that results are not computed for."""
    months = rows[rows["period"].str.fullmatch(r"[0-9]{6}")]
    frames = [rows]
    for coarser in ADDED_UP:
        inside = {text: containing(coarser, parse(text).start).id for text in months["period"].unique()}
        frames.append(
            months.assign(period=months["period"].map(inside))
            .groupby(["indicator", "period", "uid"], as_index=False)[["numerator", "denominator"]]
            .sum(min_count=1)
        )
    return pd.concat(frames, ignore_index=True)


def figures_of_parts(rows: pd.DataFrame, elements: pd.DataFrame) -> pd.DataFrame:
    """Elements and DHIS2 indicators of parts by indicator, period and unit (`FIGURES`)."""
    parts = rows.melt(["indicator", "period", "uid"], ["numerator", "denominator"], var_name="part").merge(
        elements[["indicator", "part", "data_element"]], on=["indicator", "part"]
    )
    declared = elements.dropna(subset="indicator_uid").drop_duplicates("indicator_uid")
    ratios = rows[rows["denominator"] != 0].merge(
        declared[["indicator", "indicator_uid", "factor"]], on="indicator"
    )
    ratios["value"] = ratios["numerator"] / ratios["denominator"] * ratios["factor"]
    both = pd.concat(
        [parts.rename(columns={"data_element": "dx"}), ratios.rename(columns={"indicator_uid": "dx"})]
    )
    figures = both.rename(columns={"uid": "org_unit"}).dropna(subset="value")
    return FIGURES.cast(figures.sort_values(KEY))


def figures_of_values(cells: pd.DataFrame, publication: Publication) -> pd.DataFrame:
    """What must be shown of figures (`FIGURES`): each level its own, a longer period the last one inside."""
    shown = shown_at_coarser(cells, publication.period_type)
    return FIGURES.cast(
        shown.assign(dx=shown["data_element"], value=shown["value"].astype("float64")).sort_values(KEY)
    )


def figures_of_cells(
    cells: pd.DataFrame, elements: pd.DataFrame, tree: pd.DataFrame, publication: Publication
) -> pd.DataFrame:
    """What dashboards must show of the cells a server holds (`FIGURES`), whoever wrote them."""
    known = cells[cells["data_element"].isin(elements["data_element"])]
    if publication.kind == "figures":
        return figures_of_values(TARGET_CELLS.cast(known), publication)
    numbers = known.merge(elements[["data_element", "indicator", "part"]], on="data_element").assign(
        value=pd.to_numeric(known["value"], errors="coerce").to_numpy()
    )
    rows = numbers.merge(ancestors(tree), left_on="org_unit", right_on="below")
    frames = [rows.assign(period=rows["period"])]
    for coarser in COARSER["Monthly"]:
        inside = {text: containing(coarser, parse(text).start).id for text in rows["period"].unique()}
        frames.append(rows.assign(period=rows["period"].map(inside)))
    sums = pd.concat(frames).pivot_table(
        index=["indicator", "period", "uid"], columns="part", values="value", aggfunc="sum"
    )
    return figures_of_parts(
        sums.reindex(columns=["numerator", "denominator"]).reset_index().rename_axis(columns=None), elements
    )


def ancestors(tree: pd.DataFrame) -> pd.DataFrame:
    """Every org unit (`below`) with itself and everything above it (`uid`)."""
    uids = dict(zip(tree["org_unit"].tolist(), tree["uid"].tolist(), strict=True))
    parents = dict(zip(tree["org_unit"].tolist(), tree["parent"].tolist(), strict=True))
    rows = []
    for key, below in uids.items():
        unit = key
        while unit in uids:
            rows.append((below, uids[unit]))
            unit = parents[unit]
    return pd.DataFrame(rows, columns=["below", "uid"], dtype="str")


def first_months(periods: pd.Series) -> pd.Series:
    """The first month of each month, quarter or year, as `yyyymm` text."""
    quarter = pd.to_numeric(periods.str.extract(r"Q([1-4])$", expand=False)).fillna(0)
    months = (quarter * 3 - 2).clip(lower=1).astype(int).astype(str).str.zfill(2)
    return periods.where(periods.str.fullmatch(r"[0-9]{6}"), periods.str[:4] + months)


def compare(expected: pd.DataFrame, shown: pd.DataFrame, *, zeros_included: bool) -> Proof:
    """Every expected figure against what is shown; what is shown and was not computed is a difference too."""
    rows = FIGURES.check(expected).merge(
        shown, on=KEY, how="outer", suffixes=("", "_shown"), indicator="where"
    )
    rows = rows.rename(columns={"value": "expected", "value_shown": "shown"})
    repeated = rows.duplicated(KEY, keep=False)
    equal = close(rows["expected"], rows["shown"]) & ~repeated
    absent = rows["where"] == "left_only"
    left_out = absent & (rows["expected"] == 0) & (not zeros_included)
    return Proof(
        compared=len(expected),
        equal=int(equal.sum()),
        differences=rows.loc[~equal & ~absent, COLUMNS].reset_index(drop=True),
        missing=rows.loc[absent & ~left_out, COLUMNS].reset_index(drop=True),
        zeros_left_out=rows.loc[left_out, COLUMNS].reset_index(drop=True),
        explained=rows.iloc[:0][COLUMNS],
    )


def close(one: pd.Series, other: pd.Series) -> pd.Series:
    """Equal to 1e-9 of the value, or to 1e-10, whichever is larger."""
    return (one - other).abs() <= np.maximum(ABSOLUTE, RELATIVE * one.abs())


def explained_by(proof: Proof, held: pd.DataFrame, *, zeros_included: bool) -> Proof:
    """Take out of a proof what dashboards show because the server holds it (a cell refused, typed by a person).

    Those cells are listed with their own reasons; a figure that shows neither ours nor theirs stays a difference.
    """
    wrong = pd.concat([proof.differences, proof.missing], ignore_index=True)
    once = ~wrong.duplicated(KEY, keep=False)
    rows = wrong.merge(held.rename(columns={"value": "held"}), on=KEY, how="left", validate="m:1")
    absent = rows["shown"].isna()
    nothing_held = rows["held"].isna() | ((rows["held"] == 0) & (not zeros_included))
    same = close(rows["held"], rows["shown"]) | (absent & nothing_held)
    # What the server holds is ours after all: then it must be shown, and a zero left out was counted before.
    ours = close(rows["expected"], rows["held"])
    explained = same & once.to_numpy() & ~ours
    left = rows[~explained]
    return replace(
        proof,
        differences=left.loc[left["shown"].notna(), COLUMNS].reset_index(drop=True),
        missing=left.loc[left["shown"].isna(), COLUMNS].reset_index(drop=True),
        explained=rows.loc[explained, COLUMNS].reset_index(drop=True),
    )
