"""What was known on a day, what changed in the metadata, which reports came, and two sources side by side."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layidu.model import frames
from tests.functional.test_load_metadata import later, units
from tests.functional.test_read import mappings
from tests.servers import WarehouseFactory
from tests.warehouse_world import DEFAULT, NOW, Cell, World, checked, load, night, uid
from warehouse.connect import Warehouse
from warehouse.load import load_registrations
from warehouse.load_metadata import load_metadata
from warehouse.load_plan import load_plan
from warehouse.load_results import write_results

WORLD = World()
MONTHS = ("202602", "202603")
CELLS: list[Cell] = [
    (WORLD.element(1), month, WORLD.facility(1, number), uid("Combo", 1), DEFAULT)
    for month in MONTHS
    for number in (1, 2, 3)
]
FIRST_DAY = date(2026, 4, 1)


def rows(
    warehouse: Warehouse, query: str, parameters: dict[str, object] | None = None
) -> list[tuple[object, ...]]:
    """What a reader sees."""
    with warehouse.connect("reader") as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def knowing(warehouse: Warehouse, world: World = WORLD) -> Warehouse:
    """A database that knows a source."""
    with night(warehouse) as run:
        load_metadata(warehouse, world.metadata(), run)
    return warehouse


def as_if_on(warehouse: Warehouse, run: int, day: int) -> None:
    """A run that took place on a day of our choice, at two in the morning."""
    moment = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=day, hours=2)
    with warehouse.connect("owner") as connection:
        connection.execute("UPDATE run.run SET started_at = %s WHERE run_id = %s", [f"{moment}+00", run])


def last_run(warehouse: Warehouse) -> int:
    with warehouse.connect("owner") as connection:
        found = connection.execute("SELECT max(run_id) FROM run.run").fetchone()
    assert found is not None
    return int(found[0])


def known_on(warehouse: Warehouse, day: int) -> dict[Cell, str]:
    """The copy as it was at the end of a day."""
    found = rows(
        warehouse,
        "SELECT uid_element, periode, uid_unite, uid_combinaison, uid_combinaison_attribut, valeur"
        " FROM mart.valeurs_au(%(day)s)",
        {"day": FIRST_DAY + timedelta(days=day)},
    )
    assert len({row[:5] for row in found}) == len(found), "a cell twice"
    return {row[:5]: str(row[5]) for row in found}  # type: ignore[misc]


ANSWERS = st.lists(
    st.tuples(
        st.integers(0, 2),  # days later
        st.booleans(),  # a full answer: what it lacks is gone
        st.dictionaries(st.sampled_from(CELLS), st.sampled_from(["0", "1", "2"]), min_size=1),
        st.sets(st.sampled_from(CELLS), max_size=2),  # tombstones
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_the_state_of_a_day_is_what_replaying_its_answers_gives(
    warehouse_factory: WarehouseFactory, answers: list[tuple[int, bool, dict[Cell, str], set[Cell]]]
) -> None:
    warehouse = knowing(warehouse_factory())
    state: dict[Cell, str] = {}
    states: dict[int, dict[Cell, str]] = {}
    day = 1
    for place, (pause, full, values, dead) in enumerate(answers):
        day += pause
        live = {cell: value for cell, value in values.items() if cell not in dead}
        answer = checked(
            WORLD,
            live.items(),
            deleted=[(cell, None) for cell in dead],
            mode="full" if full else "increment",
            stamp=f"2026-04-07T10:{place:02d}:00.000+0000",
            server_date=NOW + timedelta(days=day, minutes=place),
        )
        load(warehouse, answer, WORLD, hold_rows=100)
        as_if_on(warehouse, last_run(warehouse), day)
        state = {} if full else {cell: value for cell, value in state.items() if cell not in dead}
        state |= live
        states[day] = dict(state)
    assert known_on(warehouse, 0) == {}
    for one in range(1, day + 3):
        expected = states[max(known for known in states if known <= one)] if min(states) <= one else {}
        assert known_on(warehouse, one) == expected


def test_every_version_says_when_it_was_known_and_how_it_ended(any_warehouse: Warehouse) -> None:
    knowing(any_warehouse)
    cell = CELLS[0]
    for day, (value, dead) in enumerate([("1", False), ("2", False), (None, True)], start=1):
        live, deleted = ([], [(cell, None)]) if dead else ([(cell, value)], [])
        load(
            any_warehouse,
            checked(
                WORLD, live, deleted=deleted, mode="increment", stamp=f"2026-04-0{day}T10:00:00.000+0000"
            ),
            WORLD,
        )
        as_if_on(any_warehouse, last_run(any_warehouse), day)
    found = rows(
        any_warehouse,
        "SELECT valeur, connue_du::date, connue_jusqu_au::date, fin, remplacee_le::date"
        " FROM mart.historique_valeurs ORDER BY connue_du",
    )
    assert found == [
        ("1", date(2026, 4, 2), date(2026, 4, 3), "modifiée", date(2026, 4, 2)),
        ("2", date(2026, 4, 3), date(2026, 4, 4), "supprimée", date(2026, 4, 3)),
    ]


def test_changes_of_metadata_are_sentences(any_warehouse: Warehouse) -> None:
    metadata = knowing(any_warehouse) and WORLD.metadata()
    facility = WORLD.facility(1, 1)
    moved = units(
        metadata,
        facility,
        parent=WORLD.district(2),
        path=f"/{WORLD.country}/{WORLD.district(2)}/{facility}",
        name="CSCom Un",
        closed_date=pd.Timestamp("2026-03-31"),
    )
    gone_element = WORLD.element(2)
    assignments = metadata.data_set_assignments
    members = metadata.data_set_elements
    with night(any_warehouse) as run:
        load_metadata(
            any_warehouse,
            later(
                metadata,
                org_units=moved,
                data_set_elements=members[members["data_element"] != gone_element].reset_index(drop=True),
                data_set_assignments=assignments[assignments["org_unit"] != facility].reset_index(drop=True),
            ),
            run,
        )
    told = {
        str(phrase)
        for (phrase,) in rows(any_warehouse, "SELECT phrase FROM mart.changements WHERE uid <> ''")
    }
    assert told == {
        "« CSCom Un » a quitté « District 1 » et dépend maintenant de « District 2 ».",
        "« CSCom 1.1 » s'appelle maintenant « CSCom Un ».",
        "« CSCom Un » est fermé depuis le 2026-03-31.",
        f"« Élément {gone_element} » a quitté le jeu « SR/PF ».",
        "« CSCom Un » ne doit plus rapporter « SR/PF ».",
    }
    counted = rows(
        any_warehouse, "SELECT phrase FROM mart.changements WHERE uid IS NULL AND objet LIKE 'unité%'"
    )
    assert counted == [("Premier contact : 9 trouvés.",)]


def test_reports_are_expected_received_on_time_and_remembered(any_warehouse: Warehouse) -> None:
    knowing(any_warehouse)
    load(any_warehouse, checked(WORLD, [(CELLS[0], "1")], server_date=datetime(2026, 4, 20)), WORLD)  # noqa: DTZ001
    timely, late, nobody = WORLD.facility(1, 1), WORLD.facility(1, 2), WORLD.district(1)

    def registered(*reports: tuple[str, str]) -> None:
        frame = frames.REGISTRATIONS.frame(
            (WORLD.data_set, "202603", unit, DEFAULT, pd.Timestamp(day), True) for unit, day in reports
        )
        with night(any_warehouse) as run:
            load_registrations(any_warehouse, WORLD.source, WORLD.data_set, MONTHS, frame, run)

    registered((timely, "2026-04-16"), (late, "2026-04-16"), (nobody, "2026-04-02"))
    registered((timely, "2026-04-16"), (late, "2026-04-17"))
    found = rows(
        any_warehouse,
        "SELECT uid_unite, attendu, recu, a_temps, limite FROM mart.rapports WHERE periode = '202603' AND recu",
    )
    limit = date(2026, 4, 16)
    assert set(found) == {(timely, True, True, True, limit), (late, True, True, False, limit)}
    expected = rows(any_warehouse, "SELECT count(*) FROM mart.rapports WHERE attendu")
    assert expected == [(12,)]  # six facilities, two months that are over
    with any_warehouse.connect("owner") as connection:
        kept = connection.execute("SELECT reason, date FROM source.report_history ORDER BY reason").fetchall()
    assert kept == [("changed", date(2026, 4, 16)), ("withdrawn", date(2026, 4, 2))]


@pytest.fixture
def two_sources(any_warehouse: Warehouse) -> Warehouse:
    """The national instance and a second one that was set up from its copy: every uid is the same."""
    for name in ("national", "amppf"):
        world = World(source=name)
        knowing(any_warehouse, world)
        load(any_warehouse, checked(world, [(CELLS[0], "5" if name == "national" else "3")]), world)
    return any_warehouse


def test_two_sources_that_share_uids_are_two(two_sources: Warehouse) -> None:
    values = rows(two_sources, "SELECT source, valeur FROM mart.valeurs ORDER BY source")
    assert values == [("amppf", "3"), ("national", "5")]
    closing = checked(World(source="amppf"), [], deleted=[(CELLS[0], None)], mode="increment")
    assert load(two_sources, closing, World(source="amppf")).closed == 1
    assert rows(two_sources, "SELECT source FROM mart.valeurs") == [("national",)]
    finding = (
        "spike",
        "warn",
        None,
        "positive",
        "202603",
        WORLD.facility(1, 1),
        None,
        None,
        "3",
        "Cent fois.",
    )
    with night(two_sources) as run:
        write_results(
            two_sources, {}, run, data_quality=frames.FINDINGS.frame([finding]).assign(source="national")
        )
    assert rows(two_sources, "SELECT source, unite_organisation FROM mart.qualite") == [
        ("national", "CSCom 1.1")
    ]


def test_what_two_sources_both_count_is_flagged_and_never_added(two_sources: Warehouse) -> None:
    cells = frames.VARIABLE_CELLS.frame(
        ("positive", source, WORLD.element(1), uid("Combo", 1), "age=0-4", 0, 999912)
        for source in ("national", "amppf")
    )
    with night(two_sources) as run:
        load_plan(two_sources, mappings(), cells, frames.TERMS.frame(), run)
    found = rows(
        two_sources,
        "SELECT code, periode, uid_unite, source, valeur, autre_source, autre_valeur FROM mart.chevauchements",
    )
    assert found == [("positive", "202602", WORLD.facility(1, 1), "national", 5.0, "amppf", 3.0)]
