"""Whether the identifiers in the declarations exist on a server, and hold numbers."""

from collections.abc import Iterator

from layidu.mapping.contracts import Cell, Mappings
from layidu.mapping.expand import Declared, expand_cells
from layidu.mapping.problems import Problem, unknown_name
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


def check_against(mappings: Mappings, source: str, metadata: Metadata) -> list[Problem]:
    """All problems between the declarations and one source's metadata."""
    return [
        *missing_data_sets(mappings, source, metadata),
        *cells_against(mappings, source, metadata),
        *expand_cells(mappings, source, metadata)[1],
    ]


def missing_data_sets(mappings: Mappings, source: str, metadata: Metadata) -> Iterator[Problem]:
    """Declared data sets the server does not show this user."""
    shown = set(metadata.data_sets["uid"])
    for position, declared in enumerate(mappings.sources[source].data_sets):
        if declared.uid not in shown:
            label = f" ({declared.label})" if declared.label else ""
            yield Problem(
                code="data-set-not-visible",
                path=f"{source}.data_sets[{position}]",
                found=f"{declared.uid}{label}, que le serveur ne montre pas à ce compte",
                expected="un jeu de données que ce compte peut lire",
                todo="corriger l'identifiant, ou demander le droit de lecture de ses données",
                place=mappings.places.get(("sources", source, "data_sets", position)),
            )


def cells_against(mappings: Mappings, source: str, metadata: Metadata) -> Iterator[Problem]:
    """Value types, and option uids no combo of the element has."""
    value_types = dict(zip(metadata.data_elements["uid"], metadata.data_elements["value_type"], strict=True))
    options = options_by_element(metadata)
    for name, variable in sorted(mappings.variables.items()):
        for position, cell in enumerate(variable.cells.get(source) or ()):
            declared = Declared(name, source, cell, position)
            value_type = value_types.get(cell.data_element)
            if value_type is not None and value_type not in NUMERIC:
                yield Problem(
                    code="not-numeric",
                    path=f"{declared.path}.data_element",
                    found=f"{cell.data_element}, de type {value_type}",
                    expected="un élément de données numérique",
                    todo="choisir un autre élément de données",
                    place=declared.place(mappings, "data_element"),
                )
            if cell.data_element in options:
                yield from unknown_options(mappings, declared, cell, options[cell.data_element])


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
