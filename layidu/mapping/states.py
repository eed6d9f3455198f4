"""Which mapped sums decide each declared state: expressions and bands spelled out against the cells that exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from layidu.mapping.bands import Bands
from layidu.mapping.contracts import Mappings, State
from layidu.mapping.expressions import parse
from layidu.model.disaggregation import read, spell

Present = Mapping[str, list[str] | None]  # variable -> disaggregations its cells give; None: no cells known


class Sum(NamedTuple):
    """A coefficient times one mapped sum."""

    variable: str
    disaggregation: str
    coefficient: float


ByBand = Mapping[str, tuple[Sum, ...]]  # bands of `by`, spelled -> sums


@dataclass(frozen=True, slots=True)
class ResolvedState:
    """A state with the mapped sums each of its answers is made of."""

    state: State
    of: Mapping[str, Mapping[str, tuple[Sum, ...]]]  # bands of `by` -> band of `over` ("" without) -> sums
    other: ByBand
    asked: ByBand
    amount: ByBand

    def sums(self, by: str) -> tuple[Sum, ...]:
        """Every mapped sum that has a say for these bands."""
        found = [*self.other.get(by, ()), *self.asked.get(by, ()), *self.amount.get(by, ())]
        found += [one for sums in self.of.get(by, {}).values() for one in sums]
        return tuple(sorted(set(found)))

    def disaggregations(self) -> list[str]:
        """What the state is split into: its bands, and each again by zones (which may be unknown)."""
        zones = [
            [None, *((dimension, band) for band in bands)] for dimension, bands in self.state.zones.items()
        ]
        return sorted(
            spell({**read(by), **dict(pair for pair in chosen if pair)})
            for by in self.of
            for chosen in product(*zones)
        )


def resolve_states(mappings: Mappings, present: Present) -> dict[str, ResolvedState]:
    """Every state whose variables all have cells; the others have no answer, and their indicators say so."""
    resolved: dict[str, ResolvedState] = {}
    bands = Bands(mappings.dimensions)
    for name, variable in mappings.variables.items():
        if variable.derived is not None and not missing_variables(variable.derived, present):
            resolved[name] = resolve(variable.derived, present, bands)
    return resolved


def expressions_of(state: State) -> list[str]:
    """The expressions of a state; the variable it adds up is one too."""
    own = [] if state.counts in ("facilities", "facility_days") else [f"#{{{state.counts}}}"]
    return [one for one in (state.of, state.other, state.asked, *own) if one is not None]


def missing_variables(state: State, present: Present) -> list[str]:
    """The variables of a state that no source cell feeds."""
    names = {term.name for text in expressions_of(state) for term in parse(text)}
    return sorted(name for name in names if present.get(name) is None)


def resolve(state: State, present: Present, bands: Bands) -> ResolvedState:
    """Spell out one state."""
    of: dict[str, dict[str, tuple[Sum, ...]]] = {}
    for one in sums_of(state.of, present, bands):
        disaggregation = read(one.disaggregation)
        over = disaggregation.get(state.over, "") if state.over else ""
        tested = of.setdefault(by_text(state, disaggregation), {})
        tested[over] = (*tested.get(over, ()), one)
    counted = None if state.counts in ("facilities", "facility_days") else f"#{{{state.counts}}}"
    return ResolvedState(
        state,
        of,
        by_band(state, state.other, present, bands),
        by_band(state, state.asked, present, bands),
        by_band(state, counted, present, bands),
    )


def by_band(state: State, expression: str | None, present: Present, bands: Bands) -> ByBand:
    """The sums of an expression for each band of `by`."""
    found: dict[str, tuple[Sum, ...]] = {}
    for one in sums_of(expression, present, bands) if expression else ():
        by = by_text(state, read(one.disaggregation))
        found[by] = (*found.get(by, ()), one)
    return found


def sums_of(expression: str, present: Present, bands: Bands) -> list[Sum]:
    """The mapped sums an expression takes, in a fixed order."""
    return [
        Sum(term.name, text, term.coefficient)
        for term in parse(expression)
        for text in present.get(term.name) or ()
        if bands.keeps(term, read(text))
    ]


def by_text(state: State, disaggregation: Mapping[str, str]) -> str:
    """The bands of a sum along the state's own dimensions."""
    return spell({one: disaggregation[one] for one in state.by if one in disaggregation})
