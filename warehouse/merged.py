"""Which object that is gone was merged into another? The one under whose id its values are found again.

DHIS2 says nothing of a merge: an object is gone, and its values stand under another id of the same kind, with their
old stamps; where both had a value the newer one stayed. So what changed since in the cells of the other object must
be, nearly everywhere, what the gone one held there. Only that is claimed, and of one other object alone; otherwise
the object is gone, and no more is said.
"""

import pandas as pd

from layidu.model.frames import METADATA_EVENTS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.stage_values import KEY_LIST
from warehouse.staging import fetch_frame, run_sql

#: Object type -> the column of the values that holds it.
COLUMNS = {
    "org_unit": "org_unit",
    "data_element": "data_element",
    "category_option_combo": "category_option_combo",
}
LEAST = 3  # values found again: one or two are alike by chance
SHARE = 0.9  # of the cells that changed in the other object, where the gone one had a value
DAYS = 40  # a reconciliation a week has come by then
# Of each object gone lately: the run that saw it go, and its values as they last were.
FOUND_AGAIN = """
WITH gone AS (
 SELECT o.key, o.uid, o.name, max(m.run) AS run FROM source.{table} o
 JOIN source.instance i ON i.key = o.source AND i.name = %(source)s
 JOIN run.metadata_event m ON m.source = i.name AND m.object_type = '{table}' AND m.uid = o.uid AND m.kind = 'gone'
 WHERE o.gone > now() - make_interval(days => {days}) OR o.run = %(run)s AND o.gone IS NOT NULL
 GROUP BY o.key HAVING NOT EXISTS (SELECT FROM run.metadata_event e WHERE e.source = %(source)s
  AND e.object_type = '{table}' AND e.uid = o.uid AND e.kind = 'merged' AND e.run >= max(m.run))
), read_again AS (
 SELECT DISTINCT p.key AS period, g.key AS gone FROM gone g
 JOIN run.slice s ON s.source = %(source)s AND s.run >= g.run AND s.mode = 'full' AND s.outcome IN ('loaded', 'held')
 CROSS JOIN LATERAL unnest(s.periods) AS n (id) JOIN source.period p ON p.id = n.id
), held AS (
 SELECT {key}, v.value, g.key AS gone, g.run FROM gone g JOIN source.data_value v ON v.{column} = g.key
 JOIN read_again r ON r.gone = g.key AND r.period = v.period
 UNION SELECT {key}, v.value, g.key, g.run FROM gone g JOIN source.data_value_history v ON v.{column} = g.key
 AND v.reason = 'vanished' AND v.closed_run >= g.run JOIN read_again r ON r.gone = g.key AND r.period = v.period
), counted AS (
 SELECT h.gone, v.{column} AS other, count(*) AS changed, count(*) FILTER (WHERE v.value = h.value) AS found
 FROM held h JOIN source.data_value v ON {same} AND v.{column} <> h.gone AND v.run >= h.run
 GROUP BY 1, 2
)
SELECT 'merged' AS kind, '{table}' AS object_type, g.uid, g.name, format('%%s (%%s)', g.name, g.uid) AS before,
 format('%%s (%%s)', b.name, b.uid) AS after
FROM counted c JOIN gone g ON g.key = c.gone
JOIN source.{table} b ON b.key = c.other AND b.gone IS NULL
WHERE c.found >= {least} AND c.found >= {share} * c.changed
AND NOT EXISTS (SELECT FROM counted o WHERE o.gone = c.gone AND o.other <> c.other AND o.found >= c.found)
ORDER BY g.uid
"""


def find_merged(warehouse: Warehouse, source: str, run: RunToken) -> pd.DataFrame:
    """METADATA_EVENTS of the merges that this run's values show, written down for whoever asks later."""
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        parameters = {"source": source, "run": run.run_id}
        found = [
            fetch_frame(connection, METADATA_EVENTS, query(table, column), parameters)
            for table, column in COLUMNS.items()
        ]
        events = METADATA_EVENTS.cast(pd.concat(found, ignore_index=True))
        for event in events.to_dict("records"):
            run_sql(
                connection,
                "INSERT INTO run.metadata_event (run, source, seen_at, kind, object_type, uid, name, before, after)"
                " VALUES (%(run)s, %(source)s, now(), %(kind)s, %(object_type)s, %(uid)s, %(name)s, %(before)s,"
                " %(after)s)",
                {**parameters, **{str(name): value for name, value in event.items()}},
            )
        return events


def query(table: str, column: str) -> str:
    """The question about one kind of object."""
    key = KEY_LIST.split(", ")
    return FOUND_AGAIN.format(
        table=table,
        column=column,
        days=DAYS,
        least=LEAST,
        share=SHARE,
        key=", ".join(f"v.{name}" for name in key),
        same=" AND ".join(f"v.{name} = h.{name}" for name in key if name != column),
    )
