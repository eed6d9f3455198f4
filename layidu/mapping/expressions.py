"""What an indicator's parts are made of: the grammar of numerators and denominators.

    expression := [sign] term { sign term }          sign := "+" | "-"
    term       := [number "*"] "#{" name { "|" filter } "}"
    filter     := dimension ("=" | "!=") band { "," band }

Nothing else is understood, so nothing a declaration says can reach a database as code.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

REFERENCE = re.compile(r"#\{([^{}#]*)\}")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
BAND = re.compile(r"[A-Za-z0-9_+.<>-]+", re.ASCII)
SPACE = re.compile(r"\s*")
FORM = "des termes « #{nom} » ou « 2 * #{nom|age=15-24} » reliés par + ou -"


class ExpressionError(ValueError):
    """A text that is no expression; `column` counts from 1 in the text."""

    def __init__(self, column: int, found: str, expected: str) -> None:
        super().__init__(column, found, expected)
        self.column = column
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        return f"colonne {self.column} : {self.found} ; attendu : {self.expected}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which bands of one dimension a term takes, or (`excluded`) leaves out."""

    dimension: str
    bands: tuple[str, ...]
    excluded: bool = False

    def keeps(self, disaggregation: Mapping[str, str]) -> bool:
        """Whether a disaggregation passes; one that does not know the dimension never does."""
        band = disaggregation.get(self.dimension)
        return band is not None and (band in self.bands) is not self.excluded


@dataclass(frozen=True, slots=True)
class Term:
    """A coefficient times a variable or population measure, restricted by filters."""

    coefficient: float
    name: str
    filters: tuple[Filter, ...] = ()

    def keeps(self, disaggregation: Mapping[str, str]) -> bool:
        """Whether a disaggregation passes all filters."""
        return all(one.keeps(disaggregation) for one in self.filters)


def parse(text: str) -> tuple[Term, ...]:
    """Read an expression.

    Raises:
        ExpressionError: with the column of what is not understood.
    """
    terms: list[Term] = []
    position = skip(text, 0)
    while position < len(text):
        sign, position = read_sign(text, position, first=not terms)
        coefficient, position = read_coefficient(text, position)
        term, position = read_reference(text, position, sign * coefficient)
        terms.append(term)
        position = skip(text, position)
    if not terms:
        raise ExpressionError(1, "un texte vide", FORM)
    return tuple(terms)


def read_sign(text: str, position: int, *, first: bool) -> tuple[float, int]:
    """A sign before a term; only the first term may go without."""
    if text[position] in "+-":
        return (-1.0 if text[position] == "-" else 1.0), skip(text, position + 1)
    if first:
        return 1.0, position
    raise ExpressionError(position + 1, f"« {text[position:][:20]} »", "+ ou - entre deux termes")


def read_coefficient(text: str, position: int) -> tuple[float, int]:
    """A number and its `*`, if there is one; a number alone means nothing (it cannot be summed up the tree)."""
    number = NUMBER.match(text, position)
    if number is None:
        return 1.0, position
    star = skip(text, number.end())
    if text[star : star + 1] != "*":
        raise ExpressionError(
            position + 1,
            f"le nombre {number.group()} seul",
            f"{number.group()} * #{{nom}} : un nombre multiplie",
        )
    value = float(number.group())
    if not math.isfinite(value):
        raise ExpressionError(position + 1, "un nombre démesuré", "un nombre fini")
    return value, skip(text, star + 1)


def read_reference(text: str, position: int, coefficient: float) -> tuple[Term, int]:
    """A `#{…}`."""
    reference = REFERENCE.match(text, position)
    if reference is None:
        found = f"« {text[position:][:20]} »" if position < len(text) else "la fin du texte"
        raise ExpressionError(position + 1, found, FORM)
    start = reference.start(1)
    name, *filters = reference.group(1).split("|")
    require(NAME, name, start, "un nom de variable ou de population, en minuscules : #{nom}")
    start += len(name) + 1
    read: list[Filter] = []
    for one in filters:
        read.append(read_filter(one, start))
        start += len(one) + 1
    return Term(coefficient, name, tuple(read)), reference.end()


def read_filter(text: str, start: int) -> Filter:
    """A `dimension=band,band` or `dimension!=band`; `start` is its offset in the whole text."""
    before, equals, after = text.partition("=")
    excluded = before.endswith("!")
    dimension = before.removesuffix("!")
    if not equals:
        raise ExpressionError(start + 1, f"« {text} »", "dimension=tranche ou dimension!=tranche")
    require(NAME, dimension, start, "un nom de dimension")
    start += len(before) + 1
    bands = after.split(",")
    for band in bands:
        require(BAND, band, start, "une tranche, comme 15-24")
        start += len(band) + 1
    return Filter(dimension, tuple(bands), excluded)


def require(pattern: re.Pattern[str], text: str, start: int, expected: str) -> None:
    """Refuse a text that is not wholly of the pattern."""
    if pattern.fullmatch(text) is None:
        raise ExpressionError(start + 1, f"« {text} »" if text else "rien", expected)


def skip(text: str, position: int) -> int:
    """The position after white space."""
    blank = SPACE.match(text, position)
    return blank.end() if blank else position


def spell(terms: tuple[Term, ...]) -> str:
    """Write an expression so that `parse` reads the same terms."""
    written = ""
    for term in terms:
        sign = "-" if term.coefficient < 0 else "+" if written else ""
        size = abs(term.coefficient)
        factor = "" if size == 1 else f"{size!r} * "
        filters = "".join(f"|{spell_filter(one)}" for one in term.filters)
        written += f"{' ' if written else ''}{sign}{' ' if sign else ''}{factor}#{{{term.name}{filters}}}"
    return written


def spell_filter(one: Filter) -> str:
    """Write one filter."""
    return f"{one.dimension}{'!=' if one.excluded else '='}{','.join(one.bands)}"
