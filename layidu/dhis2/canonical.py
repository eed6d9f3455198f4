"""How is a number spelled in DHIS2, and when do two spellings mean the same value?"""

import re
from decimal import Decimal

import numpy as np
import pandas as pd

SIGNIFICANT_DIGITS = (
    15  # what a double keeps whatever its value; the 16th and 17th are noise of the arithmetic
)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")  # DHIS2's own grammar of NUMBER: ASCII, no exponent


def text(value: float) -> str:
    """Spell a number as DHIS2 takes it: plain decimals, no exponent, no `.0`, zero without a sign."""
    if not np.isfinite(value):
        raise ValueError(f"not a value DHIS2 can hold: {value}")
    return plain(Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}"))


def texts(values: pd.Series) -> pd.Series:
    """Spell a column of numbers; each distinct number once, because counts repeat."""
    codes, distinct = pd.factorize(values.to_numpy(dtype="float64"), use_na_sentinel=False)
    spelled = np.array([text(float(value)) for value in distinct], dtype=object)
    return pd.Series(spelled[codes] if len(codes) else [], index=values.index, dtype="str")


def canonical(found: str) -> str:
    """The one spelling of a number a server holds; a text that is no number stays as it is."""
    return plain(Decimal(found)) if NUMBER.fullmatch(found) else found


def canonicals(found: pd.Series) -> pd.Series:
    """The one spelling of every text of a column; missing stays missing."""
    codes, distinct = pd.factorize(found)
    spelled = np.array([canonical(value) for value in distinct] + [np.nan], dtype=object)
    return pd.Series(spelled[codes], index=found.index, dtype="str")


def same(one: str, other: str) -> bool:
    """Whether two texts mean the same value: `5` and `5.00`, `-0` and `0`, but not `5` and `5,0`."""
    return canonical(one) == canonical(other)


def plain(number: Decimal) -> str:
    """A decimal without exponent, without zeros at the end, and never `-0`."""
    spelled = format(number, "f")
    if "." in spelled:
        spelled = spelled.rstrip("0").rstrip(".")
    return "0" if spelled == "-0" else spelled
