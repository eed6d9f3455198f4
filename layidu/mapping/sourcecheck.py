"""Whether every fact says where it comes from: `source` is asked of every declaration that has one."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from layidu.mapping.contracts import Correction, Mappings
from layidu.mapping.draft_names import UNKNOWN
from layidu.mapping.nearest import listed
from layidu.mapping.problems import Problem
from layidu.mapping.yaml_places import Path_, spelled

#: Fields of `Mappings` that are no declarations.
NOT_DECLARED = frozenset({"folder", "digest", "places", "sources"})


def check_sources(mappings: Mappings) -> Iterator[Problem]:
    """An empty source is an error; one left out where the contract lets it be is a warning."""
    for section in type(mappings).model_fields:
        if section not in NOT_DECLARED:
            yield from below(mappings, (section,), getattr(mappings, section))


def check_unfinished(mappings: Mappings) -> Iterator[Problem]:
    """Units a draft left open, one warning a file."""
    by_file: dict[str, list[str]] = {}
    for name, variable in mappings.variables.items():
        place = mappings.places.get(("variables", name, "unit"))
        if variable.unit == UNKNOWN:
            by_file.setdefault(place.file if place else "", []).append(name)
    for names in by_file.values():
        yield Problem(
            code="draft-unfinished",
            path=f"{names[0]}.unit",
            found=f"{len(names)} unité(s) « {UNKNOWN} » : {listed(names)}",
            expected="ce qui est compté : femmes, visites, tests…",
            todo="écrire l'unité ; personne ne peut la deviner",
            place=mappings.places.get(("variables", names[0], "unit")),
            severity="warning",
        )


def below(mappings: Mappings, path: Path_, found: object) -> Iterator[Problem]:
    """Every declaration at a path and deeper."""
    if isinstance(found, BaseModel):
        yield from declared(mappings, path, found)
    elif isinstance(found, Mapping):
        for key, value in found.items():
            yield from below(mappings, (*path, key), value)
    elif isinstance(found, Sequence) and not isinstance(found, str):
        for position, value in enumerate(found):
            yield from below(mappings, (*path, position), value)


def declared(mappings: Mappings, path: Path_, found: BaseModel) -> Iterator[Problem]:
    """One declaration, and those inside it."""
    for name in type(found).model_fields:
        yield from below(mappings, (*path, name), getattr(found, name))
    if "source" not in type(found).model_fields or isinstance(found, Correction):
        return  # a correction's `source` is the instance it is about
    source = getattr(found, "source")  # noqa: B009 - not every declaration has one
    if source is None or not str(source).strip():
        missing = source is None
        yield Problem(
            code="no-source",
            path=spelled((*path[1:], "source")),
            found="aucune source" if missing else "une source vide",
            expected="le document, le formulaire ou la décision d'où vient cette déclaration",
            todo="ajouter « source: … » ; sans elle, personne ne peut défendre le chiffre",
            place=mappings.places.get((*path, "source")) or mappings.places.get(path),
            severity="warning" if missing else "error",
        )
