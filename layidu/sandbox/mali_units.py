"""Which org units has the sandbox's Mali? Eleven health regions, 75 districts, real facilities under assumed districts.

Which district a facility reports to is not published. Assumed, and said in every comment: the nearest district
of its cercle that has a point, else the district named like the cercle; Bamako's facilities are dealt evenly over
its six communes; a district left without any gets one synthetic health centre. Taoudénit and Ménaka follow the
regions of 2023.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layidu.sandbox import inputs
from layidu.sandbox.org_units import OrgUnit, Point, unit_uid

ROOT = OrgUnit(
    "cKcuEmNzNF2",
    "ML",
    "Mali",
    point=(-3.5, 17.3),
    comment="Bac à sable : chiffres synthétiques à l'échelle des séries publiées ; rattachements des structures "
    "aux districts, dates d'ouverture et populations sous le cercle supposés.",
)
ATTACHED = "Rattachement au district supposé."
SYNTHETIC = "Structure SYNTHÉTIQUE : aucune structure publiée n'a pu être rattachée à ce district."
#: planted: this district's parent is not the one mappings/org_units.yaml expects
MOVED = ("Tominian", "Mopti")
#: cercles of districts for which no source names one, assumed
CERCLES = {
    "Almoustarat": "Bourem",
    **dict.fromkeys(("Andéramboukane", "Inékar", "Tidermène"), "Ménaka"),
    **dict.fromkeys(
        ("Taoudénit", "Araouane", "Al-Ourche", "Foum-Elba", "Boû-Djébéha", "Achouratt"), "Taoudénit"
    ),
}


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility before chance gives it its dates."""

    code: str
    name: str
    kind: str
    district: str  # its code
    dhis2_uid: str
    point: Point | None
    comment: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Regions and districts as units, facilities still to be dated; codes lead everywhere."""

    regions: dict[str, OrgUnit]  # by name
    districts: dict[str, OrgUnit]  # by code
    region_of: dict[str, str]  # district code -> region it reports like, whatever its parent is today
    population_of: dict[str, str]  # district code -> place of the population table
    facilities: tuple[Facility, ...]


def tree() -> Tree:
    """Build the tree."""
    districts = inputs.districts()
    facilities = _unique_names(_attached(districts), districts)
    region_points = inputs.regions()
    regions = {
        str(row["name"]): OrgUnit(
            unit_uid(f"ML-{row['code']}", str(row["dhis2_uid"])),
            f"ML-{row['code']}",
            str(row["name"]),
            ROOT,
            (float(row["longitude"]), float(row["latitude"])),
        )
        for _, row in region_points.iterrows()
    }
    units: dict[str, OrgUnit] = {}
    for _, row in districts.iterrows():
        code, name = f"ML-{row['code']}", str(row["name"])
        parent = regions[MOVED[1] if name == MOVED[0] else str(row["region"])]
        home = regions[str(row["region"])]
        sourced = row["sourced"] == "yes"
        own = (float(row["longitude"]), float(row["latitude"]))
        units[code] = OrgUnit(
            unit_uid(code, str(row["dhis2_uid"])),
            code,
            f"{name} (district)" if name in regions else name,
            parent,
            _district_point(own, [one for one in facilities if one.district == code], home),
            comment="" if sourced else "District non sourcé, supposé pour atteindre les 75 publiés.",
        )
    codes = "ML-" + districts["code"]
    named = districts["name"].where(districts["region"] == "Bamako", districts["cercle"])
    named = named.where(named != "", districts["name"].map(CERCLES))
    return Tree(
        regions,
        units,
        dict(zip(codes, districts["region"], strict=True)),
        dict(zip(codes, named, strict=True)),
        tuple(facilities),
    )


def _district_point(own: Point, mine: list[Facility], region: OrgUnit) -> Point | None:
    """Its own point, else the mean of its facilities, else its region's centroid."""
    if not np.isnan(own[0]):
        return own
    points = [one.point for one in mine if one.point]
    if points:
        return round(float(np.mean([x for x, _ in points])), 4), round(
            float(np.mean([y for _, y in points])), 4
        )
    return region.point


def _attached(districts: pd.DataFrame) -> list[Facility]:
    """Facilities with their district, and a synthetic one for each district left without."""
    attached: list[Facility] = []
    dealt = 0
    communes = ("ML-" + districts.loc[districts["region"] == "Bamako", "code"]).tolist()
    for _, row in inputs.facilities().iterrows():
        point = (float(row["longitude"]), float(row["latitude"]))
        if row["cercle"] == "Bamako":
            district, dealt = communes[dealt % len(communes)], dealt + 1
        else:
            district = _nearest(districts, str(row["cercle"]), point)
        names = (str(row["code"]), str(row["name"]), str(row["kind"]))
        attached.append(Facility(*names, district, str(row["dhis2_uid"]), point, ATTACHED))
    served = {one.district for one in attached}
    for code, name in zip("ML-" + districts["code"], districts["name"], strict=True):
        if code not in served:
            synthetic = f"MLS{code[3:]}"
            attached.append(
                Facility(synthetic, f"CSCom {name} (synthétique)", "cscom", code, "", None, SYNTHETIC)
            )
    return attached


def _nearest(districts: pd.DataFrame, cercle: str, point: Point) -> str:
    """The nearest district of the cercle that has a point, else the one named like the cercle."""
    near = districts[(districts["cercle"] == cercle) & districts["latitude"].notna()]
    if near.empty:
        near = districts[districts["name"] == cercle]
    east = (near["longitude"] - point[0]) * np.cos(np.radians(point[1]))
    distance = east**2 + (near["latitude"] - point[1]) ** 2
    return f"ML-{near.loc[distance.fillna(0.0).idxmin(), 'code']}"


def _unique_names(facilities: list[Facility], districts: pd.DataFrame) -> list[Facility]:
    """Add the district, and a number where that is not enough, to names that several facilities bear."""
    district = dict(zip("ML-" + districts["code"], districts["name"], strict=True))
    bearers = Counter(one.name for one in facilities)
    within: dict[str, int] = defaultdict(int)
    renamed = []
    for one in facilities:
        name = one.name
        if bearers[name] > 1:
            name = f"{name} ({district[one.district]})"
            within[name] += 1
            name = f"{name} {within[name]}" if within[name] > 1 else name
        renamed.append(
            Facility(one.code, name, one.kind, one.district, one.dhis2_uid, one.point, one.comment)
        )
    return renamed
