"""Which stored results does a run leave as they are? Those that wait, and those of a source it could not read.

They keep the value, the version and the run they had. What waits is written down with the results themselves, so that
the run that no longer finds it waiting knows which years to compute again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import psycopg

from layidu.model.frames import TEXT, Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch, fetch_frame, run_sql, stage

WAITING = Contract(
    "waiting",
    {
        "source": TEXT,
        "indicator": TEXT,
        "year": "int16",
        "reason": TEXT,  # French: what is waited for
        "since_run": "int32",
    },
    ("source", "indicator", "year"),
)
Result = tuple[str, str, int]  # source, indicator, year
#: The stored rows of some periods, less those that are kept.
STORED_BUT_KEPT = """
SELECT v.* FROM result.value v JOIN source.org_unit o ON o.key = v.org_unit
LEFT JOIN kept ON kept.source = o.source AND kept.series = v.series AND kept.year = v.period / 100
WHERE v.series = ANY(ARRAY(SELECT key FROM result.series)) AND v.period = ANY(%(periods)s) AND kept.series IS NULL
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """The results a run does not touch."""

    waiting: Mapping[Result, str] = field(default_factory=dict)  # -> why, in French
    absent: frozenset[str] = frozenset()  # sources that could not be read: all their results


def stored_waiting(warehouse: Warehouse) -> pd.DataFrame:
    """What waits since which run (WAITING), as the last computation wrote it."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            WAITING,
            "SELECT source, indicator, year, reason, since_run FROM result.waiting ORDER BY position",
        )


def waiting_rows(before: pd.DataFrame, kept: Kept, run: int) -> pd.DataFrame:
    """What waits from now on (WAITING): what waited before keeps the run since which it does."""
    since = {
        (source, indicator, year): run_
        for source, indicator, year, _, run_ in before.itertuples(index=False, name=None)
    }
    absent = before[before["source"].isin(kept.absent)]
    rows = [(*key, reason, since.get(key, run)) for key, reason in sorted(kept.waiting.items())]
    return WAITING.cast(pd.concat([WAITING.frame(rows), absent], ignore_index=True))


def stage_kept(connection: psycopg.Connection, kept: Kept, year: int) -> str:
    """Fill the temporary table `kept` for one year; a text that stands for its content, empty when nothing is kept."""
    rows = sorted((source, code) for source, code, one in kept.waiting if one == year)
    run_sql(connection, "DROP TABLE IF EXISTS kept, kept_name")
    if not rows and not kept.absent:
        return ""
    frame = pd.DataFrame(rows, columns=["source", "indicator"], dtype="str")
    stage(connection, "kept_name", frame, {"source": "text", "indicator": "text"})
    run_sql(
        connection,
        "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT i.key AS source, s.key AS series, %(year)s::int AS year"
        " FROM source.instance i CROSS JOIN result.series s WHERE i.name = ANY(%(absent)s)"
        " OR (i.name, s.indicator) IN (SELECT source, indicator FROM kept_name)",
        {"year": year, "absent": sorted(kept.absent)},
    )
    run_sql(connection, "ANALYZE kept")
    listed = repr((rows, sorted(kept.absent)))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def waiting_of(warehouse: Warehouse, source: str, indicator: str, year: int) -> str:
    """What one result waits for, in French; empty when it does not wait."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT reason FROM result.waiting WHERE source = %(source)s AND indicator = %(indicator)s"
            " AND year = %(year)s",
            {"source": source, "indicator": indicator, "year": year},
        )
    return str(rows[0][0]) if rows else ""
