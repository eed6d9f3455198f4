"""What did compute find? Results, commitments, plan lines and data quality, switched in one transaction.

A period whose fingerprint is that of last time is not written; a period that never had results is copied in as it
is; of one that changed only the rows that differ are written, so that each tells which run last changed it. Rows that
are kept (`warehouse.waiting`) are neither compared nor touched.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
from psycopg import sql

from layidu.model.frames import FINDINGS, TEXT, Contract
from layidu.model.promise_frames import COMMITMENT_STATUS, PLAN_PROGRESS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.result_rows import (
    COLUMNS,
    NUMBERS,
    IntArray,
    Rows,
    copy_rows,
    fingerprints,
    joined,
    rows_of,
    upper_levels_first,
)
from warehouse.staging import LARGE, analyse, arrow, as_csv, copy_in, fetch, run_sql
from warehouse.waiting import STORED_BUT_KEPT, Kept, stage_kept

VALUES = (*NUMBERS, "status", "version")
KEY = ("series", "period", "org_unit", "as_it_was")
VALUE_LIST = ", ".join(VALUES)
NEW_VALUES = ", ".join(f"n.{name}" for name in VALUES)
SAME = " AND ".join(f"k.{name} = n.{name}" for name in KEY)
# Some periods, by the table's key, whose first part is the series: nothing that is written reads the whole table.
SOME = "series = ANY(ARRAY(SELECT key FROM result.series)) AND period = ANY(%(periods)s)"
STORED = f"SELECT * FROM result.value WHERE {SOME}"
DIFFERING = f"""
CREATE TEMP TABLE differing ON COMMIT DROP AS
SELECT {", ".join(f"coalesce(n.{name}, k.{name}) AS {name}" for name in KEY)}, {NEW_VALUES},
 CASE WHEN n.period IS NULL THEN 'gone' WHEN k.period IS NULL THEN 'new' ELSE 'changed' END AS action
FROM now n FULL JOIN (STORED) k ON {SAME}
WHERE n.period IS NULL OR k.period IS NULL
 OR ({", ".join(f"k.{name}" for name in VALUES)}) IS DISTINCT FROM ({NEW_VALUES})
"""
OF_SOME = SOME.replace("series =", "k.series =").replace("period =", "k.period =")
GONE = f"DELETE FROM result.value k USING differing n WHERE n.action = 'gone' AND {SAME} AND {OF_SOME}"
CHANGED = f"""
UPDATE result.value k SET ({VALUE_LIST}, run) = ({NEW_VALUES}, %(run)s) FROM differing n
WHERE n.action = 'changed' AND {SAME} AND {OF_SOME}
"""
NEW = f"""
INSERT INTO result.value ({", ".join(KEY)}, {VALUE_LIST}, run)
SELECT {", ".join(f"n.{name}" for name in KEY)}, {NEW_VALUES}, %(run)s
FROM differing n WHERE n.action = 'new' ORDER BY n.series, n.period, n.org_unit
"""
Versions = Mapping[int, Mapping[str, int]]  # year -> indicator -> version of its formula (none: 1)
NO_VERSIONS: Mapping[str, int] = MappingProxyType({})
NOTHING_KEPT = Kept()
NO_VERSIONS_OF_YEARS: Versions = MappingProxyType({})
POPULATION_CHECK = Contract(
    "population_check",
    {
        "source": TEXT,
        "check_name": TEXT,
        "series": TEXT,
        "year": "int16",
        "total": "float64",
        "found": "float64",
        "difference_percent": "float64",
    },
)
DATA_QUALITY = Contract("data_quality", {**FINDINGS.columns, "source": "str"})


@dataclass
class Switch:
    """The open transaction in which results change: nobody sees a part of it."""

    connection: psycopg.Connection
    run: RunToken
    kept: Kept = NOTHING_KEPT
    written: int = 0  # rows that differed

    def year(
        self,
        year: int,
        results: Iterable[tuple[pd.DataFrame, bool]],
        versions: Mapping[str, int] = NO_VERSIONS,
    ) -> None:
        """Make one year's results equal to these and to what is kept, in as many pieces as one likes.

        A piece (RESULTS) comes with whether it is `as_it_was`: summed up the tree of its period, only where that
        differs from today's. `versions`: indicator -> version of the formula, 1 where none is named.
        """
        pieces = [rows_of(self.connection, frame, versions, as_it_was=then) for frame, then in results]
        rows = joined(pieces)
        label = stage_kept(self.connection, self.kept, year)
        self.written += write_year(self.connection, year, rows, self.run.run_id, label)

    def small(self, contract: Contract, rows: pd.DataFrame) -> None:
        """Make a small table equal to a frame that has at least the contract's columns."""
        self.written += write_small(self.connection, contract, rows, self.run.run_id)


@contextmanager
def switching(warehouse: Warehouse, run: RunToken, kept: Kept = NOTHING_KEPT) -> Iterator[Switch]:
    """Everything written inside becomes visible at once, at the end; nothing of it when something fails."""
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(connection, "SET LOCAL jit = off")
        # A year's rows are many: a nested loop over them would never end.
        run_sql(connection, "SET LOCAL enable_nestloop = off")
        switch = Switch(connection, run, kept)
        yield switch
    if switch.written >= LARGE:
        with warehouse.connect("owner") as connection:
            analyse(connection, "result.value")


def write_results(
    warehouse: Warehouse,
    results: Mapping[int, pd.DataFrame],
    run: RunToken,
    *,
    versions: Versions = NO_VERSIONS_OF_YEARS,
    commitment_status: pd.DataFrame | None = None,
    plan_progress: pd.DataFrame | None = None,
    data_quality: pd.DataFrame | None = None,
) -> int:
    """Switch the results of these years (RESULTS) and the small tables at once; how many rows were written.

    `versions` numbers the formulas the results were computed by. A year that is not given keeps its results; a
    small table that is not given keeps its rows. The frames of commitments and plan lines need the columns of
    COMMITMENT_STATUS and PLAN_PROGRESS, in any order.
    """
    with switching(warehouse, run) as switch:
        for year in sorted(results):
            switch.year(year, [(results[year], False)], versions=versions.get(year, NO_VERSIONS))
        small = (
            (COMMITMENT_STATUS, commitment_status),
            (PLAN_PROGRESS, plan_progress),
            (DATA_QUALITY, data_quality),
        )
        for contract, rows in small:
            if rows is not None:
                switch.small(contract, rows)
    return switch.written


def write_year(connection: psycopg.Connection, year: int, rows: Rows, run: int, label: str = "") -> int:
    """Write the periods of one year whose fingerprint is not that of last time; how many rows differed.

    `label` stands for the rows that are kept: a period keeps its fingerprint as long as it has rows, kept or not.
    """
    known = {
        int(str(what).rpartition("/")[2]): str(sha256)
        for what, sha256 in fetch(
            connection,
            "SELECT what, sha256 FROM result.digest WHERE what LIKE %(what)s",
            {"what": f"value/{year}%"},
        )
    }
    now = fingerprints(rows)
    if label:
        now = {period: f"{now.get(period, '')}/{label}" for period in known.keys() | now.keys()}
    differing = sorted(period for period in known.keys() | now.keys() if known.get(period) != now.get(period))
    for period in differing:
        forget(connection, f"value/{period}")
        if period in now:
            note(connection, f"value/{period}", now[period], run)
    levels = {
        int(str(key)): int(str(level))
        for key, level in fetch(connection, "SELECT key, level FROM source.org_unit")
    }
    order = upper_levels_first(rows, levels)
    first = [period for period in differing if period not in known]
    again = [period for period in differing if period in known]
    written = 0
    if first:
        fresh = chosen(rows, order, first)
        copy_rows(connection, "result.value", rows, fresh, run)
        written += len(fresh)
    if again:
        stored = STORED_BUT_KEPT if label else STORED
        written += rewrite(connection, rows, chosen(rows, order, again), again, run, stored)
    return written


def chosen(rows: Rows, order: IntArray, periods: list[int]) -> IntArray:
    """Of an order, the rows of these periods."""
    found: IntArray = order[np.isin(rows["period"], periods)[order]]
    return found


def rewrite(
    connection: psycopg.Connection,
    rows: Rows,
    order: IntArray,
    periods: list[int],
    run: int,
    stored: str = STORED,
) -> int:
    """Write where the stored rows of these periods differ; each row tells which run last changed it."""
    definition = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    run_sql(connection, f"CREATE TEMP TABLE now ({definition}) ON COMMIT DROP")
    copy_rows(connection, "now", rows, order)
    run_sql(connection, "ANALYZE now")
    parameters = {"periods": periods, "run": run}
    run_sql(connection, DIFFERING.replace("(STORED)", f"({stored})"), parameters)
    run_sql(connection, "ANALYZE differing")
    written = sum(run_sql(connection, statement, parameters) for statement in (GONE, CHANGED, NEW))
    run_sql(connection, "DROP TABLE now, differing")
    return written


def write_small(connection: psycopg.Connection, contract: Contract, rows: pd.DataFrame, run: int) -> int:
    """Replace a small table whole, when it differs."""
    table = arrow(contract.cast(rows), list(contract.columns))
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
    known = fetch(connection, "SELECT sha256 FROM result.digest WHERE what = %(what)s", {"what": what})
    if known == [(digest,)]:
        return False
    forget(connection, what)
    note(connection, what, digest, run)
    return True


def forget(connection: psycopg.Connection, what: str) -> None:
    """Drop a fingerprint."""
    run_sql(connection, "DELETE FROM result.digest WHERE what = %(what)s", {"what": what})


def note(connection: psycopg.Connection, what: str, sha256: str, run: int) -> None:
    """Keep a fingerprint."""
    run_sql(
        connection,
        "INSERT INTO result.digest (what, sha256, run) VALUES (%(what)s, %(sha256)s, %(run)s)",
        {"what": what, "sha256": sha256, "run": run},
    )
