"""What changed in who belongs to whom: options of combos, elements and org units of data sets?

The links are staged as keys and compared; only differences are written. An assignment that ends goes to its
history, because completeness of past months is judged by the assignments of their time.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import psycopg

from warehouse.dimensions import Event, Moment, prefixed, row_of
from warehouse.staging import fetch, run_sql, stage


@dataclass(frozen=True, slots=True)
class Links:
    """One table of links: its key, what else it says, and how the staged uids become keys."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    resolved: str  # SELECT of key and values from the staged frame
    scope: str  # condition on the table's alias `k` that limits it to one source
    described: str = ""  # SELECT uid, name, owner FROM …: what an event says; empty: no events
    changed: str = ""  # SELECT uid, name, before, after of the links that stay and say something else
    timed: bool = False  # the table has valid_from and a history


COMBO_OPTIONS = Links(
    "combo_option",
    ("category_option_combo", "category_option"),
    ("category", "category_name", "category_option_code", "category_option_name"),
    "SELECT c.key AS category_option_combo, s.category_option, s.category, s.category_name,"
    " s.category_option_code, s.category_option_name FROM {staged} s"
    " JOIN source.category_option_combo c ON c.source = %(source)s AND c.uid = s.category_option_combo",
    "k.category_option_combo IN (SELECT key FROM source.category_option_combo WHERE source = %(source)s)",
    # A combo that is new, gone or back is an event of its own.
    "SELECT m.uid, m.name, r.category_option_name FROM {rows} r"
    " JOIN source.category_option_combo m ON m.key = r.category_option_combo"
    " WHERE m.gone IS NULL AND EXISTS (SELECT FROM source.combo_option k"
    " WHERE k.category_option_combo = m.key) ORDER BY m.uid, r.category_option",
)
OPTION_VALUES = Links(
    "option_value",
    ("source", "option_set", "code"),
    (),
    "SELECT DISTINCT %(source)s::smallint AS source, option_set, code FROM {staged}",
    "k.source = %(source)s",
)
DATA_SET_ELEMENTS = Links(
    "data_set_element",
    ("data_set", "data_element"),
    ("category_combo",),
    "SELECT d.key AS data_set, e.key AS data_element, s.category_combo FROM {staged} s"
    " JOIN source.data_set d ON d.source = %(source)s AND d.uid = s.data_set"
    " JOIN source.data_element e ON e.source = %(source)s AND e.uid = s.data_element",
    "k.data_set IN (SELECT key FROM source.data_set WHERE source = %(source)s)",
    "SELECT m.uid, m.name, d.name FROM {rows} r JOIN source.data_element m ON m.key = r.data_element"
    " JOIN source.data_set d ON d.key = r.data_set ORDER BY d.uid, m.uid",
    # Where a data set splits an element its own way; the element's own change is an event of the element.
    changed="SELECT m.uid, m.name, format('%%s (%%s)', k.category_combo, d.name),"
    " format('%%s (%%s)', n.category_combo, d.name) FROM source.data_set_element k"
    " JOIN now_data_set_element n ON n.data_set = k.data_set AND n.data_element = k.data_element"
    " AND n.category_combo IS DISTINCT FROM k.category_combo"
    " JOIN source.data_element m ON m.key = k.data_element JOIN source.data_set d ON d.key = k.data_set"
    " WHERE m.run <> %(run)s OR m.category_combo IS DISTINCT FROM n.category_combo ORDER BY d.uid, m.uid",
)
ASSIGNMENTS = Links(
    "data_set_assignment",
    ("data_set", "org_unit"),
    (),
    "SELECT d.key AS data_set, o.key AS org_unit FROM {staged} s"
    " JOIN source.data_set d ON d.source = %(source)s AND d.uid = s.data_set"
    " JOIN source.org_unit o ON o.source = %(source)s AND o.uid = s.org_unit",
    "k.data_set IN (SELECT key FROM source.data_set WHERE source = %(source)s)",
    "SELECT m.uid, m.name, d.name FROM {rows} r JOIN source.org_unit m ON m.key = r.org_unit"
    " JOIN source.data_set d ON d.key = r.data_set ORDER BY d.uid, m.uid",
    timed=True,
)


def refresh_links(
    connection: psycopg.Connection, links: Links, seen: pd.DataFrame, moment: Moment
) -> list[Event]:
    """Make the table equal to the snapshot; links that began or ended, as events."""
    staged = f"seen_{links.name}"
    stage(connection, staged, seen, dict.fromkeys(map(str, seen.columns), "text"))
    resolved = links.resolved.format(staged=staged)
    parameters = moment.parameters()
    run_sql(connection, f"CREATE TEMP TABLE now_{links.name} ON COMMIT DROP AS {resolved}", parameters)
    begun, ended = compare(connection, links, parameters)
    events = (
        []
        if not links.described
        else [
            *events_of(connection, links, "added", begun, moment),
            *events_of(connection, links, "gone", ended, moment),
            *changed_links(connection, links, parameters),
        ]
    )
    write(connection, links, parameters)
    for name in (staged, f"now_{links.name}", begun, ended):
        run_sql(connection, f"DROP TABLE {name}")
    return events


def compare(
    connection: psycopg.Connection, links: Links, parameters: Mapping[str, object]
) -> tuple[str, str]:
    """Two temporary tables: the links that begin, and those that end."""
    begun, ended, now = f"begun_{links.name}", f"ended_{links.name}", f"now_{links.name}"
    same = f"{row_of('k', links.key)} = {row_of('n', links.key)}"
    run_sql(
        connection,
        f"CREATE TEMP TABLE {begun} ON COMMIT DROP AS SELECT n.* FROM {now} n"
        f" WHERE NOT EXISTS (SELECT FROM source.{links.name} k WHERE {same})",
    )
    run_sql(
        connection,
        f"CREATE TEMP TABLE {ended} ON COMMIT DROP AS SELECT k.* FROM source.{links.name} k"
        f" WHERE {links.scope} AND NOT EXISTS (SELECT FROM {now} n WHERE {same})",
        parameters,
    )
    return begun, ended


def changed_links(
    connection: psycopg.Connection, links: Links, parameters: Mapping[str, object]
) -> list[Event]:
    """The links that stay and say something else, as events."""
    found = fetch(connection, links.changed, parameters) if links.changed else []
    return [
        ("changed", links.name, str(uid), str(name), str(before), str(after))
        for uid, name, before, after in found
    ]


def events_of(
    connection: psycopg.Connection, links: Links, kind: str, rows: str, moment: Moment
) -> list[Event]:
    """The links of one temporary table as events: each by name, or only their number at first contact."""
    found = fetch(connection, links.described.format(rows=rows), moment.parameters())
    if moment.first_contact and kind == "added":
        return [(kind, links.name, None, None, None, str(len(found)))] if found else []
    events: list[Event] = []
    for uid, name, owner in found:
        before, after = (None, str(owner)) if kind == "added" else (str(owner), None)
        events.append((kind, links.name, str(uid), str(name), before, after))
    return events


def write(connection: psycopg.Connection, links: Links, parameters: Mapping[str, object]) -> None:
    """End, change and begin links."""
    columns = [*links.key, *links.values]
    table, same = f"source.{links.name}", f"{row_of('k', links.key)} = {row_of('n', links.key)}"
    if links.timed:
        key = ", ".join(links.key)
        run_sql(
            connection,
            f"INSERT INTO {table}_history ({key}, valid_from, valid_to, run)"
            f" SELECT {key}, valid_from, %(now)s, %(run)s FROM ended_{links.name} WHERE valid_from < %(now)s",
            parameters,
        )
    run_sql(connection, f"DELETE FROM {table} k USING ended_{links.name} n WHERE {same}")
    if links.values:
        assignments = ", ".join(f"{name} = n.{name}" for name in links.values)
        run_sql(
            connection,
            f"UPDATE {table} k SET {assignments}, run = %(run)s FROM now_{links.name} n WHERE {same}"
            f" AND {row_of('k', links.values)} IS DISTINCT FROM {row_of('n', links.values)}",
            parameters,
        )
    extra, since = (", valid_from", ", %(since)s::timestamptz") if links.timed else ("", "")
    run_sql(
        connection,
        f"INSERT INTO {table} ({', '.join(columns)}, run{extra})"
        f" SELECT {prefixed('n', columns)}, %(run)s{since} FROM begun_{links.name} n",
        parameters,
    )
