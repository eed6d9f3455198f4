"""The fast calculator and the slow, obvious one agree on generated worlds."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from layidu.compute.groups import Member
from layidu.compute.hierarchies import differing, moved_in, regrouped, touched
from layidu.compute.indicators import compute_year
from layidu.compute.year_periods import YearPeriods
from layidu.mapping.contracts import Cell, Disaggregation, Indicator, Mappings, State, Variable
from layidu.mapping.states import ResolvedState, resolve_states
from layidu.model import frames
from tests.property import slow_calculator
from tests.property.slow_calculator import Unit, World

YEAR = 2024  # a leap year: person-time is counted in 366 days over 365
DATA_SETS = ("dataSet0001", "dataSet0002")
AGES = ("age=0-4", "age=5+")
KINDS = ("kind=a", "kind=b", "kind=c")
CELLS = [
    *(("seen", ""), ("active", ""), ("stock", ""), ("deaths", ""), ("late", "")),
    *(("cases", age) for age in AGES),
    *(("store", kind) for kind in KINDS),
]
ZONES: dict[str, dict[str, str | None]] = {"zone": {"crisis": "CRISIS", "elsewhere": None}}
STATES = {
    "keeping": State(of="#{store}", test="present", by=["kind"]),
    "empty": State(of="#{store}", test="zero", by=["kind"], zones=ZONES),
    "two_kinds": State(of="#{store}", test="positive", over="kind", at_least=2, in_group="FIRST"),
    "a_and_b": State(of="#{store|kind!=c}", test="positive", over="kind", all_of=["a", "b"]),
    "days": State(counts="facility_days", of="#{deaths}", test="present"),
    "seen_where_stored": State(counts="seen", of="#{store}", test="present"),
    "coherent": State(
        of="#{deaths}", other="#{seen}", asked="#{deaths} + #{seen}", test="equals", stored=True
    ),
    "in_quarter": State(of="#{cases|age=5+}", asked="#{cases}", test="positive", per="quarter"),
    "districts": State(of="#{cases}", other="#{seen}", test="ratio", minimum=0.5, maximum=3, level=3),
    "not_late": State(of="#{late}", test="zero"),
}
TEXTS: dict[str, Any] = dict.fromkeys(
    ("name", "short_name", "definition", "unit", "theme", "owner", "source"), "x"
)
VARIABLES = {
    "active": Variable(name="x", unit="x", over_time="last", cells={}),
    "stock": Variable(name="x", unit="x", over_time="average", cells={}),
    "deaths": Variable(name="x", unit="x", absence="zero-if-reported", cells={}),
    "late": Variable(
        name="x",
        unit="x",
        absence="zero-if-reported",
        cells={"s": [Cell(data_element="abcdefghijk", valid_from=f"{YEAR}03", valid_to=f"{YEAR}08")]},
    ),
    **{name: Variable(name="x", unit="x", derived=state) for name, state in STATES.items()},
}
BOTH = {"s": list(DATA_SETS)}
YEAR_ENDS: dict[str, Any] = {"periods": ["SixMonthly", "Yearly"], "ended_only": True}
BY_AGE = [Disaggregation(dimensions=["age"], lowest_level=3)]
INDICATORS = {
    "COUNT": Indicator(**TEXTS, numerator="-", data_sets=BOTH, disaggregations=BY_AGE),
    "RATIO": Indicator(**TEXTS, numerator="-", denominator="-", factor=100),
    "INCIDENCE": Indicator(
        **TEXTS,
        numerator="-",
        denominator="-",
        factor=1000,
        annualised=True,
        data_sets={"s": [DATA_SETS[0]]},
        disaggregations=BY_AGE,
    ),
    "COVERAGE": Indicator(**TEXTS, numerator="-", denominator="-", data_sets=BOTH),
    "LAST": Indicator(**TEXTS, numerator="-", denominator="-", over_time="last"),
    "MIXED": Indicator(**TEXTS, numerator="-", denominator="-", data_sets=BOTH),
    "COMPLETE": Indicator(**TEXTS, numerator="-", denominator="-"),
    "STOCKED": Indicator(
        **TEXTS,
        numerator="-",
        denominator="-",
        over_time="last",
        lowest_level=2,
        disaggregations=[Disaggregation(dimensions=["zone"], lowest_level=4)],
    ),
    "RANGE": Indicator(**TEXTS, numerator="-", denominator="-", data_sets=BOTH),
    "COHERENT": Indicator(**TEXTS, numerator="-", periods=["Monthly", "Quarterly"], data_sets=BOTH),
    "QUARTER": Indicator(**TEXTS, numerator="-", periods=["Quarterly", "Yearly"]),
    "HALF": Indicator(**TEXTS, numerator="-", denominator="-", **YEAR_ENDS),
    "UNSURE": Indicator(**TEXTS, numerator="-", denominator="-"),
    "LATE": Indicator(**TEXTS, numerator="-", denominator="-", annualised=True, data_sets=BOTH),
}
TERMS: list[tuple[str, str, str, str, str, str, float]] = [
    *(("COUNT", "", "numerator", "variable", "cases", age, 1.0) for age in AGES),
    *(("COUNT", age, "numerator", "variable", "cases", age, 1.0) for age in AGES),
    ("RATIO", "", "numerator", "variable", "deaths", "", 1.0),
    *(("RATIO", "", "denominator", "variable", "cases", age, 1.0) for age in AGES),
    *(("INCIDENCE", "", "numerator", "variable", "cases", age, 1.0) for age in AGES),
    *(("INCIDENCE", age, "numerator", "variable", "cases", age, 1.0) for age in AGES),
    *(("INCIDENCE", row, "denominator", "population", "people", "", 1.0) for row in ("", *AGES)),
    ("COVERAGE", "", "numerator", "variable", "seen", "", 1.0),
    ("COVERAGE", "", "denominator", "population", "women", "", 0.5),
    ("COVERAGE", "", "denominator", "population", "people", "", 1.0),
    ("LAST", "", "numerator", "variable", "seen", "", 1.0),
    ("LAST", "", "denominator", "variable", "active", "", 1.0),
    ("LAST", "", "denominator", "variable", "deaths", "", 1.0),  # a sum, but the indicator takes the last
    ("MIXED", "", "numerator", "variable", "active", "", 1.0),
    ("MIXED", "", "numerator", "variable", "deaths", "", 2.5),
    ("MIXED", "", "numerator", "variable", "seen", "", -1.0),
    ("MIXED", "", "denominator", "variable", "stock", "", 1.0),
    ("MIXED", "", "denominator", "population", "women", "", 1.0),
    *(("STOCKED", "", "numerator", "variable", "empty", kind, 1.0) for kind in KINDS),
    *(("STOCKED", "", "denominator", "variable", "keeping", kind, 1.0) for kind in KINDS),
    *(("STOCKED", "zone=crisis", "numerator", "variable", "empty", f"{k}|zone=crisis", 1.0) for k in KINDS),
    *(
        ("STOCKED", "zone=elsewhere", "numerator", "variable", "empty", f"{k}|zone=elsewhere", 1.0)
        for k in KINDS
    ),
    ("RANGE", "", "numerator", "variable", "two_kinds", "", 1.0),
    ("RANGE", "", "numerator", "variable", "a_and_b", "", 10.0),
    ("RANGE", "", "denominator", "variable", "days", "", 1.0),
    ("RANGE", "", "denominator", "variable", "seen_where_stored", "", 0.5),
    ("COHERENT", "", "numerator", "variable", "coherent", "", 1.0),
    ("COHERENT", "", "numerator", "variable", "districts", "", 100.0),
    ("QUARTER", "", "numerator", "variable", "in_quarter", "", 1.0),
    ("HALF", "", "numerator", "variable", "seen", "", 1.0),
    ("HALF", "", "denominator", "population", "people", "", 1.0),
    ("UNSURE", "", "numerator", "insufficient", "cases", AGES[1], 1.0),
    ("UNSURE", "", "numerator", "variable", "seen", "", 1.0),
    ("UNSURE", "", "denominator", "variable", "deaths", "", 1.0),
    ("LATE", "", "numerator", "variable", "late", "", 1.0),
    ("LATE", "", "numerator", "variable", "not_late", "", 1.0),
    ("LATE", "", "denominator", "population", "people", "", 1.0),
    *(
        ("COMPLETE", "", part, "variable", name, f"data_set={data_set}", 1.0)
        for part, name in (("numerator", "reports_received"), ("denominator", "reports_expected"))
        for data_set in DATA_SETS
    ),
]


def memberships(units: list[int]) -> st.SearchStrategy[dict[str, list[tuple[int, int, int]]]]:
    """Members of the two groups, or nobody knows them; dated or not."""
    spans = st.sampled_from([(0, 999912), (YEAR * 100 + 2, YEAR * 100 + 5), (YEAR * 100 + 7, 999912)])
    member = st.tuples(st.sampled_from(units), spans).map(lambda pair: (pair[0], *pair[1]))
    return st.dictionaries(st.sampled_from(["FIRST", "CRISIS"]), st.lists(member, max_size=4), max_size=2)


def moves(units: list[Unit]) -> st.SearchStrategy[list[tuple[int, int, int, int]]]:
    """Org units that hung elsewhere, under another one of the level above, in some months of the year."""
    elsewhere = [
        (unit.key, parent.key)
        for unit in units
        for parent in units
        if parent.level == unit.level - 1 and parent.key != unit.parent
    ]
    months = st.sampled_from([(0, 1), (0, 4), (2, 6), (5, 6), (0, 12), (3, 12)])
    if not elsewhere:
        return st.just([])
    once = st.lists(
        st.tuples(st.sampled_from(elsewhere), months), max_size=3, unique_by=lambda move: move[0][0]
    )
    return once.map(
        lambda found: [
            (*move, YEAR * 100 + first if first else 0, YEAR * 100 + last) for move, (first, last) in found
        ]
    )


@st.composite
def worlds(draw: Callable[..., Any]) -> World:
    """Trees of four levels with keys in no order, gaps of every kind, and closed units."""
    shape = draw(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=2), min_size=1, max_size=3))
    number = 1 + len(shape) + sum(map(len, shape)) + sum(map(sum, shape))
    keys = iter(draw(st.permutations(range(1, number + 1))))
    country = Unit(next(keys), -1, 1)
    units = [country]
    edges = [date(YEAR, 3, 1), date(YEAR, 2, 29), date(YEAR, 6, 30), date(YEAR, 7, 1), date(YEAR - 1, 12, 31)]
    days = st.none() | st.sampled_from(edges) | st.dates(date(YEAR - 1, 11, 1), date(YEAR + 1, 2, 1))
    for districts in shape:
        region = Unit(next(keys), country.key, 2)
        units.append(region)
        for facilities in districts:
            district = Unit(next(keys), region.key, 3)
            units.append(district)
            units += [Unit(next(keys), district.key, 4, draw(days), draw(days)) for _ in range(facilities)]
    holders = [unit.key for unit in units if unit.level >= draw(st.sampled_from([3, 4]))] or [country.key]
    # A few busy months and org units, so that several values of one facility meet.
    calendar = st.integers(1, 12).map(lambda month: YEAR * 100 + month)
    busy = draw(st.lists(calendar, min_size=2, max_size=3, unique=True))
    active = draw(st.lists(st.sampled_from(holders), min_size=1, max_size=2, unique=True))
    months = st.sampled_from(busy)
    places = st.tuples(st.sampled_from(active) | st.sampled_from(holders), months)
    numbers = st.integers(0, 3).map(float) | st.integers(0, 50).map(float) | st.just(0.1)
    sums = draw(st.dictionaries(st.tuples(st.sampled_from(CELLS), places), numbers, max_size=10))
    grid = [(cell, (unit, month)) for cell in CELLS for unit in active for month in busy]
    values = draw(st.lists(st.none() | numbers, min_size=len(grid), max_size=len(grid)))
    sums |= {place: value for place, value in zip(grid, values, strict=True) if value is not None}
    reports = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(DATA_SETS), places),
            st.sampled_from([(1, 0), (1, 1), (0, 0), (0, 1)]),
            max_size=15,
        )
    )
    everyone = [unit.key for unit in units]
    people = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(["people", "women"]), st.sampled_from(everyone)),
            st.sampled_from([0.0, 1000.0, 1234.5]),
            max_size=12,
        )
    )
    levels = {unit.key: unit.level for unit in units}
    for measure in ("people", "women"):
        lowest = max((levels[unit] for name, unit in people if name == measure), default=0)
        people = {key: each for key, each in people.items() if key[0] != measure or levels[key[1]] == lowest}
    return World(
        year=YEAR,
        ended_through=draw(st.dates(date(YEAR - 1, 12, 1), date(YEAR + 1, 1, 31))),
        units=units,
        sums={(*cell, *place): number for (cell, place), number in sums.items()},
        reports={(data_set, *place): counts for (data_set, place), counts in reports.items()},
        people=people,
        terms=TERMS,
        indicators=INDICATORS,
        variables=VARIABLES,
        population_org_units=draw(st.none() | st.sets(st.sampled_from(everyone))),
        cells=CELLS,
        groups=draw(memberships(everyone)),
        earlier=draw(moves(units)),
    )


def tree_of(world: World) -> pd.DataFrame:
    """Today's tree."""
    return frames.TREE.frame(
        (u.key, u.parent, u.level, f"u{u.key}", f"u{u.key}", u.opening or pd.NaT, u.closed or pd.NaT)
        for u in world.units
    )


def groups_of(world: World) -> dict[str, list[Member]]:
    """Who is in a group, and when."""
    return {name: [Member(*one) for one in members] for name, members in world.groups.items()}


def fast(world: World) -> pd.DataFrame:
    """The same world through the frames."""
    return compute_year(
        year=world.year,
        ended_through=world.ended_through,
        tree=tree_of(world),
        mapped=frames.MAPPED_SUMS.frame(
            [(*key, number) for key, number in world.sums.items()]
            + [
                ("cases", AGES[0], world.units[0].key, YEAR * 100, 7e6),
                ("seen", "", 999, YEAR * 100 + 1, 7e6),
            ]
        ),
        reports=frames.REPORTS.frame([(*key, *counts, 0) for key, counts in world.reports.items()]),
        populations=frames.POPULATIONS.frame(
            [(measure, unit, YEAR, number, "s") for (measure, unit), number in world.people.items()]
            + [("people", unit.key, YEAR - 1, 9e9, "s") for unit in world.units]
        ),
        terms=frames.TERMS.frame(world.terms),
        indicators=world.indicators,
        source=world.source,
        variables=world.variables,
        population_org_units=world.population_org_units,
        states=resolved(world),
        groups=groups_of(world),
        earlier=frames.EARLIER_PARENTS.frame(world.earlier) if world.earlier else None,
    )


def resolved(world: World) -> dict[str, ResolvedState]:
    """The states, spelled out against every cell there may be."""
    present: dict[str, list[str] | None] = {}
    for name, text in world.cells:
        known = present.setdefault(name, [])
        if known is not None:
            known.append(text)
    mappings = Mappings(folder=Path(), digest="", sources={}, variables=world.variables)
    return resolve_states(mappings, present)


@settings(
    max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(worlds())
def test_agrees_with_the_slow_calculator(world: World) -> None:
    slow = slow_calculator.compute(world)
    found = {
        (row[0], row[1], row[2], row[3]): (row[4], row[5], row[6], row[7], row[8])
        for row in fast(world).itertuples(index=False, name=None)
    }
    assert found.keys() == slow.keys()
    for key, expected in slow.items():
        for one, other in zip(found[key], expected, strict=True):
            if isinstance(other, str):
                assert one == other, key
            else:
                wanted = np.nan if other is None else other
                assert one == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True), key


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_no_byte(world: World, random: Any) -> None:
    before = fast(world)
    random.shuffle(world.units)
    for name in ("sums", "reports", "people"):
        items = list(getattr(world, name).items())
        random.shuffle(items)
        setattr(world, name, dict(items))
    world.terms = random.sample(world.terms, len(world.terms))
    pd.testing.assert_frame_equal(before, fast(world), check_exact=True)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(worlds())
def test_only_where_a_move_is_looked_for_does_anything_differ(world: World) -> None:
    assume(world.earlier)
    then = fast(world)
    earlier, world.earlier = frames.EARLIER_PARENTS.frame(world.earlier), []
    found = differing([fast(world)], [then])
    tree = tree_of(world)
    groups = groups_of(world)
    periods = YearPeriods.of(YEAR, world.ended_through)
    moved = moved_in(earlier, YEAR)
    assert set(found["org_unit"]) <= touched(tree, moved) | regrouped(tree, moved, groups, periods)
