"""What stands beside the cells of a value: records kept out, values to look at, what was published, who computed it?"""

from collections.abc import Sequence

import pandas as pd

from layidu.model.frames import TEXT, VARIABLE_CELLS, Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch, fetch_frame

KEPT_OUT = Contract(  # records that are not in the copy, or that a person should look at
    "kept_out",
    {
        "data_element": TEXT,
        "data_element_name": TEXT,
        "category_option_combo": TEXT,
        "category_option_combo_name": TEXT,
        "org_unit_uid": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "value": TEXT,
        "code": TEXT,
        "reason": TEXT,
        "first_run": "int64",
    },
)
KEPT_OUT_QUERY = """
SELECT DISTINCT r.data_element, coalesce(e.name, r.data_element) AS data_element_name, r.category_option_combo,
 coalesce(c.name, r.category_option_combo) AS category_option_combo_name, r.org_unit AS org_unit_uid,
 o.name AS org_unit_name, r.period, r.value, r.code, r.reason, r.first_run
FROM run.{table} r JOIN source.instance i ON i.name = r.source
JOIN source.org_unit o ON o.source = i.key AND o.uid = r.org_unit AND o.gone IS NULL
JOIN source.org_unit b ON b.source = i.key AND b.uid = %(org_unit)s
JOIN source.data_element e ON e.source = i.key AND e.uid = r.data_element
JOIN plan.variable_cell m ON m.data_element = e.key
JOIN plan.variable_disaggregation v ON v.key = m.variable_disaggregation AND v.variable = ANY(%(variables)s)
LEFT JOIN source.category_option_combo c ON c.source = i.key AND c.uid = r.category_option_combo
WHERE r.source = %(source)s AND r.resolved_run IS NULL AND r.period = ANY(%(periods)s)
 AND (o.key = b.key OR o.path LIKE b.path || '/%%')
ORDER BY o.name, r.period, data_element_name, category_option_combo_name, r.code
"""
PUBLISHED = Contract(
    "published_parts",
    {
        "target": TEXT,
        "part": TEXT,  # numerator, denominator, value
        "value": TEXT,  # what we wrote and read back; missing: nothing of ours
        "state": TEXT,
        "code": TEXT,  # why it is not as wanted
        "wanted": TEXT,
        "formula": TEXT,
        "run": "int64",
    },
)


def kept_out(
    warehouse: Warehouse,
    source: str,
    variables: Sequence[str],
    org_unit: str,
    periods: Sequence[str],
    *,
    refused: bool,
) -> pd.DataFrame:
    """Open refusals (or, not `refused`, open remarks) on the cells of some variables under an org unit (KEPT_OUT)."""
    table = "refused_value" if refused else "issue"
    parameters = {
        "source": source,
        "variables": list(variables),
        "org_unit": org_unit,
        "periods": list(periods),
    }
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, KEPT_OUT, KEPT_OUT_QUERY.format(table=table), parameters)


def published_parts(warehouse: Warehouse, indicator: str, org_unit: str, period: str) -> pd.DataFrame:
    """What stands in the targets for one indicator, place and period (PUBLISHED)."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            PUBLISHED,
            "SELECT c.target, e.part, c.value, c.state, c.code, c.wanted, e.formula, c.run FROM run.published_cell c"
            " JOIN run.published_element e ON e.target = c.target AND e.data_element = c.data_element"
            " WHERE e.indicator = %(indicator)s AND c.org_unit = %(org_unit)s AND c.period = %(period)s"
            " ORDER BY c.target, e.part DESC",
            {"indicator": indicator, "org_unit": org_unit, "period": period},
        )


def computed_by(
    warehouse: Warehouse, source: str, indicator: str, disaggregation: str, org_unit: str, period: str
) -> tuple[int, int, str] | None:
    """Version of the formula, run and its start (ISO, UTC) of one result; None when there is no result."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT v.version, v.run, to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"
            " FROM result.indicator_value v JOIN source.org_unit o ON o.key = v.org_unit AND o.uid = %(org_unit)s"
            " JOIN source.instance i ON i.key = o.source AND i.name = %(source)s"
            " LEFT JOIN run.run r ON r.run_id = v.run WHERE v.hierarchy = 'as_it_is' AND v.indicator = %(indicator)s"
            " AND v.disaggregation = %(disaggregation)s AND v.period = %(period)s",
            {
                "source": source,
                "indicator": indicator,
                "disaggregation": disaggregation,
                "org_unit": org_unit,
                "period": period,
            },
        )
    if not rows:
        return None
    version, run, started = rows[0]
    return int(str(version)), int(str(run)), str(started or "")


def variable_cells(warehouse: Warehouse) -> pd.DataFrame:
    """The map as the warehouse works with it (VARIABLE_CELLS), of all sources."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            VARIABLE_CELLS,
            "SELECT v.variable, i.name AS source, e.uid AS data_element, c.uid AS category_option_combo,"
            " v.disaggregation, m.valid_from, m.valid_to FROM plan.variable_cell m"
            " JOIN plan.variable_disaggregation v ON v.key = m.variable_disaggregation"
            " JOIN source.data_element e ON e.key = m.data_element JOIN source.instance i ON i.key = e.source"
            " JOIN source.category_option_combo c ON c.key = m.category_option_combo"
            " ORDER BY 1, 2, 3, 4, 6",
        )
