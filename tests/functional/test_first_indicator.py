"""The walkthrough from a foreign DHIS2 to a first indicator, executed as it is printed."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layidu.sandbox import process

PAGE = Path(__file__).parents[2] / "docs" / "fr" / "premier_indicateur.md"
BLOCK = re.compile(
    r"^```(?P<kind>console|yaml)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
LIMIT = 30 * 60  # seconds: what the page promises, reading included


@pytest.fixture(scope="module")
def home(short_home: Callable[[], Path]) -> Iterator[Path]:
    home = short_home()
    yield home
    process.stop(home / "sandbox" / "lakeland")


@pytest.fixture(scope="module")
def told(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Everything the page's commands printed; the first that fails ends it."""
    folder = tmp_path_factory.mktemp("walk")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYIDU_")}
    environment = {
        **inherited,
        "LAYIDU_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    commands = []
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["kind"] == "yaml":
            (folder / "blocks").mkdir(exist_ok=True)
            kept = folder / "blocks" / str(len(commands))
            kept.write_text(block["text"], encoding="utf-8")
            commands.append(f"mkdir -p '{Path(block['file']).parent}' && cp '{kept}' '{block['file']}'")
        else:
            commands += re.findall(r"^\$ (.*)$", block["text"], re.MULTILINE)
    assert sum(command.startswith("layidu ") for command in commands) >= 8
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the page's own commands
        ["/bin/bash", "-e", "-o", "pipefail", "-c", "\n".join(commands)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert time.monotonic() - started < LIMIT
    return done.stdout + done.stderr


def test_the_choice_of_data_sets_is_shown_before_one_is_named(told: str) -> None:
    assert "rQkEhSmqBMK « Reproductive health monthly summary »" in told


def test_the_server_accepts_the_draft_and_the_first_indicators(told: str) -> None:
    assert "2 indicateurs, 11 variables" in told
    assert not re.search(r"^erreur : (?!source « lac », jeux de données)", told, re.MULTILINE), told


def test_the_first_indicator_is_explained_down_to_the_cells_of_the_server(told: str) -> None:
    assert "SM-CPN4 · CPN4 rapportées aux CPN1" in told
    assert re.search(r"ANC fourth contact \[hq0UwuKPIAN\]", told)
    assert told.count("= numérateur, vérifié") == 2
    assert told.count("= dénominateur, vérifié") == 2
