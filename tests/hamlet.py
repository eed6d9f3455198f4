"""A person's own set-up on the hamlet: a mappings folder, a home, and the command line run as a person runs it."""

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

from layidu.cli import main
from layidu.sandbox.uids import uid

SHIPPED = Path(__file__).parents[1] / "mappings"
SOURCES = f"""
sandbox:
  label: Hameau d'essai
  url: sandbox:hamlet
  second_look_seconds: 0
  data_sets: [{uid("data_set", "SRPF")}, {uid("data_set", "PALU")}, {uid("data_set", "POP")}]
"""


class Answer(NamedTuple):
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a home and a mappings folder."""

    home: Path
    mappings: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Nothing of layidu's but what this person set."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYIDU_")}
        own = {"LAYIDU_HOME": str(self.home), "LAYIDU_MAPPINGS": str(self.mappings)}
        return {**inherited, **own, **self.settings, **settings}

    def run_alone(self, *arguments: str, **settings: str) -> Answer:
        """Run `layidu` in a process of its own, as a shell does."""
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "layidu", *arguments],
            env=self.environment(settings),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str, **settings: str) -> Answer:
        """The same command line in this process: its imports, seconds each time, are paid once."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment(settings), clear=True),
            mock.patch.object(sys, "argv", ["layidu", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        code = ended.value.code
        return Answer(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def hamlet_mappings(folder: Path) -> Path:
    """The shipped declarations, for the hamlet: it has no nutrition data set."""
    shutil.copytree(SHIPPED, folder)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "indicators" / "nutrition.yaml").unlink()
    quality = folder / "indicators" / "data_quality.yaml"
    text = quality.read_text(encoding="utf-8").replace(f", {uid('data_set', 'NUT')}", "")
    quality.write_text(without_block(text, "DQ-COMPL-NUT"), encoding="utf-8")
    publications = folder / "publications.yaml"
    publications.write_text(without_block(publications.read_text(encoding="utf-8"), "NUT"), encoding="utf-8")
    for commitments in (folder / "commitments").glob("*.yaml"):
        text = re.sub(r"\n +companions: \[[^\]]*NUT-[^\]]*\]", "", commitments.read_text(encoding="utf-8"))
        commitments.write_text(text, encoding="utf-8")
    return folder


def without_block(text: str, name: str) -> str:
    """A YAML file without one of its top-level keys."""
    blocks = re.split(r"\n(?=\S)", text)
    return "\n".join(block for block in blocks if not block.startswith(f"{name}:"))
