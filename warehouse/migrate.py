"""Which tables does the database have, and how does it get those the code expects?

Alembic, driven from here: no alembic.ini, one transaction for each migration, as the owner.
"""

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from layidu.errors import ConfigurationError, FailedSafeError
from warehouse.connect import Warehouse
from warehouse.roles import apply_grants

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_SCHEMA = "run"
VERSION_TABLE = "schema_version"
# Any number; held by whoever migrates this database.
MIGRATING = 4_707_102
ATTEMPTS = 3
LOCK_TIMEOUT = "5s"


def revision(warehouse: Warehouse) -> str | None:
    """The database's own revision; None when it was never migrated."""
    with warehouse.connect("owner") as connection:
        return stored_revision(connection)


def newest() -> str:
    """The revision the code expects."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def stored_revision(connection: psycopg.Connection) -> str | None:
    """The revision written down in the current database."""
    found = connection.execute("SELECT to_regclass(%s)", [f"{VERSION_SCHEMA}.{VERSION_TABLE}"]).fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute(f"SELECT version_num FROM {VERSION_SCHEMA}.{VERSION_TABLE}").fetchone()  # noqa: S608
    return None if row is None else str(row[0])


def migrate(warehouse: Warehouse) -> str:
    """Bring the database to the code's revision and grant the roles their rights; returns the revision."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(configuration())
    head = scripts.get_current_head()
    if head is None:
        raise ValueError(f"no migration in {MIGRATIONS}")
    with warehouse.connect("owner", autocommit=True) as guard:
        wait_for_other_migrations(guard, warehouse)
        found = stored_revision(guard)
        if found == head:
            return head
        known = {script.revision for script in scripts.walk_revisions()}
        if found is not None and found not in known:
            raise newer_database(warehouse, found, head)
        guard.execute(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}")
        upgrade(warehouse, guard)
        if warehouse.has_roles:
            apply_grants(guard)
    return head


def configuration() -> "Config":
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def wait_for_other_migrations(guard: psycopg.Connection, warehouse: Warehouse) -> None:
    """Only one process migrates a database at a time."""
    try:
        guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
    except psycopg.errors.LockNotAvailable as error:
        raise FailedSafeError(
            where=f"{warehouse.place}, mise à jour des tables",
            found="une autre mise à jour est en cours depuis plus de trente secondes",
            expected="une seule mise à jour à la fois",
            todo="attendre qu'elle finisse, puis relancer",
        ) from error


def upgrade(warehouse: Warehouse, guard: psycopg.Connection) -> None:
    """Run the missing migrations, again a few times if a reader holds a table."""
    import sqlalchemy
    from alembic import command

    config = configuration()
    config.attributes["version_schema"] = VERSION_SCHEMA
    config.attributes["version_table"] = VERSION_TABLE
    config.attributes["lock_timeout"] = LOCK_TIMEOUT
    # Alembic tells every step at INFO; a person is told the outcome.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = warehouse.engine("owner")
    try:
        for attempt in range(1, ATTEMPTS + 1):
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, "head")
                except sqlalchemy.exc.OperationalError as error:
                    if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                        raise
                    if attempt == ATTEMPTS:
                        raise blocked(warehouse, guard) from error
                else:
                    return
            time.sleep(attempt)
    finally:
        engine.dispose()


def blocked(warehouse: Warehouse, guard: psycopg.Connection) -> FailedSafeError:
    """The error that names who holds the tables."""
    holders = guard.execute(
        "SELECT DISTINCT l.pid, a.usename, a.application_name FROM pg_locks l"
        " JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.granted AND l.pid <> pg_backend_pid() AND c.relnamespace::regnamespace::text"
        " IN ('source', 'plan', 'result', 'run', 'mart')"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"
    ).fetchall()
    names = [f"processus {pid} ({user}, {application or 'sans nom'})" for pid, user, application in holders]
    return FailedSafeError(
        where=f"{warehouse.place}, mise à jour des tables",
        found=f"des tables sont retenues par : {', '.join(names) or 'une session qui vient de finir'}",
        expected=f"des tables libres pendant {LOCK_TIMEOUT.rstrip('s')} secondes",
        todo="fermer ces sessions (une requête ouverte dans psql ou un tableau de bord), puis relancer ; "
        "rien n'a été changé",
    )


def newer_database(warehouse: Warehouse, found: str, head: str) -> ConfigurationError:
    """The error when an older program meets a database that a newer one has changed."""
    return ConfigurationError(
        where=warehouse.place,
        found=f"des tables à la révision « {found} », que cette version de layidu ne connaît pas",
        expected=f"la révision « {head} » ou une plus ancienne",
        todo="installer la version de layidu qui a mis ces tables à jour, ou une plus récente",
    )
