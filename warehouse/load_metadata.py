"""What do we know about a source's metadata, and what changed since last time?

One transaction: the values that follow find every object they name. A second run writes nothing.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from datetime import UTC, datetime, timedelta

import pandas as pd
import psycopg

from layidu.model.frames import CATEGORY_OPTION_COMBOS, DATA_ELEMENTS, DATA_SETS
from layidu.model.metadata import Metadata, ServerInfo
from warehouse.connect import Warehouse
from warehouse.dimensions import (
    ORG_UNIT,
    Event,
    Kind,
    Moment,
    as_frame,
    is_first_contact,
    refresh,
    sql_columns,
)
from warehouse.lock import RunToken
from warehouse.memberships import (
    ASSIGNMENTS,
    COMBO_OPTIONS,
    DATA_SET_ELEMENTS,
    OPTION_VALUES,
    refresh_links,
)
from warehouse.staging import fetch, fetch_number, run_sql, stage


def kind_of(name: str, columns: dict[str, str]) -> Kind:
    """A kind of object whose every column begins a new version when it changes."""
    return Kind(name, columns, versioned=tuple(columns))


DATA_ELEMENT = kind_of("data_element", sql_columns(DATA_ELEMENTS.columns))
CATEGORY_OPTION_COMBO = kind_of("category_option_combo", sql_columns(CATEGORY_OPTION_COMBOS.columns))
DATA_SET = kind_of("data_set", sql_columns(DATA_SETS.columns))


def load_metadata(warehouse: Warehouse, metadata: Metadata, run: RunToken) -> pd.DataFrame:
    """Store a snapshot; returns METADATA_EVENTS: what was added, gone, moved, renamed, closed, reopened, changed.

    At first contact new objects are counted, one row a kind, not listed. Raises LockedError when another run
    took over.
    """
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        source = source_key(connection, metadata, run.run_id)
        moment = Moment(
            source, in_utc(metadata.server), run.run_id, first_contact=is_first_contact(connection, source)
        )
        events: list[Event] = [
            *refresh(connection, ORG_UNIT, metadata.org_units, moment),
            *refresh(connection, DATA_ELEMENT, metadata.data_elements, moment),
            *refresh(connection, CATEGORY_OPTION_COMBO, metadata.category_option_combos, moment),
            *refresh(connection, DATA_SET, metadata.data_sets, moment),
            *refresh_links(connection, COMBO_OPTIONS, metadata.combo_options, moment),
            *refresh_links(connection, OPTION_VALUES, metadata.option_values, moment),
            *refresh_links(connection, DATA_SET_ELEMENTS, metadata.data_set_elements, moment),
            *refresh_links(connection, ASSIGNMENTS, metadata.data_set_assignments, moment),
        ]
        told = as_frame(with_parent_names(connection, events, source))
        if len(told):
            keep_events(connection, told, metadata.source, moment)
        return told


def keep_events(connection: psycopg.Connection, events: pd.DataFrame, source: str, moment: Moment) -> None:
    """Write down what changed, for whoever asks later."""
    columns = list(map(str, events.columns))
    stage(connection, "metadata_event", events, dict.fromkeys(columns, "text"))
    names = ", ".join(columns)
    run_sql(
        connection,
        f"INSERT INTO run.metadata_event (run, source, seen_at, {names})"
        f" SELECT %(run)s, %(name)s, %(now)s, {names} FROM pg_temp.metadata_event",
        {**moment.parameters(), "name": source},
    )


def source_key(connection: psycopg.Connection, metadata: Metadata, run: int) -> int:
    """The number of a source; its row is written only when the server says something new of itself."""
    parameters = {
        "name": metadata.source,
        "url": metadata.server.url,
        "version": metadata.server.version,
        "calendar": metadata.server.calendar,
        "time_zone": metadata.server.server_time_zone,
        "utc_offset_hours": metadata.server.utc_offset_hours,
        "system_id": metadata.server.system_id,
        "user_org_units": ",".join(metadata.user_org_units),
        "run": run,
    }
    names = [name for name in parameters if name not in ("name", "run")]
    given = ", ".join(f"%({name})s" for name in names)
    fetch_number(
        connection,
        f"WITH updated AS (UPDATE source.instance SET ({', '.join(names)}, run) = ({given}, %(run)s)"
        f" WHERE name = %(name)s AND ({', '.join(names)}) IS DISTINCT FROM ({given}) RETURNING 1),"
        f" inserted AS (INSERT INTO source.instance (name, {', '.join(names)}, run)"
        f" SELECT %(name)s, {given}, %(run)s"
        " WHERE NOT EXISTS (SELECT FROM source.instance WHERE name = %(name)s) RETURNING 1)"
        " SELECT count(*) FROM updated",
        parameters,
    )
    return fetch_number(connection, "SELECT key FROM source.instance WHERE name = %(name)s", parameters)


def in_utc(server: ServerInfo) -> datetime:
    """The server's clock as a moment everybody shares."""
    return (server.server_date - timedelta(hours=server.utc_offset_hours)).replace(tzinfo=UTC)


def with_parent_names(connection: psycopg.Connection, events: list[Event], source: int) -> list[Event]:
    """Moves told by the names of the parents, not by their uids."""
    if not any(event[0] == "moved" for event in events):
        return events
    parameters = {"source": source}
    rows = fetch(connection, "SELECT uid, name FROM source.org_unit WHERE source = %(source)s", parameters)
    names = {str(uid): str(name) for uid, name in rows}

    def told(uid: str | None) -> str | None:
        return None if uid is None else names.get(uid, uid)

    return [
        (kind, what, uid, name, told(before), told(after)) if kind == "moved" else event
        for event in events
        for kind, what, uid, name, before, after in [event]
    ]
