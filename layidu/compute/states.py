"""At which org units, and in which months, does a declared condition hold?

A facility without stock, with at least three methods, whose bands add up to its total: each is a number (1, the
days of the month, or a value) where the condition holds and 0 where it was asked and does not hold. These numbers are
then summed up the tree and over time like any other. Nothing reported means not asked, never zero.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from layidu.compute.facility_months import NOTHING, FacilityMonths
from layidu.compute.ratio import BoolArray, FloatArray
from layidu.compute.tree_sums import IntArray
from layidu.mapping.contracts import State, Variable
from layidu.mapping.states import ResolvedState, Sum
from layidu.model.disaggregation import read, spell

DENSE = tuple[FloatArray, BoolArray]  # values, and where there are any; org units x ended months


@dataclass(slots=True)
class StateSums:
    """Answers of every state, worked out once each; `groups` marks members by group, org units x ended months."""

    facts: FacilityMonths
    variables: Mapping[str, Variable]
    states: Mapping[str, ResolvedState]
    groups: Mapping[str, BoolArray]
    known: dict[tuple[str, str, tuple[str, ...]], DENSE] = field(default_factory=dict)

    def cells(
        self, name: str, disaggregation: str, data_sets: tuple[str, ...]
    ) -> tuple[IntArray, FloatArray]:
        """Flat places (org unit x month) and numbers of one state for one disaggregation."""
        resolved = self.states[name]
        bands = read(disaggregation)
        zones = {dimension: bands.pop(dimension) for dimension in resolved.state.zones if dimension in bands}
        by = spell(bands)
        if by not in resolved.of:
            return NOTHING
        key = (name, by, data_sets)
        if key not in self.known:
            self.known[key] = self.answer(resolved, by, data_sets)
        numbers, asked = self.known[key]
        places = np.flatnonzero(asked & self.members(resolved.state, zones))
        return places, numbers.reshape(-1)[places]

    def answer(self, resolved: ResolvedState, by: str, data_sets: tuple[str, ...]) -> DENSE:
        """The number of one state at every org unit and month where it was asked."""
        state = resolved.state
        tested = {band: self.dense(state, sums, data_sets) for band, sums in resolved.of[by].items()}
        other = self.dense(state, resolved.other.get(by, ()), data_sets)
        asked = np.zeros(self.facts.open.shape, dtype=np.bool_)
        for _, present in tested.values():
            asked |= present
        if state.asked is not None:
            _, asked = self.dense(state, resolved.asked.get(by, ()), data_sets)
        holds = {band: TESTS[state.test](state, one, other) for band, one in tested.items()}
        flags = combined(state, holds, asked.shape)
        amounts = self.amounts(resolved, by, data_sets)
        return np.where(flags, amounts, 0.0), asked & self.placed(state)

    def dense(self, state: State, sums: tuple[Sum, ...], data_sets: tuple[str, ...]) -> DENSE:
        """Added sums by org unit and month, or by ended quarter at its last month, or of a level's branches."""
        values = np.zeros(self.facts.open.shape)
        present = np.zeros(self.facts.open.shape, dtype=np.bool_)
        flat_values, flat_present = values.reshape(-1), present.reshape(-1)
        for one in sums:
            places, numbers = self.facts.cells.get((one.variable, one.disaggregation), NOTHING)
            flat_values[places] += one.coefficient * numbers
            flat_present[places] = True
            variable = self.variables.get(one.variable)
            if variable is not None and variable.absence == "zero-if-reported" and not state.stored:
                present |= self.facts.reports("reports_received", data_sets) > 0
        if state.level is not None:
            values, present = self.facts.branches.sum_up(values, present)
        return self.by_quarter(values, present) if state.per == "quarter" else (values, present)

    def by_quarter(self, values: FloatArray, present: BoolArray) -> DENSE:
        """Each ended quarter's sum at its last month; nothing at the other months."""
        sums, found = np.zeros_like(values), np.zeros_like(present)
        for columns in self.quarters():
            last = columns.stop - 1
            sums[:, last] = np.where(present[:, columns], values[:, columns], 0.0).sum(axis=1)
            found[:, last] = present[:, columns].any(axis=1)
        return sums, found

    def quarters(self) -> list[slice]:
        """The columns of the quarters that are over."""
        periods = self.facts.periods
        over = periods.of_types(["Quarterly"], ended_only=True)
        return [columns for columns, wanted in zip(periods.members, over, strict=True) if wanted]

    def amounts(self, resolved: ResolvedState, by: str, data_sets: tuple[str, ...]) -> FloatArray:
        """What is counted where the condition holds."""
        state, shape = resolved.state, self.facts.open.shape
        if state.counts == "facilities":
            return np.ones(shape)
        if state.counts == "facility_days":
            days = np.broadcast_to(self.facts.periods.days.astype(np.float64), shape)
            every = np.ones(shape, dtype=np.bool_)
            return self.by_quarter(days, every)[0] if state.per == "quarter" else days
        return self.dense(state, resolved.amount.get(by, ()), data_sets)[0]

    def placed(self, state: State) -> BoolArray:
        """Where a state may be counted: at its level, in its group."""
        where = np.ones(self.facts.open.shape, dtype=np.bool_)
        if state.level is not None:
            where &= (self.facts.branches.levels == state.level)[:, None]
        if state.in_group is not None:
            where &= self.group(state.in_group)
        return where

    def members(self, state: State, zones: Mapping[str, str]) -> BoolArray:
        """The org units and months of the asked zones."""
        where = np.ones(self.facts.open.shape, dtype=np.bool_)
        for dimension, band in zones.items():
            group = state.zones[dimension][band]
            others = [name for name in state.zones[dimension].values() if name is not None]
            if group is not None:
                where &= self.group(group)
            elif all(name in self.groups for name in others):
                where &= ~np.logical_or.reduce([self.group(name) for name in others])
            else:  # who is elsewhere is not known either
                where[:] = False
        return where

    def group(self, name: str) -> BoolArray:
        """Members of a group; nobody where its members are not known."""
        return self.groups.get(name, np.zeros(self.facts.open.shape, dtype=np.bool_))


def combined(state: State, holds: Mapping[str, BoolArray], shape: tuple[int, ...]) -> BoolArray:
    """One answer of the answers of each band: all of some, at least so many, or the only one there is."""
    nobody = np.zeros(shape, dtype=np.bool_)
    if state.all_of:
        every: BoolArray = np.logical_and.reduce([holds.get(band, nobody) for band in state.all_of])
        return every
    number = np.zeros(shape, dtype=np.int64)
    for one in holds.values():
        number += one
    return number >= (state.at_least or 1)


def holds_ratio(state: State, one: DENSE, other: DENSE) -> BoolArray:
    """Whether a ratio lies within its limits; without both sides, or over zero, it does not."""
    divisor = np.where(other[1] & (other[0] != 0), other[0], np.nan)
    ratio = np.where(one[1], one[0], np.nan) / divisor
    low = -np.inf if state.minimum is None else state.minimum
    high = np.inf if state.maximum is None else state.maximum
    return np.asarray((ratio >= low) & (ratio <= high))


TESTS: Mapping[str, Callable[[State, DENSE, DENSE], BoolArray]] = {
    "present": lambda _, one, __: one[1],
    "zero": lambda _, one, __: one[1] & (one[0] == 0),
    "positive": lambda _, one, __: one[1] & (one[0] > 0),
    "equals": lambda _, one, other: one[1] & other[1] & (one[0] == other[0]),
    "ratio": holds_ratio,
}
