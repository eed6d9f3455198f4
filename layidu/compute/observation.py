"""What is known of a quantity: a reference value, or the latest period that DHIS2 tells, with both its parts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from layidu.compute.colour import number
from layidu.compute.places import Place
from layidu.compute.trajectory import elapsed_years
from layidu.mapping.contracts import Indicator, ReferenceValue, Thresholds
from layidu.mapping.promises import MeasuredBy
from layidu.model.frames import RESULTS
from layidu.model.periods import parse

#: How old a value may be is declared for each kind; what DHIS2 tells is of this one.
FROM_DHIS2 = "DHIS2"
PERIOD_TYPES = ("Monthly", "Quarterly", "SixMonthly", "Yearly")


class Observation(NamedTuple):
    """A value with its date, its source and what it is made of; `refused` says why it may not be judged."""

    value: float | None
    at: float  # decimal years
    date: str  # as people read it: 2024, 202603
    kind: str
    source: str
    population: str = ""
    unit: str = ""
    numerator: float | None = None
    denominator: float | None = None
    completeness: float | None = None
    refused: str = ""


def of_reference(value: ReferenceValue) -> Observation:
    """A survey, model or budget value: a year stands for its last day."""
    return Observation(
        value.value, float(value.year), str(value.year), value.kind, value.source, value.population
    )


def too_old(found: Observation, thresholds: Thresholds, on: date) -> str:
    """Why a value is too old to be judged; empty when it is not, or no age is declared for its kind."""
    maximum = thresholds.maximum_age_months.get(found.kind)
    if maximum is None:
        return ""
    age = round(12 * (on.year - 1 - found.at)) + on.month
    if age <= maximum:
        return ""
    return f"donnée trop ancienne : {found.date}, il y a {age} mois ; {maximum} au plus"


def measured(
    by: MeasuredBy,
    indicator: Indicator,
    results: pd.DataFrame,
    place: Place,
    thresholds: Thresholds | None,
    on: date,
) -> Observation:
    """The latest period of an indicator in a place: parts summed over its org units, then divided.

    Months where it has months, else quarters, half-years or years.

    `results`: RESULTS of at least this indicator and these org units.
    """
    unit = "%" if by.against else indicator.unit
    nothing = Observation(None, 0.0, "", FROM_DHIS2, f"DHIS2, {by.indicator}", place.name, unit)
    if place.refused:
        return nothing._replace(refused=place.refused)
    known = ended(results, by.indicator, place.org_units, on)
    if known.empty:
        return nothing._replace(refused=f"aucune période calculée pour {by.indicator}")
    period = str(known["period"].max())
    now = known[known["period"] == period]
    found = nothing._replace(at=elapsed_years(parse(period).end), date=period)
    if by.against == "year-before":
        return against_year_before(found, known, now, len(place.org_units))
    return summed(found, now, indicator, place, thresholds)


def ended(results: pd.DataFrame, code: str, org_units: Sequence[int], on: date) -> pd.DataFrame:
    """The totals of the ended periods that have a numerator, of the shortest type it has."""
    RESULTS.check(results)
    mine = results[
        (results["indicator"] == code)
        & (results["disaggregation"] == "")
        & results["org_unit"].isin(list(org_units))
        & results["numerator"].notna()
    ]
    periods = [parse(period) for period in mine["period"]]
    over = np.array([period.end <= on for period in periods], dtype=bool)
    mine = mine.assign(type=[period.type for period in periods]).loc[over]
    shortest = next((name for name in PERIOD_TYPES if (mine["type"] == name).any()), "")
    return mine[mine["type"] == shortest]


def summed(
    found: Observation, now: pd.DataFrame, indicator: Indicator, place: Place, thresholds: Thresholds | None
) -> Observation:
    """One period of a place: the sum of its parts, divided."""
    above = float(now["numerator"].sum())
    below = None
    value: float | None = above
    if indicator.denominator is not None:
        bad = now.loc[now["status"] != "computed", "status"]
        if len(bad):
            return found._replace(numerator=above, refused=f"dénominateur non utilisable ({bad.iloc[0]})")
        below = float(now["denominator"].sum())
        value = indicator.factor * above / below if below else None
    complete = completeness(now, place)
    found = found._replace(value=value, numerator=above, denominator=below, completeness=complete)
    if value is None:
        return found._replace(refused="dénominateur nul")
    if complete is None:
        return found._replace(refused="complétude inconnue")
    if thresholds is not None and complete < thresholds.minimum_completeness:
        least = number(100 * thresholds.minimum_completeness, 0)
        return found._replace(refused=f"complétude de {number(100 * complete, 0)} %, il en faut {least} %")
    return found


def completeness(now: pd.DataFrame, place: Place) -> float | None:
    """Of one org unit its own; of several the share that has a value, never more than the least complete of them."""
    own = now["completeness"].to_numpy(dtype=np.float64)
    if np.isnan(own).any():
        return None
    return float(min(own.min(), len(now) / len(place.org_units)))


def against_year_before(
    found: Observation, known: pd.DataFrame, now: pd.DataFrame, members: int
) -> Observation:
    """This period for 100 of the same one last year, over the org units that have both."""
    year_before = f"{int(found.date[:4]) - 1}{found.date[4:]}"
    before = known[known["period"] == year_before]
    pairs = now.merge(before, on="org_unit", suffixes=("", "_before"))
    above, below = float(pairs["numerator"].sum()), float(pairs["numerator_before"].sum())
    if pairs.empty or below == 0:
        return found._replace(refused=f"pas de période comparable : {year_before}")
    return found._replace(
        value=100 * above / below, numerator=above, denominator=below, completeness=len(pairs) / members
    )


def described(
    codes: Sequence[str], found: Mapping[str, Observation], indicators: Mapping[str, Indicator]
) -> str:
    """`SM-CPN1 : 45,2 % (202603)` for each indicator, or why there is no figure."""
    words = []
    for code in codes:
        each = found[code]
        shown = "" if each.value is None else number(each.value, indicators[code].decimals)
        if each.refused:
            words.append(f"{code} : {shown + ', ' if shown else ''}{each.refused}")
        else:
            words.append(f"{code} : {shown} {indicators[code].unit} ({each.date})")
    return " ; ".join(words)
