"""What of the write ledger do people ask for: cells that are not as wanted, and what a run changed?"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import pandas as pd

from layidu.model.frames import LEDGER_CHANGES, TARGET_CELLS, TEXT, Contract
from warehouse.connect import Warehouse
from warehouse.load_ledger import KEY, KEY_LIST
from warehouse.staging import fetch, fetch_frame

OPEN_CELLS = Contract(
    "open_cells",
    {
        "target": TEXT,
        **dict.fromkeys(KEY, TEXT),
        "publication": TEXT,
        "label": TEXT,
        "org_unit_name": TEXT,
        "state": TEXT,  # rejected | unknown | blocked | foreign
        "code": TEXT,
        "wanted": TEXT,
        "found": TEXT,
        "tries": "int64",
        "first_refused_run": "int64",
        "new": "bool",  # since the latest run that published anything
    },
    ("target", *TARGET_CELLS.key),
)
OPEN_QUERY = f"""
SELECT c.target, {", ".join(f"c.{name}" for name in KEY)}, e.publication, e.label,
 (SELECT o.name FROM source.org_unit o WHERE o.uid = c.org_unit ORDER BY o.source LIMIT 1) AS org_unit_name,
 c.state, c.code, c.wanted, c.found, c.tries, c.first_refused_run,
 c.first_refused_run = (SELECT max(run) FROM run.published_cell) AS new
FROM run.published_cell c
LEFT JOIN run.published_element e ON e.target = c.target AND e.data_element = c.data_element
WHERE c.first_refused_run IS NOT NULL ORDER BY c.code, e.publication, c.data_element, c.period, c.org_unit
"""


def open_cells(warehouse: Warehouse) -> pd.DataFrame:
    """Cells that do not hold what they should, until they do (OPEN_CELLS)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, OPEN_CELLS, OPEN_QUERY)


def elements_with_cells(warehouse: Warehouse, target: str, data_set: str) -> list[str]:
    """Our data elements that hold something in a data set; none in a database without tables."""
    with warehouse.connect("owner") as connection:
        if fetch(connection, "SELECT to_regclass('run.published_cell')")[0][0] is None:
            return []
        found = fetch(
            connection,
            "SELECT DISTINCT data_element FROM run.published_cell WHERE target = %(target)s"
            " AND data_set = %(data_set)s AND (value IS NOT NULL OR in_flight) ORDER BY 1",
            {"target": target, "data_set": data_set},
        )
    return [str(uid) for (uid,) in found]


def changes_of(warehouse: Warehouse, run: int) -> dict[tuple[str, str], pd.DataFrame]:
    """(target, data set) -> what a run changed there (LEDGER_CHANGES)."""
    with warehouse.connect("loader") as connection:
        touched = fetch(
            connection,
            "SELECT DISTINCT target, data_set FROM run.published_change WHERE run = %(run)s ORDER BY 1, 2",
            {"run": run},
        )
        # A cell that a run changed twice: what stood there before the first change, and after the last.
        return {
            (str(target), str(data_set)): fetch_frame(
                connection,
                LEDGER_CHANGES,
                f"SELECT {KEY_LIST}, (array_agg(before ORDER BY key))[1] AS before,"
                " (array_agg(after ORDER BY key DESC))[1] AS after, run FROM run.published_change"
                " WHERE run = %(run)s AND target = %(target)s AND data_set = %(data_set)s"
                f" GROUP BY {KEY_LIST}, run ORDER BY {KEY_LIST}",
                {"run": run, "target": target, "data_set": data_set},
            )
            for target, data_set in touched
        }
