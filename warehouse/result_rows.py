"""How do results look as rows of `result.value`? Keys for names, and PostgreSQL's binary form."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray

from layidu.model.frames import RESULTS
from warehouse.staging import BINARY_END, BINARY_START, as_sql, binary_row, fetch

NUMBERS = ("numerator", "denominator", "value", "completeness")
#: What a row says, without the run that wrote it: the bytes its fingerprint is taken of.
ROW = np.dtype(
    [
        ("series", "<i4"),
        ("period", "<i4"),
        ("org_unit", "<i4"),
        ("as_it_was", "i1"),
        ("status", "<i2"),
        ("version", "<i2"),
        *((name, "<f8") for name in NUMBERS),
    ]
)
COLUMNS = {
    "series": "int",
    "period": "int",
    "org_unit": "int",
    "as_it_was": "boolean",
    "status": "smallint",
    "version": "smallint",
    **dict.fromkeys(NUMBERS, "double precision"),
}
KINDS = {
    "series": "i4",
    "period": "i4",
    "org_unit": "i4",
    "as_it_was": "i1",
    "status": "i2",
    "version": "i2",
    "run": "i4",
}
ROWS_AT_ONCE = 1 << 16
Rows = NDArray[np.void]
IntArray = NDArray[np.int64]


def rows_of(
    connection: psycopg.Connection, results: pd.DataFrame, versions: Mapping[str, int], *, as_it_was: bool
) -> Rows:
    """Results (RESULTS) as rows of keys, in the frame's order; names never seen before get keys of their own."""
    RESULTS.check_columns(results)  # that no key is repeated, the table's own key sees to
    rows = np.empty(len(results), dtype=ROW)
    rows["series"] = series_keys(connection, results)
    codes, names = pd.factorize(results["indicator"])
    rows["version"] = np.array([versions.get(str(name), 1) for name in names], dtype=np.int16)[codes]
    codes, names = pd.factorize(results["period"])
    ids = [str(name) for name in names]
    add_missing(connection, "period", [(period_key(period), period) for period in ids], ("key", "id"))
    rows["period"] = np.array([period_key(period) for period in ids], dtype=np.int32)[codes]
    codes, names = pd.factorize(results["status"])
    states = [str(name) for name in names]
    add_missing(connection, "status", [(state,) for state in states], ("name",))
    known = {str(name): key for name, key in fetch(connection, "SELECT name, key FROM result.status")}
    rows["status"] = np.array([known[state] for state in states], dtype=np.int16)[codes]
    rows["org_unit"] = results["org_unit"].to_numpy()
    rows["as_it_was"] = as_it_was
    for name in NUMBERS:
        rows[name] = results[name].to_numpy()
    return rows


def series_keys(connection: psycopg.Connection, results: pd.DataFrame) -> NDArray[np.int32]:
    """The key of each row's indicator and disaggregation."""
    indicator, indicators = pd.factorize(results["indicator"])
    disaggregation, disaggregations = pd.factorize(results["disaggregation"])
    pair = indicator * len(disaggregations) + disaggregation
    present = np.flatnonzero(np.bincount(pair, minlength=1)) if len(pair) else pair
    names = [
        (str(indicators[place // len(disaggregations)]), str(disaggregations[place % len(disaggregations)]))
        for place in present.tolist()
    ]
    add_missing(connection, "series", names, ("indicator", "disaggregation"))
    known = {
        (str(code), str(split)): key
        for code, split, key in fetch(connection, "SELECT indicator, disaggregation, key FROM result.series")
    }
    keys = np.zeros(len(indicators) * len(disaggregations), dtype=np.int32)
    keys[present] = np.array([known[name] for name in names], dtype=np.int32)
    found: NDArray[np.int32] = keys[pair]
    return found


def add_missing(
    connection: psycopg.Connection, table: str, names: Sequence[tuple[object, ...]], columns: tuple[str, ...]
) -> None:
    """Give keys to names that have none yet."""
    unknown = set(names) - set(fetch(connection, f"SELECT {', '.join(columns)} FROM result.{table}"))  # noqa: S608
    places = ", ".join(["%s"] * len(columns))
    statement = as_sql(f"INSERT INTO result.{table} ({', '.join(columns)}) VALUES ({places})")  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, sorted(unknown, key=str))


def period_key(period: str) -> int:
    """A number for a period whose first four digits are its year: 202603, 2026Q1 -> 202621, 2026 -> 202600."""
    year, rest = int(period[:4]) * 100, period[4:]
    if rest[:1] in ("Q", "S"):
        return year + {"Q": 20, "S": 30}[rest[0]] + int(rest[1:])
    return year + int(rest or 0)


def joined(pieces: list[Rows]) -> Rows:
    """The pieces in one array; they are given away one by one, so that the rows never exist twice."""
    rows = np.empty(sum(map(len, pieces)), ROW)
    start = 0
    while pieces:
        piece = pieces.pop(0)
        rows[start : start + len(piece)] = piece
        start += len(piece)
    return rows


def fingerprints(rows: Rows) -> dict[int, str]:
    """Of each period: what its rows say, in the order they came."""
    periods, place = numbered(rows["period"])
    return {
        int(period): hashlib.sha256(rows[place == number].view(np.uint8).data).hexdigest()
        for number, period in enumerate(periods)
    }


def upper_levels_first(rows: Rows, levels: Mapping[int, int]) -> IntArray:
    """The order to write rows in: what a person sees who asks for a few; within a level, that of the table's key.

    `levels`: org unit -> level. Org units must already stand in the order of their keys.
    """
    known = np.zeros(max(levels, default=0) + 1, dtype=np.int32)
    known[list(levels)] = list(levels.values())
    series, serial = numbered(rows["series"])
    periods, period = numbered(rows["period"])
    place = (known[rows["org_unit"]] * len(series) + serial) * len(periods) + period
    return np.argsort(
        place.astype(np.uint16 if place.max(initial=0) < 1 << 16 else place.dtype), kind="stable"
    )


def numbered(column: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct keys of a column, ascending, and which of them each row has; of keys that lie close together."""
    if not len(column):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    least = int(column.min())
    present = np.zeros(int(column.max()) - least + 1, dtype=bool)
    present[column - least] = True
    place = (np.cumsum(present) - 1).astype(np.int32)
    return np.flatnonzero(present) + least, place[column - least]


def copy_rows(
    connection: psycopg.Connection, table: str, rows: Rows, order: IntArray, run: int | None = None
) -> None:
    """Binary COPY into a table with these columns, and the run's number when it has one.

    A row of fixed width cannot say that a number is missing: rows that lack the same numbers go together.
    """
    columns = [*COLUMNS, *(["run"] if run is not None else [])]
    statement = as_sql(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(BINARY_START)
        for start in range(0, len(order), ROWS_AT_ONCE):
            some = rows[order[start : start + ROWS_AT_ONCE]]
            missing = sum(np.isnan(some[name]).astype(np.int8) << place for place, name in enumerate(NUMBERS))
            for pattern in np.unique(missing).tolist():
                lacking = {name for place, name in enumerate(NUMBERS) if pattern >> place & 1}
                copy.write(binary(some[missing == pattern], columns, lacking, run).view(np.uint8).data)
        copy.write(BINARY_END)


def binary(rows: Rows, columns: Sequence[str], lacking: set[str], run: int | None) -> Rows:
    """Rows in PostgreSQL's binary form."""
    kinds = {name: KINDS.get(name, "f8") for name in columns}
    packed = np.empty(len(rows), dtype=binary_row(kinds, lacking))
    packed["fields"] = len(columns)
    for name, kind in kinds.items():
        packed[f"{name} length"] = -1 if name in lacking else np.dtype(kind).itemsize
        if name not in lacking:
            packed[name] = run if name == "run" else rows[name]
    return packed
