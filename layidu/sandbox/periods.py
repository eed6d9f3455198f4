"""Which days does a DHIS2 period cover? Only what the sandbox needs, on purpose not the engine's own periods."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS_OF = {"Monthly": 1, "BiMonthly": 2, "Quarterly": 3, "SixMonthly": 6, "Yearly": 12}
TYPES = ("Daily", "Weekly", *MONTHS_OF)
SHAPES = (
    (re.compile(r"(\d{4})(\d{2})(\d{2})"), "Daily"),
    (re.compile(r"(\d{4})W(\d{1,2})"), "Weekly"),
    (re.compile(r"(\d{4})(\d{2})"), "Monthly"),
    (re.compile(r"(\d{4})(\d{2})B"), "BiMonthly"),
    (re.compile(r"(\d{4})Q([1-4])"), "Quarterly"),
    (re.compile(r"(\d{4})S([12])"), "SixMonthly"),
    (re.compile(r"(\d{4})"), "Yearly"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A period as its id, its type and its first and last day."""

    iso: str
    period_type: str
    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it covers."""
        return (self.end - self.start).days + 1


@lru_cache(maxsize=20_000)
def parse(iso: str) -> Period | None:
    """The period of an id, or None when DHIS2 would not know it."""
    for shape, period_type in SHAPES:
        match = shape.fullmatch(iso)
        if match:
            try:
                return _build(iso, period_type, [int(part) for part in match.groups()])
            except ValueError:
                return None
    return None


def _build(iso: str, period_type: str, parts: list[int]) -> Period:
    if period_type == "Daily":
        day = date(*parts)
        return Period(iso, period_type, day, day)
    if period_type == "Weekly":
        monday = date.fromisocalendar(parts[0], parts[1], 1)
        return Period(iso, period_type, monday, monday + timedelta(days=6))
    length = MONTHS_OF[period_type]
    number = parts[1] if len(parts) > 1 else 1
    if number * length > 12:
        raise ValueError(iso)
    start = date(parts[0], (number - 1) * length + 1, 1)
    last = start.month + length - 1
    return Period(iso, period_type, start, date(start.year, last, monthrange(start.year, last)[1]))


def containing(period_type: str, day: date) -> Period:
    """The period of this type a day lies in."""
    if period_type == "Daily":
        iso = f"{day:%Y%m%d}"
    elif period_type == "Weekly":
        year, week, _ = day.isocalendar()
        iso = f"{year}W{week}"
    else:
        number = (day.month - 1) // MONTHS_OF[period_type] + 1
        iso = {
            "Monthly": f"{day.year}{number:02}",
            "BiMonthly": f"{day.year}{number:02}B",
            "Quarterly": f"{day.year}Q{number}",
            "SixMonthly": f"{day.year}S{number}",
            "Yearly": f"{day.year}",
        }[period_type]
    found = parse(iso)
    if found is None:
        raise ValueError(iso)
    return found


def latest_open(period_type: str, today: date, open_future_periods: int) -> Period:
    """The last period a data set takes values for: with no open future periods, the last one that ended."""
    period = containing(period_type, containing(period_type, today).start - timedelta(days=1))
    for _ in range(open_future_periods):
        period = containing(period_type, period.end + timedelta(days=1))
    return period


def count_inside(period_type: str, start: date, end: date) -> int:
    """How many periods of a type lie wholly between two days."""
    period = containing(period_type, start)
    if period.start < start:
        period = containing(period_type, period.end + timedelta(days=1))
    count = 0
    while period.end <= end:
        count += 1
        period = containing(period_type, period.end + timedelta(days=1))
    return count
