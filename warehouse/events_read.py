"""Which changes of metadata did runs see that did not end well? What they had to say may never have been said."""

import pandas as pd

from layidu.model.frames import METADATA_EVENTS, Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch_frame

EVENTS_OF_RUNS = Contract("events_of_runs", {**METADATA_EVENTS.columns, "run": "int64"})
QUERY = """
SELECT m.kind, m.object_type, m.uid, m.name, m.before, m.after, m.run FROM run.metadata_event m
WHERE m.source = %(source)s AND m.uid IS NOT NULL AND m.run < %(run)s AND m.run > coalesce(
 (SELECT max(r.run_id) FROM run.run r WHERE r.run_id < %(run)s AND r.outcome IN ('finished', 'held')
 AND EXISTS (SELECT FROM run.slice s WHERE s.run = r.run_id)), 0)
ORDER BY m.key
"""


def events_since_last_good_run(warehouse: Warehouse, source: str, run: int) -> pd.DataFrame:
    """Events (EVENTS_OF_RUNS) of the runs before this one, back to the last that copied and ended well."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, EVENTS_OF_RUNS, QUERY, {"source": source, "run": run})
