"""The slow, obvious calculator: plain dicts and loops, one question at a time; the fast one must agree.

It shares nothing with `layidu.compute` but the frames: it asks, for each org unit and period, every facility
of the branch, month by month.
"""

import math
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from layidu.mapping.contracts import Indicator, Variable

Number = float | None


@dataclass
class Unit:
    """One org unit of a small world."""

    key: int
    parent: int
    level: int
    opening: date | None = None
    closed: date | None = None


@dataclass
class World:
    """A small country and what it holds."""

    year: int
    ended_through: date
    units: list[Unit]
    sums: dict[tuple[str, str, int, int], float]  # variable, disaggregation, org unit, month
    reports: dict[tuple[str, int, int], tuple[int, int]]  # data set, org unit, month -> expected, received
    people: dict[tuple[str, int], float]  # measure, org unit
    terms: list[tuple[str, str, str, str, str, str, float]]  # rows of TERMS
    indicators: dict[str, Indicator]
    variables: dict[str, Variable] = field(default_factory=dict)
    population_org_units: set[int] | None = None
    source: str = "s"


Result = tuple[Number, Number, Number, str, Number]  # numerator, denominator, value, status, completeness


def add(numbers: list[Number]) -> Number:
    """Missing and missing is missing; missing and 3 is 3."""
    present = [number for number in numbers if number is not None]
    return math.fsum(present) if present else None


def branch(world: World, root: int) -> list[Unit]:
    """An org unit and everything below it."""
    own = [unit for unit in world.units if unit.key == root]
    below = [unit for child in world.units if child.parent == root for unit in branch(world, child.key)]
    return own + below


def is_open(unit: Unit, month: int) -> bool:
    """Open on one day of the month at least."""
    year, number = divmod(month, 100)
    last = date(year, number, monthrange(year, number)[1])
    return (unit.opening is None or unit.opening <= last) and (
        unit.closed is None or unit.closed >= date(year, number, 1)
    )


def periods(world: World) -> dict[str, list[int]]:
    """Each period's ended months; periods without any are not listed."""
    ended = [
        world.year * 100 + number
        for number in range(1, 13)
        if date(world.year, number, monthrange(world.year, number)[1]) <= world.ended_through
    ]
    found: dict[str, list[int]] = {str(month): [month] for month in ended}
    for month in ended:
        found.setdefault(f"{world.year}Q{(month % 100 - 1) // 3 + 1}", []).append(month)
        found.setdefault(str(world.year), []).append(month)
    return found


def received(world: World, indicator: Indicator, unit: int, month: int) -> bool:
    """Whether the org unit sent a report of one of the indicator's data sets."""
    data_sets = indicator.data_sets.get(world.source, [])
    return any(world.reports.get((data_set, unit, month), (0, 0))[1] > 0 for data_set in data_sets)


def own_value(
    world: World, indicator: Indicator, term: tuple[str, str, float], unit: int, month: int
) -> Number:
    """One term at one org unit in one month."""
    name, wanted, coefficient = term
    if name.startswith("reports_"):
        counts = world.reports.get((wanted.removeprefix("data_set="), unit, month))
        return None if counts is None else coefficient * counts[name == "reports_received"]
    value = world.sums.get((name, wanted, unit, month))
    if value is not None:
        return coefficient * value
    variable = world.variables.get(name)
    zero = variable is not None and variable.absence == "zero-if-reported"
    return 0.0 if zero and received(world, indicator, unit, month) else None


def way(world: World, indicator: Indicator, name: str) -> str:
    """How a variable adds over time."""
    if indicator.over_time == "last" or name not in world.variables:
        return indicator.over_time
    return world.variables[name].over_time


def counted(world: World, code: str, row: str, part: str, root: int, months: list[int]) -> Number:
    """The variables of one part in one branch and period."""
    indicator = world.indicators[code]
    chosen = [
        (term[4], term[5], term[6]) for term in world.terms if term[:4] == (code, row, part, "variable")
    ]
    found: list[Number] = []
    for how in ("sum", "last", "average"):
        terms = [term for term in chosen if way(world, indicator, term[0]) == how]
        monthly = [
            add(
                [
                    own_value(world, indicator, term, unit.key, month)
                    for unit in branch(world, root)
                    for term in terms
                ]
            )
            for month in months
        ]
        present = [number for number in monthly if number is not None]
        if present:
            choices: dict[str, Callable[[], float]] = {
                "sum": lambda numbers=present: math.fsum(numbers),  # type: ignore[misc]
                "last": lambda numbers=present: numbers[-1],  # type: ignore[misc]
                "average": lambda numbers=present: math.fsum(numbers) / len(numbers),  # type: ignore[misc]
            }
            found.append(choices[how]())
    return add(found)


def lowest_level(world: World, measure: str) -> int:
    """The deepest level that has a value of the measure."""
    levels = {unit.key: unit.level for unit in world.units}
    return max((levels[unit] for name, unit in world.people if name == measure), default=-1)


def asked(world: World, code: str) -> set[int]:
    """The months of the year in which a report was expected; all ended months where nothing is known."""
    data_sets = world.indicators[code].data_sets.get(world.source, [])
    units = {unit.key for unit in world.units}
    ended = set(periods(world).get(str(world.year), []))
    known = {
        month
        for (data_set, unit, month), (expected, _) in world.reports.items()
        if data_set in data_sets and unit in units and expected > 0
    }
    return (known & ended) or ended


def people(world: World, code: str, row: str, part: str, root: int, months: list[int]) -> tuple[Number, bool]:
    """The populations of one part, and whether some org unit of the branch has none."""
    found: list[Number] = []
    incomplete = False
    for term in world.terms:
        if term[:4] != (code, row, part, "population"):
            continue
        level = lowest_level(world, term[4])
        for unit in branch(world, root):
            opened = [month for month in months if is_open(unit, month) and month in asked(world, code)]
            if unit.level != level or not opened:
                continue
            number = world.people.get((term[4], unit.key))
            expected = world.population_org_units is None or unit.key in world.population_org_units
            incomplete = incomplete or (number is None and expected)
            if number is not None:
                days = sum(monthrange(month // 100, month % 100)[1] for month in opened)
                time = days / 365 if world.indicators[code].annualised else 1.0
                found.append(term[6] * number * time)
    return add(found), incomplete


def completeness(world: World, code: str, root: int, months: list[int]) -> tuple[int, int]:
    """Reports expected and received."""
    data_sets = world.indicators[code].data_sets.get(world.source, [])
    counts = [
        world.reports.get((data_set, unit.key, month), (0, 0))
        for data_set in data_sets
        for unit in branch(world, root)
        for month in months
    ]
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def status_of(numerator: Number, denominator: Number, *, count: bool, incomplete: bool) -> str:
    """The first thing that is wrong."""
    if numerator is None:
        return "numerator missing"
    if count:
        return "computed"
    if denominator is None:
        return "denominator missing"
    if denominator == 0:
        return "denominator zero"
    return "denominator incomplete" if incomplete else "computed"


def result(world: World, code: str, row: str, root: int, months: list[int]) -> Result | None:
    """One result, or None where there is nothing to say."""
    indicator = world.indicators[code]
    numerator = add(
        [
            counted(world, code, row, "numerator", root, months),
            people(world, code, row, "numerator", root, months)[0],
        ]
    )
    count = indicator.denominator is None
    below = None if count else counted(world, code, row, "denominator", root, months)
    population, incomplete = (None, False) if count else people(world, code, row, "denominator", root, months)
    denominator = add([below, population])
    expected, got = completeness(world, code, root, months)
    if numerator is None and below is None and (population is None or expected == 0):
        return None
    status = status_of(numerator, denominator, count=count, incomplete=incomplete)
    value: Number = None
    if numerator is not None and count:
        value = numerator * indicator.factor
    elif numerator is not None and denominator:
        value = numerator / denominator * indicator.factor
    return numerator, denominator, value, status, got / expected if expected else None


def deepest(indicator: Indicator, row: str) -> int:
    """The deepest level a row is computed at."""
    dimensions = sorted(pair.split("=")[0] for pair in row.split("|")) if row else []
    declared = [
        split.lowest_level for split in indicator.disaggregations if sorted(split.dimensions) == dimensions
    ]
    return max(declared) if row else 99


def compute(world: World) -> Mapping[tuple[str, str, int, str], Result]:
    """Every result of the year."""
    rows = {(term[0], term[1]) for term in world.terms}
    found = {
        (code, row, unit.key, period): result(world, code, row, unit.key, months)
        for code, row in rows
        for unit in world.units
        if unit.level <= deepest(world.indicators[code], row)
        for period, months in periods(world).items()
    }
    return {key: each for key, each in found.items() if each is not None}
