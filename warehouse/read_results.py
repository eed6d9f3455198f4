"""What are the results, with the names a person knows? For the board, the page and `explain`."""

from collections.abc import Sequence

import pandas as pd

from layidu.model.frames import Contract
from warehouse.connect import Warehouse
from warehouse.staging import fetch, fetch_frame, run_sql

LABELLED = Contract(
    "labelled",
    {
        "indicator": "str",
        "disaggregation": "str",
        "org_unit": "int32",
        "org_unit_name": "str",
        "uid": "str",
        "level": "int16",
        "parent_name": "str",  # missing for a root
        "period": "str",
        "numerator": "float64",
        "denominator": "float64",
        "value": "float64",
        "status": "str",
        "completeness": "float64",
    },
    ("indicator", "disaggregation", "org_unit", "period"),
)
QUERY = """
SELECT v.indicator, v.disaggregation, v.org_unit, o.name AS org_unit_name, o.uid, o.level,
 p.name AS parent_name, v.period, v.numerator, v.denominator, v.value, v.status, v.completeness
FROM result.indicator_value v JOIN source.org_unit o ON o.key = v.org_unit
JOIN source.instance i ON i.key = o.source
LEFT JOIN source.org_unit p ON p.source = o.source AND p.uid = o.parent
WHERE v.hierarchy = 'as_it_is' AND (%(source)s::text IS NULL OR i.name = %(source)s)
 AND (%(indicators)s::text[] IS NULL OR v.indicator = ANY(%(indicators)s))
 AND (%(periods)s::text[] IS NULL OR v.period = ANY(%(periods)s))
 AND (%(org_units)s::text[] IS NULL OR o.uid = ANY(%(org_units)s))
 AND (%(lowest_level)s::int IS NULL OR o.level <= %(lowest_level)s)
 AND (%(disaggregated)s OR v.disaggregation = '')
ORDER BY v.indicator, v.disaggregation, o.level, o.path, v.period
"""
FOUND_UNITS = Contract(
    "found_units", {"uid": "str", "code": "str", "name": "str", "level": "int16", "path": "str"}
)


def results(
    warehouse: Warehouse,
    *,
    source: str | None = None,
    indicators: Sequence[str] | None = None,
    periods: Sequence[str] | None = None,
    org_units: Sequence[str] | None = None,
    lowest_level: int | None = None,
    disaggregated: bool = False,
) -> pd.DataFrame:
    """Results with the names of their places (LABELLED); `org_units` are uids; totals unless `disaggregated`."""
    parameters: dict[str, object] = {
        "source": source,
        "indicators": None if indicators is None else list(indicators),
        "periods": None if periods is None else list(periods),
        "org_units": None if org_units is None else list(org_units),
        "lowest_level": lowest_level,
        "disaggregated": disaggregated,
    }
    with warehouse.connect("loader") as connection:
        run_sql(connection, "SET LOCAL jit = off")
        return fetch_frame(connection, LABELLED, QUERY, parameters)


def org_unit_codes(warehouse: Warehouse, source: str) -> dict[str, int]:
    """Code -> key of every org unit of today's tree that has a code."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT o.code, o.key FROM source.org_unit o JOIN source.instance i ON i.key = o.source"
            " AND i.name = %(source)s WHERE o.gone IS NULL AND o.code IS NOT NULL ORDER BY o.key",
            {"source": source},
        )
    return {str(code): int(str(key)) for code, key in rows}


def find_org_units(warehouse: Warehouse, source: str, text: str) -> pd.DataFrame:
    """Org units of today's tree whose uid, code or name is this text, upper levels first (FOUND_UNITS).

    Letters' case does not matter; a name that only begins or ends with the text comes after exact ones.
    """
    with warehouse.connect("loader") as connection:
        return fetch_frame(
            connection,
            FOUND_UNITS,
            "SELECT o.uid, o.code, o.name, o.level, o.path FROM source.org_unit o"
            " JOIN source.instance i ON i.key = o.source AND i.name = %(source)s WHERE o.gone IS NULL"
            " AND (o.uid = %(text)s OR lower(o.code) = lower(%(text)s)"
            " OR strpos(lower(o.name), lower(%(text)s)) > 0)"
            " ORDER BY (o.uid = %(text)s OR lower(o.code) = lower(%(text)s)) IS TRUE DESC,"
            " lower(o.name) = lower(%(text)s) DESC, o.level, o.path",
            {"source": source, "text": text},
        )
