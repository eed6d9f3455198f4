"""In which months does a source collect everything an indicator asks for?

A line added to a form in October says nothing about September: not zero, and no part of a ratio whose other line is
older. So an indicator has values only for the months in which all its variables have a valid cell.
"""

from collections.abc import Iterable, Mapping, Sequence

from layidu.mapping.contracts import Variable
from layidu.mapping.expressions import parse
from layidu.mapping.states import expressions_of

FIRST, LAST = 0, 999912


def collected(
    names: Iterable[str], variables: Mapping[str, Variable], source: str, months: Sequence[int]
) -> tuple[bool, ...]:
    """For each month (yyyymm) whether all these variables are collected; names of no variable ask for nothing."""
    spans = [spans_of(name, variables, source) for name in sorted(base_names(names, variables))]
    return tuple(
        all(any(first <= month <= last for first, last in each) for each in spans) for month in months
    )


def base_names(names: Iterable[str], variables: Mapping[str, Variable]) -> set[str]:
    """The variables with cells behind these names: a state stands for those it is made of."""
    found: set[str] = set()
    for name in names:
        variable = variables.get(name)
        if variable is None:
            continue
        if variable.derived is None:
            found.add(name)
        else:
            inner = {term.name for text in expressions_of(variable.derived) for term in parse(text)}
            found |= base_names(inner - {name}, variables)
    return found


def spans_of(name: str, variables: Mapping[str, Variable], source: str) -> list[tuple[int, int]]:
    """The months a variable's cells are valid in; always, where a source has none to say otherwise."""
    cells = variables[name].cells.get(source)
    return [(int(cell.valid_from or FIRST), int(cell.valid_to or LAST)) for cell in cells or ()] or [
        (FIRST, LAST)
    ]
