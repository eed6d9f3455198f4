"""Which reports were declared complete, and when? The copy of DHIS2's completeness registrations.

DHIS2 gives them no date of change, so a data set's periods are read whole and compared.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from layidu.model.frames import REGISTRATIONS
from warehouse.connect import Warehouse
from warehouse.keys import period_keys, source_number
from warehouse.lock import RunToken
from warehouse.staging import fetch, run_sql, stage

SAME = " AND ".join(
    f"k.{name} = n.{name}" for name in ("data_set", "period", "org_unit", "attribute_option_combo")
)

KEEP_EARLIER = f"""
INSERT INTO source.report_history (data_set, period, org_unit, attribute_option_combo, date, completed, reason, run,
 closed_run)
SELECT k.data_set, k.period, k.org_unit, k.attribute_option_combo, k.date, k.completed,
 CASE WHEN n.period IS NULL THEN 'withdrawn' ELSE 'changed' END, k.run, %(run)s
FROM source.report k JOIN source.data_set d ON d.key = k.data_set LEFT JOIN reported n ON {SAME}
WHERE d.source = %(source)s AND d.uid = %(data_set)s AND k.period = ANY(%(periods)s)
 AND (n.period IS NULL OR (k.date, k.completed) IS DISTINCT FROM (n.date, n.completed))
"""


@dataclass(frozen=True, slots=True)
class RegistrationCounts:
    """received = new + changed + unchanged + unknown; withdrawn stands beside."""

    received: int
    new: int
    changed: int
    unchanged: int
    unknown: int  # an org unit or combo that the metadata do not show
    withdrawn: int  # no longer registered
    changed_years: tuple[int, ...] = ()


def load_registrations(
    warehouse: Warehouse,
    source: str,
    data_set: str,
    periods: Sequence[str],
    registrations: pd.DataFrame,
    run: RunToken,
) -> RegistrationCounts:
    """Make the registrations of one data set and these periods equal to the answer."""
    REGISTRATIONS.check(registrations)
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        kinds = dict.fromkeys(REGISTRATIONS.columns, "text") | {"date": "date", "completed": "boolean"}
        stage(connection, "registration", registrations, kinds)
        parameters: dict[str, object] = {
            "source": source_number(connection, source),
            "data_set": data_set,
            "periods": sorted(
                period_keys(connection, [*periods, *registrations["period"].unique()]).values()
            ),
            "run": run.run_id,
        }
        known = run_sql(
            connection,
            "CREATE TEMP TABLE reported ON COMMIT DROP AS SELECT d.key AS data_set, p.key AS period,"
            " o.key AS org_unit, a.key AS attribute_option_combo, n.date, n.completed FROM registration n"
            " JOIN source.data_set d ON d.source = %(source)s AND d.uid = n.data_set"
            " JOIN source.period p ON p.id = n.period"
            " JOIN source.org_unit o ON o.source = %(source)s AND o.uid = n.org_unit"
            " JOIN source.category_option_combo a ON a.source = %(source)s AND a.uid = n.attribute_option_combo",
            parameters,
        )
        run_sql(connection, KEEP_EARLIER, parameters)
        written = fetch(
            connection,
            "WITH scope AS (SELECT k.* FROM source.report k JOIN source.data_set d ON d.key = k.data_set"
            " WHERE d.source = %(source)s AND d.uid = %(data_set)s AND k.period = ANY(%(periods)s)),"
            " withdrawn AS (DELETE FROM source.report k USING scope n"
            f" WHERE {SAME} AND NOT EXISTS (SELECT FROM reported r WHERE {SAME.replace('k.', 'r.')})"
            " RETURNING k.period), changed AS (UPDATE source.report k SET date = n.date,"
            f" completed = n.completed, run = %(run)s FROM reported n WHERE {SAME}"
            " AND (k.date, k.completed) IS DISTINCT FROM (n.date, n.completed) RETURNING k.period),"
            " added AS (INSERT INTO source.report SELECT n.*, %(run)s FROM reported n"
            f" WHERE NOT EXISTS (SELECT FROM source.report k WHERE {SAME}) RETURNING period)"
            " SELECT w.what, extract(year FROM p.start_date)::int, count(*) FROM ("
            " SELECT 'withdrawn' AS what, period FROM withdrawn UNION ALL SELECT 'changed', period FROM changed"
            " UNION ALL SELECT 'new', period FROM added) w JOIN source.period p ON p.key = w.period GROUP BY 1, 2",
            parameters,
        )
    count = dict.fromkeys(("withdrawn", "changed", "new"), 0)
    for what, _, rows in written:
        count[str(what)] += int(str(rows))
    return RegistrationCounts(
        received=len(registrations),
        new=count["new"],
        changed=count["changed"],
        unchanged=known - count["new"] - count["changed"],
        unknown=len(registrations) - known,
        withdrawn=count["withdrawn"],
        changed_years=tuple(sorted({int(str(year)) for _, year, _ in written})),
    )
