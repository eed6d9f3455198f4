"""An object that was merged into another is told by name, where its values show it; otherwise it is only gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.rereading import reconcile
from flows.steps import pull
from layidu.sandbox.org_units import unit_uid
from tests.copied_hamlet import Copied, copied, with_source
from warehouse.connect import Warehouse
from warehouse.merged import LEAST

BRIDGE, RIVER = unit_uid("HA-F2"), unit_uid("HA-F1")


def pull_all(night: Night, outcome: Outcome) -> None:
    pull(night, outcome)


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path, rules=False) as found:
        with_source(found, vanished_hold_rows=1000)
        assert found.run("pull", pull_all).errors == []
        yield found


def merges(copy: Copied) -> list[tuple[str, str, str]]:
    """Kind of object, and both uids, of every merge that was told."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT object_type, uid, substring(after from '\\((\\w{11})\\)$') FROM run.metadata_event"
            " WHERE kind = 'merged' ORDER BY key"
        ).fetchall()
    return [tuple(row) for row in rows]  # type: ignore[misc]


def fullest(copy: Copied, what: str, alike: str) -> tuple[str, str]:
    """Two objects of one kind, of the same `alike`, with the most values."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            f"SELECT o.{alike}, array_agg(o.uid ORDER BY n DESC, o.uid), sum(n) FROM source.{what} o JOIN"  # noqa: S608
            f" (SELECT {what} AS key, count(*) AS n FROM source.data_value GROUP BY 1) v USING (key)"
            " GROUP BY 1 HAVING count(*) > 1 ORDER BY 3 DESC LIMIT 1"
        ).fetchall()
    return rows[0][1][0], rows[0][1][1]


def test_org_units_that_were_merged_are_named_once(hamlet: Copied) -> None:
    hamlet.admin("organisationUnits/merge", {"sources": [BRIDGE], "target": RIVER, "deleteSources": True})
    outcome = hamlet.run("reconcile", reconcile)
    assert merges(hamlet) == [("org_unit", BRIDGE, RIVER)]
    assert list(outcome.events["sandbox"].query("kind == 'merged'")["uid"]) == [BRIDGE]
    told = "l'unité d'organisation CSCom du Pont"
    assert any(told in line and "a fusionné dans" in line for line in hamlet.said)
    hamlet.run("pull", pull_all)
    hamlet.run("reconcile", reconcile)
    assert len(merges(hamlet)) == 1
    assert f"« CSCom du Pont » a fusionné dans « CSCom du Fleuve ({RIVER}) »." in phrases(hamlet, BRIDGE)


def test_option_combos_that_were_merged_are_named(hamlet: Copied) -> None:
    combo, into = fullest(hamlet, "category_option_combo", "category_combo")
    hamlet.admin("categoryOptionCombos/merge", {"sources": [combo], "target": into, "deleteSources": True})
    hamlet.run("pull", pull_all)
    assert merges(hamlet) == [("category_option_combo", combo, into)]


def test_an_element_that_was_merged_is_named(hamlet: Copied) -> None:
    source, target = fullest(hamlet, "data_element", "category_combo")
    hamlet.admin("dataElements/merge", {"sources": [source], "target": target, "deleteSources": True})
    hamlet.run("reconcile", reconcile)
    assert merges(hamlet) == [("data_element", source, target)]


def test_an_object_that_was_only_deleted_is_only_gone(hamlet: Copied) -> None:
    """Though another's values are corrected in the same cells, and one of them to the same number."""
    lost = {one: value for one, value in hamlet.copy().items() if one[2] == BRIDGE and one[1] == "202602"}
    beside = {one: (*one[:2], RIVER, *one[3:]) for one in lost}
    shared = [
        one for one in lost if beside[one] in hamlet.copy() and lost[one] != hamlet.copy()[beside[one]]
    ][:8]
    assert len(shared) == 8
    for number, one in enumerate(shared):
        value = lost[one] if number < LEAST else str(int(lost[one]) + 1)
        stamp = "last_updated = '2026-04-08T02:30:00'"
        hamlet.in_store(f"UPDATE data_value SET value = '{value}', {stamp}", beside[one])  # noqa: S608
    for one in [one for one in hamlet.truth() if one[2] == BRIDGE]:
        hamlet.in_store("DELETE FROM data_value", one)
    hamlet.admin("maintenance/softDeletedDataValueRemoval")
    hamlet.server.site.api.metadata.delete("organisationUnits", BRIDGE)
    hamlet.run("reconcile", reconcile)
    assert merges(hamlet) == []
    assert any("n'est plus montré" in phrase for phrase in phrases(hamlet, BRIDGE))


def phrases(copy: Copied, uid: str) -> list[str]:
    """What a person reads of an object."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute("SELECT phrase FROM mart.changements WHERE uid = %s", [uid]).fetchall()
    return [str(row[0]) for row in rows]
