"""Which cells did we write into a target, and what became of each?

The write ledger: what is not in it was typed by a person and is never touched. A cell is written down before
it is sent, so that a run that dies between the server's answer and the proof leaves no cell without an owner.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import pandas as pd

from layidu.model.frames import TARGET_CELLS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import fetch_frame, run_sql, stage

KEY = TARGET_CELLS.key
KEY_LIST = ", ".join(KEY)
KINDS = dict.fromkeys(TARGET_CELLS.columns, "text")
SAME = " AND ".join(f"k.{name} = n.{name}" for name in KEY)

OF_SETS = (
    "k.target = %(target)s AND k.data_set IN (SELECT data_set FROM ours UNION SELECT data_set FROM proof)"
)
NOT_OURS = f"NOT EXISTS (SELECT FROM ours n WHERE {SAME})"
# What an earlier run left in flight has been read back by now.
LANDED = f"""
UPDATE run.published_cell k SET in_flight = false, run = %(run)s,
 state = CASE WHEN {NOT_OURS} THEN 'withdrawn' ELSE 'confirmed' END
WHERE {OF_SETS} AND k.in_flight AND NOT EXISTS (SELECT FROM proof n WHERE {SAME})
"""
PROVED = f"""
UPDATE run.published_cell k SET in_flight = n.state = 'unknown', state = n.state, code = n.code, run = %(run)s
FROM proof n WHERE k.target = %(target)s AND {SAME}
 AND (k.in_flight, k.state, k.code) IS DISTINCT FROM (n.state = 'unknown', n.state, n.code)
"""
OURS = f"""
INSERT INTO run.published_cell AS k (target, {KEY_LIST}, value, in_flight, state, run)
SELECT %(target)s, {KEY_LIST}, value, false, 'confirmed', %(run)s FROM ours ORDER BY {KEY_LIST}
ON CONFLICT (target, {KEY_LIST}) DO UPDATE SET value = excluded.value, run = excluded.run
 WHERE k.value IS DISTINCT FROM excluded.value
"""
FORGOTTEN = f"""
UPDATE run.published_cell k SET value = NULL, run = %(run)s,
 state = CASE WHEN k.in_flight THEN k.state ELSE 'withdrawn' END
WHERE {OF_SETS} AND k.value IS NOT NULL AND {NOT_OURS}
"""


def read_ledger(warehouse: Warehouse, target: str, data_set: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two TARGET_CELLS frames: what is ours on the server, and what was sent without proof.

    A missing value among the latter is a withdrawal.
    """
    parameters = {"target": target, "data_set": data_set}
    of_set = "FROM run.published_cell WHERE target = %(target)s AND data_set = %(data_set)s"
    ours = f"SELECT {KEY_LIST}, value {of_set} AND value IS NOT NULL ORDER BY {KEY_LIST}"
    in_flight = f"SELECT {KEY_LIST}, sent AS value {of_set} AND in_flight ORDER BY {KEY_LIST}"
    with warehouse.connect("loader") as connection:
        return (
            fetch_frame(connection, TARGET_CELLS, ours, parameters),
            fetch_frame(connection, TARGET_CELLS, in_flight, parameters),
        )


def write_in_flight(warehouse: Warehouse, target: str, changes: pd.DataFrame, run: RunToken) -> int:
    """Write down what is about to be sent: rows of a PUSH_PLAN whose action is write, rewrite or withdraw."""
    sent = changes["value"].mask(changes["action"] == "withdraw")
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "leaving", changes.assign(value=sent), KINDS)
        return run_sql(
            connection,
            f"INSERT INTO run.published_cell AS k (target, {KEY_LIST}, in_flight, sent, state, run)"
            f" SELECT %(target)s, {KEY_LIST}, true, value, 'sent', %(run)s FROM leaving ORDER BY {KEY_LIST}"
            f" ON CONFLICT (target, {KEY_LIST}) DO UPDATE SET in_flight = true, sent = excluded.sent,"
            " state = 'sent', code = NULL, run = excluded.run",
            {"target": target, "run": run.run_id},
        )


def write_proof(
    warehouse: Warehouse, target: str, proof: pd.DataFrame, ledger: pd.DataFrame, run: RunToken
) -> int:
    """Write down what reading back proved: TARGET_CELLS with `state` and `code`, and the ledger after it.

    A cell of unknown fate stays in flight. The ledger is the whole of its data sets: what is not in it any more
    is no longer ours. Returns how many rows were written.
    """
    parameters = {"target": target, "run": run.run_id}
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "proof", proof, KINDS | {"state": "text", "code": "text"})
        stage(connection, "ours", TARGET_CELLS.check(ledger), KINDS)
        return sum(
            run_sql(connection, statement, parameters) for statement in (LANDED, PROVED, OURS, FORGOTTEN)
        )
