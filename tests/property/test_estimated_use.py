"""Estimated Modern Use: the fast calculator and the slow one agree on worlds of several years and random tables."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layidu.compute.estimated_use import EstimatedUsers, estimated_users, years_needed
from layidu.compute.indicators import compute_year
from layidu.compute.unanswerable import missing_rows
from layidu.mapping.contracts import (
    Band,
    Dimension,
    Disaggregation,
    Indicator,
    Mappings,
    Measure,
    Method,
    Methods,
    Populations,
    Variable,
    Weights,
)
from layidu.mapping.estimating import EstimatedUse, MethodUse
from layidu.mapping.terms import USERS, expand_terms, missing_series
from layidu.model import frames
from tests.property import slow_estimate
from tests.property.slow_calculator import Unit, World
from tests.property.slow_estimate import Giving

YEARS = (2021, 2022, 2023, 2024)
DATA_SET, CODE = "dataSet0001", "ESTIMATE"
METHODS = ("a", "b", "c")
TEXTS: dict[str, Any] = dict.fromkeys(
    ("name", "short_name", "definition", "unit", "theme", "owner", "source"), "x"
)
INDICATOR = Indicator(
    **TEXTS,
    numerator="#{units}",
    denominator="#{women}",
    numerator_weights=Weights(dimension="kind", table="use"),
    factor=100,
    annualised=False,
    periods=["Yearly"],
    ended_only=True,
    lowest_level=4,
    disaggregations=[Disaggregation(dimensions=["kind"])],
    data_sets={"s": [DATA_SET]},
)
CELLS = frames.VARIABLE_CELLS.frame(
    [("units", "s", f"element000{n}", "combo", f"kind={name}", 0, 999912) for n, name in enumerate(METHODS)]
)


def shares() -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


def sectors() -> st.SearchStrategy[dict[str, float | None]]:
    """Shares of two sectors, sometimes not all known."""
    return st.fixed_dictionaries({"public": shares(), "ngo": st.sampled_from([0.0, 0.2, 0.3, None])})


@st.composite
def methods(draw: Callable[..., Any]) -> Method:
    """A short or long method with a random table, or none."""
    supply = draw(st.sampled_from([None, "one", "two"]))
    gone = draw(st.integers(0, 9)) == 0
    if draw(st.booleans()):
        use = MethodUse(
            duration="short", users_per_unit=None if gone else draw(shares()) + 0.05, supply=supply
        )
    else:
        table = sorted(draw(st.lists(shares(), min_size=1, max_size=6)), reverse=True)
        scale = draw(st.sampled_from([0.0, 0.5, 1.0]))
        use = MethodUse(duration="long", continuation=None if gone else table, scale=scale, supply=supply)
    return Method(name="x", unit="x", cyp={}, source="x", use=use)


def declared(draw: Callable[..., Any]) -> EstimatedUse:
    """The rest of the tables."""
    surveys = st.dictionaries(
        st.sampled_from(["2020", "2022", "2023", "2026"]), sectors(), min_size=1, max_size=3
    )
    return EstimatedUse(
        statistic=draw(st.sampled_from(["clients", "clients", "visits", "users"])),
        minimum_reporting=draw(st.sampled_from([0.0, 0.5, 0.6])),
        presence={"public": 1.0, "ngo": draw(st.sampled_from([0.0, 0.5, 1.0, None]))},
        supply={"one": draw(surveys), "two": draw(surveys)},
        excluded=draw(st.sampled_from([[], [], ["c"]])),
        source="x",
    )


@st.composite
def cases(draw: Callable[..., Any]) -> tuple[World, Giving]:
    """A country of three levels under it, some units in some months of four years, and tables."""
    keys = iter(draw(st.permutations(range(1, 10))))
    country = Unit(next(keys), -1, 1)
    region = Unit(next(keys), country.key, 2)
    districts = [Unit(next(keys), region.key, 3) for _ in range(2)]
    facilities = [Unit(next(keys), districts[n % 2].key, 4) for n in range(draw(st.integers(1, 4)))]
    units = [country, region, *districts, *facilities]
    places = [unit.key for unit in (*facilities, districts[0])]
    year = draw(st.sampled_from(YEARS))
    months = st.sampled_from([one * 100 + month for one in YEARS for month in (1, 2, 7, 12)])
    given_out = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(METHODS), st.sampled_from(places), months),
            st.integers(0, 60).map(float),
            max_size=40,
        )
    )
    reports = draw(
        st.dictionaries(
            st.tuples(
                st.just(DATA_SET), st.sampled_from(places), st.sampled_from([year * 100 + 2, year * 100 + 7])
            ),
            st.sampled_from([(1, 0), (1, 1), (1, 1)]),
        )
    )
    people = draw(
        st.dictionaries(
            st.tuples(st.just("women"), st.sampled_from([unit.key for unit in facilities])),
            st.sampled_from([0.0, 1000.0, 1234.5]),
        )
    )
    world = World(
        year=year,
        ended_through=draw(st.sampled_from([date(year, 12, 31), date(year, 12, 31), date(year, 11, 30)])),
        units=units,
        sums={
            ("units", f"kind={method}", unit, month): number
            for (method, unit, month), number in given_out.items()
            if month // 100 == year
        },
        reports=reports,
        people=people,
        terms=[
            (CODE, row, "denominator", "population", "women", "", 1.0)
            for row in ("", *(f"kind={name}" for name in METHODS))
        ],
        indicators={CODE: INDICATOR},
        earlier=draw(moves(districts, facilities, year)),
    )
    giving = Giving(
        given_out,
        {name: draw(methods()) for name in METHODS},
        declared(draw),
        draw(st.sampled_from([2021, 2021, 2022, 2023])),
    )
    return world, giving


def moves(
    districts: list[Unit], facilities: list[Unit], year: int
) -> st.SearchStrategy[list[tuple[int, int, int, int]]]:
    """Perhaps a facility that hung under the other district until a month of the year, or in the years before."""
    moved, until = st.sampled_from(facilities), st.sampled_from([(year - 1) * 100 + 12, year * 100 + 6])
    return st.just([]) | st.tuples(moved, until).map(
        lambda one: [(one[0].key, *(d.key for d in districts if d.key != one[0].parent), 0, one[1])]
    )


def mappings_of(giving: Giving) -> Mappings:
    """The declarations of a case."""
    measure = Measure(name="x", series=[], source="x")
    bands = {name: Band(name="x") for name in METHODS}
    return Mappings(
        folder=Path(),
        digest="",
        sources={},
        dimensions={"kind": Dimension(name="x", bands=bands)},
        variables={"units": Variable(name="x", unit="x", dimensions=["kind"], cells={})},
        methods=Methods(default_factor_set="x", methods=giving.methods, estimated_use=giving.declared),
        populations=Populations(series={}, measures={"women": measure}),
        indicators={CODE: INDICATOR},
    )


def users(mappings: Mappings, giving: Giving, terms: pd.DataFrame, year: int) -> EstimatedUsers | None:
    """What flows/estimating.py reads from the warehouse."""
    of_users = terms[terms["kind"] == USERS].reset_index(drop=True)
    if of_users.empty or mappings.methods is None:
        return None
    needed = years_needed(mappings.methods, of_users, "kind", giving.first_year, year)
    by_year: dict[tuple[str, str, int, int], float] = {}
    for (method, unit, month), number in giving.units.items():
        if month // 100 in needed:
            key = ("units", f"kind={method}", unit, month // 100 * 100)
            by_year[key] = by_year.get(key, 0.0) + number
    earlier = frames.MAPPED_SUMS.frame([(*key, number) for key, number in by_year.items()])
    return estimated_users(mappings.methods, of_users, "kind", earlier, giving.first_year, year)


def fast(world: World, giving: Giving) -> pd.DataFrame:
    """The same world through the frames."""
    mappings = mappings_of(giving)
    tree = frames.TREE.frame(
        [(u.key, u.parent, u.level, f"u{u.key}", f"u{u.key}", pd.NaT, pd.NaT) for u in world.units]
    )
    terms = expand_terms(mappings, CELLS)
    computed = compute_year(
        year=world.year,
        ended_through=world.ended_through,
        tree=tree,
        mapped=frames.MAPPED_SUMS.frame([(*key, number) for key, number in world.sums.items()]),
        reports=frames.REPORTS.frame([(*key, *counts, 0) for key, counts in world.reports.items()]),
        populations=frames.POPULATIONS.frame(
            [(measure, unit, world.year, number, "s") for (measure, unit), number in world.people.items()]
        ),
        terms=terms,
        indicators=world.indicators,
        source=world.source,
        users=users(mappings, giving, terms, world.year),
        earlier=frames.EARLIER_PARENTS.frame(world.earlier) if world.earlier else None,
    )
    missing = missing_rows(missing_series(mappings, CELLS), tree, world.year, world.ended_through)
    return pd.concat([computed, missing], ignore_index=True)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(cases())
def test_agrees_with_the_slow_calculator(case: tuple[World, Giving]) -> None:
    slow = slow_estimate.compute(*case, CODE)
    found = {tuple(row[:4]): row[4:] for row in fast(*case).itertuples(index=False, name=None)}
    assert found.keys() == slow.keys()
    for key, expected in slow.items():
        for one, other in zip(found[key], expected, strict=True):
            if isinstance(other, str):
                assert one == other, key
            else:
                wanted = np.nan if other is None else other
                assert one == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True), key
