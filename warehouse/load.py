"""How does the copy become equal to what DHIS2 answered? One transaction a slice.

Staging, differences, refusals, the slice's accounting and its cursor are written together or not at all;
running the same slice again changes nothing.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg

from layidu.errors import LayiduError
from layidu.model.slices import Checked, Slice, SliceAccount
from warehouse import holds
from warehouse.connect import Warehouse
from warehouse.difference import (
    Scope,
    changed_years,
    find_differences,
    in_scope,
    keep_vanished,
    remember_tombstones,
    scope_of,
    write_differences,
)
from warehouse.keys import source_number
from warehouse.load_registrations import load_registrations
from warehouse.lock import RunToken
from warehouse.refusals import ISSUES, REFUSED, resolve, stage_refused_cells, update_ledger
from warehouse.slices import insert_slice, move_cursor, write_slice
from warehouse.stage_values import stage_values
from warehouse.staging import LARGE, analyse, fetch, run_sql

__all__ = ["load_registrations", "load_slice", "record_failed_slice"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of values that are missing from a full answer."""

    outcome: Literal["loaded", "held"]
    vanished: int
    message: str = ""
    whole_window: bool = False  # a carried-out hold: its years were not recomputed while it waited


def load_slice(
    warehouse: Warehouse,
    checked: Checked,
    run: RunToken,
    *,
    owned_elements: frozenset[str],
    hold_share: float,
    hold_rows: int,
) -> SliceAccount:
    """Make the copy equal to a checked answer; `owned_elements`: uids of the elements that are this data set's.

    Rows of other elements count as unchanged. When more than `hold_rows` values, and more than `hold_share`
    of those in reach, are missing from a full answer, nothing vanishes and a person must decide ("held").
    """
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(connection, "SET LOCAL jit = off")
        run_sql(connection, "SET LOCAL work_mem = '128MB'")
        if checked.verdict == "stopped":
            account = stopped(connection, checked, run)
        else:
            account = loaded(connection, checked, run, owned_elements, Limits(hold_share, hold_rows))
            move_cursor(connection, checked, run.run_id)
        write_slice(connection, checked, account, run.run_id)
    if account.written >= LARGE:
        with warehouse.connect("owner") as connection:
            analyse(connection, "source.data_value")
    return account


def record_failed_slice(
    warehouse: Warehouse, asked: Slice, error: LayiduError, run: RunToken
) -> SliceAccount:
    """Write down a slice that brought nothing; its cursor stays, so that the next run asks again."""
    account = SliceAccount(asked, 0, 0, 0, 0, 0, 0, 0, outcome="failed", message=str(error))
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        insert_slice(connection, account, run.run_id)
    return account


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may vanish without a person's decision."""

    share: float
    rows: int


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
) -> SliceAccount:
    """Find and write the differences, the refusals and the findings."""
    asked = checked.pulled.slice
    source = source_number(connection, asked.source)
    staged = stage_values(connection, checked, source, owned_elements)
    stage_refused_cells(connection, checked, source)
    now = server_clock(connection, checked, source)
    scope = scope_of(connection, asked, source, owned_elements, run.run_id, now)
    counts = find_differences(connection, scope)
    judged = judge(connection, scope, counts, limits)
    years = changed_years(connection)
    write_differences(connection, scope, counts)
    if staged.tombstones:
        remember_tombstones(connection, scope)
    newly_refused = update_ledger(connection, REFUSED, checked.refused, asked, run.run_id)
    update_ledger(connection, ISSUES, checked.findings, asked, run.run_id)
    for ledger in (REFUSED, ISSUES):
        resolve(connection, ledger, asked, source, run.run_id)
    accounted = staged.kept + staged.tombstones - counts["new"] - counts["changed"] - counts["deleted"]
    outcome = "empty" if not checked.received and judged.outcome == "loaded" else judged.outcome
    return SliceAccount(
        slice=asked,
        received=checked.received,
        new=counts["new"],
        changed=counts["changed"],
        closed=counts["deleted"],
        unchanged=accounted + staged.foreign,
        refused=len(checked.refused),
        vanished=judged.vanished,
        outcome=outcome,
        newly_refused=newly_refused,
        changed_years=years_of_window(connection, scope) if judged.whole_window else years,
        message=judged.message,
    )


def judge(connection: psycopg.Connection, scope: Scope, counts: Counter[str], limits: Limits) -> Judged:
    """Let missing values vanish, or keep them until a person has decided."""
    vanished, subject = counts["vanished"], scope.slice.name
    if vanished <= limits.rows:
        return Judged("loaded", vanished)
    live = in_scope(connection, scope)
    if vanished <= limits.share * live:
        return Judged("loaded", vanished)
    decision = holds.last_decision(connection, "vanished", subject, rows=vanished, waiting_only=True)
    if decision == "accepted":
        holds.carried_out(connection, "vanished", subject, scope.run)
        return Judged("loaded", vanished, "disparitions acceptées par une personne", whole_window=True)
    keep_vanished(connection)
    counts["vanished"] = 0
    found = f"{vanished} valeurs sur {live} manquent dans la réponse complète"
    if decision == "rejected":
        return Judged("loaded", 0, f"{found} ; elles sont gardées, comme une personne l'a décidé")
    summary = (
        f"{found} ({subject}) : accepter les ferme dans la copie (l'historique les garde), "
        "rejeter les garde comme valeurs actuelles"
    )
    holds.ask(connection, kind="vanished", subject=subject, summary=summary, rows=vanished, run=scope.run)
    return Judged("held", 0, summary)


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
