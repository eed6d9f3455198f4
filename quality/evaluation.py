"""Great Expectations at work: a frame, a list of expectations, and which rows fail which; its only door.

The library takes seconds to import, so this module is imported only when there is something to check. An
expectation that raises is an error of ours, never bad data; an empty suite or an empty frame is refused,
because the library would call both a success.
"""

import os
from functools import cache
from typing import Any

import pandas as pd

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read once, when the library is imported

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core import (
    ExpectColumnPairValuesAToBeGreaterThanB,
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.expectation import Expectation as Expectation


class EvaluationError(AssertionError):
    """The gate itself is broken: an expectation raised, or there was nothing to evaluate."""


def at_least(column: str, low: float, rule: str) -> Expectation:
    """Values of a column, where present, are not below a bound."""
    return ExpectColumnValuesToBeBetween(column=column, min_value=low, meta={"rule": rule})


def between(column: str, low: float | None, high: float | None, rule: str) -> Expectation:
    """Values of a column, where present, lie within bounds; a missing bound is open."""
    return ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, meta={"rule": rule})


def present(column: str, rule: str) -> Expectation:
    """Every row has a value."""
    return ExpectColumnValuesToNotBeNull(column=column, meta={"rule": rule})


def among(column: str, allowed: list[str], rule: str) -> Expectation:
    """Values of a column are members of a list."""
    return ExpectColumnValuesToBeInSet(column=column, value_set=allowed, meta={"rule": rule})


def not_more_than(left: str, right: str, rule: str) -> Expectation:
    """Left does not exceed right on any row that has both."""
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=right,
        column_B=left,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        meta={"rule": rule},
    )


def failing_rows(frame: pd.DataFrame, expectations: list[Expectation], suite: str) -> dict[str, list[int]]:
    """Rule -> `row_id` of the rows that fail it, for rules with at least one."""
    if frame.empty or not expectations:
        raise EvaluationError(f"{suite}: nothing to evaluate ({len(frame)} rows, {len(expectations)} rules)")
    batch = batch_of(frame)
    validated = batch.validate(
        gx.ExpectationSuite(name=suite, expectations=expectations),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row_id"]},
    )
    if len(validated.results) != len(expectations):
        raise EvaluationError(f"{suite}: {len(validated.results)} results for {len(expectations)} rules")
    failing: dict[str, list[int]] = {}
    for result in validated.results:
        rule = str(result.expectation_config.meta["rule"])
        if (
            result.exception_info.get("raised_exception", False)
            or "unexpected_index_list" not in result.result
        ):
            raise EvaluationError(f"{suite}, {rule}: {result.exception_info}")
        rows = [int(row["row_id"]) for row in result.result["unexpected_index_list"]]
        if not result.success and rows:
            failing.setdefault(rule, []).extend(rows)
    return failing


def batch_of(frame: pd.DataFrame) -> Any:
    """Hand a frame to the library."""
    return batch_definition().get_batch({"dataframe": frame})


@cache
def batch_definition() -> Any:
    """One context for every frame of a process: making one takes longer than judging a small slice.

    It leaves nothing on disk and keeps no frame: each is a parameter of its own batch.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("slice").add_dataframe_asset("values")
    return asset.add_batch_definition_whole_dataframe("whole")
