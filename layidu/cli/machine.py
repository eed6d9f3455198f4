"""What starts, stops and is installed: demo, init, nightly, sandbox, up, down, db."""

from typing import Annotated

import typer

from layidu.cli.app import Approve, Quiet, app, db, finish


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
def nightly(quiet: Quiet = False, approve: Approve = None) -> None:
    """Une nuit : tirer, vérifier, charger, relier, calculer, publier."""
    from flows.commands import run_night

    finish(run_night(quiet=quiet, approve=approve or []))


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
