"""What an editor is told of the declarations: current, referred to by every file, and no stricter than the reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from flows.schemas import stale_schemas, update_schemas
from layidu.mapping.reader import SECTIONS, declared_files
from layidu.mapping.schemas import FOLDER, MARK, mark_of, name_of, schemas
from layidu.settings import shipped
from quality.rules import Rule
from tests.broken_mappings import cases, edited
from tests.hamlet import Person

MAPPINGS, RULES = shipped("mappings"), shipped("quality/rules")
FILES = [*declared_files(MAPPINGS).values(), *sorted(RULES.glob("*.yaml"))]


def validator(path: Path) -> Draft202012Validator:
    """The schema a file's first line names."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(MARK), path
    found = (path.parent / first.removeprefix(MARK)).resolve()
    schema: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_shipped_schemas_are_those_of_the_contracts() -> None:
    assert stale_schemas(MAPPINGS) == [], "run: layidu schemas"
    assert len(schemas(Rule)) == len(SECTIONS) + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_file_names_its_schema_and_keeps_it(path: Path) -> None:
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    errors = [f"{error.json_path}: {error.message}" for error in validator(path).iter_errors(content)]
    assert errors == []


@pytest.mark.parametrize(
    ("section", "text", "right"),
    [
        (
            "sources.json",
            "a: {data_sets: [AbCdEfGhIj1, {uid: AbCdEfGhIj2, since: 202401}], re_read: '3'}",
            True,
        ),
        ("sources.json", "a: {data_sets: [trop-court]}", False),
        ("sources.json", "a: {sinse: 24}", False),
        ("variables.json", "v: {name: V, unit: u, cells: {a: null}}", True),
        ("variables.json", "v: {name: V, unit: u, over_time: summ, cells: {a: null}}", False),
        ("variables.json", "v: {name: V, cells: {a: null}}", False),
        ("methods.json", "{default_factor_set: 2022, methods: {}}", True),
        ("rules.json", "r: {check: between, action: ward, reason: x}", False),
    ],
)
def test_an_editor_sees_what_the_reader_would_say(section: str, text: str, *, right: bool) -> None:
    schema = json.loads(schemas(Rule)[section])
    content = YAML(typ="safe", pure=True).load(text)
    assert Draft202012Validator(schema).is_valid(content) is right


@pytest.mark.parametrize("name", ["misspelt-key", "missing-source", "month-that-is-none"])
def test_a_broken_copy_is_wavy_before_it_is_checked(tmp_path: Path, name: str) -> None:
    case = next(one for one in cases(against=False) if one.name == name)
    edited(case, tmp_path / "mappings")
    wrong = 0
    for path in declared_files(tmp_path / "mappings").values():
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        wrong += not validator(path).is_valid(content)
    assert wrong == 1


def test_every_place_of_a_folder_has_its_mark() -> None:
    assert mark_of("sources.yaml") == f"{MARK}{FOLDER}/sources.json"
    assert mark_of("variables/a.yaml") == f"{MARK}../{FOLDER}/variables.json"
    assert mark_of("rules/a.yaml") == f"{MARK}../{FOLDER}/rules.json"
    assert mark_of("inconnu.yaml") is None
    assert len({name_of(section.files) for section in SECTIONS}) == len(SECTIONS)


def test_stale_schemas_are_named_and_written_anew(tmp_path: Path) -> None:
    person = Person(tmp_path / "home", tmp_path / "mappings")
    (tmp_path / "mappings").mkdir()
    told = person.run("schemas", "--check")
    assert told.returncode == 3
    assert "layidu schemas" in told.stderr
    assert person.run("schemas").returncode == 0
    assert person.run("schemas", "--check").returncode == 0
    (tmp_path / "mappings" / FOLDER / "ancien.json").write_text("{}", encoding="utf-8")
    assert stale_schemas(tmp_path / "mappings") == ["ancien.json"]
    update_schemas(tmp_path / "mappings")
    assert stale_schemas(tmp_path / "mappings") == []
