"""Which rows can no rule tell apart? They are judged once, and the judgement is spread over them.

A slice has few distinct numbers of an element and many rows: the library is given the former.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alike:
    """Groups of rows."""

    first: Places  # the first row of each group
    group: Places  # the group of each row

    def spread(self, failing: Mapping[str, list[int]]) -> dict[str, Places]:
        """Rule -> the rows of the groups that fail it."""
        return {rule: np.flatnonzero(np.isin(self.group, groups)) for rule, groups in failing.items()}


def alike(columns: Iterable[pd.Series | npt.NDArray[np.generic]]) -> Alike:
    """Group rows that are equal in every column; missing is a value of its own."""
    group: Places | None = None
    for column in columns:
        codes, distinct = codes_of(column)
        whole = codes if group is None else group * (distinct + 1) + codes
        # Renumbered each time, so that the product never outgrows an integer.
        group = pd.factorize(whole)[0].astype(np.int64)
    if group is None:
        raise AssertionError("rows are compared by at least one column")
    first = np.empty(group.max() + 1 if len(group) else 0, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return Alike(first, group)


def codes_of(column: pd.Series | npt.NDArray[np.generic]) -> tuple[Places, int]:
    """A code from 0 for each row, and how many there are."""
    if isinstance(column, pd.Series) and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64) + 1, len(column.cat.categories)
    codes, distinct = pd.factorize(column)
    return codes.astype(np.int64) + 1, len(distinct)
