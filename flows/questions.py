"""What a person asks of the warehouse: how it stands, what is refused, what waits. Nothing is written but decisions."""

import getpass
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.words import MEANINGS
from layidu.settings import read_settings
from warehouse import holds, read_runs
from warehouse.connect import open_warehouse


def say(text: str) -> None:
    """A line of the answer."""
    sys.stdout.write(f"{text}\n")


def show(*tables: Table) -> None:
    """Tables on standard output, wide enough when it is no terminal."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160, highlight=False)
    for table in tables:
        console.print(table)


def table(title: str, *columns: str) -> Table:
    """An empty table."""
    made = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def show_status(*, as_json: bool) -> int:
    """`layidu status`: what ran, and how fresh each data set is."""
    status: dict[str, Any] = read_runs.status(open_warehouse(read_settings()))
    if as_json:
        say(json.dumps(status, ensure_ascii=False, indent=1, default=str))
        return 0
    ran = table("Dernières exécutions", "n°", "quoi", "début (UTC)", "fin (UTC)", "code", "sens")
    for run in status["runs"]:
        code = run["exit_code"]
        ran.add_row(
            str(run["run"]),
            run["kind"],
            short(run["started_at"]),
            short(run["finished_at"]) or "en cours",
            "" if code is None else str(code),
            MEANINGS.get(code, "interrompue" if run["finished_at"] else "en cours"),
        )
    fresh = table(
        "Fraîcheur", "source", "jeu de données", "dernière nuit réussie", "dernière période", "valeurs"
    )
    for row in status["freshness"]:
        fresh.add_row(
            row["source"],
            row["name"],
            short(row["last_pull"]) or "jamais",
            row["newest_period"] or "",
            f"{row['rows']:,}".replace(",", " "),
        )
    show(ran, fresh)
    refused = sum(int(count) for count in status["open_refusals"].values())
    say(f"refus ouverts : {refused} (layidu refused) ; signalements : {status['open_issues']}")
    waiting = status["holds"]
    say(f"attentes : {len(waiting)}" + (" (layidu holds)" if waiting else ""))
    return 0


def short(moment: str | None) -> str:
    """A moment without its seconds' fraction."""
    return (moment or "")[:16].replace("T", " ")


def show_refused(limit: int) -> int:
    """`layidu refused`: each open refusal with its cell, its reason and what to do."""
    refused = read_runs.open_refusals(open_warehouse(read_settings()))
    if refused.empty:
        say("aucune valeur refusée")
        return 0
    found = table(
        f"Valeurs refusées : {len(refused)}",
        "code",
        "élément de données",
        "structure",
        "période",
        "valeur",
        "raison et remède",
    )
    rows = refused.astype(object).where(refused.notna(), None)
    for row in rows.head(limit).to_dict("records"):
        found.add_row(
            ("* " if row["new"] else "") + row["code"],
            row["data_element_name"] or row["data_element"],
            row["org_unit_name"] or row["org_unit"],
            row["period"],
            row["value"] or "",
            row["reason"],
        )
    show(found)
    say("* refusée pour la première fois par la dernière exécution")
    if len(refused) > limit:
        say(f"{len(refused) - limit} autres : layidu refused --limit {len(refused)}, ou la vue mart.rejets")
    return 0


def show_holds(number: int | None) -> int:
    """`layidu holds`: what waits for a person, or one of them."""
    warehouse = open_warehouse(read_settings())
    waiting = holds.open_holds(warehouse) if number is None else [holds.one_hold(warehouse, number)]
    if not waiting:
        say("rien n'attend")
        return 0
    found = table("Ce qui attend une décision", "n°", "sorte", "sujet", "quoi", "lignes", "décision")
    for hold in waiting:
        decided = f"{hold.decision} par {hold.decided_by} : {hold.reason}" if hold.decision else "à prendre"
        found.add_row(str(hold.id), hold.kind, hold.subject, hold.summary, str(hold.rows), decided)
    show(found)
    say("à suivre : layidu holds accept N° --reason « … », ou layidu holds reject N° --reason « … »")
    return 0


def decide_hold(number: int, reason: str, *, accept: bool) -> int:
    """`layidu holds accept|reject`: who, when and why are kept."""
    hold = holds.decide_hold(
        open_warehouse(read_settings()), number, accept=accept, reason=reason, who=getpass.getuser()
    )
    say(f"attente {hold.id} : {hold.decision} par {hold.decided_by} ; la prochaine exécution en tient compte")
    return 0
