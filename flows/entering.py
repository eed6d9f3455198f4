"""What people enter by file: a template to fill in, and the file that comes back."""

import getpass
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from flows.access import is_sandbox
from flows.promising import assess
from flows.session import read_declared, session
from layidu.compute.roll_up import counted_words
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_files import read_entry_file
from layidu.mapping.entry_rows import check_entries
from layidu.mapping.entry_shapes import COLUMNS
from layidu.mapping.entry_templates import template
from layidu.report.console import Console
from layidu.settings import Settings, read_settings
from layidu.whole_files import write_whole
from warehouse import entries, migrate, read_promises, runs
from warehouse.connect import open_warehouse
from warehouse.load_results import write_results

#: More refusals than this are counted, not listed; all are in plan.import_refusal.
SHOWN = 50


def today(settings: Settings, mappings: Mappings) -> date:
    """The day here: a person enters what has happened; of a sandbox the day its own clock showed last."""
    name = asked_source(mappings)
    if name and is_sandbox(settings, name, mappings.sources[name]) is not None:
        warehouse = open_warehouse(settings)
        if migrate.revision(warehouse) is not None:
            return read_promises.assessed_on(warehouse) or here()
    return here()


def asked_source(mappings: Mappings) -> str:
    """The source whose clock and country promises are assessed by; empty while none has a data set."""
    return next((name for name, source in mappings.sources.items() if source.data_sets), "")


def here() -> date:
    """The day of this machine."""
    return datetime.now(UTC).date()


def write_template(kind: str, target: Path | None) -> int:
    """`layidu template KIND`: the file to fill in, or standard output."""
    settings = read_settings()
    mappings = read_declared(settings)
    workbook = target is not None and target.suffix.lower() == ".xlsx"
    content = template(kind, mappings, today(settings, mappings), workbook=workbook)
    if target is None:
        sys.stdout.buffer.write(content)
        return 0
    try:
        write_whole(target, content)
    except OSError as error:
        raise ConfigurationError(
            where=str(target),
            found=f"un fichier qui ne peut pas être écrit ({error.strerror})",
            expected="un dossier où écrire",
            todo="choisir un autre chemin avec --to, ou fermer le fichier s'il est ouvert",
        ) from error
    sys.stdout.write(f"{target}\n")
    return 0


def import_entries(kind: str, path: Path, author: str | None) -> int:
    """`layidu import KIND FILE`: keep what can be kept, list what cannot, assess the promises again."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            where=str(path),
            found=f"un fichier qui ne peut pas être lu ({error.strerror})",
            expected="un classeur .xlsx ou un fichier CSV",
            todo=f"vérifier le chemin ; le modèle : layidu template {kind} --to saisie.xlsx",
        ) from error
    file = read_entry_file(path.name, content, COLUMNS[kind])
    settings = read_settings()
    with session(f"import {kind}", settings, Console(quiet=True)) as night:
        known = entries.current(night.warehouse, kind)
        checked = check_entries(kind, file, night.mappings, known, today(settings, night.mappings))
        brought = entries.Brought(
            kind=kind,
            name=file.name,
            sha256=file.sha256,
            author=author or getpass.getuser(),
            rows=[row for _, row in checked.rows],
            refusals=[asdict(refusal) for refusal in checked.refusals],
        )
        done = entries.record(night.warehouse, brought, night.token)
        source = asked_source(night.mappings)
        on = read_promises.assessed_on(night.warehouse) or here()
        commitments, plan = assess(night.warehouse, night.mappings, source, on)
        write_results(night.warehouse, {}, night.token, commitment_status=commitments, plan_progress=plan)
        code = 1 if done.refused else 0
        runs.finish_run(
            night.warehouse, night.token.run_id, outcome="finished", exit_code=code, summary=asdict(done)
        )
    for refusal in checked.refusals[:SHOWN]:
        sys.stdout.write(f"refusée : {file.place}, {refusal}\n")
    if len(checked.refusals) > SHOWN:
        sys.stdout.write(f"… et {len(checked.refusals) - SHOWN} autres lignes refusées\n")
    sys.stdout.write(
        f"{path.name} : lignes remplies reçues {done.received} = gardées {done.kept} + refusées {done.refused} ; "
        f"gardées {done.kept} = nouvelles {done.new} + modifiées {done.changed} + inchangées {done.unchanged} ; "
        f"lignes non remplies {checked.blank}\n"
    )
    colours = Counter(plan["colour"] if kind == "plan" else commitments["colour"])
    sys.stdout.write(f"statuts calculés au {on:%d/%m/%Y} : {counted_words(colours) or 'aucun'}\n")
    return code
