"""What did a reconciliation find to differ between copy and source, and why?

What was touched since the moment the reconciliation began is news, not drift: the next night would have seen it.
Everything else is a change no increment can see; its cause is what the metadata and the stamps say.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import psycopg

from layidu.model.frames import Contract
from warehouse.connect import Warehouse
from warehouse.difference import CAN_VANISH, SAME_CELL, Scope
from warehouse.staging import fetch_frame, fetch_number, run_sql

DRIFT = Contract(
    "drift",
    {
        "source": "str",
        "data_set": "str",
        "kind": "str",
        "cause": "str",
        "cells": "int64",
        "example": "str",
    },
)
#: What a person reads for each kind and cause.
KINDS: Mapping[str, str] = {
    "only-here": "seulement dans la copie",
    "only-there": "seulement dans DHIS2",
    "different": "contenu différent",
    "tombstone-only-here": "marque de suppression seulement dans la copie",
}
CAUSES: Mapping[str, str] = {
    "merged": "objets fusionnés ou supprimés dans DHIS2",
    "late-commit": "ligne enregistrée après coup avec une date ancienne",
    "unstamped": "changée sans que sa date change",
    "purged": "effacée de DHIS2 sans trace (purge)",
    "unseen-deletion": "supprimée dans DHIS2 sans que l'incrément le montre",
}
# A refused cell that is cured, and a value another fate holds back, are no drift.
GONE_BY = (
    "o.gone IS NOT NULL OR c.gone IS NOT NULL OR e.gone IS NOT NULL"
    " OR EXISTS (SELECT FROM source.data_value t WHERE t.source = %(source)s AND t.period = x.period"
    " AND t.data_element = x.data_element AND t.attribute_option_combo = x.attribute_option_combo"
    " AND t.run = %(run)s AND t.value = d.value AND (t.org_unit <> x.org_unit) <>"
    " (t.category_option_combo <> x.category_option_combo))"
)
DIFFERENCES = f"""
SELECT x.action, CASE
 WHEN x.action = 'vanished' AND ({GONE_BY}) THEN 'merged'
 WHEN x.action = 'vanished' THEN 'purged'
 WHEN x.action = 'deleted' THEN 'unseen-deletion'
 WHEN x.action = 'new' AND EXISTS (SELECT FROM source.data_value t JOIN source.org_unit g ON g.key = t.org_unit
  JOIN source.category_option_combo h ON h.key = t.category_option_combo
  WHERE t.source = %(source)s AND t.period = x.period AND t.data_element = x.data_element
  AND t.attribute_option_combo = x.attribute_option_combo AND t.value = v.value
  AND ((t.org_unit = x.org_unit AND h.gone IS NOT NULL)
   OR (t.category_option_combo = x.category_option_combo AND g.gone IS NOT NULL))) THEN 'merged'
 WHEN x.action = 'changed' AND x.last_updated <= d.last_updated THEN 'unstamped'
 ELSE 'late-commit' END AS cause,
 concat_ws(' / ', e.uid, p.id, o.uid, c.uid, a.uid) AS example
FROM difference x
JOIN source.data_element e ON e.key = x.data_element JOIN source.period p ON p.key = x.period
JOIN source.org_unit o ON o.key = x.org_unit JOIN source.category_option_combo c ON c.key = x.category_option_combo
JOIN source.category_option_combo a ON a.key = x.attribute_option_combo
LEFT JOIN source.data_value d ON {SAME_CELL}
LEFT JOIN staged_text v ON v.text = x.text
WHERE NOT coalesce(x.last_updated >= %(since)s, false)
AND NOT EXISTS (SELECT FROM run.refused_value r WHERE r.source = %(name)s AND r.data_element = e.uid
 AND r.period = p.id AND r.org_unit = o.uid AND r.category_option_combo = c.uid
 AND r.attribute_option_combo = a.uid AND (r.resolved_run IS NULL OR r.resolved_run = %(run)s))
"""
STORED = """
INSERT INTO run.drift (run, source, data_set, slice, kind, cause, cells, example)
SELECT %(run)s, %(name)s, %(data_set)s, %(slice)s, kind, cause, count(*), min(example)
FROM ({rows}) f GROUP BY kind, cause
"""
WORDS = (
    "CASE action WHEN 'vanished' THEN 'only-here' WHEN 'deleted' THEN 'only-here'"
    " WHEN 'new' THEN 'only-there' ELSE 'different' END"
)
PURGED_MARKS = f"""
SELECT 'tombstone-only-here' AS kind, 'purged' AS cause,
 concat_ws(' / ', e.uid, p.id, o.uid, c.uid, a.uid) AS example
FROM (SELECT d.*, u.in_branch FROM source.tombstone d JOIN reach u ON u.org_unit = d.org_unit
 WHERE d.source = %(source)s AND d.period = ANY(%(periods)s)) d
JOIN source.data_element e ON e.key = d.data_element JOIN source.period p ON p.key = d.period
JOIN source.org_unit o ON o.key = d.org_unit JOIN source.category_option_combo c ON c.key = d.category_option_combo
JOIN source.category_option_combo a ON a.key = d.attribute_option_combo
WHERE {CAN_VANISH} AND NOT EXISTS (SELECT FROM staging x WHERE {SAME_CELL})
"""


def keep_drift(connection: psycopg.Connection, scope: Scope, news_since: datetime) -> int:
    """Put on record what `difference` (and the marks of deletion) hold that is no news; how many cells."""
    parameters: dict[str, object] = {
        **scope.parameters(),
        "since": news_since,
        "name": scope.slice.source,
        "data_set": scope.slice.data_set,
        "slice": scope.slice.name,
    }
    before = fetch_number(connection, "SELECT coalesce(max(key), 0) FROM run.drift")
    differing = f"SELECT {WORDS} AS kind, cause, example FROM ({DIFFERENCES}) d"
    run_sql(connection, STORED.format(rows=differing), parameters)
    if scope.slice.mode == "full":
        run_sql(connection, STORED.format(rows=PURGED_MARKS), parameters)
    return fetch_number(
        connection,
        "SELECT coalesce(sum(cells), 0) FROM run.drift WHERE key > %(before)s AND run = %(run)s",
        {"before": before, "run": scope.run},
    )


def drift_of(warehouse: Warehouse, run: int) -> pd.DataFrame:
    """What one reconciliation found (DRIFT), by data set, kind and cause, largest first."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            DRIFT,
            "SELECT source, data_set, kind, cause, sum(cells) AS cells, min(example) AS example FROM run.drift"
            " WHERE run = %(run)s GROUP BY 1, 2, 3, 4 ORDER BY cells DESC, source, data_set, kind, cause",
            {"run": run},
        )
