"""The embedded server: as root and as an ordinary user, private, durable, and no guest of our folders."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from layidu.errors import ConfigurationError, FailedSafeError
from layidu.settings import Settings
from tests.servers import EmbeddedServer, missing, settings_of
from warehouse import binaries, embedded, initdb
from warehouse.connect import open_warehouse, prefect_url
from warehouse.passwords import LOGINS, SUPERUSER, read_passwords
from warehouse.place import recorded_base

PROGRAM = """
import os, signal, sys
from pathlib import Path
from layidu.settings import read_settings
from warehouse import embedded
from warehouse.connect import open_warehouse
settings = read_settings({"LAYIDU_HOME": sys.argv[2]}, Path("/"))
if sys.argv[1] == "stop":
    print(embedded.stop(settings), embedded.stop(settings))
else:
    warehouse = open_warehouse(settings)
    if sys.argv[1] == "die":
        from warehouse.migrate import migrate
        migrate(warehouse)
    with warehouse.connect() as connection:
        print(connection.execute("SELECT pg_backend_pid()").fetchone()[0], flush=True)
        if sys.argv[1] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class Someone:
    """A user who runs layidu: ourselves, or an ordinary user when we are root."""

    account: pwd.struct_passwd | None
    python: str

    def run(self, action: str, home: Path) -> subprocess.CompletedProcess[str]:
        """Start the warehouse of a home and stop or be killed, in a process of one's own."""
        return self.call(self.python, "-B", "-W", "error", "-c", PROGRAM, action, str(home))

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this user."""
        return subprocess.run(  # noqa: S603  our own program
            command,
            cwd="/",
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": os.pathsep.join(filter(None, [*sys.path, str(Path.cwd())])),
            },
            user=None if self.account is None else self.account.pw_uid,
            group=None if self.account is None else self.account.pw_gid,
            extra_groups=None if self.account is None else (),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(params=["ourselves", "an ordinary user"] if os.geteuid() == 0 else ["ourselves"])
def someone(request: pytest.FixtureRequest) -> Someone:
    """As root both kinds of user; otherwise we are the ordinary one."""
    if request.param == "ourselves":
        return Someone(None, sys.executable)
    account = pwd.getpwnam("nobody")
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        other = Someone(account, python)
        try:
            readable = other.call(python, "-B", "-c", "import psycopg, warehouse.embedded").returncode == 0
        except PermissionError:
            continue
        if readable:
            return other
    missing("no Python and packages that an ordinary user may read")
    raise AssertionError


@pytest.fixture
def closed_home(someone: Someone, short_home: Callable[[], Path]) -> Iterator[Path]:
    """A home below a folder that only its user can enter."""
    top = short_home()
    home = top / "closed" / "home"
    home.mkdir(parents=True)
    top.chmod(0o711)
    home.parent.chmod(0o700)
    home.chmod(0o750)
    if someone.account is not None:
        for folder in (home.parent, home):
            os.chown(folder, someone.account.pw_uid, someone.account.pw_gid)
    yield home
    someone.run("stop", home)
    base = recorded_base(home / "postgresql")
    if base.is_dir() and not base.is_relative_to(home):
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def spare_home(short_home: Callable[[], Path]) -> Path:
    """A home whose server the tests below stop, kill and disturb; each leaves it able to start."""
    return short_home()


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (status.st_mode, status.st_uid, status.st_gid) for path, status in found.items()}


def postmaster(home: Path) -> int:
    lines = (recorded_base(home / "postgresql") / "data" / "postmaster.pid").read_text(encoding="utf-8")
    return int(lines.split("\n", 1)[0])


def lives(process: int) -> bool:
    """A zombie that nobody reaped is dead."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] not in "ZX"
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_life_of_a_server_in_a_closed_folder(someone: Someone, closed_home: Path) -> None:
    before = modes(closed_home)
    died = someone.run("die", closed_home)
    assert died.returncode == -signal.SIGKILL, died.stderr
    server = postmaster(closed_home)
    assert lives(server), "the server died with the process that started it"

    again = someone.run("start", closed_home)
    assert again.returncode == 0, again.stderr
    assert postmaster(closed_home) == server, "a second start did not reuse the server"

    ours, base = closed_home / "postgresql", recorded_base(closed_home / "postgresql")
    assert stat.S_IMODE((ours / "pgpass").stat().st_mode) == 0o600
    assert stat.S_IMODE((base / "data").stat().st_mode) == 0o700
    assert Path(f"/proc/{server}").stat().st_uid != 0, "the server runs as root"

    stopped = someone.run("stop", closed_home)
    assert stopped.stdout.strip() == "True False", stopped.stderr
    assert not lives(server)
    assert modes(closed_home) == before, "a folder we did not create was changed"


def test_nobody_connects_without_a_password(embedded_server: EmbeddedServer) -> None:
    address = {"host": str(embedded_server.server.sockets), "dbname": "layidu", "passfile": "/nonexistent"}
    for role in (*LOGINS, "postgres", "root"):
        for password in (None, "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(make_conninfo(**address, user=role, password=password))


def test_nothing_listens_and_every_rule_asks_for_a_password(embedded_server: EmbeddedServer) -> None:
    with embedded_server.administer() as connection:
        rules = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        listens = connection.execute("SHOW listen_addresses").fetchone()
        durable = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')"
        ).fetchall()
    assert rules == [("scram-sha-256",)]
    assert listens == ("",)
    assert dict(durable) == {"fsync": "on", "synchronous_commit": "on"}


def test_another_user_reaches_neither_socket_nor_passwords(embedded_server: EmbeddedServer) -> None:
    server = embedded_server.server
    for private in (server.sockets, server.place.passwords, server.place.data):
        assert private.stat().st_mode & 0o077 == 0
        if os.geteuid() == 0:
            seen = Someone(pwd.getpwnam("nobody"), "").call("grep", "-r", "x", str(private))
            assert "Permission denied" in seen.stderr


def test_tcp_on_loopback_only_when_asked_and_with_password(short_home: Callable[[], Path]) -> None:
    home, port = short_home(), 20_000 + os.getpid() % 20_000
    values = {"LAYIDU_DATABASE_PORT": str(port)}
    settings = Settings(home=home, mappings=home, rules=home, values=values)
    warehouse = open_warehouse(settings)
    tcp = {
        "host": "127.0.0.1",
        "port": port,
        "dbname": "layidu",
        "user": "layidu_reader",
        "sslmode": "disable",
    }
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(**tcp, passfile="/nonexistent"))
    with psycopg.connect(make_conninfo(**tcp, passfile=str(home / "postgresql" / "pgpass"))) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    with warehouse.connect("reader") as connection:
        assert connection.info.port == port


@pytest.mark.parametrize("port", ["80", "99999", "5432x", "-1", "٥٤٣٢"])
def test_bad_port_is_refused(port: str, tmp_path: Path) -> None:
    values = {"LAYIDU_DATABASE_PORT": port}
    with pytest.raises(ConfigurationError, match="entre 1024 et 65535"):
        embedded.tcp_port(Settings(home=tmp_path, mappings=tmp_path, rules=tmp_path, values=values))


def test_no_password_in_logs_or_representations(embedded_server: EmbeddedServer) -> None:
    warehouse = embedded_server.fresh()
    with warehouse.connect() as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM nowhere")
    seen = (
        embedded_server.server.place.log.read_text(encoding="utf-8")
        + repr(warehouse)
        + warehouse.reading_url()
    )
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen += line.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
    passwords = read_passwords(embedded_server.server.place.passwords)
    assert set(passwords) == set(LOGINS)
    assert not [role for role, password in passwords.items() if password in seen]


def test_home_with_a_long_path_and_a_cleaned_temporary_folder(short_home: Callable[[], Path]) -> None:
    home = short_home() / ("long-" * 20) / "home"
    settings = settings_of(home)
    first = embedded.start(settings)
    assert len(str(first.sockets)) < 100
    assert stat.S_IMODE(first.sockets.stat().st_mode) == 0o700
    assert embedded.start(settings) == first
    shutil.rmtree(first.sockets)
    second = embedded.start(settings)
    with open_warehouse(settings).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    embedded.stop(settings)
    assert embedded.start(settings).sockets == second.sockets
    embedded.stop(settings)
    shutil.rmtree(second.sockets)


def test_first_starts_at_once_make_one_server(short_home: Callable[[], Path]) -> None:
    settings = settings_of(short_home())
    with ThreadPoolExecutor(4) as threads:
        servers = list(threads.map(lambda _: embedded.start(settings), range(4)))
    assert len(set(servers)) == 1
    with open_warehouse(settings, start=False).connect("owner") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("layidu_owner",)


def test_server_killed_outright_starts_again(spare_home: Path) -> None:
    settings = settings_of(spare_home)
    embedded.start(settings)
    killed = postmaster(spare_home)
    os.kill(killed, signal.SIGKILL)
    for _ in range(100):
        if not lives(killed):
            break
        time.sleep(0.02)
    assert embedded.running(settings) is None
    embedded.start(settings)
    assert postmaster(spare_home) != killed


def test_stale_note_naming_a_stranger_does_not_mislead(spare_home: Path) -> None:
    """After a reboot the process id in the note belongs to somebody else, who must not be signalled."""
    settings = settings_of(spare_home)
    embedded.start(settings)
    note = spare_home / "postgresql" / "data" / "postmaster.pid"
    text = note.read_text(encoding="utf-8")
    embedded.stop(settings)
    note.write_text("\n".join([str(os.getpid()), *text.split("\n")[1:]]), encoding="utf-8")
    assert embedded.running(settings) is None
    assert embedded.stop(settings) is False
    embedded.start(settings)
    assert postmaster(spare_home) != os.getpid()


def test_an_interrupted_installation_is_taken_up_again(spare_home: Path) -> None:
    settings = settings_of(spare_home)
    embedded.start(settings)
    embedded.stop(settings)
    folder = spare_home / "postgresql"
    (folder / "installed").unlink()
    (folder / "data").rename(folder / "data.unfinished")
    with open_warehouse(settings).connect("loader") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("layidu_loader",)
    assert not (folder / "data.unfinished").exists()


def test_data_of_another_major_version_is_refused(spare_home: Path) -> None:
    embedded.start(settings_of(spare_home))
    embedded.stop(settings_of(spare_home))
    version = spare_home / "postgresql" / "data" / "PG_VERSION"
    version.write_text("17\n", encoding="ascii")
    with pytest.raises(ConfigurationError, match="des données de PostgreSQL 17"):
        embedded.start(settings_of(spare_home))
    version.write_text("18\n", encoding="ascii")
    passwords = spare_home / "postgresql" / "pgpass"
    kept = passwords.rename(passwords.with_name("kept"))
    with pytest.raises(ConfigurationError, match="le fichier des mots de passe manque"):
        embedded.start(settings_of(spare_home))
    kept.rename(passwords)


def test_what_a_machine_lacks_is_said(
    short_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = short_home()
    with monkeypatch.context() as patch:
        patch.setattr(initdb, "NEEDED_BYTES", 1 << 60)
        with pytest.raises(FailedSafeError, match=r"disque plein : il reste \d+ Mo"):
            embedded.start(settings_of(home))
    with monkeypatch.context() as patch:
        patch.setattr(binaries, "PROGRAMS", "nowhere")
        with pytest.raises(ConfigurationError, match="pas de programme « initdb »"):
            embedded.start(settings_of(home))
    with pytest.raises(FailedSafeError, match="aucun serveur en marche"):
        open_warehouse(settings_of(home), start=False)


def test_scheduler_has_a_database_of_its_own(embedded_server: EmbeddedServer) -> None:
    import asyncpg

    url = prefect_url(settings_of(embedded_server.home)).replace("+asyncpg", "")

    async def ask() -> tuple[str, str]:
        connection = await asyncpg.connect(url)
        try:
            return tuple(await connection.fetchrow("SELECT current_user::text, current_database()::text"))
        finally:
            await connection.close()

    assert asyncio.run(ask()) == ("prefect", "prefect")
    passwords = read_passwords(embedded_server.server.place.passwords)
    address = {
        "host": str(embedded_server.server.sockets),
        "user": "prefect",
        "password": passwords["prefect"],
    }
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(make_conninfo(**address, dbname="layidu"))
    assert SUPERUSER not in url
