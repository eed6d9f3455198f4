"""Which month of a series stands out? The published rules beside each other; ours is the modified z of data_quality.

Sources: modified z, BMC Health Services Research s12913-021-06529-7; FASTR, github.com/FASTR-Analytics/modules
(baa1178), module 1, as coded: the deviation is that of the values at or above the median.
"""

from typing import NamedTuple

import numpy as np

from layidu.compute.ratio import FloatArray

NORMAL_SCALE = 1.4826  # R's `mad`: makes the median deviation comparable with a standard deviation
FASTR_DEVIATIONS, FASTR_SHARE, FASTR_MINIMUM = 10, 0.8, 100
LOWEST_CONSISTENT, HIGHEST_CONSISTENT = 0.67, 1.33


class Standard(NamedTuple):
    """Mean, population standard deviation, and how many of them one value is away."""

    mean: float
    deviation: float
    score: float


def standard_score(values: FloatArray, place: int) -> Standard:
    """The classic z; the value itself is in the mean, which masks it."""
    mean, deviation = float(values.mean()), float(values.std())
    return Standard(mean, deviation, (float(values[place]) - mean) / deviation)


def fastr_deviation(values: FloatArray, place: int) -> tuple[float, float | None]:
    """FASTR's deviation, and how many of them one value is away from the median; None without any spread."""
    median = float(np.median(values))
    upper = values[values >= median]
    deviation = NORMAL_SCALE * float(np.median(np.abs(upper - np.median(upper))))
    return deviation, abs(float(values[place]) - median) / deviation if deviation else None


def share_of_year(values: FloatArray, place: int) -> float | None:
    """One month's share of the twelve months that end with it; None where they add up to nothing."""
    total = float(values[max(place - 11, 0) : place + 1].sum())
    return float(values[place]) / total if total else None


def fastr_flag(values: FloatArray, place: int) -> bool:
    """Whether FASTR flags a month: far from the median or most of its year, and not small."""
    _, away = fastr_deviation(values, place)
    share = share_of_year(values, place)
    far = away is not None and away > FASTR_DEVIATIONS
    most = share is not None and share > FASTR_SHARE
    return (far or most) and float(values[place]) > FASTR_MINIMUM


def consistency(current: float, before: FloatArray) -> tuple[float, bool]:
    """A year over the mean of those before it, and whether that is off by more than a third."""
    ratio = current / float(before.mean())
    return ratio, not LOWEST_CONSISTENT <= ratio <= HIGHEST_CONSISTENT
