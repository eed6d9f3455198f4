"""What a failed or held slice stops: the publications computed from its data set, and nothing else."""

from dataclasses import replace

import pytest

from flows.night import AtHand, Outcome
from flows.waiting import changed_combos, waiting_data_sets
from flows.words import account_line
from layidu.model.frames import METADATA_EVENTS, VARIABLE_CELLS
from layidu.model.slices import Slice, SliceAccount
from tests.warehouse_world import World, uid
from warehouse.holds import Hold

WORLD = World()
OTHER = uid("Set", 2)
METADATA = replace(
    WORLD.metadata(),
    data_sets=WORLD.metadata()
    .data_sets.iloc[[0, 0]]
    .assign(uid=[WORLD.data_set, OTHER])
    .reset_index(drop=True),
)
CELLS = VARIABLE_CELLS.frame([("visits", WORLD.source, WORLD.element(1), uid("Combo", 1), "", 0, 999912)])


def at_hand(*events: tuple[object, ...]) -> AtHand:
    frame = METADATA_EVENTS.frame(events)
    return AtHand(WORLD.source, None, METADATA, frame, METADATA_EVENTS.frame(), CELLS)  # type: ignore[arg-type]


def account(outcome: str, data_set: str = WORLD.data_set, source: str = WORLD.source) -> SliceAccount:
    asked = Slice(source, data_set, ("202603",), WORLD.country)
    return SliceAccount(asked, 0, 0, 0, 0, 0, 0, 0, outcome=outcome)  # type: ignore[arg-type]


def hold(kind: str, subject: str) -> Hold:
    return Hold(1, kind, subject, "…", 1, 1, None, None, None, None, None)


@pytest.mark.parametrize("outcome", ["failed", "held", "stopped"])
def test_a_slice_that_was_not_copied_makes_its_own_data_set_wait(outcome: str) -> None:
    accounts = [account(outcome), account("loaded", OTHER), account(outcome, OTHER, "elsewhere")]
    assert waiting_data_sets(accounts, [], at_hand()) == {WORLD.data_set}


def test_what_was_copied_makes_nothing_wait() -> None:
    assert waiting_data_sets([account("loaded"), account("empty")], [], at_hand()) == frozenset()


@pytest.mark.parametrize(
    ("kind", "rest", "waiting"),
    [
        ("vanished", f"{OTHER}/202601-202603/{WORLD.country}/full", {OTHER}),
        ("scope", f"{OTHER}/202603/{WORLD.country}/full", {OTHER}),
        ("scope", OTHER, {OTHER}),
        ("scope", "org_units", {WORLD.data_set, OTHER}),
        ("mapping", WORLD.element(1), {WORLD.data_set}),
        ("first-push", "SRPF/abc", set()),
    ],
)
def test_what_a_person_has_yet_to_decide_makes_its_data_sets_wait(
    kind: str, rest: str, waiting: set[str]
) -> None:
    assert waiting_data_sets([], [hold(kind, f"{WORLD.source}/{rest}")], at_hand()) == waiting
    assert waiting_data_sets([], [hold(kind, f"elsewhere/{rest}")], at_hand()) == frozenset()


def test_a_new_disaggregation_under_a_mapping_is_told_and_no_other_change_is() -> None:
    one, two = WORLD.element(1), WORLD.element(2)
    events = (
        ("changed", "data_element", one, "Visites", "category_combo: A", "category_combo: B"),
        ("changed", "data_element", one, "Visites", "code: x", "code: y"),
        ("changed", "data_element", two, "Non déclaré", "category_combo: A", "category_combo: B"),
        ("renamed", "data_element", one, "Visites", "Avant", "category_combo: B"),
    )
    assert changed_combos(at_hand(*events)) == [(one, "Visites", "A", "B")]


def test_two_looks_that_disagree_are_no_success() -> None:
    outcome = Outcome(accounts=[account("loaded")])
    assert outcome.exit_code == 0
    outcome.accounts.append(replace(account("loaded"), absent=3))
    assert outcome.exit_code == 2
    assert "absentes d'une seule lecture 3" in account_line(outcome.accounts[-1])
