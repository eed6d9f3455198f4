"""What the assessment of promises reads, and what people read of it."""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Sequence
from datetime import date

import pandas as pd
from psycopg.rows import dict_row

from layidu.model.frames import RESULTS
from warehouse.connect import Warehouse
from warehouse.staging import as_sql, fetch, fetch_frame

Rows = list[dict[str, object]]


def totals(warehouse: Warehouse, indicators: Sequence[str], org_units: Sequence[int]) -> pd.DataFrame:
    """The stored totals of these indicators at these org units, of every period (RESULTS)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            RESULTS,
            f"SELECT {', '.join(RESULTS.columns)} FROM result.indicator_value"
            " WHERE hierarchy = 'as_it_is' AND disaggregation = ''"
            " AND indicator = ANY (%(indicators)s) AND org_unit = ANY (%(org_units)s)",
            {"indicators": list(indicators), "org_units": list(org_units)},
        )


def org_unit_codes(warehouse: Warehouse, source: str) -> dict[str, int]:
    """DHIS2 code -> key, of the org units that are still there."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT o.code, o.key FROM source.org_unit o JOIN source.instance i ON i.key = o.source"
            " WHERE i.name = %(source)s AND o.gone IS NULL AND o.code IS NOT NULL",
            {"source": source},
        )
    return {str(code): int(str(key)) for code, key in rows}


def promises(warehouse: Warehouse) -> dict[str, Rows]:
    """The mart's views on promises, row by row: engagements, plan, decomptes, contradictions."""
    return {name: view(warehouse, name) for name in ("engagements", "plan", "decomptes", "contradictions")}


def view(warehouse: Warehouse, name: str) -> Rows:
    """All rows of a view of the mart, in its order."""
    with warehouse.connect("loader") as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return list(cursor.execute(as_sql(f"SELECT * FROM mart.{name}")).fetchall())


def assessed_on(warehouse: Warehouse) -> date | None:
    """The day of the last assessment, on the server's clock; None before the first."""
    with warehouse.connect("loader") as connection:
        [(day,)] = fetch(connection, "SELECT max(assessed_on) FROM result.commitment_status")
    return day if isinstance(day, date) else None
