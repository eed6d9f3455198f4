"""How many rows will a slice have? What earlier pulls remember, else an estimate from the metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from layidu.model.metadata import Metadata

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
    remembered: Mapping[str, Mapping[str, float]]  # org unit -> period -> rows
    pulled: Mapping[str, frozenset[str]]  # org unit -> periods once pulled in full in its branch

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods of the window, oldest first."""
        return tuple(self.place)

    def rows(self, org_unit: str, period: str) -> float:
        """How many rows one period of a branch should have."""
        known = self.remembered.get(org_unit, {}).get(period)
        if known is not None:
            return known
        return max(1.0, self.cells_of_a_unit * self.assigned.get(org_unit, 0) * FILLED_SHARE)


@dataclass(frozen=True, slots=True)
class Memory:
    """One full slice that was pulled before."""

    org_unit: str
    children: bool
    periods: tuple[str, ...]  # those still in the window
    rows: int


def sizes_of(
    metadata: Metadata,
    data_set: str,
    periods: Sequence[str],
    known_rows: Mapping[str, int],
    *,
    most_rows: int,
) -> Sizes:
    """What is known about the size of a data set."""
    place = {period: number for number, period in enumerate(periods)}
    memories = [
        memory
        for name, rows in known_rows.items()
        if (memory := remember(f"{metadata.source}/{data_set}", place, name, rows))
    ]
    return Sizes(
        source=metadata.source,
        data_set=data_set,
        place=place,
        most_rows=most_rows,
        cells_of_a_unit=cells_of_a_unit(metadata, data_set),
        assigned=assigned_in_branch(metadata, data_set),
        children=children_of(metadata.org_units),
        remembered=remembered_rows(memories),
        pulled=pulled_periods(metadata, memories),
    )


def remember(prefix: str, place: Mapping[str, int], name: str, rows: int) -> Memory | None:
    """Read the name of a full slice of this data set (`Slice.name`); nothing for any other."""
    source, data_set, span, branch, mode = name.split("/")
    first, _, last = span.partition("-")
    if f"{source}/{data_set}" != prefix or mode != "full" or (last or first) not in place:
        return None
    covered = tuple(place)[place.get(first, 0) : place[last or first] + 1]
    return Memory(branch.rstrip("!"), not branch.endswith("!"), covered, rows)


def remembered_rows(memories: Sequence[Memory]) -> dict[str, dict[str, float]]:
    """Org unit -> period -> rows, each slice's rows spread evenly over its periods."""
    found: dict[str, dict[str, float]] = {}
    for memory in memories:
        if memory.children:
            each = memory.rows / len(memory.periods)
            found.setdefault(memory.org_unit, {}).update(dict.fromkeys(memory.periods, each))
    return found


def pulled_periods(metadata: Metadata, memories: Sequence[Memory]) -> dict[str, frozenset[str]]:
    """Org unit -> the periods that were pulled in full for it or, when it was too large, for its branches."""
    paths = dict(zip(metadata.org_units["uid"], metadata.org_units["path"], strict=True))
    found: dict[str, set[str]] = {}
    for memory in memories:
        for unit in str(paths.get(memory.org_unit, "")).split("/")[1:]:
            found.setdefault(unit, set()).update(memory.periods)
    return {unit: frozenset(periods) for unit, periods in found.items()}


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
