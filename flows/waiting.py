"""What must wait, and why? Results that rest on an incomplete copy, or on a mapping that a change has broken.

An indicator waits in a year when a data set it is computed from lacks a slice of that year, when values of it wait
for a person, or when a person was asked about an element of it. It is then neither computed nor published: its last
values stay, in the warehouse and in DHIS2. Everything else flows, and what waited is computed by the first run that
finds it waiting no more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.asking import EVERYTHING, MAPPING
from flows.gaps import STOPPED, gaps
from flows.night import AtHand, Night, Waits
from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.depending import elements_of, reached_by, variables_from, years_after
from layidu.mapping.terms import BUILT_IN
from layidu.mapping.unusedcheck import names_used
from layidu.model.periods import parse
from warehouse import read_sums
from warehouse.holds import Holding, holding
from warehouse.waiting import Kept

PERIODS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Wait:
    """One reason to wait: what is concerned, in which years, and what is waited for."""

    reason: str  # French
    years: Sequence[int]
    data_sets: frozenset[str] = frozenset()
    data_element: str = ""  # in place of data sets


def what_waits(night: Night, source: AtHand) -> Waits:
    """What must not be computed or published, as the warehouse knows it now."""
    known = [*read_sums.years(night.warehouse, source.name), source.metadata.server.server_date.year]
    years = range(min(known), max(known) + 1)
    lacking = gaps(night, source)
    late = list(waits_for_slices(source, lacking, years[-1]))
    asked = [waits_for_person(source, one, years) for one in holding(night.warehouse, source.name)]
    to_decide = [*asked, *(wait for wait in late if STOPPED in wait.reason)]
    return Waits(
        indicators_waiting(night.mappings, source, [*asked, *late], years[-1]),
        asked=bool(indicators_waiting(night.mappings, source, to_decide, years[-1])),
    )


def waits_for_slices(
    source: AtHand, lacking: Mapping[str, Mapping[str, str]], last_year: int
) -> Iterator[Wait]:
    """One wait a data set and year of which a slice did not come."""
    names = dict(zip(source.metadata.data_sets["uid"], source.metadata.data_sets["name"], strict=True))
    for data_set, periods in lacking.items():
        by_year: dict[int, list[str]] = {}
        for period in sorted(periods):
            for year in years_from(source, data_set, parse(period).start.year, last_year):
                by_year.setdefault(year, []).append(period)
        for year, own in by_year.items():
            words = f"{', '.join(own[:PERIODS_NAMED])}{', …' if len(own) > PERIODS_NAMED else ''}"
            became = " ou ".join(sorted({periods[period] for period in own}))
            reason = f"« {names[data_set]} », {words} : tranche {became} ; une prochaine exécution la demande"
            yield Wait(reason, [year], frozenset({data_set}))


def waits_for_person(source: AtHand, asked: Holding, years: Sequence[int]) -> Wait:
    """What one hold keeps from being computed."""
    every = frozenset(source.metadata.data_sets["uid"])
    if asked.decision == "accepted":
        reason = f"attente n° {asked.id}, acceptée : la prochaine nuit la met en œuvre"
    elif asked.decision == "rejected":
        reason = f"attente n° {asked.id}, rejetée : corriger mappings/variables, puis l'accepter"
    else:
        reason = f"attente n° {asked.id} : une personne doit décider (layidu holds show {asked.id})"
    if asked.kind == MAPPING:
        return Wait(reason, years, data_element=asked.what)
    concerned = every if asked.what == EVERYTHING else every & {asked.what}
    of_values = asked.subject.count("/") > 1  # a slice; else the whole data set or source
    if not of_values:
        return Wait(reason, years, concerned)
    found = {
        year
        for first in asked.years or ()
        for data_set in concerned
        for year in years_from(source, data_set, first, years[-1])
    }
    return Wait(reason, sorted(found), concerned)


def years_from(source: AtHand, data_set: str, year: int, last: int) -> range:
    """The years that values of a year reach: a yearly total, of a population, serves later years too."""
    sets = source.metadata.data_sets
    yearly = sets.loc[sets["uid"] == data_set, "period_type"].eq("Yearly").any()
    return range(year, max(year, last) + 1 if yearly else year + 1)


def indicators_waiting(
    mappings: Mappings, source: AtHand, waits: Iterable[Wait], last_year: int
) -> dict[tuple[str, int], str]:
    """Indicator and year -> every reason to wait; also of later years that are computed from this one."""
    found: dict[tuple[str, int], dict[str, None]] = {}
    data_sets: dict[str, frozenset[str]] = {}
    for wait in waits:
        if wait.data_element:
            codes = reached_by(mappings, variables_from(mappings, source.name, wait.data_element))
        else:
            data_sets = data_sets or {
                code: data_sets_of(source, mappings, one) for code, one in mappings.indicators.items()
            }
            codes = [code for code, needed in data_sets.items() if needed & wait.data_sets]
        for code in codes:
            for year in with_years_after(wait.years, years_after(mappings.indicators[code]), last_year):
                found.setdefault((code, year), {})[wait.reason] = None
    return {key: " ; ".join(reasons) for key, reasons in found.items()}


def with_years_after(years: Sequence[int], after: int | None, last: int) -> list[int]:
    """These years, and so many after each (None: all), up to the last."""
    reached = set(years)
    for year in years:
        reached |= set(range(year + 1, min(last, last if after is None else year + after) + 1))
    return sorted(reached)


def data_sets_of(source: AtHand, mappings: Mappings, indicator: Indicator) -> frozenset[str]:
    """The data sets an indicator is computed from: of its elements, and those whose reports or values it counts."""
    every = frozenset(source.metadata.data_sets["uid"])
    members = source.metadata.data_set_elements
    elements = elements_of(mappings, source.name, indicator)
    found = frozenset(members.loc[members["data_element"].isin(elements), "data_set"])
    if names_used(indicator) & BUILT_IN.keys() and not any(indicator.data_sets.values()):
        return every
    return found | (every & set(indicator.data_sets.get(source.name) or ()))


def kept(mappings: Mappings, waits: Mapping[str, Waits]) -> Kept:
    """The results that a computation of these sources leaves as they are."""
    waiting = {
        (name, code, year): reason
        for name, one in waits.items()
        for (code, year), reason in one.reasons.items()
    }
    return Kept(waiting, frozenset(read_sources(mappings)) - waits.keys())


def read_sources(mappings: Mappings) -> list[str]:
    """The sources that are copied, in order; a target only is none."""
    return [name for name, declared in mappings.sources.items() if declared.data_sets]
