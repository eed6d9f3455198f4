"""The board: which value, which arrow, which colour; and how it reads on a terminal."""

import re

import pandas as pd
import pytest
from rich.cells import cell_len

from layidu.model.slices import Slice, SliceAccount
from layidu.report import terminal
from layidu.report.board import ARROWS, LABELLED, Board, board
from layidu.report.cell import Cell
from tests.report_world import accounts, indicators, labelled, thresholds, trends

PLACES = ((1, "Mali", 1, None), (2, "Kidal", 2, "Mali"), (3, "Ségou", 2, "Mali"), (4, "Élan", 2, "Mali"))
MONTH = "202603"


def results(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of (indicator, org unit, period, numerator, denominator, value, status, completeness)."""
    names = {key: (name, level, parent) for key, name, level, parent in PLACES}
    return LABELLED.frame(
        (row[0], "", row[1], names[row[1]][0], f"u{row[1]}", names[row[1]][1], names[row[1]][2], *row[2:])
        for row in rows
        if isinstance(row[1], int)
    )


def arrows(*rows: tuple[str, int, str | None]) -> pd.DataFrame:
    return ARROWS.frame((code, unit, 3, trend) for code, unit, trend in rows)


def one(
    code: str,
    value: float,
    arrow: str | None,
    completeness: float = 0.9,
    status: str = "computed",
    below: float = 100,
) -> Cell:
    """The country's cell for one result of one indicator."""
    frame = results((code, 1, MONTH, value * below / 100, below, value, status, completeness))
    built = board(frame, arrows((code, 1, arrow)), {code: indicators()[code]}, thresholds())
    return built.lines[0].cells["month"][0]


@pytest.mark.parametrize(
    ("code", "arrow", "colour"),
    [
        ("PAL-CTA", "↑", "GREEN"),  # up is good
        ("PAL-CTA", "↓", "RED"),
        ("PAL-TPR", "↓", "GREEN"),  # down is good
        ("PAL-TPR", "↑", "RED"),
        ("PAL-TPR", "→", "YELLOW"),
        ("PF-NU-J", "↑", "GREY"),  # neither is good in itself
        ("PAL-TPR", None, "GREY"),  # nothing to compare with
    ],
)
def test_colour_is_the_trend_judged_by_the_direction(code: str, arrow: str | None, colour: str) -> None:
    assert one(code, 12.0, arrow).colour == colour


def test_incomplete_figures_are_shown_but_not_judged() -> None:
    least = thresholds().minimum_completeness
    assert one("PAL-TPR", 12.0, "↓", completeness=least).colour == "GREEN"
    below = one("PAL-TPR", 12.0, "↓", completeness=least - 0.001)
    assert (below.colour, below.text, below.solid) == ("GREY", "12,0", False)
    unknown = one("PAL-TPR", 12.0, "↓", completeness=float("nan"))
    assert (unknown.colour, unknown.judged) == ("GREY", "complétude inconnue")
    overstated = one("PAL-INC", 400.0, "↓", status="denominator incomplete")
    assert overstated.colour == "GREY"
    assert "dénominateur incomplet" in overstated.words


def test_no_value_says_why_in_words_and_never_zero() -> None:
    missing = one("PAL-TPR", float("nan"), "↓", status="denominator missing")
    assert (missing.colour, missing.text, missing.short, missing.arrow) == ("GREY", "–", "dén. –", "")
    assert "dénominateur manquant" in missing.words
    frame = results(
        ("PAL-TPR", 1, MONTH, 1.0, 2.0, 50.0, "computed", 1.0), ("PAL-CTA", 2, MONTH, 1, 2, 50, "computed", 1)
    )
    built = board(frame, arrows(), indicators(), thresholds())
    nothing = built.lines[0].cells["month"][0]
    assert (nothing.text, nothing.words) == ("–", "aucun résultat pour cette période")


def test_words_carry_parts_status_completeness_and_small_numbers() -> None:
    words = one("PAL-TPR", 41.7, "↓", below=12, completeness=0.871).words
    assert (
        words
        == "41,7 % = 5 ÷ 12 × 100 ; calculé ; effectif faible ; complétude 87\u00a0% ; va dans le bon sens"
    )


def test_latest_month_its_quarter_and_year_and_places_in_order() -> None:
    frame = results(
        ("PAL-TPR", 4, "202601", 1.0, 2.0, 50.0, "computed", 1.0),
        ("PAL-TPR", 3, "202602", 1.0, 2.0, 50.0, "computed", 1.0),
        ("PAL-TPR", 1, "2026Q1", 1.0, 4.0, 25.0, "computed", 1.0),
        ("PAL-TPR", 2, "2026", 1.0, 8.0, 12.5, "computed", 1.0),
    )
    built = board(frame, arrows(), {"PAL-TPR": indicators()["PAL-TPR"]}, thresholds())
    assert [period.id for period in built.periods] == ["202602", "2026Q1", "2026"]
    assert built.periods[1].name == "1er trimestre 2026, jusqu'à fin février"
    assert [place.name for place in built.places] == ["Mali", "Élan", "Kidal", "Ségou"]
    line = built.lines[0]
    assert [each.text for each in line.cells["month"]] == ["–", "–", "–", "50,0"]
    assert [each.text for each in line.cells["quarter"]] == ["25,0", "–", "–", "–"]
    assert [each.text for each in line.cells["year"]] == ["–", "–", "12,5", "–"]


def test_nothing_computed_yet_is_said() -> None:
    empty = board(LABELLED.frame(), ARROWS.frame(), indicators(), thresholds())
    assert empty.periods == []
    assert "Aucun mois n'est encore calculé" in terminal.as_text(terminal.table(empty))


@pytest.fixture(scope="module")
def mali() -> Board:
    frame = labelled()
    return board(frame, ARROWS.cast(trends()), indicators(), thresholds())


def test_the_table_fits_120_columns_whole(mali: Board) -> None:
    text = terminal.as_text(terminal.table(mali))
    lines = text.splitlines()
    assert max(cell_len(line) for line in lines) <= 120
    assert "…" not in text
    for code in indicators():
        (line,) = [each for each in lines if each.strip().startswith(f"{code} ")]
        figures = re.findall(r"[–0-9.,\u202fkMG]+[↑→↓°]", line)
        assert len(figures) == 12, line
    assert "Tombou. = Tombouctou" in text


def test_the_table_speaks_without_colours_and_colours_on_a_terminal(mali: Board) -> None:
    bare = terminal.as_text(terminal.table(mali))
    assert "\x1b" not in bare
    assert "°" in bare.split("Flèche")[0]
    coloured = terminal.as_text(terminal.table(mali), colours=True)
    assert "\x1b[1;31m" in coloured
    assert "\x1b[1;32m" in coloured


def test_large_figures_shrink_and_names_cannot_speak_to_the_terminal() -> None:
    frame = results(("PAL-CONF", 1, MONTH, 3_456_789.0, None, 3_456_789.0, "computed", 1.0))
    frame = LABELLED.cast(frame.assign(org_unit_name="[red]\x1b[2JMali"))
    built = board(frame, arrows(("PAL-CONF", 1, "↑")), {"PAL-CONF": indicators()["PAL-CONF"]}, thresholds())
    text = terminal.as_text(terminal.table(built))
    assert "3,46\u202fM↑" in text
    assert "\x1b" not in text
    assert "[red]" in text


def test_account_table_says_the_equation_and_the_names() -> None:
    listed = accounts()
    text = terminal.as_text(
        terminal.account_table(listed, {"PuQ5MIbJy9Y": "Paludisme", "uRegion0001": "Kayes"})
    )
    assert "= nouvelles" in text
    assert "Paludisme · 202601-202603 · Kayes" in text
    assert "échouée" in text
    total = next(line for line in text.splitlines() if line.strip().startswith("Total"))
    assert re.findall(r"[0-9\u202f]+", total) == ["181\u202f239", "181\u202f200", "4", "1", "25", "9", "3"]
    two = [*listed, SliceAccount(Slice("amppf", "x", ("202603",), "y"), 0, 0, 0, 0, 0, 0, 0, "empty")]
    assert "amppf · x" in terminal.as_text(terminal.account_table(two))
