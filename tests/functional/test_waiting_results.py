"""Results that rest on a slice that did not come keep their last values; all others are computed; then all are."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flows.copying import plan_slices, read_source
from flows.night import Night, Outcome, Waits
from flows.steps import compute, known_sources, pull
from flows.steps import copy as copy_part
from flows.waiting import kept
from layidu.errors import FailedSafeError
from layidu.mapping.depending import reached_by
from layidu.sandbox.store import FILE
from tests.copied_hamlet import SETS, Cell, Copied, copied, with_source
from warehouse import holds
from warehouse.connect import Warehouse
from warehouse.load_results import switching
from warehouse.waiting import Kept

SRPF, PALU, _ = SETS
Result = tuple[str, str, str, str]  # indicator, disaggregation, period, org unit


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path) as found:
        yield found


def a_night(night: Night, outcome: Outcome) -> None:
    """A night that publishes nothing."""
    sources = pull(night, outcome)
    if sources:
        compute(night, sources, outcome)


def pull_only(night: Night, outcome: Outcome) -> None:
    """`layidu pull`."""
    pull(night, outcome)


def seen_and_dead(night: Night, outcome: Outcome) -> None:
    """A run that sees the metadata, and comes no further."""
    read_source(night, "sandbox")
    outcome.errors.append(FailedSafeError("essai", "une panne", "aucune", "rien"))


def by_hand(night: Night, outcome: Outcome) -> None:
    """`layidu compute`."""
    compute(night, known_sources(night, outcome), outcome, everything=True)


def results(copy: Copied) -> dict[Result, tuple[object, ...]]:
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT v.indicator, v.disaggregation, v.period, o.uid, v.numerator, v.denominator, v.value, v.status,"
            " v.completeness FROM result.indicator_value v JOIN source.org_unit o ON o.key = v.org_unit"
            " WHERE v.hierarchy = 'as_it_is'"
        ).fetchall()
    return {tuple(row[:4]): tuple(row[4:]) for row in rows}


def computed(copy: Copied) -> set[tuple[str, int]]:
    """Indicators and years that have results."""
    return {(indicator, int(period[:4])) for indicator, _, period, _ in results(copy)}


def waiting(copy: Copied) -> dict[tuple[str, int], str]:
    """What people see of it: indicator and year -> what is waited for."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute("SELECT code, annee, raison FROM mart.attentes").fetchall()
        seen = connection.execute(
            "SELECT DISTINCT code, annee, attente FROM mart.indicateurs WHERE attente IS NOT NULL"
        ).fetchall()
    listed = {(str(code), int(year)): str(reason) for code, year, reason in rows}
    assert {(code, year): text for code, year, text in seen}.items() <= {
        key: f"en attente : {reason}" for key, reason in listed.items()
    }.items()
    return listed


def some_cell(copy: Copied, data_set: str, period: str) -> Cell:
    """A cell of a data set that indicators count."""
    with copy.warehouse.connect() as connection:
        row = connection.execute(
            "SELECT e.uid, p.id, o.uid, c.uid, a.uid FROM source.data_value v"
            " JOIN source.data_element e ON e.key = v.data_element JOIN source.period p ON p.key = v.period"
            " JOIN source.org_unit o ON o.key = v.org_unit"
            " JOIN source.category_option_combo c ON c.key = v.category_option_combo"
            " JOIN source.category_option_combo a ON a.key = v.attribute_option_combo"
            " JOIN source.data_set_element m ON m.data_element = e.key JOIN source.data_set s ON s.key = m.data_set"
            " JOIN plan.variable_cell n ON n.data_element = e.key AND n.category_option_combo = c.key"
            " JOIN plan.variable_disaggregation d ON d.key = n.variable_disaggregation"
            " WHERE s.uid = %s AND p.id = %s AND d.variable IN ('anc1_visits', 'malaria_rdt_positive')"
            " AND v.number > 0 ORDER BY 1, 3 LIMIT 1",
            [data_set, period],
        ).fetchone()
    assert row is not None
    return tuple(row)


def enter(copy: Copied, data_set: str, cell: Cell, value: str) -> None:
    payload = dict(zip(("dataElement", "period", "orgUnit", "categoryOptionCombo"), cell, strict=False))
    copy.admin("dataValueSets", {"dataSet": data_set, "dataValues": [{**payload, "value": value}]})


def assert_equal_to_a_full_computation(copy: Copied) -> None:
    """Computing everything anew writes nothing."""
    assert waiting(copy) == {}
    before = results(copy)
    outcome = copy.run("compute", by_hand)
    assert outcome.errors == []
    assert outcome.computed_years
    assert results(copy) == before


def moved(before: dict[Result, tuple[object, ...]], after: dict[Result, tuple[object, ...]]) -> set[str]:
    """The indicators of which a result changed, came or went."""
    return {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def test_what_rests_on_a_failed_slice_keeps_its_values_and_is_computed_once_it_came(hamlet: Copied) -> None:
    assert hamlet.run("nightly", a_night).exit_code in (0, 1)
    first = results(hamlet)
    assert waiting(hamlet) == {}
    enter(hamlet, SRPF, some_cell(hamlet, SRPF, "202602"), "77")
    enter(hamlet, PALU, some_cell(hamlet, PALU, "202602"), "88")
    fault = hamlet.server.faults.switch_on("status", path="/api/dataValueSets", query=SRPF)
    night = hamlet.run("nightly", a_night)
    assert night.exit_code == 2
    told = waiting(hamlet)
    codes = {code for code, _ in told}
    assert {"PF-NU", "SM-CPN1", "PAL-TPI3-CPN", "DQ-COMPL"} <= codes
    assert "PAL-CONF" not in codes
    assert all("tranche pas arrivée" in reason for reason in told.values()), told
    second = results(hamlet)
    assert "PAL-CONF" in moved(first, second)
    assert not moved(first, second) & codes
    assert any(line.startswith("en attente, sandbox : ") for line in hamlet.said)

    hour = hamlet.run("nightly", a_night)
    assert (hour.exit_code, hour.computed_years, hour.results_written) == (2, (), 0)
    by_a_person = hamlet.run("compute", by_hand)
    assert by_a_person.exit_code == 2
    assert results(hamlet) == second

    hamlet.server.faults.switch_off(fault.number)
    night = hamlet.run("nightly", a_night)
    assert night.exit_code in (0, 1)
    assert "SM-CPN1" in moved(second, results(hamlet))
    assert hamlet.run("nightly", a_night).computed_years == ()
    assert_equal_to_a_full_computation(hamlet)


def element_of(copy: Copied, variable: str) -> str:
    return (copy.mappings.variables[variable].cells["sandbox"] or [])[0].data_element


def stored_object(copy: Copied, kind: str, identifier: str) -> dict[str, Any]:
    """A metadata object as the server keeps it."""
    with closing(sqlite3.connect(copy.folder / FILE, timeout=30)) as store:
        row = store.execute(
            "SELECT json FROM object WHERE kind = ? AND id = ?", (kind, identifier)
        ).fetchone()
    item: dict[str, Any] = json.loads(row[0])
    return item


def alter(copy: Copied, kind: str, identifier: str, **changes: Any) -> None:
    """An administrator changes a metadata object."""
    copy.admin("metadata", {kind: [{**stored_object(copy, kind, identifier), **changes}]})


def split_combo(copy: Copied) -> str:
    """A category combo of more than one option combo."""
    with copy.warehouse.connect() as connection:
        row = connection.execute(
            "SELECT category_combo FROM source.category_option_combo GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("reject_first", [False, True], ids=["accepted", "rejected, then accepted"])
def test_a_changed_category_combo_holds_only_the_indicators_that_use_it(
    hamlet: Copied, *, reject_first: bool
) -> None:
    hamlet.run("nightly", a_night)
    first = results(hamlet)
    alter(
        hamlet, "dataElements", element_of(hamlet, "anc1_visits"), categoryCombo={"id": split_combo(hamlet)}
    )
    enter(hamlet, PALU, some_cell(hamlet, PALU, "202602"), "88")
    assert hamlet.run("nightly", a_night).exit_code == 4
    using = set(reached_by(hamlet.mappings, ["anc1_visits"]))
    assert {"SM-CPN1", "SM-CPN4"} & using
    assert {code for code, _ in waiting(hamlet)} == using
    second = results(hamlet)
    assert "PAL-CONF" in moved(first, second)
    assert not moved(first, second) & using
    [asked] = holds.open_holds(hamlet.warehouse)
    assert asked.kind == "mapping"
    for words in (
        "il est ventilé autrement",
        "anc1_visits",
        f"« {hamlet.mappings.indicators['SM-CPN1'].name} »",
    ):
        assert words in asked.summary
    if reject_first:
        holds.decide_hold(hamlet.warehouse, asked.id, accept=False, reason="à corriger", who="une personne")
        assert hamlet.run("nightly", a_night).exit_code == 4
        assert {code for code, _ in waiting(hamlet)} == using
        assert results(hamlet) == second
    decided = holds.decide_hold(hamlet.warehouse, asked.id, accept=True, reason="corrigé", who="une autre")
    assert decided.reason is not None
    assert ("rejetée le" in decided.reason) is reject_first
    night = hamlet.run("nightly", a_night)
    assert night.exit_code in (0, 1)
    assert moved(second, results(hamlet)) & using  # values of the old combos are mapped no more
    assert holds.open_holds(hamlet.warehouse) == []
    assert_equal_to_a_full_computation(hamlet)


def test_a_first_load_that_is_partial_claims_nothing(hamlet: Copied) -> None:
    """A data set half of which came: none of its indicators has a value yet."""
    with_source(hamlet, slice_rows=500, requests_at_once=1)
    with hamlet.server.faults.on("missing_column", query=SRPF, after=1):
        assert hamlet.run("nightly", a_night).exit_code == 2
    told = waiting(hamlet)
    assert ("SM-CPN1", 2026) in told
    found = computed(hamlet)
    assert ("PAL-CONF", 2026) in found
    assert not found & told.keys()
    assert hamlet.run("nightly", a_night).exit_code in (0, 1)
    assert ("SM-CPN1", 2026) in computed(hamlet)
    assert_equal_to_a_full_computation(hamlet)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valueType": "TEXT"}, "son type de valeur a changé"),
        ({"aggregationType": "AVERAGE"}, "son type d'agrégation a changé"),
        (None, "il a quitté le jeu de données"),
    ],
)
def test_every_change_of_an_element_under_a_mapping_is_asked_about(
    hamlet: Copied, changes: dict[str, str] | None, words: str
) -> None:
    hamlet.run("nightly", a_night)
    uid = element_of(hamlet, "anc1_visits")
    if changes is None:
        item = stored_object(hamlet, "dataSets", SRPF)
        kept = [one for one in item["dataSetElements"] if one["dataElement"]["id"] != uid]
        alter(hamlet, "dataSets", SRPF, dataSetElements=kept)
    else:
        alter(hamlet, "dataElements", uid, **changes)
    assert hamlet.run("pull", seen_and_dead).exit_code == 2
    assert holds.open_holds(hamlet.warehouse) == []
    hamlet.run("pull", pull_only)
    [asked] = holds.open_holds(hamlet.warehouse)
    assert (asked.kind, asked.subject) == ("mapping", f"sandbox/{uid}")
    assert words in asked.summary
    assert "SM-CPN1" in asked.summary


def test_a_first_load_that_was_cut_off_is_not_computed_by_hand(hamlet: Copied) -> None:
    """The run died between two slices: nothing failed, and yet the copy is not whole."""
    with_source(hamlet, slice_rows=500, requests_at_once=1)

    def cut_off(night: Night, outcome: Outcome) -> None:
        at_hand = read_source(night, "sandbox")
        *most, _ = [one for one in plan_slices(night, at_hand) if one.data_set == SRPF]
        copy_part(night, at_hand, most, outcome)

    hamlet.run("nightly", cut_off)
    assert hamlet.copy()
    by_a_person = hamlet.run("compute", by_hand)
    assert by_a_person.exit_code == 2
    told = waiting(hamlet)
    assert all("jamais tirée" in reason for reason in told.values())
    assert ("SM-CPN1", 2026) in told
    assert not computed(hamlet) & told.keys()
    assert hamlet.run("nightly", a_night).exit_code in (0, 1)
    assert ("SM-CPN1", 2026) in computed(hamlet)
    assert_equal_to_a_full_computation(hamlet)


def test_a_source_that_could_not_be_read_keeps_its_results(hamlet: Copied) -> None:
    hamlet.run("nightly", a_night)
    before = results(hamlet)

    def of_another_source(night: Night, _: Outcome) -> None:
        with switching(night.warehouse, night.token, Kept(absent=frozenset({"sandbox"}))) as switch:
            for year in sorted({year for _, year in computed(hamlet)}):
                switch.year(year, [])

    hamlet.run("compute", of_another_source)
    assert results(hamlet) == before
    two = hamlet.mappings.model_copy(
        update={"sources": {"autre": hamlet.mappings.sources["sandbox"], **hamlet.mappings.sources}}
    )
    assert kept(two, {"autre": Waits({("A", 2026): "…"})}) == Kept(
        {("autre", "A", 2026): "…"}, frozenset({"sandbox"})
    )
    assert_equal_to_a_full_computation(hamlet)
