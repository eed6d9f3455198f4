"""Which indicators does the catalogue hold, what feeds each, and why has one no value?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

import pandas as pd

from layidu.mapping.contracts import Cell, Mappings
from layidu.mapping.expressions import parse
from layidu.mapping.states import missing_variables
from layidu.mapping.terms import missing_series, present_disaggregations
from layidu.model.disaggregation import spell
from layidu.model.frames import VARIABLE_CELLS

Present = Mapping[str, list[str] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue, whatever feeds it."""

    code: str
    kind: Literal["dhis2", "reference"]
    name: str
    short_name: str
    definition: str
    unit: str
    theme: str
    owner: str
    source: str
    note: str | None
    version: int
    grey: str | None  # French: why there can be no value; None where nothing stands in its way


def catalogue(mappings: Mappings, cells: pd.DataFrame) -> list[Entry]:
    """Every indicator, by code; `cells` (VARIABLE_CELLS) are what the sources really have."""
    present = present_disaggregations(mappings, cells)
    missing = missing_series(mappings, cells)
    computed = [
        Entry(
            code=code,
            kind="dhis2",
            version=one.version,
            grey=parameter_missing(missing.get((code, ""))) or source_unknown(mappings, present, code),
            **shared(one),
        )
        for code, one in mappings.indicators.items()
    ]
    given = [
        Entry(code=code, kind="reference", version=1, grey=one.missing, **shared(one))
        for code, one in mappings.reference_indicators.items()
    ]
    return sorted([*computed, *given], key=lambda one: one.code)


def as_declared(mappings: Mappings) -> list[Entry]:
    """The same without a server: every cell declared for a source that is read counts as there."""
    rows = [
        (name, source, cell.data_element, text, text, int(cell.valid_from or 0), int(cell.valid_to or 999912))
        for name, variable in mappings.variables.items()
        for source, declared in mappings.sources.items()
        if declared.data_sets
        for cell in variable.cells.get(source) or ()
        for text in sorted({spell(dict(pairs)) for pairs in product(*banded(cell))})
    ]
    return catalogue(mappings, VARIABLE_CELLS.frame(rows))


def banded(cell: Cell) -> list[list[tuple[str, str]]]:
    """The bands of each dimension of a cell."""
    return [[(name, band) for band in set(bands.values())] for name, bands in cell.bands.items()]


def shared(one: object) -> dict[str, str]:
    """What both kinds of indicator say of themselves."""
    names = ("name", "short_name", "definition", "unit", "theme", "owner", "source", "note")
    return {name: getattr(one, name) for name in names}


def parameter_missing(words: str | None) -> str | None:
    """The numbers nobody has given, as the catalogue says it."""
    return None if words is None else f"paramètre manquant : {words}"


def source_unknown(mappings: Mappings, present: Present, code: str) -> str | None:
    """The variables of both parts that no source cell feeds, in words; None where every one is fed."""
    indicator = mappings.indicators[code]
    parts = {"numérateur": indicator.numerator, "dénominateur": indicator.denominator}
    words = [
        f"{part} : {' ; '.join(lacking)}"
        for part, expression in parts.items()
        if expression and (lacking := list(dict.fromkeys(unfed(mappings, present, expression))))
    ]
    return f"source inconnue, {' ; '.join(words)}" if words else None


def unfed(mappings: Mappings, present: Present, expression: str) -> Iterator[str]:
    """What is lacking of an expression: a variable no cell is mapped to, or that no source collects."""
    for term in parse(expression):
        variable = mappings.variables.get(term.name)
        if variable is None:
            continue  # a population, or the reports themselves
        if variable.derived is not None:
            for name in missing_variables(variable.derived, present):
                yield f"« {mappings.variables[name].name} » n'a pas de cellule déclarée"
        elif present.get(term.name) is None:
            yield f"« {variable.name} » n'a pas de cellule déclarée"
        elif not present[term.name]:
            yield f"« {variable.name} » n'est collectée par aucune source"
