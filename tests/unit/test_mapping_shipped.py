"""What the shipped declarations say: every fact against its source, and every file against the others."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from layidu.compute.cascade import share_of
from layidu.compute.populations import totals_of
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


def test_the_census_regions_add_up_to_their_printed_sum_on_both_maps(mappings: Mappings) -> None:
    assert mappings.populations is not None
    census = mappings.populations.series["rgph5"]
    assert len(census.totals) == 20
    eleven = {f"ML-{number:02d}": number for number in range(11)}
    twenty = {f"ML-{number:02d}": number for number in range(20)}
    for tree, kayes in ((eleven, 3_200_061), (twenty, 1_840_329)):
        totals = totals_of(census, tree)
        assert set(totals) == set(tree)
        assert sum(totals.values()) == 22_395_490
        assert totals["ML-01"] == kayes
    assert totals_of(census, {"ML-01": 1, "ML-02": 2}) == {}  # half a map is none


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
    assert (1200 + 1900) / (line.quantity * mappings.plan.phasings["thirds"].shares["2026"]) == pytest.approx(
        0.93, abs=1e-5
    )  # TV18
    assert {one.status for one in mappings.plan.phasings.values()} == {"proposé"}


def test_no_declaration_holds_a_path_of_this_machine() -> None:
    folder: Path = shipped("mappings")
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert "/work" not in text
        assert "/tmp" not in text  # noqa: S108 - looked for, not used


def tally(words: Iterable[str | None]) -> dict[str | None, int]:
    return dict(Counter(words))


def test_the_tallies_of_the_report_are_reproduced_by_counting(mappings: Mappings) -> None:
    """8, 3, 0 and 4 blank by the titles; 6, 9, 0 by the recapitulation's fifteen rows, the doubled one too."""
    report = mappings.report
    assert report is not None
    assert tally(report.colour(title.word) for title in report.titles) == {"GREEN": 8, "YELLOW": 3, None: 4}
    rows = report.recapitulation
    assert tally(report.colour(row.word) for row in rows) == {"GREEN": 6, "YELLOW": 9}
    assert len(rows) == 15
    assert [row.instead_of for row in rows if row.instead_of] == ["FP2030-I2.2"]
    # Without the doubled row eight are left, and I2.2 has no status anywhere.
    assert tally(row.word for row in rows if not row.instead_of) == {"Réalisé": 6, "En bonne voie": 8}
    assert "FP2030-I2.2" not in {row.indicator for row in rows}


def test_the_summary_is_kept_as_printed_and_nothing_reproduces_it(mappings: Mappings) -> None:
    report = mappings.report
    assert report is not None
    counts = {report.colour(word): count for word, count in report.summary.counts.items()}
    assert counts == {"GREEN": 10, "YELLOW": 2, "RED": 2}
    assert report.summary.note
    assert "non reproductible" in report.summary.note
    for words in ([one.word for one in report.titles], [one.word for one in report.recapitulation]):
        assert tally(report.colour(word) for word in words) != counts


def test_fifteen_process_indicators_and_where_their_statuses_disagree(mappings: Mappings) -> None:
    report = mappings.report
    assert report is not None
    processes = {code: one for each in mappings.commitments.values() for code, one in each.processes.items()}
    assert len(mappings.commitments) == 6
    assert len(processes) == 15
    parts = [part for one in processes.values() for part in one.parts]
    assert parts == ["FP2030-I4.1A", "FP2030-I4.1B", "FP2030-I5.1A", "FP2030-I5.1B"]
    letters = [one.questionnaire for one in processes.values()]
    assert letters == [*"abcdefghijklmn", None]  # the annex forgot I6.3
    assert [title.indicator for title in report.titles] == list(processes)
    titles = {one.indicator: report.colour(one.word) for one in report.titles}
    rows = {one.indicator: report.colour(one.word) for one in report.recapitulation if not one.instead_of}
    disagree = [code for code in rows if titles[code] and titles[code] != rows[code]]
    assert disagree == ["FP2030-I1.1", "FP2030-I5.1"]
    assert list(report.contradictions) == [f"C{number:02}" for number in range(1, 26)]


def test_the_plan_has_ninety_activities_and_fifty_four_quantities(mappings: Mappings) -> None:
    plan = mappings.plan
    assert plan is not None
    lines = plan.lines
    assert len(lines) == 92
    assert len({(line.sector, line.printed) for line in lines.values()}) == 90
    assert tally(line.quantity_from for line in lines.values() if line.quantity is not None) == {
        "chiffre imprimé": 51,
        "mot « un »": 3,
    }
    read_from_a_word = [code for code, line in lines.items() if line.quantity_from == "mot « un »"]
    assert read_from_a_word == ["CAEB-INF-03", "CAEB-INF-04", "CAEB-INF-05"]
    # Every figure stands in the words of its line: 5000, 06, 30.
    for code, line in lines.items():
        if line.quantity_from == "chiffre imprimé":
            assert line.quantity in {float(found) for found in re.findall(r"\d+", line.printed)}, code
        elif line.quantity is None:
            assert not re.search(r"\b0?\d+\b", line.printed), code
            assert line.phasing is None
    assert tally(line.responsible for line in lines.values())[None] == 2
    assert [code for code, line in lines.items() if line.printed_in == ["V"]] == [
        "CAEB-MOB-09",
        "CAEB-PLA-05",
    ]
    assert [code for code, line in lines.items() if line.printed_in == ["VI"]] == [
        "CAEB-INF-01",
        "CAEB-MOB-01",
        "CAEB-INN-01",
    ]
    assert list(plan.contradictions) == [f"K{number:02}" for number in range(1, 10)]
    rhythms = {code.removeprefix("CAEB-"): line.phasing for code, line in lines.items() if line.phasing}
    assert {code for code, name in rhythms.items() if name == "yearly"} == {
        "SR-10",
        "NUT-05",
        "PAL-04",
        "COM-08",
        "CAP-10",
    }
    assert {code for code, name in rhythms.items() if name == "quarterly"} == {"CAP-08", "CAP-09"}
    assert {code for code, name in rhythms.items() if name == "end"} == {
        "EHA-06",
        *(f"INF-0{number}" for number in (3, 4, 5, 6)),
    }


def test_groups_nobody_has_listed_are_unknown_not_empty(mappings: Mappings) -> None:
    assert mappings.org_units is not None
    nobody = {name for name, group in mappings.org_units.groups.items() if group.members is None}
    assert nobody == {"ZONE_CRISE", "CAEB_APPUI"}
