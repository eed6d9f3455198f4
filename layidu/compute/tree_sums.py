"""What do the facilities of each branch of the tree add up to?"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.year_periods import YearPeriods
from layidu.model.frames import EARLIER_PARENTS, TREE, ContractError

IntArray = npt.NDArray[np.int64]
Steps = tuple[tuple[IntArray, IntArray], ...]  # (children, their parents), deepest generation first


@dataclass(frozen=True, slots=True)
class Branches:
    """The tree as positions 0..n-1, in the order of the org units' keys, and the steps from leaves to root."""

    org_units: IntArray
    levels: IntArray
    parents: IntArray  # position of the parent; -1 for a root
    steps: Steps
    opening: npt.NDArray[np.datetime64]
    closed: npt.NDArray[np.datetime64]

    @classmethod
    def of(cls, tree: pd.DataFrame) -> "Branches":
        """Number the org units of a `TREE` frame; its row order does not matter."""
        ordered = TREE.check(tree).sort_values("org_unit", kind="stable")
        org_units = ordered["org_unit"].to_numpy(dtype=np.int64)
        parents = find(org_units, ordered["parent"].to_numpy(dtype=np.int64))
        return cls(
            org_units,
            ordered["level"].to_numpy(dtype=np.int64),
            parents,
            steps_of(parents),
            ordered["opening_date"].to_numpy(),
            ordered["closed_date"].to_numpy(),
        )

    def positions(self, org_units: npt.NDArray[np.int32] | IntArray) -> IntArray:
        """Where each org unit stands; -1 for one that is not in today's tree."""
        return find(self.org_units, org_units.astype(np.int64))

    def sum_up(self, values: FloatArray, present: BoolArray) -> tuple[FloatArray, BoolArray]:
        """Add each org unit's own row and those of its children, up to the roots."""
        return add_up(self.steps, values, present)

    def above(self, level: int, months: int) -> IntArray:
        """Org units x months: where the org unit of this level that each one hangs below stands; -1 without any."""
        return np.broadcast_to(
            at_level(self.parents, self.levels, level)[:, None], (len(self.parents), months)
        )

    def steps_of_months(self, months: int) -> Iterator[tuple[BoolArray, Steps]]:
        """The steps of the tree, and in which of so many months it stood: in all of them."""
        yield np.ones(months, dtype=np.bool_), self.steps

    def ancestors(self, positions: Collection[int]) -> set[int]:
        """All org units above these."""
        found: set[int] = set()
        for position in positions:
            while (position := int(self.parents[position])) >= 0:
                found.add(position)
        return found


@dataclass(frozen=True, slots=True)
class BranchesThen(Branches):
    """The tree of each month: a unit that was moved counts where it hung at the month's end.

    A period that is looked at as one (people once a year) has the tree of its last ended month.
    """

    trees: tuple[Branches, ...]
    of_month: IntArray  # ended month -> place in trees
    of_period: IntArray

    @classmethod
    def then(cls, today: Branches, earlier: pd.DataFrame, periods: YearPeriods) -> "BranchesThen":
        """Today's tree with the moves undone that came later (`EARLIER_PARENTS`)."""
        rows = EARLIER_PARENTS.check(earlier)
        trees: dict[bytes, int] = {}
        made: list[Branches] = []
        of_month = np.zeros(len(periods.months), dtype=np.int64)
        for place, month in enumerate(periods.months):
            now = rows[(rows["first_month"] <= month) & (month <= rows["last_month"])]
            parents = today.parents.copy()
            parents[today.positions(now["org_unit"].to_numpy())] = today.positions(now["parent"].to_numpy())
            if parents.tobytes() not in trees:
                trees[parents.tobytes()] = len(made)
                made.append(replace(today, parents=parents, steps=steps_of(parents)))
            of_month[place] = trees[parents.tobytes()]
        last = [np.arange(len(periods.months))[columns][-1] for columns in periods.members]
        own = {name: getattr(today, name) for name in Branches.__slots__}
        return cls(**own, trees=tuple(made), of_month=of_month, of_period=of_month[last])

    def steps_of_months(self, months: int) -> Iterator[tuple[BoolArray, Steps]]:
        """The steps of each tree, with the months it stood in."""
        for place, tree in enumerate(self.trees):
            yield self.of_month[:months] == place, tree.steps

    def sum_up(self, values: FloatArray, present: BoolArray) -> tuple[FloatArray, BoolArray]:
        """Add up the tree of each column: of each month, or of each period where there are more columns."""
        which = self.of_month if values.shape[1] == len(self.of_month) else self.of_period
        totals, found = np.empty(values.shape), np.empty(present.shape, dtype=np.bool_)
        for place, tree in enumerate(self.trees):
            columns = which == place
            totals[:, columns], found[:, columns] = add_up(
                tree.steps, values[:, columns], present[:, columns]
            )
        return totals, found

    def above(self, level: int, months: int) -> IntArray:
        """As each month's tree has it."""
        of_tree = np.stack([at_level(tree.parents, self.levels, level) for tree in self.trees], axis=1)
        found: IntArray = of_tree[:, self.of_month[:months]]
        return found


def at_level(parents: IntArray, levels: IntArray, level: int) -> IntArray:
    """Position of the org unit of a level in each one's own line; -1 without any."""
    place = np.arange(len(parents))
    for _ in range(int(levels.max(initial=0))):
        deeper = (place >= 0) & (levels[place] > level)
        place = np.where(deeper, parents[place], place)
    return np.where((place >= 0) & (levels[place] == level), place, -1)


def steps_of(parents: IntArray) -> Steps:
    """Children with their parents, deepest generation first."""
    depths = generations(parents)
    return tuple(
        (children, parents[children])
        for depth in range(int(depths.max(initial=0)), 0, -1)
        for children in (np.flatnonzero(depths == depth),)
    )


def add_up(steps: Steps, values: FloatArray, present: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Add children to their parents, generation by generation.

    Absent values count nothing; a branch is present as soon as one of its members is. Children are
    added one after the other in the order of their keys, so the same input gives the same bytes and a
    region is exactly the sum of its districts.
    """
    totals = np.where(present, values, 0.0)
    found = present.copy()
    width = totals.shape[1]
    columns = np.arange(width)
    for children, parents in steps:
        fathers, rank = np.unique(parents, return_inverse=True)
        cells = (rank[:, None] * width + columns).ravel()
        shape, size = (len(fathers), width), len(fathers) * width
        totals[fathers] += np.bincount(cells, totals[children].ravel(), size).reshape(shape)
        found[fathers] |= np.bincount(cells, found[children].ravel(), size).reshape(shape) > 0
    return totals, found


def find(sorted_keys: IntArray, wanted: IntArray) -> IntArray:
    """Position of each wanted key among sorted keys; -1 when it is none of them."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[places] == wanted, places, -1)


def generations(parents: IntArray) -> IntArray:
    """How many ancestors each org unit has; an org unit that is its own ancestor is an error of ours."""
    depths = np.zeros(len(parents), dtype=np.int64)
    ancestors = parents.copy()
    while bool((ancestors >= 0).any()):
        depths += ancestors >= 0
        ancestors = np.where(ancestors >= 0, parents[ancestors], -1)
        if int(depths.max()) > len(parents):
            raise ContractError("tree: found an org unit that is its own ancestor, expected none")
    return depths
