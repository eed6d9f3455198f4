"""What people enter: template, import."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layidu.cli.app import app, finish


class Kind(StrEnum):
    """What may be entered."""

    PLAN = "plan"
    VALIDATION = "validation"
    EVIDENCE = "evidence"


KIND = typer.Argument(
    help="plan : réalisations des lignes du plan ; validation : statuts validés ; evidence : preuves des jalons."
)


@app.command()
def template(
    kind: Annotated[Kind, KIND],
    target: Annotated[Path | None, typer.Option("--to", help="Fichier à écrire : .xlsx ou .csv.")] = None,
) -> None:
    """Un classeur (.xlsx) ou un fichier CSV à remplir dans un tableur."""
    from flows.entering import write_template

    finish(write_template(kind.value, target))


@app.command("import")
def import_file(
    kind: Annotated[Kind, KIND],
    file: Annotated[Path, typer.Argument(help="Fichier rempli : .xlsx ou .csv.")],
    author: Annotated[
        str | None,
        typer.Option(
            help="Qui saisit, rôle ou organisation ; sinon le nom de votre compte sur cette machine."
        ),
    ] = None,
) -> None:
    """Reprendre une saisie : chaque ligne gardée avec son auteur et sa date, chaque refus expliqué."""
    from flows.entering import import_entries

    finish(import_entries(kind.value, file, author))
