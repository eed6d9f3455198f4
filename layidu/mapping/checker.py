"""Whether the declarations agree with each other, and with a server; every problem is named with its place."""

from collections.abc import Callable, Iterator

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.crosschecks import (
    check_corrections,
    check_methods,
    check_populations,
    check_publications,
    check_variables,
)
from layidu.mapping.expressions import ExpressionError, parse
from layidu.mapping.indicatorcheck import IndicatorCheck
from layidu.mapping.nearest import listed
from layidu.mapping.problems import Problem, has_errors, report
from layidu.mapping.promisecheck import check_commitments, check_groups, check_plan, check_report
from layidu.mapping.servercheck import check_against

__all__ = ["check_against", "check_declarations", "has_errors", "report"]

Check = Callable[[Mappings], Iterator[Problem]]


def check_declarations(mappings: Mappings) -> list[Problem]:
    """All problems between the files, errors and warnings; an empty list when everything agrees."""
    checks: tuple[Check, ...] = (
        check_variables,
        check_methods,
        check_populations,
        check_indicators,
        check_unused,
        check_publications,
        check_commitments,
        check_report,
        check_plan,
        check_groups,
        check_corrections,
    )
    return [problem for check in checks for problem in check(mappings)]


def check_indicators(mappings: Mappings) -> Iterator[Problem]:
    """Each indicator by itself, then names and short names that two of them share."""
    for code, indicator in mappings.indicators.items():
        yield from IndicatorCheck(mappings, code, indicator).problems()
    for attribute in ("name", "short_name"):
        seen: dict[str, str] = {}
        for code, indicator in mappings.indicators.items():
            text = str(getattr(indicator, attribute)).casefold()
            if text in seen:
                yield Problem(
                    code="name-not-unique",
                    path=f"{code}.{attribute}",
                    found=f"« {getattr(indicator, attribute)} », déjà le nom de {seen[text]}",
                    expected="un nom par indicateur (DHIS2 refuse les doublons)",
                    todo="donner un autre nom à l'un des deux",
                    place=mappings.places.get(("indicators", code, attribute)),
                )
            seen.setdefault(text, code)


def check_unused(mappings: Mappings) -> Iterator[Problem]:
    """Variables no indicator and no population series uses, one warning a file: copied, never computed."""
    used = {name for indicator in mappings.indicators.values() for name in names_used(indicator)}
    if mappings.populations:
        used |= {series.variable or "" for series in mappings.populations.series.values()}
    by_file: dict[str, list[str]] = {}
    for name in mappings.variables if mappings.indicators else ():
        place = mappings.places.get(("variables", name))
        if name not in used:
            by_file.setdefault(place.file if place else "", []).append(name)
    for file, names in by_file.items():
        yield Problem(
            code="unused-variable",
            path=names[0],
            found=f"{len(names)} variable(s) qu'aucun indicateur n'emploie : {listed(names, limit=len(names))}",
            expected="des variables employées, ou gardées pour des indicateurs à venir",
            todo="rien, si c'est voulu ; sinon les employer ou les retirer",
            place=mappings.places.get(("variables", names[0])) if file else None,
            severity="warning",
        )


def names_used(indicator: Indicator) -> set[str]:
    """The names an indicator's expressions refer to; none from an expression that cannot be read."""
    names: set[str] = set()
    for expression in (indicator.numerator, indicator.denominator):
        try:
            names |= {term.name for term in parse(expression)} if expression else set()
        except ExpressionError:
            continue  # named by IndicatorCheck
    return names
