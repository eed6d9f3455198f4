"""What other declarations would do to the results: which values differ, which of them are published, how it is told."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from flows.differing import formulas_without_a_number, other_folder
from layidu.errors import ConfigurationError
from layidu.model.frames import RESULTS
from layidu.report.mapping_difference import compare, difference_json, difference_lines, largest
from tests.report_world import declarations, indicators

NOTHING = float("nan")
PUBLICATIONS = declarations().publications
LEVELS = {1: 1, 2: 3, 3: 4}
PLACES = {1: "Mali", 2: "Kolokani", 3: "CSCom"}


def results(*rows: tuple[str, str, int, str, float, float]) -> pd.DataFrame:
    """Indicator, disaggregation, org unit, period and both parts."""
    return RESULTS.frame(
        (code, split, unit, period, above, below, 100 * above / below, "computed", 1.0)
        for code, split, unit, period, above, below in rows
    )


BEFORE = results(
    ("PAL-TPR", "", 1, "202603", 10, 40),
    ("PAL-TPR", "", 2, "202603", 5, 20),
    ("PAL-TPR", "", 2, "2026Q1", 5, 20),
    ("PAL-TPR", "", 3, "202603", 5, 20),
    ("PAL-TPR", "malaria_age=0-4", 2, "202603", 1, 2),
)
AFTER = results(
    ("PAL-TPR", "", 1, "202603", 10, 40 * (1 + 1e-12)),
    ("PAL-TPR", "", 2, "202603", 6, 20),
    ("PAL-TPR", "", 2, "2026Q1", 6, 20),
    ("PAL-TPR", "malaria_age=0-4", 2, "202603", 2, 4),
    ("PAL-TPR", "", 3, "202602", 1, 2),
)


@pytest.fixture
def changes() -> pd.DataFrame:
    return compare(BEFORE, AFTER, PUBLICATIONS, LEVELS)


def test_what_differs_is_found_and_the_last_digits_are_not(changes: pd.DataFrame) -> None:
    found = {
        (row.org_unit, row.period, row.disaggregation): (row.kind, row.published)
        for row in changes.itertuples()
    }
    assert found == {
        (2, "202603", ""): ("changed", True),
        (2, "2026Q1", ""): ("changed", False),
        (2, "202603", "malaria_age=0-4"): ("changed", False),  # the same value of other parts
        (3, "202603", ""): ("gone", False),
        (3, "202602", ""): ("new", False),
    }


def test_equal_results_differ_in_nothing() -> None:
    assert compare(BEFORE, BEFORE, PUBLICATIONS, LEVELS).empty
    missing = RESULTS.frame([("A", "", 1, "2026", NOTHING, NOTHING, NOTHING, "numerator missing", NOTHING)])
    assert compare(missing, missing, {}, LEVELS).empty
    assert len(compare(missing, missing.assign(status="denominator missing"), {}, LEVELS)) == 1


def test_the_largest_changes_come_first_the_published_before_all() -> None:
    before = results(*(("PAL-TPR", "", unit, "202603", 10, 100) for unit in (1, 2, 3)))
    after = results(
        *(("PAL-TPR", "", unit, "202603", above, 100) for unit, above in ((1, 90), (2, 11), (3, 20)))
    )
    rows = largest(compare(before, after, PUBLICATIONS, LEVELS))
    assert rows["org_unit"].tolist() == [2, 1, 3]


def test_it_is_told_in_french_with_its_places(changes: pd.DataFrame) -> None:
    unnumbered = {"PAL-TPR": "formule changée sous son numéro 1 (numerator)"}
    text = "\n".join(difference_lines(changes, {"PAL-TPR": 6}, indicators(), PLACES, unnumbered))
    for words in (
        "PAL-TPR · Taux de positivité",
        "3\u00a0changées, 1\u00a0nouvelle, 1\u00a0disparue sur 6, dont 1 publiée(s)",
        "ATTENTION : formule changée sous son numéro 1 (numerator)",
        "Kolokani, mars 2026 : 25,0 → 30,0 · publiée",
        "5\u00a0différences sur 6 résultats, dont 1 publiée(s)",
    ):
        assert words in text, words
    nothing = compare(BEFORE, BEFORE, {}, LEVELS)
    assert list(difference_lines(nothing, {"PAL-TPR": 5}, indicators(), PLACES, {})) == [
        "aucune différence sur 5 résultats"
    ]


def test_a_machine_gets_counts_and_every_total(changes: pd.DataFrame) -> None:
    told = difference_json(changes, {"PAL-TPR": 6}, PLACES, {})
    assert told["indicators"] == {
        "PAL-TPR": {"compared": 6, "changed": 3, "new": 1, "gone": 1, "published": 1}
    }
    assert len(told["totals"]) == 4
    assert {row["org_unit_name"] for row in told["totals"]} == {"Kolokani", "CSCom"}


def repository(folder: Path) -> Path:
    """A repository whose mappings said something else one commit ago."""
    mappings = folder / "mappings"
    mappings.mkdir()
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for text in ("a: {data_sets: []}\n", "b: {data_sets: []}\n"):
        (mappings / "sources.yaml").write_text(text, encoding="utf-8")
        for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", str(folder), *arguments], check=True)  # noqa: S603, S607
    return mappings


def test_a_revision_of_git_is_unpacked_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    mappings = repository(tmp_path)
    with other_folder(mappings, "HEAD~1") as folder:
        assert folder is not None
        assert (folder / "sources.yaml").read_text(encoding="utf-8") == "a: {data_sets: []}\n"
    assert not folder.exists()
    with other_folder(mappings, str(mappings)) as folder:
        assert folder == mappings
    with other_folder(mappings, None) as folder:
        assert folder is None


@pytest.mark.parametrize("text", ["HEAD~9", "--output=/tmp/x", "nulle-part"])
def test_what_is_neither_a_folder_nor_a_revision_is_said(tmp_path: Path, text: str) -> None:
    mappings = repository(tmp_path)
    with pytest.raises(ConfigurationError) as caught, other_folder(mappings, text):
        pass
    assert text in caught.value.where


def test_a_formula_that_changes_under_its_number_is_named(tmp_path: Path) -> None:
    from layidu.mapping.reader import read_mappings

    (tmp_path / "indicators").mkdir()
    (tmp_path / "sources.yaml").write_text("a: {data_sets: []}\n", encoding="utf-8")
    keys = (
        '{name: A, short_name: A, definition: d, numerator: "#{v}", unit: u, theme: t, owner: o, source: s}'
    )
    (tmp_path / "indicators" / "a.yaml").write_text(f"A: {keys}\n", encoding="utf-8")
    mappings = read_mappings(tmp_path)
    same = {("A", 1): {"numerator": "#{v}", "denominator": None, "factor": 1.0, "annualised": False}}
    assert formulas_without_a_number(same, mappings) == {}
    other = {("A", 1): {**same["A", 1], "numerator": "#{w}", "factor": 100.0}}
    assert formulas_without_a_number(other, mappings) == {
        "A": "formule changée sous son numéro 1 (numerator, factor)"
    }
    assert formulas_without_a_number({}, mappings) == {}
