"""The copy of DHIS2 and what waits for a person: pull, reconcile, backfill, refused, holds, status."""

from typing import Annotated

import typer

from layidu.cli.app import Quiet, app, finish, holds


@app.command()
def pull(quiet: Quiet = False) -> None:
    """Tirer, vérifier et charger, sans calculer ni publier."""
    from flows.commands import run_pull

    finish(run_pull(quiet=quiet))


@app.command()
def reconcile(quiet: Quiet = False) -> None:
    """Comparer toute la copie de 25 mois à DHIS2, dire les écarts, les réparer."""
    from flows.commands import run_reconcile

    finish(run_reconcile(quiet=quiet))


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="Première période : 202301, 2023Q1, 2023.")],
    last: Annotated[str, typer.Option("--to", help="Dernière période.")],
    data_set: Annotated[
        list[str] | None, typer.Option("--data-set", help="Ce jeu de données seulement (répétable).")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Tirer de nouveau une fenêtre, à côté du calendrier : la nuit suivante n'en sait rien."""
    from flows.commands import run_backfill

    finish(run_backfill(first, last, data_set or [], quiet=quiet))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Pour une machine.")] = False,
) -> None:
    """Ce qui a tourné, et la fraîcheur de chaque jeu de données."""
    from flows.questions import show_status

    finish(show_status(as_json=as_json))


@app.command()
def refused(
    limit: Annotated[int, typer.Option(help="Combien de lignes au plus.")] = 50,
) -> None:
    """Les valeurs refusées, avec leur raison et ce qu'il faut faire."""
    from flows.questions import show_refused

    finish(show_refused(limit))


@holds.callback(invoke_without_command=True)
def list_holds(context: typer.Context) -> None:
    """Lister ce qui attend."""
    if context.invoked_subcommand is None:
        from flows.questions import show_holds

        finish(show_holds(None))


@holds.command("show")
def show_hold(hold: Annotated[int, typer.Argument(help="Numéro.")]) -> None:
    """Le détail d'une attente."""
    from flows.questions import show_holds

    finish(show_holds(hold))


@holds.command("accept")
def accept_hold(
    hold: Annotated[int, typer.Argument(help="Numéro.")],
    reason: Annotated[str, typer.Option(help="Pourquoi ; gardé avec votre nom et la date.")],
) -> None:
    """Accepter : la prochaine nuit passe."""
    from flows.questions import decide_hold

    finish(decide_hold(hold, reason, accept=True))


@holds.command("reject")
def reject_hold(
    hold: Annotated[int, typer.Argument(help="Numéro.")],
    reason: Annotated[str, typer.Option(help="Pourquoi ; gardé avec votre nom et la date.")],
) -> None:
    """Rejeter : rien ne passe."""
    from flows.questions import decide_hold

    finish(decide_hold(hold, reason, accept=False))
