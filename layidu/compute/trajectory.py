"""Where should a promise stand at a given date?"""

from collections.abc import Mapping
from datetime import date, timedelta
from math import exp, log

from layidu.errors import ConfigurationError
from layidu.mapping.promises import Phasing, Target

NO_PHASING: Mapping[str, float] = {}
#: Months that make one step of a rhythm: what is due within a step is due at its end.
RHYTHM_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def elapsed_years(on: date) -> float:
    """A day in decimal years of ended months: 31 December 2026 is 2026, 31 March 2026 is 2025.25.

    A whole year stands for its last day, so a month counts from the end of the year before.
    """
    tomorrow = on + timedelta(days=1)
    return tomorrow.year - 1 + (tomorrow.month - 1) / 12


def expected_value(target: Target, at: float, phasing: Mapping[str, float] = NO_PHASING) -> float | None:
    """The value expected at `at` (decimal years); None when the declaration has no number to aim at.

    Before the baseline year it is the baseline, after the target year the target: never extrapolated.
    """
    if target.target is None:
        return None
    if target.trajectory == "floor":
        return target.target
    if target.trajectory == "milestone":
        return None if target.target_year is None else float(at >= target.target_year)
    if target.trajectory == "cumulative" and phasing:
        return target.target * phased_share(phasing, at)
    baseline = 0.0 if target.trajectory == "cumulative" else target.baseline
    if baseline is None or target.baseline_year is None or target.target_year is None:
        return None
    share = elapsed_share(target.baseline_year, target.target_year, at)
    if target.trajectory == "logistic":
        return logistic(baseline, target.target, share)
    return baseline + (target.target - baseline) * share


def elapsed_share(start: float, end: float, at: float) -> float:
    """The share of the way gone in time, between 0 and 1."""
    if end <= start:
        return float(at >= end)
    return min(max((at - start) / (end - start), 0.0), 1.0)


def logistic(baseline: float, target: float, share: float) -> float:
    """The S-curve between two percentages; never fractions, for 0.5 % and one half look the same."""
    start, end = baseline / 100, target / 100
    if not (0 < start < 1 and 0 < end < 1):
        raise ConfigurationError(
            where="trajectoire logistique d'une cible",
            found=f"un départ de {baseline:g} et une cible de {target:g}",
            expected="deux pourcentages strictement compris entre 0 et 100",
            todo="choisir une trajectoire linéaire, ou corriger le départ ou la cible",
        )
    place = log(start / (1 - start)) + (log(end / (1 - end)) - log(start / (1 - start))) * share
    return 100 / (1 + exp(-place))


def due_share(phasing: Phasing, on: date) -> float:
    """The cumulative share due on a day, counted in the ended months, quarters or years of its rhythm."""
    step = RHYTHM_MONTHS[phasing.rhythm]
    months = round(elapsed_years(on) * 12)
    return phased_share(phasing.shares, months // step * step / 12)


def phased_share(phasing: Mapping[str, float], at: float) -> float:
    """The cumulative share due: declared for the end of each year, straight within a year, 0 before."""
    points = sorted((int(year), share) for year, share in phasing.items())
    before_year, before = points[0][0] - 1, 0.0
    for year, share in points:
        if at <= year:
            return before + (share - before) * elapsed_share(before_year, year, at)
        before_year, before = year, share
    return before
