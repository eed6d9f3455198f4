"""Runs of layidu in processes that may be killed: forked from one that has imported everything and done nothing."""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.chaos.points import NOT_REACHED, cut_at, kill_at, write_down

PRELOADED = [
    *("tests.chaos.processes", "flows.commands", "layidu.cli", "quality.evaluation", "quality.suites"),
    *("alembic.config", "alembic.command", "alembic.ddl", "alembic.runtime.migration", "alembic.script"),
]


def context() -> ForkServerContext:
    """Where the processes come from."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


def start(
    environment: Mapping[str, str],
    arguments: Sequence[str],
    output: Path,
    *,
    die_at: str | None = None,
    cut: tuple[str, float] | None = None,
    points: Path | None = None,
) -> BaseProcess:
    """Start `layidu …`; its exit code is the process's, its words are in the file."""
    process = context().Process(
        target=layidu, args=(dict(environment), list(arguments), output, die_at, cut, points)
    )
    process.start()
    return process


def layidu(
    environment: dict[str, str],
    arguments: list[str],
    output: Path,
    die_at: str | None,
    cut: tuple[str, float] | None,
    points: Path | None,
) -> None:
    """What the started process does."""
    from layidu.cli import main

    os.environ.clear()
    os.environ.update(environment)
    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    if points is not None:
        write_down(points)
    if die_at is not None:
        kill_at(die_at)
    reached = cut_at(*cut) if cut else ["nothing is to be cut"]
    sys.argv = ["layidu", *arguments]
    try:
        main()
    finally:
        if not reached:
            os._exit(NOT_REACHED)
