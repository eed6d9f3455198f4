"""What a full answer no longer has is closed only when a second look agrees, and never where it may be hidden."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
import pytest

from layidu.model.metadata import Metadata
from layidu.model.slices import SliceAccount
from tests.warehouse_world import DEFAULT, World, checked, load, night, uid
from warehouse import holds
from warehouse import load as loading
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata
from warehouse.scope import units_out_of_sight

WORLD = World(districts=2, facilities=3, elements=1, combos=2)
MARCH = "202603"
UNITS = [WORLD.facility(d, f) for d in (1, 2) for f in (1, 2, 3)]
COMBOS = [uid("Combo", n) for n in (1, 2)]
Cell = tuple[str, str, str, str, str]


def cell(unit: str, combo: str = COMBOS[0], attribute: str = DEFAULT) -> Cell:
    return (WORLD.element(1), MARCH, unit, combo, attribute)


FULL = {cell(unit, combo): f"{n}{m}" for n, unit in enumerate(UNITS) for m, combo in enumerate(COMBOS)}


@pytest.fixture
def known(warehouse: Warehouse) -> Warehouse:
    see(warehouse, WORLD.metadata())
    look(warehouse, FULL.items())
    return warehouse


def see(warehouse: Warehouse, metadata: Metadata) -> None:
    with night(warehouse) as run:
        load_metadata(warehouse, metadata, run)


def look(
    warehouse: Warehouse,
    values: Iterable[tuple[Cell, str | None]],
    *,
    pause: float = 0,
    hold_rows: int = 20,
    hold_share: float = 0.05,
) -> SliceAccount:
    """One full answer of March, by a night's rules."""
    with night(warehouse) as run:
        return loading.load_slice(
            warehouse,
            checked(WORLD, values, periods=(MARCH,)),
            run,
            owned_elements=WORLD.owned,
            hold_share=hold_share,
            hold_rows=hold_rows,
            second_look_seconds=pause,
        )


def live(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        row = connection.execute("SELECT count(*) FROM source.data_value").fetchone()
    assert row is not None
    return int(row[0])


def fewer(*gone: Cell) -> list[tuple[Cell, str | None]]:
    return [(one, value) for one, value in FULL.items() if one not in gone]


def test_a_first_look_closes_nothing_and_a_second_that_agrees_does(known: Warehouse) -> None:
    answer = fewer(cell(UNITS[0]))
    first = look(known, answer)
    assert (first.outcome, first.vanished, first.absent, live(known)) == ("loaded", 0, 1, 12)
    second = look(known, answer)
    assert (second.outcome, second.vanished, second.absent, live(known)) == ("loaded", 1, 0, 11)
    assert look(known, answer).written == 0


def test_a_look_that_comes_too_soon_confirms_nothing(known: Warehouse) -> None:
    answer = fewer(cell(UNITS[0]))
    for _ in range(2):
        account = look(known, answer, pause=60)
        assert (account.vanished, account.absent, live(known)) == (0, 1, 12)


def test_two_looks_that_disagree_close_only_what_both_lack(known: Warehouse) -> None:
    look(known, fewer(cell(UNITS[0]), cell(UNITS[1])))
    second = look(known, fewer(cell(UNITS[0]), cell(UNITS[2])))
    assert (second.vanished, second.absent, live(known)) == (1, 1, 11)


def test_what_came_back_must_be_missed_twice_again(known: Warehouse) -> None:
    look(known, fewer(cell(UNITS[0])))
    look(known, FULL.items())
    again = look(known, fewer(cell(UNITS[0])))
    assert (again.vanished, again.absent, live(known)) == (0, 1, 12)


def test_a_hold_is_about_cells_whatever_slice_shows_them_next(known: Warehouse) -> None:
    """The window moves on and slices are cut anew while a person thinks."""
    answer = fewer(*list(FULL)[:8])
    look(known, answer, hold_rows=5)
    held = look(known, answer, hold_rows=5)
    assert (held.outcome, live(known)) == ("held", 12)
    [waiting] = holds.open_holds(known)
    assert (waiting.kind, waiting.rows) == ("vanished", 8)
    holds.decide_hold(known, waiting.id, accept=True, reason="saisie annulée", who="la gestionnaire")
    wider = checked(WORLD, [(one, value) for one, value in answer], periods=("202602", MARCH))
    decided = load(known, wider, WORLD, hold_rows=5)
    assert (decided.outcome, decided.vanished, live(known)) == ("loaded", 8, 4)
    assert holds.one_hold(known, waiting.id).applied_run is not None


def test_a_question_goes_on_while_slices_are_cut_anew_and_is_asked_once(known: Warehouse) -> None:
    """A wider slice takes the question over; a narrower one, with few enough to close, closes none of them."""
    answer = fewer(*list(FULL)[:8])
    for _ in range(2):
        look(known, answer, hold_rows=5)
    [first] = holds.open_holds(known)
    wider = checked(WORLD, [(one, value) for one, value in answer], periods=("202602", MARCH))
    assert load(known, wider, WORLD, hold_rows=5).outcome == "held"
    [second] = holds.open_holds(known)
    assert (second.rows, second.id != first.id) == (8, True)
    assert f"n° {second.id}" in str(holds.one_hold(known, first.id).reason)
    again = look(known, answer, hold_rows=100)
    assert (again.outcome, again.vanished, live(known)) == ("held", 0, 12)
    [third] = holds.open_holds(known)
    holds.decide_hold(known, third.id, accept=True, reason="saisie annulée", who="la gestionnaire")
    assert look(known, answer, hold_rows=100).vanished == 8


def test_values_that_return_make_the_question_moot(known: Warehouse) -> None:
    answer = fewer(*list(FULL)[:8])
    for _ in range(2):
        look(known, answer, hold_rows=5)
    [waiting] = holds.open_holds(known)
    look(known, FULL.items(), hold_rows=5)
    assert holds.open_holds(known) == []
    assert holds.one_hold(known, waiting.id).decided_by == "layidu"


def without_unit(metadata: Metadata, unit: str) -> Metadata:
    """The same source without one org unit."""

    def kept(frame: pd.DataFrame, column: str) -> pd.DataFrame:
        return frame[frame[column] != unit].reset_index(drop=True)

    return replace(
        metadata,
        org_units=kept(metadata.org_units, "uid"),
        data_set_assignments=kept(metadata.data_set_assignments, "org_unit"),
    )


def test_a_unit_that_is_gone_and_found_nowhere_waits_for_a_person(known: Warehouse) -> None:
    see(known, without_unit(WORLD.metadata(), UNITS[0]))
    answer = fewer(*(cell(UNITS[0], combo) for combo in COMBOS))
    look(known, answer)
    held = look(known, answer)
    assert (held.outcome, held.vanished, live(known)) == ("held", 0, 12)
    [waiting] = holds.open_holds(known)
    assert waiting.kind == "scope"
    assert "CSCom 1.1" in waiting.summary
    holds.decide_hold(known, waiting.id, accept=True, reason="structure supprimée", who="la gestionnaire")
    assert (look(known, answer).vanished, live(known)) == (2, 10)


def test_a_unit_merged_into_another_is_closed_without_asking(known: Warehouse) -> None:
    see(known, without_unit(WORLD.metadata(), UNITS[0]))
    moved = {
        **{cell(UNITS[1], combo): FULL[cell(UNITS[0], combo)] for combo in COMBOS},
        **{one: value for one, value in FULL.items() if one[2] not in UNITS[:2]},
    }
    first = look(known, moved.items())
    assert (first.changed, first.absent) == (2, 2)
    second = look(known, moved.items())
    assert (second.outcome, second.vanished, live(known)) == ("loaded", 2, 10)


def test_an_attribute_option_combo_that_disappears_whole_is_a_right_not_a_deletion(
    warehouse: Warehouse,
) -> None:
    see(warehouse, WORLD.metadata())
    project = {cell(unit, attribute=COMBOS[1]): "5" for unit in UNITS[:2]}
    look(warehouse, [*FULL.items(), *project.items()])
    for _ in range(2):
        account = look(warehouse, FULL.items())
    assert (account.outcome, account.vanished, live(warehouse)) == ("held", 0, 14)
    [waiting] = holds.open_holds(warehouse)
    assert waiting.kind == "scope"


def test_a_unit_outside_the_slices_branch_never_vanishes(known: Warehouse) -> None:
    """The account's roots shrank to one district: nothing is known about the other."""
    for _ in range(2):
        with night(known) as run:
            account = loading.load_slice(
                known,
                checked(
                    WORLD,
                    fewer(*(one for one in FULL if one[2] in UNITS[3:])),
                    periods=(MARCH,),
                    org_unit=WORLD.district(1),
                ),
                run,
                owned_elements=WORLD.owned,
                hold_share=1,
                hold_rows=100,
                second_look_seconds=0,
            )
        assert (account.vanished, account.absent) == (0, 0)
    assert live(known) == 12


def test_units_under_no_root_any_more_are_a_right_that_shrank(known: Warehouse) -> None:
    """The account keeps one district; a facility deleted below it is a deletion, the other district is not."""
    whole = WORLD.metadata()
    kept = whole.org_units["path"].str.contains(WORLD.district(1)) & (whole.org_units["uid"] != UNITS[0])
    narrowed = replace(
        whole,
        user_org_units=(WORLD.district(1),),
        org_units=whole.org_units[kept].reset_index(drop=True),
        data_set_assignments=whole.data_set_assignments[
            whole.data_set_assignments["org_unit"].isin(UNITS[1:3])
        ].reset_index(drop=True),
    )
    with night(known) as run:
        load_metadata(known, narrowed, run)
        lost = units_out_of_sight(known, WORLD.source, narrowed.user_org_units, run.run_id)
    assert lost == ["CSCom 2.1", "CSCom 2.2", "CSCom 2.3", "District 2", "Mali"]
    with night(known) as run:
        load_metadata(known, narrowed, run)
        assert units_out_of_sight(known, WORLD.source, narrowed.user_org_units, run.run_id) == []
