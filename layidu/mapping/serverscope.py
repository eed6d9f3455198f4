"""Whether a server's data sets, org units and codes are those the declarations count on, and what else is there."""

from collections.abc import Iterator

from layidu.mapping.contracts import Mappings
from layidu.mapping.nearest import listed, nearest
from layidu.mapping.problems import Problem, unknown_name
from layidu.model.inventory import Inventory
from layidu.model.metadata import Metadata


def check_scope(
    mappings: Mappings, source: str, metadata: Metadata, inventory: Inventory
) -> Iterator[Problem]:
    """Data sets, then org units, then corrections, of one source."""
    yield from data_sets(mappings, source, metadata, inventory)
    yield from at_two_levels(mappings, source, metadata)
    yield from unnamed_elements(mappings, source, metadata)
    yield from org_unit_codes(mappings, source, metadata)
    yield from corrections(mappings, source, metadata, inventory)


def data_sets(mappings: Mappings, source: str, metadata: Metadata, inventory: Inventory) -> Iterator[Problem]:
    """Declared data sets the server does not show this user, or that no org unit fills."""
    shown = set(metadata.data_sets["uid"])
    assigned = set(metadata.data_set_assignments["data_set"])
    for position, declared in enumerate(mappings.sources[source].data_sets):
        label = f" ({declared.label})" if declared.label else ""
        place = mappings.places.get(("sources", source, "data_sets", position))
        if declared.uid not in shown:
            near = nearest(declared.uid, inventory.data_sets)
            yield Problem(
                code="data-set-not-visible",
                path=f"{source}.data_sets[{position}]",
                found=f"{declared.uid}{label}, que le serveur ne montre pas à ce compte",
                expected="un jeu de données que ce compte peut lire"
                + (f" : {listed(named(inventory))}" if inventory.data_sets else ""),
                todo="corriger l'identifiant, ou demander le droit de lecture de ses données",
                place=place,
                near=f"{near} « {inventory.data_sets[near]} »" if near else None,
            )
        elif declared.uid not in assigned:
            yield Problem(
                code="data-set-not-assigned",
                path=f"{source}.data_sets[{position}]",
                found=f"{declared.uid}{label}, affecté à aucune unité d'organisation que ce compte voit",
                expected="un jeu de données que des structures remplissent",
                todo="faire affecter le jeu de données dans DHIS2, ou l'ôter de sources.yaml",
                place=place,
            )


def named(inventory: Inventory) -> list[str]:
    """The data sets of the server, with their names."""
    return [f"{uid} « {name} »" for uid, name in inventory.data_sets.items()]


def at_two_levels(mappings: Mappings, source: str, metadata: Metadata) -> Iterator[Problem]:
    """A data set filled by a unit and by units below it: a total typed above would be added to its own parts."""
    columns = metadata.org_units[["uid", "name", "path", "level"]].itertuples(index=False, name=None)
    units = {str(uid): (str(name), str(path), int(level)) for uid, name, path, level in columns}
    for position, declared in enumerate(mappings.sources[source].data_sets):
        rows = metadata.data_set_assignments
        filled = set(rows.loc[rows["data_set"].eq(declared.uid), "org_unit"])
        above = {
            ancestor
            for uid in filled
            for ancestor in units.get(uid, ("", "", 0))[1].split("/")[1:-1]
            if ancestor in filled
        }
        if not above:
            continue
        name, _, level = min(units[uid] for uid in above)
        yield Problem(
            code="assigned-at-two-levels",
            path=f"{source}.data_sets[{position}]",
            found=f"{declared.uid}, rempli par {len(above)} unité(s) et par des unités au-dessous d'elles, "
            f"comme « {name} » (niveau {level})",
            expected="un seul niveau de saisie ; un total saisi plus haut s'ajouterait à ses propres parties",
            todo="vérifier ce que saisit l'unité du haut : sa propre activité compte, un total compte double",
            place=mappings.places.get(("sources", source, "data_sets", position)),
            severity="warning",
        )


def unnamed_elements(mappings: Mappings, source: str, metadata: Metadata) -> Iterator[Problem]:
    """Elements of the pulled data sets that no variable names, one warning a data set."""
    mapped = {
        cell.data_element for one in mappings.variables.values() for cell in one.cells.get(source) or ()
    }
    names = dict(zip(metadata.data_elements["uid"], metadata.data_elements["name"], strict=True))
    rows = metadata.data_set_elements
    if not mappings.variables:
        return  # a copy without indicators maps nothing
    for position, declared in enumerate(mappings.sources[source].data_sets):
        members = set(rows.loc[rows["data_set"].eq(declared.uid), "data_element"])
        left = sorted(members - mapped, key=lambda uid: str(names.get(uid)))
        if not left:
            continue
        yield Problem(
            code="unnamed-elements",
            path=f"{source}.data_sets[{position}]",
            found=f"{len(left)} élément(s) sur {len(members)} qu'aucune variable ne nomme : "
            + listed([f"{names.get(uid)} [{uid}]" for uid in left]),
            expected="des éléments cartographiés, ou laissés de côté en connaissance de cause",
            todo=f"« layidu draft --source {source} --data-set {declared.uid} » en propose des variables",
            place=mappings.places.get(("sources", source, "data_sets", position)),
            severity="warning",
        )


def org_unit_codes(mappings: Mappings, source: str, metadata: Metadata) -> Iterator[Problem]:
    """Codes of org_units.yaml that no unit of the server bears, one warning a key: the unit may be gone."""
    declared = mappings.org_units
    if declared is None:
        return
    codes = set(metadata.org_units["code"].dropna())
    parents, regions = declared.expected_parents.get(source, {}), declared.regions.get(source, {})
    named = {"expected_parents": {*parents, *parents.values()}, "regions": set(regions)}
    for key, wanted in named.items():
        missing = sorted(wanted - codes)
        if not missing:
            continue
        at = next((code for code in getattr(declared, key)[source] if code in missing), None)
        yield Problem(
            code="unknown-org-unit",
            path=f"{key}.{source}",
            found=f"{len(missing)} code(s) que ne porte aucune unité du serveur : {listed(missing)}",
            expected="des codes d'unités d'organisation que ce compte voit",
            todo="corriger ces codes ; rien à faire si l'unité n'existe plus",
            place=mappings.places.get(("org_units", key, source, *([at] if at else []))),
            near=nearest(missing[0], codes),
            severity="warning",
        )


def corrections(
    mappings: Mappings, source: str, metadata: Metadata, inventory: Inventory
) -> Iterator[Problem]:
    """Corrections name cells the server has."""
    known = {
        "data_element": set(metadata.data_elements["uid"]) | set(inventory.elements),
        "org_unit": set(metadata.org_units["uid"]) | inventory.org_units,
        "category_option_combo": set(metadata.category_option_combos["uid"]),
    }
    for position, correction in enumerate(mappings.corrections):
        if correction.source != source:
            continue
        for key, valid in known.items():
            uid = getattr(correction, key)
            if uid is not None and uid not in valid:
                place = mappings.places.get(("corrections", position, key))
                kind = "un identifiant que le serveur montre à ce compte"
                yield unknown_name(f"[{position}].{key}", uid, kind, valid, place, code="unknown-id")
