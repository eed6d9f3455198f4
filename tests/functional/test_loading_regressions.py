"""Defects of other tools' loading, shown not to be ours (tests/unit/test_peers_regressions.py names them)."""

from layidu.model import frames
from tests.warehouse_world import DEFAULT, Cell, World, checked, load, night, uid
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata

WORLD = World()
CATALOGUE = """
SELECT 'index', indexrelid::regclass::text, indrelid::regclass::text FROM pg_index
 WHERE indrelid = 'source.data_value'::regclass
UNION ALL SELECT 'grant', grantee, privilege_type FROM information_schema.role_table_grants
 WHERE table_schema IN ('source', 'mart')
UNION ALL SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'mart' ORDER BY 1, 2, 3
"""


def cell(month: str, *, element: int = 1, combo: int = 1, attribute: str = DEFAULT, unit: int = 1) -> Cell:
    return (WORLD.element(element), month, WORLD.facility(1, unit), uid("Combo", combo), attribute)


def stored(warehouse: Warehouse) -> dict[Cell, str]:
    """The copy, as a reader sees it."""
    with warehouse.connect("reader") as connection:
        found = connection.execute(
            "SELECT uid_element, periode, uid_unite, uid_combinaison, uid_combinaison_attribut, valeur"
            " FROM mart.valeurs"
        ).fetchall()
    assert len({row[:5] for row in found}) == len(found)
    return {row[:5]: row[5] for row in found}


def known(warehouse: Warehouse) -> Warehouse:
    with night(warehouse) as run:
        load_metadata(warehouse, WORLD.metadata(), run)
    return warehouse


def test_a_second_load_keeps_grants_indexes_views_and_older_periods(any_warehouse: Warehouse) -> None:
    known(any_warehouse)
    load(any_warehouse, checked(WORLD, [(cell("202601"), "1")], periods=("202601",)), WORLD)
    with any_warehouse.connect("owner") as connection:
        before = connection.execute(CATALOGUE).fetchall()
    load(any_warehouse, checked(WORLD, [(cell("202602"), "2")], periods=("202602",)), WORLD)
    with any_warehouse.connect("owner") as connection:
        assert connection.execute(CATALOGUE).fetchall() == before
    assert len(before) > 20
    assert stored(any_warehouse) == {cell("202601"): "1", cell("202602"): "2"}


def test_stored_texts_equal_the_source_for_all_five_keys(any_warehouse: Warehouse) -> None:
    known(any_warehouse)
    texts = ["0", "-0", "12.50", "-7", "0.000001", "123456789012345678901234567890", "  ", "a\tb\nc", "œ ⵣ é"]
    cells = [
        cell(month, element=element, combo=combo, attribute=attribute)
        for month in ("202602", "202603")
        for element in (1, 2)
        for combo in (1, 2)
        for attribute in (DEFAULT, uid("Combo", 2))
    ]
    rows = {one: texts[place % len(texts)] for place, one in enumerate(cells)}
    assert len(rows) == 16
    load(any_warehouse, checked(WORLD, rows.items()), WORLD)
    assert stored(any_warehouse) == rows


def test_a_flagged_value_is_stored_as_it_came_with_the_reason_beside_it(any_warehouse: Warehouse) -> None:
    known(any_warehouse)
    one = cell("202602")
    columns = dict(zip(frames.KEY, one, strict=True))
    said = {
        "code": "spike",
        "severity": "warn",
        "variable": None,
        "value": "900",
        "reason": "Cent fois la médiane.",
    }
    findings = frames.FINDINGS.frame([{**columns, **said}])
    load(any_warehouse, checked(WORLD, [(one, "900")], findings=findings), WORLD)
    assert stored(any_warehouse) == {one: "900"}
    with any_warehouse.connect("reader") as connection:
        flagged = connection.execute("SELECT valeur, raison FROM mart.qualite").fetchall()
    assert flagged == [("900", "Cent fois la médiane.")]
