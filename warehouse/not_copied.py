"""Which slices brought nothing, and which brought the same since?"""

import pandas as pd

from layidu.model.frames import TEXT, Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch_frame

ASKED = Contract(
    "asked",
    {
        "data_set": TEXT,
        "org_unit": TEXT,  # branch; with ! the unit alone
        "period": TEXT,
        "key": "int64",  # of run.slice: later is more
        "outcome": TEXT,
    },
    ("data_set", "org_unit", "period"),
)
# Stopped and failed slices brought nothing. A held one did: what it holds back is in run.hold.
NOT_COPIED = """
WITH lacking AS (
 SELECT DISTINCT ON (s.data_set, s.org_unit, p.period) s.data_set, s.org_unit, p.period, s.key, s.outcome
 FROM run.slice s CROSS JOIN LATERAL unnest(s.periods) AS p (period)
 WHERE s.source = %(source)s AND s.outcome IN ('failed', 'stopped')
 ORDER BY s.data_set, s.org_unit, p.period, s.key DESC
)
SELECT l.* FROM lacking l WHERE NOT EXISTS (
 SELECT FROM run.slice n WHERE n.source = %(source)s AND n.data_set = l.data_set AND n.org_unit = l.org_unit
 AND n.key > l.key AND n.outcome IN ('loaded', 'empty', 'held') AND l.period = ANY(n.periods))
ORDER BY 1, 2, 3
"""
COPIED = """
SELECT DISTINCT ON (s.data_set, s.org_unit, p.period) s.data_set, s.org_unit, p.period, s.key, s.outcome
FROM run.slice s CROSS JOIN LATERAL unnest(s.periods) AS p (period)
WHERE s.source = %(source)s AND s.outcome IN ('loaded', 'empty', 'held')
ORDER BY s.data_set, s.org_unit, p.period, s.key DESC
"""


def not_copied(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """The latest failed or stopped slice of each branch and period (ASKED), unless the very same was copied since."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, ASKED, NOT_COPIED, {"source": source})


def copied(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """The latest slice of each data set, branch and period that was copied (ASKED)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, ASKED, COPIED, {"source": source})
