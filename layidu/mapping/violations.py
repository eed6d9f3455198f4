"""What a broken contract means in words: pydantic's errors as problems with their place in the file."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from layidu.mapping.nearest import listed, nearest
from layidu.mapping.problems import Place, Problem
from layidu.mapping.yaml_places import Document, Path_, spelled

#: pydantic's error type -> what was expected; `{name}` is filled from the error's context.
EXPECTED = {
    "float_type": "un nombre",
    "float_parsing": "un nombre, avec un point (0.22) et sans espace",
    "finite_number": "un nombre fini",
    "int_type": "un nombre entier",
    "int_parsing": "un nombre entier, sans espace",
    "int_from_float": "un nombre entier",
    "bool_type": "true ou false",
    "bool_parsing": "true ou false",
    "string_type": "un texte",
    "list_type": "une liste (des lignes « - … »)",
    "dict_type": "des clés et leurs valeurs",
    "model_type": "des clés et leurs valeurs",
    "string_too_long": "au plus {max_length} caractères",
    "greater_than_equal": "au moins {ge}",
}
#: Patterns of the contracts -> what a person calls them.
PATTERNS = {
    "^[a-zA-Z][a-zA-Z0-9]{10}$": "un identifiant DHIS2 : 11 lettres et chiffres, une lettre en premier",
    "^[0-9]{4}(0[1-9]|1[0-2])$": "un mois AAAAMM, comme 202401",
}
AGAIN = " ; puis relancer « layidu check »"


def problems_of(error: ValidationError, shape: Any, document: Document) -> Iterator[Problem]:
    """One problem a place: of a union's several complaints about one value, the first speaks."""
    seen: set[Path_] = set()
    for detail in error.errors(include_url=False):
        path = written(detail["loc"], document)
        if detail["type"] in {"missing", "extra_forbidden"} or path not in seen:
            yield problem_of(detail, path, shape, document)
        seen.add(path)


def written(location: tuple[str | int, ...], document: Document) -> Path_:
    """The longest part of pydantic's location that stands in the file (a union adds names of its own)."""
    for length in range(len(location), 0, -1):
        if location[:length] in document.places:
            return location[:length]
    return ()


def problem_of(detail: ErrorDetails, path: Path_, shape: Any, document: Document) -> Problem:
    """One problem, by kind."""
    if detail["type"] == "extra_forbidden":
        return unknown_key(path, shape, document)
    if detail["type"] == "missing":
        return missing_key(str(detail["loc"][-1]), path, document)
    return wrong_value(detail, path, document)


def unknown_key(path: Path_, shape: Any, document: Document) -> Problem:
    """A key the contract does not know, with the nearest one it does."""
    key, valid = str(path[-1]), keys_at(shape, path[:-1])
    return Problem(
        code="unknown-key",
        path=spelled(path),
        found=f"la clé « {key} »",
        expected=f"l'une de : {listed(valid, limit=30)}",
        todo="corriger la clé, ou la retirer" + AGAIN,
        place=document.keys.get(path),
        near=nearest(key, valid),
    )


def missing_key(key: str, path: Path_, document: Document) -> Problem:
    """A key the contract asks for."""
    return Problem(
        code="missing-key",
        path=spelled((*path, key)),
        found=f"pas de clé « {key} »",
        expected=f"la clé « {key} » (null si la valeur n'est pas connue et que le contrat le permet)",
        todo="ajouter la clé" + AGAIN,
        place=document.keys.get(path) or document.places.get(path),
    )


def wrong_value(detail: ErrorDetails, path: Path_, document: Document) -> Problem:
    """A value of another kind than the contract says."""
    context, value = detail.get("ctx", {}), detail["input"]
    expected = EXPECTED.get(detail["type"], "une valeur conforme au contrat ({error})").format_map(
        {"error": detail["msg"], **context}
    )
    near = None
    if detail["type"] == "literal_error":
        expected, near = (
            f"l'une de ces valeurs : {context['expected']}",
            near_choice(value, context["expected"]),
        )
    elif detail["type"] == "string_pattern_mismatch":
        expected = PATTERNS.get(context["pattern"], expected)
    return Problem(
        code="wrong-value",
        path=spelled(path),
        found=shown_value(value),
        expected=expected,
        todo=advice(value) + AGAIN,
        place=place_of(path, document),
        near=near,
    )


def near_choice(value: object, expected: str) -> str | None:
    """The nearest of pydantic's list of allowed values (`'sum', 'last' or 'average'`)."""
    return nearest(str(value), expected.split("'")[1::2])


def advice(value: object) -> str:
    """What usually lies behind a value of the wrong kind."""
    if value is None:
        return "écrire la valeur ; un texte qui commence par « # » se met entre guillemets"
    return "corriger la valeur"


def shown_value(value: object) -> str:
    """A value as a message shows it: short, and never a dump."""
    if value is None:
        return "rien (null)"
    if isinstance(value, dict):
        return "des clés et leurs valeurs"
    if isinstance(value, list):
        return "une liste"
    text = str(value)
    return f"« {text if len(text) <= 80 else text[:79] + '…'} »"


def place_of(path: Path_, document: Document) -> Place | None:
    """Where a value stands; the file's first line when nothing closer is known."""
    return document.places.get(path) or Place(document.file, 1, 1)


def keys_at(shape: Any, path: Path_) -> list[str]:
    """The keys the contract knows at a path."""
    for part in path:
        shape = step(shape, part)
    return [name for model in alternatives(shape) if is_model(model) for name in model.model_fields]


def step(shape: Any, part: str | int) -> Any:
    """The shape one key or position further in."""
    for option in alternatives(shape):
        if is_model(option) and part in option.model_fields:
            return option.model_fields[str(part)].annotation
        if get_origin(option) in {dict, list}:
            return get_args(option)[-1]
    return None


def alternatives(shape: Any) -> tuple[Any, ...]:
    """The members of a union, or the shape alone."""
    return get_args(shape) if get_origin(shape) in {Union, UnionType} else (shape,)


def is_model(shape: Any) -> bool:
    """Whether a shape is one of the contracts."""
    return isinstance(shape, type) and issubclass(shape, BaseModel)
