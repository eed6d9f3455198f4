"""A person's own set-up on the hamlet: a mappings folder, a home, and the command line run as a person runs it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layidu.sandbox.uids import uid

SHIPPED = Path(__file__).parents[1] / "mappings"
SOURCES = f"""
sandbox:
  label: Hameau d'essai
  url: sandbox:hamlet
  data_sets: [{uid("data_set", "SRPF")}, {uid("data_set", "PALU")}, {uid("data_set", "POP")}]
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a home and a mappings folder."""

    home: Path
    mappings: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `layidu` in a process of its own; a traceback is never an answer."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAYIDU_")}
        environment |= {"LAYIDU_HOME": str(self.home), "LAYIDU_MAPPINGS": str(self.mappings)}
        environment |= {**self.settings, **settings}
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "layidu", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


def hamlet_mappings(folder: Path) -> Path:
    """The shipped declarations, for the hamlet: it has no nutrition data set."""
    shutil.copytree(SHIPPED, folder)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "indicators" / "nutrition.yaml").unlink()
    quality = folder / "indicators" / "data_quality.yaml"
    quality.write_text(
        quality.read_text(encoding="utf-8").replace(f", {uid('data_set', 'NUT')}", ""), encoding="utf-8"
    )
    publications = (folder / "publications.yaml").read_text(encoding="utf-8")
    (folder / "publications.yaml").write_text(publications.split("\nNUT:")[0] + "\n", encoding="utf-8")
    return folder
