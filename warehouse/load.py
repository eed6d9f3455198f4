"""How does the copy become equal to what DHIS2 answered? One transaction a slice.

Staging, differences, refusals, the slice's accounting and its cursor are written together or not at all;
running the same slice again changes nothing.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg

from layidu.errors import LayiduError
from layidu.model.slices import Checked, Slice, SliceAccount
from warehouse.absences import Limits, forget_closed, settle_absences
from warehouse.connect import Warehouse
from warehouse.difference import (
    Scope,
    changed_years,
    find_differences,
    forget_purged_tombstones,
    remember_tombstones,
    scope_of,
    write_differences,
)
from warehouse.drift import keep_drift
from warehouse.keys import source_number
from warehouse.load_registrations import load_registrations
from warehouse.lock import RunToken
from warehouse.refusals import ISSUES, REFUSED, date_cured, resolve, stage_refused_cells, update_ledger
from warehouse.slices import insert_slice, move_cursor, write_slice
from warehouse.stage_values import stage_values
from warehouse.staging import LARGE, analyse_grown, fetch, run_sql

__all__ = ["load_registrations", "load_slice", "record_failed_slice"]


def load_slice(
    warehouse: Warehouse,
    checked: Checked,
    run: RunToken,
    *,
    owned_elements: frozenset[str],
    hold_share: float,
    hold_rows: int,
    second_look_seconds: float | None = None,
    cursor: bool = True,
    news_since: datetime | None = None,
) -> SliceAccount:
    """Make the copy equal to a checked answer; `owned_elements`: uids of the elements that are this data set's.

    Rows of other elements count as unchanged. When more than `hold_rows` values, and more than `hold_share`
    of those in reach, are missing from a full answer, nothing vanishes and a person must decide ("held").
    `second_look_seconds`: how long ago a full answer must have lacked a value already before its absence is
    believed; None believes the first. `cursor`: whether this answer tells how far the copy is complete (a
    backfill's does not). `news_since`: of a reconciliation; what differs and is older is put on record as drift.
    """
    limits = Limits(hold_share, hold_rows, second_look_seconds)
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(connection, "SET LOCAL jit = off")
        run_sql(connection, "SET LOCAL work_mem = '128MB'")
        if checked.verdict == "stopped":
            account = stopped(connection, checked, run)
        else:
            account = loaded(connection, checked, run, owned_elements, limits, news_since)
            if cursor:
                move_cursor(connection, checked, run.run_id)
        write_slice(connection, checked, account, run.run_id)
    if account.written >= LARGE:
        analyse_grown(warehouse, "source.data_value", account.written)
    return account


def record_failed_slice(
    warehouse: Warehouse,
    asked: Slice,
    error: LayiduError,
    run: RunToken,
    outcome: Literal["failed", "halved"] = "failed",
) -> SliceAccount:
    """Write down a slice that brought nothing; its cursor stays, so that the next run asks again."""
    account = SliceAccount(asked, 0, 0, 0, 0, 0, 0, 0, outcome=outcome, message=str(error))
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        insert_slice(connection, account, run.run_id)
    return account


def stopped(connection: psycopg.Connection, checked: Checked, run: RunToken) -> SliceAccount:
    """A stopped slice changes nothing and moves nothing; what was refused is written down all the same."""
    asked = checked.pulled.slice
    newly_refused = update_ledger(connection, REFUSED, checked.refused, asked, run.run_id)
    return SliceAccount(
        slice=asked,
        received=checked.received,
        new=0,
        changed=0,
        closed=0,
        unchanged=0,
        refused=len(checked.refused),
        vanished=0,
        outcome="stopped",
        newly_refused=newly_refused,
        message=checked.stop_reason,
    )


def loaded(
    connection: psycopg.Connection,
    checked: Checked,
    run: RunToken,
    owned_elements: frozenset[str],
    limits: Limits,
    news_since: datetime | None,
) -> SliceAccount:
    """Find and write the differences, the refusals and the findings."""
    asked = checked.pulled.slice
    source = source_number(connection, asked.source)
    staged = stage_values(connection, checked, source, owned_elements)
    stage_refused_cells(connection, checked, source)
    now = server_clock(connection, checked, source)
    scope = scope_of(connection, asked, source, owned_elements, run.run_id, now)
    counts = find_differences(connection, scope)
    absent = settle_absences(connection, scope, counts, limits)
    years = changed_years(connection)
    drift = 0 if news_since is None else keep_drift(connection, scope, news_since)
    write_differences(connection, scope, counts)
    if counts["vanished"]:
        forget_closed(connection, scope)
    if asked.mode == "full":
        forget_purged_tombstones(connection, scope)
    if staged.tombstones:
        remember_tombstones(connection, scope)
    # Nobody tells the planner how many rows are open: what it takes for few may be very many.
    run_sql(connection, "SET LOCAL enable_nestloop = off")
    newly_refused = update_ledger(connection, REFUSED, checked.refused, asked, run.run_id)
    update_ledger(connection, ISSUES, checked.findings, asked, run.run_id)
    resolve(connection, ISSUES, asked, source, run.run_id)
    if resolve(connection, REFUSED, asked, source, run.run_id) and counts["new"]:
        date_cured(connection, source, asked, run.run_id)
    accounted = staged.kept + staged.tombstones - counts["new"] - counts["changed"] - counts["deleted"]
    outcome: Literal["loaded", "empty", "held"] = (
        "held" if absent.held else "loaded" if checked.received else "empty"
    )
    return SliceAccount(
        slice=asked,
        received=checked.received,
        new=counts["new"],
        changed=counts["changed"],
        closed=counts["deleted"],
        unchanged=accounted + staged.foreign,
        refused=len(checked.refused),
        vanished=counts["vanished"],
        outcome=outcome,
        newly_refused=newly_refused,
        changed_years=years_of_window(connection, scope) if absent.accepted else years,
        message=" ; ".join(filter(None, (absent.message, checked.remarks))),
        absent=absent.unconfirmed,
        drift=drift,
    )


def years_of_window(connection: psycopg.Connection, scope: Scope) -> tuple[int, ...]:
    """Every year the slice's periods begin in."""
    rows = fetch(
        connection,
        "SELECT DISTINCT extract(year FROM start_date)::int FROM source.period"
        " WHERE key = ANY(%(periods)s) ORDER BY 1",
        {"periods": scope.periods},
    )
    return tuple(int(str(year)) for (year,) in rows)


def server_clock(connection: psycopg.Connection, checked: Checked, source: int) -> datetime:
    """The server's clock before the request, in UTC."""
    rows = fetch(
        connection, "SELECT utc_offset_hours FROM source.instance WHERE key = %(source)s", {"source": source}
    )
    offset = timedelta(hours=float(str(rows[0][0])))
    return (checked.pulled.server_date.replace(tzinfo=None) - offset).replace(tzinfo=UTC)
