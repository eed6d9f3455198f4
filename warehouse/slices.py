"""What is written down about a slice: its accounting, and how far the copy is complete?"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from datetime import datetime

import psycopg

from layidu.model.slices import Checked, Slice, SliceAccount
from warehouse.staging import run_sql

COUNTS = ("received", "new", "changed", "closed", "unchanged", "refused", "vanished", "newly_refused")


def branch_of(asked: Slice) -> str:
    """The branch as it is stored: `uid`, or `uid!` for the unit alone."""
    return asked.org_unit if asked.children else f"{asked.org_unit}!"


def write_slice(connection: psycopg.Connection, checked: Checked, account: SliceAccount, run: int) -> None:
    """One row of `run.slice`, in the transaction of the values themselves."""
    pulled = checked.pulled
    insert_slice(
        connection,
        account,
        run,
        rules_run=checked.rules_run,
        sha256=pulled.sha256,
        body=str(pulled.body),
        bytes_received=pulled.bytes_received,
        server_date=pulled.server_date.replace(tzinfo=None),
    )


def insert_slice(
    connection: psycopg.Connection,
    account: SliceAccount,
    run: int,
    *,
    rules_run: int = 0,
    sha256: str = "",
    body: str = "",
    bytes_received: int = 0,
    server_date: datetime | None = None,
) -> None:
    """The accounting of a slice, with what is known of its answer; of a failed one there is none."""
    asked = account.slice
    row: dict[str, object] = {
        "run": run,
        "name": asked.name,
        "source": asked.source,
        "data_set": asked.data_set,
        "periods": list(asked.periods),
        "org_unit": branch_of(asked),
        "mode": asked.mode,
        "last_updated": asked.last_updated,
        "outcome": account.outcome,
        "message": account.message,
        **{name: getattr(account, name) for name in COUNTS},
        "changed_years": list(account.changed_years),
        "rules_run": rules_run,
        "sha256": sha256,
        "body": body,
        "bytes_received": bytes_received,
        "server_date": server_date,
    }
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    run_sql(connection, f"INSERT INTO run.slice ({names}) VALUES ({places})", row)


def move_cursor(connection: psycopg.Connection, checked: Checked, run: int) -> None:
    """Forward only, period by period: an older answer that is loaded late takes nothing back."""
    asked = checked.pulled.slice
    run_sql(
        connection,
        "INSERT INTO run.cursor AS c (source, data_set, org_unit, period, server_date, run)"
        " SELECT %(source)s, %(data_set)s, %(org_unit)s, unnest(%(periods)s::text[]), %(server_date)s, %(run)s"
        " ON CONFLICT (source, data_set, org_unit, period)"
        " DO UPDATE SET server_date = excluded.server_date, run = excluded.run"
        " WHERE c.server_date < excluded.server_date",
        {
            "source": asked.source,
            "data_set": asked.data_set,
            "org_unit": branch_of(asked),
            "periods": list(asked.periods),
            "server_date": checked.pulled.server_date.replace(tzinfo=None),
            "run": run,
        },
    )
