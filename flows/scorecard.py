"""The results where a person looks: the table on the terminal and the page that opens offline."""

import sys
from dataclasses import fields
from pathlib import Path

import pandas as pd
from rich.console import Console as RichConsole

from flows.access import is_sandbox
from flows.memory import last_seen
from flows.night import Outcome, Waits
from flows.session import filled_warehouse, read_declared
from flows.waiting import read_sources
from flows.words import waiting_lines
from layidu import __version__
from layidu.compute.trend import yearly_trends
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.model.frames import METADATA_EVENTS, RESULTS
from layidu.model.periods import month_number
from layidu.report import board as boards
from layidu.report import page as pages
from layidu.report.country_map import DISTRICTS
from layidu.report.night_words import FOUND, REFUSED, PublicationProof
from layidu.report.promises import grouped
from layidu.report.terminal import table
from layidu.settings import Settings, read_settings
from layidu.whole_files import write_whole
from warehouse import read, read_page, read_promises, runs
from warehouse.connect import Warehouse
from warehouse.waiting import stored_waiting

DISTRICT_LEVEL = 3


def write_scorecard(target: Path | None) -> int:
    """`layidu scorecard`: the page, from what the warehouse holds."""
    settings = read_settings()
    path = write_page(settings, read_declared(settings), None, target or settings.home / "resultats.html")
    sys.stdout.write(f"{path}\n")
    return 0


def labelled_results(warehouse: Warehouse, mappings: Mappings, source: str) -> pd.DataFrame:
    """Totals of every indicator down to the districts (board.LABELLED)."""
    found = read.results(
        warehouse, source=source, indicators=sorted(mappings.indicators), lowest_level=DISTRICT_LEVEL
    )
    return boards.LABELLED.cast(found)


def board_of(
    warehouse: Warehouse,
    mappings: Mappings,
    source: str,
    labelled: pd.DataFrame,
    catalogue: read_promises.Rows,
) -> boards.Board:
    """Indicators × country and regions."""
    through = last_seen(warehouse, source)
    if through is None:
        return boards.board(labelled, boards.ARROWS.frame(), mappings.indicators, mappings.thresholds)
    trends = yearly_trends(RESULTS.cast(labelled), on=through)
    return boards.board(
        labelled,
        boards.ARROWS.cast(trends),
        mappings.indicators,
        mappings.thresholds,
        month=str(month_number(through)),
        catalogue=catalogue,
    )


def show_board(settings: Settings, mappings: Mappings, console: RichConsole) -> None:
    """The table of the terminal."""
    warehouse = filled_warehouse(settings)
    source = main_source(mappings)
    labelled = labelled_results(warehouse, mappings, source)
    console.print(table(board_of(warehouse, mappings, source, labelled, catalogue_of(warehouse))))


def catalogue_of(warehouse: Warehouse) -> read_promises.Rows:
    """Every indicator of the catalogue, and why it is grey."""
    return read_promises.view(warehouse, "catalogue")


def main_source(mappings: Mappings) -> str:
    """The first source that is read: the one the page is about."""
    if not (found := read_sources(mappings)):
        raise ConfigurationError(
            where=f"{mappings.folder / 'sources.yaml'}",
            found="aucune source dont un jeu de données soit copié",
            expected="une source avec ses jeux de données (data_sets)",
            todo="déclarer une source, puis layidu init et layidu nightly",
        )
    return found[0]


def write_page(settings: Settings, mappings: Mappings, outcome: Outcome | None, path: Path) -> Path:
    """Write the page; readable by its owner and group as any report."""
    warehouse = filled_warehouse(settings)
    source = main_source(mappings)
    labelled = labelled_results(warehouse, mappings, source)
    catalogue = catalogue_of(warehouse)
    fresh = read.freshness(warehouse)
    regions = mappings.org_units.regions.get(source, {}) if mappings.org_units else {}
    page = pages.Page(
        header=header(settings, warehouse, mappings, source, outcome),
        board=board_of(warehouse, mappings, source, labelled, catalogue),
        catalogue=catalogue,
        labelled=labelled,
        thresholds=mappings.thresholds,
        districts=DISTRICTS.cast(read_page.places(warehouse, source, DISTRICT_LEVEL)),
        outlines=sorted(set(regions.values())),
        promises=grouped(read_promises.promises(warehouse)),
        accounts=outcome.accounts if outcome else read_page.last_accounts(warehouse),
        names=names_of(fresh, read.tree(warehouse, source)),
        refused=REFUSED.cast(read.open_refusals(warehouse)),
        findings=FOUND.cast(read.open_issues(warehouse)),
        events=METADATA_EVENTS.cast(pd.concat(outcome.events.values()))
        if outcome and outcome.events
        else METADATA_EVENTS.frame(),
        publications=[proof(mappings, done) for done in outcome.published] if outcome else [],
        errors=outcome.errors if outcome else [],
        waiting=list(waiting_lines(stored_waits(warehouse))),
    )
    write_whole(path, pages.render(page))
    return path


def stored_waits(warehouse: Warehouse) -> dict[str, Waits]:
    """What waits since the last computation, by source."""
    found: dict[str, dict[tuple[str, int], str]] = {}
    for row in stored_waiting(warehouse).to_dict("records"):
        found.setdefault(row["source"], {})[row["indicator"], int(row["year"])] = row["reason"]
    return {source: Waits(reasons) for source, reasons in found.items()}


def names_of(fresh: pd.DataFrame, tree: pd.DataFrame) -> dict[str, str]:
    """Uid -> name, of data sets and org units."""
    pairs = pd.concat([fresh[["data_set", "name"]].set_axis(["uid", "name"], axis=1), tree[["uid", "name"]]])
    return dict(zip(pairs["uid"].tolist(), pairs["name"].tolist(), strict=True))


def proof(mappings: Mappings, done: object) -> PublicationProof:
    """What the page says of one publication: the fields both have."""
    shared = {
        name.name: getattr(done, name.name) for name in fields(PublicationProof) if hasattr(done, name.name)
    }
    return PublicationProof(**shared, name=mappings.publications[shared["code"]].name)


def header(
    settings: Settings, warehouse: Warehouse, mappings: Mappings, source: str, outcome: Outcome | None
) -> pages.Header:
    """Whose night, by which clock, with which versions."""
    last = runs.last_runs(warehouse, 1)
    declared = mappings.sources[source]
    fresh = read.freshness(warehouse)
    clock = fresh.loc[fresh["source"] == source, "last_pull"].max()
    tree = read.tree(warehouse, source)
    return pages.Header(
        country=str(tree["name"].iloc[0]) if len(tree) else source,
        run=last[0].run_id if last else 0,
        server_clock="" if pd.isna(clock) else f"{clock:%d/%m/%Y %H:%M}",
        sources=[f"{declared.label or source}, DHIS2 {read_page.server_version(warehouse, source)}"],
        versions={"layidu": __version__, "déclarations": mappings.digest[:12]},
        sandbox=is_sandbox(settings, source, declared) is not None,
        exit_code=outcome.exit_code if outcome else (last[0].exit_code or 0 if last else 0),
    )
