"""Whether a value's text is what its value type allows: DHIS2's own grammar, as its versions apply it.

Sources: the spellings sent to recorded servers (2.41.9.1, 2.42.5.2, 2.43.1) for numbers and integers; DHIS2's
`ValidationUtils`, `MathUtils` and `DateUtils` for the rest. No exponent, no leading zero, no plus sign, no blank,
no comma, no digit of another alphabet; a 32-bit integer; `-0` is a number and no integer.

What is stored may be older than the server's rules, so each text is judged again, by the rules of the version
that holds it. Value types without a rule of their own (TEXT, TIME, EMAIL, …) take any text: so does DHIS2.
"""

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

Version = tuple[int, int]
Test = Callable[[pa.Array], pa.Array]  # texts -> mask of those that pass
Checked = tuple[str, Test]

NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
INTEGER = r"^(0|-?[1-9][0-9]*)$"
LARGEST_INTEGER = 2_147_483_647
LARGEST_NUMBER = 1.7976931348623157e308
LONGEST_TEXT = 50_000
#: Spellings of a truth value, compared without case; 2.43 added the second row.
BOOLEANS = "true|false|1|0|t|f"
BOOLEANS_2_43 = f"{BOOLEANS}|yes|no|y|n"
DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
#: DHIS2 lets anything follow the day of a DATE that ends in a letter, a digit or an underscore.
DATE = rf"^{DAY}(.*[0-9A-Za-z_])?$"
HOUR, ZONE = r"([01][0-9]|2[0-3])", r"(Z|[+-][0-9]{2}:?[0-9]{2})"
CLOCK = rf"{HOUR}(:[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?)?{ZONE}?"
FINE_CLOCK = rf"{HOUR}:[0-5][0-9]:[0-5][0-9]\.[0-9]{{7,9}}{ZONE}"
SPACED_CLOCK = rf"{HOUR}:[0-5][0-9]:[0-5][0-9]{ZONE}"
DATETIME = rf"^{DAY}(T{CLOCK}|T{FINE_CLOCK}| {SPACED_CLOCK})$"
COORDINATE = r"^\[-?[0-9]+(\.[0-9]+)?,-?[0-9]+(\.[0-9]+)?\]$"
URL = r"(?i)^(https?|ftp)://[^\s/?#]+\.[^\s/?#]+[^\s]*$"
UID = r"^[a-zA-Z][a-zA-Z0-9]{10}$"


def matches(pattern: str) -> Test:
    """A check that the text matches; `$` is the end of the text, not of a line."""
    whole = pattern.replace("$", r"\z") if pattern.endswith("$") else pattern
    return lambda texts: pc.match_substring_regex(texts, whole)


def within(low: float, high: float) -> Test:
    """A check on text already known to be a number."""

    def check(texts: pa.Array) -> pa.Array:
        numbers = pc.cast(pc.if_else(matches(NUMBER)(texts), texts, None), pa.float64())
        inside = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
        return pc.fill_null(inside, fill_value=True)

    return check


def each(test: Callable[[str], bool]) -> Test:
    """A check made text by text, once for each distinct text."""

    def check(texts: pa.Array) -> pa.Array:
        coded = texts.dictionary_encode()
        passed = pa.array([test(text) for text in coded.dictionary.to_pylist()], pa.bool_())
        return passed.take(coded.indices)

    return check


def is_day(text: str) -> bool:
    """Whether the text begins with a day that the calendar has."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def is_place(text: str) -> bool:
    """Whether `[longitude,latitude]`, blanks aside, is a place on the earth."""
    bare = "".join(text.split())
    if not pc.match_substring_regex(pa.scalar(bare), COORDINATE).as_py():
        return False
    longitude, latitude = (float(part) for part in bare[1:-1].split(","))
    return abs(longitude) <= 180 and abs(latitude) <= 90


def is_letter(text: str) -> bool:
    """Whether the text is a single letter, of any alphabet."""
    return len(text) == 1 and text.isalpha()


#: value type -> checks in order; the first that fails names the refusal
GRAMMAR: dict[str, tuple[Checked, ...]] = {
    "NUMBER": (
        ("number-expected", matches(NUMBER)),
        ("number-too-large", within(-LARGEST_NUMBER, LARGEST_NUMBER)),
    ),
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
    "BOOLEAN": (("boolean-expected", matches(f"(?i)^({BOOLEANS})$")),),
    "TRUE_ONLY": (("true-expected", matches(r"(?i)^true$")),),
    "DATE": (("date-expected", matches(DATE)), ("date-expected", each(is_day))),
    "DATETIME": (("datetime-expected", matches(DATETIME)), ("datetime-expected", each(is_day))),
    "COORDINATE": (("coordinate-expected", each(is_place)),),
    "LETTER": (("letter-expected", each(is_letter)),),
    "URL": (("url-expected", matches(URL)),),
    "FILE_RESOURCE": (("file-expected", matches(UID)),),
    "IMAGE": (("file-expected", matches(UID)),),
}
GRAMMAR_2_43 = GRAMMAR | {"BOOLEAN": (("boolean-expected", matches(f"(?i)^({BOOLEANS_2_43})$")),)}
NUMERIC = frozenset(
    name for name in GRAMMAR if name.startswith(("NUMBER", "INTEGER", "PERCENTAGE", "UNIT_INTERVAL"))
)
TOO_LONG: Checked = ("text-too-long", lambda texts: pc.less_equal(pc.utf8_length(texts), LONGEST_TEXT))


def failures(value_type: str, texts: pa.Array, version: Version) -> list[tuple[str, pa.Array]]:
    """For texts of one value type on a server of this version: (refusal code, mask of the texts that fail it)."""
    rules = (GRAMMAR_2_43 if version >= (2, 43) else GRAMMAR).get(value_type, ())
    return [(code, pc.invert(check(texts))) for code, check in (TOO_LONG, *rules)]
