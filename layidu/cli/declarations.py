"""What the declarations say: check."""

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
