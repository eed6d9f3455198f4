"""A copy of real size, and declarations to compute it by: what the arithmetic starts from.

One country, ten regions, seventy-five districts, five hundred areas, two thousand facilities; seventy cells each a
month: 140,000 values a month, five million in three years.
"""

from dataclasses import dataclass, replace

import pandas as pd

from layidu.mapping.contracts import Indicator, Mappings, Variable
from layidu.model import frames
from layidu.model.metadata import Metadata
from tests.servers import EmbeddedServer
from tests.warehouse_world import World, uid
from warehouse.connect import Warehouse
from warehouse.keys import period_keys
from warehouse.load_metadata import load_metadata
from warehouse.load_plan import load_plan
from warehouse.lock import hold

REGIONS, DISTRICTS, AREAS, FACILITIES = 10, 75, 500, 2_000
ELEMENTS, BANDS = 35, 2
MONTH_ROWS = FACILITIES * ELEMENTS * BANDS
YEARS = (2024, 2025, 2026)


@dataclass(frozen=True)
class Country(World):
    """Five levels; only facilities report."""

    elements: int = ELEMENTS
    combos: int = BANDS
    source: str = "large"

    def units(self) -> list[tuple[str, str, str | None, str, int]]:
        """uid, name, parent, path, level of every unit."""
        rows: list[tuple[str, str, str | None, str, int]] = [
            (self.country, "Pays", None, f"/{self.country}", 1)
        ]
        above = [(self.country, f"/{self.country}")]
        for level, (kind, count) in enumerate(
            (("Reg", REGIONS), ("Dist", DISTRICTS), ("Area", AREAS), ("Fac", FACILITIES)), start=2
        ):
            here = []
            for number in range(count):
                parent, path = above[number * len(above) // count]
                unit = uid(kind, number)
                rows.append((unit, f"{kind} {number}", parent, f"{path}/{unit}", level))
                here.append((unit, f"{path}/{unit}"))
            above = here
        return rows

    def metadata(self) -> Metadata:
        """The facilities, not the districts, are assigned."""
        assigned = [(self.data_set, unit) for unit, _, _, _, level in self.units() if level == 5]
        return replace(super().metadata(), data_set_assignments=frames.DATA_SET_ASSIGNMENTS.frame(assigned))


COUNTRY = Country()
TEXTS = dict.fromkeys(("name", "short_name", "definition", "unit", "theme", "owner", "source"), "x")


def indicators() -> dict[str, Indicator]:
    """Sixty-four: forty ratios of counts, twelve incidences, twelve counts."""
    reports = {COUNTRY.source: [COUNTRY.data_set]}
    above, below = "#{v0}", "#{v1}"  # some expression: `terms` gives what is computed
    ratio = Indicator(**TEXTS, numerator=above, denominator=below, factor=100, data_sets=reports)  # type: ignore[arg-type]
    count = Indicator(**TEXTS, numerator=above, data_sets=reports)  # type: ignore[arg-type]
    incidence = ratio.model_copy(update={"annualised": True, "factor": 1000})
    kinds = [ratio] * 40 + [incidence] * 12 + [count] * 12
    return {f"I{number:02d}": kind for number, kind in enumerate(kinds)}


def terms() -> pd.DataFrame:
    """Every part adds the two bands of a variable; incidences divide by the population."""
    rows = []
    for number, (code, indicator) in enumerate(indicators().items()):
        bands = [f"age={band}" for band in range(BANDS)]
        above, below = f"v{number % ELEMENTS}", f"v{(number * 7 + 3) % ELEMENTS}"
        rows += [(code, "", "numerator", "variable", above, band, 1.0) for band in bands]
        if indicator.annualised:
            rows.append((code, "", "denominator", "population", "people", "", 1.0))
        elif indicator.denominator:
            rows += [(code, "", "denominator", "variable", below, band, 1.0) for band in bands]
    return frames.TERMS.frame(rows)


def cells() -> pd.DataFrame:
    """Element n, band b -> variable n, age b."""
    return frames.VARIABLE_CELLS.frame(
        (
            f"v{number}",
            COUNTRY.source,
            COUNTRY.element(number + 1),
            uid("Combo", band + 1),
            f"age={band}",
            0,
            999912,
        )
        for number in range(ELEMENTS)
        for band in range(BANDS)
    )


def mappings(of: Mappings) -> Mappings:
    """Shipped declarations with this catalogue instead of their own."""
    variables = {f"v{number}": Variable(name="x", unit="x", cells={}) for number in range(ELEMENTS)}
    nothing: dict[str, object] = {"commitments": {}, "plan": None, "publications": {}, "corrections": []}
    return of.model_copy(
        update={"variables": variables, "indicators": indicators(), "populations": None, **nothing}
    )


def populations(year: int, tree: pd.DataFrame) -> pd.DataFrame:
    """So many people in every area."""
    areas = tree.loc[tree["level"] == 4, "org_unit"].tolist()
    return frames.POPULATIONS.frame(("people", area, year, 20_000.0 + area, "x") for area in areas)


def filled(server: EmbeddedServer, declared: Mappings, years: tuple[int, ...] = YEARS) -> Warehouse:
    """A database that holds the copy of these years, and the plan."""
    warehouse = server.fresh()
    with hold(warehouse, "bench", code_version="0", mappings_digest="0") as token:
        load_metadata(warehouse, COUNTRY.metadata(), token)
        load_plan(warehouse, declared, cells(), terms(), token)
    months = [f"{year}{month:02d}" for year in years for month in range(1, 13)]
    with warehouse.connect("loader") as connection:
        keys = list(period_keys(connection, months).values())
        connection.execute(
            """
            INSERT INTO source.data_value
            SELECT p, e.key, o.key, c.key, a.key, i.key, n::text, n, now(), 1, 1
            FROM source.instance i JOIN source.data_element e ON e.source = i.key
            JOIN source.org_unit o ON o.source = i.key AND o.level = 5
            JOIN source.category_option_combo c ON c.source = i.key AND c.name <> 'default'
            JOIN source.category_option_combo a ON a.source = i.key AND a.name = 'default'
            CROSS JOIN unnest(%(periods)s::int[]) p
            CROSS JOIN LATERAL (SELECT (hashint8(p * 1000003::bigint + e.key * 7919 + o.key * 31 + c.key) & 31) AS n) r
            WHERE i.name = %(source)s ORDER BY p, e.key, o.key, c.key
            """,
            {"periods": keys, "source": COUNTRY.source},
        )
        connection.execute(
            """
            INSERT INTO source.report
            SELECT d.key, p, o.key, a.key, '2026-12-31', true, 1 FROM source.instance i
            JOIN source.data_set d ON d.source = i.key JOIN source.org_unit o ON o.source = i.key AND o.level = 5
            JOIN source.category_option_combo a ON a.source = i.key AND a.name = 'default'
            CROSS JOIN unnest(%(periods)s::int[]) p WHERE i.name = %(source)s
            """,
            {"periods": keys, "source": COUNTRY.source},
        )
        for month in months:
            connection.execute(
                "INSERT INTO run.cursor VALUES (%s, %s, %s, %s, '2027-01-01', 1)",
                [COUNTRY.source, COUNTRY.data_set, COUNTRY.country, month],
            )
    with warehouse.connect("owner") as connection:
        connection.execute("ANALYZE source.data_value, source.report, source.org_unit")
    return warehouse
