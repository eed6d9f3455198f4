"""What did compute find? Results, commitments, plan lines and data quality, switched in one transaction.

A part whose fingerprint is that of last time is not written; of a year that changed only the rows that differ
are, so that each row tells which run last changed it.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import hashlib
from collections.abc import Mapping

import pandas as pd
import psycopg
import pyarrow as pa
from psycopg import sql

from layidu.model.frames import FINDINGS, RESULTS, Contract
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import LARGE, analyse, arrow, as_csv, copy_in, fetch, run_sql, stage

NUMBERS = ("numerator", "denominator", "value", "completeness")
KEY = ("indicator", "org_unit", "period", "disaggregation")
KINDS = {
    "indicator": "text",
    "disaggregation": "text",
    "org_unit": "int",
    "period": "text",
    **dict.fromkeys(NUMBERS, "double precision"),
    "status": "text",
}
COMMITMENT_STATUS = Contract(
    "commitment_status",
    {
        "commitment": "str",
        "result": "str",
        "name": "str",
        "population": "str",
        "year": "float64",  # missing when nothing can be assessed
        "baseline": "float64",
        "target": "float64",
        "expected": "float64",
        "actual": "float64",
        "actual_source": "str",
        "progress": "float64",
        "colour": "str",
        "reason": "str",
        "proxy_indicator": "str",
        "proxy_trend": "str",
    },
)
PLAN_PROGRESS = Contract(
    "plan_progress",
    {
        "line": "str",
        "label": "str",
        "quantity": "float64",
        "unit": "str",
        "year": "float64",
        "expected": "float64",
        "actual": "float64",
        "ratio": "float64",
        "colour": "str",
        "reason": "str",
    },
)


def write_results(
    warehouse: Warehouse,
    results: Mapping[int, pd.DataFrame],
    run: RunToken,
    *,
    commitment_status: pd.DataFrame | None = None,
    plan_progress: pd.DataFrame | None = None,
    data_quality: pd.DataFrame | None = None,
) -> int:
    """Switch the results of these years (RESULTS) and the small tables at once; how many rows were written.

    A year that is not given keeps its results; a small table that is not given keeps its rows. The frames of
    commitments and plan lines need the columns of COMMITMENT_STATUS and PLAN_PROGRESS, in any order.
    """
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(connection, "SET LOCAL jit = off")
        # Newest year and upper levels first: what a person sees who asks for a few rows in no order.
        written = sum(
            write_year(connection, year, results[year], run.run_id) for year in sorted(results, reverse=True)
        )
        small = (
            (COMMITMENT_STATUS, commitment_status),
            (PLAN_PROGRESS, plan_progress),
            (Contract("data_quality", FINDINGS.columns), data_quality),
        )
        for contract, rows in small:
            if rows is not None:
                written += write_small(connection, contract, rows, run.run_id)
    if written >= LARGE:
        with warehouse.connect("owner") as connection:
            analyse(connection, "result.indicator_value")
    return written


def write_year(connection: psycopg.Connection, year: int, results: pd.DataFrame, run: int) -> int:
    """Make one year's results equal to the frame."""
    rows = arrow(RESULTS.check(results).sort_values(list(KEY)), list(KINDS))
    if not remember(connection, f"indicator_value/{year}", rows, run):
        return 0
    stage(connection, f"result_{year}", rows, KINDS)
    same = " AND ".join(f"k.{name} = n.{name}" for name in KEY) + " AND k.year = %(year)s"
    values, new_values = ", ".join(NUMBERS), ", ".join(f"n.{name}" for name in NUMBERS)
    parameters = {"year": year, "run": run}
    # The staged rows are analysed; a nested loop over a year would never end.
    run_sql(connection, "SET LOCAL enable_nestloop = off")
    written = run_sql(
        connection,
        "DELETE FROM result.indicator_value k WHERE k.year = %(year)s"
        f" AND NOT EXISTS (SELECT FROM result_{year} n WHERE {same})",
        parameters,
    )
    written += run_sql(
        connection,
        f"UPDATE result.indicator_value k SET ({values}, status, run) = ({new_values}, n.status, %(run)s)"
        f" FROM result_{year} n WHERE {same} AND ({', '.join(f'k.{name}' for name in NUMBERS)}, k.status)"
        f" IS DISTINCT FROM ({new_values}, n.status)",
        parameters,
    )
    written += run_sql(
        connection,
        "INSERT INTO result.indicator_value (year, hierarchy, indicator, org_unit, period, disaggregation,"
        f" {values}, status, run) SELECT %(year)s, 'as_it_is', n.indicator, n.org_unit, n.period,"
        f" n.disaggregation, {new_values}, n.status, %(run)s FROM result_{year} n"
        " JOIN source.org_unit o ON o.key = n.org_unit"
        f" WHERE NOT EXISTS (SELECT FROM result.indicator_value k WHERE {same})"
        " ORDER BY o.level, n.indicator, n.disaggregation, n.period, o.path",
        parameters,
    )
    run_sql(connection, "SET LOCAL enable_nestloop = on")
    return written


def write_small(connection: psycopg.Connection, contract: Contract, rows: pd.DataFrame, run: int) -> int:
    """Replace a small table whole, when it differs."""
    table = arrow(contract.cast(rows), list(contract.columns))
    if "year" in table.column_names:
        table = table.set_column(table.column_names.index("year"), "year", table["year"].cast(pa.int32()))
    if not remember(connection, contract.name, table, run):
        return 0
    size: int = table.num_rows
    table = table.append_column("position", pa.array(range(1, size + 1), pa.int32()))
    table = table.append_column("run", pa.array([run] * size, pa.int64()))
    run_sql(connection, f"DELETE FROM result.{contract.name}")
    copy_in(connection, sql.Identifier("result", contract.name), table)
    return size


def remember(connection: psycopg.Connection, what: str, rows: pa.Table, run: int) -> bool:
    """Store the fingerprint of rows; False when it is the one of last time."""
    digest = hashlib.sha256(as_csv(rows)).hexdigest()
    parameters = {"what": what, "sha256": digest, "run": run}
    known = "FROM result.digest WHERE what = %(what)s"
    if fetch(connection, f"SELECT {known} AND sha256 = %(sha256)s", parameters):
        return False
    run_sql(connection, f"DELETE {known}", parameters)
    run_sql(
        connection,
        "INSERT INTO result.digest (what, sha256, run) VALUES (%(what)s, %(sha256)s, %(run)s)",
        parameters,
    )
    return True
