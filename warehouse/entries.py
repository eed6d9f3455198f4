"""What did people enter, and what of it holds today? Rows are only ever added; the last one of a key holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import psycopg

from layidu.model.promise_frames import EVIDENCE, PROGRESS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import as_sql, fetch, fetch_frame, fetch_number

Row = Mapping[str, object]
LATEST_PROGRESS = """
SELECT DISTINCT ON (line, period) * FROM plan.progress_entry ORDER BY line, period, key DESC
"""
LATEST_EVIDENCE = """
SELECT DISTINCT ON (object, milestone, evidence_on, document) * FROM plan.evidence
ORDER BY object, milestone, evidence_on, document, key DESC
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry: its table, what identifies an entry, what it says."""

    name: str
    table: str
    key: tuple[str, ...]
    says: tuple[str, ...]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "plan",
            "progress_entry",
            ("line", "period"),
            ("quantity", "declared_status", "document", "place", "note"),
        ),
        Kind(
            "validation",
            "validation",
            ("object", "validated_on", "validated_by"),
            ("colour", "document", "note"),
        ),
        Kind(
            "evidence",
            "evidence",
            ("object", "milestone", "evidence_on", "document"),
            ("withdrawn", "validated_by", "validated_on", "note"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Brought:
    """A file of entries that a person brought: its rows, and those that were refused."""

    kind: str
    name: str
    sha256: str
    author: str
    rows: Sequence[Row]  # with the columns of the kind's key and of what it says
    refusals: Sequence[Row]  # line_number, column_name, found, expected, todo


@dataclass(frozen=True, slots=True)
class Accounts:
    """received = kept + refused; kept = new + changed + unchanged."""

    received: int
    kept: int
    new: int
    changed: int
    unchanged: int
    refused: int


def current(warehouse: Warehouse, kind: str) -> list[dict[str, object]]:
    """The latest version of every entry of a kind, withdrawn ones included."""
    with warehouse.connect("loader") as connection:
        return list(latest(connection, KINDS[kind]).values())


def latest(connection: psycopg.Connection, kind: Kind) -> dict[tuple[object, ...], dict[str, object]]:
    """Key -> what the latest version says."""
    names = (*kind.key, *kind.says)
    keys = ", ".join(kind.key)
    rows = fetch(
        connection,
        f"SELECT DISTINCT ON ({keys}) {', '.join(names)} FROM plan.{kind.table} ORDER BY {keys}, key DESC",  # noqa: S608
    )
    return {row[: len(kind.key)]: dict(zip(names, row, strict=True)) for row in rows}


def record(warehouse: Warehouse, brought: Brought, run: RunToken) -> Accounts:
    """Add what the file says that was not known; a file that says nothing new writes nothing."""
    kind = KINDS[brought.kind]
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        known = latest(connection, kind)
        new: list[Row] = []
        changed: list[Row] = []
        for row in brought.rows:
            before = known.get(tuple(row[name] for name in kind.key))
            if before is None:
                new.append(row)
            elif any(before[name] != row[name] for name in kind.says):
                changed.append(row)
        accounts = Accounts(
            received=len(brought.rows) + len(brought.refusals),
            kept=len(brought.rows),
            new=len(new),
            changed=len(changed),
            unchanged=len(brought.rows) - len(new) - len(changed),
            refused=len(brought.refusals),
        )
        if new or changed or (brought.refusals and not seen(connection, brought)):
            file = insert_file(connection, brought, accounts)
            insert(connection, kind, [*new, *changed], brought.author, file)
    return accounts


def seen(connection: psycopg.Connection, brought: Brought) -> bool:
    """Whether these very bytes were brought before."""
    parameters = {"kind": brought.kind, "sha256": brought.sha256}
    query = "SELECT FROM plan.import_file WHERE kind = %(kind)s AND sha256 = %(sha256)s"
    return bool(fetch(connection, query, parameters))


def insert_file(connection: psycopg.Connection, brought: Brought, accounts: Accounts) -> int:
    """Write the file down with its refusals; its number."""
    counts = ("received", "kept", "new", "changed", "unchanged", "refused")
    parameters: dict[str, object] = {
        **{name: getattr(accounts, name) for name in counts},
        **{name: getattr(brought, name) for name in ("kind", "name", "sha256", "author")},
    }
    names = ", ".join(parameters)
    values = ", ".join(f"%({name})s" for name in parameters)
    number = fetch_number(
        connection,
        f"INSERT INTO plan.import_file ({names}, imported_at) VALUES ({values}, clock_timestamp()) RETURNING key",  # noqa: S608
        parameters,
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO plan.import_refusal (import_file, line_number, column_name, found, expected, todo)"
            " VALUES (%(import_file)s, %(line_number)s, %(column_name)s, %(found)s, %(expected)s, %(todo)s)",
            [{**refusal, "import_file": number} for refusal in brought.refusals],
        )
    return number


def insert(connection: psycopg.Connection, kind: Kind, rows: Sequence[Row], author: str, file: int) -> None:
    """Add entries, in the order of the file."""
    names = (*kind.key, *kind.says)
    columns = ", ".join((*names, "import_file", "author", "entered_at"))
    values = ", ".join(
        (*(f"%({name})s" for name in names), "%(import_file)s", "%(author)s", "clock_timestamp()")
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            as_sql(f"INSERT INTO plan.{kind.table} ({columns}) VALUES ({values})"),  # noqa: S608
            [{**row, "import_file": file, "author": author} for row in rows],
        )


def progress(warehouse: Warehouse) -> pd.DataFrame:
    """What is current of the achievements (PROGRESS)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            PROGRESS,
            f"SELECT line, period, quantity, document, author AS entered_by, entered_at::date AS entered_on"  # noqa: S608
            f" FROM ({LATEST_PROGRESS}) e WHERE quantity IS NOT NULL ORDER BY line, period",
        )


def evidence(warehouse: Warehouse) -> pd.DataFrame:
    """What is current of the evidence (EVIDENCE)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            EVIDENCE,
            f"SELECT object, milestone, evidence_on, document, validated_by, validated_on"  # noqa: S608
            f" FROM ({LATEST_EVIDENCE}) e WHERE NOT withdrawn ORDER BY object, evidence_on, document",
        )
