"""Which results rest on bands that overlap, or that are not the bands the source prints? Whoever reads them is told."""

from collections.abc import Iterator, Mapping

import pandas as pd

from layidu.mapping.bands import Bands
from layidu.mapping.contracts import Band, Mappings
from layidu.mapping.expressions import Term, parse
from layidu.mapping.states import expressions_of
from layidu.model.disaggregation import read

Series = tuple[str, str]  # indicator, disaggregation
Selected = set[tuple[str, str]]  # dimension, band


def remarks(mappings: Mappings, cells: pd.DataFrame, terms: pd.DataFrame) -> dict[Series, str]:
    """What to know of each series of TERMS whose bands are asked for one by one; `cells` are VARIABLE_CELLS.

    A total over all bands is not concerned: harmonised bands add up to it whatever they overlap.
    """
    held = bands_held(cells)
    by_formula = {code: chosen(mappings, code) for code in mappings.indicators}
    found: dict[Series, str] = {}
    for code, text in sorted(set(zip(terms["indicator"], terms["disaggregation"], strict=True))):
        selected = by_formula[code] | set(read(text).items())
        words = list(dict.fromkeys(said(mappings, selected, held)))
        if words:
            found[(code, text)] = " ; ".join(words)
    return found


def bands_held(cells: pd.DataFrame) -> Selected:
    """The bands the sources really give."""
    return {pair for text in set(cells["disaggregation"]) for pair in read(text).items()}


def chosen(mappings: Mappings, code: str) -> Selected:
    """The bands an indicator's formula names, in its own filters and in those of its states."""
    indicator = mappings.indicators[code]
    named = [term for text in (indicator.numerator, indicator.denominator) if text for term in parse(text)]
    return {
        (one.dimension, band)
        for term in deeper(mappings, named)
        for one in term.filters
        for band in one.bands
    }


def deeper(mappings: Mappings, named: list[Term]) -> Iterator[Term]:
    """The terms, and those of the states among them."""
    for term in named:
        yield term
        variable = mappings.variables.get(term.name)
        if variable is not None and variable.derived is not None:
            for text in expressions_of(variable.derived):
                yield from parse(text)


def said(mappings: Mappings, selected: Selected, held: Selected) -> Iterator[str]:
    """One remark for each pair of overlapping bands, and each harmonised band, among those that answer."""
    inside = Bands(mappings.dimensions).inside
    for dimension, asked in sorted(selected):
        declared: Mapping[str, Band] = (
            mappings.dimensions[dimension].bands if dimension in mappings.dimensions else {}
        )
        for name in sorted(inside(dimension, asked) & declared.keys()):
            if (dimension, name) not in held:
                continue
            others = [other for other in declared[name].overlaps if (dimension, other) in held]
            for other in others:
                pair = sorted((name, other), key=list(declared).index)
                texts = " et ".join(f"« {printed(declared[one])} »" for one in pair)
                yield f"tranches qui se chevauchent dans la source : {texts}"
            if declared[name].printed is not None:
                yield f"« {declared[name].name} » : tranche harmonisée, la source imprime « {declared[name].printed} »"


def printed(band: Band) -> str:
    """What the form says."""
    return band.printed or band.name
