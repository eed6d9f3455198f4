"""How many people live in each health area? Cercle totals, grown and dealt out: synthetic below the cercle."""

from collections.abc import Sequence

import numpy as np

from layidu.sandbox.places import GROWTH, Counts, Flags, Floats

YEARS = ("2024", "2025", "2026")


def shares(weights: Floats, groups: Sequence[str], where: Flags) -> Floats:
    """Each facility's share of its group's people; nothing where `where` is false."""
    weighted = np.where(where, weights, 0.0)
    names = np.array(groups)
    result = np.zeros(len(names))
    for group in dict.fromkeys(groups):
        mine = names == group
        total = weighted[mine].sum()
        if total > 0:
            result[mine] = weighted[mine] / total
    return result


def dealt(total: int, parts: Floats) -> Counts:
    """Whole people by share (largest remainders), so that the parts sum to the total exactly."""
    exact = parts * total
    whole = np.floor(exact).astype(np.int64)
    missing = round(float(exact.sum())) - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:missing]] += 1
    return whole


def by_year(
    totals_2024: dict[str, int], groups: Sequence[str], weights: Floats, areas: dict[str, Flags]
) -> dict[str, Counts]:
    """People of each facility per year; `areas` says which facilities have a health area in that year."""
    names, result = np.array(groups), {}
    for year, where in areas.items():
        share = shares(weights, groups, where)
        people = np.zeros(len(names), dtype=np.int64)
        for group in dict.fromkeys(groups):
            mine = names == group
            grown = round(totals_2024[group] * (1 + GROWTH) ** (int(year) - 2024))
            people[mine] = dealt(grown, share[mine])
        result[year] = people
    return result
