"""Which org units belong to a group, and in which months?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from layidu.compute.ratio import BoolArray
from layidu.compute.tree_sums import Branches
from layidu.mapping.contracts import OrgUnits
from layidu.mapping.promises import OrgUnitGroup
from layidu.model.frames import TREE

ALWAYS, FOR_EVER = 0, 999912


class Member(NamedTuple):
    """An org unit that belongs to a group with everything below it, from one month to another (both included)."""

    org_unit: int
    first: int
    last: int


Groups = Mapping[str, Sequence[Member]]


def members_of(declared: OrgUnits, tree: pd.DataFrame, codes: Mapping[str, int]) -> Groups:
    """The members of every group somebody gave, in today's tree; `codes` leads from an org unit's code to its key."""
    units = TREE.check(tree)
    return {
        name: sorted(found(group, units, codes))
        for name, group in declared.groups.items()
        if group.members is not None
    }


def found(group: OrgUnitGroup, units: pd.DataFrame, codes: Mapping[str, int]) -> Iterator[Member]:
    """The org units a group names by code, or by the beginning of their name."""
    for member in group.members or ():
        if member.code in codes:
            first, last = int(member.valid_from or ALWAYS), int(member.valid_to or FOR_EVER)
            yield Member(codes[member.code], first, last)
    if group.name_starts:
        named = units.loc[units["name"].str.startswith(tuple(group.name_starts)), "org_unit"]
        yield from (Member(int(key), ALWAYS, FOR_EVER) for key in named)


def memberships(groups: Groups, branches: Branches, months: Sequence[int]) -> dict[str, BoolArray]:
    """For each group, org units x months: whether the org unit, or one above it then, is a member then."""
    found: dict[str, BoolArray] = {}
    moments = np.array(months)
    for name, members in groups.items():
        inside = np.zeros((len(branches.org_units), len(months)), dtype=np.bool_)
        for member in members:
            place = int(branches.positions(np.array([member.org_unit]))[0])
            if place >= 0:
                inside[place] |= (moments >= member.first) & (moments <= member.last)
        for then, steps in branches.steps_of_months(len(months)):
            for children, parents in reversed(steps):
                inside[children] |= inside[parents] & then
        found[name] = inside
    return found
