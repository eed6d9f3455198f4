"""What is declared and employed nowhere: copied, or kept, and never computed. Warnings, one a file and kind."""

from collections.abc import Iterator

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.expressions import ExpressionError, parse
from layidu.mapping.nearest import listed
from layidu.mapping.problems import Problem
from layidu.mapping.statecheck import state_names
from layidu.mapping.versions import formulas_of

#: Section and deeper path of the names, the code, what they are, and what would employ them.
KINDS = {
    ("variables",): ("unused-variable", "variable(s)", "aucun indicateur ni aucune population"),
    ("dimensions",): ("unused-dimension", "dimension(s)", "aucune variable"),
    ("populations", "series"): ("unused-series", "série(s) de population", "aucune mesure"),
    ("parameters",): ("unused-parameter", "paramètre(s)", "aucun indicateur"),
    ("populations", "measures"): ("unused-measure", "mesure(s) de population", "aucun indicateur"),
}


def check_unused(mappings: Mappings) -> Iterator[Problem]:
    """Variables, dimensions, series and measures that nothing employs; a folder without indicators is being made."""
    if not mappings.indicators:
        return
    populations = mappings.populations
    declared = {
        ("variables",): list(mappings.variables),
        ("dimensions",): list(mappings.dimensions),
        ("parameters",): list(mappings.parameters),
        ("populations", "series"): list(populations.series) if populations else [],
        ("populations", "measures"): list(populations.measures) if populations else [],
    }
    used = employed(mappings)
    for path, names in declared.items():
        yield from unused(mappings, path, [name for name in names if name not in used[path]])


def employed(mappings: Mappings) -> dict[tuple[str, ...], set[str]]:
    """The names that something employs, by kind."""
    in_expressions = {name for one in mappings.indicators.values() for name in names_used(one)}
    series = mappings.populations.series.values() if mappings.populations else ()
    measures = mappings.populations.measures.values() if mappings.populations else ()
    derived = [one.derived for one in mappings.variables.values() if one.derived is not None]
    in_states = {name for state in derived for name in state_names(state)}
    weighted = [one.numerator_weights for one in mappings.indicators.values() if one.numerator_weights]
    return {
        ("variables",): in_expressions | in_states | {one.variable for one in series if one.variable},
        ("dimensions",): {name for one in mappings.variables.values() for name in one.dimensions}
        | {weights.dimension for weights in weighted},
        ("parameters",): {
            name
            for one in mappings.indicators.values()
            for name in (one.numerator_minus, *one.denominator_times)
            if name
        },
        ("populations", "series"): {name for one in measures for name in one.series},
        ("populations", "measures"): in_expressions | {one.of for one in measures if one.of},
    }


def names_used(indicator: Indicator) -> set[str]:
    """The names an indicator's formulas refer to; none from an expression that cannot be read."""
    names: set[str] = set()
    formulas = formulas_of(indicator)
    for expression in [part for one in formulas for part in (one.numerator, one.denominator)]:
        try:
            names |= {term.name for term in parse(expression)} if expression else set()
        except ExpressionError:
            continue  # named by IndicatorCheck
    return names


def unused(mappings: Mappings, path: tuple[str, ...], names: list[str]) -> Iterator[Problem]:
    """One warning a file, at the first name."""
    code, kind, by_whom = KINDS[path]
    by_file: dict[str, list[str]] = {}
    for name in names:
        place = mappings.places.get((*path, name))
        by_file.setdefault(place.file if place else "", []).append(name)
    for found in by_file.values():
        yield Problem(
            code=code,
            path=".".join((*path[1:], found[0])),
            found=f"{len(found)} {kind} que n'emploie {by_whom} : {listed(found, limit=len(found))}",
            expected="des déclarations employées, ou gardées pour plus tard",
            todo="rien, si c'est voulu ; sinon les employer ou les retirer",
            place=mappings.places.get((*path, found[0])),
            severity="warning",
        )
