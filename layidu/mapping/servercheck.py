"""Whether the identifiers in the declarations exist on a server, and hold what the declarations say."""

from collections.abc import Iterator

from layidu.mapping.contracts import Cell, Mappings, Variable
from layidu.mapping.expand import Declared, expand_cells
from layidu.mapping.nearest import listed, nearest
from layidu.mapping.problems import Problem, unknown_name
from layidu.mapping.serverscope import check_scope
from layidu.model.inventory import Inventory
from layidu.model.metadata import Metadata

NUMERIC = frozenset(
    {
        "NUMBER",
        "INTEGER",
        "INTEGER_POSITIVE",
        "INTEGER_NEGATIVE",
        "INTEGER_ZERO_OR_POSITIVE",
        "PERCENTAGE",
        "UNIT_INTERVAL",
    }
)
RATIOS = frozenset({"PERCENTAGE", "UNIT_INTERVAL"})
#: What DHIS2's aggregation types say of time; NONE, CUSTOM and COUNT say nothing about it.
OVER_TIME = {
    "SUM": "sum",
    "AVERAGE_SUM_ORG_UNIT": "average",
    "LAST": "last",
    "LAST_IN_PERIOD": "last",
}
#: Types that average over org units: what they hold is no count, and sums of it mean nothing.
AVERAGED = frozenset(
    {
        *("AVERAGE", "LAST_AVERAGE_ORG_UNIT", "LAST_IN_PERIOD_AVERAGE_ORG_UNIT", "FIRST_AVERAGE_ORG_UNIT"),
        *("STDDEV", "VARIANCE", "MIN", "MAX"),
    }
)


def check_against(
    mappings: Mappings, source: str, metadata: Metadata, inventory: Inventory | None = None
) -> list[Problem]:
    """All problems between the declarations and one source's metadata."""
    seen = inventory or Inventory()
    expanded = expand_cells(mappings, source, metadata)[1]
    return [
        *check_scope(mappings, source, metadata, seen),
        *cells_against(mappings, source, metadata, seen),
        *not_mapped(mappings, source),
        *(one for one in expanded if one.code not in {"variable-not-mapped", "element-not-pulled"}),
    ]


def cells_against(
    mappings: Mappings, source: str, metadata: Metadata, inventory: Inventory
) -> Iterator[Problem]:
    """Each cell: its element, the element's types, and option uids no combo of the element has."""
    elements = metadata.data_elements.set_index("uid")
    options = options_by_element(metadata)
    period_types = periods_by_element(metadata)
    names = dict(zip(elements["name"].tolist(), elements.index.tolist(), strict=True))
    for name, variable in sorted(mappings.variables.items()):
        for position, cell in enumerate(variable.cells.get(source) or ()):
            declared = Declared(name, source, cell, position)
            if cell.data_element not in elements.index:
                yield element_elsewhere(mappings, declared, inventory, names)
                continue
            row = elements.loc[cell.data_element]
            yield from types_of(
                mappings, declared, variable, str(row["value_type"]), str(row["aggregation_type"])
            )
            found = period_types.get(cell.data_element, set())
            if found and variable.period_type not in found:
                yield Problem(
                    code="wrong-period-type",
                    path=f"{declared.path}.data_element",
                    found=f"{cell.data_element}, saisi par {listed(found)}",
                    expected=f"un jeu de données {variable.period_type}, comme le dit period_type",
                    todo="corriger period_type, ou choisir l'élément d'un autre jeu de données",
                    place=declared.place(mappings, "data_element"),
                )
            if cell.data_element in options:
                yield from unknown_options(mappings, declared, cell, options[cell.data_element])


def element_elsewhere(
    mappings: Mappings, declared: Declared, inventory: Inventory, names: dict[str, str]
) -> Problem:
    """A cell whose element the pulled data sets do not hold: it stands in another, in none, or does not exist."""
    uid, label = declared.cell.data_element, declared.cell.label
    shown = f"{uid}{f' ({label})' if label else ''}"
    known = inventory.elements.get(uid)
    place = declared.place(mappings, "data_element")
    if known is not None:
        sets = [f"{one} « {inventory.data_sets.get(one, 'non lisible')} »" for one in known.data_sets]
        return Problem(
            code="element-not-pulled",
            path=f"{declared.path}.data_element",
            found=f"{uid} « {known.name} », dans aucun jeu de données tiré de « {declared.source} »",
            expected=f"l'un de ses jeux de données dans sources.yaml : {listed(sets)}"
            if sets
            else "un élément d'un jeu de données ; celui-ci n'est dans aucun",
            todo="ajouter ce jeu de données à sources.yaml, ou choisir un autre élément",
            place=place,
        )
    near = nearest(uid, names.values()) or (names.get(nearest(label, names) or "") if label else None)
    by_uid = {found: name for name, found in names.items()}
    return Problem(
        code="element-unknown",
        path=f"{declared.path}.data_element",
        found=f"{shown}, que le serveur ne montre pas à ce compte",
        expected="un élément de données d'un jeu de données de sources.yaml",
        todo="corriger l'identifiant, ou demander le droit de lire cet élément",
        place=place,
        near=f"{near} « {by_uid[near]} »" if near else None,
    )


def types_of(
    mappings: Mappings, declared: Declared, variable: Variable, value_type: str, aggregation_type: str
) -> Iterator[Problem]:
    """The element holds numbers that can be added as the variable says."""
    cell, place = declared.cell, declared.place(mappings, "data_element")
    path = f"{declared.path}.data_element"
    if value_type not in NUMERIC:
        yield Problem(
            code="not-numeric",
            path=path,
            found=f"{cell.data_element}, de type {value_type}",
            expected="un élément de données numérique",
            todo="choisir un autre élément de données",
            place=place,
        )
        return
    if variable.over_time == "last" and variable.period_type == "Yearly":
        return  # one value a year: nothing is added over time
    averaged = aggregation_type in AVERAGED or value_type in RATIOS
    way = OVER_TIME.get(aggregation_type)
    if averaged or (way is not None and way != variable.over_time):
        yield Problem(
            code="wrong-aggregation",
            path=path,
            found=f"{cell.data_element}, de type {value_type}, que DHIS2 agrège par {aggregation_type}",
            expected=f"un nombre qui s'agrège comme over_time: {variable.over_time}"
            + (" et s'additionne dans l'arbre" if averaged else ""),
            todo="relever le numérateur et le dénominateur"
            if averaged
            else "corriger over_time, ou vérifier avec qui a paramétré DHIS2",
            place=place,
            severity="error" if averaged else "warning",
        )


def not_mapped(mappings: Mappings, source: str) -> Iterator[Problem]:
    """Variables without cells for this source (null), one warning a file: their indicators stay empty there."""
    by_file: dict[str, list[str]] = {}
    for name, variable in mappings.variables.items():
        if variable.cells.get(source) is None:
            place = mappings.places.get(("variables", name))
            by_file.setdefault(place.file if place else "", []).append(name)
    for names in by_file.values():
        at = ("variables", names[0], "cells")
        yield Problem(
            code="variable-not-mapped",
            path=f"{names[0]}.cells.{source}",
            found=f"{len(names)} variable(s) sans cellule pour « {source} » : {listed(names, limit=len(names))}",
            expected=f"les éléments de « {source} » qui les portent, ou [] si elles n'y sont pas collectées",
            todo=f"« layidu draft --source {source} » propose des cellules ; les indicateurs restent vides d'ici là",
            place=mappings.places.get((*at, source)) or mappings.places.get(at),
            severity="warning",
        )


def unknown_options(mappings: Mappings, declared: Declared, cell: Cell, known: set[str]) -> Iterator[Problem]:
    """Options of the declaration that none of the element's combos has."""
    for dimension, bands in cell.bands.items():
        for option in bands:
            if option not in known:
                place = declared.place(mappings, "bands", dimension, option)
                path = f"{declared.path}.bands.{dimension}"
                kind = f"une option de catégorie de {cell.data_element}"
                yield unknown_name(path, option, kind, known, place, code="unknown-option")


def options_by_element(metadata: Metadata) -> dict[str, set[str]]:
    """Data element -> the category options its combos are made of."""
    joined = metadata.data_set_elements.merge(
        metadata.category_option_combos.rename(columns={"uid": "category_option_combo"}), on="category_combo"
    ).merge(metadata.combo_options, on="category_option_combo")
    options: dict[str, set[str]] = {}
    pairs = joined[["data_element", "category_option"]].drop_duplicates()
    for data_element, option in pairs.itertuples(index=False, name=None):
        options.setdefault(data_element, set()).add(option)
    return options


def periods_by_element(metadata: Metadata) -> dict[str, set[str]]:
    """Data element -> the period types of the pulled data sets it is entered in."""
    types = dict(zip(metadata.data_sets["uid"], metadata.data_sets["period_type"], strict=True))
    found: dict[str, set[str]] = {}
    pairs = metadata.data_set_elements[["data_set", "data_element"]]
    for data_set, data_element in pairs.itertuples(index=False, name=None):
        if data_set in types:
            found.setdefault(data_element, set()).add(types[data_set])
    return found
