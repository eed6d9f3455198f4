"""Periods as DHIS2 names them, in the ISO calendar: read, list, step and count days.

Source of the ids: DHIS2's documentation of date and period formats; the financial and shifted types start in
the month their name says (`2024NovS1` and `2024Nov` start in November of the year *before*).
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ISO_WEEKDAY = {
    "Weekly": ("W", 1),
    "WeeklyWednesday": ("WedW", 3),
    "WeeklyThursday": ("ThuW", 4),
    "WeeklyFriday": ("FriW", 5),
    "WeeklySaturday": ("SatW", 6),
    "WeeklySunday": ("SunW", 7),
}

#: type -> (months it lasts, month its first period starts in, years its label is ahead of its start)
MONTH_TYPES = {
    "Monthly": (1, 1, 0),
    "BiMonthly": (2, 1, 0),
    "Quarterly": (3, 1, 0),
    "QuarterlyNov": (3, 11, 1),
    "SixMonthly": (6, 1, 0),
    "SixMonthlyApril": (6, 4, 0),
    "SixMonthlyNov": (6, 11, 1),
    "Yearly": (12, 1, 0),
    "FinancialFeb": (12, 2, 0),
    "FinancialApril": (12, 4, 0),
    "FinancialJuly": (12, 7, 0),
    "FinancialAug": (12, 8, 0),
    "FinancialSep": (12, 9, 0),
    "FinancialOct": (12, 10, 0),
    "FinancialNov": (12, 11, 1),
}

PATTERNS = {
    "Monthly": r"(?P<year>[0-9]{4})(?P<number>0[1-9]|1[0-2])",
    "BiMonthly": r"(?P<year>[0-9]{4})(?P<number>0[1-6])B",
    "Quarterly": r"(?P<year>[0-9]{4})Q(?P<number>[1-4])",
    "QuarterlyNov": r"(?P<year>[0-9]{4})NovQ(?P<number>[1-4])",
    "SixMonthly": r"(?P<year>[0-9]{4})S(?P<number>[12])",
    "SixMonthlyApril": r"(?P<year>[0-9]{4})AprilS(?P<number>[12])",
    "SixMonthlyNov": r"(?P<year>[0-9]{4})NovS(?P<number>[12])",
    "Yearly": r"(?P<year>[0-9]{4})",
    "FinancialFeb": r"(?P<year>[0-9]{4})Feb",
    "FinancialApril": r"(?P<year>[0-9]{4})April",
    "FinancialJuly": r"(?P<year>[0-9]{4})July",
    "FinancialAug": r"(?P<year>[0-9]{4})Aug",
    "FinancialSep": r"(?P<year>[0-9]{4})Sep",
    "FinancialOct": r"(?P<year>[0-9]{4})Oct",
    "FinancialNov": r"(?P<year>[0-9]{4})Nov",
    **{
        name: rf"(?P<year>[0-9]{{4}}){mark}(?P<number>[1-9][0-9]?)" for name, (mark, _) in ISO_WEEKDAY.items()
    },
    "BiWeekly": r"(?P<year>[0-9]{4})BiW(?P<number>[1-9][0-9]?)",
    "Daily": r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
}
COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}
PERIOD_TYPES = tuple(PATTERNS)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One period: its first and last day (both belong to it), its type and DHIS2's id."""

    start: date
    end: date
    type: str
    id: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def overlaps(self, start: date, end: date) -> bool:
        """Whether any of its days lies between start and end, both included."""
        return self.start <= end and start <= self.end


def parse(text: str) -> Period:
    """Read a DHIS2 period id; ValueError when it is none (`202413`, `2024W53`, Arabic digits, blanks)."""
    for period_type, pattern in COMPILED.items():
        match = pattern.fullmatch(text)
        if match:
            parts = {name: int(value) for name, value in match.groupdict().items()}
            period = build(period_type, parts)
            if period.id != text:
                break
            return period
    raise ValueError(f"not a period: {text!r}")


def build(period_type: str, parts: dict[str, int]) -> Period:
    """The period a matched id stands for; ValueError when the calendar has no such day or week."""
    if period_type == "Daily":
        return day_period(date(parts["year"], parts["month"], parts["day"]))
    if period_type in ISO_WEEKDAY:
        return week_period(period_type, parts["year"], parts["number"])
    if period_type == "BiWeekly":
        return biweek_period(parts["year"], parts["number"])
    return month_period(period_type, parts["year"], parts.get("number", 1))


def day_period(day: date) -> Period:
    """One day."""
    return Period(day, day, "Daily", day.strftime("%Y%m%d"))


def week_one(year: int, weekday: int) -> date:
    """First day of week 1: the week, beginning on this weekday, that holds 4 January (ISO for Monday)."""
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.isoweekday() - weekday) % 7)


def weeks_in(year: int, weekday: int) -> int:
    """52 or 53."""
    return (week_one(year + 1, weekday) - week_one(year, weekday)).days // 7


def week_period(period_type: str, year: int, number: int) -> Period:
    """Week `number` of a year; ValueError for a week 53 that year does not have."""
    mark, weekday = ISO_WEEKDAY[period_type]
    if not 1 <= number <= weeks_in(year, weekday):
        raise ValueError(f"{year} has no week {number}")
    start = week_one(year, weekday) + timedelta(weeks=number - 1)
    return Period(start, start + timedelta(days=6), period_type, f"{year}{mark}{number}")


def biweek_period(year: int, number: int) -> Period:
    """Two ISO weeks; a year has 26 of them, and a week 53 joins the last one's successor of the next year."""
    if not 1 <= number <= 26:
        raise ValueError(f"{year} has no two weeks {number}")
    start = week_one(year, 1) + timedelta(weeks=2 * (number - 1))
    return Period(start, start + timedelta(days=13), "BiWeekly", f"{year}BiW{number}")


def month_period(period_type: str, year: int, number: int) -> Period:
    """A period made of whole months: the `number`-th of the label's year."""
    length, first_month, ahead = MONTH_TYPES[period_type]
    months = (year - ahead) * 12 + first_month - 1 + length * (number - 1)
    start = date(months // 12, months % 12 + 1, 1)
    end = month_end(month_back(start, 1 - length))
    return Period(start, end, period_type, month_id(period_type, year, number))


def month_id(period_type: str, year: int, number: int) -> str:
    """Spell the id of a period made of whole months."""
    suffixes = {
        "Monthly": f"{number:02d}",
        "BiMonthly": f"{number:02d}B",
        "Quarterly": f"Q{number}",
        "QuarterlyNov": f"NovQ{number}",
        "SixMonthly": f"S{number}",
        "SixMonthlyApril": f"AprilS{number}",
        "SixMonthlyNov": f"NovS{number}",
        "Yearly": "",
    }
    return f"{year:04d}{suffixes.get(period_type, period_type.removeprefix('Financial'))}"


def month_back(day: date, months: int) -> date:
    """The first day of the month that many months earlier (later when negative)."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def containing(period_type: str, day: date) -> Period:
    """The period of this type that holds a day; ValueError for a type layidu does not know."""
    found = next(iter(overlapping(period_type, day, day)), None)
    if found is None:
        raise ValueError(f"no {period_type} period holds {day}")
    return found


def next_period(period: Period) -> Period:
    """The period of the same type that begins the day after."""
    return containing(period.type, period.end + timedelta(days=1))


def overlapping(period_type: str, start: date, end: date) -> list[Period]:
    """Every period of a type that shares a day with [start, end], oldest first."""
    if period_type not in COMPILED:
        raise ValueError(f"unknown period type: {period_type!r}")
    candidates = (
        period
        for year in range(start.year - 1, end.year + 3)
        for period in of_year(period_type, year)
        if period.overlaps(start, end)
    )
    return sorted(set(candidates))


def of_year(period_type: str, year: int) -> Iterator[Period]:
    """The periods whose label bears this year."""
    if period_type == "Daily":
        first = date(year, 1, 1)
        yield from (day_period(first + timedelta(days=n)) for n in range((date(year + 1, 1, 1) - first).days))
    elif period_type in ISO_WEEKDAY:
        weekday = ISO_WEEKDAY[period_type][1]
        yield from (week_period(period_type, year, n + 1) for n in range(weeks_in(year, weekday)))
    elif period_type == "BiWeekly":
        yield from (biweek_period(year, n + 1) for n in range(26))
    else:
        length = MONTH_TYPES[period_type][0]
        yield from (month_period(period_type, year, n + 1) for n in range(12 // length))


def ended(period: Period, on: date) -> bool:
    """Whether a period is over on a day."""
    return period.end < on


def month_number(day: date) -> int:
    """`202603`, the integer frames use for months."""
    return day.year * 100 + day.month


def days_in_month(month: int) -> int:
    """Days of the month `yyyymm`."""
    return monthrange(month // 100, month % 100)[1]


def quarter_id(month: int) -> str:
    """The quarter a month `yyyymm` belongs to."""
    return f"{month // 100}Q{(month % 100 + 2) // 3}"
