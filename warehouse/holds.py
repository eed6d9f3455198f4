"""What waits for a person's decision, and what did the person decide?

A hold is opened by a run (values that vanish, a first push), decided by a person, and carried out by the next
run that meets the same situation.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from layidu.errors import ConfigurationError
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import fetch, fetch_number, run_sql

Decision = Literal["accepted", "rejected"]
COLUMNS = "id, kind, subject, summary, rows, run, decision, reason, decided_by, decided_at, applied_run"


DECIDE = """
UPDATE run.hold SET decision = %(decision)s, decided_by = %(who)s, decided_at = now(), reason = %(reason)s
 || CASE WHEN decision IS NULL THEN ''
 ELSE format(' (rejetée le %%s par %%s : %%s)', decided_at::date, decided_by, reason) END
WHERE id = %(id)s AND (decision IS NULL OR (kind = 'mapping' AND decision = 'rejected' AND %(decision)s = 'accepted'))
"""
# Of values that vanished the cells count that still wait: those of an accepted hold wait until a run closes them.
HOLDING_VALUES = """
SELECT h.id, h.kind, h.subject, h.decision,
 array_agg(DISTINCT extract(year FROM p.start_date)::int) FILTER (WHERE p.key IS NOT NULL) AS years
FROM run.hold h LEFT JOIN source.absent_value a ON a.hold = h.id LEFT JOIN source.period p ON p.key = a.period
WHERE h.kind IN ('vanished', 'scope') AND split_part(h.subject, '/', 1) = %(source)s
 AND (h.decision IS NULL OR (h.decision = 'accepted' AND a.hold IS NOT NULL))
GROUP BY h.id ORDER BY h.id
"""
HOLDING_MAPPINGS = """
SELECT * FROM (SELECT DISTINCT ON (subject) id, kind, subject, decision, NULL::int[] AS years FROM run.hold
 WHERE kind = 'mapping' AND split_part(subject, '/', 1) = %(source)s ORDER BY subject, id DESC) h
WHERE h.decision IS DISTINCT FROM 'accepted' ORDER BY h.id
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A hold that something of a source waits for."""

    id: int
    kind: str
    subject: str
    decision: Decision | None
    years: list[int] | None  # of the values it is about; None: it is about more than values

    @property
    def what(self) -> str:
        """The uid behind the source's name: a data set, an element, or `org_units` for the whole source."""
        return self.subject.split("/")[1]


@dataclass(frozen=True, slots=True)
class Hold:
    """One row of the list of holds."""

    id: int
    kind: str
    subject: str
    summary: str  # French
    rows: int
    run: int
    decision: Decision | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    applied_run: int | None


def read_holds(warehouse: Warehouse, condition: str, parameters: dict[str, object]) -> list[Hold]:
    """Holds that meet a condition, oldest first."""
    with warehouse.connect("loader") as connection, connection.cursor(row_factory=class_row(Hold)) as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM run.hold WHERE {condition} ORDER BY id".encode(), parameters)
        return cursor.fetchall()


def open_holds(warehouse: Warehouse) -> list[Hold]:
    """What waits for a decision, oldest first."""
    return read_holds(warehouse, "decision IS NULL", {})


def holding(warehouse: Warehouse, source: str) -> list[Holding]:
    """What of a source waits for a person, or for the run that carries a decision out."""
    with (
        warehouse.connect("loader") as connection,
        connection.cursor(row_factory=class_row(Holding)) as cursor,
    ):
        found: list[Holding] = []
        for query in (HOLDING_VALUES, HOLDING_MAPPINGS):
            cursor.execute(query.encode(), {"source": source})
            found += cursor.fetchall()
    return found


def one_hold(warehouse: Warehouse, number: int) -> Hold:
    """One hold, decided or not."""
    found = read_holds(warehouse, "id = %(id)s", {"id": number})
    if not found:
        raise ConfigurationError(
            where=f"attente n° {number}",
            found="aucune attente de ce numéro",
            expected="un numéro de la liste",
            todo="lire la liste avec « layidu holds »",
        )
    return found[0]


def decide_hold(warehouse: Warehouse, number: int, *, accept: bool, reason: str, who: str) -> Hold:
    """Write a person's decision down; the next run carries it out.

    A decision is taken once; only a rejected change of a mapping may be accepted later, once it is mended. Who had
    rejected it, when and why stays in the reason.
    """
    with warehouse.connect("loader") as connection:
        decided = run_sql(
            connection,
            DECIDE,
            {
                "id": number,
                "decision": "accepted" if accept else "rejected",
                "reason": reason,
                "who": who,
            },
        )
    hold = one_hold(warehouse, number)
    if not decided:
        raise ConfigurationError(
            where=f"attente n° {number}",
            found=f"déjà décidée ({hold.decision}) par {hold.decided_by}",
            expected="une attente sans décision",
            todo="lire la liste avec « layidu holds »",
        )
    return hold


def open_hold(
    warehouse: Warehouse, run: RunToken, *, kind: str, subject: str, summary: str, rows: int
) -> None:
    """Ask a person, unless the same question already waits."""
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        ask(connection, kind=kind, subject=subject, summary=summary, rows=rows, run=run.run_id)


def close_moot(warehouse: Warehouse, run: RunToken, *, kind: str, subject: str, reason: str) -> None:
    """Reject an undecided hold that no longer asks anything, in layidu's own name."""
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(
            connection,
            "UPDATE run.hold SET decision = 'rejected', decided_at = now(), decided_by = 'layidu',"
            " reason = %(reason)s WHERE kind = %(kind)s AND subject = %(subject)s AND decision IS NULL",
            {"kind": kind, "subject": subject, "reason": reason},
        )


def ask(connection: psycopg.Connection, *, kind: str, subject: str, summary: str, rows: int, run: int) -> int:
    """Open a hold in the caller's transaction, or bring the waiting one up to date; its number."""
    return fetch_number(
        connection,
        "INSERT INTO run.hold (kind, subject, summary, rows, run)"
        " VALUES (%(kind)s, %(subject)s, %(summary)s, %(rows)s, %(run)s)"
        " ON CONFLICT (kind, subject) WHERE decision IS NULL"
        " DO UPDATE SET summary = excluded.summary, rows = excluded.rows RETURNING id",
        {"kind": kind, "subject": subject, "summary": summary, "rows": rows, "run": run},
    )


def accepted(warehouse: Warehouse, kind: str, subject: str) -> bool:
    """Whether a person accepted exactly this, and nobody rejected it afterwards."""
    with warehouse.connect("loader") as connection:
        return last_decision(connection, kind, subject) == "accepted"


def last_question(warehouse: Warehouse, kind: str, subject: str) -> Hold | None:
    """The latest hold about a subject, decided or not."""
    found = read_holds(
        warehouse, "kind = %(kind)s AND subject = %(subject)s", {"kind": kind, "subject": subject}
    )
    return found[-1] if found else None


def settled(warehouse: Warehouse, kind: str, subject: str) -> bool:
    """Whether the latest question about a subject was answered with yes; an open one is not."""
    last = last_question(warehouse, kind, subject)
    return last is not None and last.decision == "accepted"


def last_decision(
    connection: psycopg.Connection, kind: str, subject: str, *, rows: int = 0, waiting_only: bool = False
) -> str | None:
    """The latest decision about a subject that covers at least so many rows; nothing when there is none.

    With `waiting_only` an accepted hold counts until a run has carried it out.
    """
    found = fetch(
        connection,
        "SELECT decision FROM run.hold WHERE kind = %(kind)s AND subject = %(subject)s"
        " AND decision IS NOT NULL AND rows >= %(rows)s AND (applied_run IS NULL OR NOT %(waiting_only)s)"
        " ORDER BY id DESC LIMIT 1",
        {"kind": kind, "subject": subject, "rows": rows, "waiting_only": waiting_only},
    )
    return str(found[0][0]) if found else None


def carried_out(connection: psycopg.Connection, kind: str, subject: str, run: int) -> None:
    """Write down that the accepted hold was applied; the next one is a new question."""
    run_sql(
        connection,
        "UPDATE run.hold SET applied_run = %(run)s WHERE kind = %(kind)s AND subject = %(subject)s"
        " AND decision = 'accepted' AND applied_run IS NULL",
        {"kind": kind, "subject": subject, "run": run},
    )
