"""The command line: French help and messages, English names, exit codes 0, 1, 2, 3, 4, 75.

Every command imports what it needs when it runs, so that `layidu --help` answers at once. One module for
each question a person comes with; importing a module registers its commands.
"""

import errno
import shutil
import sys
from pathlib import Path

import typer
from typer._click.exceptions import ClickException  # typer carries its own copy of click

from layidu.cli import copy, declarations, entries, machine, publishing, results
from layidu.cli.app import app
from layidu.errors import FailedSafeError, LayiduError

__all__ = ["app", "copy", "declarations", "entries", "machine", "main", "publishing", "results"]


def main() -> None:
    """Run a command; a user's error is four lines and an exit code, never a traceback."""
    try:
        sys.exit(app(standalone_mode=False) or 0)  # typer hands back what `finish` raised
    except LayiduError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        full = disk_full(error)
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


def disk_full(error: OSError) -> FailedSafeError:
    """A file of ours (an untouched answer, a page) found no room."""
    path = Path(str(error.filename)) if error.filename else None
    folder = next((part for part in path.parents if part.is_dir()), None) if path else None
    free = f" ; {shutil.disk_usage(folder).free / 1e6:.0f} Mo libres sous {folder}" if folder else ""
    return FailedSafeError(
        where=str(path or "écriture d'un fichier"),
        found=f"disque plein{free}",
        expected="de la place pour les réponses gardées (LAYIDU_HOME) et les pages",
        todo="libérer de la place ou agrandir le disque, puis relancer ; rien n'est perdu, la prochaine exécution "
        "reprend",
    )
