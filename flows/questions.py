"""What a person asks of the warehouse: how it stands, what is refused, what waits. Nothing is written but decisions."""

import getpass
import json
import sys
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from flows.session import filled_warehouse
from flows.words import MEANINGS
from layidu.dhis2.conflicts import meaning
from layidu.dhis2.ledger import MOST_TRIES
from layidu.settings import read_settings
from warehouse import holds, read_ledger, read_runs

CLASSES = {
    "retry": "à renvoyer",
    "fix-mapping": "à corriger",
    "locked": "verrouillée",
    "forbidden": "interdite",
    "harmless": "sans gravité",
}


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
    status: dict[str, Any] = read_runs.status(filled_warehouse(read_settings()))
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
    """`layidu refused`: what is kept out of the copy, and what could not be published; each with what to do."""
    warehouse = filled_warehouse(read_settings())
    received, published = read_runs.open_refusals(warehouse), read_ledger.open_cells(warehouse)
    if received.empty and published.empty:
        say("aucune valeur refusée")
        return 0
    if not received.empty:
        show(received_table(received, limit))
    if not published.empty:
        show(published_table(published, limit))
    say("* refusée pour la première fois par la dernière exécution")
    more = max(0, len(received) - limit)
    if more:
        say(f"{more} autres : layidu refused --limit {len(received)}, ou la vue mart.rejets")
    return 0


def received_table(refused: pd.DataFrame, limit: int) -> Table:
    """Records that are not loaded."""
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
    return found


def published_table(cells: pd.DataFrame, limit: int) -> Table:
    """Cells that do not hold what they should, one line a code, element and value; all in mart.publications."""
    found = table(
        f"Cellules qui ne sont pas publiées comme voulu : {len(cells)}",
        "code",
        "classe",
        "publication",
        "élément",
        "cellules",
        "par exemple",
        "raison et remède",
    )
    rows = cells.astype(object).where(cells.notna(), None).assign(code=cells["code"].fillna("unknown"))
    for (code, element), group in list(rows.groupby(["code", "data_element"], sort=True))[:limit]:
        first = group.iloc[0]
        known = meaning(str(code))
        found.add_row(
            ("* " if group["new"].any() else "") + str(code),
            CLASSES[known.conflict_class],
            first["publication"] or "",
            first["label"] or str(element),
            str(len(group)),
            f"{first['org_unit_name'] or first['org_unit']}, {first['period']} : voulu {first['wanted'] or 'rien'},"
            f" trouvé {first['found'] or 'rien'}",
            known.reason
            + (" Mise de côté : layidu publish --retry." if first["tries"] >= MOST_TRIES else ""),
        )
    return found


def show_holds(number: int | None) -> int:
    """`layidu holds`: what waits for a person, or one of them."""
    warehouse = filled_warehouse(read_settings())
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
        filled_warehouse(read_settings()), number, accept=accept, reason=reason, who=getpass.getuser()
    )
    say(f"attente {hold.id} : {hold.decision} par {hold.decided_by} ; la prochaine exécution en tient compte")
    return 0
