"""Numbers as DHIS2 spells them."""

import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layidu.dhis2.canonical import canonical, canonicals, same, text, texts

#: What 2.43's own pattern of NUMBER accepts, written down from its source, not from ours.
ACCEPTED = re.compile(r"^(-?0|-?[1-9]\d*)(\.\d+)?$", re.ASCII)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (42.0, "42"),
        (-3.0, "-3"),
        (0.1 + 0.2, "0.3"),
        (84.9315068493150685, "84.9315068493151"),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"),
        (1234567.5, "1234567.5"),
        (10.0, "10"),
        (1e-300, "0." + "0" * 299 + "1"),
    ],
)
def test_a_number_is_spelled_in_plain_decimals(value: float, spelled: str) -> None:
    assert text(value) == spelled


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a value"):
        text(value)
    with pytest.raises(ValueError, match="not a value"):
        texts(pd.Series([1.0, value]))


@pytest.mark.parametrize(
    ("one", "other"),
    [("5", "5.0"), ("-0", "0"), ("0.10", "0.1"), ("-0.0", "0"), ("x", "x"), ("100", "100.00")],
)
def test_two_spellings_of_one_value_are_the_same(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", "5,0"),
        ("5", "05"),
        ("1e3", "1000"),
        ("5", "\u0665"),
        ("12345678901234567890", "12345678901234567891"),
    ],
)
def test_what_a_server_would_refuse_is_not_the_same_value(one: str, other: str) -> None:
    assert not same(one, other)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_spelled_so_that_a_server_takes_it_and_nothing_is_lost(value: float) -> None:
    spelled = text(value)
    assert ACCEPTED.match(spelled)
    assert spelled != "-0"
    assert not ("." in spelled and spelled.endswith("0"))
    assert abs(Decimal(spelled) - Decimal(value)) <= abs(Decimal(value)) * Decimal("1e-14")
    assert canonical(spelled) == spelled


@given(st.floats(-1e300, 1e300, allow_subnormal=False))
def test_spelling_what_was_spelled_changes_nothing(value: float) -> None:
    spelled = text(value)
    assert text(float(spelled)) == spelled


@given(st.lists(st.floats(-1e9, 1e9) | st.integers(-5, 5).map(float)))
def test_a_column_is_spelled_as_its_numbers(values: list[float]) -> None:
    column = texts(pd.Series(values, dtype="float64"))
    assert list(column) == [text(value) for value in values]
    assert column.dtype == "str"


def test_a_column_of_texts_keeps_what_is_missing() -> None:
    column = canonicals(pd.Series(["1.50", None, "abc", "-0"], dtype="str"))
    assert column.isna().tolist() == [False, True, False, False]
    assert column.dropna().tolist() == ["1.5", "abc", "0"]
    assert canonicals(pd.Series([], dtype="str")).empty
