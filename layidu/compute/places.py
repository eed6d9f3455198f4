"""Which org units make up the country or a declared group in a month, and can their numbers be added?"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

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

    A unit that stands below another member would be counted twice, so such a group is refused.
    """
    if group.members is None:
        return Place(group.name, (), f"liste des lieux non déclarée : groupe {name} de org_units.yaml")
    members = [
        member.code
        for member in group.members
        if (member.valid_from or "000000") <= month <= (member.valid_to or "999912")
    ]
    if not members:
        return Place(group.name, (), f"aucun lieu dans le groupe {name} pour {month}")
    unknown = [code for code in members if code not in codes]
    if unknown:
        return Place(group.name, (), f"lieux du groupe {name} inconnus de DHIS2 : {listed(unknown)}")
    keys = {codes[code]: code for code in members}
    parents = dict(zip(tree["org_unit"].tolist(), tree["parent"].tolist(), strict=True))
    for key, code in keys.items():
        above = parents.get(key, -1)
        while above != -1:
            if above in keys:
                reason = f"le groupe {name} compte deux fois {code}, déjà dans {keys[above]}"
                return Place(group.name, (), reason)
            above = parents.get(above, -1)
    return Place(group.name, tuple(keys))
