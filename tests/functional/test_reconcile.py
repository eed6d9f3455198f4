"""Changes that no increment can see are found, told by their cause, and healed; then there are none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.rereading import backfill, day_of, reconcile, span
from flows.steps import pull
from layidu.errors import ConfigurationError
from layidu.sandbox.org_units import unit_uid
from layidu.sandbox.uids import uid
from tests.copied_hamlet import SETS, Cell, Copied, copied, with_source
from warehouse.connect import Warehouse
from warehouse.drift import drift_of

BRIDGE, RIVER = unit_uid("HA-F2"), unit_uid("HA-F1")
SRPF = SETS[0]


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path) as found:
        first = found.run("pull", pull_all)
        assert first.exit_code == 1, first.errors
        found.assert_exact()
        yield found


def pull_all(night: Night, outcome: Outcome) -> None:
    pull(night, outcome)


def drift(copy: Copied) -> dict[tuple[str, str], int]:
    """What the last run found, by kind and cause."""
    with copy.warehouse.connect() as connection:
        row = connection.execute("SELECT max(run_id) FROM run.run").fetchone()
    assert row is not None
    found = drift_of(copy.warehouse, row[0])
    return {
        (one["kind"], one["cause"]): int(count)
        for one, count in zip(
            found.groupby(["kind", "cause"], as_index=False)["cells"].sum().to_dict("records"),
            found.groupby(["kind", "cause"])["cells"].sum(),
            strict=True,
        )
    }


def heal(copy: Copied) -> dict[tuple[str, str], int]:
    """One reconciliation; afterwards the copy is exact, and a second one finds nothing."""
    outcome = copy.run("reconcile", reconcile)
    found, said = drift(copy), list(copy.said)
    assert outcome.exit_code in (0, 1), (outcome.exit_code, outcome.errors, said)
    assert said[-1] == f"écart total : {sum(found.values())}"
    assert sum(line.startswith("écart : ") for line in said) >= len(found)
    copy.assert_exact()
    again = copy.run("reconcile", reconcile)
    assert (again.drift, copy.said[-1]) == (0, "écart total : 0")
    copy.assert_exact()
    return found


def test_a_quiet_source_has_no_drift_and_what_was_entered_since_is_none(hamlet: Copied) -> None:
    assert heal(hamlet) == {}
    cell, _ = next(
        (one, value) for one, value in hamlet.copy().items() if one[1] == "202602" and value != "7"
    )
    payload = dict(zip(("dataElement", "period", "orgUnit", "categoryOptionCombo"), cell, strict=False))
    hamlet.admin(
        "dataValueSets", {"dataSet": data_set_of(hamlet, cell[0]), "dataValues": [{**payload, "value": "7"}]}
    )
    assert heal(hamlet) == {}
    assert hamlet.copy()[cell] == "7"


def data_set_of(copy: Copied, element: str) -> str:
    with copy.warehouse.connect() as connection:
        row = connection.execute(
            "SELECT s.uid FROM source.data_set_element m JOIN source.data_set s ON s.key = m.data_set"
            " JOIN source.data_element e ON e.key = m.data_element WHERE e.uid = %s",
            [element],
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_all_invisible_changes_at_once_are_found_told_apart_and_healed(hamlet: Copied) -> None:
    """A row committed late, a purge with its tombstones, and two option combos merged."""
    with_source(hamlet, vanished_hold_rows=1000)
    copy = hamlet.copy()
    source, target = merged_pair(hamlet, sorted({one[3] for one in copy}))
    apart = [one for one in copy if one[1] == "202601" and one[3] not in (source, target)]
    late, *doomed = [one for one in apart if copy[one] not in ("0", "99")][:4]
    hamlet.in_store("UPDATE data_value SET value = '99', last_updated = '2026-02-20T10:00:00'", late)
    for cell in doomed:
        hamlet.in_store("DELETE FROM data_value", cell)
    hamlet.admin("maintenance/softDeletedDataValueRemoval")
    hamlet.admin("categoryOptionCombos/merge", {"sources": [source], "target": target, "deleteSources": True})
    found = heal(hamlet)
    assert found.pop(("different", "late-commit"), 0) + found.pop(("different", "unstamped"), 0) >= 1
    assert found[("only-here", "purged")] == len(doomed)
    assert found[("tombstone-only-here", "purged")] >= 1
    assert found[("only-here", "merged")] > 0
    healed = hamlet.copy()
    assert healed[late] == "99"
    assert not any(one[3] == source for one in healed)
    assert {reason for _, reason in hamlet.history()} <= {"vanished", "changed"}


def merged_pair(copy: Copied, combos: list[str]) -> tuple[str, str]:
    """Two option combos of one category combo."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT category_combo, array_agg(uid ORDER BY uid) FROM source.category_option_combo"
            " WHERE uid = ANY(%s) GROUP BY 1 HAVING count(*) > 1 ORDER BY 1",
            [combos],
        ).fetchall()
    return rows[0][1][0], rows[0][1][1]


def test_two_org_units_merged_are_found_and_healed(hamlet: Copied) -> None:
    with_source(hamlet, vanished_hold_rows=1000)
    before = {one: value for one, value in hamlet.copy().items() if one[2] == BRIDGE}
    assert before
    hamlet.admin("organisationUnits/merge", {"sources": [BRIDGE], "target": RIVER, "deleteSources": True})
    found = heal(hamlet)
    assert sum(count for (kind, cause), count in found.items() if cause == "merged") > 0
    assert not any(one[2] == BRIDGE for one in hamlet.copy())
    moved = {(*one[:2], RIVER, *one[3:]): value for one, value in before.items()}
    assert moved.items() <= hamlet.copy().items()


def test_two_data_elements_merged_are_found_and_healed(hamlet: Copied) -> None:
    with_source(hamlet, vanished_hold_rows=1000)
    copy = hamlet.copy()
    source, target = merged_elements(hamlet, copy)
    before = {one: value for one, value in copy.items() if one[0] == source}
    for cell in copy:
        if cell[0] == target:  # the element that stays was not filled yet
            hamlet.in_store("DELETE FROM data_value", cell)
    heal(hamlet)
    hamlet.admin("dataElements/merge", {"sources": [source], "target": target, "deleteSources": True})
    found = heal(hamlet)
    assert found[("only-here", "merged")] == len(before)
    healed = hamlet.copy()
    assert not any(one[0] == source for one in healed)
    assert {(target, *one[1:]): value for one, value in before.items()}.items() <= healed.items()


def merged_elements(copy: Copied, values: dict[Cell, str]) -> tuple[str, str]:
    """Two elements of a data set that are filled for the same cells; nothing of the first is refused."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT a.uid, b.uid FROM source.data_element a JOIN source.data_element b"
            " ON b.category_combo = a.category_combo AND b.value_type = a.value_type AND a.uid < b.uid"
            " JOIN source.data_set_element m ON m.data_element = a.key"
            " JOIN source.data_set_element n ON n.data_element = b.key AND n.data_set = m.data_set"
            " WHERE a.uid NOT IN (SELECT data_element FROM run.refused_value) ORDER BY 1, 2"
        ).fetchall()
    filled = {one[0] for one in values}
    return next((str(a), str(b)) for a, b in rows if a in filled and b in filled)


def test_an_element_that_only_left_its_data_set_keeps_its_values(hamlet: Copied) -> None:
    with_source(hamlet, vanished_hold_rows=1000)
    copy = hamlet.copy()
    source, _ = merged_elements(hamlet, copy)
    before = {one: value for one, value in copy.items() if one[0] == source}
    hamlet.take_out(data_set_of(hamlet, source), source)
    hamlet.run("reconcile", reconcile)
    hamlet.run("reconcile", reconcile)
    assert {one: value for one, value in hamlet.copy().items() if one[0] == source} == before
    assert drift(hamlet) == {}


@pytest.mark.parametrize("dialect", ["2.40", "2.41", "2.43"])  # 2.42 is everybody else's here
def test_every_dialect_is_copied_exactly_and_reconciled(
    warehouse: Warehouse, tmp_path: Path, dialect: str
) -> None:
    with copied(warehouse, tmp_path, dialect=dialect, rules=False) as hamlet:
        hamlet.run("pull", pull_all)
        hamlet.assert_exact()
        assert hamlet.run("pull", pull_all).summary()["new"] == 0
        outcome = hamlet.run("reconcile", reconcile)
        assert (outcome.drift, outcome.errors) == (0, [])


def test_a_backfill_brings_an_old_correction_and_moves_no_cursor(hamlet: Copied) -> None:
    def cursors() -> list[tuple[object, ...]]:
        with hamlet.warehouse.connect() as connection:
            return connection.execute(
                "SELECT source, data_set, org_unit, period, server_date, run FROM run.cursor ORDER BY 1, 2, 3, 4"
            ).fetchall()

    cell = next(
        one for one, value in hamlet.copy().items() if one[1] == "202601" and value not in ("0", "99")
    )
    hamlet.in_store("UPDATE data_value SET value = '99'", cell)
    before = cursors()
    data_set = data_set_of(hamlet, cell[0])

    def january(night: Night, outcome: Outcome) -> None:
        backfill(night, outcome, *span("202601", "202601"), [data_set])

    outcome = hamlet.run("backfill", january)
    assert [account.slice.data_set for account in outcome.accounts] == [data_set]
    assert {period for account in outcome.accounts for period in account.slice.periods} == {"202601"}
    assert hamlet.copy()[cell] == "99"

    def quarter(night: Night, outcome: Outcome) -> None:
        backfill(night, outcome, *span("202601", "202603"), [SRPF])

    outcome = hamlet.run("backfill", quarter)
    periods = {period for account in outcome.accounts for period in account.slice.periods}
    assert periods == {"202601", "202602", "202603"}
    assert cursors() == before
    unknown = uid("data_set", "NOWHERE")

    def nowhere(night: Night, outcome: Outcome) -> None:
        backfill(night, outcome, *span("202601", "202601"), [unknown])

    with pytest.raises(ConfigurationError, match=unknown):
        hamlet.run("backfill", nowhere)


@pytest.mark.parametrize(("first", "last"), [("202603", "202601"), ("mars", "202603"), ("202601", "2026-03")])
def test_a_window_that_is_none_is_refused_in_four_parts(first: str, last: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        span(first, last)
    assert all((raised.value.where, raised.value.found, raised.value.expected, raised.value.todo))


def test_a_year_is_a_window_too() -> None:
    assert day_of("2025", "--from", end=False).isoformat() == "2025-01-01"
    assert day_of("2025Q2", "--to", end=True).isoformat() == "2025-06-30"


def test_a_refusal_cured_by_an_assignment_loads_with_the_date_it_was_first_seen(hamlet: Copied) -> None:
    """The clinic is assigned at last; nobody touched the value, and no increment shows it."""
    with_source(hamlet, re_read=1)
    [cell] = [one for one in hamlet.refused() if one in refused_for(hamlet, "org-unit-not-assigned")]
    assert cell[1] == "202601"
    data_set = data_set_of(hamlet, cell[0])
    hamlet.assign(data_set, cell[2])
    first_run = first_refused(hamlet, cell)
    hamlet.run("pull", pull_all)
    assert cell in hamlet.copy()
    assert cell not in hamlet.refused()
    with hamlet.warehouse.connect() as connection:
        row = connection.execute(
            "SELECT v.first_seen_run, v.run FROM source.data_value v JOIN source.org_unit o ON o.key = v.org_unit"
            " JOIN source.data_element e ON e.key = v.data_element JOIN source.period p ON p.key = v.period"
            " WHERE o.uid = %s AND e.uid = %s AND p.id = %s",
            [cell[2], cell[0], cell[1]],
        ).fetchone()
    assert row is not None
    assert row[0] == first_run < row[1]


def refused_for(copy: Copied, code: str) -> set[tuple[str, ...]]:
    with copy.warehouse.connect() as connection:
        return {
            tuple(row)
            for row in connection.execute(
                "SELECT data_element, period, org_unit, category_option_combo, attribute_option_combo"
                " FROM run.refused_value WHERE resolved_run IS NULL AND code = %s",
                [code],
            )
        }


def first_refused(copy: Copied, cell: tuple[str, ...]) -> int:
    with copy.warehouse.connect() as connection:
        row = connection.execute(
            "SELECT first_run FROM run.refused_value WHERE org_unit = %s AND data_element = %s AND period = %s",
            [cell[2], cell[0], cell[1]],
        ).fetchone()
    assert row is not None
    return int(row[0])
