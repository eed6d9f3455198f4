"""How do levels and seasons differ from region to region? Multipliers from published series, the rest assumed."""

import numpy as np

from layidu.sandbox import inputs
from layidu.sandbox.places import Floats, World

#: regions whose malaria season is taken from Mopti's facilities (delta and north); the others follow Bandiagara's
LIKE_MOPTI = ("Bamako", "Mopti", "Tombouctou", "Gao", "Kidal", "Taoudénit", "Ménaka")
#: where no survey is published the neighbour's stands (SMART 2024 says "above 15" and "below 10" for some)
PREVALENCE = {"Taoudénit": 7.3, "Ménaka": 11.4}
MALNUTRITION = {
    "Gao": 16.0,
    "Kidal": 16.0,
    "Ménaka": 16.0,
    "Sikasso": 9.0,
    "Mopti": 9.0,
    "Bamako": 8.0,
    "Taoudénit": 11.0,
}
#: share of people the services reach, over the country's: assumed, lower where roads are closed
ACCESS = {"Kidal": 0.35, "Taoudénit": 0.4, "Ménaka": 0.5, "Tombouctou": 0.75, "Gao": 0.8, "Mopti": 0.9}
#: admissions for malnutrition by calendar month over the year's mean: the lean season, assumed
LEAN_SEASON = (0.8, 0.8, 0.85, 0.9, 1.0, 1.2, 1.35, 1.4, 1.25, 1.0, 0.75, 0.7)


def completeness(region: str) -> float:
    """Share of expected reports that come: the mean of the rates published for 2018 and 2019."""
    table = inputs.regions()
    published = table["completeness_2018"] + table["completeness_2019"]
    return min(0.985, float(published.to_dict()[region]) / 200)


def timeliness(region: str) -> float:
    """Share of expected reports that come in time, as published for 2019."""
    return float(inputs.regions()["timeliness_2019"].to_dict()[region]) / 100


def access(world: World) -> Floats:
    """How far the services reach, per facility."""
    return np.array([ACCESS.get(region, 1.0) for region in world.places.region])


def prevalence(world: World) -> Floats:
    """Parasite prevalence of the facility's region, in percent."""
    published = inputs.regions()["parasite_prevalence_2021"].fillna(PREVALENCE)
    return np.array([published[region] for region in world.places.region])


def malnutrition(world: World) -> Floats:
    """Acute malnutrition of the facility's region over the country's 11.5 %."""
    published = inputs.regions()["acute_malnutrition_2024"].fillna(MALNUTRITION)
    return np.array([published[region] for region in world.places.region]) / 11.5


def malaria(world: World) -> Floats:
    """Malaria cases of each facility and month over its yearly mean."""
    table = inputs.malaria_season()
    columns = ["mopti" if region in LIKE_MOPTI else "bandiagara" for region in world.places.region]
    months = world.calendar_months() - 1
    by_place = {name: table[name].to_numpy()[months] for name in ("mopti", "bandiagara")}
    return np.array([by_place[column] for column in columns])


def lean(world: World) -> Floats:
    """Malnutrition of each month over its yearly mean."""
    return np.array(LEAN_SEASON)[world.calendar_months() - 1]
