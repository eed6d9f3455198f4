"""The copy equals what DHIS2 answered: differences, history, refusals, holds, cursor, in one transaction a slice."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from layidu.errors import FailedSafeError, LockedError
from layidu.model import frames
from layidu.model.slices import Slice
from tests.warehouse_world import DEFAULT, NOW, World, checked, load, night, stopped, uid
from warehouse import holds, read
from warehouse.connect import Warehouse
from warehouse.load import load_registrations, load_slice, record_failed_slice
from warehouse.load_metadata import load_metadata

WORLD = World()
ONE, TWO = WORLD.element(1), WORLD.element(2)
MARCH, FEBRUARY = "202603", "202602"
HERE, THERE = WORLD.facility(1, 1), WORLD.facility(2, 1)
COMBO = uid("Combo", 1)


def cell(element: str = ONE, period: str = MARCH, unit: str = HERE, combo: str = COMBO) -> tuple[str, ...]:
    return (element, period, unit, combo, DEFAULT)


@pytest.fixture
def loaded(any_warehouse: Warehouse) -> Warehouse:
    """A warehouse that knows the world."""
    with night(any_warehouse) as run:
        load_metadata(any_warehouse, WORLD.metadata(), run)
    return any_warehouse


@pytest.fixture
def known(warehouse: Warehouse) -> Warehouse:
    """The same, on the embedded server alone."""
    with night(warehouse) as run:
        load_metadata(warehouse, WORLD.metadata(), run)
    return warehouse


def live(warehouse: Warehouse) -> dict[tuple[str, ...], str]:
    """The copy, by uids."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT e.uid, p.id, o.uid, c.uid, a.uid, v.value FROM source.data_value v"
            " JOIN source.data_element e ON e.key = v.data_element JOIN source.period p ON p.key = v.period"
            " JOIN source.org_unit o ON o.key = v.org_unit"
            " JOIN source.category_option_combo c ON c.key = v.category_option_combo"
            " JOIN source.category_option_combo a ON a.key = v.attribute_option_combo"
        ).fetchall()
    return {tuple(row[:5]): row[5] for row in rows}


def history(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Value and reason of every closed version, oldest first."""
    with warehouse.connect() as connection:
        return connection.execute(
            "SELECT value, reason FROM source.data_value_history ORDER BY version"
        ).fetchall()


def parts(account: object) -> dict[str, int]:
    """The counts that are not zero."""
    names = ("received", "new", "changed", "closed", "unchanged", "refused", "vanished", "newly_refused")
    return {name: getattr(account, name) for name in names if getattr(account, name)}


def test_new_changed_deleted_and_vanished_values_reach_copy_and_history(loaded: Warehouse) -> None:
    values = {cell(): "1", cell(unit=THERE): "2", cell(period=FEBRUARY): "3", cell(TWO): "4.5"}
    first = load(loaded, checked(WORLD, values.items()), WORLD)
    assert parts(first) == {"received": 4, "new": 4}
    assert first.changed_years == (2026,)
    assert live(loaded) == values

    later = {cell(): "10", cell(period=FEBRUARY): "3"}
    second = load(
        loaded,
        checked(WORLD, later.items(), deleted=[(cell(unit=THERE), "2")], stamp="2026-04-09T00:00:00"),
        WORLD,
    )
    assert parts(second) == {"received": 3, "changed": 1, "closed": 1, "unchanged": 1, "vanished": 1}
    assert live(loaded) == later
    assert sorted(history(loaded)) == [("1", "changed"), ("2", "deleted"), ("4.5", "vanished")]


def test_the_same_answer_again_writes_nothing(loaded: Warehouse) -> None:
    answer = checked(WORLD, [(cell(), "1"), (cell(TWO), "texte")], deleted=[(cell(unit=THERE), None)])
    load(loaded, answer, WORLD)

    def rows() -> list[tuple[object, ...]]:
        with loaded.connect() as connection:
            return [
                row
                for table in ("data_value", "data_value_history", "tombstone")
                for row in connection.execute(f"SELECT xmin::text, ctid::text, t::text FROM source.{table} t")  # noqa: S608
            ]

    before = rows()
    again = load(loaded, answer, WORLD)
    assert parts(again) == {"received": 3, "unchanged": 3}
    assert again.changed_years == ()
    assert rows() == before


def test_a_later_last_updated_alone_is_no_change(known: Warehouse) -> None:
    load(known, checked(WORLD, [(cell(), "1")]), WORLD)
    again = load(known, checked(WORLD, [(cell(), "1")], stamp="2026-04-08T00:00:00.000+0000"), WORLD)
    assert parts(again) == {"received": 1, "unchanged": 1}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("-1.5", -1.5),
        (".5", 0.5),
        ("1E2", 100.0),
        ("oui", None),
        ("1_0", None),
        ("nan", None),
        ("1e999", None),
    ],
)
def test_the_text_is_kept_beside_the_number(known: Warehouse, text: str, number: float | None) -> None:
    load(known, checked(WORLD, [(cell(), text)]), WORLD)
    with known.connect() as connection:
        assert connection.execute("SELECT value, number FROM source.data_value").fetchall() == [
            (text, number)
        ]


def test_a_tombstone_never_seen_alive_is_unchanged_and_remembered(known: Warehouse) -> None:
    account = load(known, checked(WORLD, [], deleted=[(cell(), "7")]), WORLD)
    assert parts(account) == {"received": 1, "unchanged": 1}
    assert read.tombstones(known)[["data_element", "org_unit", "value"]].to_numpy().tolist() == [
        [ONE, HERE, "7"]
    ]
    load(known, checked(WORLD, [(cell(), "8")]), WORLD)
    assert read.tombstones(known).empty


def test_an_increment_closes_nothing_it_does_not_name(known: Warehouse) -> None:
    load(known, checked(WORLD, [(cell(), "1"), (cell(TWO), "2")]), WORLD)
    account = load(known, checked(WORLD, [(cell(), "5")], mode="increment"), WORLD)
    assert parts(account) == {"received": 1, "changed": 1}
    assert live(known) == {cell(): "5", cell(TWO): "2"}


def test_a_full_answer_speaks_only_about_its_periods_branch_and_unit(known: Warehouse) -> None:
    values = {cell(): "1", cell(unit=THERE): "2", cell(period="202512"): "3"}
    load(known, checked(WORLD, values.items(), periods=("202512", FEBRUARY, MARCH)), WORLD)
    load(known, checked(WORLD, [], org_unit=WORLD.district(1), periods=(MARCH,)), WORLD)
    assert live(known) == {cell(unit=THERE): "2", cell(period="202512"): "3"}
    alone = checked(WORLD, [], org_unit=WORLD.district(2), periods=(MARCH,))
    pulled = replace(alone.pulled, slice=replace(alone.pulled.slice, children=False))
    load(known, replace(alone, pulled=pulled), WORLD)
    assert live(known) == {cell(unit=THERE): "2", cell(period="202512"): "3"}


def test_elements_of_another_data_set_are_left_to_it(known: Warehouse) -> None:
    load(known, checked(WORLD, [(cell(TWO), "2")]), WORLD)
    account = load(known, checked(WORLD, [(cell(), "1"), (cell(TWO), "9")]), WORLD, owned=frozenset({ONE}))
    assert parts(account) == {"received": 2, "new": 1, "unchanged": 1}
    assert live(known) == {cell(): "1", cell(TWO): "2"}


def test_what_the_user_no_longer_sees_does_not_vanish(known: Warehouse) -> None:
    load(known, checked(WORLD, [(cell(), "1"), (cell(unit=THERE), "2")]), WORLD)
    metadata = WORLD.metadata()
    fewer = replace(
        metadata,
        org_units=frames.ORG_UNITS.cast(metadata.org_units[metadata.org_units["uid"] != THERE]),
        category_option_combos=frames.CATEGORY_OPTION_COMBOS.cast(
            metadata.category_option_combos[metadata.category_option_combos["uid"] != COMBO]
        ),
    )
    with night(known) as run:
        load_metadata(known, fewer, run)
    assert parts(load(known, checked(WORLD, []), WORLD)) == {}
    assert len(live(known)) == 2


def test_a_refused_record_keeps_the_older_value_and_is_new_once(loaded: Warehouse) -> None:
    load(loaded, checked(WORLD, [(cell(), "1")]), WORLD)
    bad = checked(WORLD, [], refused=[(cell(), "1,5"), (("?", MARCH, HERE, "", DEFAULT), "3")])
    assert parts(load(loaded, bad, WORLD)) == {"received": 2, "refused": 2, "newly_refused": 2}
    assert parts(load(loaded, bad, WORLD)) == {"received": 2, "refused": 2}
    assert live(loaded) == {cell(): "1"}
    refusals = read.open_refusals(loaded)
    assert refusals["value"].tolist() == ["3", "1,5"]
    assert refusals["org_unit_name"].tolist() == ["CSCom 1.1", "CSCom 1.1"]
    assert not refusals["new"].any()


@pytest.mark.parametrize(
    ("answer", "resolution"),
    [
        (checked(WORLD, [(cell(), "2")], mode="increment"), "cured"),
        (checked(WORLD, [], deleted=[(cell(), None)], mode="increment"), "gone"),
        (checked(WORLD, []), "gone"),
        (checked(WORLD, [], refused=[(cell(), "-1")], code="negative"), "replaced"),
    ],
    ids=["accepted", "deleted", "absent", "another reason"],
)
def test_a_refusal_is_closed_when_its_cell_is(known: Warehouse, answer: object, resolution: str) -> None:
    load(known, checked(WORLD, [], refused=[(cell(), "1,5")]), WORLD)
    load(known, answer, WORLD)  # type: ignore[arg-type]
    with known.connect() as connection:
        rows = connection.execute(
            "SELECT resolution FROM run.refused_value WHERE resolved_run IS NOT NULL"
        ).fetchall()
    assert rows == [(resolution,)]


def test_a_refusal_outside_the_answer_stays_open(known: Warehouse) -> None:
    load(known, checked(WORLD, [], refused=[(cell(), "1,5")]), WORLD)
    load(known, checked(WORLD, [], mode="increment"), WORLD)
    load(known, checked(WORLD, [], org_unit=WORLD.district(2)), WORLD)
    load(known, checked(WORLD, [], periods=(FEBRUARY,)), WORLD)
    assert len(read.open_refusals(known)) == 1


def test_findings_are_open_issues_until_a_full_answer_has_none(known: Warehouse) -> None:
    found = frames.FINDINGS.frame(
        [
            (
                "stock-out-days",
                "warn",
                ONE,
                None,
                MARCH,
                HERE,
                COMBO,
                DEFAULT,
                "40",
                "Plus de jours que le mois.",
            )
        ]
    )
    load(known, checked(WORLD, [(cell(), "40")], findings=found), WORLD)
    assert read.open_issues(known)["code"].tolist() == ["stock-out-days"]
    load(known, checked(WORLD, [(cell(), "4")]), WORLD)
    assert read.open_issues(known).empty


def full_of(count: int) -> list[tuple[tuple[str, ...], str]]:
    units = [WORLD.facility(d, f) for d in (1, 2) for f in (1, 2, 3)]
    cells = [
        cell(element, period, unit)
        for element in (ONE, TWO)
        for period in (FEBRUARY, MARCH)
        for unit in units
    ]
    return [(one, str(number)) for number, one in enumerate(cells[:count])]


@pytest.mark.parametrize("accept", [True, False])
def test_much_vanishing_waits_for_a_person(loaded: Warehouse, accept: bool) -> None:  # noqa: FBT001
    load(loaded, checked(WORLD, full_of(24)), WORLD)
    fewer = checked(WORLD, [(full_of(1)[0][0], "999")])
    held = load(loaded, fewer, WORLD, hold_rows=5)
    assert held.outcome == "held"
    assert parts(held) == {"received": 1, "changed": 1}
    assert len(live(loaded)) == 24
    load(loaded, fewer, WORLD, hold_rows=5)
    [waiting] = holds.open_holds(loaded)
    assert (waiting.kind, waiting.rows) == ("vanished", 23)
    holds.decide_hold(loaded, waiting.id, accept=accept, reason="vérifié", who="le gestionnaire")
    decided = load(loaded, fewer, WORLD, hold_rows=5)
    assert decided.outcome == "loaded"
    assert (decided.vanished, len(live(loaded))) == ((23, 1) if accept else (0, 24))
    assert holds.open_holds(loaded) == []


def test_few_rows_or_a_small_share_vanish_without_asking(known: Warehouse) -> None:
    load(known, checked(WORLD, full_of(24)), WORLD)
    assert load(known, checked(WORLD, full_of(20)), WORLD, hold_rows=5).outcome == "loaded"
    assert load(known, checked(WORLD, full_of(10)), WORLD, hold_rows=5, hold_share=0.5).outcome == "loaded"


def test_a_stopped_slice_changes_nothing_and_moves_nothing(known: Warehouse) -> None:
    answer = stopped(checked(WORLD, [(cell(), "1")], refused=[(cell(TWO), "x")]), "Trop de valeurs refusées.")
    account = load(known, answer, WORLD)
    assert (account.outcome, account.message) == ("stopped", "Trop de valeurs refusées.")
    assert live(known) == {}
    assert read.cursors(known, WORLD.source) == {}
    assert len(read.open_refusals(known)) == 1


def test_nothing_is_written_when_an_identifier_is_unknown(known: Warehouse) -> None:
    with pytest.raises(FailedSafeError, match="métadonnées"):
        load(known, checked(WORLD, [(cell(), "1"), (cell(unit="Stranger001"), "2")]), WORLD)
    assert live(known) == {}
    assert read.cursors(known, WORLD.source) == {}


def test_a_run_that_lost_the_lock_writes_nothing(known: Warehouse) -> None:
    with night(known) as old:
        pass
    with night(known), pytest.raises(LockedError):
        load_slice(
            known,
            checked(WORLD, [(cell(), "1")]),
            old,
            owned_elements=WORLD.owned,
            hold_share=1,
            hold_rows=1,
        )
    assert live(known) == {}


def test_the_cursor_is_that_of_the_oldest_part_of_the_window(known: Warehouse) -> None:
    def clock(hours: int) -> datetime:
        return NOW + timedelta(hours=hours)

    load(known, checked(WORLD, [], periods=(FEBRUARY, MARCH), server_date=clock(0)), WORLD)
    assert read.cursors(known, WORLD.source) == {WORLD.data_set: "2026-04-08T02:00:00"}
    load(known, checked(WORLD, [], periods=(MARCH,), server_date=clock(24)), WORLD)
    assert read.cursors(known, WORLD.source) == {WORLD.data_set: "2026-04-08T02:00:00"}
    load(known, checked(WORLD, [], periods=(FEBRUARY,), mode="increment", server_date=clock(48)), WORLD)
    load(known, checked(WORLD, [], periods=(FEBRUARY, MARCH), mode="increment", server_date=clock(72)), WORLD)
    assert read.cursors(known, WORLD.source) == {WORLD.data_set: "2026-04-11T02:00:00"}
    load(known, checked(WORLD, [], periods=(MARCH,), server_date=clock(1)), WORLD)
    assert read.cursors(known, WORLD.source) == {WORLD.data_set: "2026-04-11T02:00:00"}


def test_known_rows_are_those_of_the_last_good_full_pull(known: Warehouse) -> None:
    load(known, checked(WORLD, full_of(24)), WORLD)
    load(known, checked(WORLD, full_of(24)[:22]), WORLD)
    load(known, checked(WORLD, full_of(3), mode="increment"), WORLD)
    name = Slice(WORLD.source, WORLD.data_set, (FEBRUARY, MARCH), WORLD.country).name
    assert read.known_rows(known, WORLD.source) == {name: 22}


def test_a_failed_slice_is_on_record_and_its_cursor_stays(known: Warehouse) -> None:
    asked = Slice(WORLD.source, WORLD.data_set, (MARCH,), WORLD.country)
    error = FailedSafeError("tranche", "504", "200", "relancer")
    with night(known) as run:
        account = record_failed_slice(known, asked, error, run)
    assert account.outcome == "failed"
    assert read.cursors(known, WORLD.source) == {}
    assert read.known_rows(known, WORLD.source) == {}


def test_registrations_are_compared_within_their_periods(loaded: Warehouse) -> None:
    def registered(*rows: tuple[str, str, bool]) -> object:
        day = datetime(2026, 4, 3)  # noqa: DTZ001
        return frames.REGISTRATIONS.frame((WORLD.data_set, p, u, DEFAULT, day, done) for p, u, done in rows)

    def run_with(frame: object, *periods: str) -> tuple[int, int, int, int, int]:
        with night(loaded) as run:
            counts = load_registrations(loaded, WORLD.source, WORLD.data_set, periods, frame, run)  # type: ignore[arg-type]
        return counts.new, counts.changed, counts.unchanged, counts.withdrawn, counts.unknown

    first = registered((MARCH, HERE, True), (FEBRUARY, THERE, True), (MARCH, "Stranger001", True))
    assert run_with(first, FEBRUARY, MARCH) == (2, 0, 0, 0, 1)
    assert run_with(first, FEBRUARY, MARCH) == (0, 0, 2, 0, 1)
    assert run_with(registered((MARCH, HERE, False)), MARCH) == (0, 1, 0, 0, 0)
    assert run_with(registered(), FEBRUARY, MARCH) == (0, 0, 0, 2, 0)
