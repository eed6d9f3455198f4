"""A slip in the files of promises is named with its place; nothing is computed on it."""

import shutil
from pathlib import Path
from unittest.mock import ANY

import pytest

from layidu.mapping.checker import check_declarations
from layidu.mapping.problems import DeclarationErrors
from layidu.mapping.reader import read_mappings
from layidu.settings import shipped

FP2030, REPORT, PLAN, PLACES = (
    *("commitments/fp2030.yaml", "commitments/fp2030_report_2022.yaml"),
    *("commitments/caeb_2025_2027.yaml", "org_units.yaml"),
)
MEASURE = "      measured_by:\n        indicator: PF-NU\n        group: ZONE_CRISE\n"
SLIPS = [
    (FP2030, "indicator: PF-NU\n", "indicator: PF-NUU\n", "unknown-name", "PF-NU"),
    (FP2030, "group: ZONE_CRISE", "group: ZONES_CRISE", "unknown-name", "ZONE_CRISE"),
    (FP2030, MEASURE, MEASURE.replace("PF-NU", "PF-NU-J"), "ratio-compared", None),
    (FP2030, "reference: PF-TPCM", "reference: PF-TPCN", "unknown-name", "PF-TPCM"),
    (FP2030, "proxies: [PF-CYP,", "proxies: [PF-CYPX,", "unknown-name", "PF-CYP"),
    (FP2030, "baseline_year: 2020", "baseline_year: 2031", "trajectory", None),
    (FP2030, "        baseline: 17\n", "        baseline: 0\n", None, None),
    (FP2030, "target: 20\n", "target: 0\n", "trajectory", None),
    (REPORT, "word: En bonne voie}", "word: En bone voie}", "unknown-name", "En bonne voie"),
    (REPORT, "instead_of: FP2030-I2.2", "instead_of: FP2030-I2.9", "unknown-name", "FP2030-I2.2"),
    (REPORT, "concerns: [FP2030-I1.1]", "concerns: [FP2030-I9.9]", "unknown-name", ANY),
    (REPORT, "commitments: [FP2030-E3,", "commitments: [FP2030-E9,", "unknown-name", ANY),
    (PLAN, "phasing: quarterly", "phasing: quaterly", "unknown-name", "quarterly"),
    (PLAN, 'shares: {"2025": 0, "2026": 0, "2027": 1}', 'shares: {"2025": 0, "2026": 1}', "phasing", None),
    (PLAN, "    quantity_from: mot « un »\n", "", "quantity-source", None),
    (PLAN, "companion_group: CAEB_APPUI", "companion_group: CAEB_APUI", "unknown-name", "CAEB_APPUI"),
    (
        PLACES,
        "    members: null",
        '    members: [{code: A, valid_to: "202512"}, {code: A, valid_from: "202512"}]',
        "member-twice",
        None,
    ),
    (
        PLACES,
        "    members: null",
        '    members: [{code: A, valid_to: "202511"}, {code: A, valid_from: "202512"}]',
        None,
        None,
    ),
]


def broken(folder: Path, file: str, before: str, after: str) -> Path:
    """A copy of the shipped declarations with one slip."""
    shutil.copytree(shipped("mappings"), folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text, before
    (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("file", "before", "after", "code", "near"), SLIPS)
def test_a_slip_is_named(
    tmp_path: Path, file: str, before: str, after: str, code: str | None, near: str | None
) -> None:
    mappings = read_mappings(broken(tmp_path / "mappings", file, before, after))
    errors = [problem for problem in check_declarations(mappings) if problem.severity == "error"]
    assert [problem.code for problem in errors] == ([code] if code else [])
    for problem in errors:
        assert problem.place is not None
        assert problem.place.file.endswith(file)
        assert problem.near == near


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        (PLAN, 'shares: {"2025": 0, "2026": 0, "2027": 1}', "shares: {}"),
        (PLAN, "quantity_from: chiffre imprimé", "quantity_from: chiffre"),
        (FP2030, "milestones: loi", "milestones: lois"),
        (FP2030, "trajectory: floor", "trajectory: ground"),
    ],
)
def test_a_word_that_means_nothing_does_not_load(tmp_path: Path, file: str, before: str, after: str) -> None:
    with pytest.raises(DeclarationErrors) as refused:
        read_mappings(broken(tmp_path / "mappings", file, before, after))
    assert file in str(refused.value)


def test_a_logistic_path_needs_room_on_both_sides(tmp_path: Path) -> None:
    folder = broken(tmp_path / "mappings", FP2030, "        baseline: 17\n", "        baseline: 0\n")
    path = folder / FP2030
    path.write_text(path.read_text(encoding="utf-8").replace("trajectory: linear", "trajectory: logistic", 1))
    [problem] = [one for one in check_declarations(read_mappings(folder)) if one.severity == "error"]
    assert "logistique de 0.0 à 40.0" in problem.found
