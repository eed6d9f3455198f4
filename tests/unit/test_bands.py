"""Bands: the narrower ones answer for the wider, the overlapping ones never do; states by zone and without."""

from datetime import date

import pandas as pd
import pytest

from layidu.compute.unanswerable import missing_rows
from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from layidu.mapping.terms import expand_terms, missing_series
from layidu.model import frames
from layidu.settings import shipped
from tests.spec.worked_examples import small_tree

SOURCE = "sandbox"


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def terms(mappings: Mappings, code: str, variable: str, cells: list[str]) -> pd.DataFrame:
    """TERMS of one shipped indicator on a source with these cells of one variable."""
    known = frames.VARIABLE_CELLS.frame(
        [(variable, SOURCE, f"element{n:04d}", "combo", text, 0, 999912) for n, text in enumerate(cells)]
    )
    only = mappings.model_copy(update={"indicators": {code: mappings.indicators[code]}})
    return expand_terms(only, known)


def taken(found: pd.DataFrame, row: str, part: str = "numerator") -> set[tuple[str, str]]:
    chosen = found[(found["disaggregation"] == row) & (found["part"] == part)]
    return set(zip(chosen["kind"], chosen["filter"], strict=True))


def test_what_a_band_cannot_tell_is_insufficient_and_no_estimate(mappings: Mappings) -> None:
    found = terms(mappings, "PF-NU", "fp_new_users", [f"age={age}|method=pill" for age in ("15-24", "25+")])
    assert taken(found, "age=15-24") == {("variable", "age=15-24|method=pill")}
    assert taken(found, "age=15-19") == {("insufficient", "age=15-24|method=pill")}
    assert taken(found, "age=20-24") == {("insufficient", "age=15-24|method=pill")}
    assert taken(found, "age=10-14") == set()


def test_narrower_bands_answer_for_a_wider_one(mappings: Mappings) -> None:
    ages = ("15-19", "20-24", "25+")
    found = terms(mappings, "PF-NU", "fp_new_users", [f"age={age}|method=pill" for age in ages])
    both = {("variable", "age=15-19|method=pill"), ("variable", "age=20-24|method=pill")}
    assert taken(found, "age=15-24") == both
    assert taken(found, "age=15-19") == {("variable", "age=15-19|method=pill")}


def test_a_filter_no_band_answers_makes_the_part_insufficient(mappings: Mappings) -> None:
    found = terms(mappings, "PF-NU-J", "fp_new_users", ["age=10-14|method=pill", "age=unknown|method=pill"])
    assert found.empty  # nothing overlaps 15-24: nothing to say
    wide = mappings.model_copy(
        update={
            "indicators": {
                "PF-NU-J": mappings.indicators["PF-NU-J"].model_copy(
                    update={"numerator": "#{fp_new_users|age=15-19}"}
                )
            }
        }
    )
    known = frames.VARIABLE_CELLS.frame(
        [("fp_new_users", SOURCE, "element0001", "combo", "age=15-24|method=pill", 0, 999912)]
    )
    assert set(expand_terms(wide, known).query("part == 'numerator'")["kind"]) == {"insufficient"}


def test_an_indicator_without_its_parameter_says_so_and_has_no_value(mappings: Mappings) -> None:
    cells = frames.VARIABLE_CELLS.frame(
        [
            ("fp_units", SOURCE, "element0001", "combo", "product=coc", 0, 999912),
            ("fp_units", SOURCE, "element0001", "other", "product=implanon", 0, 999912),
            ("fp_active_users", SOURCE, "element0002", "combo", "age=15-24|method=pill", 0, 999912),
            ("sam_admissions", SOURCE, "element0003", "combo", "", 0, 999912),
        ]
    )
    missing = missing_series(mappings, cells)
    assert {code for code, _ in missing} == {"NUT-COUV-MAS", "PF-ADD", "PF-EMU"}
    assert "utilisatrices par unité : coc" in missing["PF-EMU", ""]
    assert "table de continuation : implanon" in missing["PF-EMU", ""]
    assert "table de continuation" not in missing["PF-EMU", "product=coc"]
    assert "(sam_prevalence)" in missing["NUT-COUV-MAS", ""]
    assert "(sam_incidence_factor)" not in missing["NUT-COUV-MAS", ""]
    assert not set(expand_terms(mappings, cells)["indicator"]) & {code for code, _ in missing}
    rows = missing_rows(missing, small_tree(["A"]), 2025, date(2026, 3, 31))
    assert list(zip(rows["indicator"], rows["disaggregation"], strict=True)) == sorted(missing)
    assert set(rows["status"]) == {"parameter missing"}
    assert set(rows["org_unit"]) == {1}  # the root
    assert rows[["numerator", "denominator", "value"]].isna().all(axis=None)
    assert missing_rows(missing, small_tree(["A"]), 2027, date(2026, 3, 31)).empty


def test_a_share_of_the_total_keeps_the_whole_denominator(mappings: Mappings) -> None:
    cells = [f"age=25+|method={method}" for method in ("pill", "implant")]
    found = terms(mappings, "PF-MIX", "fp_new_users", cells)
    assert len(taken(found, "method=pill")) == 1
    assert len(taken(found, "method=pill", "denominator")) == 2


def test_a_state_is_asked_with_its_zones_or_without_never_both(mappings: Mappings) -> None:
    found = terms(mappings, "PF-RUPT", "fp_stock", ["method=pill", "method=implant"])
    assert taken(found, "") == {("variable", "method=pill"), ("variable", "method=implant")}
    assert taken(found, "method=pill") == {("variable", "method=pill")}
    assert taken(found, "zone=crisis") == {
        ("variable", "method=implant|zone=crisis"),
        ("variable", "method=pill|zone=crisis"),
    }
