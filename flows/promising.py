"""How the promises stand today: the assessment of the night, and the same after a file of entries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from layidu.compute.commitments import Known, assess_commitments
from layidu.compute.observation import described, measured
from layidu.compute.places import Place, country, group_place
from layidu.compute.plan import assess_plan
from layidu.compute.trend import yearly_trends
from layidu.mapping.contracts import Mappings
from layidu.mapping.promises import MeasuredBy, OrgUnitGroup
from layidu.model.frames import RESULTS
from warehouse import entries, read_promises, read_sums
from warehouse.connect import Warehouse

Assessed = tuple[pd.DataFrame, pd.DataFrame]  # COMMITMENT_STATUS, PLAN_PROGRESS
NOTHING_COMPUTED: Mapping[int, pd.DataFrame] = {}


def assess(
    warehouse: Warehouse,
    mappings: Mappings,
    source: str,
    on: date,
    computed: Mapping[int, pd.DataFrame] = NOTHING_COMPUTED,
    waiting: Collection[tuple[str, int]] = (),
) -> Assessed:
    """Colours of commitments and plan lines on a day of the source's clock."""
    promises = Promises(warehouse, mappings, source, computed, waiting)
    return promises.commitments(on), promises.plan(on)


class Promises:
    """How the promises stand on any day: what they are measured by is read once.

    `computed`: year -> RESULTS of this run that are not stored yet, as `Asked` finds them; what is stored of other
    years is read, and of the indicators and years that wait.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        mappings: Mappings,
        source: str,
        computed: Mapping[int, pd.DataFrame] = NOTHING_COMPUTED,
        waiting: Collection[tuple[str, int]] = (),
    ) -> None:
        self._warehouse, self._mappings = warehouse, mappings
        self._computed, self._waiting = computed, waiting
        self._evidence, self._progress = entries.evidence(warehouse), entries.progress(warehouse)
        self._tree = read_sums.tree(warehouse, source)
        self._groups = spoken_of(mappings)
        self._codes = read_promises.org_unit_codes(warehouse, source) if self._groups else {}
        self._results: dict[frozenset[int], pd.DataFrame] = {}

    def commitments(self, on: date) -> pd.DataFrame:
        """COMMITMENT_STATUS on a day."""
        known = replace(Known.nothing(), evidence=self._evidence)
        if len(self._tree):
            places = self.places(on)
            results = self._results_of(places)
            at_home = results["org_unit"].isin(list(places[""].org_units))
            proxies = results[at_home & results["indicator"].isin(proxy_codes(self._mappings))]
            trends = yearly_trends(RESULTS.cast(proxies), on=on)
            known = replace(known, trends=trends, results=results, places=places)
        return assess_commitments(self._mappings, known, on=on)

    def plan(self, on: date) -> pd.DataFrame:
        """PLAN_PROGRESS on a day."""
        beside: dict[str, str] = {}
        if len(self._tree):
            places = self.places(on)
            beside = companions(self._mappings, self._results_of(places), places, on)
        return assess_plan(self._mappings, self._progress, beside, on=on)

    def places(self, on: date) -> dict[str, Place]:
        """The country, and the groups that promises speak of as they are this month; none without a tree."""
        if not len(self._tree):
            return {}
        month = f"{on:%Y%m}"
        return {
            "": country(self._tree),
            **{
                name: group_place(name, group, self._codes, self._tree, month)
                for name, group in self._groups.items()
            },
        }

    def _results_of(self, places: Mapping[str, Place]) -> pd.DataFrame:
        """RESULTS of what promises are measured by, at the org units of their places: this run's, else the stored."""
        units = frozenset(units_of(places))
        if units not in self._results:
            stored = read_promises.totals(self._warehouse, sorted(codes_of(self._mappings)), sorted(units))
            replaced = stored["period"].str[:4].isin([str(year) for year in self._computed])
            years = stored["period"].str[:4].astype(int)
            stays = [key in self._waiting for key in zip(stored["indicator"], years, strict=True)]
            older = stored[~replaced | pd.Series(stays, index=stored.index, dtype=bool)]
            self._results[units] = RESULTS.cast(
                pd.concat([older, *self._computed.values()], ignore_index=True)
            )
        return self._results[units]


def spoken_of(mappings: Mappings) -> dict[str, OrgUnitGroup]:
    """The groups that promises speak of."""
    names = {by.group for by in measures(mappings)} | {
        mappings.plan.companion_group if mappings.plan else None
    }
    declared = mappings.org_units.groups if mappings.org_units else {}
    return {name: group for name, group in declared.items() if name in names}


@dataclass(frozen=True, slots=True)
class Asked:
    """The results that promises are measured by: totals of some indicators at some org units."""

    codes: frozenset[str]
    org_units: frozenset[int]

    @classmethod
    def of(cls, warehouse: Warehouse, mappings: Mappings, source: str, on: date) -> "Asked":
        """What is asked of a source on a day of its clock."""
        return cls(
            frozenset(codes_of(mappings)),
            frozenset(units_of(Promises(warehouse, mappings, source).places(on))),
        )

    def among(self, results: pd.DataFrame) -> pd.DataFrame:
        """These results, of others (RESULTS)."""
        return results[
            results["indicator"].isin(self.codes)
            & results["org_unit"].isin(self.org_units)
            & (results["disaggregation"] == "")
        ]


def codes_of(mappings: Mappings) -> set[str]:
    """The indicators promises are measured by, or that stand beside them."""
    return proxy_codes(mappings) | measure_codes(mappings)


def units_of(places: Mapping[str, Place]) -> set[int]:
    """The org units of all places."""
    return {unit for place in places.values() for unit in place.org_units}


def proxy_codes(mappings: Mappings) -> set[str]:
    """Indicators that stand beside a result."""
    return {
        code
        for commitment in mappings.commitments.values()
        for result in commitment.results.values()
        for code in result.proxies
    }


def measures(mappings: Mappings) -> list[MeasuredBy]:
    """What results and process indicators are measured by."""
    return [
        by
        for commitment in mappings.commitments.values()
        for by in (
            *(result.measured_by for result in commitment.results.values()),
            *(process.measured_by for process in commitment.processes.values()),
        )
        if by is not None
    ]


def measure_codes(mappings: Mappings) -> set[str]:
    """Indicators that measure a result or a process indicator, or stand beside a plan line."""
    lines = mappings.plan.lines.values() if mappings.plan else ()
    beside = {code for line in lines for code in line.companions}
    return beside | {by.indicator for by in measures(mappings)}


def companions(
    mappings: Mappings, results: pd.DataFrame, places: Mapping[str, Place], on: date
) -> dict[str, str]:
    """Line -> what its companion indicators say of the supported places."""
    plan = mappings.plan
    if plan is None:
        return {}
    group = plan.companion_group or ""
    place = places[group]
    found = {
        code: measured(
            MeasuredBy(indicator=code, group=plan.companion_group, source=plan.document),
            mappings.indicators[code],
            results,
            place,
            mappings.thresholds,
            on,
        )
        for code in sorted({code for line in plan.lines.values() for code in line.companions})
    }
    return {
        code: words_beside(line.companions, place, described(line.companions, found, mappings.indicators))
        for code, line in plan.lines.items()
        if line.companions
    }


def words_beside(codes: Sequence[str], place: Place, words: str) -> str:
    """The figures of the place; only names, and why, while the place is not known."""
    return f"{', '.join(codes)} : {place.refused}" if place.refused else f"{place.name} : {words}"
