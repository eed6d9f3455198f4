"""Which cells did we write into a target, and what became of each?

The write ledger: what is not in it was typed by a person and is never touched.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import pandas as pd

from layidu.model.frames import TARGET_CELLS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import run_sql, stage

KEY = TARGET_CELLS.key
KINDS = dict.fromkeys((*TARGET_CELLS.columns, "state", "code"), "text")


def record_published(warehouse: Warehouse, target: str, cells: pd.DataFrame, run: RunToken) -> int:
    """Write down cells of a target: TARGET_CELLS with `state` and `code`; how many rows differ from before.

    States: sent (before the answer is known), confirmed (read back), rejected, withdrawn.
    """
    key = ", ".join(KEY)
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "published", cells, KINDS)
        return run_sql(
            connection,
            f"INSERT INTO run.published_cell AS k (target, {key}, value, state, code, run)"
            f" SELECT %(target)s, {key}, value, state, code, %(run)s FROM published ORDER BY {key}"
            f" ON CONFLICT (target, {key}) DO UPDATE SET value = excluded.value, state = excluded.state,"
            " code = excluded.code, run = excluded.run"
            " WHERE (k.value, k.state, k.code) IS DISTINCT FROM (excluded.value, excluded.state, excluded.code)",
            {"target": target, "run": run.run_id},
        )
