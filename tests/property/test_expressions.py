"""The grammar of expressions: what is spelled is read back, and whatever else comes is refused with a place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layidu.mapping.expressions import ExpressionError, Filter, Term, parse, spell

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
bands = st.from_regex(r"[A-Za-z0-9_+.<>-]{1,8}", fullmatch=True)
filters = st.builds(
    Filter,
    dimension=names,
    bands=st.lists(bands, min_size=1, max_size=4).map(tuple),
    excluded=st.booleans(),
)
coefficients = st.floats(
    min_value=-1e9, max_value=1e9, allow_nan=False, allow_infinity=False, allow_subnormal=False
)
terms = st.builds(
    Term, coefficient=coefficients, name=names, filters=st.lists(filters, max_size=3).map(tuple)
)


@given(st.lists(terms, min_size=1, max_size=5).map(tuple))
def test_what_is_spelled_is_read_back(expression: tuple[Term, ...]) -> None:
    assert parse(spell(expression)) == expression


def read_or_error(text: str) -> tuple[Term, ...] | ExpressionError:
    try:
        return parse(text)
    except ExpressionError as error:
        return error


@given(st.text(max_size=60) | st.text(alphabet="#{}ab|=!,+-*1e9. ", max_size=25))
def test_any_text_is_an_expression_or_an_error_with_a_column(text: str) -> None:
    read = read_or_error(text)
    if isinstance(read, ExpressionError):
        assert 1 <= read.column <= len(text) + 1
        assert read.found
    else:
        assert parse(spell(read)) == read


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("#{a} #{b}", 6),
        ("#{a} + ", 8),
        ("#{a} + 3", 8),
        ("3 * 4", 5),
        ("#{A}", 3),
        ("#{a|age}", 5),
        ("#{a|age=}", 9),
        ("#{a|age=15-24,}", 15),
        ("#{a}; drop table source.data_value", 5),
        ("#{a} / #{b}", 6),
        ("pg_sleep(10)", 1),
        ("#{a|age='; copy x to program'}", 9),
        ("(#{a})", 1),
        ("٣ * #{a}", 1),
        ("9" * 400 + " * #{a}", 1),
    ],
)
def test_what_is_not_understood_is_named_by_its_column(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column


def test_a_filter_on_an_unknown_dimension_keeps_nothing() -> None:
    known_ages = Filter("age", ("unknown",), excluded=True)
    assert known_ages.keeps({"age": "15-24"})
    assert not known_ages.keeps({"age": "unknown"})
    assert not known_ages.keeps({"method": "pill"})
