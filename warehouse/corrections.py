"""Which declared corrections match no cell of the copy? The source was mended, or the correction is mistaken."""

from typing import NamedTuple

from warehouse.connect import Warehouse
from warehouse.staging import fetch

QUERY = """
SELECT x.number, x.data_element, x.org_unit, x.period, x.value, (
 SELECT string_agg(DISTINCT d.value, ', ' ORDER BY d.value) FROM source.data_value d
 JOIN source.instance i ON i.key = d.source AND i.name = x.source
 JOIN source.data_element e ON e.key = d.data_element AND e.uid = x.data_element
 JOIN source.org_unit o ON o.key = d.org_unit AND o.uid = x.org_unit
 JOIN source.period p ON p.key = d.period AND p.id = x.period
 JOIN source.category_option_combo c ON c.key = d.category_option_combo
 WHERE coalesce(x.category_option_combo, c.uid) = c.uid
) AS held
FROM plan.correction x WHERE x.source = %(source)s ORDER BY x.number
"""


class Unmatched(NamedTuple):
    """A correction, and what its cells hold now; None when there is no such cell."""

    number: int  # position in corrections.yaml, from 1
    data_element: str
    org_unit: str
    period: str
    value: str
    held: str | None


def unmatched_corrections(warehouse: Warehouse, source: str) -> list[Unmatched]:
    """The corrections of one source whose guard no cell of the copy meets."""
    with warehouse.connect("loader") as connection:
        rows = fetch(connection, QUERY, {"source": source})
    found = [
        Unmatched(
            int(str(number)),
            str(element),
            str(unit),
            str(period),
            str(value),
            None if held is None else str(held),
        )
        for number, element, unit, period, value, held in rows
    ]
    return [one for one in found if one.held is None or one.value not in one.held.split(", ")]
