"""What the page of results shows beside the results: places on the map, promises, and the accounts of a night."""

import pandas as pd

from layidu.model.frames import Contract
from layidu.model.slices import Slice, SliceAccount
from warehouse.connect import Warehouse
from warehouse.staging import fetch, fetch_frame

PLACES = Contract(
    "places",
    {
        "org_unit": "int32",
        "uid": "str",
        "name": "str",
        "parent_name": "str",
        "longitude": "float64",
        "latitude": "float64",
    },
    ("org_unit",),
)


def places(warehouse: Warehouse, source: str, level: int) -> pd.DataFrame:
    """The org units of one level of today's tree, with their coordinates where known (PLACES)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            PLACES,
            "SELECT o.key AS org_unit, o.uid, o.name, p.name AS parent_name, o.longitude, o.latitude"
            " FROM source.org_unit o JOIN source.instance i ON i.key = o.source AND i.name = %(source)s"
            " LEFT JOIN source.org_unit p ON p.source = o.source AND p.uid = o.parent"
            " WHERE o.gone IS NULL AND o.level = %(level)s ORDER BY o.name, o.uid",
            {"source": source, "level": level},
        )


def server_version(warehouse: Warehouse, source: str) -> str:
    """The DHIS2 version a source last said it is."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection, "SELECT version FROM source.instance WHERE name = %(source)s", {"source": source}
        )
    return str(rows[0][0]) if rows else "?"


def last_accounts(warehouse: Warehouse) -> list[SliceAccount]:
    """The accounts of the latest run that loaded anything, in the order it worked."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT source, data_set, periods, org_unit, mode, received, new, changed, closed, unchanged, refused,"
            " vanished, outcome, newly_refused, message FROM run.slice"
            " WHERE run = (SELECT max(run) FROM run.slice) ORDER BY key",
        )
    return [account(row) for row in rows]


def account(row: tuple[object, ...]) -> SliceAccount:
    """One row of `run.slice` as the account it was."""
    source, data_set, periods, org_unit, mode, *rest = row
    received, new, changed, closed, unchanged, refused, vanished = (int(str(count)) for count in rest[:7])
    outcome, newly_refused, message = rest[7:]
    return SliceAccount(
        slice=Slice(
            str(source),
            str(data_set),
            tuple(str(period) for period in periods) if isinstance(periods, list) else (),
            str(org_unit),
            "full" if mode == "full" else "increment",
        ),
        received=received,
        new=new,
        changed=changed,
        closed=closed,
        unchanged=unchanged,
        refused=refused,
        vanished=vanished,
        outcome=str(outcome),  # type: ignore[arg-type]  # the table checks it
        newly_refused=int(str(newly_refused)),
        message=str(message or ""),
    )
