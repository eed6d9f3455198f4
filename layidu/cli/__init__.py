"""The command line: French help and messages, English names, exit codes 0, 1, 2, 3, 4, 75.

Every command imports what it needs when it runs, so that `layidu --help` answers at once. One module for
each question a person comes with; importing a module registers its commands.
"""

import sys
from pathlib import Path

import typer
from typer._click.exceptions import ClickException  # typer carries its own copy of click

from layidu.cli import copy, declarations, entries, machine, publishing, results
from layidu.cli.app import app
from layidu.errors import LayiduError
from layidu.whole_files import NO_ROOM, disk_full

__all__ = ["app", "copy", "declarations", "entries", "machine", "main", "publishing", "results"]


def main() -> None:
    """Run a command; a user's error is four lines and an exit code, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False) or 0)  # typer hands back what `finish` raised
    except LayiduError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        full = disk_full(Path(str(error.filename)) if error.filename else None)
        sys.stderr.write(f"{full}\n")
        sys.exit(full.exit_code)
    except typer.Abort:
        sys.exit(130)
    except ClickException as error:
        sys.stderr.write(
            f"erreur : ligne de commande\n  trouvé  : {error.format_message()}\n"
            f"  attendu : une commande et des options de « layidu --help »\n  à faire : relire l'aide, puis relancer\n"
        )
        sys.exit(3)
