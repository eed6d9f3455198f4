"""What would results be up the tree of their own period, where org units have moved since?"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from layidu.compute.groups import Groups, memberships
from layidu.compute.ratio import NUMERATOR_MISSING
from layidu.compute.tree_sums import Branches, BranchesThen
from layidu.compute.year_periods import YearPeriods
from layidu.model.frames import EARLIER_PARENTS, RESULTS

KEY = list(RESULTS.key)
REST = [name for name in RESULTS.columns if name not in KEY]


def moved_in(earlier: pd.DataFrame, year: int) -> pd.DataFrame:
    """The `EARLIER_PARENTS` that matter to a year."""
    rows = EARLIER_PARENTS.check(earlier)
    return rows[(rows["first_month"] <= year * 100 + 12) & (rows["last_month"] >= year * 100 + 1)]


def touched(tree: pd.DataFrame, earlier: pd.DataFrame) -> set[int]:
    """The org units whose sums a move changes: those above a moved unit, then and now."""
    branches = Branches.of(tree)
    moved = branches.positions(earlier["org_unit"].to_numpy()).tolist()
    old = branches.positions(earlier["parent"].to_numpy()).tolist()
    above = branches.ancestors(moved) | branches.ancestors(old) | set(old)
    return {int(branches.org_units[position]) for position in above if position >= 0}


def regrouped(tree: pd.DataFrame, earlier: pd.DataFrame, groups: Groups, periods: YearPeriods) -> set[int]:
    """The org units that a move brought into a group, or out of it: what is counted by group changes at them too."""
    today = Branches.of(tree)
    then = BranchesThen.then(today, earlier, periods)
    before, after = (memberships(groups, one, periods.months) for one in (then, today))
    changed = np.zeros(len(today.org_units), dtype=np.bool_)
    for name in groups:
        changed |= (before[name] != after[name]).any(axis=1)
    return set(today.org_units[changed].tolist())


def differing(now: Iterable[pd.DataFrame], then: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Of the same results up two trees (`RESULTS`), those of `then` that differ.

    What only today's tree has becomes a row without a numerator: nothing hung there then.
    """
    both = pd.concat(list(then)).merge(pd.concat(list(now)), on=KEY, how="outer", suffixes=("", "_now"))
    rows = both[REST]
    same = both[[f"{name}_now" for name in REST]].set_axis(REST, axis=1)
    differs = ~((rows == same) | (rows.isna() & same.isna())).all(axis=1)
    found = both.loc[differs, KEY + REST]
    found["status"] = found["status"].fillna(NUMERATOR_MISSING)
    return RESULTS.cast(found)
