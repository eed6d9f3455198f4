"""Which stored values stand out of their own series, and which reports are sound?

A facility's monthly total of a variable is compared with that facility's other months of this year and the year
before, by FASTR's rule (thresholds.yaml holds its numbers): too many deviations from the median, or most of the twelve
months that end with it, and not small. A series too short, or without any spread, cannot tell; its values are not
judged. A report is sound when it came, nothing in it stands out, and its district's pairs agree.

Source: FASTR, github.com/FASTR-Analytics/modules (baa1178), module 1 (outliers) and its score.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from layidu.compute.facility_months import NOTHING, Cells, FacilityMonths
from layidu.compute.outliers import NORMAL_SCALE
from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.states import StateSums
from layidu.compute.tree_sums import IntArray
from layidu.mapping.contracts import Outliers, Variable
from layidu.model.frames import MAPPED_SUMS

YEAR = 12
Fed = Mapping[str, Sequence[str]]  # data set -> the variables its elements feed
Past = Mapping[str, tuple[IntArray, FloatArray]]  # variable -> cells of the year before


class Judged(NamedTuple):
    """Of each value: whether it can be judged, and whether it stands out."""

    judged: BoolArray
    outlying: BoolArray


class Series(NamedTuple):
    """One variable at the org units that have it this year: their months of two years, and this year's judged."""

    units: IntArray
    values: FloatArray
    judged: BoolArray
    outlying: BoolArray


class Outlying(NamedTuple):
    """A value that stands out: of which variable, at which org unit (position) and month (column), and of what."""

    variable: str
    unit: int
    month: int
    value: float
    median: float


def stand_out(values: FloatArray, rule: Outliers) -> Judged:
    """Judge series x consecutive months; NaN is missing, and no value at all."""
    present = ~np.isnan(values)
    middle = medians(values)[:, None]
    upper = np.where(present & (values >= middle), values, np.nan)
    deviation = NORMAL_SCALE * medians(np.abs(upper - medians(upper)[:, None]))[:, None]
    spread = deviation > 0
    far = spread & (np.abs(values - middle) > rule.deviations * deviation)
    sums, months = trailing(np.where(present, values, 0.0)), trailing(present.astype(np.float64))
    most = (months >= rule.months) & (values > rule.share * sums)
    outlying = present & (far | most) & (values > rule.minimum)
    enough = present.sum(axis=1)[:, None] >= rule.months
    return Judged(present & enough & (spread | outlying), outlying & enough)


def medians(values: FloatArray) -> FloatArray:
    """The median of what is present in each row; NaN for a row without anything."""
    ordered = np.sort(values, axis=1)  # what is missing comes last
    number = (~np.isnan(values)).sum(axis=1)
    row = np.arange(len(values))
    low, high = ordered[row, np.maximum(number - 1, 0) // 2], ordered[row, number // 2]
    return np.where(number > 0, (low + high) / 2, np.nan)


def trailing(values: FloatArray) -> FloatArray:
    """At each month, the sum of the twelve months that end with it."""
    totals = np.cumsum(values, axis=1)
    totals[:, YEAR:] -= totals[:, :-YEAR].copy()
    return totals


def quality_cells(
    facts: FacilityMonths,
    before: pd.DataFrame,
    fed: Fed,
    rule: Outliers,
    states: StateSums,
) -> Cells:
    """The cells of `values_judged`, `values_plausible` and `reports_sound`, a band a data set.

    `before` (MAPPED_SUMS) is the year before.
    """
    past = earlier_cells(before, facts)
    found: Cells = {}
    for data_set, variables in sorted(fed.items()):
        judged = np.zeros(facts.open.shape, dtype=np.int64)
        outlying = np.zeros_like(judged)
        for name in summed(variables, states.variables):
            series = judge_variable(name, facts, past, rule)
            if series is not None:
                judged[series.units] += series.judged
                outlying[series.units] += series.outlying
        sound = sound_reports(facts, data_set, outlying == 0, incoherent(facts, data_set, fed, rule, states))
        band = f"data_set={data_set}"
        places = np.flatnonzero(judged)
        plausible = (judged - outlying).reshape(-1)[places].astype(np.float64)
        found[("values_judged", band)] = places, judged.reshape(-1)[places].astype(np.float64)
        found[("values_plausible", band)] = places, plausible
        expected, _ = facts.cells.get(("reports_expected", band), NOTHING)
        found[("reports_sound", band)] = expected, sound.reshape(-1)[expected].astype(np.float64)
    return found


def earlier_cells(before: pd.DataFrame, facts: FacilityMonths) -> dict[str, tuple[IntArray, FloatArray]]:
    """Variable -> flat places (org unit x month of the year before) and sums, all disaggregations."""
    frame = MAPPED_SUMS.check(before)
    year, period = facts.periods.months[0] // 100 - 1, frame["period"].to_numpy(dtype=np.int64)
    unit = facts.branches.positions(frame["org_unit"].to_numpy())
    sums = frame["sum"].to_numpy()
    kept = np.flatnonzero((period // 100 == year) & (period % 100 > 0) & (unit >= 0) & ~np.isnan(sums))
    variable = frame["variable"].cat
    codes = variable.codes.to_numpy(dtype=np.int64)[kept]
    order = np.argsort(codes, kind="stable")
    kept, codes = kept[order], codes[order]
    places = unit[kept] * YEAR + period[kept] % 100 - 1
    present, starts = np.unique(codes, return_index=True)
    slices = np.split(np.arange(len(codes)), starts[1:]) if len(codes) else []
    return {
        str(variable.categories[code]): (places[rows], sums[kept[rows]])
        for code, rows in zip(present.tolist(), slices, strict=True)
    }


def judge_variable(name: str, facts: FacilityMonths, past: Past, rule: Outliers) -> Series | None:
    """One variable's totals of this year's months, judged; None where nobody has any."""
    units, months = facts.open.shape
    now = [cell for (variable, _), cell in facts.cells.items() if variable == name]
    if not now:
        return None
    values = np.concatenate(
        [totals([past.get(name, NOTHING)], units, YEAR), totals(now, units, months)], axis=1
    )
    rows = np.flatnonzero(~np.isnan(values[:, YEAR:]).all(axis=1))
    said = stand_out(values[rows], rule)
    return Series(rows, values[rows], said.judged[:, YEAR:], said.outlying[:, YEAR:])


def outlying_values(
    facts: FacilityMonths, before: pd.DataFrame, fed: Fed, rule: Outliers, variables: Mapping[str, Variable]
) -> list[Outlying]:
    """Every value that stands out, largest first."""
    past = earlier_cells(before, facts)
    found = []
    for name in sorted(summed({one for names in fed.values() for one in names}, variables)):
        series = judge_variable(name, facts, past, rule)
        if series is not None:
            middle = medians(series.values)
            for row, month in np.argwhere(series.outlying).tolist():
                value = float(series.values[row, YEAR + month])
                found.append(Outlying(name, int(series.units[row]), month, value, float(middle[row])))
    return sorted(found, key=lambda one: (-one.value, one))


def summed(names: Collection[str], variables: Mapping[str, Variable]) -> list[str]:
    """The variables whose months are events: a stock or a number of active users is no series of events."""
    return [name for name in names if name not in variables or variables[name].over_time == "sum"]


def totals(cells: Sequence[tuple[IntArray, FloatArray]], units: int, months: int) -> FloatArray:
    """Cells added by place; NaN where nothing is stored."""
    places = np.concatenate([place for place, _ in cells])
    amounts = np.bincount(places, np.concatenate([sums for _, sums in cells]), units * months)
    stored = np.bincount(places, minlength=units * months) > 0
    return np.where(stored, amounts, np.nan).reshape(units, months)


def incoherent(
    facts: FacilityMonths, data_set: str, fed: Fed, rule: Outliers, states: StateSums
) -> BoolArray:
    """Org units and months below a place where a declared pair of this data set was asked and does not agree."""
    found = np.zeros(facts.open.shape, dtype=np.bool_)
    for name in rule.coherent:
        resolved = states.states.get(name)
        if resolved is None or resolved.state.level is None:
            continue
        if not {one.variable for one in resolved.sums("")} <= set(fed[data_set]):
            continue
        held, asked = states.answer(resolved, "", (data_set,))
        above = facts.branches.above(resolved.state.level, facts.open.shape[1])
        month = np.arange(facts.open.shape[1])
        found |= (above >= 0) & (asked & (held == 0))[above, month]
    return found


def sound_reports(
    facts: FacilityMonths, data_set: str, nothing_outlying: BoolArray, not_agreeing: BoolArray
) -> BoolArray:
    """Where a report came, nothing in it stands out, and its district's pairs agree as far as they can be asked."""
    return (facts.reports("reports_received", (data_set,)) > 0) & nothing_outlying & ~not_agreeing
