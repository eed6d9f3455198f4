"""What goes back into DHIS2: publish, metadata."""

from pathlib import Path
from typing import Annotated

import typer

from layidu.cli.app import Approve, Quiet, app, finish, metadata


@app.command()
def publish(
    quiet: Quiet = False,
    approve: Approve = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Montrer le plan et son empreinte, ne rien envoyer.")
    ] = False,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Renvoyer aussi les cellules mises de côté après plusieurs rejets."),
    ] = False,
    undo: Annotated[
        int | None,
        typer.Option(
            "--undo",
            metavar="EXÉCUTION",
            help="Remettre ce qui se trouvait dans DHIS2 avant cette exécution.",
        ),
    ] = None,
) -> None:
    """Publier les résultats dans DHIS2 et prouver ce que montrent les tableaux de bord."""
    from flows.commands import run_publish, run_undo

    if undo is not None:
        finish(run_undo(undo, quiet=quiet))
    finish(run_publish(quiet=quiet, approve=approve or [], dry_run=dry_run, retry=retry))


app.command("push", hidden=True)(publish)


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


@metadata.command("package")
def metadata_package(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Où écrire les fichiers.")],
) -> None:
    """Écrire les fichiers JSON qu'un administrateur importe lui-même."""
    from flows.commands import target_metadata

    finish(target_metadata("package", folder))
