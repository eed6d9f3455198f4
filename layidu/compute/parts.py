"""What is one part of an indicator, numerator or denominator, at every org unit and period?"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from layidu.compute.estimated_use import EstimatedUsers
from layidu.compute.facility_months import NOTHING, FacilityMonths
from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.states import StateSums
from layidu.compute.tree_sums import IntArray
from layidu.compute.year_periods import OverTime
from layidu.mapping.contracts import Variable
from layidu.mapping.terms import CONSTANT, INSUFFICIENT, USERS

DAYS_OF_A_YEAR = 365  # DHIS2 divides by 365 in leap years too


class Term(NamedTuple):
    """Coefficient times one mapped sum, or times one population measure."""

    kind: str
    name: str
    filter: str
    coefficient: float


class Manner(NamedTuple):
    """How the indicator wants its parts added over time."""

    annualised: bool
    over_time: OverTime
    data_sets: tuple[str, ...]  # where a report received turns absence into zero, for variables that say so
    collected: tuple[bool, ...]  # the ended months in which all variables of the indicator are collected


@dataclass(frozen=True, slots=True)
class Part:
    """One part over the whole tree: org units x periods."""

    values: FloatArray  # NaN where missing
    reported: BoolArray  # something counted is in it, not only a population
    incomplete: BoolArray  # an org unit of the branch has no population
    unanswered: BoolArray  # something was counted, in bands that cannot tell what is asked


class PartSums:
    """Adds terms up the tree and over time; what two indicators share is added once."""

    def __init__(
        self,
        facts: FacilityMonths,
        variables: Mapping[str, Variable],
        population_org_units: Collection[int] | None,
        states: StateSums,
        uses: Counter[tuple[tuple[Term, ...], Manner]] | None = None,
        users: EstimatedUsers | None = None,
    ) -> None:
        self.facts = facts
        self.users = users
        self.uses = uses or Counter()  # how often each part will still be asked for: it is kept no longer
        self.variables = variables
        self.states = states
        units = facts.branches.org_units
        self.counted = (
            np.ones(len(units), dtype=np.bool_)
            if population_org_units is None
            else np.isin(units, np.fromiter(population_org_units, dtype=np.int64))
        )
        self.parts: dict[tuple[tuple[Term, ...], Manner], Part] = {}
        self.people: dict[tuple[str, Manner], tuple[FloatArray, BoolArray, BoolArray]] = {}

    def part(self, terms: tuple[Term, ...], manner: Manner) -> Part:
        """The sum of the terms that are present; missing where none is."""
        key = (terms, manner)
        found = self.parts.pop(key, None) or self.add(terms, manner)
        self.uses[key] -= 1
        if self.uses[key] > 0:
            self.parts[key] = found
        return found

    def add(self, terms: tuple[Term, ...], manner: Manner) -> Part:
        """Add counted terms (by the way each adds over time), then populations."""
        shape = (len(self.facts.branches.org_units), len(self.facts.periods.names))
        values, reported = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
        incomplete = np.zeros(shape, dtype=np.bool_)
        ways: dict[OverTime, list[Term]] = {}
        for term in terms:
            if term.kind in ("variable", USERS):
                ways.setdefault(self.way(term, manner), []).append(term)
        for way, members in sorted(ways.items()):
            amounts, found = self.counted_sums(members, manner, way)
            values += amounts
            reported |= found
        for term in terms:
            if term.kind == USERS:
                amounts, found = self.users_going_on(term)
                values += amounts
                reported |= found
        once = sum(term.coefficient for term in terms if term.kind == CONSTANT)
        values += np.where(reported, once, 0.0)
        _, unanswered = self.counted_sums([one for one in terms if one.kind == INSUFFICIENT], manner, "sum")
        present = reported.copy()
        for term in terms:
            if term.kind == "population":
                amounts, found, lacking = self.population_sums(term.name, manner)
                values += term.coefficient * amounts
                present |= found
                incomplete |= lacking
        return Part(np.where(present & ~unanswered, values, np.nan), reported, incomplete, unanswered)

    def way(self, term: Term, manner: Manner) -> OverTime:
        """How a term adds over time: as its variable says, unless the indicator takes the last month."""
        variable = self.variables.get(term.name)
        if manner.over_time == "sum" and variable is not None:
            return variable.over_time
        return manner.over_time

    def counted_sums(self, terms: list[Term], manner: Manner, way: OverTime) -> tuple[FloatArray, BoolArray]:
        """Monthly sums of every branch, then over time."""
        values = np.zeros(self.facts.open.shape)
        present = np.zeros(self.facts.open.shape, dtype=np.bool_)
        flat_values, flat_present = values.reshape(-1), present.reshape(-1)
        for term in terms:
            places, sums = self.cells(term, manner)
            flat_values[places] += self.weight(term) * sums
            flat_present[places] = True
            variable = self.variables.get(term.name)
            if variable is not None and variable.absence == "zero-if-reported":
                present |= self.facts.reports("reports_received", manner.data_sets) > 0
        present &= np.array(manner.collected)
        return self.facts.periods.over_time(*self.facts.branches.sum_up(values, present), way)

    def weight(self, term: Term) -> float:
        """What one unit of a term counts for."""
        if term.kind != USERS:
            return term.coefficient
        per_unit = self.users.per_unit if self.users is not None else {}
        return term.coefficient * per_unit.get((term.name, term.filter), 0.0)

    def users_going_on(self, term: Term) -> tuple[FloatArray, BoolArray]:
        """Users of earlier years in every branch: as many in every period, only the year asks for them."""
        shape = (len(self.facts.branches.org_units), len(self.facts.periods.names))
        if self.users is None or (term.name, term.filter) not in self.users.going_on:
            return np.zeros(shape), np.zeros(shape, dtype=np.bool_)
        own = self.users.by_org_unit((term.name, term.filter), self.facts.branches)[:, None]
        present = np.broadcast_to(~np.isnan(own), shape)
        return self.facts.branches.sum_up(np.broadcast_to(term.coefficient * own, shape), present)

    def cells(self, term: Term, manner: Manner) -> tuple[IntArray, FloatArray]:
        """Flat places and numbers of one term: mapped sums, or where a state holds."""
        if term.name in self.states.states:
            return self.states.cells(term.name, term.filter, manner.data_sets)
        return self.facts.cells.get((term.name, term.filter), NOTHING)

    def population_sums(self, measure: str, manner: Manner) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Person-time of the ended months, or people once a period; and where some of the branch is unknown.

        Every open org unit with a population counts, whether or not it reported; a month in which no report
        was expected (it lies before the copy begins), or in which the events were not collected, does not.
        """
        key = (measure, manner._replace(over_time="sum"))
        if key not in self.people:
            self.people[key] = self.add_people(measure, manner)
        return self.people[key]

    def asked(self, data_sets: tuple[str, ...]) -> BoolArray:
        """The months in which reports of these data sets were expected; all of them where nothing is known."""
        expected = self.facts.reports("reports_expected", data_sets).sum(axis=0) > 0
        return expected if expected.any() else np.ones_like(expected)

    def add_people(self, measure: str, manner: Manner) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Sum a population up the tree."""
        facts, branches, periods = self.facts, self.facts.branches, self.facts.periods
        people = facts.populations.get(measure, np.full(len(branches.org_units), np.nan))
        known = ~np.isnan(people)
        counting = facts.open & self.asked(manner.data_sets) & np.array(manner.collected)
        opened = periods.any_month(counting)
        number = np.where(known, people, 0.0)[:, None]
        if manner.annualised:
            person_time = number * periods.days / DAYS_OF_A_YEAR
            monthly = branches.sum_up(person_time, counting & known[:, None])
            values, found = periods.over_time(*monthly, "sum")
        else:
            values, found = branches.sum_up(np.broadcast_to(number, opened.shape), opened & known[:, None])
        lowest = branches.levels[known].max(initial=-1)
        unknown = (branches.levels == lowest) & ~known & self.counted
        _, lacking = branches.sum_up(np.zeros(opened.shape), opened & unknown[:, None])
        return values, found, lacking
