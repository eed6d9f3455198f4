"""A formula changes with the year: which one a year has, what its terms are, what the plan stores."""

from pathlib import Path

import pytest

from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from layidu.mapping.versions import YearlyTerms, as_of, versions_of
from layidu.model.frames import VARIABLE_CELLS
from warehouse.plan_rows import formulas

INDICATORS = """
A:
  name: A
  short_name: A
  definition: d
  version: 3
  valid_from: 202601
  earlier:
  - {version: 1, valid_to: 202312, numerator: "#{old}", factor: 10, reason: premier formulaire}
  - {version: 2, valid_from: 202401, valid_to: 202412, numerator: "#{old} + #{new}", reason: double saisie}
  numerator: "#{new}"
  unit: u
  theme: t
  owner: o
  source: s
B: {name: B, short_name: B,
  definition: d, numerator: "#{new}", valid_to: 202412, unit: u, theme: t, owner: o, source: x}
"""
VARIABLES = "".join(
    f"{name}: {{name: {name}, unit: x, source: s, cells: {{mali: [{{data_element: Element000{number}}}]}}}}\n"
    for number, name in enumerate(("old", "new"))
)


@pytest.fixture
def mappings(tmp_path: Path) -> Mappings:
    files = {"sources": "mali: {data_sets: []}\n", "indicators/a": INDICATORS, "variables/a": VARIABLES}
    for name, text in files.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_mappings(tmp_path)


@pytest.mark.parametrize(
    ("year", "versions"),
    [
        (2010, {"A": 1, "B": 1}),
        (2023, {"A": 1, "B": 1}),
        (2024, {"A": 2, "B": 1}),
        (2025, {}),  # between two formulas there is no value; B was given up
        (2026, {"A": 3}),
    ],
)
def test_each_year_has_its_formula(mappings: Mappings, year: int, versions: dict[str, int]) -> None:
    assert versions_of(mappings, year) == versions


def test_the_terms_of_a_year_are_those_of_its_formula(mappings: Mappings) -> None:
    cells = VARIABLE_CELLS.frame(
        [(name, "mali", f"Element000{n}", "Combo", "", 0, 999912) for n, name in enumerate(("old", "new"))]
    )
    terms = YearlyTerms(mappings, cells)
    names = {
        year: set(terms.of(year)[1].query("indicator == 'A'")["name"]) for year in (2023, 2024, 2025, 2026)
    }
    assert names == {2023: {"old"}, 2024: {"old", "new"}, 2025: set(), 2026: {"new"}}
    assert terms.of(2023)[0]["A"].factor == 10
    assert terms.of(2026)[0]["A"].factor == 1
    assert terms.of(2026)[1] is terms.of(2027)[1]


def test_without_earlier_formulas_the_declarations_are_the_same_object(mappings: Mappings) -> None:
    plain = mappings.model_copy(update={"indicators": {}})
    assert as_of(plain, 2020) is plain


def test_the_plan_keeps_every_formula_with_its_months(mappings: Mappings) -> None:
    rows = [
        (row["indicator"], row["version"], row["valid_from"], row["valid_to"]) for row in formulas(mappings)
    ]
    assert rows == [
        ("A", 1, 1, 202312),
        ("A", 2, 202401, 202412),
        ("A", 3, 202601, 999912),
        ("B", 1, 1, 202412),
    ]
