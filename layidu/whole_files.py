"""How is a file of ours written whole, or not at all? And what is said when the disk has no room for it?"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layidu.errors import FailedSafeError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[None]:
    """Take a file away again when writing it fails; a full disk is an error a person can act on.

    Raises:
        FailedSafeError: the disk is full.
    """
    try:
        yield
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise disk_full(path) from error
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file under another name and put it in place when it is whole; what stood there stays until then.

    Raises:
        FailedSafeError: the disk is full.
    """
    part = path.with_name(f"{path.name}.part")
    with whole_or_nothing(part):
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)


def disk_full(path: Path | None) -> FailedSafeError:
    """A file of ours (an untouched answer, a page) found no room."""
    folder = next((part for part in path.parents if part.is_dir()), None) if path else None
    free = f" ; {shutil.disk_usage(folder).free / 1e6:.0f} Mo libres sous {folder}" if folder else ""
    return FailedSafeError(
        where=str(path or "écriture d'un fichier"),
        found=f"disque plein{free}",
        expected="de la place pour les réponses gardées (LAYIDU_HOME) et les pages",
        todo="libérer de la place ou agrandir le disque, puis relancer ; rien n'est perdu ni à moitié écrit, la "
        "prochaine exécution reprend",
    )
