"""Which source cells make which variable, and what the server holds that no declaration names."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from layidu.mapping.contracts import Cell, Mappings, Variable
from layidu.mapping.problems import Place, Problem
from layidu.mapping.terms import expand_terms, explain_formula, terms_digest
from layidu.model.disaggregation import spell
from layidu.model.frames import VARIABLE_CELLS
from layidu.model.metadata import Metadata

__all__ = ["combos_of", "expand_cells", "expand_terms", "explain_formula", "terms_digest"]

FIRST_MONTH, LAST_MONTH = 0, 999912


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a category option combo."""

    category: str
    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Combos:
    """What one source's metadata says about data elements: their combos, and the options of those."""

    of_element: Mapping[str, frozenset[str]]  # data element -> category combos
    of_category_combo: Mapping[str, tuple[str, ...]]  # category combo -> category option combos
    options: Mapping[str, tuple[Option, ...]]  # category option combo -> options

    def of(self, data_element: str) -> list[str]:
        """All category option combos a data element may report under, sorted."""
        category_combos = self.of_element.get(data_element, frozenset())
        return sorted({uid for combo in category_combos for uid in self.of_category_combo.get(combo, ())})


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared cell, and where it stands."""

    variable: str
    source: str
    cell: Cell
    position: int

    @property
    def path(self) -> str:
        """How messages name it."""
        return f"{self.variable}.cells.{self.source}[{self.position}]"

    def place(self, mappings: Mappings, *deeper: str) -> Place | None:
        """Where the cell, or something inside it, stands."""
        return mappings.places.get(("variables", self.variable, "cells", self.source, self.position, *deeper))


def combos_of(metadata: Metadata) -> Combos:
    """Index the metadata once; a data set's override of the category combo counts before the element's own."""
    elements = metadata.data_set_elements
    by_element = elements.groupby("data_element")["category_combo"]
    by_combo = metadata.category_option_combos.groupby("category_combo")["uid"]
    options: dict[str, list[Option]] = {}
    columns = ["category_option_combo", "category", "category_option", "category_option_name"]
    for combo, category, option, name in metadata.combo_options[columns].itertuples(index=False, name=None):
        options.setdefault(combo, []).append(Option(category, option, name))
    return Combos(
        of_element={str(uid): frozenset(combos) for uid, combos in by_element},
        of_category_combo={str(uid): tuple(combos) for uid, combos in by_combo},
        options={uid: tuple(found) for uid, found in options.items()},
    )


def expand_cells(mappings: Mappings, source: str, metadata: Metadata) -> tuple[pd.DataFrame, list[Problem]]:
    """VARIABLE_CELLS of one source, and what its metadata does not know or no band names.

    A cell that cannot be placed is left out and named; nothing is guessed.
    """
    combos = combos_of(metadata)
    rows: dict[tuple[str, str, str, int], tuple[str, str, str, str, str, int, int]] = {}
    problems: list[Problem] = []
    for name, variable in sorted(mappings.variables.items()):
        cells = variable.cells.get(source)
        if cells is None:
            problems.append(not_mapped(mappings, source, name, variable))
            continue
        for position, cell in enumerate(cells):
            declared = Declared(name, source, cell, position)
            placed, found = place_cell(mappings, declared, combos)
            problems.extend(found)
            first, last = int(cell.valid_from or FIRST_MONTH), int(cell.valid_to or LAST_MONTH)
            for combo, disaggregation in placed:
                key = (cell.data_element, combo, name, first)
                rows.setdefault(key, (name, source, cell.data_element, combo, disaggregation, first, last))
    return VARIABLE_CELLS.frame([rows[key] for key in sorted(rows)]), problems


def place_cell(
    mappings: Mappings, declared: Declared, combos: Combos
) -> tuple[list[tuple[str, str]], list[Problem]]:
    """The category option combos of one cell with their disaggregation, and what has no band."""
    found = combos.of(declared.cell.data_element)
    if not found:
        return [], [element_not_pulled(mappings, declared)]
    placed: list[tuple[str, str]] = []
    missing: dict[tuple[str, str], Option] = {}
    for combo in found:
        bands: dict[str, str] = {}
        for dimension, by_option in declared.cell.bands.items():
            option = option_of(combos, combo, by_option, found)
            if option.uid in by_option:
                bands[dimension] = by_option[option.uid]
            else:
                missing[dimension, option.uid] = option
        if len(bands) == len(declared.cell.bands):
            placed.append((combo, spell(bands)))
    return placed, [
        option_without_band(mappings, declared, dimension, option)
        for (dimension, _), option in sorted(missing.items())
    ]


def option_of(combos: Combos, combo: str, by_option: Mapping[str, str], siblings: list[str]) -> Option:
    """The option of a combo that a dimension is about: of the category whose options the mapping names."""
    categories = {
        option.category
        for sibling in siblings
        for option in combos.options.get(sibling, ())
        if option.uid in by_option
    }
    for option in combos.options.get(combo, ()):
        if option.category in categories:
            return option
    return Option("", "", "aucune option déclarée")


def not_mapped(mappings: Mappings, source: str, name: str, variable: Variable) -> Problem:
    """A variable without cells for this source: its indicators stay empty there."""
    return Problem(
        code="variable-not-mapped",
        path=f"{name}.cells.{source}",
        found=f"« {variable.name} » non cartographiée pour la source « {source} »",
        expected=f"les éléments de données de « {source} » qui la portent, ou [] si elle n'y est pas collectée",
        todo="compléter « cells » ; les indicateurs qui l'emploient restent sans valeur d'ici là",
        place=mappings.places.get(("variables", name, "cells", source))
        or mappings.places.get(("variables", name, "cells")),
        severity="warning",
    )


def element_not_pulled(mappings: Mappings, declared: Declared) -> Problem:
    """A cell whose data element stands in none of the pulled data sets."""
    label = f" ({declared.cell.label})" if declared.cell.label else ""
    return Problem(
        code="element-not-pulled",
        path=f"{declared.path}.data_element",
        found=f"{declared.cell.data_element}{label}, dans aucun jeu de données tiré de « {declared.source} »",
        expected="un élément de données d'un jeu de données de sources.yaml",
        todo="corriger l'identifiant, ou ajouter son jeu de données à sources.yaml",
        place=declared.place(mappings, "data_element"),
    )


def option_without_band(mappings: Mappings, declared: Declared, dimension: str, option: Option) -> Problem:
    """An option the server knows and no band names: its values would be lost in silence."""
    known = declared.cell.bands[dimension]
    return Problem(
        code="option-without-band",
        path=f"{declared.path}.bands.{dimension}",
        found=f"l'option {option.uid} « {option.name} » sans tranche",
        expected=f"une tranche de « {dimension} » pour chaque option (déclarées : {len(known)})",
        todo="ajouter l'option et sa tranche ; ses valeurs ne sont pas comptées d'ici là",
        place=declared.place(mappings, "bands", dimension),
        severity="warning",
    )
