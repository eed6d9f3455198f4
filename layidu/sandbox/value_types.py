"""Does a text fit a data element's value type? The grammar of 2.42, stricter than any number parser."""

import re
from datetime import date

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
INTEGER = re.compile(r"0|-?[1-9][0-9]*")
INTEGERS = {
    "INTEGER": (-(2**31), 2**31 - 1, "value_not_integer"),
    "INTEGER_POSITIVE": (1, 2**31 - 1, "value_not_positive_integer"),
    "INTEGER_NEGATIVE": (-(2**31), -1, "value_not_negative_integer"),
    "INTEGER_ZERO_OR_POSITIVE": (0, 2**31 - 1, "value_not_zero_or_positive_integer"),
}
NUMBERS = {
    "NUMBER": (None, None, "value_not_numeric"),
    "PERCENTAGE": (0.0, 100.0, "value_not_percentage"),
    "UNIT_INTERVAL": (0.0, 1.0, "value_not_unit_interval"),
}
NUMERIC = {*INTEGERS, *NUMBERS}
#: 2.42 translates only these reasons; the others are shown as their key.
MESSAGES = {
    "value_not_integer": "Data value is not an integer",
    "value_not_positive_integer": "Data value is not a positive integer",
    "value_not_numeric": "Data value is not numeric",
}
LONGEST = 50_000


def why_not(value_type: str, value: str) -> str | None:
    """Why a value does not fit, as DHIS2's key of the reason, or None when it fits."""
    if len(value) > LONGEST:
        return "value_length_greater_than_max_length"
    if value_type in INTEGERS:
        low, high, reason = INTEGERS[value_type]
        return None if INTEGER.fullmatch(value) and low <= int(value) <= high else reason
    if value_type in NUMBERS:
        least, most, reason = NUMBERS[value_type]
        fits = NUMBER.fullmatch(value) and (least is None or most is None or least <= float(value) <= most)
        return None if fits else reason
    return _why_not_other(value_type, value)


def _why_not_other(value_type: str, value: str) -> str | None:
    if value_type == "BOOLEAN":
        return None if value.lower() in {"true", "false", "1", "0", "t", "f"} else "value_not_bool"
    if value_type == "TRUE_ONLY":
        return None if value.lower() in {"true", "1"} else "value_not_true_only"
    if value_type == "DATE":
        try:
            date.fromisoformat(value)
        except ValueError:
            return "value_not_valid_date"
    return None


def is_insignificant_zero(element: dict[str, object], value: str) -> bool:
    """Whether 2.42 takes this value for nothing: a zero of an element whose zero does not count."""
    return (
        element["valueType"] in NUMERIC
        and not element.get("zeroIsSignificant")
        and element.get("aggregationType") not in {"AVERAGE", "AVERAGE_SUM_ORG_UNIT"}
        and NUMBER.fullmatch(value) is not None
        and float(value) == 0
    )
