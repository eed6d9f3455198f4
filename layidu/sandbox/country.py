"""What a sandbox country is made of: metadata as DHIS2 imports it, values, people, and what was planted."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

#: When the sandbox's own clock starts; it runs on from there.
CLOCK_START = datetime(2026, 4, 8, 2, 0, 0)  # noqa: DTZ001 - the server's zone is UTC, its texts carry none

#: Columns of `Country.values`, all text but `deleted`: what a DHIS2 data value is made of.
VALUE_COLUMNS = (
    "data_element",
    "period",
    "org_unit",
    "category_option_combo",
    "attribute_option_combo",
    "value",
    "stored_by",
    "created",  # ISO, UTC, "2026-01-12T09:30:00"
    "last_updated",
    "comment",
    "deleted",
)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the sandbox with exactly the rights it needs."""

    username: str
    password: str
    token: str  # d2p_…, for ApiToken
    authorities: tuple[str, ...]
    org_units: tuple[str, ...]  # capture and data view roots; empty for an administrator
    data_read: tuple[str, ...] = ()  # data set uids
    data_write: tuple[str, ...] = ()  # data set uids


@dataclass(frozen=True, slots=True)
class Planted:
    """One error put into the country on purpose, and where a night should report it."""

    code: str  # comma-decimal, decimal-in-integer, negative-count, …
    found_as: str  # refused | finding | closed | event
    expected: str  # the refusal or finding code the night should give
    data_element: str | None
    period: str | None
    org_unit: str
    category_option_combo: str | None
    attribute_option_combo: str | None
    value: str | None
    note: str  # French, for the report


@dataclass(frozen=True, slots=True)
class Country:
    """A whole country: `metadata` has DHIS2's own plural names as keys and complete objects as items."""

    name: str
    metadata: dict[str, list[dict[str, Any]]]
    values: pd.DataFrame  # VALUE_COLUMNS
    registrations: pd.DataFrame  # data_set, period, org_unit, date (yyyy-mm-dd), stored_by
    accounts: tuple[Account, ...]  # admin, pull, push, analytics
    planted: tuple[Planted, ...] = field(default=())
