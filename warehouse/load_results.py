"""What did compute find? Results, commitments, plan lines and data quality, switched in one transaction.

A part whose fingerprint is that of last time is not written; of a year that changed only the rows that differ
are, so that each row tells which run last changed it.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd
import psycopg
import pyarrow as pa
from psycopg import sql

from layidu.model.frames import FINDINGS, RESULTS, Contract
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import LARGE, analyse, arrow, as_csv, copy_in, fetch, run_sql, stage_text

NUMBERS = ("numerator", "denominator", "value", "completeness")
VALUES = (*NUMBERS, "status", "version")
KEY = ("indicator", "disaggregation", "period", "org_unit")
VALUE_LIST = ", ".join(VALUES)
NEW_VALUES = ", ".join(f"n.{name}" for name in VALUES)
GONE = """
DELETE FROM result.indicator_value k USING differing n WHERE k.year = %(year)s AND n.action = 'gone' AND {same}
"""
CHANGED = f"""
UPDATE result.indicator_value k SET ({VALUE_LIST}, run) = ({NEW_VALUES}, %(run)s) FROM differing n
WHERE k.year = %(year)s AND n.action = 'changed' AND {{same}}
"""
# Upper levels first: what a person sees who asks for a few rows in no order.
NEW = f"""
INSERT INTO result.indicator_value (year, hierarchy, indicator, disaggregation, period, org_unit, {VALUE_LIST}, run)
SELECT %(year)s, 'as_it_is', n.indicator, n.disaggregation, n.period, n.org_unit, {NEW_VALUES}, %(run)s
FROM differing n JOIN source.org_unit o ON o.key = n.org_unit WHERE n.action = 'new'
ORDER BY o.level, n.indicator, n.disaggregation, n.period, n.org_unit
"""
SWITCH = (GONE, CHANGED, NEW)
KINDS = {
    "indicator": "text",
    "disaggregation": "text",
    "org_unit": "int",
    "period": "text",
    **dict.fromkeys(NUMBERS, "double precision"),
    "status": "text",
    "version": "smallint",
}
Versions = Mapping[int, Mapping[str, int]]  # year -> indicator -> version of its formula (none: 1)
NO_VERSIONS: Versions = MappingProxyType({})
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
    versions: Versions = NO_VERSIONS,
    commitment_status: pd.DataFrame | None = None,
    plan_progress: pd.DataFrame | None = None,
    data_quality: pd.DataFrame | None = None,
) -> int:
    """Switch the results of these years (RESULTS) and the small tables at once; how many rows were written.

    `versions` numbers the formulas the results were computed by. A year that is not given keeps its results; a
    small table that is not given keeps its rows. The frames of commitments and plan lines need the columns of
    COMMITMENT_STATUS and PLAN_PROGRESS, in any order.
    """
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(connection, "SET LOCAL jit = off")
        # Newest year first, for the same reason as upper levels first.
        written = sum(
            write_year(connection, year, results[year], run.run_id, versions.get(year, {}))
            for year in sorted(results, reverse=True)
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


def write_year(
    connection: psycopg.Connection, year: int, results: pd.DataFrame, run: int, versions: Mapping[str, int]
) -> int:
    """Make one year's results equal to the frame; how many rows differed."""
    formulas = RESULTS.check(results)["indicator"].map(versions).fillna(1).astype("int16")
    text = as_csv(arrow(results.assign(version=formulas).sort_values(list(KEY)), list(KINDS)))
    if not remember(connection, f"indicator_value/{year}", text, run):
        return 0
    stage_text(connection, "now", text, KINDS)
    run_sql(connection, "ANALYZE now")
    # A year's rows are many: a nested loop over them would never end.
    run_sql(connection, "SET LOCAL enable_nestloop = off")
    parameters = {"year": year, "run": run}
    same = " AND ".join(f"k.{name} = n.{name}" for name in KEY)
    run_sql(
        connection,
        f"CREATE TEMP TABLE differing ON COMMIT DROP AS SELECT {either(KEY)}, {prefixed('n', VALUES)},"
        " CASE WHEN n.period IS NULL THEN 'gone' WHEN k.period IS NULL THEN 'new' ELSE 'changed' END AS action"
        f" FROM now n FULL JOIN (SELECT * FROM result.indicator_value WHERE year = %(year)s) k ON {same}"
        f" WHERE n.period IS NULL OR k.period IS NULL"
        f" OR ({prefixed('k', VALUES)}) IS DISTINCT FROM ({prefixed('n', VALUES)})",
        parameters,
    )
    run_sql(connection, "ANALYZE differing")
    written = sum(run_sql(connection, statement.format(same=same), parameters) for statement in SWITCH)
    run_sql(connection, "DROP TABLE now, differing")
    return written


def either(names: tuple[str, ...]) -> str:
    """The columns of whichever side of the join has them."""
    return ", ".join(f"coalesce(n.{name}, k.{name}) AS {name}" for name in names)


def prefixed(alias: str, names: tuple[str, ...]) -> str:
    """Columns of one alias."""
    return ", ".join(f"{alias}.{name}" for name in names)


def write_small(connection: psycopg.Connection, contract: Contract, rows: pd.DataFrame, run: int) -> int:
    """Replace a small table whole, when it differs."""
    table = arrow(contract.cast(rows), list(contract.columns))
    if "year" in table.column_names:
        table = table.set_column(table.column_names.index("year"), "year", table["year"].cast(pa.int32()))
    if not remember(connection, contract.name, as_csv(table), run):
        return 0
    size: int = table.num_rows
    table = table.append_column("position", pa.array(range(1, size + 1), pa.int32()))
    table = table.append_column("run", pa.array([run] * size, pa.int64()))
    run_sql(connection, f"DELETE FROM result.{contract.name}")
    copy_in(connection, sql.Identifier("result", contract.name), table)
    return size


def remember(connection: psycopg.Connection, what: str, text: memoryview, run: int) -> bool:
    """Store the fingerprint of rows; False when it is the one of last time."""
    digest = hashlib.sha256(text).hexdigest()
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
