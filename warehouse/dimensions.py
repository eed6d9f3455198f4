"""What changed in a kind of metadata object (org units, data elements, …) since the last snapshot?

The snapshot is staged and compared in SQL; only differences are written. Objects that disappear are marked,
not deleted: the values that refer to them stay.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import psycopg

from layidu.model.frames import METADATA_EVENTS, ORG_UNITS
from warehouse.staging import fetch, fetch_number, run_sql, stage

TEXT_OF = {"str": "text", "datetime64[us]": "date", "float64": "double precision", "int16": "smallint"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: its table in `source`, and the columns a snapshot holds besides uid."""

    name: str
    columns: Mapping[str, str]  # column -> SQL type
    # A change of one of these begins a new version.
    versioned: tuple[str, ...]
    history: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """Which source, when on its server's clock, and which run."""

    source: int
    now: datetime
    run: int
    first_contact: bool

    def parameters(self) -> dict[str, object]:
        """As SQL parameters."""
        since = "-infinity" if self.first_contact else self.now.isoformat()
        return {"source": self.source, "now": self.now, "since": since, "run": self.run}


Event = tuple[str, str, str | None, str | None, str | None, str | None]


def sql_columns(contract_columns: Mapping[str, str]) -> dict[str, str]:
    """The SQL types of a frame's columns, uid left out."""
    return {name: TEXT_OF.get(kind, "boolean") for name, kind in contract_columns.items() if name != "uid"}


ORG_UNIT = Kind(
    "org_unit",
    sql_columns(ORG_UNITS.columns),
    versioned=("name", "path", "opening_date", "closed_date"),
    history=True,
)


def refresh(connection: psycopg.Connection, kind: Kind, seen: pd.DataFrame, moment: Moment) -> list[Event]:
    """Make the table equal to the snapshot; what a person should know about it."""
    staged = f"seen_{kind.name}"
    stage(connection, staged, seen, {"uid": "text", **kind.columns})
    parameters = moment.parameters()
    events = [
        *added(connection, kind, staged, moment),
        *changed(connection, kind, staged, parameters),
        *gone(connection, kind, staged, parameters),
    ]
    run_sql(connection, f"DROP TABLE {staged}")
    return events


def added(connection: psycopg.Connection, kind: Kind, staged: str, moment: Moment) -> list[Event]:
    """Insert what was never seen; listed one by one, but only counted at first contact."""
    columns = ", ".join(kind.columns)
    rows = fetch(
        connection,
        f"INSERT INTO source.{kind.name} (source, uid, {columns}, valid_from, first_seen_run, run)"
        f" SELECT %(source)s, uid, {columns}, %(since)s::timestamptz, %(run)s, %(run)s FROM {staged} s"
        f" WHERE NOT EXISTS (SELECT FROM source.{kind.name} k"
        " WHERE k.source = %(source)s AND k.uid = s.uid) ORDER BY uid RETURNING uid, name",
        moment.parameters(),
    )
    if moment.first_contact:
        return [("added", kind.name, None, None, None, str(len(rows)))] if rows else []
    return [("added", kind.name, str(uid), str(name), None, str(name)) for uid, name in rows]


def changed(
    connection: psycopg.Connection, kind: Kind, staged: str, parameters: Mapping[str, object]
) -> list[Event]:
    """Update what reads differently or came back; org units keep their earlier versions."""
    names = list(kind.columns)
    old, new = row_of("k", names), row_of("s", names)
    found = fetch(
        connection,
        f"SELECT k.uid, k.gone IS NOT NULL, {prefixed('k', names)}, {prefixed('s', names)}"
        f" FROM source.{kind.name} k JOIN {staged} s USING (uid)"
        f" WHERE k.source = %(source)s AND ({old} IS DISTINCT FROM {new} OR k.gone IS NOT NULL) ORDER BY k.uid",
        parameters,
    )
    if not found:
        return []
    new_version = f"{row_of('k', kind.versioned)} IS DISTINCT FROM {row_of('s', kind.versioned)}"
    if kind.history:
        versioned = ", ".join(kind.versioned)
        run_sql(
            connection,
            f"INSERT INTO source.{kind.name}_history ({kind.name}, valid_from, valid_to, {versioned}, run)"
            f" SELECT k.key, k.valid_from, %(now)s, {prefixed('k', kind.versioned)}, %(run)s"
            f" FROM source.{kind.name} k JOIN {staged} s USING (uid)"
            f" WHERE k.source = %(source)s AND k.valid_from < %(now)s AND {new_version}",
            parameters,
        )
    assignments = ", ".join(f"{name} = s.{name}" for name in names)
    run_sql(
        connection,
        f"UPDATE source.{kind.name} k SET {assignments}, gone = NULL, run = %(run)s,"
        f" valid_from = CASE WHEN {new_version} THEN %(now)s ELSE k.valid_from END"
        f" FROM {staged} s WHERE k.source = %(source)s AND k.uid = s.uid"
        f" AND ({old} IS DISTINCT FROM {new} OR k.gone IS NOT NULL)",
        parameters,
    )
    events: list[Event] = []
    for uid, was_gone, *rest in found:
        before = dict(zip(names, rest[: len(names)], strict=True))
        after = dict(zip(names, rest[len(names) :], strict=True))
        if was_gone:
            events.append(("added", kind.name, str(uid), str(after["name"]), "gone", str(after["name"])))
        events += differences(kind.name, str(uid), before, after)
    return events


def gone(
    connection: psycopg.Connection, kind: Kind, staged: str, parameters: Mapping[str, object]
) -> list[Event]:
    """Mark what the source no longer shows."""
    rows = fetch(
        connection,
        f"UPDATE source.{kind.name} k SET gone = %(now)s, run = %(run)s"
        " WHERE k.source = %(source)s AND k.gone IS NULL"
        f" AND NOT EXISTS (SELECT FROM {staged} s WHERE s.uid = k.uid) RETURNING uid, name",
        parameters,
    )
    return [("gone", kind.name, str(uid), str(name), str(name), None) for uid, name in sorted(rows, key=str)]


def differences(
    kind: str, uid: str, before: Mapping[str, object], after: Mapping[str, object]
) -> list[Event]:
    """One event a column that differs; a unit whose parents moved above it is not reported again."""
    events: list[Event] = []
    for column, new in after.items():
        old = before[column]
        if old == new or column in ("path", "level"):
            continue
        what = event_kind(kind, column, new)
        prefix = f"{column}: " if what == "changed" else ""
        events.append((what, kind, uid, str(after["name"]), spelled(prefix, old), spelled(prefix, new)))
    return events


def event_kind(kind: str, column: str, new: object) -> str:
    """The word for a change of this column."""
    if column == "name":
        return "renamed"
    if kind == "org_unit" and column == "parent":
        return "moved"
    if kind == "org_unit" and column == "closed_date":
        return "reopened" if new is None else "closed"
    return "changed"


def spelled(prefix: str, value: object) -> str | None:
    """A value as text, with the column's name where the kind of event does not say it."""
    return None if value is None else f"{prefix}{value}"


def row_of(alias: str, names: tuple[str, ...] | list[str]) -> str:
    """An SQL row of columns, for one comparison of them all."""
    return f"({prefixed(alias, names)})"


def prefixed(alias: str, names: tuple[str, ...] | list[str]) -> str:
    """Columns of one table alias."""
    return ", ".join(f"{alias}.{name}" for name in names)


def is_first_contact(connection: psycopg.Connection, source: int) -> bool:
    """Whether nothing of this source was ever stored."""
    known = fetch_number(
        connection, "SELECT count(*) FROM source.org_unit WHERE source = %(source)s", {"source": source}
    )
    return known == 0


def as_frame(events: list[Event]) -> pd.DataFrame:
    """Events as the frame the report shows."""
    return METADATA_EVENTS.frame(events)
