"""Whether every derived variable asks things that exist, of bands and groups that exist."""

from collections.abc import Iterable, Iterator

from layidu.mapping.contracts import Mappings, State, Variable
from layidu.mapping.expressions import ExpressionError, Term, parse
from layidu.mapping.problems import Problem, unknown_name

COUNTED = ("facilities", "facility_days")
EXPRESSIONS = ("of", "other", "asked")


def check_states(mappings: Mappings) -> Iterator[Problem]:
    """The problems of all derived variables."""
    for name, variable in mappings.variables.items():
        if variable.derived is not None:
            yield from StateCheck(mappings, name, variable, variable.derived).problems()
        elif not variable.cells:
            yield Problem(
                code="variable-without-cells",
                path=name,
                found="ni cells, ni derived",
                expected="les cellules de chaque source (null : à compléter), ou l'état dont elle est tirée",
                todo="écrire l'un des deux",
                place=mappings.places.get(("variables", name)),
            )


def state_names(state: State) -> Iterator[str]:
    """The variables a state is made of; what cannot be read is named by the check."""
    if state.counts not in COUNTED:
        yield state.counts
    for key in EXPRESSIONS:
        text = getattr(state, key)
        try:
            yield from (term.name for term in parse(text)) if text is not None else ()
        except ExpressionError:
            continue


class StateCheck:
    """The problems of one derived variable."""

    def __init__(self, mappings: Mappings, name: str, variable: Variable, state: State) -> None:
        self.mappings = mappings
        self.name = name
        self.variable = variable
        self.state = state

    def problem(self, code: str, key: str, found: str, expected: str, todo: str) -> Problem:
        """An error at one of the state's keys."""
        at = ("variables", self.name, "derived", key)
        place = self.mappings.places.get(at) or self.mappings.places.get(("variables", self.name))
        return Problem(
            code=code,
            path=f"{self.name}.derived.{key}",
            found=found,
            expected=expected,
            todo=todo,
            place=place,
        )

    def unknown(self, key: str, found: str, expected: str, valid: Iterable[str]) -> Problem:
        """A name that is none of the valid ones."""
        at = ("variables", self.name, "derived", key)
        place = self.mappings.places.get(at) or self.mappings.places.get(("variables", self.name))
        return unknown_name(f"{self.name}.derived.{key}", found, expected, valid, place)

    def problems(self) -> Iterator[Problem]:
        """All of them."""
        if self.variable.cells:
            yield self.problem(
                "cells-and-derived", "of", "cells et derived", "l'un des deux", "retirer l'un des deux"
            )
        if self.state.counts not in COUNTED:
            yield from self.variable_named("counts", self.state.counts)
        for key in EXPRESSIONS:
            yield from self.expression(key)
        yield from self.bands()
        yield from self.groups()
        yield from self.completeness()

    def expression(self, key: str) -> Iterator[Problem]:
        """An expression over variables that have cells of their own."""
        text = getattr(self.state, key)
        if text is None:
            return
        try:
            terms = parse(text)
        except ExpressionError as error:
            todo = "corriger l'expression, entre guillemets ; puis relancer « layidu check »"
            yield self.problem("expression", key, error.found, error.expected, todo)
            return
        for term in terms:
            yield from self.term(key, term)

    def term(self, key: str, term: Term) -> Iterator[Problem]:
        """A reference: its variable, and its filters."""
        yield from self.variable_named(key, term.name)
        variable = self.mappings.variables.get(term.name)
        for one in term.filters if variable is not None else ():
            if variable is not None and one.dimension not in variable.dimensions:
                kind = f"une dimension de « {term.name} »"
                yield self.unknown(key, one.dimension, kind, variable.dimensions)
                continue
            for band in one.bands:
                yield from self.band(key, one.dimension, band)

    def variable_named(self, key: str, name: str) -> Iterator[Problem]:
        """A variable with cells."""
        own = [code for code, one in self.mappings.variables.items() if one.derived is None]
        if name not in own:
            yield self.unknown(key, f"#{{{name}}}", "une variable qui a des cellules", own)

    def band(self, key: str, dimension: str, band: str) -> Iterator[Problem]:
        """A band of a dimension."""
        declared = self.mappings.dimensions.get(dimension)
        if declared is not None and band not in declared.bands:
            yield self.unknown(key, band, f"une tranche de « {dimension} »", declared.bands)

    def bands(self) -> Iterator[Problem]:
        """The dimensions it is split by are its own; the bands it tests exist."""
        state = self.state
        split = [*state.by, *state.zones]
        if sorted(split) != sorted(self.variable.dimensions):
            yield self.problem(
                "state-dimensions",
                "by",
                f"dimensions: [{', '.join(self.variable.dimensions)}] ; by et zones : [{', '.join(split)}]",
                "les mêmes",
                "écrire dans « dimensions » celles de « by » et de « zones »",
            )
        for dimension in split:
            if dimension not in self.mappings.dimensions:
                kind = "une dimension de disaggregations.yaml"
                yield self.unknown("by", dimension, kind, self.mappings.dimensions)
        if (state.at_least is not None or state.all_of) and state.over is None:
            yield self.problem(
                "state-without-over",
                "over",
                "at_least ou all_of, sans over",
                "over : la dimension dont les tranches sont éprouvées une à une",
                "écrire over",
            )
        for band in state.all_of if state.over else ():
            yield from self.band("all_of", str(state.over), band)
        for dimension, zones in state.zones.items():
            for band in zones:
                yield from self.band("zones", dimension, band)

    def groups(self) -> Iterator[Problem]:
        """The groups it asks for are declared."""
        declared = self.mappings.org_units.groups if self.mappings.org_units else {}
        asked = [
            self.state.in_group,
            *(group for zones in self.state.zones.values() for group in zones.values()),
        ]
        for group in dict.fromkeys(asked):
            if group is not None and group not in declared:
                yield self.unknown("in_group", group, "un groupe d'org_units.yaml", declared)

    def completeness(self) -> Iterator[Problem]:
        """Tests that compare have something to compare with."""
        needed = self.state.test in ("equals", "ratio")
        if needed is (self.state.other is None):
            yield self.problem(
                "state-other",
                "other",
                f"test: {self.state.test}{', sans other' if needed else ', avec other'}",
                "other pour equals et ratio, et pour eux seuls",
                "ajouter ou retirer other",
            )
        if self.state.test == "ratio" and self.state.minimum is None and self.state.maximum is None:
            yield self.problem(
                "state-ratio",
                "minimum",
                "un ratio sans limite",
                "minimum, maximum ou les deux",
                "écrire une limite",
            )
