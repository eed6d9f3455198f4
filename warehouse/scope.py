"""What can our user no longer see of a source? Org units outside the roots it still has.

Under a root the account sees everything, so what is gone there was deleted. What is gone and lies under none of
today's roots was taken out of sight: that is a right that shrank.
"""

from collections.abc import Collection

from warehouse.connect import Warehouse
from warehouse.staging import fetch


def units_out_of_sight(warehouse: Warehouse, source: str, roots: Collection[str], run: int) -> list[str]:
    """The names of the org units that this run lost sight of, in order."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT o.name FROM source.org_unit o JOIN source.instance i ON i.key = o.source"
            " WHERE i.name = %(source)s AND o.gone IS NOT NULL AND o.run = %(run)s"
            " AND NOT string_to_array(trim(BOTH '/' FROM o.path), '/') && %(roots)s::text[] ORDER BY o.name",
            {"source": source, "run": run, "roots": list(roots)},
        )
    return [str(name) for (name,) in rows]
