"""What was computed: compute, explain, scorecard."""

from pathlib import Path
from typing import Annotated

import typer

from layidu.cli.app import Quiet, app, finish


@app.command()
def compute(quiet: Quiet = False) -> None:
    """Relier et calculer à partir de la copie de l'entrepôt, sans tirer de valeurs ni publier."""
    from flows.commands import run_compute

    finish(run_compute(quiet=quiet))


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="Code de l'indicateur, par exemple PAL-TPR.")],
    org_unit: Annotated[str, typer.Argument(help="UID, code ou nom de l'unité d'organisation.")],
    period: Annotated[str, typer.Argument(help="Période : 202603, 2026Q1, 2026S1 ou 2026.")],
    band: Annotated[str, typer.Option("--band", help="Une ventilation, par exemple age=15-24.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Toutes les cellules, même des milliers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Pour une machine, en entier.")] = False,
) -> None:
    """De la valeur aux cellules de DHIS2, aux cellules refusées, à la règle et au document source."""
    from flows.explaining import explain_value

    finish(explain_value(indicator, org_unit, period, band=band, everything=everything, for_machine=as_json))


@app.command()
def scorecard(
    target: Annotated[Path | None, typer.Option("--to", help="Fichier de la page (HTML).")] = None,
) -> None:
    """La page des résultats, lisible hors ligne."""
    from flows.scorecard import write_scorecard

    finish(write_scorecard(target))
