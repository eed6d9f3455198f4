"""What the checker asks of declarations and of a server, in worlds too small for a golden case."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from layidu.mapping.checker import check_against, check_reading
from layidu.mapping.expressions import parse
from layidu.mapping.measurecheck import meet
from layidu.mapping.placecheck import cycles
from layidu.mapping.problems import Problem
from layidu.mapping.reader import read_mappings, read_partly
from layidu.model import frames
from layidu.model.inventory import Elsewhere, Inventory
from layidu.model.metadata import Metadata, ServerInfo

SET, OTHER = "DataSetAAA1", "DataSetBBB1"
RATE, STOCK, VISITS, AWAY = "Elem0Rates1", "Elem0Stock1", "Elem0Visit1", "Elem0Aways1"
REGION, DISTRICT = "OrgRegion01", "OrgDistric1"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in {"sources": f"mali:\n  data_sets: [{SET}]\n", **files}.items():
        path = tmp_path / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def variable(name: str, element: str, over_time: str = "sum") -> str:
    return (
        f"{name}: {{name: {name}, unit: x, over_time: {over_time}, source: s,"
        f" cells: {{mali: [{{data_element: {element}}}]}}}}\n"
    )


@pytest.fixture
def server() -> Metadata:
    def element(uid: str, name: str, value_type: str, aggregation: str) -> tuple[object, ...]:
        return (uid, uid, name, name, value_type, aggregation, True, "DefaultComb", None)

    units = [
        (REGION, None, 2, f"/OrgCountry1/{REGION}"),
        (DISTRICT, REGION, 3, f"/OrgCountry1/{REGION}/{DISTRICT}"),
    ]
    return Metadata(
        source="mali",
        server=ServerInfo("http://localhost", "2.42", "iso8601", datetime(2026, 4, 8), "Etc/UTC", 0.0, None),  # noqa: DTZ001
        user_org_units=(),
        org_units=frames.ORG_UNITS.frame(
            (uid, uid, uid, uid, parent, path, level, None, None, None, None)
            for uid, parent, level, path in units
        ),
        data_elements=frames.DATA_ELEMENTS.frame(
            [
                element(RATE, "Taux", "PERCENTAGE", "AVERAGE"),
                element(STOCK, "Stock", "INTEGER", "LAST"),
                element(VISITS, "Visites", "INTEGER", "SUM"),
            ]
        ),
        category_option_combos=frames.CATEGORY_OPTION_COMBOS.frame(
            [("DefaultOpt1", "default", "default", "DefaultComb")]
        ),
        combo_options=frames.COMBO_OPTIONS.frame(),
        data_sets=frames.DATA_SETS.frame([(SET, "S", "S", "S", "Monthly", "DefaultComb", 15, 0, 0)]),
        data_set_elements=frames.DATA_SET_ELEMENTS.frame(
            [(SET, uid, "DefaultComb") for uid in (RATE, STOCK, VISITS)]
        ),
        data_set_assignments=frames.DATA_SET_ASSIGNMENTS.frame([(SET, REGION), (SET, DISTRICT)]),
        option_values=pd.DataFrame({"option_set": [], "code": []}, dtype="str"),
    )


def against(path: Path, server: Metadata, inventory: Inventory | None = None) -> dict[str, Problem]:
    return {one.code: one for one in check_against(read_mappings(path), "mali", server, inventory)}


def test_a_rate_is_no_count_whatever_the_declaration_says(tmp_path: Path, server: Metadata) -> None:
    found = against(folder(tmp_path, variables__a=variable("a", RATE)), server)["wrong-aggregation"]
    assert (found.severity, found.path) == ("error", "a.cells.mali[0].data_element")
    assert "AVERAGE" in found.found


def test_a_stock_declared_as_a_flow_is_a_doubt(tmp_path: Path, server: Metadata) -> None:
    wrong = against(folder(tmp_path, variables__a=variable("a", STOCK)), server)["wrong-aggregation"]
    assert wrong.severity == "warning"
    right = against(folder(tmp_path, variables__a=variable("a", STOCK, "last")), server)
    assert "wrong-aggregation" not in right


def test_an_element_elsewhere_is_told_from_one_that_is_nowhere(tmp_path: Path, server: Metadata) -> None:
    path = folder(tmp_path, variables__a=variable("a", AWAY))
    inventory = Inventory({OTHER: "Rapport B"}, {AWAY: Elsewhere("Ailleurs", (OTHER,))})
    known = against(path, server, inventory)["element-not-pulled"]
    assert f"{OTHER} « Rapport B »" in known.expected
    assert "element-unknown" in against(path, server)


def test_a_data_set_filled_at_two_levels_may_count_twice(tmp_path: Path, server: Metadata) -> None:
    path = folder(tmp_path, variables__a=variable("a", VISITS))
    assert REGION in against(path, server)["assigned-at-two-levels"].found
    below = server.data_set_assignments.query("org_unit == @DISTRICT")
    alone = replace(server, data_set_assignments=below.reset_index(drop=True))
    assert "assigned-at-two-levels" not in against(path, alone)


def test_elements_that_no_variable_names_are_listed(tmp_path: Path, server: Metadata) -> None:
    found = against(folder(tmp_path, variables__a=variable("a", VISITS)), server)["unnamed-elements"]
    assert "2 élément(s) sur 3" in found.found
    assert "Stock" in found.found


def test_corrections_name_cells_of_the_server(tmp_path: Path, server: Metadata) -> None:
    text = (
        f"- {{source: mali, data_element: {AWAY}, org_unit: {DISTRICT}, period: 202601, value: 9, reason: r,"
        " date: 2026-02-01}\n"
    )
    path = folder(tmp_path, corrections=text)
    assert against(path, server)["unknown-id"].path == "[0].data_element"
    known = Inventory(elements={AWAY: Elsewhere("Ailleurs", ())})
    assert "unknown-id" not in against(path, server, known)


def test_a_broken_declaration_hides_no_other_and_is_blamed_once(tmp_path: Path) -> None:
    variables = variable("good", VISITS) + "broken: {name: B, cellules: {}}\n"
    indicators = "".join(
        f'{code}: {{name: {code}, short_name: {code}, definition: d, numerator: "#{{{name}}}", unit: u,'
        " theme: t, owner: o, source: s}\n"
        for code, name in (("A", "good"), ("B", "broken"), ("C", "goods"))
    )
    path = folder(tmp_path, variables__a=variables, indicators__a=indicators)
    found = check_reading(read_partly(path))
    assert {(one.code, one.path) for one in found if one.severity == "error"} == {
        ("missing-key", "broken.unit"),
        ("unknown-key", "broken.cellules"),
        ("unknown-name", "C.numerator"),
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("#{a}", "#{a}", True),
        ("#{a|age=15-24}", "#{a}", True),
        ("#{a|age=15-24}", "#{a|age=25+}", False),
        ("#{a|age=15-24,25+}", "#{a|age=25+}", True),
        ("#{a|age!=15-24}", "#{a|age=15-24}", False),
        ("#{a|age!=15-24}", "#{a|age=15-24,25+}", True),
        ("#{a|age!=15-24}", "#{a|age!=25+}", True),
        ("#{a|age=15-24|method=pill}", "#{a|age=15-24|method=iud}", False),
        ("#{a|age=15-24}", "#{a|method=pill}", True),
    ],
)
def test_terms_that_take_the_same_cells(first: str, second: str, *, expected: bool) -> None:
    (one,), (other,) = parse(first), parse(second)
    assert meet(one, other) is expected
    assert meet(other, one) is expected


def test_every_circle_of_parents_is_found_once() -> None:
    assert cycles({"a": "b", "b": "c", "c": "a", "d": "a", "e": "f", "g": "g"}) == [["a", "b", "c"], ["g"]]
    assert cycles({"a": "b", "b": "root"}) == []
