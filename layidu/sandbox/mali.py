"""What is in the sandbox's Mali? Two years of monthly forms of every facility, scaled to published series."""

from dataclasses import dataclass

import numpy as np

from layidu.sandbox import inputs, mali_units, population
from layidu.sandbox.assembly import assemble
from layidu.sandbox.country import Country
from layidu.sandbox.mali_planted import CLOSED_BEFORE, CLOSED_SINCE, OPENED_SINCE, plant
from layidu.sandbox.mali_units import Facility, Tree
from layidu.sandbox.org_units import OrgUnit, unit_uid
from layidu.sandbox.places import Floats, Places, World

MONTHS = tuple(f"{year}{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13))[3:27]


@dataclass(frozen=True, slots=True)
class Dated:
    """A facility with its dates and its weight among the health areas of its cercle."""

    facility: Facility
    opened: str
    closed: str


def country(seed: int) -> Country:
    """Build Mali."""
    chance = np.random.default_rng(seed)
    tree = mali_units.tree()
    dated = _dates(tree, chance)
    weights = chance.lognormal(0, 0.45, len(dated))
    groups = [tree.population_of[one.facility.district] for one in dated]
    places = _places(tree, dated, weights, groups)
    area = places.of_kind("cscom")
    totals = {str(place): int(people) for place, people in inputs.population_2024().items()}
    areas = {year: area & places.open_some_day(f"{year}-01-01", f"{year}-12-31") for year in population.YEARS}
    everywhere = np.ones(len(places), dtype=np.bool_)
    assigned = {
        "SRPF": ~places.of_kind("clinic"),
        "PALU": everywhere,
        "NUT": ~places.of_kind("clinic"),
        "POP": area,
    }
    units = [mali_units.ROOT, *tree.regions.values(), *tree.districts.values(), *_facility_units(tree, dated)]
    return assemble(
        "mali",
        units,
        World(places, MONTHS, chance),
        assigned,
        population.by_year({group: totals[group] for group in set(groups)}, groups, weights, areas),
        lambda ground: plant(ground, tree),
    )


def _dates(tree: Tree, chance: np.random.Generator) -> list[Dated]:
    """Opening and closing dates: not published, drawn; a few open late, a few close."""
    years = chance.integers(1994, 2019, len(tree.facilities))
    real = [index for index, one in enumerate(tree.facilities) if one.kind == "cscom" and one.point]
    changing = chance.choice(real, 12, replace=False).tolist()
    late, before, since = set(changing[:5]), set(changing[5:8]), set(changing[8:])
    return [
        Dated(
            one,
            OPENED_SINCE if index in late else f"{years[index]}-01-01",
            CLOSED_BEFORE if index in before else CLOSED_SINCE if index in since else "",
        )
        for index, one in enumerate(tree.facilities)
    ]


def _places(tree: Tree, dated: list[Dated], weights: Floats, groups: list[str]) -> Places:
    totals = inputs.population_2024()
    area = np.array([one.facility.kind == "cscom" and one.closed != CLOSED_BEFORE for one in dated])
    share = population.shares(weights, groups, area)
    return Places(
        uid=tuple(unit_uid(one.facility.code, one.facility.dhis2_uid) for one in dated),
        code=tuple(one.facility.code for one in dated),
        name=tuple(one.facility.name for one in dated),
        kind=tuple(one.facility.kind for one in dated),
        region=tuple(tree.region_of[one.facility.district] for one in dated),
        population=share * np.array([float(totals[group]) for group in groups]),
        opened=tuple(one.opened for one in dated),
        closed=tuple(one.closed for one in dated),
    )


def _facility_units(tree: Tree, dated: list[Dated]) -> list[OrgUnit]:
    return [
        OrgUnit(
            unit_uid(one.facility.code, one.facility.dhis2_uid),
            one.facility.code,
            one.facility.name,
            tree.districts[one.facility.district],
            one.facility.point,
            one.opened,
            one.closed,
            one.facility.comment,
        )
        for one in dated
    ]
