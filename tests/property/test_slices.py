"""Every (period, org unit) a source declares lies in exactly one slice, however a source is cut."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layidu.dhis2.coverage import coverage_of
from layidu.dhis2.sizes import children_of, sizes_of
from layidu.dhis2.slices import MOST_PERIODS, clock_text, halve, periods_of, plan
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Source, SourceDataSet
from layidu.model.frames import (
    CATEGORY_OPTION_COMBOS,
    COMBO_OPTIONS,
    DATA_ELEMENTS,
    DATA_SET_ASSIGNMENTS,
    DATA_SET_ELEMENTS,
    DATA_SETS,
    ORG_UNITS,
)
from layidu.model.metadata import Metadata, ServerInfo
from layidu.model.slices import Slice

NOW = datetime(2026, 4, 8, 2)  # noqa: DTZ001 - the server's own zone
SET, COMBO = "LydSet00001", "LydCombo001"
PERIOD_TYPES = ["Monthly", "Yearly", "Weekly", "Quarterly", "FinancialOct"]
few = settings(max_examples=30, deadline=None)


def uid(number: int) -> str:
    return f"LydUnit{number:04d}"


@st.composite
def worlds(draw: st.DrawFn) -> Metadata:
    """A tree of up to twelve units, some of them assigned, and one or two roots of the account."""
    count = draw(st.integers(1, 12))
    parents = [draw(st.integers(0, number - 1)) if number else None for number in range(count)]
    paths: list[str] = []
    for number, parent in enumerate(parents):
        paths.append(f"{'' if parent is None else paths[parent]}/{uid(number)}")
    assigned = draw(st.sets(st.integers(0, count - 1)))
    elements = [f"LydElem{number:04d}" for number in range(draw(st.integers(1, 30)))]
    period_type = draw(st.sampled_from(PERIOD_TYPES))
    return Metadata(
        source="national",
        server=ServerInfo("https://x", "2.42.5.2", "iso8601", NOW, "Africa/Nairobi", 3.0, None),
        user_org_units=(uid(0),),
        org_units=ORG_UNITS.frame(
            (
                uid(number),
                None,
                uid(number),
                None,
                None if parent is None else uid(parent),
                paths[number],
                paths[number].count("/"),
                None,
                None,
                None,
                None,
            )
            for number, parent in enumerate(parents)
        ),
        data_elements=DATA_ELEMENTS.frame(),
        category_option_combos=CATEGORY_OPTION_COMBOS.frame([("LydOption01", None, "x", COMBO)]),
        combo_options=COMBO_OPTIONS.frame(),
        data_sets=DATA_SETS.frame(
            [(SET, None, "x", None, period_type, COMBO, None, None, draw(st.integers(0, 2)))]
        ),
        data_set_elements=DATA_SET_ELEMENTS.frame((SET, element, COMBO) for element in elements),
        data_set_assignments=DATA_SET_ASSIGNMENTS.frame((SET, uid(number)) for number in sorted(assigned)),
        option_values=pd.DataFrame({"option_set": [], "code": []}, dtype="str"),
    )


def source(since: str, slice_rows: int = 200_000, org_units: list[str] | None = None) -> Source:
    return Source(data_sets=[SourceDataSet(uid=SET)], since=since, slice_rows=slice_rows, org_units=org_units)


def covered(slices: list[Slice], metadata: Metadata) -> Counter[tuple[str, str]]:
    """How often each (period, org unit) is asked for."""
    units = dict(zip(metadata.org_units["uid"], metadata.org_units["path"], strict=True))
    return Counter(
        (period, unit)
        for one in slices
        for period in one.periods
        for unit, path in units.items()
        if unit == one.org_unit or (one.children and f"/{one.org_unit}/" in path)
    )


def everything(metadata: Metadata, since: str) -> Counter[tuple[str, str]]:
    periods = periods_of(metadata.data_sets.iloc[0].to_dict(), since, NOW)
    return Counter((period, unit) for period in periods for unit in metadata.org_units["uid"])


@few
@given(worlds(), st.integers(1, 400), st.sampled_from(["0", "3", "24", "202404"]))
def test_first_contact_asks_for_everything_once_and_for_little_at_a_time(
    metadata: Metadata, slice_rows: int, since: str
) -> None:
    slices = plan(metadata, source(since, slice_rows), known_rows={}, cursor={}, server_date=NOW)
    assert covered(slices, metadata) == everything(metadata, since)
    assert all(one.mode == "full" and len(one.periods) <= MOST_PERIODS for one in slices)
    assert len({one.name for one in slices}) == len(slices)
    cells = len(metadata.data_set_elements)
    assigned = set(metadata.data_set_assignments["org_unit"])
    parents = set(metadata.org_units["parent"].dropna())
    for one in slices:
        units = {unit for _, unit in covered([one], metadata)} & assigned
        rows = max(1, cells * len(units) * 0.5) * len(one.periods)
        assert rows <= slice_rows or (
            len(one.periods) == 1 and (not one.children or one.org_unit not in parents)
        )


YESTERDAY = clock_text(NOW - timedelta(days=1))


def loaded(slices: list[Slice], clock: str = YESTERDAY) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """The cursors after these slices."""
    return {
        SET: {
            (one.org_unit if one.children else f"{one.org_unit}!", period): clock
            for one in slices
            for period in one.periods
        }
    }


@few
@given(worlds(), st.integers(1, 400), st.integers(1, 6), st.data())
def test_the_next_night_asks_for_everything_once(
    metadata: Metadata, slice_rows: int, re_read: int, data: st.DataObject
) -> None:
    declared = source("24", slice_rows).model_copy(update={"re_read": re_read})
    first = plan(metadata, declared, known_rows={}, cursor={}, server_date=NOW)
    rows = {one.name: data.draw(st.integers(0, 500)) for one in first}
    slices = plan(metadata, declared, known_rows=rows, cursor=loaded(first), server_date=NOW)
    assert covered(slices, metadata) == everything(metadata, "24")
    periods = periods_of(metadata.data_sets.iloc[0].to_dict(), "24", NOW)
    in_full = {period for one in slices if one.mode == "full" for period in one.periods}
    assert in_full == set(periods[-re_read:])
    assert {one.last_updated for one in slices if one.mode == "increment"} <= {"2026-04-05T21:00:00"}


@few
@given(worlds(), st.integers(1, 400))
def test_a_window_that_grows_is_pulled_in_full_where_it_is_new(metadata: Metadata, slice_rows: int) -> None:
    first = plan(metadata, source("12", slice_rows), known_rows={}, cursor={}, server_date=NOW)
    rows = {one.name: 10 for one in first}
    slices = plan(metadata, source("24", slice_rows), known_rows=rows, cursor=loaded(first), server_date=NOW)
    assert covered(slices, metadata) == everything(metadata, "24")
    old = set(periods_of(metadata.data_sets.iloc[0].to_dict(), "12", NOW))
    new = [
        period for period in periods_of(metadata.data_sets.iloc[0].to_dict(), "24", NOW) if period not in old
    ]
    in_full = {period for one in slices if one.mode == "full" for period in one.periods}
    assert set(new) <= in_full


@few
@given(worlds(), st.integers(1, 3))
def test_halves_ask_for_the_same(metadata: Metadata, times: int) -> None:
    whole = plan(metadata, source("3"), known_rows={}, cursor={}, server_date=NOW)
    pieces = whole
    for _ in range(times):
        pieces = [half for one in pieces for half in halve(one, metadata) or [one]]
        assert all(half != one for one in pieces for half in halve(one, metadata))
    assert covered(pieces, metadata) == covered(whole, metadata)


@few
@given(worlds())
def test_a_cursor_of_the_future_is_not_believed(metadata: Metadata) -> None:
    first = plan(metadata, source("3"), known_rows={}, cursor={}, server_date=NOW)
    future = loaded(first, "2999-01-01T00:00:00.000000")
    slices = plan(metadata, source("3"), known_rows={}, cursor=future, server_date=NOW)
    assert {one.mode for one in slices} == {"full"}
    assert covered(slices, metadata) == everything(metadata, "3")


@few
@given(worlds(), st.integers(1, 400), st.data())
def test_an_interrupted_first_contact_goes_on_where_it_stopped(
    metadata: Metadata, slice_rows: int, data: st.DataObject
) -> None:
    """Whatever was loaded before the cut, the rest is asked for in full, and no part of it is forgotten."""
    declared = source("24", slice_rows).model_copy(update={"re_read": 1})
    first = plan(metadata, declared, known_rows={}, cursor={}, server_date=NOW)
    pieces = [half for one in first for half in (halve(one, metadata) or [one])]
    done = pieces[: data.draw(st.integers(0, len(pieces)))]
    slices = plan(metadata, declared, known_rows={}, cursor=loaded(done), server_date=NOW)
    before, again = covered(done, metadata), covered(slices, metadata)
    in_full = covered([one for one in slices if one.mode == "full"], metadata)
    newest = periods_of(metadata.data_sets.iloc[0].to_dict(), "24", NOW)[-1]
    for part in everything(metadata, "24"):
        if part not in before:
            assert in_full[part] == 1, part
        elif part[0] != newest and not in_full[part]:
            whole = all(before[part[0], unit] for unit in metadata.org_units["uid"])
            assert again[part] == (1 if whole else 0), part


@few
@given(worlds())
def test_a_unit_created_since_is_pulled_in_full(metadata: Metadata) -> None:
    """Its branches were slices of their own: no answer ever spoke of the new one."""
    root, new = uid(0), "LydNewUnit1"
    parts = [
        Slice("national", SET, ("202403",), root, children=False),
        *(
            Slice("national", SET, ("202403",), child)
            for child in metadata.org_units.loc[metadata.org_units["parent"] == root, "uid"]
        ),
    ]
    coverage = coverage_of(metadata, children_of(metadata.org_units), loaded(parts)[SET], clock_text(NOW))
    assert coverage.complete(root, "202403") == YESTERDAY
    children = children_of(metadata.org_units)
    grown = children | {root: (*children.get(root, ()), new)}
    coverage = coverage_of(metadata, grown, loaded(parts)[SET], clock_text(NOW))
    assert coverage.complete(root, "202403") is None
    assert list(coverage.gaps(root, "202403")) == [new]


@few
@given(worlds(), st.integers(2000, 400_000))
def test_what_was_too_large_is_asked_for_in_smaller_pieces(metadata: Metadata, most: int) -> None:
    [whole, *_] = plan(metadata, source("3"), known_rows={}, cursor={}, server_date=NOW)
    rows = {whole.name: most}
    sizes = sizes_of(
        metadata, SET, periods_of(metadata.data_sets.iloc[0].to_dict(), "3", NOW), rows, most_rows=200_000
    )
    halved = sizes_of(metadata, SET, sizes.periods, rows, most_rows=200_000, too_large=[whole.name])
    assert sizes.most_rows == 200_000
    assert halved.most_rows == min(200_000, most // 2)


@few
@given(worlds())
def test_the_rows_of_branches_are_remembered_together(world: Metadata) -> None:
    metadata = with_two_branches(world)
    names = {
        Slice("national", SET, ("202403",), uid(0), children=False).name: 1,
        Slice("national", SET, ("202403",), uid(1)).name: 10,
        Slice("national", SET, ("202403",), uid(2)).name: 100,
    }
    sizes = sizes_of(metadata, SET, ("202403",), names, most_rows=50)
    assert sizes.known(uid(0), "202403") == 111
    assert sizes.known(uid(0), "202402") is None


def with_two_branches(metadata: Metadata) -> Metadata:
    """The same data set over a root and two branches below it."""
    units = [(uid(0), None, f"/{uid(0)}"), *((uid(n), uid(0), f"/{uid(0)}/{uid(n)}") for n in (1, 2))]
    return replace(
        metadata,
        org_units=ORG_UNITS.frame(
            (one, None, one, None, parent, path, path.count("/"), None, None, None, None)
            for one, parent, path in units
        ),
    )


@few
@given(worlds(), st.data())
def test_declared_units_are_asked_for_once_even_one_inside_another(
    metadata: Metadata, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(list(metadata.org_units["uid"])), min_size=1, unique=True))
    slices = plan(metadata, source("0", org_units=chosen), known_rows={}, cursor={}, server_date=NOW)
    assert set(covered(slices, metadata).values()) == {1}
    paths = dict(zip(metadata.org_units["uid"], metadata.org_units["path"], strict=True))
    wanted = {unit for unit, path in paths.items() if set(path.split("/")) & set(chosen)}
    assert {unit for _, unit in covered(slices, metadata)} == wanted


@few
@given(worlds())
def test_a_unit_the_account_does_not_see_is_refused(metadata: Metadata) -> None:
    with pytest.raises(ConfigurationError, match="LydNowhere1"):
        plan(metadata, source("0", org_units=["LydNowhere1"]), known_rows={}, cursor={}, server_date=NOW)


def data_set(period_type: str, open_future_periods: int = 0) -> dict[str, object]:
    return {"name": "x", "period_type": period_type, "open_future_periods": open_future_periods}


@pytest.mark.parametrize(
    ("period_type", "since", "future", "first", "last", "count"),
    [
        ("Monthly", "24", 0, "202404", "202604", 25),
        ("Monthly", "202404", 0, "202404", "202604", 25),
        ("Monthly", "0", 0, "202604", "202604", 1),
        ("Monthly", "1", 2, "202603", "202606", 4),
        ("Yearly", "24", 0, "2024", "2026", 3),
        ("Yearly", "24", 1, "2024", "2027", 4),
        ("Quarterly", "3", 0, "2026Q1", "2026Q2", 2),
        ("Weekly", "1", 0, "2026W9", "2026W15", 7),
    ],
)
def test_periods_of_a_set(
    period_type: str, since: str, future: int, first: str, last: str, count: int
) -> None:
    found = periods_of(data_set(period_type, future), since, NOW)
    assert (found[0], found[-1], len(found)) == (first, last, count)


@pytest.mark.parametrize("since", ["", "two years", "2024", "202413", "-3", "٢٤"])
def test_since_must_be_months_or_a_month(since: str) -> None:
    with pytest.raises(ConfigurationError):
        periods_of(data_set("Monthly"), since, NOW)


def test_an_unknown_period_type_is_named() -> None:
    with pytest.raises(ConfigurationError, match="TwoYearly"):
        periods_of(data_set("TwoYearly"), "24", NOW)
