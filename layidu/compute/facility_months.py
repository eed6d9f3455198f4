"""What did each org unit itself hold in each ended month: cells, reports, population, open or not?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.tree_sums import Branches, IntArray
from layidu.compute.year_periods import YearPeriods
from layidu.model.frames import MAPPED_SUMS, POPULATIONS, REPORTS

#: Built-in variables, and the column of the completeness registrations each one counts.
REPORT_COUNTS = {"reports_expected": "expected", "reports_received": "received", "reports_on_time": "on_time"}
Cells = dict[tuple[str, str], tuple[IntArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class FacilityMonths:
    """The year's facts by position: (variable, disaggregation) -> flat places (org unit x month) and sums.

    Values of an org unit that today's tree does not have are left out: they have no place in it.
    """

    branches: Branches
    periods: YearPeriods
    cells: Cells
    populations: dict[str, FloatArray]  # measure -> one number an org unit, NaN where none
    open: BoolArray  # org units x ended months

    @classmethod
    def of(
        cls,
        branches: Branches,
        periods: YearPeriods,
        mapped: pd.DataFrame,
        reports: pd.DataFrame,
        populations: pd.DataFrame,
    ) -> "FacilityMonths":
        """Place the frames of one year; months that have not ended and yearly values are not facts of it."""
        cells = mapped_cells(MAPPED_SUMS.check(mapped), branches, periods)
        cells.update(report_cells(REPORTS.check(reports), branches, periods))
        year = periods.months[0] // 100
        return cls(
            branches,
            periods,
            cells,
            population_rows(POPULATIONS.check(populations), branches, year),
            open_months(branches, periods),
        )

    def reports(self, name: str, data_sets: tuple[str, ...]) -> FloatArray:
        """How many reports of these data sets each org unit itself has; zero where none is known."""
        counts = np.zeros(self.open.shape)
        flat = counts.reshape(-1)
        for data_set in data_sets:
            places, values = self.cells.get((name, f"data_set={data_set}"), NOTHING)
            flat[places] += values
        return counts


NOTHING: tuple[IntArray, FloatArray] = (np.zeros(0, dtype=np.int64), np.zeros(0))


def places_of(frame: pd.DataFrame, branches: Branches, periods: YearPeriods) -> IntArray:
    """Flat place (org unit x ended month) of each row; -1 when it has none."""
    column = np.full(100, -1, dtype=np.int64)
    column[[month % 100 for month in periods.months]] = range(len(periods.months))
    period = frame["period"].to_numpy(dtype=np.int64)
    month = np.where(period // 100 == periods.months[0] // 100, column[period % 100], -1)
    unit = branches.positions(frame["org_unit"].to_numpy())
    return np.where((month >= 0) & (unit >= 0), unit * len(periods.months) + month, -1)


def mapped_cells(mapped: pd.DataFrame, branches: Branches, periods: YearPeriods) -> Cells:
    """Slice the mapped sums by variable and disaggregation."""
    places = places_of(mapped, branches, periods)
    sums = mapped["sum"].to_numpy()
    variables, disaggregations = mapped["variable"].cat, mapped["disaggregation"].cat
    width = max(len(disaggregations.categories), 1)
    cell = variables.codes.to_numpy(dtype=np.int64) * width + disaggregations.codes.to_numpy(dtype=np.int64)
    kept = np.flatnonzero((places >= 0) & ~np.isnan(sums))
    kept = kept[np.argsort(cell[kept], kind="stable")]
    codes, starts = np.unique(cell[kept], return_index=True)
    slices = np.split(kept, starts[1:]) if len(codes) else []
    return {
        (str(variables.categories[code // width]), str(disaggregations.categories[code % width])): (
            places[rows],
            sums[rows],
        )
        for code, rows in zip(codes.tolist(), slices, strict=True)
    }


def report_cells(reports: pd.DataFrame, branches: Branches, periods: YearPeriods) -> Cells:
    """Completeness registrations as cells of the built-in variables, one filter a data set."""
    placed = reports.assign(place=places_of(reports, branches, periods)).query("place >= 0")
    return {
        (name, f"data_set={data_set}"): (
            rows["place"].to_numpy(dtype=np.int64),
            rows[column].to_numpy(dtype=np.float64),
        )
        for data_set, rows in placed.groupby("data_set")
        for name, column in REPORT_COUNTS.items()
    }


def population_rows(populations: pd.DataFrame, branches: Branches, year: int) -> dict[str, FloatArray]:
    """The year's populations by measure, at the lowest level that has any: other totals are only checks."""
    found: dict[str, FloatArray] = {}
    of_year = populations[(populations["year"] == year) & populations["value"].notna()]
    for measure, rows in of_year.groupby("measure"):
        units = branches.positions(rows["org_unit"].to_numpy())
        known = units >= 0
        values = np.full(len(branches.org_units), np.nan)
        values[units[known]] = rows["value"].to_numpy()[known]
        lowest = branches.levels[~np.isnan(values)].max(initial=-1)
        values[branches.levels != lowest] = np.nan
        found[str(measure)] = values
    return found


def open_months(branches: Branches, periods: YearPeriods) -> BoolArray:
    """Whether each org unit is open on at least one day of each ended month."""
    starts = np.array(
        [f"{month // 100}-{month % 100:02d}" for month in periods.months], dtype="datetime64[M]"
    )
    first = starts.astype("datetime64[D]")
    last = (starts + 1).astype("datetime64[D]") - 1
    opening, closed = branches.opening[:, None], branches.closed[:, None]
    begun = np.isnat(opening) | (opening <= last)
    not_over = np.isnat(closed) | (closed >= first)
    return np.asarray(begun & not_over)
