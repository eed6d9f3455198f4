"""Broken copies of the shipped declarations: how a case of `tests/golden/declarations` is made and what is said of it.

A case is a folder with `edit.yaml` (what is changed in a copy) and `expected.txt` (the new problems, as `layidu
check` prints them); a case called `server-…` is compared to a live server too. So that the cases survive
edits of the shipped files, a place shows the text of its line instead of its number, and a long list of valid
names is cut. Writing the expected texts anew is a command of its own:

    .venv/bin/python -m tests.broken_mappings
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from flows.checking import check_source, declared_problems
from layidu.mapping.checker import report
from layidu.mapping.problems import Problem
from layidu.mapping.reader import read_partly
from layidu.sandbox import accounts
from layidu.sandbox.server import serve_in_thread
from layidu.settings import read_settings, shipped
from tests.loaded_countries import loaded

CASES = Path(__file__).parent / "golden" / "declarations"
SOURCE = "sandbox"
#: Warnings that follow from nearly every edit; only a case named after one shows it.
BY_THE_WAY = frozenset({"unused-variable", "unused-dimension", "unused-measure", "unnamed-elements"})
LONG_LIST = re.compile(r"(?<=attendu)( : [^\n:]*)? : [^\n:]*(?:,[^\n,:]*){3,}$", re.MULTILINE)
PLACE = re.compile(r"^(?P<head>\w+ : )(?P<file>\S+?\.yaml):(?P<line>\d+):(?P<column>\d+)", re.MULTILINE)


Server = dict[str, str]  # the settings that lead to a live server; none: the declarations alone are checked


@contextmanager
def hamlet() -> Iterator[Server]:
    """The sandbox's smallest country, for the cases that ask a server."""
    with TemporaryDirectory() as temporary, serve_in_thread(loaded("hamlet"), Path(temporary)) as url:
        token = accounts.read(Path(temporary))["pull"].token
        yield {"LAYIDU_SANDBOX_URL": url, "LAYIDU_SANDBOX_TOKEN": token}


def cases(*, against: bool) -> list[Path]:
    """The cases that ask a server, or those that do not, by name."""
    every = sorted(path.parent for path in CASES.glob("*/edit.yaml"))
    return [case for case in every if case.name.startswith("server-") is against]


def copy_to(folder: Path) -> None:
    """A copy of the shipped declarations, with the shipped rules inside."""
    shutil.copytree(shipped("mappings"), folder)
    shutil.copytree(shipped("quality/rules"), folder / "rules")


def edited(case: Path, folder: Path) -> None:
    """Make the case's copy in a folder; an edit that does not fit the shipped files is an error."""
    copy_to(folder)
    for edit in YAML(typ="safe").load((case / "edit.yaml").read_text(encoding="utf-8"))["edits"]:
        path = folder / edit["file"]
        if "whole" in edit:
            path.parent.mkdir(exist_ok=True)
            path.write_text(edit["whole"], encoding="utf-8")
            continue
        text = path.read_text(encoding="utf-8")
        start = text.index(edit["after"]) if "after" in edit else 0
        assert edit["old"] in text[start:], f"{case.name}: « {edit['old']} » is no longer in {edit['file']}"
        path.write_text(text[:start] + text[start:].replace(edit["old"], edit["new"], 1), encoding="utf-8")


def problems_of(folder: Path, server: Server) -> list[Problem]:
    """All problems of a folder, its rules included, and those with a server when one is given."""
    reading = read_partly(folder)
    settings = read_settings({"LAYIDU_MAPPINGS": str(folder), **server}, folder)
    found = declared_problems(settings, reading)
    return found + (check_source(settings, reading.mappings, SOURCE) if server else [])


def shipped_problems(server: Server) -> frozenset[tuple[str, str, str]]:
    """What is said of the untouched copy."""
    with TemporaryDirectory() as temporary:
        copy_to(Path(temporary) / "mappings")
        found = problems_of(Path(temporary) / "mappings", server)
    return frozenset((one.code, one.path, one.found) for one in found)


def said_of(case: Path, known: frozenset[tuple[str, str, str]], server: Server) -> str:
    """What `layidu check` says of a case that it does not say of the shipped declarations."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "mappings"
        edited(case, folder)
        found = problems_of(folder, server)
        new = [
            one
            for one in found
            if (one.code, one.path, one.found) not in known
            and not (one.code in BY_THE_WAY and one.code not in case.name)
        ]
        return steady(report(new), folder)


def steady(text: str, folder: Path) -> str:
    """The same text whatever the machine, the line numbers and the number of shipped names."""

    def line_of(match: re.Match[str]) -> str:
        path = Path(match["file"])
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
        number = int(match["line"]) - 1
        line = lines[number].strip() if number < len(lines) else ""
        return f"{match['head']}{path.relative_to(folder)} « {line} » colonne {match['column']}"

    placed = PLACE.sub(line_of, text)
    return LONG_LIST.sub(r"\1 : …", placed).replace(f"{folder}/", "") + "\n"


def write_expected() -> None:
    """Write every expected text anew: to be read, case by case, before it is committed."""
    with hamlet() as server:
        for against in (True, False):
            known = shipped_problems(server if against else {})
            for case in cases(against=against):
                text = said_of(case, known, server if against else {})
                (case / "expected.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_expected()
