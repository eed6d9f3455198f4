"""A data set that the source no longer shows stops itself and what is computed from it, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.night import Night, Outcome
from flows.rereading import reconcile
from flows.steps import compute, pull
from layidu.errors import HeldError
from layidu.mapping.contracts import SourceDataSet
from tests.copied_hamlet import SETS, Copied, copied, with_source
from warehouse.connect import Warehouse
from warehouse.holds import decide_hold, open_holds

SRPF, PALU, POP = SETS


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path) as found:
        assert night(found)[0].exit_code == 1
        yield found


def night(copy: Copied, *, everything: bool = False) -> tuple[Outcome, set[str]]:
    """Pull, compute what changed or all of it, and which indicators wait."""

    def work(night: Night, outcome: Outcome) -> None:
        sources = pull(night, outcome)
        compute(night, sources, outcome, everything=everything)

    outcome = copy.run("nightly", work)
    return outcome, {code for one in outcome.waits.values() for code, _ in one.reasons}


def results(copy: Copied) -> list[tuple[object, ...]]:
    with copy.warehouse.connect() as connection:
        return connection.execute(
            "SELECT code, periode, uid, desagregation, valeur, statut FROM mart.indicateurs ORDER BY 1, 2, 3, 4"
        ).fetchall()


class Admin:
    """What an administrator does to the data set of malaria, and takes back."""

    def __init__(self, copy: Copied, way: str) -> None:
        self.metadata = copy.server.site.api.metadata
        self.item: dict[str, Any] = dict(self.metadata.get("dataSets", PALU) or {})
        self.way = way

    def hide(self) -> None:
        """Nobody but the administrator sees it any more."""
        if self.way == "deleted":
            self.metadata.delete("dataSets", PALU)
        else:
            self.metadata.save({"dataSets": [{**self.item, "sharing": {"public": "--------", "users": {}}}]})

    def give_back(self) -> None:
        """As it was."""
        self.metadata.save({"dataSets": [self.item]})


@pytest.mark.parametrize("way", ["deleted", "no longer shared"])
def test_the_others_flow_and_what_depends_on_it_waits_for_a_person(hamlet: Copied, way: str) -> None:
    before, shown = hamlet.copy(), results(hamlet)
    assert any(str(row[0]).startswith("PAL-") for row in shown)
    admin = Admin(hamlet, way)
    admin.hide()
    outcome, waits = night(hamlet, everything=True)
    assert outcome.exit_code == 4
    [error] = outcome.errors
    assert isinstance(error, HeldError)
    assert PALU in error.where
    assert all((error.found, error.expected, error.todo))
    assert {account.slice.data_set for account in outcome.accounts} == {SRPF, POP}
    assert {account.outcome for account in outcome.accounts} <= {"loaded", "empty"}
    assert (hamlet.copy(), results(hamlet)) == (before, shown)
    [hold] = open_holds(hamlet.warehouse)
    assert (hold.kind, hold.subject) == ("scope", f"sandbox/{PALU}")
    assert "PAL-TPR" in waits
    assert "SM-CPN1" not in waits
    assert night(hamlet)[0].exit_code == 4
    assert len(open_holds(hamlet.warehouse)) == 1, "the same question is asked once"

    admin.give_back()
    back, waits = night(hamlet)
    assert (back.exit_code, back.errors, waits) == (0, [], set())
    assert open_holds(hamlet.warehouse) == []
    hamlet.assert_exact()


def test_a_person_may_say_that_it_is_no_longer_copied(hamlet: Copied) -> None:
    before = hamlet.copy()
    Admin(hamlet, "deleted").hide()
    night(hamlet)
    [hold] = open_holds(hamlet.warehouse)
    decide_hold(hamlet.warehouse, hold.id, accept=True, reason="remplacé", who="essai")
    outcome, waits = night(hamlet)
    assert (outcome.exit_code, outcome.errors, waits) == (0, [], set())
    assert any("comme une personne l'a décidé" in line for line in hamlet.said)
    assert hamlet.copy() == before


def test_a_reconciliation_leaves_it_alone_too(hamlet: Copied) -> None:
    before = hamlet.copy()
    Admin(hamlet, "deleted").hide()
    outcome = hamlet.run("reconcile", reconcile)
    assert (outcome.exit_code, outcome.drift) == (4, 0)
    assert hamlet.copy() == before
    assert hamlet.history() == []


def test_one_that_was_never_seen_is_a_declaration_to_correct_and_the_others_flow(hamlet: Copied) -> None:
    declared = hamlet.mappings.sources["sandbox"].data_sets
    with_source(hamlet, data_sets=[*declared, SourceDataSet(uid="AbCdEfGhIj1")])
    outcome, waits = night(hamlet)
    assert outcome.exit_code == 3
    assert ["AbCdEfGhIj1" in error.where for error in outcome.errors] == [True]
    assert {account.slice.data_set for account in outcome.accounts} == set(SETS)
    assert open_holds(hamlet.warehouse) == []
    assert waits == set()
    hamlet.assert_exact()
