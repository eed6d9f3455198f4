"""Numbers, periods and names as French readers write them."""

import pytest

from layidu.report import french


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567.891, 1, "1\u202f234\u202f567,9"),
        (0.0, 1, "0,0"),
        (-0.04, 1, "0,0"),
        (-1234.5, 1, "\u22121\u202f234,5"),
        (999.96, 1, "1\u202f000,0"),
        (None, 0, "–"),
        (float("nan"), 0, "–"),
        (float("inf"), 0, "–"),
    ],
)
def test_number(value: float | None, decimals: int, text: str) -> None:
    assert french.number(value, decimals) == text


def test_exact_keeps_what_matters() -> None:
    assert french.exact(0.1 + 0.2) == "0,3"
    assert french.exact(1000.0) == "1\u202f000"
    assert french.exact(2.5) == "2,5"


@pytest.mark.parametrize(
    "value", [0, 9.99, 99.94, 999.95, 1000, 99_999.4, 99_999.6, 999_499, 999_501, 9.996e6, 8e8, 1e9]
)
def test_compact_fits_six_characters(value: float) -> None:
    assert len(french.compact(value, 1)) <= 6


def test_periods() -> None:
    assert french.period("202603") == "mars 2026"
    assert french.period("2026Q1") == "1er trimestre 2026"
    assert french.period("2026W12") == "2026W12"
    assert french.period("202613") == "202613"
    assert french.running("2026Q1", "202603") == "1er trimestre 2026"
    assert french.running("2026", "202603") == "2026, jusqu'à fin mars"
    assert french.running("2025", "202512") == "2025"


def test_count_and_names() -> None:
    assert french.count(1, "valeur") == "1\u00a0valeur"
    assert french.count(1200, "cellule") == "1\u202f200\u00a0cellules"
    assert sorted(["Zone", "Élan", "eau"], key=french.alphabetical) == ["eau", "Élan", "Zone"]
    assert french.plain("a\x1b[31m\u202eb\nc") == "a\ufffd[31m\ufffdb\ufffdc"
    assert french.plain(float("nan")) == ""
