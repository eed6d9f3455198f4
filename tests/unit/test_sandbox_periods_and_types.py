"""Do the sandbox's periods and value grammar say what DHIS2 says?"""

from datetime import date

import pytest

from layidu.sandbox.periods import containing, count_inside, latest_open, parse
from layidu.sandbox.value_types import why_not


@pytest.mark.parametrize(
    "iso", ["202613", "2026Q5", "2026S3", "2026W60", "20260230", "2026-01", "", "janvier"]
)
def test_what_is_no_period_is_none(iso: str) -> None:
    assert parse(iso) is None


@pytest.mark.parametrize(
    ("iso", "start", "end"),
    [
        ("202402", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026W1", date(2025, 12, 29), date(2026, 1, 4)),
        ("202606B", date(2026, 11, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_covers_its_days(iso: str, start: date, end: date) -> None:
    found = parse(iso)
    assert found is not None
    assert (found.start, found.end) == (start, end)
    assert containing(found.period_type, start) == found == containing(found.period_type, end)


def test_without_open_future_periods_the_running_month_is_not_open() -> None:
    assert latest_open("Monthly", date(2026, 4, 8), 0).iso == "202603"
    assert latest_open("Monthly", date(2026, 4, 8), 1).iso == "202604"
    assert latest_open("Yearly", date(2026, 4, 8), 1).iso == "2026"


def test_months_inside_a_quarter() -> None:
    assert count_inside("Monthly", date(2026, 1, 1), date(2026, 3, 31)) == 3
    assert count_inside("Quarterly", date(2026, 1, 1), date(2026, 1, 31)) == 0


@pytest.mark.parametrize(
    ("value_type", "value", "fits"),
    [
        ("PERCENTAGE", "100", True),
        ("PERCENTAGE", "100.1", False),
        ("UNIT_INTERVAL", "1.1", False),
        ("INTEGER_NEGATIVE", "0", False),
        ("BOOLEAN", "oui", False),
        ("DATE", "2026-02-30", False),
        ("NUMBER", "٣", False),
        ("LONG_TEXT", "n'importe quoi", True),
    ],
)
def test_values_fit_their_type_or_not(value_type: str, value: str, fits: bool) -> None:  # noqa: FBT001
    assert (why_not(value_type, value) is None) is fits
