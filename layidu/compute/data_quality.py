"""Which values and months of a facility should a person look at again?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.compute.colour import number
from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.tree_sums import IntArray, find
from layidu.mapping.contracts import Thresholds
from layidu.model.frames import FINDINGS, MAPPED_SUMS, TREE

SPIKE_RATIO = 10  # times the highest of the other months
SPIKE_OTHER_MONTHS = 6
MODIFIED_Z_SCALE = 0.6745  # makes the median deviation comparable with a standard deviation
Finding = dict[str, str]


class RobustScore(NamedTuple):
    """How far one value stands from its series, by medians; the score is None where it cannot be said."""

    median: float
    deviation: float  # median of the absolute deviations
    score: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Monthly mapped sums, coded, sorted by variable, cell, org unit and month."""

    variables: list[str]
    org_units: IntArray  # keys of the org units, sorted
    first_month: int  # months since year 0
    variable: IntArray
    cell: IntArray  # variable x disaggregation
    unit: IntArray  # position in org_units
    month: IntArray  # months since first_month
    value: FloatArray


def findings(
    mapped: pd.DataFrame,
    tree: pd.DataFrame,
    thresholds: Thresholds,
    variables_of_data_set: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """The `FINDINGS` of statistics over all years: sudden spikes and months that repeat the one before.

    `mapped` holds every year that is to be compared; nothing is adjusted, a person decides.
    """
    monthly = series_of(MAPPED_SUMS.check(mapped))
    if not len(monthly.value):
        return FINDINGS.frame()
    units = TREE.check(tree)
    uids = dict(zip(units["org_unit"].tolist(), units["uid"].tolist(), strict=True))
    rows = spikes(monthly, thresholds, uids)
    for data_set, variables in sorted(variables_of_data_set.items()):
        rows += copied_months(monthly, thresholds, uids, data_set, variables)
    rows.sort(key=lambda row: (row["code"], row["org_unit"], row["period"], row.get("variable", "")))
    return FINDINGS.cast(pd.DataFrame(rows, columns=list(FINDINGS.columns)))


def series_of(mapped: pd.DataFrame) -> Series:
    """Code and sort the monthly rows; yearly values (yyyy00) have no month to be compared with."""
    period = mapped["period"].to_numpy(dtype=np.int64)
    value = mapped["sum"].to_numpy()
    kept = (period % 100 > 0) & ~np.isnan(value)
    month = (period // 100 * 12 + period % 100 - 1)[kept]
    first = int(month.min(initial=10**6))
    variables, disaggregations = mapped["variable"].cat, mapped["disaggregation"].cat
    variable = variables.codes.to_numpy(dtype=np.int64)[kept]
    width = len(disaggregations.categories)
    cell = variable * width + disaggregations.codes.to_numpy(dtype=np.int64)[kept]
    keys = mapped["org_unit"].to_numpy(dtype=np.int64)[kept]
    org_units = np.unique(keys)
    unit = find(org_units, keys)
    order = np.lexsort((month, unit, cell))
    return Series(
        [str(name) for name in variables.categories],
        org_units,
        first,
        variable[order],
        cell[order],
        unit[order],
        month[order] - first,
        value[kept][order],
    )


def spikes(monthly: Series, thresholds: Thresholds, uids: Mapping[int, str]) -> list[Finding]:
    """Months whose total is more than ten times the highest other month, by medians too, and not small."""
    found = []
    totals = monthly_totals(monthly)
    for start, end, place in leaps(totals, thresholds):
        values = totals.value[start:end]
        spike = robust_score(values, place - start)
        if spike.score is None or spike.score >= thresholds.spike_modified_z:
            uid = uids.get(int(monthly.org_units[totals.unit[start]]))
            if uid is not None:
                variable = monthly.variables[totals.variable[start]]
                month = period_text(totals.first_month + int(totals.month[place]))
                found.append(spike_finding(variable, month, uid, float(totals.value[place]), values, spike))
    return found


def monthly_totals(monthly: Series) -> Series:
    """Add the disaggregations of each variable at each org unit and month."""
    units, months = len(monthly.org_units), int(monthly.month.max()) + 1
    key = (monthly.variable * units + monthly.unit) * months + monthly.month
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    value = np.add.reduceat(monthly.value[order], starts)
    variable = keys // (units * months)
    return Series(
        monthly.variables,
        monthly.org_units,
        monthly.first_month,
        variable,
        variable,
        keys // months % units,
        keys % months,
        value,
    )


def leaps(totals: Series, thresholds: Thresholds) -> list[tuple[int, int, int]]:
    """First row, row after the last and row of the spike, of each series whose highest month leaps out."""
    series = totals.variable * len(totals.org_units) + totals.unit
    order = np.lexsort((totals.value, series))  # each series' highest month comes last, its second before
    starts = np.flatnonzero(np.r_[True, np.diff(series) != 0])
    ends = np.r_[starts[1:], len(series)]
    long_enough = ends - starts > SPIKE_OTHER_MONTHS
    starts, ends = starts[long_enough], ends[long_enough]
    highest, second = order[ends - 1], order[ends - 2]
    top = totals.value[highest]
    leap = (top > SPIKE_RATIO * totals.value[second]) & (top > thresholds.spike_minimum)
    return list(zip(starts[leap].tolist(), ends[leap].tolist(), highest[leap].tolist(), strict=True))


def robust_score(values: FloatArray, place: int) -> RobustScore:
    """Modified z of one value in its series; without any spread around the median it cannot be told."""
    median = float(np.median(values))
    deviation = float(np.median(np.abs(values - median)))
    score = MODIFIED_Z_SCALE * (float(values[place]) - median) / deviation if deviation else None
    return RobustScore(median, deviation, score)


def spike_finding(
    variable: str, period: str, uid: str, value: float, values: FloatArray, spike: RobustScore
) -> Finding:
    """A spike in words."""
    highest = float(np.sort(values)[-2])
    score = "non évaluable (médiane des écarts nulle)" if spike.score is None else number(spike.score, 1)
    return {
        "code": "spike",
        "severity": "warn",
        "variable": variable,
        "period": period,
        "org_unit": uid,
        "value": f"{value:.15g}",
        "reason": (
            f"{number(value)} en {period} contre {number(highest)} au plus les {len(values) - 1} autres mois"
            f" (médiane {number(spike.median)}, score z modifié {score}) : comparer avec le registre de la"
            " structure et corriger la saisie si c'est une erreur."
        ),
    }


def copied_months(
    monthly: Series,
    thresholds: Thresholds,
    uids: Mapping[int, str],
    data_set: str,
    variables: Sequence[str],
) -> list[Finding]:
    """Org units and months whose values of a data set, zeros apart, all repeat the month before."""
    wanted = np.array([name in set(variables) for name in monthly.variables], dtype=np.bool_)
    counted = wanted[monthly.variable] & (monthly.value != 0)
    months = int(monthly.month.max()) + 1
    place = monthly.unit * months + monthly.month
    size = len(monthly.org_units) * months
    cells = np.bincount(place[counted], minlength=size)
    repeated = np.bincount(place[counted & repeats(monthly)], minlength=size)
    copied = np.flatnonzero((cells >= thresholds.copied_minimum_cells) & (cells > 0) & (cells == repeated))
    rows = []
    for each in copied.tolist():
        uid = uids.get(int(monthly.org_units[each // months]))
        if uid is not None:
            month = monthly.first_month + each % months
            rows.append(copied_finding(data_set, month, uid, int(cells[each])))
    return rows


def repeats(monthly: Series) -> BoolArray:
    """Whether each row has the value its cell and org unit had the month before."""
    same: npt.NDArray[np.bool_] = np.zeros(len(monthly.value), dtype=np.bool_)
    same[1:] = (
        (np.diff(monthly.cell) == 0)
        & (np.diff(monthly.unit) == 0)
        & (np.diff(monthly.month) == 1)
        & (np.diff(monthly.value) == 0)
    )
    return same


def copied_finding(data_set: str, month: int, uid: str, cells: int) -> Finding:
    """A copied month in words."""
    period, before = period_text(month), period_text(month - 1)
    return {
        "code": "copied-month",
        "severity": "warn",
        "period": period,
        "org_unit": uid,
        "value": str(cells),
        "reason": (
            f"Les {cells} valeurs non nulles de {period} du jeu de données {data_set} sont toutes égales à"
            f" celles de {before} : vérifier avec la structure que le rapport n'a pas été recopié."
        ),
    }


def period_text(month: int) -> str:
    """`yyyymm` of a number of months since year 0."""
    return f"{month // 12}{month % 12 + 1:02d}"
