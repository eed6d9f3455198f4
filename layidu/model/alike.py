"""Which rows say the same? Columns of few distinct entries are compared as numbers, all columns at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int64]
Column: TypeAlias = pd.Series | npt.NDArray[np.generic] | pa.ChunkedArray
LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Alike:
    """Groups of rows."""

    first: Places  # the first row of each group
    group: Places  # the group of each row

    @property
    def all_differ(self) -> bool:
        """Whether no two rows are alike."""
        return len(self.first) == len(self.group)

    def sizes(self) -> Places:
        """How many rows each group has."""
        return np.bincount(self.group, minlength=len(self.first))

    def spread(self, failing: Mapping[str, list[int]]) -> dict[str, Places]:
        """Rule -> the rows of the groups that fail it."""
        return {rule: np.flatnonzero(np.isin(self.group, groups)) for rule, groups in failing.items()}


def alike(columns: Iterable[Column]) -> Alike:
    """Group rows that are equal in every column; missing is an entry of its own. Groups are in order of appearance."""
    group = pd.factorize(numbers(columns))[0].astype(np.int64)
    first = np.empty(group.max() + 1 if len(group) else 0, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return Alike(first, group)


def all_differ(columns: Iterable[Column]) -> bool:
    """Whether no two rows are equal in every column."""
    ordered = np.sort(numbers(columns))
    return not bool((ordered[1:] == ordered[:-1]).any())


def numbers(columns: Iterable[Column]) -> Places:
    """A number for each row: rows have the same one when they are equal in every column."""
    whole: Places | None = None
    room = 1  # how many different numbers `whole` may hold
    for column in columns:
        codes, distinct = codes_of(column)
        if whole is None:
            whole, room = codes, distinct
            continue
        if room * distinct >= LARGEST:
            whole = pd.factorize(whole)[0].astype(np.int64)
            room = len(whole) + 1
        whole = whole * distinct + codes
        room *= distinct
    if whole is None:
        raise AssertionError("rows are compared by at least one column")
    return whole


def codes_of(column: Column) -> tuple[Places, int]:
    """A code for each row, 0 where it is missing, and how many codes there may be."""
    if isinstance(column, pa.ChunkedArray):
        whole = column.combine_chunks()
        indices = pc.fill_null(whole.indices, -1).to_numpy(zero_copy_only=False)
        return indices.astype(np.int64) + 1, len(whole.dictionary) + 1
    if isinstance(column, pd.Series) and isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64) + 1, len(column.cat.categories) + 1
    codes, distinct = pd.factorize(column)
    return codes.astype(np.int64) + 1, len(distinct) + 1
