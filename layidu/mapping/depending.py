"""Which variables is an indicator computed from, and which indicators does a variable reach?

Through everything between them: states derived from other variables, population measures, their series. Every
formula counts, earlier ones too, because earlier years are computed by them.
"""

from collections.abc import Collection, Iterator

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.statecheck import state_names
from layidu.mapping.terms import QUALITY_VARIABLES, looks_back
from layidu.mapping.unusedcheck import names_used
from layidu.mapping.versions import formulas_of


def variables_of(mappings: Mappings, indicator: Indicator) -> frozenset[str]:
    """The variables an indicator is computed from, derived ones and those behind them."""
    found: set[str] = set()
    open_names = list(names_used(indicator))
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += behind(mappings, name)
    return frozenset(found & mappings.variables.keys())


def behind(mappings: Mappings, name: str) -> Iterator[str]:
    """The names right behind a derived variable or a population measure; behind a count of what is plausible, all."""
    if name in QUALITY_VARIABLES:
        yield from mappings.variables
    variable = mappings.variables.get(name)
    if variable is not None and variable.derived is not None:
        yield from state_names(variable.derived)
    populations = mappings.populations
    measure = populations.measures.get(name) if populations else None
    if populations is None or measure is None:
        return
    if measure.of is not None:
        yield measure.of
    for series in measure.series:
        fed_by = populations.series[series].variable if series in populations.series else None
        if fed_by is not None:
            yield fed_by


def years_after(indicator: Indicator) -> int | None:
    """How many later years a year's values reach; None: all of them, by methods that are used for years."""
    if any(one.numerator_weights and one.numerator_weights.table == "use" for one in formulas_of(indicator)):
        return None
    return 1 if looks_back({"": indicator}) else 0


def reached_by(mappings: Mappings, variables: Collection[str]) -> list[str]:
    """The indicators computed from any of these variables, sorted."""
    return sorted(
        code for code, one in mappings.indicators.items() if variables_of(mappings, one) & set(variables)
    )


def variables_from(mappings: Mappings, source: str, data_element: str) -> list[str]:
    """The variables with a declared cell of this element, sorted."""
    return sorted(
        name
        for name, variable in mappings.variables.items()
        if any(cell.data_element == data_element for cell in variable.cells.get(source) or ())
    )


def elements_of(mappings: Mappings, source: str, indicator: Indicator) -> frozenset[str]:
    """The data elements of a source that an indicator's declared cells name."""
    return frozenset(
        cell.data_element
        for name in variables_of(mappings, indicator)
        for cell in mappings.variables[name].cells.get(source) or ()
    )
