"""Real PostgreSQL servers for the tests: ours, and one of somebody else's."""

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from layidu.settings import Settings, shipped
from warehouse import embedded
from warehouse.connect import Warehouse, of_server, open_warehouse
from warehouse.migrate import migrate
from warehouse.passwords import SUPERUSER, read_passwords, write_private
from warehouse.place import make_folder, run_as
from warehouse.roles import administer, create_database, keep_strangers_out

TEMPLATE = "layidu_template"
WarehouseFactory = Callable[[], Warehouse]


def settings_of(home: Path, warehouse_url: str | None = None) -> Settings:
    """Settings of a home, with what the product ships."""
    return Settings(
        home=home, mappings=shipped("mappings"), rules=shipped("quality/rules"), warehouse_url=warehouse_url
    )


def missing(reason: str) -> None:
    """Skip where a machine lacks something; where everything must be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def fast_folder() -> str:
    """Memory where there is plenty and programs may lie in it: servers are made and thrown away."""
    memory = Path("/dev/shm")  # noqa: S108
    if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30:
        status = os.statvfs(memory)
        if os.access(memory, os.W_OK) and not status.f_flag & os.ST_NOEXEC:
            return str(memory)
    return "/tmp"  # noqa: S108


@dataclass
class EmbeddedServer:
    """The session's embedded server, with a migrated database to copy."""

    home: Path
    server: embedded.Server
    superuser_password: str = field(repr=False)
    count: int = 0

    def administer(self) -> psycopg.Connection:
        """A connection of the superuser."""
        return administer(self.server.sockets, self.server.port, self.superuser_password)

    def fresh(self) -> Warehouse:
        """A new database, copied from the migrated one."""
        self.count += 1
        name = f"test_{self.count}"
        with self.administer() as connection:
            create_database(connection, name, owner="layidu_owner", template=TEMPLATE)
            keep_strangers_out(connection, name)
        return of_server(self.home, self.server, name)

    def drop(self, warehouse: Warehouse) -> None:
        """Drop a database that `fresh` made."""
        drop_database(self.administer(), warehouse)


def migrated_server(home: Path) -> EmbeddedServer:
    """Start an embedded server with a migrated database to copy; whoever asks stops it."""
    server = embedded.start(settings_of(home))
    started = EmbeddedServer(home, server, read_passwords(server.place.passwords)[SUPERUSER])
    with started.administer() as connection:
        create_database(connection, TEMPLATE, owner="layidu_owner")
        keep_strangers_out(connection, TEMPLATE)
    migrate(of_server(home, server, TEMPLATE))
    return started


def address_of(server: EmbeddedServer, warehouse: Warehouse) -> str:
    """A database's address, as LAYIDU_WAREHOUSE_URL takes it: one account for everything."""
    password = read_passwords(server.server.place.passwords)["layidu_owner"]
    database = warehouse.parameters["owner"]["dbname"]
    return f"postgresql+psycopg://layidu_owner:{password}@/{database}?host={server.server.sockets}"


@contextmanager
def embedded_in(home: Path) -> Iterator[EmbeddedServer]:
    """An embedded server in a new folder, for as long as it is wanted."""
    make_folder(home, 0o755 if os.geteuid() == 0 else 0o700)
    try:
        yield migrated_server(home)
    finally:
        embedded.stop(settings_of(home))


@dataclass
class ExternalServer:
    """A server of somebody else's, with one account that may create roles and owns its databases."""

    folder: Path
    bin: Path
    account: pwd.struct_passwd | None
    count: int = 0

    @property
    def sockets(self) -> Path:
        """The folder of the server's socket."""
        return self.folder / "socket"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs as its user."""
        done = run_as(self.account, str(self.bin / program), *arguments)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Install and start it; its account migrates the database to copy."""
        password_file = self.folder / "password"
        write_private(password_file, "secret of the administrator")
        for path in (self.sockets, self.folder / "data"):
            make_folder(path, 0o700)
        if self.account is not None:
            for path in (password_file, self.sockets, self.folder / "data"):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        data = f"--pgdata={self.folder / 'data'}"
        login = ("--auth=scram-sha-256", "--username=administrator", f"--pwfile={password_file}")
        self.run("initdb", data, *login, "--encoding=UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.sockets}' -c fsync=off"
        log = self.folder / "data" / "server.log"
        self.run("pg_ctl", data, "-l", str(log), "-o", options, "-w", "start")
        with self.administer() as connection:
            connection.execute("CREATE ROLE country LOGIN CREATEROLE CREATEDB PASSWORD 'a:b@c/d é'")
            create_database(connection, TEMPLATE, owner="country")
        migrate(open_warehouse(settings_of(self.folder, self.url(TEMPLATE))))

    def stop(self) -> None:
        """Stop it; nothing of it is kept."""
        self.run("pg_ctl", f"--pgdata={self.folder / 'data'}", "-m", "immediate", "-w", "stop")

    def url(self, database: str) -> str:
        """The address of one of its databases, for LAYIDU_WAREHOUSE_URL."""
        password = quote("a:b@c/d é", safe="")
        return f"postgresql+psycopg://country:{password}@/{database}?host={self.sockets}"

    def administer(self) -> psycopg.Connection:
        """A connection of the superuser."""
        address = make_conninfo(
            host=str(self.sockets),
            user="administrator",
            password="secret of the administrator",  # noqa: S106
            dbname="postgres",
        )
        return psycopg.connect(address, autocommit=True)

    def fresh(self) -> Warehouse:
        """A new database, copied from the migrated one."""
        self.count += 1
        name = f"test_{self.count}"
        with self.administer() as connection:
            create_database(connection, name, owner="country", template=TEMPLATE)
        return open_warehouse(settings_of(self.folder, self.url(name)))

    def drop(self, warehouse: Warehouse) -> None:
        """Drop a database that `fresh` made."""
        drop_database(self.administer(), warehouse)


def drop_database(connection: psycopg.Connection, warehouse: Warehouse) -> None:
    """Drop a test's database and cut whoever still uses it."""
    with connection:
        name = sql.Identifier(warehouse.parameters["owner"]["dbname"])
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def factory(server: EmbeddedServer | ExternalServer) -> Iterator[WarehouseFactory]:
    """Hand out fresh databases and drop them afterwards."""
    made: list[Warehouse] = []

    def make() -> Warehouse:
        made.append(server.fresh())
        return made[-1]

    yield make
    for warehouse in made:
        server.drop(warehouse)
