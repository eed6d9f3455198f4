"""What ran, when, with which code and declarations, and what came of it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from warehouse.connect import Warehouse

Outcome = Literal["finished", "failed", "held", "interrupted"]


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the run ledger."""

    run_id: int
    kind: str
    code_version: str
    mappings_digest: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome | None
    exit_code: int | None
    summary: dict[str, object]


def start_run(warehouse: Warehouse, kind: str, *, code_version: str, mappings_digest: str) -> int:
    """Write down that a run begins; `lock.hold` does this for runs that write."""
    with warehouse.connect() as connection:
        return insert_run(connection, kind, code_version=code_version, mappings_digest=mappings_digest)


def insert_run(connection: psycopg.Connection, kind: str, *, code_version: str, mappings_digest: str) -> int:
    """Write down that a run begins, in the caller's transaction."""
    row = connection.execute(
        "INSERT INTO run.run (kind, code_version, mappings_digest) VALUES (%s, %s, %s) RETURNING run_id",
        [kind, code_version, mappings_digest],
    ).fetchone()
    if row is None:
        raise AssertionError("INSERT … RETURNING gave no row")
    return int(row[0])


def finish_run(
    warehouse: Warehouse, run_id: int, *, outcome: Outcome, exit_code: int, summary: dict[str, object]
) -> None:
    """Write down what came of a run; the first word stands."""
    with warehouse.connect() as connection:
        connection.execute(
            "UPDATE run.run SET finished_at = clock_timestamp(), outcome = %s, exit_code = %s, summary = %s"
            " WHERE run_id = %s AND finished_at IS NULL",
            [outcome, exit_code, Jsonb(summary), run_id],
        )


def last_runs(warehouse: Warehouse, count: int = 10) -> list[Run]:
    """The latest runs, newest first."""
    with warehouse.connect() as connection, connection.cursor(row_factory=class_row(Run)) as cursor:
        cursor.execute(
            "SELECT run_id, kind, code_version, mappings_digest, started_at, finished_at, outcome, exit_code,"
            " summary FROM run.run ORDER BY run_id DESC LIMIT %s",
            [count],
        )
        return cursor.fetchall()
