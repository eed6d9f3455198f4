"""The write ledger through nights that go well, nights that are cut short, and a night that is taken back."""

from dataclasses import dataclass

import pandas as pd

from flows.undoing import as_before
from layidu.dhis2 import ledger, push, read_back
from layidu.dhis2.conflicts import meaning
from layidu.model.frames import PUBLISHED_ELEMENTS, TARGET_CELLS
from tests.warehouse_world import night
from warehouse import load_ledger, read_ledger
from warehouse.connect import Warehouse
from warehouse.lock import RunToken

SET, ELEMENT, OTHER, HERE, DEFAULT = "SetOfOurs01", "Element0001", "Element0002", "District001", "Default0001"
CELLS = dict[str, str]  # period -> value


def cells(values: CELLS, element: str = ELEMENT) -> pd.DataFrame:
    return TARGET_CELLS.frame(
        [(SET, element, period, HERE, DEFAULT, DEFAULT, value) for period, value in values.items()]
    )


def values(frame: pd.DataFrame, name: str = "value") -> dict[str, str]:
    found = frame.dropna(subset=name)
    return dict(zip(found["period"], found[name], strict=True))


@dataclass
class Target:
    """A server that stores what it is told, but for some periods it refuses."""

    warehouse: Warehouse
    held: CELLS
    refuses: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def server(self) -> pd.DataFrame:
        """What it holds."""
        return cells(self.held)

    def plan(self, desired: CELLS) -> tuple[ledger.Known, pd.DataFrame]:
        """What a night would do."""
        rows = load_ledger.read_ledger(self.warehouse, "cible", SET)
        known = ledger.known(rows, self.server())
        return known, ledger.set_aside(push.plan(cells(desired), known.ours, self.server()), rows)

    def publish(self, run: RunToken, desired: CELLS, *, killed: bool = False) -> pd.DataFrame:
        """One night; killed: it dies between sending and writing the outcome down. Returns the plan."""
        known, planned = self.plan(desired)
        todo = push.changes(planned)
        load_ledger.write_in_flight(self.warehouse, "cible", todo, run)
        states = []
        for row in todo.to_dict("records"):
            period = str(row["period"])
            refused, silent = period in self.refuses, period in self.silent
            states.append("rejected" if refused else "unknown" if silent else "sent")
            if refused or silent:
                continue
            if row["action"] == "withdraw":
                self.held.pop(period)
            else:
                self.held[period] = str(row["value"])
        code = {"rejected": "E7619", "unknown": "no-answer", "sent": None}
        said = todo.assign(state=states, code=[code[state] for state in states]).astype({"code": "str"})
        said["conflict_class"] = [
            meaning(c).conflict_class if isinstance(c, str) else None for c in said["code"]
        ]
        said["reason"] = said["code"]
        if not killed:
            proof = read_back.prove(todo, said.astype({"conflict_class": "str"}), self.server())
            changed = ledger.changed(planned, proof, run.run_id)
            together = pd.concat([known.landed, changed], ignore_index=True) if len(known.landed) else changed
            load_ledger.write_outcome(
                self.warehouse, "cible", SET, ledger.outcome(known, planned, proof), together, run
            )
        return planned

    def known(self) -> pd.DataFrame:
        """The ledger."""
        return load_ledger.read_ledger(self.warehouse, "cible", SET)


def actions(planned: pd.DataFrame) -> dict[str, str]:
    return dict(zip(planned["period"], planned["action"], strict=True))


def test_what_is_confirmed_is_ours_and_a_second_night_writes_nothing(warehouse: Warehouse) -> None:
    target = Target(warehouse, {})
    with night(warehouse) as run:
        target.publish(run, {"202601": "1", "202602": "2"})
    assert values(target.known()) == {"202601": "1", "202602": "2"}
    assert set(target.known()["state"]) == {"confirmed"}
    before = target.known()
    with night(warehouse) as run:
        assert set(actions(target.publish(run, {"202601": "1", "202602": "2"})).values()) == {"leave"}
    pd.testing.assert_frame_equal(target.known(), before)
    assert load_ledger.read_ledger(warehouse, "autre", SET).empty


def test_a_run_that_died_before_it_knew_left_its_cells_with_an_owner(warehouse: Warehouse) -> None:
    target = Target(warehouse, {})
    with night(warehouse) as first:
        target.publish(first, {"202601": "1", "202602": "2"})
    with night(warehouse) as dead:
        target.publish(dead, {"202601": "9"}, killed=True)
    assert target.held == {"202601": "9"}
    assert target.known()["in_flight"].tolist() == [True, True]
    with night(warehouse) as run:
        planned = target.publish(run, {"202601": "9"})
        assert push.changes(planned).empty
        assert not target.known()["in_flight"].any()
    assert values(target.known()) == {"202601": "9"}
    # What the dead run changed is on its own account, so that it can be taken back.
    [changed] = read_ledger.changes_of(warehouse, dead.run_id).values()
    assert values(changed, "before") == {"202601": "1", "202602": "2"}
    assert values(changed, "after") == {"202601": "9"}
    assert read_ledger.changes_of(warehouse, run.run_id) == {}


def test_a_person_s_change_is_listed_once_and_until_it_is_gone(warehouse: Warehouse) -> None:
    target = Target(warehouse, {})
    with night(warehouse) as run:
        target.publish(run, {"202601": "1"})
    target.held["202601"] = "77"
    with night(warehouse) as run:
        assert actions(target.publish(run, {"202601": "2"})) == {"202601": "foreign"}
        assert load_ledger.newly_refused(warehouse, "cible", SET, run) == 1
        [row] = read_ledger.open_cells(warehouse).to_dict("records")
        assert (row["code"], row["wanted"], row["found"], row["new"]) == (
            "changed-by-person",
            "2",
            "77",
            True,
        )
    with night(warehouse) as run:
        target.publish(run, {"202601": "3"})
        assert load_ledger.newly_refused(warehouse, "cible", SET, run) == 0
    assert target.held == {"202601": "77"}
    target.held["202601"] = "3"
    with night(warehouse) as run:
        target.publish(run, {"202601": "3"})
    assert read_ledger.open_cells(warehouse).empty
    assert values(target.known()) == {"202601": "3"}


def test_a_poisoned_cell_is_set_aside_after_three_nights_until_its_value_changes(
    warehouse: Warehouse,
) -> None:
    target = Target(warehouse, {}, refuses=("202602",))
    desired = {"202601": "1", "202602": "2"}
    for tries in (1, 2, 3):
        with night(warehouse) as run:
            assert actions(target.publish(run, desired))["202602"] == "write"
            assert load_ledger.newly_refused(warehouse, "cible", SET, run) == (1 if tries == 1 else 0)
        assert target.known()["tries"].tolist() == [0, tries]
    with night(warehouse) as run:
        assert actions(target.publish(run, desired))["202602"] == "blocked"
    [row] = read_ledger.open_cells(warehouse).to_dict("records")
    assert (row["state"], row["code"], row["tries"]) == ("blocked", "E7619", 3)
    assert not row["new"]
    _, planned = target.plan({"202601": "1", "202602": "5"})
    assert actions(planned)["202602"] == "write"
    target.refuses = ()
    with night(warehouse) as run:
        target.publish(run, {"202601": "1", "202602": "5"})
    assert read_ledger.open_cells(warehouse).empty
    assert target.known()["tries"].tolist() == [0, 0]


def test_a_refusal_that_falls_away_is_no_longer_listed(warehouse: Warehouse) -> None:
    target = Target(warehouse, {}, refuses=("202602",))
    with night(warehouse) as run:
        target.publish(run, {"202601": "1", "202602": "2"})
    assert len(read_ledger.open_cells(warehouse)) == 1
    with night(warehouse) as run:
        target.publish(run, {"202601": "1"})
    assert read_ledger.open_cells(warehouse).empty


def test_a_cell_of_unknown_fate_stays_in_flight_and_is_sent_again(warehouse: Warehouse) -> None:
    target = Target(warehouse, {}, silent=("202601",))
    with night(warehouse) as run:
        target.publish(run, {"202601": "1"})
        assert load_ledger.newly_refused(warehouse, "cible", SET, run) == 0
    assert target.known()["in_flight"].tolist() == [True]
    assert target.known()["state"].tolist() == ["unknown"]
    target.silent = ()
    with night(warehouse) as run:
        assert actions(target.publish(run, {"202601": "1"})) == {"202601": "write"}
    assert target.known()["state"].tolist() == ["confirmed"]


def test_taking_back_a_run_restores_what_stood_there_and_leaves_what_changed_since(
    warehouse: Warehouse,
) -> None:
    target = Target(warehouse, {})
    with night(warehouse) as run:
        target.publish(run, {"202601": "1", "202602": "2", "202603": "3"})
    with night(warehouse) as bad:
        target.publish(bad, {"202601": "10", "202603": "30", "202604": "40"})
    with night(warehouse) as run:
        target.publish(run, {"202601": "10", "202603": "31", "202604": "40"})
    [changed] = read_ledger.changes_of(warehouse, bad.run_id).values()
    ours = TARGET_CELLS.cast(target.known().dropna(subset="value"))
    desired, newer = as_before(ours, changed)
    assert values(desired) == {"202601": "1", "202602": "2", "202603": "31"}
    assert newer == 1
    with night(warehouse) as run:
        target.publish(run, values(desired))
    assert target.held == {"202601": "1", "202602": "2", "202603": "31"}


def test_what_our_elements_stand_for_is_in_the_mart(warehouse: Warehouse) -> None:
    target = Target(warehouse, {}, refuses=("202602",))
    elements = PUBLISHED_ELEMENTS.frame(
        [(ELEMENT, SET, "PALU", "PAL-TPR", "numerator", "PAL TPR, numérateur", "abc")]
    )
    with night(warehouse) as run:
        assert load_ledger.write_elements(warehouse, "cible", elements, run) == 1
        assert load_ledger.write_elements(warehouse, "cible", elements, run) == 0
        target.publish(run, {"202601": "1", "202602": "2"})
    with warehouse.connect("loader") as connection:
        found = connection.execute(
            "SELECT publication, code, partie, periode, valeur_publiee, etat, code_motif, valeur_voulue, formule"
            " FROM mart.publications ORDER BY periode"
        ).fetchall()
    assert found == [
        ("PALU", "PAL-TPR", "numérateur", "202601", "1", "publiée et relue", None, None, "abc"),
        ("PALU", "PAL-TPR", "numérateur", "202602", None, "rejetée", "E7619", "2", "abc"),
    ]


def test_a_server_is_pinned_once(warehouse: Warehouse) -> None:
    assert load_ledger.pinned_server(warehouse, "cible") is None
    with night(warehouse) as run:
        load_ledger.pin_server(warehouse, "cible", "https://dhis2.example (Root0000001)", run)
    assert load_ledger.pinned_server(warehouse, "cible") == "https://dhis2.example (Root0000001)"
