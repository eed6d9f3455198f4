"""How do frames get into PostgreSQL and back? By COPY, through temporary tables that die with the transaction."""

from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from typing import LiteralString, cast

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql
from pyarrow import csv

from layidu.model.frames import Contract
from warehouse.connect import Warehouse

# COPY reads whatever it is given; pieces of this size keep both sides busy.
PIECE = 1 << 20
ROWS_AT_ONCE = 1 << 14
BINARY_START = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, flags, length of the extension
BINARY_END = b"\xff\xff"
LARGE = 50_000  # from here on the planner must know the size
ANALYSED_SHARE = 3  # a third of the table is news; below that PostgreSQL's own analysis comes in time
Numbers = NDArray[np.int32] | NDArray[np.datetime64]
SQL_OF = {"i": "int", "M": "timestamptz"}
YEAR_2000 = 946_684_800_000_000  # microseconds after 1970


def stage(
    connection: psycopg.Connection, name: str, rows: pa.Table | pd.DataFrame, columns: Mapping[str, str]
) -> None:
    """Put rows into a new temporary table; `columns` names those that are taken, with their SQL types."""
    table = rows if isinstance(rows, pa.Table) else arrow(rows, list(columns))
    stage_text(connection, name, as_csv(table.select(list(columns))), columns)
    if table.num_rows >= LARGE:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))


def stage_text(
    connection: psycopg.Connection, name: str, text: memoryview, columns: Mapping[str, str]
) -> None:
    """Put CSV without a header into a new temporary table."""
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), as_sql(kind)) for column, kind in columns.items()
    )
    table = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE TEMP TABLE {} ({}) ON COMMIT DROP").format(table, definition))
    copy_text(connection, table, text, list(columns))


def arrow(rows: pd.DataFrame, columns: Sequence[str]) -> pa.Table:
    """A frame as Arrow, missing values (NaN, NaT) as nulls."""
    return pa.Table.from_pandas(rows[list(columns)], preserve_index=False)


def copy_in(connection: psycopg.Connection, table: sql.Composable, rows: pa.Table) -> None:
    """COPY rows into a table that has exactly these columns, or more that have defaults."""
    copy_text(connection, table, as_csv(rows), rows.column_names)


def copy_text(
    connection: psycopg.Connection, table: sql.Composable, text: memoryview, columns: Sequence[str]
) -> None:
    """COPY CSV without a header into columns of a table."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(text), PIECE):
            copy.write(text[start : start + PIECE])


def as_csv(rows: pa.Table) -> memoryview:
    """Rows as CSV without a header: text in quotes, null as nothing, which is how COPY tells them apart."""
    buffer = BytesIO()
    # pyarrow 26 writes zero bytes for a column that begins with an empty chunk; one chunk has none.
    csv.write_csv(rows.combine_chunks(), buffer, csv.WriteOptions(include_header=False, batch_size=64 * 1024))
    return buffer.getbuffer()


def stage_numbers(connection: psycopg.Connection, name: str, columns: Mapping[str, Numbers]) -> None:
    """Put columns of fixed width into a new temporary table by binary COPY: a third of what text costs."""
    definition = ", ".join(
        f"{column} {SQL_OF[numbers.dtype.kind]} NOT NULL" for column, numbers in columns.items()
    )
    connection.execute(as_sql(f"CREATE TEMP TABLE {name} ({definition}) ON COMMIT DROP"))
    size = len(next(iter(columns.values())))
    kinds = {column: "i4" if numbers.dtype.kind == "i" else "i8" for column, numbers in columns.items()}
    rows = np.zeros(min(size, ROWS_AT_ONCE), dtype=binary_row(kinds))
    rows["fields"] = len(columns)
    for column in columns:
        rows[f"{column} length"] = rows.dtype[column].itemsize
    with (
        connection.cursor() as cursor,
        cursor.copy(as_sql(f"COPY {name} FROM STDIN (FORMAT binary)")) as copy,
    ):
        copy.write(BINARY_START)
        # PostgreSQL reads some rows while the next ones are put together.
        for start in range(0, size, ROWS_AT_ONCE):
            some = rows[: min(ROWS_AT_ONCE, size - start)]
            for column, numbers in columns.items():
                taken = numbers[start : start + len(some)]
                some[column] = since_2000(taken) if taken.dtype.kind == "M" else taken
            copy.write(some.view(np.uint8).data)
        copy.write(BINARY_END)


def since_2000(moments: Numbers) -> NDArray[np.int64]:
    """Moments as PostgreSQL counts them, in microseconds; NaT, the least of all integers, is its -infinity."""
    micros = moments.astype("datetime64[us]").astype(np.int64)
    nowhere = np.isnat(moments)
    return np.where(nowhere, np.iinfo(np.int64).min, micros - YEAR_2000)


def binary_row(kinds: Mapping[str, str], missing: Collection[str] = ()) -> np.dtype[np.void]:
    """How PostgreSQL's binary COPY writes a row of fixed width: the number of fields, each with its length.

    A field that is missing has a length (-1) and no bytes.
    """
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in kinds.items():
        fields += [(f"{name} length", ">i4"), *([] if name in missing else [(name, f">{kind}")])]
    return np.dtype(fields)


def as_sql(text: str) -> sql.SQL:
    """SQL text put together from constants of this package, never from data."""
    # The annotation, not a cast: type checkers disagree on what a LiteralString is.
    literal: LiteralString = text  # type: ignore[unused-ignore,assignment]
    return sql.SQL(literal)


def run_sql(connection: psycopg.Connection, text: str, parameters: Mapping[str, object] | None = None) -> int:
    """Execute one of our own statements; how many rows it touched."""
    return connection.execute(as_sql(text), parameters).rowcount


def fetch(
    connection: psycopg.Connection, text: str, parameters: Mapping[str, object] | None = None
) -> list[tuple[object, ...]]:
    """All rows of one of our own queries."""
    return connection.execute(as_sql(text), parameters).fetchall()


def fetch_number(
    connection: psycopg.Connection, text: str, parameters: Mapping[str, object] | None = None
) -> int:
    """The one number a query gives."""
    return int(cast("int", fetch(connection, text, parameters)[0][0]))


def fetch_frame(
    connection: psycopg.Connection,
    contract: Contract,
    text: str,
    parameters: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """A query's rows as a frame of this contract; the query names its columns like the contract."""
    cursor = connection.execute(as_sql(text), parameters)
    names = [column.name for column in cursor.description or ()]
    return contract.cast(pd.DataFrame(cursor.fetchall(), columns=names))


def fetch_bytes(
    connection: psycopg.Connection, text: str, parameters: Mapping[str, object]
) -> list[tuple[int, bytes]]:
    """All rows of a query that gives a number and bytes; the bytes travel as they are."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(as_sql(text), parameters).fetchall()


def analyse(connection: psycopg.Connection, *tables: str) -> None:
    """Tell the planner what a large write has changed; by the owner of the tables, outside of the write."""
    for table in tables:
        connection.execute(as_sql(f"ANALYZE {table}"))


def analyse_grown(warehouse: Warehouse, table: str, written: int) -> None:
    """The same after a write of so many rows, where they are a good part of what the planner knows of."""
    with warehouse.connect("owner") as connection:
        known = fetch_number(
            connection,
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %(table)s::regclass",
            {"table": table},
        )
        if written * ANALYSED_SHARE >= known:
            analyse(connection, table)
