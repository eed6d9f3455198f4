"""One run from lock to record: settings read once, declarations checked, the lock held, the outcome written."""

import math
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.night import Night, Outcome
from layidu import __version__
from layidu.errors import ConfigurationError, FailedSafeError, LayiduError
from layidu.mapping.checker import check_declarations
from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import DeclarationErrors
from layidu.mapping.reader import read_mappings
from layidu.report.console import Console
from layidu.settings import Settings
from quality.rulecheck import check_rules
from quality.rules import read_rules
from warehouse import lock, migrate, runs
from warehouse.connect import Warehouse, open_warehouse
from warehouse.runs import Outcome as Ending

RUN_MINUTES = "RUN_MINUTES"
ENDINGS: dict[int, Ending] = {0: "finished", 1: "finished", 4: "held"}


def read_declared(settings: Settings) -> Mappings:
    """The declarations, sound enough to run on; every mistake is named at once (exit 3)."""
    return sound(read_mappings(settings.mappings))


def sound(mappings: Mappings) -> Mappings:
    """Declarations that agree with each other; every mistake is named at once (exit 3)."""
    wrong = [problem for problem in check_declarations(mappings) if problem.severity == "error"]
    if wrong:
        raise DeclarationErrors(wrong)
    return mappings


def filled_warehouse(settings: Settings) -> Warehouse:
    """The warehouse, once it has the tables that are asked."""
    warehouse = open_warehouse(settings)
    revision, newest = migrate.revision(warehouse), migrate.newest()
    if revision is None:
        raise ConfigurationError(
            where=f"entrepôt {warehouse.place}",
            found="une base sans tables",
            expected="une base qu'un passage a remplie",
            todo="layidu init, puis layidu pull et layidu compute (LAYIDU_HOME est-il le bon ?)",
        )
    if revision < newest:
        raise ConfigurationError(
            where=f"entrepôt {warehouse.place}",
            found=f"une base d'une version plus ancienne ({revision})",
            expected=f"les tables de ce programme ({newest})",
            todo="layidu init les met à jour sans rien perdre ; la prochaine nuit le fait aussi",
        )
    if revision > newest:
        raise migrate.newer_database(warehouse, revision, newest)
    return warehouse


@contextmanager
def session(
    kind: str,
    settings: Settings,
    console: Console,
    approve: Collection[str] = (),
    *,
    retry: bool = False,
) -> Iterator[Night]:
    """Everything a run needs, and the lock that makes it the only one."""
    deadline = deadline_of(settings)
    mappings = read_declared(settings)
    rules = read_rules(settings.rules)
    if misspelt := check_rules(settings, mappings):
        raise DeclarationErrors(misspelt)
    warehouse = open_warehouse(settings)
    migrate.migrate(warehouse)
    with lock.hold(warehouse, kind, code_version=__version__, mappings_digest=mappings.digest) as token:
        yield Night(
            settings, mappings, rules, warehouse, token, console, approve, retry=retry, deadline=deadline
        )


def deadline_of(settings: Settings) -> float:
    """The reading of `time.monotonic` after which a run asks for nothing new; infinite unless a person set one."""
    text = settings.get(RUN_MINUTES)
    if text is None:
        return math.inf
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise ConfigurationError(
            where=f"LAYIDU_{RUN_MINUTES}",
            found=f"« {text} »",
            expected="un nombre de minutes, plus grand que 0",
            todo="corriger le réglage, ou l'enlever : sans lui une exécution dure ce qu'il faut",
        )
    return time.monotonic() + 60 * minutes


def conduct(
    kind: str,
    work: Callable[[Night], Outcome],
    settings: Settings,
    console: Console,
    approve: Collection[str] = (),
    *,
    retry: bool = False,
) -> Outcome:
    """Do a run's work and put what came of it on record, whatever came of it."""
    with session(kind, settings, console, approve, retry=retry) as night:
        try:
            outcome = work(night)
        except LayiduError as error:
            # When the database itself has failed, the next run writes this one down as interrupted.
            with suppress(FailedSafeError):
                runs.finish_run(
                    night.warehouse,
                    night.token.run_id,
                    outcome="failed",
                    exit_code=error.exit_code,
                    summary={"errors": [f"{error.where} : {error.found}"]},
                )
            raise
        try:
            runs.finish_run(
                night.warehouse,
                night.token.run_id,
                outcome=ENDINGS.get(outcome.exit_code, "failed"),
                exit_code=outcome.exit_code,
                summary=outcome.summary(),
            )
        except FailedSafeError as error:
            raise (outcome.errors or [error])[
                0
            ] from error  # what went wrong first is what a person must read
        forget_old_answers(night)
        return outcome


def forget_old_answers(night: Night) -> None:
    """Delete the untouched answers older than their source's retention; names and values ride in them."""
    for name, source in night.mappings.sources.items():
        limit = time.time() - source.keep_answers_days * 86_400
        for path in answers_of(night.settings.home, name):
            if path.stat().st_mtime < limit:
                path.unlink()


def answers_of(home: Path, source: str) -> list[Path]:
    """The kept answers of one source."""
    return [path for path in (home / "answers" / source).rglob("*.gz") if path.is_file()]
