"""Folders of YAML files that declare named things of one shape, such as the rules of `quality/rules`."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from layidu.mapping.contracts import Places
from layidu.mapping.problems import DeclarationErrors, Place, Problem
from layidu.mapping.violations import problems_of
from layidu.mapping.yaml_places import read_document

Shape = TypeVar("Shape", bound=BaseModel)


def read_named(folder: Path, shape: type[Shape], places: Places | None = None) -> dict[str, Shape]:
    """Every name of every file of a folder, in order of file and line; all problems at once.

    `places`, when given, is filled with where everything stands: (name, key, …) -> place.

    Raises:
        DeclarationErrors: with each problem's file:line:column; also when the folder declares nothing.
    """
    named: dict[str, Shape] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        document = read_document(path, shown_path(path))
        if places is not None:
            places.update({where: place for where, place in document.places.items() if where not in places})
        problems.extend(document.problems)
        if document.value is None:
            continue
        try:
            read = TypeAdapter(dict[str, shape]).validate_python(document.value)  # type: ignore[valid-type]
        except ValidationError as error:
            problems.extend(problems_of(error, dict[str, shape], document))  # type: ignore[valid-type]
            continue
        problems.extend(twice(name, path) for name in read if name in named)
        named.update(read)
    if not named and not problems:
        problems.append(nothing(folder))
    if problems:
        raise DeclarationErrors(problems)
    return named


def shown_path(path: Path) -> str:
    """How messages call a file: as seen from the working folder when it lies below, else in full."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def twice(name: str, path: Path) -> Problem:
    """The same name in two files."""
    return Problem(
        code="duplicate-key",
        path=name,
        found=f"« {name} » une seconde fois",
        expected="chaque nom dans un seul fichier",
        todo="garder une seule des deux déclarations",
        place=Place(str(path), 1, 1),
    )


def nothing(folder: Path) -> Problem:
    """A folder that declares nothing would make a gate that checks nothing."""
    return Problem(
        code="empty-folder",
        path=str(folder),
        found="aucune déclaration",
        expected="au moins un fichier YAML qui déclare quelque chose",
        todo="y mettre au moins une règle, ou retirer le dossier pour reprendre les règles livrées",
    )
