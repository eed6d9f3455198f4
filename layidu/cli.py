"""The command line: French help and messages, English names, exit codes 0, 1, 2, 3, 4, 75.

Every command imports what it needs when it runs, so that `layidu --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import ClickException  # typer carries its own copy of click

from layidu.errors import LayiduError

app = typer.Typer(
    help="layidu : de DHIS2 aux engagements tenus. Tire, vérifie, charge, relie, calcule et publie.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # its help takes twice as long to appear
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
db = typer.Typer(help="La base de données de l'entrepôt.", no_args_is_help=True)
holds = typer.Typer(help="Ce qui attend la décision d'une personne.")
metadata = typer.Typer(
    help="Les objets de publication dans le DHIS2 cible (compte administrateur).", no_args_is_help=True
)
app.add_typer(db, name="db")
app.add_typer(holds, name="holds")
app.add_typer(metadata, name="metadata")

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Ne dire que les erreurs.")]
Approve = Annotated[
    list[str] | None,
    typer.Option(help="Accepter le plan de publication qui porte cette empreinte (répétable)."),
]


def main() -> None:
    """Run a command; a user's error is four lines and an exit code, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False) or 0)  # typer hands back what `finish` raised
    except LayiduError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except ClickException as error:
        sys.stderr.write(
            f"erreur : ligne de commande\n  trouvé  : {error.format_message()}\n"
            f"  attendu : une commande et des options de « layidu --help »\n  à faire : relire l'aide, puis relancer\n"
        )
        sys.exit(3)


def finish(code: int) -> None:
    """End a command with its exit code."""
    raise typer.Exit(code)


@app.command()
def demo() -> None:
    """Une nuit complète sur un Mali d'essai, de l'installation à la page de résultats."""
    from flows.demo import demonstrate

    finish(demonstrate())


@app.command()
def init() -> None:
    """Créer le dossier, la base, ses tables, et essayer la connexion à chaque source."""
    from flows.commands import initialise

    finish(initialise())


@app.command()
def check(
    server: Annotated[bool, typer.Option("--server", help="Comparer aussi aux serveurs DHIS2.")] = False,
) -> None:
    """Vérifier les déclarations de mappings/ ; toutes les erreurs à la fois."""
    from flows.commands import check_mappings

    finish(check_mappings(server=server))


@app.command()
def nightly(quiet: Quiet = False, approve: Approve = None) -> None:
    """Une nuit : tirer, vérifier, charger, relier, calculer, publier."""
    from flows.commands import run_night

    finish(run_night(quiet=quiet, approve=approve or []))


@app.command()
def pull(quiet: Quiet = False) -> None:
    """Tirer, vérifier et charger, sans calculer ni publier."""
    from flows.commands import run_pull

    finish(run_pull(quiet=quiet))


@app.command()
def compute(quiet: Quiet = False) -> None:
    """Relier et calculer à partir de la copie de l'entrepôt, sans tirer de valeurs ni publier."""
    from flows.commands import run_compute

    finish(run_compute(quiet=quiet))


@app.command()
def publish(
    quiet: Quiet = False,
    approve: Approve = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Montrer le plan et son empreinte, ne rien envoyer.")
    ] = False,
) -> None:
    """Publier les résultats dans DHIS2 et prouver ce que montrent les tableaux de bord."""
    from flows.commands import run_publish

    finish(run_publish(quiet=quiet, approve=approve or [], dry_run=dry_run))


app.command("push", hidden=True)(publish)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Pour une machine.")] = False,
) -> None:
    """Ce qui a tourné, et la fraîcheur de chaque jeu de données."""
    from flows.questions import show_status

    finish(show_status(as_json=as_json))


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(help="Code de l'indicateur, par exemple PAL-TPR.")],
    org_unit: Annotated[str, typer.Argument(help="UID, code ou nom de l'unité d'organisation.")],
    period: Annotated[str, typer.Argument(help="Période : 202603, 2026Q1 ou 2026.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Toutes les cellules, même des milliers.")
    ] = False,
) -> None:
    """Les cellules de DHIS2 dont une valeur est faite."""
    from flows.explaining import explain_value

    finish(explain_value(indicator, org_unit, period, everything=everything))


@app.command()
def refused(
    limit: Annotated[int, typer.Option(help="Combien de lignes au plus.")] = 50,
) -> None:
    """Les valeurs refusées, avec leur raison et ce qu'il faut faire."""
    from flows.questions import show_refused

    finish(show_refused(limit))


@app.command()
def scorecard(
    target: Annotated[Path | None, typer.Option("--to", help="Fichier de la page (HTML).")] = None,
) -> None:
    """La page des résultats, lisible hors ligne."""
    from flows.scorecard import write_scorecard

    finish(write_scorecard(target))


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


@metadata.command("plan")
def metadata_plan() -> None:
    """Montrer ce qui serait créé ou modifié."""
    from flows.commands import target_metadata

    finish(target_metadata("plan"))


@metadata.command("apply")
def metadata_apply() -> None:
    """Créer ou mettre à jour les objets de publication."""
    from flows.commands import target_metadata

    finish(target_metadata("apply"))


@metadata.command("verify")
def metadata_verify() -> None:
    """Vérifier que rien n'a bougé."""
    from flows.commands import target_metadata

    finish(target_metadata("verify"))


@app.command()
def sandbox(
    country: Annotated[str, typer.Argument(help="mali ou hamlet.")] = "mali",
    stop: Annotated[bool, typer.Option("--stop", help="L'arrêter.")] = False,
) -> None:
    """Un petit DHIS2 pour essayer ; dit son adresse et où sont ses comptes."""
    from flows.commands import run_sandbox

    finish(run_sandbox(country, stop=stop))


@app.command()
def up() -> None:
    """Démarrer le serveur Prefect et l'exécuteur : chaque nuit part toute seule."""
    from flows.commands import start_services

    finish(start_services())


@app.command()
def down() -> None:
    """Arrêter tout ce que layidu a démarré."""
    from flows.commands import stop_services

    finish(stop_services())


@db.command("url")
def db_url() -> None:
    """L'adresse de lecture, sans mot de passe, pour psql et les outils de BI."""
    from flows.commands import print_reading_url

    finish(print_reading_url())


@db.command("psql")
def db_psql() -> None:
    """Ouvrir psql avec le rôle de lecture."""
    from flows.commands import open_psql

    finish(open_psql())


@db.command("stop")
def db_stop() -> None:
    """Arrêter la base de données intégrée."""
    from flows.commands import stop_database

    finish(stop_database())
