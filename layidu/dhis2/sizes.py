"""How many rows will a slice have? What earlier pulls remember, else an estimate from the metadata."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from layidu.model.metadata import Metadata

SMALLEST_ROWS = 1000  # what fails with fewer rows does not fail for its size
FILLED_SHARE = 0.5  # of the cells that could hold a value, where nothing is remembered


@dataclass(frozen=True, slots=True)
class Sizes:
    """The periods of one data set, and what is known about its size."""

    source: str
    data_set: str
    place: Mapping[str, int]  # period -> its place in the window, oldest first
    most_rows: int
    cells_of_a_unit: int
    assigned: Mapping[str, int]  # org unit -> assigned units in its branch
    children: Mapping[str, tuple[str, ...]]
    remembered: Mapping[str, Mapping[str, float]]  # org unit, or unit alone with ! -> period -> rows

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods of the window, oldest first."""
        return tuple(self.place)

    def rows(self, org_unit: str, period: str) -> float:
        """How many rows one period of a branch should have."""
        known = self.known(org_unit, period)
        if known is not None:
            return known
        return max(1.0, self.cells_of_a_unit * self.assigned.get(org_unit, 0) * FILLED_SHARE)

    def known(self, org_unit: str, period: str) -> float | None:
        """What is remembered of a branch: as a whole, or of all its parts together."""
        whole = self.remembered.get(org_unit, {}).get(period)
        alone = self.remembered.get(f"{org_unit}!", {}).get(period)
        if whole is not None or alone is None:
            return whole
        total = alone
        for child in self.children.get(org_unit, ()):
            part = self.known(child, period)
            if part is None:
                return None
            total += part
        return total


@dataclass(frozen=True, slots=True)
class Memory:
    """One full slice that was pulled before, or was too large to be."""

    branch: str  # uid, with ! the unit alone
    periods: tuple[str, ...]  # those still in the window
    rows: int


def sizes_of(
    metadata: Metadata,
    data_set: str,
    periods: Sequence[str],
    known_rows: Mapping[str, int],
    *,
    most_rows: int,
    too_large: Collection[str] = (),
) -> Sizes:
    """What is known about the size of a data set.

    `too_large`: names of slices that were halved lately. Slices get half the rows of the smallest of them at most.
    """
    place = {period: number for number, period in enumerate(periods)}
    prefix = f"{metadata.source}/{data_set}"
    memories = [
        memory for name, rows in known_rows.items() if (memory := remember(prefix, place, name, rows))
    ]
    sizes = Sizes(
        source=metadata.source,
        data_set=data_set,
        place=place,
        most_rows=most_rows,
        cells_of_a_unit=cells_of_a_unit(metadata, data_set),
        assigned=assigned_in_branch(metadata, data_set),
        children=children_of(metadata.org_units),
        remembered=remembered_rows(memories),
    )
    refused = [
        sum(sizes.rows(memory.branch, period) for period in memory.periods)
        for name in too_large
        if (memory := remember(prefix, place, name, 0)) and not memory.branch.endswith("!")
    ]
    working = max(SMALLEST_ROWS, round(min(refused)) // 2) if refused else most_rows
    return replace(sizes, most_rows=min(most_rows, working))


def remember(prefix: str, place: Mapping[str, int], name: str, rows: int) -> Memory | None:
    """Read the name of a full slice of this data set (`Slice.name`); nothing for any other."""
    source, data_set, span, branch, mode = name.split("/")
    first, _, last = span.partition("-")
    if f"{source}/{data_set}" != prefix or mode != "full" or (last or first) not in place:
        return None
    covered = tuple(place)[place.get(first, 0) : place[last or first] + 1]
    return Memory(branch, covered, rows)


def remembered_rows(memories: Sequence[Memory]) -> dict[str, dict[str, float]]:
    """Branch -> period -> rows, each slice's rows spread evenly over its periods."""
    found: dict[str, dict[str, float]] = {}
    for memory in memories:
        each = memory.rows / len(memory.periods)
        found.setdefault(memory.branch, {}).update(dict.fromkeys(memory.periods, each))
    return found


def cells_of_a_unit(metadata: Metadata, data_set: str) -> int:
    """How many values one unit could report in one period: an element counts once per option combo."""
    combos = metadata.category_option_combos["category_combo"].value_counts()
    elements = metadata.data_set_elements
    own = elements.loc[elements["data_set"] == data_set, "category_combo"]
    return int(own.map(combos).fillna(1).sum())


def assigned_in_branch(metadata: Metadata, data_set: str) -> dict[str, int]:
    """Org unit -> how many units of its branch, itself included, are assigned to the data set."""
    assignments = metadata.data_set_assignments
    own = set(assignments.loc[assignments["data_set"] == data_set, "org_unit"])
    units = metadata.org_units
    paths = units.loc[units["uid"].isin(own), "path"].str.split("/").explode()
    return {str(uid): int(count) for uid, count in paths[paths != ""].value_counts().items()}


def children_of(org_units: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Org unit -> the units right below it."""
    below = org_units.dropna(subset=["parent"])
    return {str(parent): tuple(sorted(group)) for parent, group in below.groupby("parent")["uid"]}
