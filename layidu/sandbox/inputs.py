"""What real figures does a sandbox country start from? The small tables of `data/`, read as text and typed here."""

from functools import cache
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parent / "data"


def _read(name: str, numbers: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table; everything is text but the named columns (codes keep their leading zeros)."""
    frame = pd.read_csv(FOLDER / f"{name}.csv", dtype="str", keep_default_na=False, encoding="utf-8")
    for column in numbers:
        frame[column] = pd.to_numeric(frame[column].replace("", None))
    return frame


@cache
def regions() -> pd.DataFrame:
    """The eleven health regions with their published rates, indexed by name."""
    numbers = ("latitude", "longitude", "completeness_2018", "completeness_2019", "timeliness_2019")
    more = ("parasite_prevalence_2021", "acute_malnutrition_2024")
    return _read("regions", numbers + more).set_index("name", drop=False)


@cache
def districts() -> pd.DataFrame:
    """The 75 health districts."""
    return _read("districts", ("latitude", "longitude"))


@cache
def facilities() -> pd.DataFrame:
    """The facilities with coordinates, with their cercle."""
    return _read("facilities", ("latitude", "longitude"))


@cache
def population_2024() -> pd.Series:
    """Population of 2024 by cercle, and by commune for Bamako."""
    return _read("population_2024", ("population",)).set_index("place")["population"]


@cache
def malaria_season() -> pd.DataFrame:
    """Mean cases by calendar month over the year's mean, in two districts, indexed by month."""
    frame = _read("malaria_season", ("month", "mopti", "bandiagara"))
    return frame.set_index("month")


@cache
def malaria_levels() -> pd.Series:
    """The country's malaria figures of 2023, by measure."""
    frame = _read("malaria_levels", ("year", "value"))
    return frame[frame["year"] == 2023].set_index("measure")["value"]
