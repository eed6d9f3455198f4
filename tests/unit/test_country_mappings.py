"""Do the mappings say of the sandbox what its metadata says?"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from layidu.mapping.contracts import Dimension, OrgUnits, Variable
from layidu.sandbox.form_objects import category_model, data_elements, data_sets
from layidu.sandbox.forms import DATA_SETS
from tests.loaded_countries import loaded

MAPPINGS = Path(__file__).parents[2] / "mappings"
READER = YAML(typ="safe")


def read(path: Path) -> Any:
    return READER.load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def variables() -> dict[str, Variable]:
    files = sorted((MAPPINGS / "variables").glob("*.yaml"))
    declared = {name: one for path in files for name, one in read(path).items()}
    every = {name: Variable.model_validate(one) for name, one in declared.items()}
    return {name: one for name, one in every.items() if one.derived is None}


def test_each_data_element_is_one_variable_with_every_option_a_declared_band(
    variables: dict[str, Variable],
) -> None:
    elements = {one["code"]: one for one in data_elements()}
    model = category_model()
    categories = {one["id"]: one for one in model["categories"]}
    combos = {one["id"]: one for one in model["categoryCombos"]}
    dimensions = {
        name: Dimension.model_validate(one) for name, one in read(MAPPINGS / "disaggregations.yaml").items()
    }
    assert set(variables) == set(elements)
    for name, variable in variables.items():
        (cell,) = variable.cells["sandbox"] or []
        element = elements[name]
        assert (cell.data_element, cell.label) == (element["id"], element["name"])
        assert list(cell.bands) == variable.dimensions
        of_combo = combos[element["categoryCombo"]["id"]]["categories"]
        options = {option["id"] for one in of_combo for option in categories[one["id"]]["categoryOptions"]}
        mapped = [option for bands in cell.bands.values() for option in bands]
        assert sorted(mapped) == sorted(options - {"xYerKDKCefk"})
        for dimension, bands in cell.bands.items():
            assert set(bands.values()) <= set(dimensions[dimension].bands)


def test_a_yearly_variable_is_of_a_yearly_form(variables: dict[str, Variable]) -> None:
    forms = data_sets({one.code: [] for one in DATA_SETS})
    period = {
        cell["dataElement"]["id"]: form["periodType"] for form in forms for cell in form["dataSetElements"]
    }
    for variable in variables.values():
        assert {period[cell.data_element] for cell in variable.cells["sandbox"] or []} == {
            variable.period_type
        }


@pytest.mark.parametrize("name", ["mali", "hamlet"])
def test_only_the_planted_district_hangs_elsewhere_than_expected(name: str) -> None:
    country = loaded(name)
    declared = OrgUnits.model_validate(read(MAPPINGS / "org_units.yaml"))
    units = {one["id"]: one for one in country.metadata["organisationUnits"]}
    districts = [one for one in units.values() if one["level"] == 3]
    expected = declared.expected_parents["sandbox"]
    moved = {one["id"] for one in districts if units[one["parent"]["id"]]["code"] != expected[one["code"]]}
    assert moved == {one.org_unit for one in country.planted if one.code == "moved"}
    assert len(moved) == 1
