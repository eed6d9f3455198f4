"""Which months, quarters and year have ended, or have begun to, and how do months add up to them?"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from layidu.compute.ratio import BoolArray, FloatArray
from layidu.model.periods import days_in_month, month_end, quarter_id

OverTime = Literal["sum", "last", "average"]


@dataclass(frozen=True, slots=True)
class YearPeriods:
    """The ended months of one year, and the periods that contain at least one of them."""

    months: tuple[int, ...]  # yyyymm
    names: tuple[str, ...]  # months, then quarters, then the year
    members: tuple[slice, ...]  # of each period: which columns of months

    @classmethod
    def of(cls, year: int, ended_through: date) -> "YearPeriods":
        """The periods of a year when `ended_through` is the last day that is over."""
        months = tuple(
            year * 100 + number
            for number in range(1, 13)
            if month_end(date(year, number, 1)) <= ended_through
        )
        quarters = [quarter_id(month) for month in months]
        names = [str(month) for month in months]
        members = [slice(column, column + 1) for column in range(len(months))]
        for quarter in dict.fromkeys(quarters):
            first = quarters.index(quarter)
            names.append(quarter)
            members.append(slice(first, first + quarters.count(quarter)))
        if months:
            names.append(str(year))
            members.append(slice(0, len(months)))
        return cls(months, tuple(names), tuple(members))

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
