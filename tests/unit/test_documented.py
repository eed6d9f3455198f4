"""What is documented exists and is executed: every command, setting and deployment by at least one test.

A command counts as executed where a test hands its words to the command line, or where the walkthrough that a test
executes as it is printed has it. Lines of the pages are parsed by the command line itself.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML
from typer._click.exceptions import ClickException

from layidu.cli import app
from layidu.settings import shipped
from tests.docs.commands import paths
from tests.named_tests import ROOT, require_named

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "fr").glob("*.md"))]
WALKTHROUGH = ROOT / "docs" / "fr" / "premier_indicateur.md"
#: Said by a page to be still missing.
NOT_YET = {("backup",), ("restore",)}
SCHEDULED = "tests/functional/test_schedule.py::test_a_scheduled_night_runs_by_itself_and_down_leaves_nothing"
#: Executed by the function it calls: the test deploys a schedule of its own.
BY_FUNCTION = {("up",): SCHEDULED}
#: Settings that stand for an instance's name: `LAYIDU_NOM_TOKEN` is given as `LAYIDU_NATIONAL_TOKEN`, say.
NAMED = re.compile(r"LAYIDU_(?:NOM|NATIONAL|LAC|SANDBOX|CIBLE)_")
DEPLOYMENTS = {"chaque-nuit": SCHEDULED, "chaque-semaine": SCHEDULED, "reprise": SCHEDULED}
Path_ = tuple[str, ...]


def commands() -> list[Path_]:
    """Every command of the command line, without the groups that do nothing alone."""
    found = [path for path in paths(typer.main.get_command(app), ()) if path]
    groups = {path[:-1] for path in found}
    return [path for path in found if path not in groups]


@cache
def words_run() -> tuple[Path_, ...]:
    """The words that tests hand to the command line: first arguments of `run`, lists of `invoke` and `start`."""
    found: list[Path_] = []
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in {"run", "run_alone"}:
                found.append(tuple(leading(node.args)))
            elif node.func.attr in {"invoke", "start"}:
                found += [tuple(leading(one.elts)) for one in node.args if isinstance(one, ast.List)]
    walked = re.findall(r"^\$ layidu (.*)$", WALKTHROUGH.read_text(encoding="utf-8"), re.MULTILINE)
    return (*found, *(tuple(shlex.split(line)) for line in walked))


def leading(nodes: list[ast.expr]) -> Iterator[str]:
    """The texts a list begins with."""
    for node in nodes:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return
        yield node.value


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_is_executed_by_a_test(command: Path_) -> None:
    if command in BY_FUNCTION:
        require_named("a process is started", (BY_FUNCTION[command],))
        return
    assert any(words[: len(command)] == command for words in words_run()), f"no test runs layidu {command}"


def lines_of_pages() -> Iterator[tuple[str, str]]:
    """Every command line a page shows, in a block or between backticks."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown = [
            *re.findall(r"`(layidu [^`]+)`", text),
            *re.findall(r"^\s*\$?\s*(layidu .*)$", text, re.MULTILINE),
        ]
        for line in shown:
            for one in re.split(r"&&|\|\||\| ", line.partition("  #")[0]):
                if one.strip().startswith("layidu "):
                    yield page.name, " ".join(one.split())


def unprinted(line: str) -> list[str]:
    """The words of a shown line, with something real where the page says what to put there."""
    text = re.sub(r"\[([^\]]*)\]", r"\1", line).replace("« … »", "'x'").replace("N°", "1").replace("…", "")
    return shlex.split(text)[1:]


LINES = sorted(set(lines_of_pages()))


def test_the_pages_show_commands() -> None:
    assert len(LINES) > 50


@pytest.mark.parametrize(("page", "line"), LINES, ids=[f"{page}: {line}" for page, line in LINES])
def test_every_line_a_page_shows_is_one_the_command_line_takes(page: str, line: str) -> None:
    words = unprinted(line)
    if tuple(words[:1]) in NOT_YET:
        return
    assert page
    command: Any = typer.main.get_command(app)
    context = command.make_context("layidu", list(words), resilient_parsing=True)
    while words and hasattr(command, "get_command"):
        found = command.get_command(context, words[0])
        if found is None:
            break
        command, words = found, words[1:]
    assert command.name or not words or words[0].startswith("-"), f"{line}: no such command"
    if not hasattr(command, "get_command") and words:  # a bare `layidu import` names the command alone
        try:
            command.make_context(command.name, list(words))
        except ClickException as error:
            pytest.fail(f"{page}: {line}: {error.format_message()}")


def settings_of(text: str) -> set[str]:
    return {NAMED.sub("LAYIDU_NOM_", one).rstrip("_") for one in re.findall(r"LAYIDU_[A-Z_]*[A-Z]", text)}


def test_every_documented_setting_is_given_by_a_test() -> None:
    documented = set().union(*(settings_of(page.read_text(encoding="utf-8")) for page in PAGES))
    given = set().union(
        *(
            settings_of(path.read_text(encoding="utf-8"))
            for path in (ROOT / "tests").rglob("*.py")
            if path != Path(__file__)
        )
    )
    bare = {"LAYIDU_NOM", "LAYIDU_NOM_PUSH", "LAYIDU_NOM_ANALYTICS", "LAYIDU_NOM_ADMIN"}  # named with `_…`
    assert len(documented) >= 9
    assert documented - given - bare == set()


def test_every_setting_that_is_read_is_documented() -> None:
    read: set[str] = set()
    for folder in ("layidu", "flows", "warehouse", "quality"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"LAYIDU_(?:HOME|MAPPINGS|[A-Z]+_[A-Z_]*[A-Z])\b", text))
            read |= {f"LAYIDU_{name}" for name in re.findall(r'settings\.get\(\s*"([A-Z_]+)"', text)}
    documented = set(
        re.findall(r"LAYIDU_[A-Z_]*[A-Z]", (ROOT / "docs/fr/administrateur.md").read_text("utf-8"))
    )
    assert {one for one in read if "SOURCE" not in one} - documented == set()


def test_every_deployment_is_executed_by_a_test() -> None:
    deployed = YAML(typ="safe").load(shipped("prefect.yaml"))["deployments"]
    assert {one["name"] for one in deployed} == DEPLOYMENTS.keys()
    for test in DEPLOYMENTS.values():
        require_named("it is started by a worker", (test,))
