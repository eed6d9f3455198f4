"""Which org units make up the country or a declared group in a month, and can their numbers be added?"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pandas as pd

from layidu.compute.groups import found
from layidu.mapping.nearest import listed
from layidu.mapping.promises import OrgUnitGroup
from layidu.model.frames import TREE


class Place(NamedTuple):
    """Org units whose numbers are added, or why there are none."""

    name: str
    org_units: tuple[int, ...]
    refused: str = ""  # French; empty when the place can be used


def country(tree: pd.DataFrame) -> Place:
    """The roots of the tree."""
    TREE.check(tree)
    roots = tree.loc[tree["level"] == tree["level"].min(), ["org_unit", "name"]]
    return Place(", ".join(roots["name"]), tuple(int(key) for key in roots["org_unit"]))


def group_place(
    name: str, group: OrgUnitGroup, codes: Mapping[str, int], tree: pd.DataFrame, month: str
) -> Place:
    """The members of a group in a month (yyyymm); `codes`: DHIS2 code -> key of the tree.

    A member stands for everything below it, so one that hangs below another is not added a second time.
    """
    if group.members is None:
        return Place(group.name, (), f"liste des lieux non déclarée : groupe {name} de org_units.yaml")
    unknown = [member.code for member in group.members if member.code not in codes]
    if unknown:
        return Place(group.name, (), f"lieux du groupe {name} inconnus de DHIS2 : {listed(unknown)}")
    members = found(group, tree, codes)
    keys = {member.org_unit for member in members if member.first <= int(month) <= member.last}
    if not keys:
        return Place(group.name, (), f"aucun lieu dans le groupe {name} pour {month}")
    parents = dict(zip(tree["org_unit"].tolist(), tree["parent"].tolist(), strict=True))
    return Place(group.name, tuple(sorted(key for key in keys if not below_another(key, keys, parents))))


def below_another(key: int, keys: Collection[int], parents: Mapping[int, int]) -> bool:
    """Whether an org unit hangs, at any depth, below one of these."""
    above = parents.get(key, -1)
    while above != -1:
        if above in keys:
            return True
        above = parents.get(above, -1)
    return False
