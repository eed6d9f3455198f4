"""Period ids against dates that can be looked up."""

from datetime import date

import pytest

from layidu.model.periods import containing, days_in_month, next_period, overlapping, parse, quarter_id

KNOWN = {
    "202402": ("Monthly", date(2024, 2, 1), date(2024, 2, 29)),
    "202402B": ("BiMonthly", date(2024, 3, 1), date(2024, 4, 30)),
    "2024Q1": ("Quarterly", date(2024, 1, 1), date(2024, 3, 31)),
    "2024NovQ1": ("QuarterlyNov", date(2023, 11, 1), date(2024, 1, 31)),
    "2024S2": ("SixMonthly", date(2024, 7, 1), date(2024, 12, 31)),
    "2024AprilS2": ("SixMonthlyApril", date(2024, 10, 1), date(2025, 3, 31)),
    "2024NovS1": ("SixMonthlyNov", date(2023, 11, 1), date(2024, 4, 30)),
    "2024": ("Yearly", date(2024, 1, 1), date(2024, 12, 31)),
    "2024Oct": ("FinancialOct", date(2024, 10, 1), date(2025, 9, 30)),
    "2024Nov": ("FinancialNov", date(2023, 11, 1), date(2024, 10, 31)),
    "2020W53": ("Weekly", date(2020, 12, 28), date(2021, 1, 3)),
    "2025W1": ("Weekly", date(2024, 12, 30), date(2025, 1, 5)),
    "2024BiW1": ("BiWeekly", date(2024, 1, 1), date(2024, 1, 14)),
    "20240229": ("Daily", date(2024, 2, 29), date(2024, 2, 29)),
}


@pytest.mark.parametrize("text", KNOWN)
def test_an_id_stands_for_its_dates(text: str) -> None:
    period = parse(text)
    assert (period.type, period.start, period.end) == KNOWN[text]


@pytest.mark.parametrize(
    "text", ["", "202413", "202400", "2024W53", "2024W01", "20230229", "٢٠٢٤01", " 2024", "2024Q5"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"period|week|day|month"):
        parse(text)


def test_the_window_takes_every_period_that_shares_a_day() -> None:
    found = [period.id for period in overlapping("Quarterly", date(2024, 3, 31), date(2024, 7, 1))]
    assert found == ["2024Q1", "2024Q2", "2024Q3"]
    assert containing("Yearly", date(2026, 4, 8)).id == "2026"


def test_small_arithmetic() -> None:
    assert days_in_month(202402) == 29
    assert [quarter_id(month) for month in (202401, 202403, 202404, 202412)] == [
        "2024Q1",
        "2024Q1",
        "2024Q2",
        "2024Q4",
    ]
    assert next_period(parse("2020W53")).id == "2021W1"
