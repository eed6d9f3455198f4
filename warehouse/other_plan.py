"""How are source cells mapped by declarations that are not loaded? By a plan in temporary tables."""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import psycopg

from layidu.mapping.contracts import Mappings
from warehouse.load_plan import mapped_rows
from warehouse.plan_rows import Row, variables
from warehouse.staging import as_sql, run_sql

#: Where the loaded declarations are, and where those of `OtherPlan` are while a transaction lasts.
LOADED, OTHER = "plan", "pg_temp"
COLUMNS = {
    "variable": ("code", "period_type"),
    "variable_disaggregation": ("key", "variable", "disaggregation"),
    "variable_cell": (
        "data_element",
        "category_option_combo",
        "variable_disaggregation",
        "valid_from",
        "valid_to",
    ),
    "correction": ("source", "data_element", "org_unit", "period", "category_option_combo", "value"),
}


@dataclass(frozen=True, slots=True)
class OtherPlan:
    """Declarations, and the cells they make of today's metadata (VARIABLE_CELLS)."""

    mappings: Mappings
    cells: pd.DataFrame


def stage_plan(connection: psycopg.Connection, other: OtherPlan | None) -> str:
    """The schema the map is read from; that of `other` is filled for this transaction."""
    if other is None:
        return LOADED
    rows = {
        **mapped_rows(connection, other.cells),
        "variable": variables(other.mappings),
        "correction": [dict(vars(one)) for one in other.mappings.corrections],
    }
    for table, columns in COLUMNS.items():
        fill(connection, table, columns, rows[table])
    return OTHER


def fill(connection: psycopg.Connection, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """A temporary table of the columns of its namesake that the map needs."""
    listed = ", ".join(columns)
    run_sql(
        connection,
        f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT {listed} FROM {LOADED}.{table} WHERE false",
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(as_sql(f"COPY {OTHER}.{table} ({listed}) FROM STDIN")) as copy,
    ):
        for row in rows:
            copy.write_row([row[name] for name in columns])
    run_sql(connection, f"ANALYZE {OTHER}.{table}")
