"""Which cells of DHIS2 is a value made of? The road from an indicator backwards."""

from collections.abc import Sequence

import pandas as pd

from layidu.model.frames import TERMS, Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch_frame, run_sql, stage

SOURCE_CELLS = Contract(
    "source_cells",
    {
        "part": "str",
        "variable": "str",
        "disaggregation": "str",
        "coefficient": "float64",
        "data_element": "str",
        "data_element_name": "str",
        "category_option_combo": "str",
        "category_option_combo_name": "str",
        "attribute_option_combo": "str",
        "org_unit": "str",
        "org_unit_name": "str",
        "period": "str",
        "value": "str",
        "number": "float64",
        "last_updated": "datetime64[us]",  # UTC
        "left_out": "str",  # why a correction leaves the cell out; missing: it counts
    },
)
QUERY = """
SELECT t.part, t.name AS variable, t.filter AS disaggregation, t.coefficient, e.uid AS data_element,
 e.name AS data_element_name, c.uid AS category_option_combo, c.name AS category_option_combo_name,
 a.uid AS attribute_option_combo, o.uid AS org_unit, o.name AS org_unit_name, p.id AS period, d.value,
 d.number, d.last_updated AT TIME ZONE 'UTC' AS last_updated, x.reason AS left_out
FROM term t
JOIN plan.variable_disaggregation v ON v.variable = t.name AND v.disaggregation = t.filter
JOIN plan.variable k ON k.code = v.variable
JOIN plan.variable_cell m ON m.variable_disaggregation = v.key
JOIN source.data_element e ON e.key = m.data_element
JOIN source.category_option_combo c ON c.key = m.category_option_combo
JOIN source.instance i ON i.key = e.source AND i.name = %(source)s
JOIN source.org_unit b ON b.source = i.key AND b.uid = %(org_unit)s
JOIN source.org_unit o ON o.source = i.key AND o.gone IS NULL AND (o.key = b.key OR o.path LIKE b.path || '/%%')
JOIN source.period p ON p.number = ANY(%(months)s) AND p.type = k.period_type
 AND greatest(p.number, p.number / 100 * 100 + 1) BETWEEN m.valid_from AND m.valid_to
JOIN source.data_value d ON d.period = p.key AND d.data_element = m.data_element AND d.org_unit = o.key
 AND d.category_option_combo = m.category_option_combo AND d.source = i.key
JOIN source.category_option_combo a ON a.key = d.attribute_option_combo
LEFT JOIN plan.correction x ON x.source = i.name AND x.data_element = e.uid AND x.org_unit = o.uid
 AND x.period = p.id AND x.value = d.value AND coalesce(x.category_option_combo, c.uid) = c.uid
WHERE t.kind = 'variable' AND d.number IS NOT NULL
ORDER BY t.part, p.id, o.path, e.name, c.name, a.uid
"""


def source_cells(
    warehouse: Warehouse, source: str, terms: pd.DataFrame, org_unit: str, months: Sequence[int]
) -> pd.DataFrame:
    """The cells behind some terms (TERMS) under an org unit (uid) in these months (SOURCE_CELLS).

    Months are yyyymm; add yyyy00 for the yearly variables. number x coefficient, summed by part over the cells
    that are not left out, is the part, where the variable is summed over time.
    """
    with warehouse.connect("loader") as connection:
        run_sql(connection, "SET LOCAL jit = off")
        kinds = {name: "double precision" if name == "coefficient" else "text" for name in TERMS.columns}
        stage(connection, "term", TERMS.check(terms), kinds)
        parameters = {"source": source, "org_unit": org_unit, "months": list(months)}
        return fetch_frame(connection, SOURCE_CELLS, QUERY, parameters)


def terms_of(warehouse: Warehouse, indicator: str, disaggregation: str | None = "") -> pd.DataFrame:
    """The terms of an indicator as the warehouse works with them (TERMS); of all its bands when None is asked."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            TERMS,
            "SELECT indicator, disaggregation, part, kind, name, filter, coefficient FROM plan.term"
            " WHERE indicator = %(indicator)s"
            " AND (%(disaggregation)s::text IS NULL OR disaggregation = %(disaggregation)s) ORDER BY position",
            {"indicator": indicator, "disaggregation": disaggregation},
        )
