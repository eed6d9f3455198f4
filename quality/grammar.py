"""Whether a value's text is what its value type allows: DHIS2's own grammar, as recorded servers apply it.

Source: the value spellings sent to recorded servers (2.41-2.43): no exponent, no leading zero, no plus sign,
no blank, no comma, no digit of another alphabet; a 32-bit integer; `-0` is a number.
"""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
INTEGER = r"^(0|-?[1-9][0-9]*)$"
LARGEST_INTEGER = 2_147_483_647
LONGEST_TEXT = 50_000

Checked = tuple[str, Callable[[pa.Array], pa.Array]]


def matches(pattern: str) -> Callable[[pa.Array], pa.Array]:
    """A check that the text matches."""
    return lambda texts: pc.match_substring_regex(texts, pattern)


def within(low: float, high: float) -> Callable[[pa.Array], pa.Array]:
    """A check on text already known to be a number."""

    def check(texts: pa.Array) -> pa.Array:
        numbers = pc.cast(pc.if_else(pc.match_substring_regex(texts, NUMBER), texts, None), pa.float64())
        inside = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
        return pc.fill_null(inside, fill_value=True)

    return check


#: value type -> checks in order; the first that fails names the refusal
GRAMMAR: dict[str, tuple[Checked, ...]] = {
    "NUMBER": (("number-expected", matches(NUMBER)),),
    "INTEGER": (
        ("integer-expected", matches(INTEGER)),
        ("integer-too-large", within(-LARGEST_INTEGER - 1, LARGEST_INTEGER)),
    ),
    "INTEGER_ZERO_OR_POSITIVE": (
        ("integer-expected", matches(INTEGER)),
        ("negative-not-allowed", matches(r"^[0-9]+$")),
        ("integer-too-large", within(0, LARGEST_INTEGER)),
    ),
    "INTEGER_POSITIVE": (
        ("integer-expected", matches(INTEGER)),
        ("positive-expected", matches(r"^[1-9][0-9]*$")),
        ("integer-too-large", within(1, LARGEST_INTEGER)),
    ),
    "INTEGER_NEGATIVE": (
        ("integer-expected", matches(INTEGER)),
        ("negative-expected", matches(r"^-")),
        ("integer-too-large", within(-LARGEST_INTEGER - 1, -1)),
    ),
    "PERCENTAGE": (("percentage-expected", matches(NUMBER)), ("percentage-expected", within(0, 100))),
    "UNIT_INTERVAL": (("unit-interval-expected", matches(NUMBER)), ("unit-interval-expected", within(0, 1))),
    "BOOLEAN": (("boolean-expected", matches(r"^(true|false|1|0)$")),),
    "TRUE_ONLY": (("boolean-expected", matches(r"^true$")),),
    "DATE": (("date-expected", matches(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")),),
    "DATETIME": (("date-expected", matches(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T")),),
}
NUMERIC = frozenset(
    name for name in GRAMMAR if name.startswith(("NUMBER", "INTEGER", "PERCENTAGE", "UNIT_INTERVAL"))
)
TEXT: tuple[Checked, ...] = (
    ("text-too-long", lambda texts: pc.less_equal(pc.utf8_length(texts), LONGEST_TEXT)),
)


def failures(value_type: str, texts: pa.Array) -> list[tuple[str, pa.Array]]:
    """For texts of one value type: (refusal code, mask of the texts that fail it), in order."""
    return [(code, pc.invert(check(texts))) for code, check in GRAMMAR.get(value_type, TEXT)]
