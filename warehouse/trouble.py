"""What does it mean for a person when PostgreSQL fails in the middle of something?

The disk is full, the server is gone, the connection was cut: nothing half-done remains, because every write is one
transaction, so the words are the same everywhere: what happened, and that the next run heals. An interrupted COMMIT
is no exception: the next run compares with what is there, it never guesses.
"""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import errors

from layidu.errors import FailedSafeError

WAITED = (errors.LockNotAvailable, errors.QueryCanceled)


class Connection(psycopg.Connection):
    """A connection whose failures, at the end of its `with` block, are errors a person can act on."""

    place: str = ""
    home: Path | None = None  # where the server keeps its files, if it is ours

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Commit or roll back, close, and say in French what went wrong with the server."""
        try:
            super().__exit__(exc_type, exc_val, exc_tb)
        except psycopg.OperationalError as error:
            if not is_trouble(error):
                raise
            raise failure(self, error) from error
        if isinstance(exc_val, psycopg.OperationalError) and is_trouble(exc_val):
            raise failure(self, exc_val) from exc_val

    def __enter__(self) -> Self:
        """Begin a block."""
        return self


def is_trouble(error: psycopg.OperationalError) -> bool:
    """Whether the server is what failed, or somebody waits; any other refusal is an error of ours.

    Without a state the connection itself was lost; 08 connection, 53 resources, 57 operator, 58 system.
    """
    return (
        error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "57", "58") or isinstance(error, WAITED)
    )


def failure(connection: Connection, error: psycopg.OperationalError) -> FailedSafeError:
    """The four parts; the server's own words hold no password."""
    words = " ".join(str(error).split())
    if isinstance(error, errors.DiskFull):
        return FailedSafeError(
            where=connection.place,
            found=f"disque plein ({words}){room(connection.home)}",
            expected="de la place pour écrire la copie et son journal",
            todo="libérer de la place ou agrandir le disque, puis relancer ; rien n'est perdu ni à moitié écrit, "
            "la prochaine exécution reprend",
        )
    if isinstance(error, WAITED):
        return FailedSafeError(
            where=connection.place,
            found=f"une autre session tient ce qu'il faut écrire ou lire ({words})",
            expected="une base que personne ne bloque",
            todo="fermer la session qui bloque (transaction ouverte dans un outil, sauvegarde), puis relancer",
        )
    return FailedSafeError(
        where=connection.place,
        found=f"PostgreSQL s'est arrêté ou a coupé la connexion ({words}){room(connection.home)}",
        expected="un serveur qui reste en marche pendant le passage",
        todo="voir le journal de PostgreSQL et la place sur le disque, puis relancer ; rien n'est à moitié écrit, "
        "la prochaine exécution compare et reprend",
    )


def room(home: Path | None) -> str:
    """How much room there is where the server's files are, when they are ours."""
    if home is None or not home.exists():
        return ""
    return f" ; {shutil.disk_usage(home).free / 1e6:.0f} Mo libres sous {home}"
