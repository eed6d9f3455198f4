"""What do the analytics tables hold? The numbers of the last build, as arrays sorted by data element."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.periods import TYPES, parse
from layidu.sandbox.store import Store
from layidu.sandbox.value_types import NUMERIC

FILE = "analytics.npz"
ZERO_SETTING = "keyIncludeZeroValuesInAnalytics"
PERIOD_TYPES_NOTE = "dataOutputPeriodTypes"
BATCH = 100_000
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
SELECT = (
    "SELECT data_element, period, org_unit, category_option_combo, attribute_option_combo, CAST(value AS REAL) "
    "FROM data_value WHERE deleted = 0 AND value <> '' AND value NOT GLOB '*[^0-9.-]*'"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """One build: values (element, period, org unit, option, attribute, number) and registrations."""

    keys: Integers  # five columns, sorted by the first
    values: Numbers
    registrations: Integers  # data set, period, org unit, on time
    period_types: tuple[str, ...]  # those the tables have a column for

    def of(self, element: int) -> slice:
        """The rows of one data element."""
        low, high = np.searchsorted(self.keys[:, 0], [element, element + 1])
        return slice(int(low), int(high))


def period_types(store: Store) -> list[str]:
    """The period types analytics is shown for, since 2.43; all, where nobody said otherwise."""
    names: list[str] = json.loads(store.note(PERIOD_TYPES_NOTE) or json.dumps(TYPES))
    return names


def build(store: Store, metadata: Metadata, dialect: Dialect) -> Facts:
    """Read everything that can be aggregated, as the server's own job does."""
    words = store.words
    elements = metadata.objects["dataElements"]
    kept = [
        key
        for name, item in elements.items()
        if (key := words.key_of.get(name))
        and item["valueType"] in NUMERIC
        and item["aggregationType"] != "NONE"
    ]
    significant = [key for key in kept if elements[words.text_of[key]].get("zeroIsSignificant")]
    if store.note(ZERO_SETTING) != "true" or Change.V242_ZEROS_WHEN_ASKED not in dialect:
        significant = []
    parts = [np.empty((0, 6))]
    for batch in _batches(store):
        rows = np.array(batch, dtype=np.float64)
        counts = np.isin(rows[:, 0], kept) & ((rows[:, 5] != 0) | np.isin(rows[:, 0], significant))
        parts.append(rows[counts])
    rows = np.concatenate(parts)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    shown = period_types(store) if Change.V243_PERIOD_TYPES in dialect else list(TYPES)
    registrations = _registrations(store, metadata)
    return Facts(rows[:, :5].astype(np.int64), rows[:, 5].copy(), registrations, tuple(shown))


def _batches(store: Store) -> Iterator[list[tuple[float, ...]]]:
    with store.reading() as connection:
        cursor = connection.execute(SELECT)
        while batch := cursor.fetchmany(BATCH):
            yield batch


def _registrations(store: Store, metadata: Metadata) -> Integers:
    words = store.words.text_of
    with store.reading() as connection:
        found = connection.execute(
            "SELECT data_set, period, org_unit, date FROM registration WHERE completed = 1"
        ).fetchall()
    rows = []
    for data_set, period, org_unit, day in found:
        item = metadata.get("dataSets", words[data_set]) or {}
        known = parse(words[period])
        if known is not None:
            # The server grants one day more than the data set's timely days.
            limit = known.end + timedelta(days=1 + int(item.get("timelyDays") or 0))
            rows.append((data_set, period, org_unit, int(date.fromisoformat(day) <= limit)))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def save(facts: Facts, folder: Path) -> None:
    """Keep a build, so that a restarted sandbox answers as before."""
    part = folder / f"part-{FILE}"
    np.savez(
        part,
        keys=facts.keys,
        values=facts.values,
        registrations=facts.registrations,
        period_types=np.array(facts.period_types, dtype=str),
    )
    part.replace(folder / FILE)


def load(folder: Path) -> Facts | None:
    """The last build kept in a folder."""
    path = folder / FILE
    if not path.exists():
        return None
    with np.load(path) as held:
        return Facts(
            held["keys"], held["values"], held["registrations"], tuple(held["period_types"].tolist())
        )
