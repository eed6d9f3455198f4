"""The contracts as JSON Schema, for editors: completion, and a wavy line before `layidu check` is asked.

A schema says what a file may look like, `check` whether it is right. Our reader takes every scalar as the text that
was written, so where a contract wants text an editor must allow a number or a yes too (`valid_from: 202401`).
"""

import json
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from layidu.mapping.reader import SECTIONS

FOLDER = "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
MARK = "# yaml-language-server: $schema="
RULES = "rules"
TEXTS = ["string", "number", "boolean"]
#: What may stand in quotes too, and how it then looks.
QUOTED = {
    "number": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    "integer": r"^[+-]?[0-9]+$",
    "boolean": "^(true|false|yes|no|on|off|1|0)$",
}
PLAIN = frozenset({"default", "enum", "const"})


def schemas(rule: Any) -> dict[str, str]:
    """File name -> text of each schema; `rule` is the shape of a rule (another room's)."""
    made = {name_of(section.files): schema_of(section.shape, section.files) for section in SECTIONS}
    return {**made, f"{RULES}.json": schema_of(dict[str, rule], f"{RULES}/*")}


def name_of(files: str) -> str:
    """The schema of the files of a section: `variables/*` -> variables.json, `methods.yaml` -> methods.json."""
    path = PurePosixPath(files)
    return f"{path.parent.name if path.name == '*' else path.stem}.json"


def schema_of(shape: Any, files: str) -> str:
    """One schema as text, the same whenever the contract is the same."""
    found = TypeAdapter(shape).json_schema(mode="validation")
    written = {
        "$schema": DRAFT,
        "title": files.replace("*", "NOM.yaml"),
        **relaxed(found, definitions(found)),
    }
    return json.dumps(written, ensure_ascii=False, indent=1) + "\n"


def definitions(found: dict[str, Any]) -> dict[str, Any]:
    """The named shapes of a schema."""
    named: dict[str, Any] = found.get("$defs", {})
    return named


def relaxed(node: Any, named: dict[str, Any]) -> Any:
    """A schema with text written as YAML lets it be written, and a bare uid where `{uid: …}` is meant."""
    if isinstance(node, list):
        return [relaxed(one, named) for one in node]
    if not isinstance(node, dict):
        return node
    done = {
        key: value if key in PLAIN else relaxed(value, named)
        for key, value in node.items()
        if not automatic(key, value, node)
    }
    kind = node.get("type")
    if isinstance(kind, str) and ("enum" in node or "const" in node):
        done.pop("type")  # one of these texts, however it is written
    elif kind == "string":
        done["type"] = TEXTS
    elif isinstance(kind, str) and kind in QUOTED:
        done |= {"type": [kind, "string"], "pattern": QUOTED[kind]}
    if done.get("$ref") == "#/$defs/SourceDataSet":
        uid = named["SourceDataSet"]["properties"]["uid"]
        return {"anyOf": [done, {"type": "string", "pattern": uid["pattern"]}]}
    return done


def automatic(key: str, value: Any, node: dict[str, Any]) -> bool:
    """Titles that only repeat the key's name; a property called `title` is a shape, not a text."""
    return key == "title" and isinstance(value, str) and ("type" in node or "anyOf" in node or "$ref" in node)


def mark_of(relative: str) -> str | None:
    """The line that tells an editor the schema of a file of a mappings folder; None for a name nobody reads."""
    parent = PurePosixPath(relative).parent
    up = "../" * len(parent.parts)
    if parent.parts[:1] == (RULES,):
        return f"{MARK}{up}{FOLDER}/{RULES}.json"
    for section in SECTIONS:
        if section.files == relative or section.files == f"{parent}/*":
            return f"{MARK}{up}{FOLDER}/{name_of(section.files)}"
    return None
