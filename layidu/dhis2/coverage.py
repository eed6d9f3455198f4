"""Which parts of a data set does the copy hold completely, and up to when? By branch and period.

A branch is complete when an answer about it, or about a branch above it, was loaded, or when all its parts are: the
unit alone and every branch right below. A unit that was created since belongs to no answer, and is a gap.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from layidu.model.metadata import Metadata

Clock = str  # ISO text of the server's clock: compares like the moment it stands for


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was loaded of one data set; branches are uids, with `!` the unit alone."""

    loaded: Mapping[tuple[str, str], Clock]  # (branch, period) -> complete up to
    children: Mapping[str, tuple[str, ...]]
    above: Mapping[str, tuple[str, ...]]  # org unit -> the units above it
    begun: frozenset[tuple[str, str]] = field(
        default=frozenset()
    )  # (unit, period) with something loaded below

    def complete(self, org_unit: str, period: str) -> Clock | None:
        """Up to when a branch is complete in a period; nothing when a part of it never was."""
        inherited = [self.loaded.get((unit, period)) for unit in self.above.get(org_unit, ())]
        own = [*inherited, self.loaded.get((org_unit, period)), self.by_parts(org_unit, period)]
        return max((clock for clock in own if clock is not None), default=None)

    def by_parts(self, org_unit: str, period: str) -> Clock | None:
        """The same, as the sum of its parts."""
        alone = self.loaded.get((f"{org_unit}!", period))
        if alone is None:
            return None
        clocks = [alone]
        for child in self.children.get(org_unit, ()):
            clock = self.whole(child, period)
            if clock is None:
                return None
            clocks.append(clock)
        return min(clocks)

    def whole(self, org_unit: str, period: str) -> Clock | None:
        """`complete`, without what lies above."""
        clocks = [self.loaded.get((org_unit, period)), self.by_parts(org_unit, period)]
        return max((clock for clock in clocks if clock is not None), default=None)

    def gaps(self, org_unit: str, period: str) -> Iterator[str]:
        """The branches of an incomplete branch that were never loaded, as few as cover the gap."""
        if self.whole(org_unit, period) is not None:
            return
        if (org_unit, period) not in self.begun:
            yield org_unit
            return
        if (f"{org_unit}!", period) not in self.loaded:
            yield f"{org_unit}!"
        for child in self.children.get(org_unit, ()):
            yield from self.gaps(child, period)


def coverage_of(
    metadata: Metadata,
    children: Mapping[str, tuple[str, ...]],
    loaded: Mapping[tuple[str, str], Clock],
    now: Clock,
) -> Coverage:
    """What the cursors of one data set say; one of the future is that of a restored server, and not believed."""
    paths = dict(zip(metadata.org_units["uid"], metadata.org_units["path"].str.split("/"), strict=True))
    above = {str(uid): tuple(path[1:-1]) for uid, path in paths.items()}
    believed = {part: clock for part, clock in loaded.items() if clock <= now}
    begun = {
        (unit, period)
        for branch, period in believed
        for unit in (*above.get(branch.rstrip("!"), ()), branch.rstrip("!"))
    }
    return Coverage(believed, children, above, frozenset(begun))
