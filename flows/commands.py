"""What each command of the command line does, as a function that returns its exit code."""

import os
import shutil
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from flows import access, target
from flows.night import Night, Outcome
from flows.publishing import preview
from flows.rereading import backfill, reconcile, span
from flows.session import conduct, read_declared, session
from flows.steps import compute, find_waits, known_sources, night, publish_all, pull
from flows.undoing import undo
from flows.words import outcome_lines
from layidu.dhis2.metadata import read_metadata
from layidu.errors import ConfigurationError
from layidu.report.console import Console
from layidu.sandbox import process as sandbox_process
from layidu.settings import read_settings
from warehouse import embedded, migrate, runs
from warehouse.connect import open_warehouse


def say(text: str) -> None:
    """A line of a command's answer."""
    sys.stdout.write(f"{text}\n")


def initialise() -> int:
    """Folder, database, tables, and a first handshake with every source."""
    settings = read_settings()
    mappings = read_declared(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    warehouse = open_warehouse(settings)
    migrate.migrate(warehouse)
    say(f"entrepôt : {warehouse.place}, prêt")
    for name, source in mappings.sources.items():
        client = access.client_for(settings, name, source)
        metadata = read_metadata(client, name, [data_set.uid for data_set in source.data_sets])
        say(
            f"source « {name} » : DHIS2 {metadata.server.version}, {len(metadata.org_units)} unités d'organisation,"
            f" {len(metadata.data_sets)} jeux de données, {len(metadata.data_elements)} éléments"
        )
    say("à suivre : layidu nightly, ou layidu pull pour la copie seule")
    return 0


def run(
    kind: str,
    work: Callable[[Night], Outcome],
    *,
    quiet: bool,
    approve: Collection[str] = (),
    retry: bool = False,
) -> int:
    """Do a run and say what came of it."""
    console = Console(quiet=quiet)
    outcome = conduct(kind, work, read_settings(), console, approve, retry=retry)
    for line in outcome_lines(outcome):
        console.line(line)
    for error in outcome.errors:
        sys.stderr.write(f"{error}\n")
    return outcome.exit_code


def run_night(*, quiet: bool, approve: Collection[str]) -> int:
    """`layidu nightly`."""
    return run("nightly", night, quiet=quiet, approve=approve)


def run_pull(*, quiet: bool) -> int:
    """`layidu pull`."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        pull(at, outcome)
        return outcome

    return run("pull", work, quiet=quiet)


def run_reconcile(*, quiet: bool) -> int:
    """`layidu reconcile`."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        reconcile(at, outcome)
        return outcome

    return run("reconcile", work, quiet=quiet)


def run_backfill(first: str, last: str, data_sets: Collection[str], *, quiet: bool) -> int:
    """`layidu backfill`."""
    start, end = span(first, last)

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        backfill(at, outcome, start, end, data_sets)
        return outcome

    return run("backfill", work, quiet=quiet)


def run_compute(*, quiet: bool) -> int:
    """`layidu compute`: every year again, from the copy."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        compute(at, known_sources(at, outcome), outcome, everything=True)
        return outcome

    return run("compute", work, quiet=quiet)


def run_publish(*, quiet: bool, approve: Collection[str], dry_run: bool, retry: bool = False) -> int:
    """`layidu publish`: the plan only, or the plan carried out."""
    if dry_run:
        settings = read_settings()
        with session("publish-dry-run", settings, Console(quiet=quiet), retry=retry) as at:
            sources = known_sources(at, Outcome())
            for line in preview(at, sources, find_waits(at, sources)):
                say(line)
            runs.finish_run(at.warehouse, at.token.run_id, outcome="finished", exit_code=0, summary={})
        return 0

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        publish_all(at, known_sources(at, outcome), outcome)
        return outcome

    return run("publish", work, quiet=quiet, approve=approve, retry=retry)


def run_undo(number: int, *, quiet: bool) -> int:
    """`layidu publish --undo RUN`: what stood there before that run."""

    def work(at: Night) -> Outcome:
        outcome = Outcome()
        undo(at, number, outcome)
        return outcome

    return run("undo", work, quiet=quiet)


def target_metadata(action: Literal["plan", "apply", "verify", "package"], folder: Path | None = None) -> int:
    """`layidu metadata plan|apply|verify|package`; only a package has a folder."""
    settings = read_settings()
    mappings = read_declared(settings)
    if not mappings.publications:
        say("aucune publication déclarée (publications.yaml)")
        return 0
    if action == "apply":
        lines = target.apply(settings, mappings)
    elif folder is not None:
        lines = target.package(settings, mappings, folder)
    else:
        lines = target.differences(settings, mappings)
    for line in lines:
        say(line)
    if action in ("plan", "verify") and not lines:
        say("rien à faire : la cible est comme déclarée")
    return 1 if action == "verify" and lines else 0


def run_sandbox(country: str, *, stop: bool, dialect: str, faults: list[str]) -> int:
    """`layidu sandbox`."""
    folder = access.sandbox_folder(read_settings(), country)
    if stop:
        say("arrêté" if sandbox_process.stop(folder) else "ne tournait pas")
        return 0
    with Console().waiting(f"bac à sable « {country} »"):
        running = sandbox_process.start(folder, country, dialect=dialect, faults=faults)
    say(f"adresse : {running.url} (DHIS2 {running.dialect})")
    for fault in faults:
        say(f"panne en marche : {fault}")
    say(f"comptes : {folder / 'accounts.json'} (admin, pull, push, analytics)")
    say(
        f"à suivre : curl -u NOM:MOT_DE_PASSE {running.url}/api/system/info ; layidu sandbox {country} --stop"
    )
    return 0


def start_services() -> int:
    """`layidu up`."""
    from flows.service import up

    for line in up(read_settings()):
        say(line)
    return 0


def stop_services() -> int:
    """`layidu down`."""
    from flows.service import down

    for line in down(read_settings()):
        say(line)
    return 0


def print_reading_url() -> int:
    """`layidu db url`."""
    say(open_warehouse(read_settings()).reading_url())
    return 0


def open_psql() -> int:
    """`layidu db psql`: the distribution's client, in the reading role."""
    psql = shutil.which("psql")
    if psql is None:
        raise ConfigurationError(
            where="psql",
            found="commande introuvable",
            expected="le client de PostgreSQL",
            todo="installer le paquet postgresql-client, ou donner « layidu db url » à un autre outil",
        )
    url = open_warehouse(read_settings()).reading_url()
    sys.stdout.flush()
    os.execv(psql, [psql, url])  # noqa: S606 - an interactive program takes our place
    return 0


def stop_database() -> int:
    """`layidu db stop`."""
    say("base de données arrêtée" if embedded.stop(read_settings()) else "la base de données ne tournait pas")
    return 0
