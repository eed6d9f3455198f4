"""Which series have no value because a number was never given? One row a country and year says so."""

from collections.abc import Collection
from datetime import date

import pandas as pd

from layidu.compute.ratio import PARAMETER_MISSING
from layidu.model.frames import RESULTS, TREE


def missing_rows(
    series: Collection[tuple[str, str]], tree: pd.DataFrame, year: int, ended_through: date
) -> pd.DataFrame:
    """RESULTS of one year of these series (indicator, disaggregation): the status alone, at the tree's roots."""
    if date(year, 1, 31) > ended_through:
        return RESULTS.frame()
    units = TREE.check(tree)
    roots = sorted(units.loc[units["parent"] == -1, "org_unit"].tolist())
    nothing = (None, None, None, PARAMETER_MISSING, None)
    return RESULTS.frame(
        [
            (code, disaggregation, root, str(year), *nothing)
            for code, disaggregation in sorted(series)
            for root in roots
        ]
    )
