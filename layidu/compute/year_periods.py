"""Which months, quarters and year have ended, or have begun to, and how do months add up to them?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from layidu.compute.ratio import BoolArray, FloatArray
from layidu.model.periods import days_in_month, month_end, quarter_id

OverTime = Literal["sum", "last", "average"]
MONTHS = {"Monthly": 1, "Quarterly": 3, "SixMonthly": 6, "Yearly": 12}


@dataclass(frozen=True, slots=True)
class YearPeriods:
    """The ended months of one year, and the periods that contain at least one of them."""

    months: tuple[int, ...]  # yyyymm
    names: tuple[str, ...]  # months, then quarters, then half-years if asked for, then the year
    members: tuple[slice, ...]  # of each period: which columns of months
    types: tuple[str, ...]  # of each period: Monthly, Quarterly, SixMonthly or Yearly

    @classmethod
    def of(cls, year: int, ended_through: date, *, half_years: bool = False) -> "YearPeriods":
        """The periods of a year when `ended_through` is the last day that is over."""
        months = tuple(
            year * 100 + number
            for number in range(1, 13)
            if month_end(date(year, number, 1)) <= ended_through
        )
        labels = {"Monthly": [str(month) for month in months], "Quarterly": [quarter_id(m) for m in months]}
        if half_years:
            labels["SixMonthly"] = [f"{year}S{1 + (month % 100 > MONTHS['SixMonthly'])}" for month in months]
        labels["Yearly"] = [str(year)] * len(months)
        found = [
            (name, slice(names.index(name), names.index(name) + names.count(name)), period_type)
            for period_type, names in labels.items()
            for name in dict.fromkeys(names)
        ]
        return cls(
            months,
            tuple(name for name, _, _ in found),
            tuple(columns for _, columns, _ in found),
            tuple(period_type for _, _, period_type in found),
        )

    def of_types(self, types: Collection[str], *, ended_only: bool) -> BoolArray:
        """Which periods are of these types and, if asked, have no month left to come."""
        return np.array(
            [
                period_type in types and not (ended_only and len(self.months[columns]) < MONTHS[period_type])
                for period_type, columns in zip(self.types, self.members, strict=True)
            ],
            dtype=np.bool_,
        )

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """Days of each ended month."""
        return np.array([days_in_month(month) for month in self.months], dtype=np.int64)

    def any_month(self, present: BoolArray) -> BoolArray:
        """Whether any ended month of each period is marked."""
        return np.stack([present[:, months].any(axis=1) for months in self.members], axis=1)

    def over_time(
        self, values: FloatArray, present: BoolArray, how: OverTime
    ) -> tuple[FloatArray, BoolArray]:
        """Sum, last present month or average of the present months, for every period."""
        blocks = [summary(values[:, months], present[:, months], how) for months in self.members]
        return np.stack(blocks, axis=1), self.any_month(present)


def summary(values: FloatArray, present: BoolArray, how: OverTime) -> FloatArray:
    """One number for each row of the months of one period; zero where none is present."""
    if how == "last":
        latest = present.shape[1] - 1 - np.argmax(present[:, ::-1], axis=1)
        return np.where(present.any(axis=1), values[np.arange(len(values)), latest], 0.0)
    total = np.zeros(len(values))
    for column in range(values.shape[1]):
        total += np.where(present[:, column], values[:, column], 0.0)
    return total / np.maximum(present.sum(axis=1), 1) if how == "average" else total
