"""`layidu demo`: one whole night on the sandbox's Mali, judged by the list of what was planted in it."""

import importlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rich.console import Console as RichConsole

from flows import access, target
from flows.night import EVERYTHING, Outcome
from flows.planted import Verdict, compare_planted
from flows.scorecard import show_board, write_page
from flows.session import conduct, read_declared
from flows.steps import night
from flows.words import outcome_lines
from layidu.report.console import Console
from layidu.sandbox import process as sandbox_process
from layidu.settings import Settings, read_settings, shipped
from warehouse import migrate
from warehouse.connect import open_warehouse

COUNTRY = "mali"


def demonstrate() -> int:
    """Exit 0 when exactly what was planted was found, and what was pushed is read back and shown."""
    console = Console(sys.stdout)
    settings = replace(read_settings(), mappings=shipped("mappings"), rules=shipped("quality/rules"))
    folder = access.sandbox_folder(settings, COUNTRY)
    with (
        ThreadPoolExecutor(1) as meanwhile,
        console.waiting("bac à sable : un DHIS2 d'essai, avec le Mali dedans"),
    ):
        ready = meanwhile.submit(prepare_own, settings)
        running = sandbox_process.start(folder, COUNTRY)
        ready.result()
    console.line(f"bac à sable : {running.url} (données synthétiques)")
    prepare_target(settings, console)
    outcome = conduct("demo", night, settings, console, approve=[EVERYTHING])
    return conclude(settings, outcome, console, folder)


def prepare_own(settings: Settings) -> None:
    """What takes seconds on our side, while the sandbox makes its country: the database, the slow import."""
    migrate.migrate(open_warehouse(settings))
    importlib.import_module("quality.evaluation")


def prepare_target(settings: Settings, console: Console) -> None:
    """Create the objects of publication, as an administrator would."""
    with console.waiting("objets de publication"):
        lines = target.apply(settings, read_declared(settings))
    for line in lines:
        if "créés" in line:
            console.line(line)


def conclude(settings: Settings, outcome: Outcome, console: Console, folder: Path) -> int:
    """Say what came of it, show it, and judge it."""
    for line in outcome_lines(outcome):
        console.line(line)
    for error in outcome.errors:
        sys.stderr.write(f"{error}\n")
    mappings = read_declared(settings)
    show_board(settings, mappings, RichConsole(file=sys.stdout, width=None if sys.stdout.isatty() else 140))
    planted = json.loads((folder / "planted.json").read_text(encoding="utf-8"))
    verdict = compare_planted(settings, planted, outcome)
    for line in verdict.lines():
        console.line(line)
    page = write_page(settings, mappings, outcome, settings.home / "resultats.html")
    console.line(f"page : {page}")
    console.line("à essayer :")
    for command in NEXT_COMMANDS:
        console.line(f"  {command}")
    return judged(outcome, verdict)


def judged(outcome: Outcome, verdict: Verdict) -> int:
    """0 when it found exactly what was planted and everything published is proved; else the night's own code."""
    proved = bool(outcome.published) and all(done.holds for done in outcome.published)
    clean = not outcome.errors and all(account.outcome in ("loaded", "empty") for account in outcome.accounts)
    if verdict.holds and proved and clean:
        return 0
    return outcome.exit_code or 1


NEXT_COMMANDS = (
    ".venv/bin/layidu explain PAL-TPR Kolokani 202603",
    ".venv/bin/layidu refused",
    'psql "$(.venv/bin/layidu db url)" -c "select * from mart.indicateurs limit 5"',
)
