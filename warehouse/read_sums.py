"""What does compute need of one year: the tree, the mapped sums, the reports? The step *map* is the join here."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layidu.model.frames import EARLIER_PARENTS, MAPPED_SUMS, REPORTS, RESULTS, TREE, Contract
from warehouse.connect import Warehouse
from warehouse.keys import source_number
from warehouse.other_plan import LOADED, OtherPlan, stage_plan
from warehouse.staging import fetch, fetch_bytes, fetch_frame, run_sql

TREE_QUERY = """
SELECT o.key AS org_unit, coalesce(p.key, -1) AS parent, o.level, o.uid, o.name, o.opening_date, o.closed_date
FROM source.org_unit o JOIN source.instance i ON i.key = o.source AND i.name = %(source)s
LEFT JOIN source.org_unit p ON p.source = o.source AND p.uid = o.parent AND p.gone IS NULL
WHERE o.gone IS NULL ORDER BY o.level, o.path
"""
# The map, spread over the year's periods: small, counted, and so joined to the values by one hash. Yearly values
# are valid by their year's first month.
WANTED = """
SELECT m.variable_disaggregation, m.data_element, m.category_option_combo, p.key AS period, p.number
FROM plan.variable_cell m JOIN plan.variable_disaggregation v ON v.key = m.variable_disaggregation
JOIN plan.variable k ON k.code = v.variable AND k.period_type = ANY(%(types)s)
JOIN source.period p ON p.type = k.period_type AND p.number BETWEEN %(first)s AND %(last)s
 AND (%(only)s::text[] IS NULL OR v.variable || '|' || v.disaggregation = ANY(%(only)s))
 AND greatest(p.number, p.number / 100 * 100 + 1) BETWEEN m.valid_from AND m.valid_to
"""
# A correction holds only while the cell still says what was wrong. A message for each row costs more than the row:
# the values of one variable and disaggregation travel in one, and are added here (a sort of them all costs more).
VALUES_QUERY = """
SELECT w.variable_disaggregation, string_agg(int4send(d.org_unit) || int4send(w.number) || float8send(d.number), '')
FROM source.data_value d
JOIN wanted w ON w.period = d.period AND w.data_element = d.data_element
 AND w.category_option_combo = d.category_option_combo
JOIN source.org_unit o ON o.key = d.org_unit AND o.gone IS NULL
LEFT JOIN left_out x ON x.period = d.period AND x.data_element = d.data_element AND x.org_unit = d.org_unit
 AND x.value = d.value AND coalesce(x.category_option_combo = d.category_option_combo, true)
WHERE d.source = %(source_key)s AND d.period = ANY(%(periods)s) AND d.number IS NOT NULL AND x.period IS NULL
GROUP BY 1 ORDER BY 1
"""
EARLIER_ROWS = Contract("earlier_rows", EARLIER_PARENTS.columns)
PACKED = np.dtype([("org_unit", ">i4"), ("period", ">i4"), ("number", ">f8")])
SUM = np.dtype([("org_unit", "i4"), ("period", "i4"), ("sum", "f8")])
PAIRS = "SELECT variable, disaggregation FROM plan.variable_disaggregation ORDER BY key"
LEFT_OUT = """
SELECT p.key AS period, e.key AS data_element, o.key AS org_unit, c.key AS category_option_combo, x.value
FROM plan.correction x JOIN source.instance i ON i.name = x.source
JOIN source.period p ON p.id = x.period
JOIN source.data_element e ON e.source = i.key AND e.uid = x.data_element
JOIN source.org_unit o ON o.source = i.key AND o.uid = x.org_unit
LEFT JOIN source.category_option_combo c ON c.source = i.key AND c.uid = x.category_option_combo
WHERE i.name = %(source)s AND (x.category_option_combo IS NULL OR c.key IS NOT NULL)
"""
# Expected: assigned (today, or until after the month), open on a day of the month, in a month that is over and
# was pulled. Received and on time only count where a report was expected, so that no rate exceeds 100 %.
REPORTS_QUERY = """
WITH month AS (
 SELECT DISTINCT s.key AS data_set, s.uid, s.timely_days, p.key AS period, p.number, p.start_date, p.end_date
 FROM source.data_set s JOIN source.instance i ON i.key = s.source AND i.name = %(source)s
 JOIN run.cursor c ON c.source = i.name AND c.data_set = s.uid JOIN source.period p ON p.id = c.period
 WHERE s.period_type = 'Monthly' AND p.type = 'Monthly' AND p.end_date <= %(through)s
 AND p.number BETWEEN %(year)s * 100 + 1 AND %(year)s * 100 + 12
), assigned AS (
 SELECT data_set, org_unit, valid_from, 'infinity'::timestamptz AS valid_to FROM source.data_set_assignment
 UNION ALL SELECT data_set, org_unit, valid_from, valid_to FROM source.data_set_assignment_history
), registered AS (
 SELECT data_set, period, org_unit, min(date) AS date FROM source.report
 WHERE completed AND period IN (SELECT period FROM month) GROUP BY 1, 2, 3
), expected AS (
 SELECT DISTINCT m.data_set, m.uid, m.timely_days, m.period, m.number, m.end_date, a.org_unit
 FROM month m JOIN assigned a ON a.data_set = m.data_set AND a.valid_from <= m.end_date AND a.valid_to > m.end_date
 JOIN source.org_unit o ON o.key = a.org_unit AND o.gone IS NULL
 WHERE (o.opening_date IS NULL OR o.opening_date <= m.end_date)
 AND (o.closed_date IS NULL OR o.closed_date >= m.start_date)
)
SELECT e.uid AS data_set, e.org_unit, e.number AS period, 1 AS expected,
 CASE WHEN r.period IS NULL THEN 0 ELSE 1 END AS received,
 CASE WHEN r.period IS NOT NULL AND (e.timely_days IS NULL OR r.date <= e.end_date + 1 + e.timely_days::int)
 THEN 1 ELSE 0 END AS on_time
FROM expected e LEFT JOIN registered r USING (data_set, period, org_unit) ORDER BY 1, 2, 3
"""
# By the end of each month: a unit moved on the 12th belongs to its new parent all month. A parent that is gone itself
# stands for the nearest one above it that is still there.
EARLIER_QUERY = """
SELECT h.org_unit, above.key AS parent,
 CASE WHEN isfinite(h.valid_from) THEN to_char(h.valid_from, 'YYYYMM')::int ELSE 0 END AS first_month,
 to_char(date_trunc('month', h.valid_to) - interval '1 day', 'YYYYMM')::int AS last_month
FROM source.org_unit_history h JOIN source.org_unit o ON o.key = h.org_unit AND o.gone IS NULL
JOIN source.instance i ON i.key = o.source AND i.name = %(source)s
CROSS JOIN LATERAL (
 SELECT p.key, p.uid FROM unnest(string_to_array(h.path, '/')) WITH ORDINALITY AS part (uid, place)
 JOIN source.org_unit p ON p.source = o.source AND p.uid = part.uid AND p.gone IS NULL
 WHERE part.uid <> o.uid ORDER BY part.place DESC LIMIT 1) above
WHERE above.uid IS DISTINCT FROM o.parent
ORDER BY 1, 3
"""
RESULTS_QUERY = """
SELECT v.indicator, v.disaggregation, v.org_unit, v.period, v.numerator, v.denominator, v.value, v.status,
 v.completeness
FROM result.indicator_value v JOIN source.org_unit o ON o.key = v.org_unit
JOIN source.instance i ON i.key = o.source AND i.name = %(source)s
WHERE v.hierarchy = 'as_it_is' AND v.indicator = ANY(%(indicators)s)
ORDER BY v.indicator, v.disaggregation, v.org_unit, v.period
"""


def tree(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """Today's tree of a source (TREE), parents before children."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, TREE, TREE_QUERY, {"source": source})


def earlier_parents(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """Where org units hung that hang elsewhere today, by month (EARLIER_PARENTS)."""
    with warehouse.connect("loader") as connection:
        rows = fetch_frame(connection, EARLIER_ROWS, EARLIER_QUERY, {"source": source})
    # Two moves within one month leave no month to the place between them.
    return EARLIER_PARENTS.cast(rows[rows["first_month"] <= rows["last_month"]])


def years(warehouse: Warehouse, source: str) -> list[int]:
    """The years the copy of a source has values of."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT DISTINCT p.number / 100 FROM source.period p WHERE EXISTS (SELECT FROM source.data_value d"
            " JOIN source.instance i ON i.key = d.source AND i.name = %(source)s WHERE d.period = p.key) ORDER BY 1",
            {"source": source},
        )
    return [int(str(year)) for (year,) in rows]


def mapped_sums(warehouse: Warehouse, source: str, year: int, other: OtherPlan | None = None) -> pd.DataFrame:
    """One year of source cells as variables (MAPPED_SUMS); yearly values stand at yyyy00.

    Only org units of today's tree; values that are no number and corrected cells are left out. `other` are
    declarations that are not loaded.
    """
    return mapped(warehouse, source, year * 100, year * 100 + 99, ["Monthly", "Yearly"], other)


def yearly_sums(warehouse: Warehouse, source: str, other: OtherPlan | None = None) -> pd.DataFrame:
    """The same of yearly variables only, of every year there is."""
    return mapped(warehouse, source, 0, 999999, ["Yearly"], other)


def sums_by_year(
    warehouse: Warehouse,
    source: str,
    years: range,
    wanted: Iterable[tuple[str, str]],
    other: OtherPlan | None = None,
) -> pd.DataFrame:
    """The monthly sums of whole years of some variables and disaggregations (MAPPED_SUMS, at yyyy00)."""
    only = sorted(f"{variable}|{disaggregation}" for variable, disaggregation in wanted)
    if not years or not only:
        return MAPPED_SUMS.frame()
    first, last = years[0] * 100, years[-1] * 100 + 99
    monthly = mapped(warehouse, source, first, last, ["Monthly"], other, only)
    yearly = monthly.assign(period=monthly["period"] // 100 * 100)
    keys = ["variable", "disaggregation", "org_unit", "period"]
    return MAPPED_SUMS.cast(yearly.groupby(keys, observed=True)["sum"].sum().reset_index())


def copied_months(warehouse: Warehouse, source: str, data_sets: list[str]) -> list[int]:
    """The months (yyyymm) of which every one of these data sets was copied."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT p.number FROM run.cursor c JOIN source.period p ON p.id = c.period AND p.type = 'Monthly'"
            " WHERE c.source = %(source)s AND c.data_set = ANY(%(data_sets)s)"
            " GROUP BY p.number HAVING count(DISTINCT c.data_set) = cardinality(%(data_sets)s) ORDER BY 1",
            {"source": source, "data_sets": data_sets},
        )
    return [int(str(month)) for (month,) in rows]


def mapped(
    warehouse: Warehouse,
    source: str,
    first: int,
    last: int,
    types: list[str],
    other: OtherPlan | None = None,
    only: list[str] | None = None,
) -> pd.DataFrame:
    """Source cells as variables, of the variables and periods of these types from `first` to `last` (numbers).

    `only`: of these sums, `variable|disaggregation`; all of them without it.
    """
    with warehouse.connect("loader") as connection:
        for setting in ("jit = off", "work_mem = '128MB'", "enable_nestloop = off"):
            run_sql(connection, f"SET LOCAL {setting}")
        parameters: dict[str, object] = {
            "source": source,
            "first": first,
            "last": last,
            "types": types,
            "only": only,
        }
        schema = stage_plan(connection, other)
        for table, query in (("left_out", LEFT_OUT), ("wanted", WANTED)):
            text = query.replace(f"{LOADED}.", f"{schema}.")
            run_sql(connection, f"CREATE TEMP TABLE {table} ON COMMIT DROP AS {text}", parameters)
            run_sql(connection, f"ANALYZE {table}")
        parameters["source_key"] = source_number(connection, source)
        parameters["periods"] = [key for (key,) in fetch(connection, "SELECT DISTINCT period FROM wanted")]
        pairs = fetch(connection, PAIRS.replace(f"{LOADED}.", f"{schema}."))
        packed = fetch_bytes(connection, VALUES_QUERY, parameters)
    sums = [added(np.frombuffer(body, PACKED)) for _, body in packed]
    rows = np.concatenate([np.empty(0, SUM), *sums])
    places = np.array([number - 1 for number, _ in packed], dtype=np.int64)
    cell = np.repeat(places, [len(found) for found in sums])
    return MAPPED_SUMS.cast(
        pd.DataFrame(
            {
                "variable": codes([str(variable) for variable, _ in pairs], cell),
                "disaggregation": codes([str(text) for _, text in pairs], cell),
                **{name: rows[name] for name in SUM.names or ()},
            }
        )
    )


def added(values: NDArray[np.void]) -> NDArray[np.void]:
    """Add what several cells say of one org unit and period; in the order of the numbers, so that it repeats."""
    place = values["org_unit"].astype(np.int64) << 32 | values["period"]
    order = np.lexsort((values["number"], place))
    ordered = place[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    sums = np.empty(len(starts), SUM)
    sums["org_unit"], sums["period"] = ordered[starts] >> 32, ordered[starts] & 0xFFFFFFFF
    if len(starts):
        sums["sum"] = np.add.reduceat(values["number"][order], starts)
    return sums


def codes(words: list[str], places: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pd.Categorical:
    """Words by place, as a category: each word is stored once."""
    names = sorted(set(words))
    position = {name: number for number, name in enumerate(names)}
    by_place = np.array([position[word] for word in words], dtype=np.int64)
    found = by_place[places] if len(words) else np.empty(0, dtype=np.int64)
    return pd.Categorical.from_codes(found, pd.Index(names, dtype="str"))


def reports(warehouse: Warehouse, source: str, year: int, through: date) -> pd.DataFrame:
    """Expected, received and timely reports of one year's months that ended by `through` (REPORTS)."""
    with warehouse.connect("loader") as connection:
        run_sql(connection, "SET LOCAL jit = off")
        return fetch_frame(
            connection, REPORTS, REPORTS_QUERY, {"source": source, "year": year, "through": through}
        )


def stored_year(warehouse: Warehouse, source: str, year: int) -> pd.DataFrame:
    """Every stored result of one year (RESULTS), of one source's org units."""
    text = RESULTS_QUERY.replace("v.indicator = ANY(%(indicators)s)", "v.year = %(year)s")
    with warehouse.connect("loader") as connection:
        run_sql(connection, "SET LOCAL jit = off")
        return fetch_frame(connection, RESULTS, text, {"source": source, "year": year})


def published_results(warehouse: Warehouse, source: str, indicators: list[str]) -> pd.DataFrame:
    """Every stored result of these indicators (RESULTS), of one source's org units."""
    with warehouse.connect("loader") as connection:
        return fetch_frame(connection, RESULTS, RESULTS_QUERY, {"source": source, "indicators": indicators})


def variables_of_data_sets(warehouse: Warehouse, source: str) -> dict[str, list[str]]:
    """Data set -> the variables its elements feed, as the map is loaded."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT DISTINCT s.uid, v.variable FROM source.data_set_element m"
            " JOIN source.data_set s ON s.key = m.data_set AND s.gone IS NULL"
            " JOIN source.instance i ON i.key = s.source AND i.name = %(source)s"
            " JOIN plan.variable_cell c ON c.data_element = m.data_element"
            " JOIN plan.variable_disaggregation v ON v.key = c.variable_disaggregation ORDER BY 1, 2",
            {"source": source},
        )
    found: dict[str, list[str]] = {}
    for uid, variable in rows:
        found.setdefault(str(uid), []).append(str(variable))
    return found
