"""What does the generator know of a facility? Its kind, region, people, opening and closing, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: yearly growth of the population: RGPH5, 2022
GROWTH = 0.033
#: people who come to a facility without a health area of its own, assumed
ATTENDANCE = {"cscom": 0.0, "csref": 14_000.0, "hospital": 20_000.0, "clinic": 2_500.0}


@dataclass(frozen=True, slots=True)
class Places:
    """Facilities in a fixed order; every array of the generator has one row per facility."""

    uid: tuple[str, ...]
    code: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]  # cscom, csref, hospital, clinic
    region: tuple[str, ...]  # the region whose published rates it follows
    population: Floats  # of its health area in 2024; 0 when it has none
    opened: tuple[str, ...]  # yyyy-mm-dd
    closed: tuple[str, ...]  # yyyy-mm-dd, "" while open

    def __len__(self) -> int:
        """How many facilities."""
        return len(self.uid)

    def open_in(self, first_day: str, last_day: str) -> Flags:
        """Which facilities are open from the first to the last of these days."""
        pairs = zip(self.opened, self.closed, strict=True)
        return np.array([start <= first_day and (not end or end >= last_day) for start, end in pairs])

    def open_some_day(self, first_day: str, last_day: str) -> Flags:
        """Which facilities are open on at least one of these days."""
        pairs = zip(self.opened, self.closed, strict=True)
        return np.array([start <= last_day and (not end or end >= first_day) for start, end in pairs])

    def of_kind(self, *kinds: str) -> Flags:
        """Which facilities are of these kinds."""
        return np.isin(np.array(self.kind), kinds)

    def clients(self) -> Floats:
        """People who come: those of the health area, or an assumed number where there is no area."""
        return np.where(self.population > 0, self.population, [ATTENDANCE[kind] for kind in self.kind])


@dataclass(frozen=True, slots=True)
class World:
    """Everything a theme's generator needs: the facilities, the months and the one source of chance."""

    places: Places
    months: tuple[str, ...]  # yyyymm, one column each
    chance: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """Facilities by months."""
        return len(self.places), len(self.months)

    def calendar_months(self) -> NDArray[np.int64]:
        """1 to 12 for each column."""
        return np.array([int(month[4:]) for month in self.months])

    def growth(self) -> Floats:
        """Population of each month over that of 2024."""
        years = np.array([int(month[:4]) - 2024 for month in self.months])
        return np.asarray((1 + GROWTH) ** years, dtype=np.float64)

    def expected(self, rate: float | Floats, season: Floats | float = 1.0, spread: float = 0.2) -> Floats:
        """Expected events per facility and month of a yearly rate per person, with levels that differ."""
        level = self.chance.lognormal(-(spread**2) / 2, spread, len(self.places))
        monthly = np.multiply(self.places.clients() * level, rate)[:, None] / 12
        wobble = self.chance.gamma(40, 1 / 40, self.shape)
        return np.asarray(monthly * self.growth() * season * wobble, dtype=np.float64)

    def part(self, whole: Counts, share: float | Floats) -> Counts:
        """A part of a count: never more than the whole."""
        return self.chance.binomial(whole, np.clip(share, 0, 1))

    def split(self, whole: Counts, shares: Sequence[float] | Floats) -> list[Counts]:
        """Deal a count out by shares (they sum to one) so that the parts sum to it."""
        rest, left, parts = whole, 1.0, []
        for share in shares[:-1]:
            parts.append(self.chance.binomial(rest, min(1.0, float(share) / left)))
            rest, left = rest - parts[-1], left - float(share)
        return [*parts, rest]

    def days_out(self, probability: float) -> Counts:
        """Days of stock-out in the month: mostly none, never more than the shortest month has."""
        hit = self.chance.random(self.shape) < probability
        return np.where(hit, self.chance.integers(1, 22, self.shape), 0)
