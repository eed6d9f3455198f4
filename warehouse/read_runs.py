"""How far is the copy, how fresh is it, what is refused, what waits? For the plan of slices and for people."""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Mapping

import pandas as pd

from layidu.model.frames import Contract
from warehouse.connect import Warehouse
from warehouse.holds import open_holds
from warehouse.runs import last_runs
from warehouse.staging import fetch, fetch_frame, fetch_number

CELL = dict.fromkeys(
    ("data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo"), "str"
)
NAMES = dict.fromkeys(("data_element_name", "org_unit_name", "category_option_combo_name"), "str")
OPEN_REFUSALS = Contract(
    "open_refusals",
    {
        "source": "str",
        "data_set": "str",
        "data_set_name": "str",
        **CELL,
        **NAMES,
        "value": "str",
        "code": "str",
        "reason": "str",
        "rule": "str",
        "first_run": "int64",
        "last_run": "int64",
        "new": "bool",  # first refused by the latest run that loaded anything
    },
)
OPEN_ISSUES = Contract(
    "open_issues",
    {
        "source": "str",
        **CELL,
        **NAMES,
        "variable": "str",
        "value": "str",
        "code": "str",
        "severity": "str",
        "reason": "str",
        "first_run": "int64",
        "last_run": "int64",
    },
)
TOMBSTONES = Contract("tombstones", {"source": "str", **CELL, "value": "str", "run": "int64"})
FRESHNESS = Contract(
    "freshness",
    {
        "source": "str",
        "data_set": "str",
        "code": "str",
        "name": "str",
        "last_pull": "datetime64[us]",  # the server's own clock
        "newest_period": "str",
        "rows": "int64",
    },
)
DAYS_A_HALVING_COUNTS = 7
HOURS_A_CUT_RUN_COUNTS = 12
NAMED = """
 LEFT JOIN source.instance i ON i.name = r.source
 LEFT JOIN source.data_element e ON e.source = i.key AND e.uid = r.data_element
 LEFT JOIN source.org_unit o ON o.source = i.key AND o.uid = r.org_unit
 LEFT JOIN source.category_option_combo c ON c.source = i.key AND c.uid = r.category_option_combo
"""
CELL_AND_NAMES = f"""{", ".join(f"r.{name}" for name in CELL)}, e.name AS data_element_name,
 o.name AS org_unit_name, c.name AS category_option_combo_name, r.value, r.code, r.reason, r.first_run, r.last_run
"""
ORDER = "r.code, r.data_element, r.period, r.org_unit, r.category_option_combo"
REFUSALS_QUERY = f"""
SELECT r.source, r.data_set, d.name AS data_set_name, r.rule, {CELL_AND_NAMES},
 r.first_run = (SELECT max(run) FROM run.slice) AS new
FROM run.refused_value r {NAMED} LEFT JOIN source.data_set d ON d.source = i.key AND d.uid = r.data_set
WHERE r.resolved_run IS NULL ORDER BY {ORDER}
"""
# Statistics of the whole window are found by compute and stored with the results, rules' findings by the gate.
ISSUES_QUERY = f"""
SELECT r.source, r.severity, r.variable, {CELL_AND_NAMES} FROM run.issue r {NAMED}
WHERE r.resolved_run IS NULL
UNION ALL
SELECT q.source, q.severity, q.variable, q.data_element, q.period, q.org_unit, q.category_option_combo,
 q.attribute_option_combo, e.name, o.name, c.name, q.value, q.code, q.reason, q.run, q.run
FROM result.data_quality q LEFT JOIN source.instance i ON i.name = q.source
LEFT JOIN source.org_unit o ON o.source = i.key AND o.uid = q.org_unit
LEFT JOIN source.data_element e ON e.source = i.key AND e.uid = q.data_element
LEFT JOIN source.category_option_combo c ON c.source = i.key AND c.uid = q.category_option_combo
ORDER BY code, data_element, period, org_unit, category_option_combo
"""
TOMBSTONES_QUERY = """
SELECT i.name AS source, e.uid AS data_element, p.id AS period, o.uid AS org_unit,
 c.uid AS category_option_combo, a.uid AS attribute_option_combo, t.value, t.run
FROM source.tombstone t JOIN source.instance i ON i.key = t.source
JOIN source.data_element e ON e.key = t.data_element JOIN source.period p ON p.key = t.period
JOIN source.org_unit o ON o.key = t.org_unit
JOIN source.category_option_combo c ON c.key = t.category_option_combo
JOIN source.category_option_combo a ON a.key = t.attribute_option_combo ORDER BY 1, 2, 3, 4, 5, 6
"""
FRESHNESS_QUERY = """
WITH counted AS (
 SELECT data_element, period, count(*) AS rows FROM source.data_value GROUP BY 1, 2
), of_set AS (
 SELECT m.data_set, sum(c.rows) AS rows, max(p.end_date) AS newest FROM counted c
 JOIN source.data_set_element m USING (data_element) JOIN source.period p ON p.key = c.period GROUP BY 1
), pulled AS (
 SELECT source, data_set, max(server_date) AS last_pull FROM run.slice
 WHERE outcome IN ('loaded', 'empty') GROUP BY 1, 2
)
SELECT i.name AS source, s.uid AS data_set, s.code, s.name, p.last_pull,
 (SELECT min(q.id) FROM source.period q WHERE q.end_date = f.newest AND q.type = s.period_type) AS newest_period,
 coalesce(f.rows, 0) AS rows
FROM source.data_set s JOIN source.instance i ON i.key = s.source LEFT JOIN of_set f ON f.data_set = s.key
LEFT JOIN pulled p ON p.source = i.name AND p.data_set = s.uid
WHERE s.gone IS NULL ORDER BY i.name, s.name, s.uid
"""
# A period's copy under a branch is as old as its newest pull, whether of the branch itself or of one above it.
# Only periods of the last planned window count: those that have left it are never asked for again.
CURSORS_QUERY = """
WITH planned AS (
 SELECT data_set, max(run) AS run FROM run.slice
 WHERE source = %(source)s AND mode = 'increment' GROUP BY data_set
), in_window AS (
 SELECT s.data_set, unnest(s.periods) AS period FROM run.slice s JOIN planned USING (data_set, run)
 WHERE s.source = %(source)s
), branch AS (
 SELECT c.data_set, c.period, c.server_date, o.path, c.org_unit LIKE '%%!' AS alone
 FROM run.cursor c JOIN source.instance i ON i.name = c.source
 JOIN source.org_unit o ON o.source = i.key AND o.uid = rtrim(c.org_unit, '!')
 WHERE c.source = %(source)s
 AND (c.data_set NOT IN (SELECT data_set FROM planned)
 OR (c.data_set, c.period) IN (SELECT data_set, period FROM in_window))
), complete AS (
 SELECT b.data_set, b.period, b.path, b.alone, max(above.server_date) AS server_date
 FROM branch b JOIN branch above ON above.data_set = b.data_set AND above.period = b.period
 AND ((above.path = b.path AND above.alone = b.alone)
 OR (NOT above.alone AND b.path || '/' LIKE above.path || '/%%'))
 GROUP BY 1, 2, 3, 4
)
SELECT data_set, min(server_date) FROM complete GROUP BY 1
"""


def known_rows(warehouse: Warehouse, source: str) -> dict[str, int]:
    """Slice name -> records of its last good full pull, for sizing the next slices."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT DISTINCT ON (name) name, received FROM run.slice WHERE source = %(source)s"
            " AND mode = 'full' AND outcome IN ('loaded', 'empty', 'held') ORDER BY name, key DESC",
            {"source": source},
        )
    return {str(name): int(str(received)) for name, received in rows}


def too_large(warehouse: Warehouse, source: str) -> list[str]:
    """Names of slices that were too large for the server in the last days; later it may bear more again."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT DISTINCT s.name FROM run.slice s JOIN run.run r ON r.run_id = s.run"
            " WHERE s.source = %(source)s AND s.outcome = 'halved'"
            " AND r.started_at > now() - make_interval(days => %(days)s)",
            {"source": source, "days": DAYS_A_HALVING_COUNTS},
        )
    return [str(name) for (name,) in rows]


def finished_before(warehouse: Warehouse, source: str, run: int) -> set[str]:
    """Names of the full slices that the run before finished, if it was of the same kind and was cut off lately.

    Where it had found values to be missing nothing counts as finished: they still wait for their second look.
    """
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT DISTINCT s.name FROM run.run now JOIN LATERAL (SELECT * FROM run.run b"
            " WHERE b.run_id < now.run_id ORDER BY b.run_id DESC LIMIT 1) b ON true"
            " JOIN run.slice s ON s.run = b.run_id WHERE now.run_id = %(run)s AND b.kind = now.kind"
            " AND b.outcome = 'interrupted' AND b.started_at > now.started_at - make_interval(hours => %(hours)s)"
            " AND s.source = %(source)s AND s.mode = 'full' AND s.outcome IN ('loaded', 'empty')"
            " AND NOT EXISTS (SELECT FROM source.absent_value a WHERE a.first_run = b.run_id)",
            {"run": run, "source": source, "hours": HOURS_A_CUT_RUN_COUNTS},
        )
    return {str(name) for (name,) in rows}


def years_changed_between(warehouse: Warehouse, after: int, before: int) -> set[int]:
    """The years in which runs after one run and before another changed values or registrations."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT unnest(changed_years) FROM run.slice WHERE run > %(after)s AND run < %(before)s"
            " UNION SELECT extract(year FROM p.start_date)::int FROM source.report r JOIN source.period p"
            " ON p.key = r.period WHERE r.run > %(after)s AND r.run < %(before)s"
            " UNION SELECT jsonb_array_elements_text(summary -> 'registration_years')::int FROM run.run"
            " WHERE run_id > %(after)s AND run_id < %(before)s"
            " AND jsonb_typeof(summary -> 'registration_years') = 'array'",
            {"after": after, "before": before},
        )
    return {int(str(year)) for (year,) in rows}


def tree_changed_between(warehouse: Warehouse, after: int, before: int) -> bool:
    """Whether runs after one run and before another saw org units or assignments change."""
    tables = ("org_unit", "data_set_assignment", "data_set_assignment_history")
    some = " OR ".join(
        f"EXISTS (SELECT FROM source.{table} WHERE run > %(after)s AND run < %(before)s)" for table in tables
    )
    with warehouse.connect("loader") as connection:
        return bool(fetch(connection, f"SELECT {some}", {"after": after, "before": before})[0][0])


def loaded(warehouse: Warehouse, source: str) -> dict[str, dict[tuple[str, str], str]]:
    """Data set -> (branch, period) -> the server's clock, as ISO text, up to which the copy is complete there."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT data_set, org_unit, period, to_char(server_date, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
            " FROM run.cursor WHERE source = %(source)s",
            {"source": source},
        )
    found: dict[str, dict[tuple[str, str], str]] = {}
    for data_set, branch, period, clock in rows:
        found.setdefault(str(data_set), {})[str(branch), str(period)] = str(clock)
    return found


def cursors(warehouse: Warehouse, source: str) -> dict[str, str | None]:
    """Data set -> the server's clock, as ISO text, up to which the copy of its whole window is complete."""
    with warehouse.connect("loader") as connection:
        rows = fetch(connection, CURSORS_QUERY, {"source": source})
    return {str(data_set): pd.Timestamp(str(moment)).isoformat() for data_set, moment in rows}


def open_refusals(warehouse: Warehouse) -> pd.DataFrame:
    """Records that are kept out today (OPEN_REFUSALS); names are missing where the uid is unknown."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, OPEN_REFUSALS, REFUSALS_QUERY)


def open_issues(warehouse: Warehouse) -> pd.DataFrame:
    """What was kept and a person should look at (OPEN_ISSUES): findings of rules and of statistics."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, OPEN_ISSUES, ISSUES_QUERY)


def tombstones(warehouse: Warehouse) -> pd.DataFrame:
    """The values the sources keep marked as deleted (TOMBSTONES)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, TOMBSTONES, TOMBSTONES_QUERY)


def freshness(warehouse: Warehouse) -> pd.DataFrame:
    """Each data set: its last good pull on the server's clock, its newest period with values, its rows."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, FRESHNESS, FRESHNESS_QUERY)


def status(warehouse: Warehouse) -> dict[str, object]:
    """What ran and how fresh everything is, ready for JSON."""
    with warehouse.connect("loader") as connection:
        slices = fetch(
            connection,
            "SELECT outcome, count(*), sum(received), sum(new), sum(changed), sum(closed), sum(unchanged),"
            " sum(refused), sum(vanished) FROM run.slice WHERE run = (SELECT max(run) FROM run.slice)"
            " GROUP BY outcome ORDER BY outcome",
        )
        refusals = fetch(
            connection,
            "SELECT code, count(*) FROM run.refused_value WHERE resolved_run IS NULL GROUP BY code ORDER BY code",
        )
        results = fetch(connection, "SELECT period / 100, count(*) FROM result.value GROUP BY 1 ORDER BY 1")
        published = fetch(
            connection, "SELECT target, state, count(*) FROM run.published_cell GROUP BY 1, 2 ORDER BY 1, 2"
        )
        issues = fetch_number(
            connection,
            "SELECT (SELECT count(*) FROM run.issue WHERE resolved_run IS NULL)"
            " + (SELECT count(*) FROM result.data_quality)",
        )
    counts = ("received", "new", "changed", "closed", "unchanged", "refused", "vanished")
    return {
        "runs": [
            {
                "run": run.run_id,
                "kind": run.kind,
                "started_at": run.started_at.isoformat(),
                "finished_at": None if run.finished_at is None else run.finished_at.isoformat(),
                "outcome": run.outcome,
                "exit_code": run.exit_code,
            }
            for run in last_runs(warehouse, 5)
        ],
        "slices": [
            {"outcome": outcome, "slices": number, **dict(zip(counts, map(int, map(str, sums)), strict=True))}
            for outcome, number, *sums in slices
        ],
        "freshness": plain(freshness(warehouse)),
        "open_refusals": dict_of(refusals),
        "open_issues": issues,
        "holds": [{"id": h.id, "kind": h.kind, "summary": h.summary} for h in open_holds(warehouse)],
        "results": {str(year): number for year, number in results},
        "published": [{"target": t, "state": s, "cells": number} for t, s, number in published],
    }


def dict_of(rows: list[tuple[object, ...]]) -> Mapping[str, object]:
    """Two columns as a mapping."""
    return {str(name): number for name, number in rows}


def plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """A frame's rows for JSON: moments as ISO text, missing as null."""
    return [
        {
            str(name): value.isoformat() if isinstance(value, pd.Timestamp) else value
            for name, value in row.items()
        }
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]
