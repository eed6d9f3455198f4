"""What is written down about a slice: its accounting, and how far the copy is complete?"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import psycopg

from layidu.model.slices import Checked, SliceAccount
from warehouse.staging import run_sql

COUNTS = ("received", "new", "changed", "closed", "unchanged", "refused", "vanished", "newly_refused")


def write_slice(connection: psycopg.Connection, checked: Checked, account: SliceAccount, run: int) -> None:
    """One row of `run.slice`, in the transaction of the values themselves."""
    asked, pulled = account.slice, checked.pulled
    row: dict[str, object] = {
        "run": run,
        "name": asked.name,
        "source": asked.source,
        "data_set": asked.data_set,
        "periods": list(asked.periods),
        "org_unit": asked.org_unit,
        "mode": asked.mode,
        "last_updated": asked.last_updated,
        "outcome": account.outcome,
        "message": account.message,
        **{name: getattr(account, name) for name in COUNTS},
        "changed_years": list(account.changed_years),
        "rules_run": checked.rules_run,
        "sha256": pulled.sha256,
        "body": str(pulled.body),
        "bytes_received": pulled.bytes_received,
        "server_date": pulled.server_date.replace(tzinfo=None),
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
            "org_unit": asked.org_unit,
            "periods": list(asked.periods),
            "server_date": checked.pulled.server_date.replace(tzinfo=None),
            "run": run,
        },
    )
