"""Does docs/dhis2_quirks.md say five things of each quirk, and is all it names really there?"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from layidu.sandbox.dialects import Change
from layidu.sandbox.faults import parse

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dhis2_quirks.md").read_text(encoding="utf-8")
FIELDS = ["version", "see", "we", "test", "gone"]
ENTRIES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def fields(entry: str) -> list[tuple[str, str]]:
    """The parts of an entry, in order: name and text."""
    parts = re.split(r"\*\*(\w+)\*\*", entry)
    return [(name, text.strip()) for name, text in zip(parts[1::2], parts[2::2], strict=True)]


def named_in(entry: str) -> list[str]:
    """The tests an entry names; `::name` stands in the file named before it."""
    found, file = [], ""
    for named in re.findall(r"`([^`]*::\w+)`", dict(fields(entry))["test"]):
        path, _, name = named.partition("::")
        file = path or file
        found.append(f"{file}::{name}")
    return found


@cache
def defined_in(path: str) -> frozenset[str]:
    """The functions of a file of tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_the_page_has_entries() -> None:
    assert len(ENTRIES) == PAGE.count("\n### ") >= 45


@pytest.mark.parametrize("title", ENTRIES)
def test_an_entry_says_five_things(title: str) -> None:
    found = fields(ENTRIES[title])
    assert [name for name, _ in found] == FIELDS
    assert all(len(text) > 5 for _, text in found)


@pytest.mark.parametrize("title", ENTRIES)
def test_the_tests_an_entry_names_exist(title: str) -> None:
    named = named_in(ENTRIES[title])
    assert named
    for test in named:
        path, _, name = test.partition("::")
        assert path.startswith("tests/")
        assert name.startswith("test_")
        assert name in defined_in(path), f"{test} is gone"


def test_every_change_of_the_sandbox_s_dialects_is_a_quirk_and_the_other_way_round() -> None:
    assert set(re.findall(r"`(V2\d\d_\w+)`", PAGE)) == {change.name for change in Change}


def test_every_fault_the_page_names_is_one() -> None:
    asked = re.findall(r"`--fault ([^`]+)`", PAGE)
    assert asked
    for text in asked:
        parse(text.replace("…", "x"))
