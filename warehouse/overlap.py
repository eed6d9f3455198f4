"""What do two sources both give? Counted for whoever reads the night; the cells are in `mart.chevauchements`."""

from dataclasses import dataclass

from warehouse.connect import Warehouse
from warehouse.staging import fetch


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two sources, how many cells (variable, disaggregation, place, period) both give, and how many differ."""

    source: str
    other: str
    cells: int
    different: int


def overlaps(warehouse: Warehouse) -> list[Overlap]:
    """Every two sources that give the same cells."""
    with warehouse.connect("reader") as connection:
        rows = fetch(
            connection,
            "SELECT source, autre_source, count(*), count(*) FILTER (WHERE valeur <> autre_valeur)"
            " FROM mart.chevauchements GROUP BY 1, 2 ORDER BY 1, 2",
        )
    return [Overlap(str(one), str(other), int(str(n)), int(str(apart))) for one, other, n, apart in rows]
