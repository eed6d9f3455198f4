"""Estimated Modern Use, slowly: one woman's method, one year of units, one org unit at a time.

It shares nothing with `layidu.compute` and reads the declared tables itself; populations, reports and statuses are
those of the slow calculator.
"""

import math
from dataclasses import dataclass

from layidu.mapping.contracts import Method
from layidu.mapping.estimating import EstimatedUse
from tests.property.slow_calculator import (
    Number,
    Result,
    World,
    add,
    branch,
    completeness,
    people,
    periods,
    status_of,
)


@dataclass
class Giving:
    """What was given out, and what is declared of it."""

    units: dict[tuple[str, int, int], float]  # method, org unit, month -> units; of all years
    methods: dict[str, Method]
    declared: EstimatedUse
    first_year: int


def is_known(giving: Giving, method: str) -> bool:
    """Whether everything a method needs was given."""
    use, declared = giving.methods[method].use, giving.declared
    if use is None:
        return False
    if declared.statistic != "users":
        if use.duration == "short" and use.users_per_unit is None:
            return False
        if use.duration == "long" and (use.continuation is None or use.scale is None):
            return False
    surveys = declared.supply[use.supply] if use.supply else {}
    for sector in {sector for shares in surveys.values() for sector in shares}:
        if declared.presence.get(sector) is None:
            return False
        if declared.presence[sector] and any(shares.get(sector) is None for shares in surveys.values()):
            return False
    return True


def of_year(giving: Giving, method: str, unit: int, year: int) -> Number:
    """The units of a whole year at one org unit."""
    return add([giving.units.get((method, unit, year * 100 + month)) for month in range(1, 13)])


def users_now(giving: Giving, method: str, year: int) -> float:
    """Users at the end of a year for each unit given out in it."""
    use = giving.methods[method].use
    assert use is not None
    if giving.declared.statistic == "users":
        return 1.0
    if use.duration == "short":
        return use.users_per_unit or 0.0
    table = use.continuation or []
    before = (use.scale or 0.0) * sum(table[1:]) if year == giving.first_year else 0.0
    return table[0] + before


def users_going_on(giving: Giving, method: str, unit: int, year: int) -> Number:
    """Users of one method at one org unit who began in earlier years."""
    use = giving.methods[method].use
    assert use is not None
    if giving.declared.statistic == "users" or use.duration == "short":
        return None
    table = use.continuation or []
    found: list[Number] = []
    for inserted in range(giving.first_year, year):
        number = of_year(giving, method, unit, inserted)
        age = year - inserted
        if number is not None and age < len(table):
            found.append(number * table[age])
        before = (use.scale or 0.0) * sum(table[age + 1 :])
        if number is not None and inserted == giving.first_year and before:
            found.append(number * before)
    return add(found)


def users_of_branch(world: World, giving: Giving, method: str, root: int) -> Number:
    """Units count where an org unit hung in their month, who goes on where it hung at the year's end."""
    found: list[Number] = []
    months = [world.year * 100 + month for month in range(1, 13)]
    for month in months:
        for unit in branch(world, root, month):
            units = giving.units.get((method, unit.key, month))
            found.append(None if units is None else units * users_now(giving, method, world.year))
    at_the_end = branch(world, root, months[-1])
    found += [users_going_on(giving, method, unit.key, world.year) for unit in at_the_end]
    return add(found)


def silent(giving: Giving, method: str, year: int) -> float:
    """The share of a method's users that is reported."""
    use, declared = giving.methods[method].use, giving.declared
    if use is None or not use.supply:
        return 1.0
    surveys = {int(one): shares for one, shares in declared.supply[use.supply].items()}
    reported = 0.0
    for sector, presence in declared.presence.items():
        earlier = [one for one in surveys if one <= year]
        later = [one for one in surveys if one >= year]
        first, last = (max(earlier) if earlier else min(later)), (min(later) if later else max(earlier))
        one, other = surveys[first].get(sector) or 0.0, surveys[last].get(sector) or 0.0
        way = 0.0 if first >= last else (year - first) / (last - first)
        reported += (one + (other - one) * way) * (presence or 0.0)
    return 1.0 if reported <= 0 else min(reported, 1.0)


def estimate(world: World, giving: Giving, code: str, row: str, root: int) -> Result | None:
    """One result of an ended year, or None where there is nothing to say."""
    counted = [name for name in giving.methods if row in ("", f"kind={name}")]
    counted = [name for name in counted if name not in giving.declared.excluded]
    months = periods(world).get(str(world.year), [])
    if not counted or len(months) < 12:
        return None
    users: list[Number] = []
    for method in counted:
        own = users_of_branch(world, giving, method, root)
        users.append(None if own is None else own / silent(giving, method, world.year))
    above = add(users)
    population, incomplete = people(world, code, row, "denominator", root, months, months[-1])
    expected, got = completeness(world, code, root, months)
    share = got / expected if expected else None
    if above is None:
        if population is None or expected == 0:
            return None
        return None, population, None, "numerator missing", share
    if world.year < giving.first_year or share is None or share < giving.declared.minimum_reporting:
        kept = above if world.year >= giving.first_year else None
        return kept, population, None, "reporting too low", share
    status = status_of(above, population, count=False, incomplete=incomplete)
    value = above / population * 100 if population else None
    return above, population, value, status, share


def lacking(giving: Giving, row: str) -> bool:
    """Whether a method that is counted lacks a number: then there is one row, and no value."""
    counted = [name for name in giving.methods if row in ("", f"kind={name}")]
    return any(not is_known(giving, name) for name in counted if name not in giving.declared.excluded)


def compute(world: World, giving: Giving, code: str) -> dict[tuple[str, str, int, str], Result]:
    """Every result of the year."""
    found: dict[tuple[str, str, int, str], Result] = {}
    for row in ("", *(f"kind={name}" for name in giving.methods)):
        for unit in world.units:
            key = (code, row, unit.key, str(world.year))
            if lacking(giving, row):
                if unit.parent == -1 and periods(world):
                    found[key] = (None, None, None, "parameter missing", None)
                continue
            deepest = world.indicators[code].lowest_level if not row else 3
            result = estimate(world, giving, code, row, unit.key) if unit.level <= deepest else None
            if result is not None:
                found[key] = result
    return {key: tidy(result) for key, result in found.items()}


def tidy(result: Result) -> Result:
    """No number that is not one."""
    assert all(one is None or isinstance(one, str) or math.isfinite(one) for one in result)
    return result
