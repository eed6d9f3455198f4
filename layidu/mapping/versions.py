"""Which formula an indicator has in a year, and what the year's terms are: a formula changes with the year.

A quarter or a year that mixed two formulas could be compared with nothing. What changes inside a year is a source
cell (its own `valid_from` and `valid_to`), not what an indicator means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from layidu.mapping.contracts import Formula, Indicator, Mappings
from layidu.mapping.terms import expand_terms, missing_series

Missing = Mapping[tuple[str, str], str]  # indicator, disaggregation -> in words
FIRST, LAST = "000001", "999912"
REPLACED = ("version", "numerator", "denominator", "numerator_weights", "factor", "annualised")


def formula_of(indicator: Indicator) -> Formula:
    """Today's formula in the shape of the earlier ones."""
    return Formula.model_construct(
        **{name: getattr(indicator, name) for name in REPLACED},
        valid_from=indicator.valid_from,
        valid_to=indicator.valid_to or LAST,
        reason="",
    )


def formulas_of(indicator: Indicator) -> list[Formula]:
    """All formulas, today's last."""
    return [*indicator.earlier, formula_of(indicator)]


def indicator_of(indicator: Indicator, year: int) -> Indicator | None:
    """The indicator as its formula of that year has it; None in a year that has no formula."""
    for formula in reversed(formulas_of(indicator)):
        if (formula.valid_from or FIRST) <= f"{year:04d}01" and f"{year:04d}12" <= formula.valid_to:
            return with_formula(indicator, formula)
    return None


def with_formula(indicator: Indicator, formula: Formula) -> Indicator:
    """The same indicator with another formula."""
    if formula.version == indicator.version:
        return indicator
    return indicator.model_copy(update={name: getattr(formula, name) for name in REPLACED})


def as_of(mappings: Mappings, year: int) -> Mappings:
    """The declarations with the formulas of a year; the very same when all of them are today's."""
    then = {code: indicator_of(indicator, year) for code, indicator in mappings.indicators.items()}
    if all(then[code] is indicator for code, indicator in mappings.indicators.items()):
        return mappings
    known = {code: indicator for code, indicator in then.items() if indicator is not None}
    return mappings.model_copy(update={"indicators": known})


def versions_of(mappings: Mappings, year: int) -> dict[str, int]:
    """Indicator -> version of the formula its values of that year were computed by."""
    return {code: one.version for code, one in as_of(mappings, year).indicators.items()}


@dataclass(slots=True)
class YearlyTerms:
    """The terms of every year, expanded once for each set of formulas and parameters."""

    mappings: Mappings
    cells: pd.DataFrame  # frames.VARIABLE_CELLS of all sources
    expanded: dict[object, tuple[pd.DataFrame, Missing]] = field(default_factory=dict)

    def of(self, year: int) -> tuple[Mapping[str, Indicator], pd.DataFrame]:
        """The indicators of a year, and their TERMS."""
        return as_of(self.mappings, year).indicators, self.expand(year)[0]

    def missing(self, year: int) -> Missing:
        """What has no value that year because a number was never given."""
        return self.expand(year)[1]

    def expand(self, year: int) -> tuple[pd.DataFrame, Missing]:
        """Both, once for each set of formulas and of parameters."""
        then = as_of(self.mappings, year)
        versions = tuple(sorted((code, one.version) for code, one in then.indicators.items()))
        parameters = tuple(sorted((name, one.of(year)) for name, one in then.parameters.items()))
        key = (versions, parameters)
        if key not in self.expanded:
            self.expanded[key] = expand_terms(then, self.cells, year), missing_series(then, self.cells, year)
        return self.expanded[key]

    @property
    def today(self) -> pd.DataFrame:
        """The terms of today's formulas."""
        return expand_terms(self.mappings, self.cells)
