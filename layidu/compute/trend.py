"""Do this year's months stand above or below the same months of last year?"""

from datetime import date

import numpy as np
import pandas as pd

from layidu.model.frames import RESULTS, Contract

TRENDS = Contract(
    "trends",
    {
        "indicator": "str",
        "org_unit": "int32",
        "months": "int32",  # how many months of both years are compared
        "current": "float64",
        "previous": "float64",
        "trend": "str",  # ↑ → ↓; missing when there is nothing to compare
    },
    ("indicator", "org_unit"),
)
PARTS = ["numerator", "denominator"]


def yearly_trends(results: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Arrow of each indicator's total, by org unit, over the months of this year that both years have.

    Parts are summed over those months and divided again: a month that only one year has is left out, and no
    ratio is averaged. `current` and `previous` come before the indicator's factor; only the direction is
    told: whether up is good is the indicator's own business.
    """
    totals = RESULTS.check(results)
    months = totals[(totals["disaggregation"] == "") & totals["period"].str.fullmatch(r"\d{6}")]
    months = months[months["value"].notna()]
    period = months["period"].astype("int64")
    months = months.assign(year=period // 100, month=period % 100)
    key = ["indicator", "org_unit", "month"]
    pairs = months[months["year"] == on.year].merge(
        months[months["year"] == on.year - 1], on=key, suffixes=("_current", "_previous")
    )
    columns = [f"{part}_{year}" for year in ("current", "previous") for part in PARTS]
    grouped = pairs.groupby(["indicator", "org_unit"], sort=True)
    sums = grouped[columns].sum(min_count=1).reset_index()
    sums["months"] = grouped.size().to_numpy()
    for year in ("current", "previous"):
        below = sums[f"denominator_{year}"].fillna(1.0).to_numpy()
        above = sums[f"numerator_{year}"].to_numpy()
        sums[year] = np.divide(above, below, out=np.full(len(sums), np.nan), where=below != 0)
    arrows = {1.0: "↑", 0.0: "→", -1.0: "↓"}
    signs = np.sign(sums["current"].to_numpy() - sums["previous"].to_numpy())
    sums["trend"] = [arrows.get(sign) for sign in signs.tolist()]
    return TRENDS.cast(sums)
