"""How many women does each unit of a year make users of their method in a later year, and may the year be estimated?

Every step of EMU before the division is a sum of units times a number of their year, so users add up over the tree
like anything counted; what is still used of earlier years is added once a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layidu.compute import emu
from layidu.compute.ratio import FloatArray
from layidu.compute.tree_sums import Branches, IntArray
from layidu.mapping.contracts import Methods
from layidu.mapping.estimating import EstimatedUse, MethodUse
from layidu.mapping.terms import USERS
from layidu.model.disaggregation import read
from layidu.model.frames import MAPPED_SUMS, TERMS

Sum = tuple[str, str]  # variable, disaggregation: one mapped sum


@dataclass(frozen=True, slots=True)
class EstimatedUsers:
    """The users of one year: by unit of the year itself, and those who go on from earlier years, by org unit."""

    per_unit: Mapping[Sum, float]
    going_on: Mapping[Sum, tuple[IntArray, FloatArray]]  # org units, users
    minimum_reporting: float  # of the year's reports, below which it is not kept; infinite: never

    def by_org_unit(self, name: Sum, branches: Branches) -> FloatArray:
        """Users of earlier years at each org unit; NaN where nothing was given out."""
        found = np.full(len(branches.org_units), np.nan)
        units, users = self.going_on.get(name, (np.zeros(0, dtype=np.int64), np.zeros(0)))
        places = branches.positions(units)
        found[places[places >= 0]] = users[places >= 0]
        return found


def weights(declared: EstimatedUse, use: MethodUse, first_year: int, year: int) -> dict[int, float]:
    """Year of the units -> users for each of them in `year`, silent sectors included (steps 2 to 4)."""
    share = reported_share(declared, use, year)
    return {one: weight / share for one, weight in reported(declared, use, first_year, year).items()}


def reported(declared: EstimatedUse, use: MethodUse, first_year: int, year: int) -> dict[int, float]:
    """The same before the silent sectors (steps 2 and 3)."""
    if declared.statistic == "users":
        found = {year: 1.0}
    elif use.duration == "short":
        found = {year: users_per_unit(use)}
    else:
        table = use.continuation or []
        by_place = emu.weights_of_long_method(table, use.scale or 0.0, year - first_year + 1)
        # Where the table ends nothing is known to be used any more; a zero inside it is a number.
        found = {
            first_year + place: weight
            for place, weight in enumerate(by_place)
            if weight or year - first_year - place < len(table)
        }
    return found


def users_per_unit(use: MethodUse) -> float:
    """Of a short method; what lacks it has no term, and never comes here."""
    if use.users_per_unit is None:
        raise ValueError("found no users a unit, expected a declared number")
    return use.users_per_unit


def reported_share(declared: EstimatedUse, use: MethodUse, year: int) -> float:
    """The share of a method's users whose sector reports (step 4); 1 where no survey tells."""
    surveys = declared.supply.get(use.supply or "")
    if not surveys:
        return 1.0
    known = {
        int(one): {sector: share for sector, share in shares.items() if share is not None}
        for one, shares in surveys.items()
    }
    presence = {sector: share or 0.0 for sector, share in declared.presence.items()}
    return emu.reported_share(emu.between(known, year), presence)


def estimated_users(
    methods: Methods, terms: pd.DataFrame, dimension: str, earlier: pd.DataFrame, first_year: int, year: int
) -> EstimatedUsers:
    """What a year is computed with; a year before the first whole one is never kept.

    `terms` are TERMS of kind `users`, `earlier` the sums of the years before it (MAPPED_SUMS, at yyyy00).
    """
    declared = methods.estimated_use
    if declared is None:
        raise ValueError("found no estimated_use, expected one: the terms are made from it")
    if year < first_year:
        return EstimatedUsers({}, {}, np.inf)
    wanted = sorted(set(zip(TERMS.check(terms)["name"], terms["filter"], strict=True)))
    sums = MAPPED_SUMS.check(earlier).astype({"variable": "str", "disaggregation": "str"})
    by_sum = dict(iter(sums.groupby(["variable", "disaggregation"])))
    per_unit: dict[Sum, float] = {}
    going_on: dict[Sum, tuple[IntArray, FloatArray]] = {}
    for name, text in wanted:
        use = methods.methods[read(text)[dimension]].use
        by_year = weights(declared, use, first_year, year) if use else {}
        per_unit[(name, text)] = by_year.get(year, 0.0)
        rows = by_sum.get((name, text))
        if rows is not None:
            weight = (rows["period"] // 100).map(by_year)
            users = (rows["sum"] * weight)[weight.notna()].groupby(rows["org_unit"]).sum()
            going_on[(name, text)] = (users.index.to_numpy(dtype=np.int64), users.to_numpy())
    return EstimatedUsers(per_unit, going_on, declared.minimum_reporting)


def years_needed(methods: Methods, terms: pd.DataFrame, dimension: str, first_year: int, year: int) -> range:
    """The earlier years of which something may still be used in `year`."""
    declared, needed = methods.estimated_use, set[int]()
    for text in set(terms.loc[terms["kind"] == USERS, "filter"]):
        use = methods.methods[read(text)[dimension]].use
        if declared is not None and use is not None and year > first_year:
            needed |= weights(declared, use, first_year, year).keys() - {year}
    return range(min(needed), year) if needed else range(0)
