"""The command line's groups and the options that several commands share."""

from typing import Annotated

import typer

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


def finish(code: int) -> None:
    """End a command with its exit code."""
    raise typer.Exit(code)
