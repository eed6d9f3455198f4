"""Who may write to the warehouse now?

One run at a time, by an advisory lock that dies with its connection. A run that lost the lock without
noticing (its connection was cut, its process stopped and woken) is fenced off: every write transaction
checks the run's token.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg

from layidu.errors import FailedSafeError, LockedError
from warehouse.connect import Warehouse
from warehouse.runs import insert_run

# Any number, the same in every version: it is the lock's name inside one database.
LOCK = 4_707_100


@dataclass(frozen=True, slots=True)
class RunToken:
    """The right to write, as long as nobody took over."""

    run_id: int
    token: int
    kind: str

    def guard(self, connection: psycopg.Connection) -> None:
        """Call first in every write transaction: refuses if another run took over, and keeps it out till the end."""
        found = connection.execute("SELECT FROM run.lock WHERE token = %s FOR SHARE", [self.token])
        if found.rowcount != 1:
            raise LockedError(
                where=f"passage {self.run_id} ({self.kind})",
                found="un autre passage a pris le verrou pendant que celui-ci était arrêté ou coupé de la base",
                expected="un seul passage qui écrit",
                todo="laisser finir l'autre passage ; celui-ci n'écrit plus rien et peut être relancé ensuite",
            )


@contextmanager
def hold(
    warehouse: Warehouse, kind: str, *, code_version: str = "", mappings_digest: str = ""
) -> Iterator[RunToken]:
    """Be the one run that writes; refused at once when another one is (exit 75).

    The run is written down at the start. One that leaves without `finish_run` counts as interrupted.
    """
    with warehouse.connect(autocommit=True) as connection:
        taken = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if taken is None or not taken[0]:
            raise busy(connection)
        token = take_over(connection, kind, code_version=code_version, mappings_digest=mappings_digest)
        try:
            yield token
        except BaseException:
            # The next run closes it otherwise; what went wrong first is what a person must read.
            with suppress(FailedSafeError):
                close_run(warehouse, token)
            raise
        else:
            close_run(warehouse, token)
        finally:
            # Closing lets go too, but only when the server notices: the next run would find the door shut.
            # A connection that is dead has let go already.
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def take_over(
    connection: psycopg.Connection, kind: str, *, code_version: str, mappings_digest: str
) -> RunToken:
    """Begin a run and make every older token worthless."""
    try:
        with connection.transaction():
            # Waits for a write transaction of the run before, if one is still open.
            row = connection.execute("UPDATE run.lock SET token = token + 1 RETURNING token").fetchone()
            # Nobody else works: what is unfinished was killed.
            connection.execute(
                "UPDATE run.run SET finished_at = clock_timestamp(), outcome = 'interrupted'"
                " WHERE finished_at IS NULL"
            )
            run_id = insert_run(connection, kind, code_version=code_version, mappings_digest=mappings_digest)
            connection.execute("UPDATE run.lock SET run_id = %s, since = clock_timestamp()", [run_id])
    except psycopg.errors.LockNotAvailable as error:
        raise FailedSafeError(
            where="verrou de la base de données",
            found="le passage précédent a perdu le verrou mais une de ses écritures est encore ouverte",
            expected="une écriture finie ou abandonnée",
            todo="arrêter l'ancien processus de layidu s'il est suspendu ; sinon PostgreSQL abandonne cette "
            "écriture après 30 minutes ; puis relancer",
        ) from error
    if row is None:
        raise AssertionError("run.lock has lost its row")
    return RunToken(run_id=run_id, token=int(row[0]), kind=kind)


def close_run(warehouse: Warehouse, token: RunToken) -> None:
    """Write down a run that ended without saying how."""
    with warehouse.connect() as connection:
        connection.execute(
            "UPDATE run.run SET finished_at = clock_timestamp(), outcome = 'interrupted'"
            " WHERE run_id = %s AND finished_at IS NULL",
            [token.run_id],
        )


def busy(connection: psycopg.Connection) -> LockedError:
    """The error that names who works and since when."""
    row = connection.execute(
        "SELECT run_id, kind, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD à HH24:MI:SS')"
        " FROM run.lock JOIN run.run USING (run_id) WHERE finished_at IS NULL"
    ).fetchone()
    # Between taking the lock and writing it down there is a moment without a name.
    found = (
        "un passage qui commence"
        if row is None
        else f"le passage {row[0]} ({row[1]}), depuis le {row[2]} UTC"
    )
    return LockedError(
        where="verrou de la base de données",
        found=f"{found}, est en cours",
        expected="un seul passage à la fois",
        todo="attendre qu'il finisse (layidu status), puis relancer ; rien n'a été fait",
    )
