"""What starts, stops and is installed: demo, init, nightly, sandbox, up, down, db."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from layidu.cli.app import Approve, Quiet, app, db, finish


class SandboxCommand(TyperCommand):
    """Its help ends with the list of faults, read from their table when somebody asks."""

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        """One line a fault: name, what it does, its options."""
        from layidu.sandbox.faults_table import TABLE

        with formatter.section("Pannes (--fault NOM:clé=valeur,…)"):
            formatter.write_dl([(name, kind.described()) for name, kind in TABLE.items()])
            formatter.write_paragraph()
            formatter.write_text(
                "Pour toutes : method, path (début du chemin), query (texte de la requête), user (compte), "
                "after (après n requêtes), times (n fois au plus). "
                "Pendant la marche : GET, POST et DELETE /sandbox/faults ; "
                "ce que le serveur a vu : /sandbox/ledger et /sandbox/ledger/values (compte admin)."
            )


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


@app.command(cls=SandboxCommand)
def sandbox(
    country: Annotated[str, typer.Argument(help="mali, hamlet ou lakeland (en anglais).")] = "mali",
    stop: Annotated[bool, typer.Option("--stop", help="L'arrêter.")] = False,
    dialect: Annotated[
        str, typer.Option(help="Version de DHIS2 : 2.40, 2.41, 2.42 ou 2.43, pour un serveur qui démarre.")
    ] = "2.42",
    fault: Annotated[list[str] | None, typer.Option(help="Une panne à mettre en marche (répétable).")] = None,
) -> None:
    """Un petit DHIS2 pour essayer ; dit son adresse et où sont ses comptes."""
    from flows.commands import run_sandbox

    finish(run_sandbox(country, stop=stop, dialect=dialect, faults=fault or []))


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
