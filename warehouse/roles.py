"""Who may do what: the owner changes tables, the loader writes rows, the reader sees the mart.

The embedded server has a login for each role. On a server of somebody else's the roles have no login: our
account takes them on, when it may create them; otherwise everything runs as that account.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from warehouse.passwords import SUPERUSER

Role = Literal["owner", "loader", "reader"]
ROLE_NAMES: Final[Mapping[Role, str]] = {
    "owner": "layidu_owner",
    "loader": "layidu_loader",
    "reader": "layidu_reader",
}
PREFECT = "prefect"

# Applied after every migration, so that a new table needs no grants of its own.
GRANTS = """
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA source, plan, result, run, mart TO layidu_loader;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA source, plan, result TO layidu_loader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA source, plan, result, run TO layidu_loader;
REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA run FROM layidu_loader;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA run TO layidu_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA mart TO layidu_loader, layidu_reader;
GRANT USAGE ON SCHEMA mart TO layidu_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA mart GRANT SELECT ON TABLES TO layidu_loader, layidu_reader;
"""


def install_logins(sockets: Path, port: int, passwords: Mapping[str, str]) -> None:
    """Create the embedded server's roles and databases; what exists is left as it is."""
    with administer(sockets, port, passwords[SUPERUSER]) as connection:
        for login, password in passwords.items():
            if login != SUPERUSER:
                create_login(connection, login, password)
        connection.execute("GRANT pg_read_all_stats TO layidu_owner")
        limit_reader(connection)
        create_database(connection, "layidu", owner=ROLE_NAMES["owner"])
        create_database(connection, PREFECT, owner=PREFECT)
        keep_strangers_out(connection, "layidu")
        connection.execute(f"REVOKE ALL ON DATABASE {PREFECT} FROM PUBLIC")


def administer(sockets: Path, port: int, password: str) -> psycopg.Connection:
    """A connection of the embedded server's superuser: for installing, never for a run."""
    address = make_conninfo(
        host=str(sockets), port=port, user=SUPERUSER, password=password, dbname="postgres"
    )
    return psycopg.connect(address, autocommit=True)


def create_login(connection: psycopg.Connection, login: str, password: str) -> None:
    """Create a role that logs in; the password travels as its SCRAM verifier, never as itself."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    ).decode()
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).rowcount:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier))
    )


def limit_reader(connection: psycopg.Connection) -> None:
    """A person's query neither runs for ever nor writes, and finds the mart without naming it."""
    connection.execute("ALTER ROLE layidu_reader SET statement_timeout = '10min'")
    connection.execute("ALTER ROLE layidu_reader SET default_transaction_read_only = on")
    connection.execute("ALTER ROLE layidu_reader SET search_path = mart")


def create_database(
    connection: psycopg.Connection, name: str, *, owner: str, template: str = "template1"
) -> None:
    """Create a database unless it exists."""
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)
        )
    )


def keep_strangers_out(connection: psycopg.Connection, database: str) -> None:
    """Only our three roles connect to a database of ours."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO layidu_owner, layidu_loader, layidu_reader").format(name)
    )
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO layidu_owner, layidu_loader").format(name))


def take_roles(connection: psycopg.Connection) -> bool:
    """On a server of somebody else's: whether our account can act in the three roles, created if it may."""
    names = list(ROLE_NAMES.values())
    existing = {
        name
        for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [names])
    }
    if len(existing) < len(names) and not may_create_roles(connection):
        return False
    if len(existing) < len(names):
        create_roles(connection, [name for name in names if name not in existing])
    members = connection.execute(
        "SELECT bool_and(pg_has_role(current_user, rolname, 'MEMBER')) FROM pg_roles WHERE rolname = ANY(%s)",
        [names],
    ).fetchone()
    return members is not None and bool(members[0])


def may_create_roles(connection: psycopg.Connection) -> bool:
    """Whether our account may create roles and let them work in this database."""
    row = connection.execute(
        "SELECT (rolsuper OR rolcreaterole) AND (rolsuper OR pg_has_role(current_user, datdba, 'MEMBER'))"
        " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
    ).fetchone()
    return row is not None and bool(row[0])


def create_roles(connection: psycopg.Connection, names: list[str]) -> None:
    """Create the roles without a login and let our account take them on."""
    for name in names:
        identifier = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(identifier))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(identifier))


def let_roles_in(connection: psycopg.Connection) -> None:
    """Give the roles what they need in the current database of somebody else's server."""
    ready = connection.execute(
        "SELECT has_database_privilege('layidu_owner', current_database(), 'CREATE')"
        " AND has_database_privilege('layidu_reader', current_database(), 'CONNECT')"
    ).fetchone()
    if ready is not None and ready[0]:
        return
    database = sql.Identifier(connection.info.dbname)
    connection.execute(
        sql.SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO layidu_owner").format(database)
    )
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO layidu_loader").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO layidu_reader").format(database))


def apply_grants(connection: psycopg.Connection) -> None:
    """Grant each role its rights on every table there is now; run as the owner, after migrations."""
    connection.execute(GRANTS)
