"""Which indicators have no value because a parameter was never given? One row a country and year says so."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from layidu.compute.ratio import PARAMETER_MISSING
from layidu.mapping.contracts import Indicator
from layidu.model.frames import RESULTS, TREE


def missing_rows(
    indicators: Mapping[str, Indicator], tree: pd.DataFrame, year: int, ended_through: date
) -> pd.DataFrame:
    """RESULTS of one year: no part, no value and the status, at the roots of the tree."""
    if date(year, 1, 31) > ended_through:
        return RESULTS.frame()
    units = TREE.check(tree)
    roots = sorted(units.loc[units["parent"] == -1, "org_unit"].tolist())
    nothing = (None, None, None, PARAMETER_MISSING, None)
    return RESULTS.frame(
        [
            (code, "", root, str(year), *nothing)
            for code, indicator in sorted(indicators.items())
            if indicator.missing is not None
            for root in roots
        ]
    )
