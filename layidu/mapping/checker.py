"""Whether the declarations agree with each other, and with a server; every problem is named with its place."""

from collections.abc import Callable, Iterable, Iterator

from layidu.mapping.contracts import Mappings
from layidu.mapping.crosschecks import (
    check_corrections,
    check_methods,
    check_populations,
    check_publications,
    check_variables,
)
from layidu.mapping.indicatorcheck import IndicatorCheck
from layidu.mapping.measurecheck import check_measures
from layidu.mapping.placecheck import check_places
from layidu.mapping.problems import Problem, has_errors, report
from layidu.mapping.promisecheck import check_commitments, check_groups, check_plan, check_report
from layidu.mapping.qualitycheck import check_quality
from layidu.mapping.reader import Reading
from layidu.mapping.referencecheck import check_references
from layidu.mapping.servercheck import check_against
from layidu.mapping.showncheck import check_shown
from layidu.mapping.sourcecheck import check_sources, check_unfinished
from layidu.mapping.statecheck import check_states
from layidu.mapping.unusedcheck import check_unused
from layidu.mapping.usecheck import check_parameters, check_use
from layidu.mapping.versioncheck import check_versions

__all__ = ["check_against", "check_declarations", "check_reading", "has_errors", "report", "told"]

Check = Callable[[Mappings], Iterator[Problem]]
#: What a name that was declared but not read would be blamed for.
DOUBTFUL = frozenset(
    {"no-methods", "no-factor", "annualised-without-population", "population-not-annualised", "cascade"}
)


def check_reading(reading: Reading) -> list[Problem]:
    """What could not be read, and what does not agree in the rest; no problem that is only another's echo."""
    return [*reading.problems, *told(check_declarations(reading.mappings), reading)]


def told(problems: Iterable[Problem], reading: Reading) -> list[Problem]:
    """The problems that stand by themselves."""
    return [one for one in problems if not echo(one, reading)]


def echo(problem: Problem, reading: Reading) -> bool:
    """Whether a problem may only say that something declared could not be read."""
    if problem.name is not None:
        return reading.unsure or problem.name in reading.unread
    if problem.code.startswith("unused-"):
        return reading.unsure or bool(reading.unread)
    return reading.unsure and problem.code in DOUBTFUL


def check_declarations(mappings: Mappings) -> list[Problem]:
    """All problems between the files, errors and warnings; an empty list when everything agrees."""
    checks: tuple[Check, ...] = (
        check_variables,
        check_states,
        check_methods,
        check_use,
        check_parameters,
        check_populations,
        check_indicators,
        check_measures,
        check_versions,
        check_quality,
        check_publications,
        check_shown,
        check_references,
        check_commitments,
        check_report,
        check_plan,
        check_groups,
        check_corrections,
        check_places,
        check_sources,
        check_unfinished,
        check_unused,
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
