"""Results that rest on a slice that did not come keep their last values; all others are computed; then all are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.steps import compute, known_sources, pull
from tests.copied_hamlet import SETS, Cell, Copied, copied
from warehouse.connect import Warehouse

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
