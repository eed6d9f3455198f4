"""The mapped sums of a source, a year at a time: read once, the latest years kept for what looks back at them."""

from dataclasses import dataclass, field

import pandas as pd

from layidu.model.frames import MAPPED_SUMS
from warehouse import read_sums
from warehouse.connect import Warehouse
from warehouse.other_plan import OtherPlan

#: Leaps, copied months and what stands out are looked for in so many of the last years, however many are stored.
YEARS_OF_STATISTICS = 3


@dataclass(slots=True)
class MappedYears:
    """The years of one source, under declarations that are not loaded if `other` is given."""

    warehouse: Warehouse
    source: str
    other: OtherPlan | None = None
    kept: dict[int, pd.DataFrame] = field(default_factory=dict)
    stored: list[int] = field(default_factory=list)

    def years(self) -> list[int]:
        """The years there are values of."""
        if not self.stored:
            self.stored = read_sums.years(self.warehouse, self.source)
        return self.stored

    def of(self, year: int) -> pd.DataFrame:
        """MAPPED_SUMS of a year; nothing for a year without values."""
        if year not in self.years():
            return MAPPED_SUMS.frame()
        if year in self.kept:
            return self.kept[year]
        found = read_sums.mapped_sums(self.warehouse, self.source, year, self.other)
        self.kept[year] = found
        for early in sorted(self.kept)[:-YEARS_OF_STATISTICS]:
            del self.kept[early]
        return found

    def last(self) -> list[pd.DataFrame]:
        """The years that statistics look at."""
        return [self.of(year) for year in self.years()[-YEARS_OF_STATISTICS:]]
