"""What the declarations say: check, draft, diff, schemas."""

from typing import Annotated

import typer

from layidu.cli.app import app, finish


@app.command()
def check(
    server: Annotated[bool, typer.Option("--server", help="Comparer aussi aux serveurs DHIS2.")] = False,
) -> None:
    """Vérifier les déclarations de mappings/ ; toutes les erreurs à la fois."""
    from flows.checking import check_mappings

    finish(check_mappings(server=server))


@app.command()
def draft(
    source: Annotated[str, typer.Option("--source", help="Nom de la source (celui de LAYIDU_<NOM>_URL).")],
    data_set: Annotated[
        list[str] | None,
        typer.Option(
            "--data-set", help="UID d'un jeu de données (répétable) ; par défaut ceux de sources.yaml."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Montrer, ne rien écrire.")] = False,
) -> None:
    """Écrire un premier mappings/ d'après un serveur DHIS2, sans toucher à ce qui est écrit."""
    from flows.drafting import draft_declarations

    finish(draft_declarations(source, data_set or [], dry_run=dry_run))


@app.command()
def diff(
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Un autre dossier, ou une révision de git ; par défaut les résultats en place."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Pour une machine.")] = False,
) -> None:
    """Ce qu'un changement de mappings/ ferait aux valeurs publiées, avant de l'appliquer."""
    from flows.differing import show_difference

    finish(show_difference(against, as_json=as_json))


@app.command()
def schemas(
    check: Annotated[bool, typer.Option("--check", help="Dire seulement s'ils sont à jour.")] = False,
) -> None:
    """Écrire dans mappings/schemas/ ce dont un éditeur a besoin pour aider à écrire les déclarations."""
    from flows.schemas import write_schemas

    finish(write_schemas(check=check))
