"""Which cells did we write into a target, and what became of each?

The write ledger: what is not in it was typed by a person and is never touched. A cell is written down before
it is sent, so that a run that dies between the server's answer and the proof leaves no cell without an owner.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import pandas as pd

from layidu.model.frames import LEDGER, LEDGER_CHANGES, LEDGER_OUTCOME, PUBLISHED_ELEMENTS, TARGET_CELLS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.staging import fetch, fetch_frame, fetch_number, run_sql, stage

KEY = TARGET_CELLS.key
KEY_LIST = ", ".join(KEY)
TEXTS = dict.fromkeys(KEY, "text")
SAME = " AND ".join(f"k.{name} = n.{name}" for name in KEY)
STATED = ("value", "in_flight", "state", "code", "wanted", "found", "tries")
STATED_LIST = ", ".join(STATED)
OPEN_STATES = "('rejected', 'blocked', 'foreign', 'unknown')"

OUTCOME = f"""
INSERT INTO run.published_cell AS k (target, {KEY_LIST}, {STATED_LIST}, first_refused_run, run)
SELECT %(target)s, {KEY_LIST}, {STATED_LIST},
 CASE WHEN state IN {OPEN_STATES} THEN %(run)s::int END, %(run)s FROM outcome ORDER BY {KEY_LIST}
ON CONFLICT (target, {KEY_LIST}) DO UPDATE SET
 ({STATED_LIST}) = ROW ({", ".join(f"excluded.{name}" for name in STATED)}), run = excluded.run,
 first_refused_run = CASE WHEN excluded.state IN {OPEN_STATES}
  THEN CASE WHEN k.code = excluded.code THEN coalesce(k.first_refused_run, excluded.run) ELSE excluded.run END END
WHERE ({", ".join(f"k.{name}" for name in STATED)})
 IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in STATED)})
"""
# What nobody wants, and neither we nor the server have any more: a refusal that fell away, or what an earlier run
# withdrew before it died.
GONE = f"""
UPDATE run.published_cell k SET value = NULL, in_flight = false, state = 'withdrawn', run = %(run)s,
 code = NULL, wanted = NULL, found = NULL, tries = 0, first_refused_run = NULL
WHERE k.target = %(target)s AND k.data_set = %(data_set)s
 AND (k.in_flight OR k.value IS NOT NULL OR k.first_refused_run IS NOT NULL)
 AND NOT EXISTS (SELECT FROM outcome n WHERE {SAME})
"""
CHANGED = f"""
INSERT INTO run.published_change (target, {KEY_LIST}, before, after, formula, run)
SELECT %(target)s, {", ".join(f"n.{name}" for name in KEY)}, n.before, n.after, e.formula, n.run FROM changed n
LEFT JOIN run.published_element e ON e.target = %(target)s AND e.data_element = n.data_element
ORDER BY {", ".join(f"n.{name}" for name in KEY)}
"""


def read_ledger(warehouse: Warehouse, target: str, data_set: str) -> pd.DataFrame:
    """All we know of the cells of one of our data sets (LEDGER)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            LEDGER,
            f"SELECT {KEY_LIST}, value, in_flight, sent, before, state, code, wanted, tries, run"
            " FROM run.published_cell WHERE target = %(target)s AND data_set = %(data_set)s"
            f" ORDER BY {KEY_LIST}",
            {"target": target, "data_set": data_set},
        )


def write_in_flight(warehouse: Warehouse, target: str, changes: pd.DataFrame, run: RunToken) -> int:
    """Write down what is about to be sent: rows of a PUSH_PLAN whose action is write, rewrite or withdraw."""
    sent = changes["value"].mask(changes["action"] == "withdraw")
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "leaving", changes.assign(value=sent), TEXTS | {"value": "text", "before": "text"})
        return run_sql(
            connection,
            f"INSERT INTO run.published_cell AS k (target, {KEY_LIST}, in_flight, sent, before, state, tries, run)"
            f" SELECT %(target)s, {KEY_LIST}, true, value, before, 'sent', 0, %(run)s FROM leaving"
            f" ORDER BY {KEY_LIST} ON CONFLICT (target, {KEY_LIST}) DO UPDATE SET in_flight = true,"
            " sent = excluded.sent, before = excluded.before, state = 'sent', run = excluded.run",
            {"target": target, "run": run.run_id},
        )


def write_outcome(
    warehouse: Warehouse,
    target: str,
    data_set: str,
    outcome: pd.DataFrame,
    changed: pd.DataFrame,
    run: RunToken,
) -> int:
    """Write down what reading back proved about one data set (LEDGER_OUTCOME, LEDGER_CHANGES).

    A row that says what is known already is not written. Returns how many rows were.
    """
    parameters = {"target": target, "data_set": data_set, "run": run.run_id}
    kinds = TEXTS | dict.fromkeys(STATED, "text") | {"in_flight": "boolean", "tries": "int"}
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "outcome", LEDGER_OUTCOME.check(outcome), kinds)
        stage(
            connection,
            "changed",
            LEDGER_CHANGES.check(changed),
            TEXTS | {"before": "text", "after": "text", "run": "int"},
        )
        return sum(run_sql(connection, statement, parameters) for statement in (CHANGED, OUTCOME, GONE))


def newly_refused(warehouse: Warehouse, target: str, data_set: str, run: RunToken) -> int:
    """How many cells are not as wanted since this run; cells of unknown fate are counted elsewhere."""
    with warehouse.connect("loader") as connection:
        return fetch_number(
            connection,
            "SELECT count(*) FROM run.published_cell WHERE target = %(target)s AND data_set = %(data_set)s"
            " AND first_refused_run = %(run)s AND state <> 'unknown'",
            {"target": target, "data_set": data_set, "run": run.run_id},
        )


def write_elements(warehouse: Warehouse, target: str, elements: pd.DataFrame, run: RunToken) -> int:
    """Write down what our data elements in a target stand for (PUBLISHED_ELEMENTS); how many rows were new."""
    names = list(PUBLISHED_ELEMENTS.columns)
    told = [name for name in names if name != "data_element"]
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        stage(connection, "elements", PUBLISHED_ELEMENTS.check(elements), dict.fromkeys(names, "text"))
        return run_sql(
            connection,
            f"INSERT INTO run.published_element AS k (target, {', '.join(names)}, run)"
            f" SELECT %(target)s, {', '.join(names)}, %(run)s FROM elements"
            f" ON CONFLICT (target, data_element) DO UPDATE SET"
            f" {', '.join(f'{name} = excluded.{name}' for name in told)}, run = excluded.run"
            f" WHERE ({', '.join(f'k.{name}' for name in told)})"
            f" IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in told)})",
            {"target": target, "run": run.run_id},
        )


def pinned_server(warehouse: Warehouse, target: str) -> str | None:
    """Which server a target was when we first wrote there; nothing when we never did."""
    with warehouse.connect("loader") as connection:
        found = fetch(
            connection, "SELECT identity FROM run.target_server WHERE target = %(target)s", {"target": target}
        )
    return str(found[0][0]) if found else None


def pin_server(warehouse: Warehouse, target: str, identity: str, run: RunToken) -> None:
    """From now on this server is the target."""
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        run_sql(
            connection,
            "INSERT INTO run.target_server (target, identity, run) VALUES (%(target)s, %(identity)s, %(run)s)"
            " ON CONFLICT (target) DO UPDATE SET identity = excluded.identity, run = excluded.run",
            {"target": target, "identity": identity, "run": run.run_id},
        )
