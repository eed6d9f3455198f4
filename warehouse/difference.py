"""What does a slice change in the copy, and how is it written?

One join between staging and the live rows in reach finds every difference; only differences are written, so
that an answer without news writes nothing, not even a log record.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import psycopg

from layidu.model.slices import Slice
from warehouse.keys import keys_of, period_keys
from warehouse.stage_values import KEY_LIST
from warehouse.staging import LARGE, fetch, run_sql

# Live rows the slice can speak about. Staged org units are in reach even if the tree moved meanwhile, else
# their rows would be taken for new ones.
REACH = """
SELECT d.*, u.in_branch FROM source.data_value d JOIN reach u ON u.org_unit = d.org_unit
WHERE d.source = %(source)s AND d.period = ANY(%(periods)s)
"""
# What is missing has vanished only where a full answer would show it: inside the branch, and an element this data
# set owns. What our user may no longer see is `warehouse.absences`' question.
CAN_VANISH = "d.in_branch AND d.data_element = ANY(%(elements)s)"
# By today's tree; a slice without children is about its unit alone.
IN_BRANCH = "(o.key = b.key OR (%(children)s AND o.path LIKE b.path || '/%%'))"
TEXTS = "(SELECT * FROM difference JOIN staged_text USING (text))"
# Staging has no nulls: its rows are of fixed width.
MOMENT = "nullif(x.last_updated, '-infinity')"
SAME_CELL = " AND ".join(f"d.{name} = x.{name}" for name in KEY_LIST.split(", "))


@dataclass(frozen=True, slots=True)
class Scope:
    """A slice in keys."""

    slice: Slice
    source: int
    run: int
    now: datetime
    periods: list[int]
    elements: list[int]  # owned by the data set and still in it, and those that are gone

    def parameters(self) -> dict[str, object]:
        """As SQL parameters."""
        return {
            "source": self.source,
            "run": self.run,
            "now": self.now,
            "periods": self.periods,
            "elements": self.elements,
        }


def scope_of(
    connection: psycopg.Connection, asked: Slice, source: int, owned: frozenset[str], run: int, now: datetime
) -> Scope:
    """Read what the metadata say today about the slice's data set, periods and branch."""
    parameters = {"source": source, "data_set": asked.data_set, "org_unit": asked.org_unit}
    elements = keys_of(connection, "data_element", source, owned)
    of_set = fetch(
        connection,
        "SELECT e.key FROM source.data_set_element m JOIN source.data_set s ON s.key = m.data_set"
        " JOIN source.data_element e ON e.key = m.data_element"
        " WHERE s.source = %(source)s AND s.uid = %(data_set)s AND e.gone IS NULL",
        parameters,
    )
    gone = fetch(
        connection,
        "SELECT key FROM source.data_element WHERE source = %(source)s AND gone IS NOT NULL",
        parameters,
    )
    run_sql(
        connection,
        "CREATE TEMP TABLE reach ON COMMIT DROP AS"
        f" SELECT o.key AS org_unit, {IN_BRANCH} AS in_branch"
        " FROM source.org_unit o, source.org_unit b"
        " WHERE b.source = %(source)s AND b.uid = %(org_unit)s AND o.source = %(source)s"
        f" AND ({IN_BRANCH} OR o.key IN (SELECT org_unit FROM staging))",
        {**parameters, "children": asked.children},
    )
    run_sql(connection, "ANALYZE reach")
    return Scope(
        slice=asked,
        source=source,
        run=run,
        now=now,
        periods=sorted(period_keys(connection, asked.periods).values()),
        # No answer can hold an element that is gone: `warehouse.absences` looks whether it was merged.
        elements=sorted(
            {int(str(key)) for (key,) in of_set} & set(elements.values()) | {int(str(key)) for (key,) in gone}
        ),
    )


def find_differences(connection: psycopg.Connection, scope: Scope) -> Counter[str]:
    """Fill `difference`: new, changed, deleted and (of a full answer) vanished cells; how many of each."""
    full = scope.slice.mode == "full"
    vanished = f"x.period IS NULL AND {CAN_VANISH}" if full else "false"
    join = "FULL" if full else "LEFT"
    rows = run_sql(
        connection,
        f"CREATE TEMP TABLE difference ON COMMIT DROP AS SELECT {either(KEY_LIST)}, x.text,"
        f" {MOMENT} AS last_updated,"
        " CASE WHEN x.period IS NULL THEN 'vanished' WHEN x.tombstone = 1 THEN 'deleted'"
        " WHEN d.period IS NULL THEN 'new' ELSE 'changed' END AS action"
        f" FROM (SELECT * FROM staging JOIN staged_text USING (text)) x {join} JOIN ({REACH}) d ON {SAME_CELL}"
        f" WHERE ({vanished}) OR (x.tombstone = 1 AND d.period IS NOT NULL)"
        " OR (x.tombstone = 0 AND x.value IS DISTINCT FROM d.value)",
        scope.parameters(),
    )
    if rows < LARGE:
        # Few differences are looked up by the key; PostgreSQL must know how few.
        run_sql(connection, "ANALYZE difference")
        run_sql(connection, "SET LOCAL enable_nestloop = on")
    if full:
        spare_refused(connection)
    counts = fetch(connection, "SELECT action, count(*) FROM difference GROUP BY action")
    return Counter({str(action): int(str(count)) for action, count in counts})


def spare_refused(connection: psycopg.Connection) -> None:
    """A cell whose new record was refused has not vanished: its older value stays as it is."""
    run_sql(
        connection,
        f"DELETE FROM difference d USING refused_cell x WHERE d.action = 'vanished' AND {SAME_CELL}",
    )


def either(names: str) -> str:
    """The columns of whichever side of the join has them."""
    return ", ".join(f"coalesce(x.{name}, d.{name}) AS {name}" for name in names.split(", "))


def write_differences(connection: psycopg.Connection, scope: Scope, counts: Counter[str]) -> None:
    """Old versions to history; then close, update and insert."""
    parameters = scope.parameters()
    closing = counts["deleted"] + counts["vanished"]
    if closing + counts["changed"]:
        run_sql(
            connection,
            f"INSERT INTO source.data_value_history ({KEY_LIST}, source, value, number, valid_from, valid_to,"
            f" reason, run, closed_run) SELECT {columns_of('d')}, d.source, d.value, d.number, d.last_updated,"
            " CASE x.action WHEN 'vanished' THEN %(now)s ELSE x.last_updated END, x.action, d.run, %(run)s"
            f" FROM source.data_value d JOIN difference x ON {SAME_CELL}"
            " WHERE x.action <> 'new'"
            f" ORDER BY {columns_of('d')}",
            parameters,
        )
    if closing:
        run_sql(
            connection,
            "DELETE FROM source.data_value d USING difference x"
            f" WHERE {SAME_CELL} AND x.action IN ('deleted', 'vanished')",
        )
    if counts["changed"]:
        run_sql(
            connection,
            "UPDATE source.data_value d SET value = x.value, number = x.number,"
            f" last_updated = x.last_updated, run = %(run)s FROM {TEXTS} x WHERE {SAME_CELL}"
            " AND x.action = 'changed'",
            parameters,
        )
    if counts["new"]:
        run_sql(
            connection,
            f"DELETE FROM source.tombstone d USING difference x WHERE {SAME_CELL} AND x.action = 'new'",
        )
        # In the order of the key: the index is built in one sweep, and a month's values lie together.
        run_sql(
            connection,
            f"INSERT INTO source.data_value ({KEY_LIST}, source, value, number, last_updated,"
            f" first_seen_run, run) SELECT {KEY_LIST}, %(source)s, value, number, last_updated, %(run)s, %(run)s"
            f" FROM {TEXTS} x WHERE action = 'new' ORDER BY {KEY_LIST}",
            parameters,
        )


def remember_tombstones(connection: psycopg.Connection, scope: Scope) -> None:
    """Keep the tombstones DHIS2 shows, once: also of values that were deleted before we ever saw them."""
    run_sql(
        connection,
        f"INSERT INTO source.tombstone ({KEY_LIST}, source, value, last_updated, run)"
        f" SELECT {columns_of('x')}, %(source)s, x.value, {MOMENT}, %(run)s"
        " FROM (SELECT * FROM staging JOIN staged_text USING (text)) x"
        f" WHERE x.tombstone = 1 AND NOT EXISTS (SELECT FROM source.tombstone d WHERE {SAME_CELL})"
        f" ORDER BY {columns_of('x')}",
        scope.parameters(),
    )


def forget_purged_tombstones(connection: psycopg.Connection, scope: Scope) -> None:
    """Forget the marks of deletion that a full answer no longer has: DHIS2 has purged them."""
    run_sql(
        connection,
        "DELETE FROM source.tombstone d USING reach u WHERE u.org_unit = d.org_unit AND u.in_branch"
        " AND d.source = %(source)s AND d.period = ANY(%(periods)s) AND d.data_element = ANY(%(elements)s)"
        f" AND NOT EXISTS (SELECT FROM staging x WHERE {SAME_CELL})",
        scope.parameters(),
    )


def columns_of(alias: str) -> str:
    """The key's columns of one side."""
    return ", ".join(f"{alias}.{name}" for name in KEY_LIST.split(", "))


def changed_years(connection: psycopg.Connection) -> tuple[int, ...]:
    """The years whose values the slice changes."""
    rows = fetch(
        connection,
        "SELECT DISTINCT extract(year FROM p.start_date)::int FROM source.period p"
        " WHERE EXISTS (SELECT FROM difference x WHERE x.period = p.key) ORDER BY 1",
    )
    return tuple(int(str(year)) for (year,) in rows)
