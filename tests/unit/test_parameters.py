"""Numbers a formula asks for and no DHIS2 holds: named where nobody has given them, taken where somebody has."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from layidu.compute.indicators import compute_year
from layidu.mapping.catalogue import catalogue
from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from layidu.mapping.versions import YearlyTerms
from layidu.model import frames
from layidu.settings import shipped
from tests.spec.worked_examples import DISTRICT, small_tree

SOURCE, FACILITY = "sandbox", 2
CELLS = frames.VARIABLE_CELLS.frame(
    [
        ("fp_active_users", SOURCE, "element0001", "combo", "age=15-24|method=pill", 0, 999912),
        ("sam_admissions", SOURCE, "element0002", "combo", "", 0, 999912),
    ]
)


@pytest.fixture(scope="module")
def unfilled() -> Mappings:
    return read_mappings(shipped("mappings"))


@pytest.fixture(scope="module")
def filled(unfilled: Mappings) -> Mappings:
    """The shipped declarations, with numbers that only this test has."""
    given: dict[str, dict[str, Any]] = {
        "fp_users_base": {"value": 250.0},
        "sam_prevalence": {"by_year": {"2024": 0.01, "2025": 0.02, "2026": None}},
    }
    parameters = {
        name: one.model_copy(update=given.get(name, {})) for name, one in unfilled.parameters.items()
    }
    return unfilled.model_copy(update={"parameters": parameters})


def results(mappings: Mappings, year: int) -> pd.DataFrame:
    """A year of the two indicators, in a district that is the whole country."""
    indicators, terms = YearlyTerms(mappings, CELLS).of(year)
    month = year * 100 + 12
    tree = small_tree(["CSCom"])
    tree.loc[tree["org_unit"] == DISTRICT, "level"] = 1
    return compute_year(
        year=year,
        ended_through=date(year, 12, 31),
        tree=tree,
        mapped=frames.MAPPED_SUMS.frame(
            [
                ("fp_active_users", "age=15-24|method=pill", FACILITY, month, 1000.0),
                ("sam_admissions", "", FACILITY, month, 130.0),
            ]
        ),
        reports=frames.REPORTS.frame(),
        populations=frames.POPULATIONS.frame([("children_6_59", FACILITY, year, 10_000.0, "x")]),
        terms=terms[terms["indicator"].isin(["PF-ADD", "NUT-COUV-MAS"])].reset_index(drop=True),
        indicators=indicators,
        source=SOURCE,
        variables=mappings.variables,
    )


def value(found: pd.DataFrame, code: str) -> list[float]:
    return [float(one) for one in found.loc[found["indicator"] == code, "value"]]


def test_given_numbers_make_values(filled: Mappings) -> None:
    found = results(filled, 2025)
    assert value(found, "PF-ADD") == [750.0]  # 1000 - 250, at the country only
    assert value(found, "NUT-COUV-MAS") == [pytest.approx(100 * 130 / (10_000 * 0.02 * 2.6))]
    assert value(results(filled, 2024), "NUT-COUV-MAS") == [pytest.approx(100 * 130 / (10_000 * 0.01 * 2.6))]


def test_a_year_without_its_number_names_it(filled: Mappings) -> None:
    terms = YearlyTerms(filled, CELLS)
    assert ("NUT-COUV-MAS", "") not in terms.missing(2025)
    for year in (2023, 2026):  # not declared, and declared unknown
        assert "(sam_prevalence)" in terms.missing(year)["NUT-COUV-MAS", ""]
        assert value(results(filled, year), "NUT-COUV-MAS") == []


def test_the_catalogue_says_what_is_missing_until_it_is_given(unfilled: Mappings, filled: Mappings) -> None:
    def grey(mappings: Mappings) -> dict[str, str | None]:
        return {one.code: one.grey for one in catalogue(mappings, CELLS)}

    before, after = grey(unfilled), grey(filled)
    assert "(fp_users_base)" in str(before["PF-ADD"])
    assert "(sam_prevalence)" in str(before["NUT-COUV-MAS"])
    assert "paramètre manquant" not in str(after["PF-ADD"])
    assert "paramètre manquant" not in str(after["NUT-COUV-MAS"])
