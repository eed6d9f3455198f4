"""A snapshot of metadata: what a person is told, what is kept of before, and that a second one writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import Inspector, inspect

from layidu.model import frames
from layidu.model.metadata import Metadata
from tests.warehouse_world import NOW, World, night
from warehouse import read
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata
from warehouse.read_sums import earlier_parents
from warehouse.tables import METADATA

WORLD = World()
LATER = NOW + timedelta(days=1)


@contextmanager
def inspected(warehouse: Warehouse) -> Iterator[Inspector]:
    """What the database says of its own tables."""
    engine = warehouse.engine("owner")
    try:
        with engine.connect() as connection:
            yield inspect(connection)
    finally:
        engine.dispose()


def load(warehouse: Warehouse, metadata: Metadata) -> list[tuple[object, ...]]:
    """Load a snapshot; its events, missing as None."""
    with night(warehouse) as run:
        events = load_metadata(warehouse, metadata, run)
    frames.METADATA_EVENTS.check(events)
    plain = events.astype(object).where(events.notna(), None)
    return list(plain.itertuples(index=False, name=None))


def later(metadata: Metadata, **changed: pd.DataFrame) -> Metadata:
    """The same source a day later, with some frames changed."""
    return replace(metadata, server=replace(metadata.server, server_date=LATER), **changed)


def units(metadata: Metadata, uid: str, **values: object) -> pd.DataFrame:
    """The org units, one of them changed."""
    changed = metadata.org_units.copy()
    for name, value in values.items():
        changed.loc[changed["uid"] == uid, name] = value
    return frames.ORG_UNITS.cast(changed)


def test_first_contact_is_counted_not_listed(any_warehouse: Warehouse) -> None:
    events = load(any_warehouse, WORLD.metadata())
    assert {(kind, what, after) for kind, what, _, _, _, after in events} == {
        ("added", "org_unit", "9"),
        ("added", "data_element", "2"),
        ("added", "category_option_combo", "3"),
        ("added", "data_set", "1"),
        ("added", "data_set_element", "2"),
        ("added", "data_set_assignment", "6"),
    }
    tree = read.tree(any_warehouse, WORLD.source)
    assert tree["uid"].tolist()[0] == WORLD.country
    assert tree["parent"].tolist()[0] == -1
    assert len(tree) == 9


def test_the_same_snapshot_again_writes_nothing(warehouse: Warehouse) -> None:
    load(warehouse, WORLD.metadata())

    def rows() -> list[tuple[object, ...]]:
        with inspected(warehouse) as found:
            tables = found.get_table_names("source")
        with warehouse.connect() as connection:
            return [
                row
                for table in tables
                for row in connection.execute(f"SELECT xmin::text, ctid::text FROM source.{table}")  # noqa: S608
            ]

    before = rows()
    assert load(warehouse, later(WORLD.metadata())) == []
    assert rows() == before


def test_a_moved_district_is_told_once_and_its_units_keep_their_old_paths(warehouse: Warehouse) -> None:
    metadata = WORLD.metadata()
    load(warehouse, metadata)
    district, other = WORLD.district(1), WORLD.district(2)
    moved = units(metadata, district, parent=other)
    old, new = f"/{WORLD.country}/{district}", f"/{WORLD.country}/{other}/{district}"
    moved["path"] = moved["path"].str.replace(old, new)
    events = load(warehouse, later(metadata, org_units=frames.ORG_UNITS.cast(moved)))
    assert events == [("moved", "org_unit", district, "District 1", "Mali", "District 2")]
    with warehouse.connect() as connection:
        history = connection.execute("SELECT count(*), min(valid_to) FROM source.org_unit_history").fetchone()
    assert history is not None
    assert history[0] == 4
    assert history[1].replace(tzinfo=None) == LATER
    keys = {row.uid: row.org_unit for row in read.tree(warehouse, WORLD.source).itertuples()}
    before = int(f"{LATER.replace(day=1) - timedelta(days=1):%Y%m}")
    # Its facilities hang where they hung; only the district has another parent.
    earlier = earlier_parents(warehouse, WORLD.source)
    assert earlier.to_numpy().tolist() == [[keys[district], keys[WORLD.country], 0, before]]


@pytest.mark.parametrize(
    ("changes", "kind", "before", "after"),
    [
        ({"name": "CSCom Nouveau"}, "renamed", "CSCom 1.1", "CSCom Nouveau"),
        ({"closed_date": pd.Timestamp(2026, 3, 31)}, "closed", None, "2026-03-31"),
        (
            {"opening_date": pd.Timestamp(2001, 1, 1)},
            "changed",
            "opening_date: 2000-01-01",
            "opening_date: 2001-01-01",
        ),
    ],
)
def test_a_changed_unit_is_told_and_its_return_too(
    warehouse: Warehouse, changes: dict[str, object], kind: str, before: str | None, after: str
) -> None:
    metadata, unit = WORLD.metadata(), WORLD.facility(1, 1)
    load(warehouse, metadata)
    [event] = load(warehouse, later(metadata, org_units=units(metadata, unit, **changes)))
    assert (event[0], event[2], event[4], event[5]) == (kind, unit, before, after)
    [back] = load(warehouse, metadata)
    assert back[0] == ("reopened" if kind == "closed" else kind)


def test_what_is_gone_is_marked_and_may_come_back(warehouse: Warehouse) -> None:
    metadata, unit = WORLD.metadata(), WORLD.facility(1, 1)
    load(warehouse, metadata)
    fewer = later(
        metadata,
        org_units=frames.ORG_UNITS.cast(metadata.org_units[metadata.org_units["uid"] != unit]),
        data_set_assignments=frames.DATA_SET_ASSIGNMENTS.cast(
            metadata.data_set_assignments[metadata.data_set_assignments["org_unit"] != unit]
        ),
    )
    assert [event[:3] for event in load(warehouse, fewer)] == [
        ("gone", "org_unit", unit),
        ("gone", "data_set_assignment", unit),
    ]
    assert unit not in set(read.tree(warehouse, WORLD.source)["uid"])
    assert [event[:3] for event in load(warehouse, metadata)] == [
        ("added", "org_unit", unit),
        ("added", "data_set_assignment", unit),
    ]


def test_the_database_is_what_the_tables_declare_down_to_the_comments(any_warehouse: Warehouse) -> None:
    """Migrations are frozen; the declarations must not run away from them."""
    with inspected(any_warehouse) as found:
        for table in METADATA.sorted_tables:
            columns = {
                column["name"]: (column["type"].compile(found.dialect), column["nullable"], column["comment"])
                for column in found.get_columns(table.name, table.schema)
            }
            declared = {
                column.name: (column.type.compile(found.dialect), column.nullable, column.comment)
                for column in table.columns
            }
            assert columns == declared, table.fullname
            assert found.get_table_comment(table.name, table.schema)["text"] == table.comment
            key = found.get_pk_constraint(table.name, table.schema)["constrained_columns"]
            assert key == [column.name for column in table.primary_key.columns], table.fullname
            indexes = {index["name"] for index in found.get_indexes(table.name, table.schema)}
            assert {str(index.name) for index in table.indexes} <= indexes


def test_every_table_and_view_says_what_it_is(warehouse: Warehouse) -> None:
    with warehouse.connect("owner") as connection:
        silent = connection.execute(
            "SELECT c.oid::regclass::text, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace::regnamespace::text IN ('source', 'plan', 'result', 'run', 'mart')"
            " AND c.relkind IN ('r', 'v') AND c.relname <> 'schema_version' AND a.attnum >= 0"
            " AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL"
            " UNION ALL SELECT c.oid::regclass::text, NULL FROM pg_class c"
            " WHERE c.relnamespace::regnamespace::text IN ('source', 'plan', 'result', 'run', 'mart')"
            " AND c.relkind IN ('r', 'v') AND c.relname <> 'schema_version' AND obj_description(c.oid) IS NULL"
        ).fetchall()
    assert silent == []
