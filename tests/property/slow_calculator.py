"""The slow, obvious calculator: plain dicts and loops, one question at a time; the fast one must agree.

It shares nothing with `layidu.compute` but the frames: it asks, for each org unit and period, every facility
of the branch, month by month.
"""

import math
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from layidu.mapping.contracts import Indicator, State, Variable
from layidu.mapping.expressions import parse

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
    cells: list[tuple[str, str]] = field(
        default_factory=list
    )  # every variable and disaggregation there may be
    groups: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # org unit, first, last month
    source: str = "s"
    #: org unit, parent it hung under, first and last month: the tree of each month, not today's
    earlier: list[tuple[int, int, int, int]] = field(default_factory=list)
    branches: dict[tuple[int, int], list[Unit]] = field(default_factory=dict)  # once looked up


Result = tuple[Number, Number, Number, str, Number]  # numerator, denominator, value, status, completeness


def add(numbers: list[Number]) -> Number:
    """Missing and missing is missing; missing and 3 is 3."""
    present = [number for number in numbers if number is not None]
    return math.fsum(present) if present else None


def parent_in(world: World, unit: Unit, month: int) -> int:
    """Where an org unit hung at the end of a month."""
    for moved, parent, first, last in world.earlier:
        if moved == unit.key and first <= month <= last:
            return parent
    return unit.parent


def branch(world: World, root: int, month: int) -> list[Unit]:
    """An org unit and everything below it at the end of a month."""
    if (root, month) not in world.branches:
        own = [unit for unit in world.units if unit.key == root]
        children = [unit.key for unit in world.units if parent_in(world, unit, month) == root]
        below = [unit for child in children for unit in branch(world, child, month)]
        world.branches[root, month] = own + below
    return world.branches[root, month]


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
        found.setdefault(f"{world.year}S{(month % 100 - 1) // 6 + 1}", []).append(month)
        found.setdefault(str(world.year), []).append(month)
    return found


def asked_for(indicator: Indicator, period: str, months: list[int]) -> bool:
    """Whether the indicator has values for periods of this kind, and for running ones."""
    kind, length = (
        ("Quarterly", 3)
        if "Q" in period
        else ("SixMonthly", 6)
        if "S" in period
        else ("Yearly", 12)
        if len(period) == 4
        else ("Monthly", 1)
    )
    return kind in indicator.periods and (len(months) == length or not indicator.ended_only)


def collected(world: World, code: str, row: str, month: int) -> bool:
    """Whether every variable of the indicator has a valid cell in the month."""
    names = {term[4] for term in world.terms if term[:2] == (code, row) and term[3] == "variable"}
    inner = {name: world.variables[name].derived for name in names if name in world.variables}
    for state in inner.values():
        if state is not None:
            texts = [state.of, state.other, state.asked]
            names |= {term.name for text in texts if text for term in parse(text)} | {state.counts}
    for name in names & world.variables.keys():
        cells = world.variables[name].cells.get(world.source) or []
        spans = [(int(cell.valid_from or 0), int(cell.valid_to or 999912)) for cell in cells]
        if spans and not any(first <= month <= last for first, last in spans):
            return False
    return True


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
    variable = world.variables.get(name)
    if variable is not None and variable.derived is not None:
        answer = state_value(world, indicator, variable.derived, wanted, unit, month)
        return None if answer is None else coefficient * answer
    value = world.sums.get((name, wanted, unit, month))
    if value is not None:
        return coefficient * value
    zero = variable is not None and variable.absence == "zero-if-reported"
    return 0.0 if zero and received(world, indicator, unit, month) else None


def member(world: World, group: str, unit: int, month: int) -> bool:
    """Whether an org unit, or one above it then, is in a group in a month."""
    parents = {one.key: parent_in(world, one, month) for one in world.units}
    while unit in parents:
        if any(key == unit and first <= month <= last for key, first, last in world.groups.get(group, [])):
            return True
        unit = parents[unit]
    return False


def placed(world: World, state: State, zones: Mapping[str, str], unit: int, month: int) -> bool:
    """Whether a state may be counted at an org unit: its level, its group, its zones."""
    level = next(one.level for one in world.units if one.key == unit)
    if state.level is not None and level != state.level:
        return False
    if state.in_group is not None and not member(world, state.in_group, unit, month):
        return False
    for dimension, band in zones.items():
        group, named = state.zones[dimension][band], [one for one in state.zones[dimension].values() if one]
        if group is not None and not member(world, group, unit, month):
            return False
        if group is None and any(one not in world.groups or member(world, one, unit, month) for one in named):
            return False
    return True


def asked_months(world: World, state: State, month: int) -> list[int]:
    """The month itself, or its quarter when it is the last of an ended one; else none."""
    if state.per == "month":
        return [month]
    ended = periods(world)[f"{world.year}Q{(month % 100 - 1) // 3 + 1}"]
    return ended if len(ended) == 3 and month == ended[-1] else []


def state_value(
    world: World, indicator: Indicator, state: State, wanted: str, unit: int, month: int
) -> Number:
    """What a state counts at one org unit in one month; None where it was not asked."""
    bands = dict(pair.split("=") for pair in wanted.split("|")) if wanted else {}
    zones = {dimension: bands.pop(dimension) for dimension in state.zones if dimension in bands}
    months = asked_months(world, state, month)
    if not months or not placed(world, state, zones, unit, month):
        return None

    def value(expression: str | None, over: str | None = None) -> Number:
        return amount(world, indicator, state, expression, {**bands, **over_band(state, over)}, unit, months)

    if value(state.asked or state.of) is None:
        return None
    if not flag(world, state, value):
        return 0.0
    if state.counts == "facilities":
        return 1.0
    if state.counts == "facility_days":
        return float(sum(monthrange(one // 100, one % 100)[1] for one in months))
    return value(f"#{{{state.counts}}}") or 0.0


def flag(world: World, state: State, value: Callable[..., Number]) -> bool:
    """Whether the condition holds, in the bands it is tested in."""
    names = {term.name for term in parse(state.of)}
    tested = {
        dict(pair.split("=") for pair in text.split("|") if pair).get(state.over or "-")
        for name, text in world.cells
        if name in names
    }
    holds = {band: holds_at(state, value(state.of, band), value(state.other, band)) for band in tested}
    if state.all_of:
        return all(holds.get(band, False) for band in state.all_of)
    return sum(holds.values()) >= (state.at_least or 1)


def over_band(state: State, band: str | None) -> dict[str, str]:
    """The band of `over` that is tested, if any."""
    return {state.over: band} if state.over and band else {}


def holds_at(state: State, one: Number, other: Number) -> bool:
    """One test on one or two numbers."""
    if one is None:
        return False
    if state.test == "zero":
        return one == 0
    if state.test == "positive":
        return one > 0
    if state.test == "equals":
        return one == other
    if state.test == "ratio":
        low = -math.inf if state.minimum is None else state.minimum
        high = math.inf if state.maximum is None else state.maximum
        return other is not None and other != 0 and low <= one / other <= high
    return True


def amount(
    world: World,
    indicator: Indicator,
    state: State,
    expression: str | None,
    bands: Mapping[str, str],
    unit: int,
    months: list[int],
) -> Number:
    """An expression over stored values, at an org unit or in its branch."""
    if expression is None:
        return None
    found: list[Number] = []
    for term in parse(expression):
        variable = world.variables.get(term.name)
        zero = variable is not None and variable.absence == "zero-if-reported" and not state.stored
        for name, text in world.cells:
            split = dict(pair.split("=") for pair in text.split("|")) if text else {}
            known = {one: band for one, band in bands.items() if one in split}
            if name != term.name or not term.keeps(split) or any(split[one] != known[one] for one in known):
                continue
            for month in months:
                whole = state.level is not None
                for place in [one.key for one in branch(world, unit, month)] if whole else [unit]:
                    stored = world.sums.get((name, text, place, month))
                    if stored is None and zero and received(world, indicator, place, month):
                        stored = 0.0
                    found.append(None if stored is None else term.coefficient * stored)
    return add(found)


def way(world: World, indicator: Indicator, name: str) -> str:
    """How a variable adds over time."""
    if indicator.over_time == "last" or name not in world.variables:
        return indicator.over_time
    return world.variables[name].over_time


def counted(
    world: World, code: str, row: str, part: str, root: int, months: list[int], kind: str = "variable"
) -> Number:
    """The variables of one part in one branch and period."""
    indicator = world.indicators[code]
    chosen = [(term[4], term[5], term[6]) for term in world.terms if term[:4] == (code, row, part, kind)]
    found: list[Number] = []
    for how in ("sum", "last", "average"):
        terms = [term for term in chosen if way(world, indicator, term[0]) == how]
        monthly = [
            add(
                [
                    own_value(world, indicator, term, unit.key, month)
                    for unit in branch(world, root, month)
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


def people(
    world: World, code: str, row: str, part: str, root: int, months: list[int], last: int
) -> tuple[Number, bool]:
    """The populations of one part, and whether some org unit of the branch has none.

    Person-time is counted where an org unit hung in each month; people of a period, and who is unknown among them,
    where it hung in `last`, the last of its ended months.
    """
    found: list[Number] = []
    incomplete = False
    annualised = world.indicators[code].annualised
    for term in world.terms:
        if term[:4] != (code, row, part, "population"):
            continue
        level = lowest_level(world, term[4])
        for unit in world.units:
            number = world.people.get((term[4], unit.key))
            counting = [month for month in months if is_open(unit, month) and month in asked(world, code)]
            if unit.level != level or not counting:
                continue
            inside = unit in branch(world, root, last)
            expected = world.population_org_units is None or unit.key in world.population_org_units
            incomplete = incomplete or (inside and number is None and expected)
            there = [month for month in counting if unit in branch(world, root, month)]
            if number is not None and annualised and there:
                days = sum(monthrange(month // 100, month % 100)[1] for month in there)
                found.append(term[6] * number * days / 365)
            elif number is not None and not annualised and inside:
                found.append(term[6] * number)
    return add(found), incomplete


def completeness(world: World, code: str, root: int, months: list[int]) -> tuple[int, int]:
    """Reports expected and received."""
    data_sets = world.indicators[code].data_sets.get(world.source, [])
    counts = [
        world.reports.get((data_set, unit.key, month), (0, 0))
        for data_set in data_sets
        for month in months
        for unit in branch(world, root, month)
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
    indicator, last = world.indicators[code], months[-1]
    months = [month for month in months if collected(world, code, row, month)]
    numerator = add(
        [
            counted(world, code, row, "numerator", root, months),
            people(world, code, row, "numerator", root, months, last)[0],
        ]
    )
    unsure = counted(world, code, row, "numerator", root, months, "insufficient") is not None
    count = indicator.denominator is None
    below = None if count else counted(world, code, row, "denominator", root, months)
    population, incomplete = (
        (None, False) if count else people(world, code, row, "denominator", root, months, last)
    )
    denominator = add([below, population])
    expected, got = completeness(world, code, root, months)
    if unsure:
        numerator = None
    elif numerator is None and below is None and (population is None or expected == 0):
        return None
    status = status_of(numerator, denominator, count=count, incomplete=incomplete)
    status = "insufficient data" if unsure else status
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
    return max(declared) if row else indicator.lowest_level


def compute(world: World) -> Mapping[tuple[str, str, int, str], Result]:
    """Every result of the year."""
    rows = {(term[0], term[1]) for term in world.terms}
    found = {
        (code, row, unit.key, period): result(world, code, row, unit.key, months)
        for code, row in rows
        for unit in world.units
        if unit.level <= deepest(world.indicators[code], row)
        for period, months in periods(world).items()
        if asked_for(world.indicators[code], period, months)
    }
    return {key: each for key, each in found.items() if each is not None}
