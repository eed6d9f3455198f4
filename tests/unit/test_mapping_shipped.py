"""What the shipped declarations say: every fact against its source, and every file against the others."""

from pathlib import Path

import pytest

from layidu.compute.cascade import share_of
from layidu.mapping.checker import check_declarations, has_errors, report
from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from layidu.sandbox.uids import uid
from layidu.settings import shipped

INDICATORS = [
    *("PAL-CONF", "PAL-TEST", "PAL-TPR", "PAL-INC", "PAL-CTA", "PAL-TPI3-CPN", "PAL-TPI3-POP"),
    *("PF-NU", "PF-CYP", "PF-CYPR", "PF-NU-J", "SM-CPN1", "SM-ACC", "NUT-GUER-MAS", "NUT-GUER-MAS-PAM"),
    "DQ-COMPL",
]
UNITS = {  # TV01 and TV02 of the domain's worked examples
    "coc": 1500,
    "pop": 240,
    "condom_m": 12000,
    "dmpa_im": 400,
    "dmpa_sc": 200,
    "implanon": 40,
    "jadelle": 50,
    "levoplant": 20,
    "iud_cu": 10,
    "iud_lng": 5,
    "ec": 200,
    "ster_f": 3,
}


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def test_the_shipped_declarations_agree_with_each_other(mappings: Mappings) -> None:
    problems = check_declarations(mappings)
    assert not has_errors(problems), report(problems)


def test_the_indicators_of_the_first_night_are_all_there(mappings: Mappings) -> None:
    assert set(INDICATORS) <= set(mappings.indicators)
    published = [code for one in mappings.publications.values() for code in one.indicators]
    assert set(INDICATORS) <= set(published)


def test_the_sandbox_pulls_its_own_data_sets(mappings: Mappings) -> None:
    declared = [one.uid for one in mappings.sources["sandbox"].data_sets]
    assert declared == [uid("data_set", code) for code in ("SRPF", "PALU", "NUT", "POP")]


@pytest.mark.parametrize(("factor_set", "expected"), [("2022", 820.0), ("2011", 822.5)])
def test_couple_years_of_protection(mappings: Mappings, factor_set: str, expected: float) -> None:
    assert mappings.methods is not None
    factors = {name: method.cyp[factor_set] for name, method in mappings.methods.methods.items()}
    total = sum(number * (factors[name] or 0) for name, number in UNITS.items())
    assert total == pytest.approx(expected, abs=1e-9)


def test_pregnancies_follow_the_cascade_from_live_births(mappings: Mappings) -> None:
    assert mappings.populations is not None
    pregnancies = share_of(mappings.populations, "expected_pregnancies", 2022)
    deliveries = share_of(mappings.populations, "expected_deliveries", 2022)
    assert pregnancies is not None
    assert deliveries is not None
    assert 100_000 * pregnancies == pytest.approx(4212.33, abs=0.005)  # TV20
    assert 100_000 * deliveries == pytest.approx(4085.96, abs=0.005)  # TV20
    assert share_of(mappings.populations, "expected_pregnancies", 2035) is None  # no rate declared, no guess


def test_the_census_regions_add_up_to_their_printed_sum(mappings: Mappings) -> None:
    assert mappings.populations is not None
    totals = mappings.populations.series["rgph5"].totals
    assert sum(totals.values()) == 22_395_490
    assert len(totals) == 11


def test_commitment_2_has_both_bases_and_chooses_none(mappings: Mappings) -> None:
    result = mappings.commitments["FP2030-E2"].results["FP2030-R2"]
    assert (result.target.baseline, result.target.target) == (17, 40)
    assert result.population is None
    assert result.target.note
    bases = {value.population for value in mappings.reference_values if value.indicator == result.reference}
    assert len(bases) == 2
    assert len(mappings.commitments) == 6


def test_a_third_of_the_plan_a_year_is_a_proposal(mappings: Mappings) -> None:
    assert mappings.plan is not None
    line = mappings.plan.lines["CAEB-SR-06"]
    assert line.quantity is not None
    assert (1200 + 1900) / (line.quantity * line.phasing["2026"]) == pytest.approx(0.93, abs=1e-5)  # TV18
    assert {one.phasing_status for one in mappings.plan.lines.values()} == {"proposé"}


def test_no_declaration_holds_a_path_of_this_machine() -> None:
    folder: Path = shipped("mappings")
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert "/work" not in text
        assert "/tmp" not in text  # noqa: S108 - looked for, not used
