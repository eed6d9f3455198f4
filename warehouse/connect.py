"""How do the other rooms get a connection to the warehouse?

One `Warehouse`, the embedded server or any PostgreSQL by its address, the same three roles on both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import make_conninfo

from layidu.errors import FailedSafeError
from layidu.settings import Settings
from warehouse import embedded, external
from warehouse.embedded import DATABASE, Server
from warehouse.passwords import read_passwords
from warehouse.roles import PREFECT, ROLE_NAMES, Role
from warehouse.trouble import Connection, room

if TYPE_CHECKING:
    from sqlalchemy import Engine

# A session that waits for a lock says so instead of queueing for ever; a writer that was stopped in the
# middle of a transaction lets go of its locks after a while.
SESSION = {
    "timezone": "UTC",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "30min",
}
READER_SESSION = {"statement_timeout": "10min", "default_transaction_read_only": "on", "search_path": "mart"}


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The database of one home; its text never shows a secret."""

    home: Path
    embedded: bool
    place: str  # what a person is told: never with a password
    parameters: Mapping[Role, Mapping[str, str]] = field(repr=False)  # libpq parameters of each role
    has_roles: bool = True
    reading_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    def connect(self, role: Role = "loader", *, autocommit: bool = False) -> psycopg.Connection:
        """A new connection in one of the three roles; it belongs to the caller, who closes it."""
        try:
            connection = Connection.connect(make_conninfo(**self.parameters[role]), autocommit=autocommit)
        except psycopg.OperationalError as error:
            raise unreachable(self.place, error, self.home if self.embedded else None) from error
        connection.place, connection.home = self.place, self.home if self.embedded else None
        return connection

    def engine(self, role: Role = "loader") -> "Engine":
        """A SQLAlchemy engine in one of the three roles."""
        from sqlalchemy import create_engine

        return create_engine("postgresql+psycopg://", creator=lambda: self.connect(role), pool_pre_ping=True)

    def reading_url(self) -> str:
        """The libpq address of the reading role, without a password, as `psql` accepts it."""
        return libpq_url(self.reading_parameters)


def open_warehouse(settings: Settings, *, start: bool = True) -> Warehouse:
    """The warehouse that the settings name; the embedded server is installed and started if need be."""
    if settings.warehouse_url is not None:
        address = external.open_external(settings.warehouse_url, settings.home)
        return Warehouse(
            home=settings.home,
            embedded=False,
            place=address.place,
            parameters={role: address.parameters | session(role, address.role(role)) for role in ROLE_NAMES},
            has_roles=address.has_roles,
            reading_parameters=address.reading_parameters(),
        )
    server = embedded.start(settings) if start else embedded.running(settings)
    if server is None:
        raise FailedSafeError(
            where=f"base de données intégrée de {settings.home}",
            found="aucun serveur en marche",
            expected="le serveur que « layidu init » crée et démarre",
            todo="lancer « layidu init » (ou « layidu nightly », qui la démarre aussi)",
        )
    return of_server(settings.home, server, DATABASE)


def of_server(home: Path, server: Server, database: str) -> Warehouse:
    """The warehouse in one database of an embedded server."""
    passfile = str(server.place.passwords)
    common = {"host": str(server.sockets), "dbname": database, "passfile": passfile}
    if server.port != 5432:
        common["port"] = str(server.port)
    return Warehouse(
        home=home,
        embedded=True,
        place=f"base de données intégrée de {home}",
        parameters={role: common | {"user": name} | session(role, None) for role, name in ROLE_NAMES.items()},
        reading_parameters=common | {"user": ROLE_NAMES["reader"]},
    )


def session(role: Role, taken_on: str | None) -> dict[str, str]:
    """What every connection in a role starts with."""
    wanted = SESSION | (READER_SESSION if role == "reader" else {})
    if taken_on is not None:
        wanted = wanted | {"role": taken_on}
    options = " ".join(f"-c {name}={value}" for name, value in wanted.items())
    return {"application_name": "layidu", "options": options, "connect_timeout": "10"}


def libpq_url(parameters: Mapping[str, str]) -> str:
    """A libpq address; a socket's folder and the password file go after the question mark."""
    user, database = quote(parameters["user"], safe=""), quote(parameters["dbname"], safe="")
    rest = {name: value for name, value in parameters.items() if name not in ("user", "dbname")}
    return f"postgresql://{user}@/{database}?{urlencode(rest, safe='/', quote_via=quote)}"


def unreachable(place: str, error: psycopg.OperationalError, home: Path | None = None) -> FailedSafeError:
    """The error when the server does not answer; libpq's own words hold no password."""
    return FailedSafeError(
        where=place,
        found=" ".join(str(error).split()) + room(home),
        expected="un serveur PostgreSQL qui accepte la connexion",
        todo="vérifier que le serveur est en marche (« layidu init » démarre la base intégrée), puis relancer ; "
        "rien n'est perdu",
    )


def prefect_url(settings: Settings) -> str:
    """The address of the scheduler's own database, with its password: for its process's environment only."""
    if settings.prefect_database_url is not None:
        return settings.prefect_database_url
    if settings.warehouse_url is not None:
        return external.prefect_address(settings.warehouse_url)
    server = embedded.start(settings)
    password = quote(read_passwords(server.place.passwords)[PREFECT], safe="")
    query = urlencode({"host": str(server.sockets), "port": server.port}, safe="/", quote_via=quote)
    return f"postgresql+asyncpg://{PREFECT}:{password}@/{PREFECT}?{query}"
