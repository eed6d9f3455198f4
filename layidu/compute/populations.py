"""How many people does each measure count at its lowest declared level, and what do other totals say?"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from layidu.compute.cascade import share_of
from layidu.mapping.contracts import Measure, Populations, Series
from layidu.model.frames import MAPPED_SUMS, POPULATIONS, TREE, Contract

POPULATION_CHECKS = Contract(  # a total beside the sum of the series we use; never a denominator
    "population_checks",
    {
        "check": "str",
        "series": "str",
        "year": "int32",
        "total": "float64",  # what the other source says
        "found": "float64",  # what the series adds up to
        "difference_percent": "float64",  # (found - total) / total x 100
    },
    ("check", "series", "year"),
)
Known = dict[int, dict[int, float]]  # org unit -> year -> value
NO_CODES: Mapping[str, int] = MappingProxyType({})


def population_values(
    declared: Populations,
    mapped_yearly: pd.DataFrame,
    tree: pd.DataFrame,
    year: int,
    *,
    org_unit_codes: Mapping[str, int] = NO_CODES,
) -> pd.DataFrame:
    """The `POPULATIONS` of one year: for each measure, the first of its series that has any value.

    One series serves the whole tree, at the deepest of its levels that is not below the measure's; series and
    levels are never mixed. A value missing for the year is the latest earlier one projected, only where the
    series declares a growth: so `mapped_yearly` holds this year and those before it (periods yyyy00).
    `org_unit_codes` (code -> key) is needed for series typed in by org unit code.
    """
    units = TREE.check(tree)
    values = {
        name: values_of_year(series, known_values(series, mapped_yearly, org_unit_codes), year)
        for name, series in declared.series.items()
    }
    rows = [
        (measure, unit, year, value, series)
        for measure, declaration in sorted(declared.measures.items())
        for unit, value, series in measured(declaration, share_of(declared, measure, year), values, units)
    ]
    return POPULATIONS.frame(rows)


def measured(
    measure: Measure, share: float | None, values: Mapping[str, Mapping[int, float]], tree: pd.DataFrame
) -> Iterator[tuple[int, float, str]]:
    """Org unit, value and series of one measure; nothing when its share of the year is not declared."""
    levels = dict(zip(tree["org_unit"].tolist(), tree["level"].tolist(), strict=True))
    for series in measure.series:
        depths = {unit: levels[unit] for unit in values[series] if levels.get(unit, 99) <= measure.level}
        lowest = max(depths.values(), default=None)
        found = [unit for unit in sorted(depths) if depths[unit] == lowest]
        if found and share is not None:
            yield from ((unit, values[series][unit] * share, series) for unit in found)
            return


def known_values(series: Series, mapped_yearly: pd.DataFrame, codes: Mapping[str, int]) -> Known:
    """What a series says, by org unit and year: counted in DHIS2, or typed in for its base year."""
    known: Known = {}
    if series.variable is not None:
        yearly = MAPPED_SUMS.check(mapped_yearly)
        rows = yearly[(yearly["variable"] == series.variable) & (yearly["period"] % 100 == 0)].dropna()
        sums = rows.groupby(["org_unit", "period"], sort=True)["sum"].sum().reset_index()
        for unit, period, value in zip(*(sums[name].tolist() for name in sums.columns), strict=True):
            known.setdefault(unit, {})[period // 100] = value
    if series.base_year is not None:
        for code, total in totals_of(series, codes).items():
            known.setdefault(codes[code], {}).setdefault(series.base_year, total)
    for code, by_year in series.yearly.items():
        if code in codes:
            known.setdefault(codes[code], {}).update({int(year): total for year, total in by_year.items()})
    return known


def totals_of(series: Series, codes: Mapping[str, int]) -> dict[str, float]:
    """The totals of a series by the codes of today's tree.

    A name may stand for a large region of the old map and a small one of the new: so a map of regions is used as a
    whole, the first of which the tree has every org unit, or not at all.
    """
    if not series.maps:
        return {code: total for code, total in series.totals.items() if code in codes}
    for regions in series.maps.values():
        if regions.keys() <= codes.keys():
            return {code: sum(series.totals[one] for one in parts) for code, parts in regions.items()}
    return {}


def values_of_year(series: Series, known: Known, year: int) -> dict[int, float]:
    """One year's value of each org unit, projected P(y) = P(base) x (1 + growth)^(y - base) if need be."""
    found: dict[int, float] = {}
    for unit, by_year in known.items():
        base = max((each for each in by_year if each <= year), default=None)
        if base == year:
            found[unit] = by_year[year]
        elif base is not None and series.growth is not None:
            found[unit] = by_year[base] * (1 + series.growth) ** (year - base)
    return found


def population_checks(
    declared: Populations,
    mapped_yearly: pd.DataFrame,
    tree: pd.DataFrame,
    *,
    org_unit_codes: Mapping[str, int] = NO_CODES,
) -> pd.DataFrame:
    """Each declared check beside the sum of each series a measure uses, in the year of the check.

    A series without values in that year (projection included) has no line.
    """
    levels = TREE.check(tree).set_index("org_unit")["level"]
    used = sorted({series for measure in declared.measures.values() for series in measure.series})
    rows = []
    for check in declared.checks:
        for name in used:
            series = declared.series[name]
            values = values_of_year(series, known_values(series, mapped_yearly, org_unit_codes), check.year)
            depths = {unit: int(levels[unit]) for unit in values if unit in levels.index}
            lowest = max(depths.values(), default=None)
            if lowest is not None:
                found = sum(values[unit] for unit in sorted(depths) if depths[unit] == lowest)
                difference = (found - check.total) / check.total * 100
                rows.append((check.name, name, check.year, check.total, found, difference))
    return POPULATION_CHECKS.frame(rows)
