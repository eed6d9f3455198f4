"""The command line's own help, command by command."""

from collections.abc import Iterator
from typing import Any

import typer.main
from typer.testing import CliRunner

from layidu.cli import app


def write() -> str:
    """Every command with its help, as the terminal shows it."""
    parts = ["# Commandes", "", "Page écrite par `make docs` à partir du programme."]
    for path in paths(typer.main.get_command(app), ()):
        parts += ["", f"## {' '.join(('layidu', *path))}", "", "```", help_of(path), "```"]
    return "\n".join(parts)


def paths(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A command and those below it."""
    yield path
    for name, below in sorted(getattr(command, "commands", {}).items()):
        if not below.hidden:
            yield from paths(below, (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """What `--help` answers."""
    answer = CliRunner().invoke(app, [*path, "--help"], prog_name="layidu", env={"COLUMNS": "100"})
    if answer.exit_code:
        raise AssertionError(f"layidu {' '.join(path)} --help: {answer.output}")
    return answer.output.strip()
