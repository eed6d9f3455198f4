"""How is the embedded PostgreSQL server installed, started and stopped?

Our own `initdb`, with passwords; a socket in a folder of its own, no TCP unless asked; started by `pg_ctl`,
so that it outlives whoever started it; reused by whoever comes next.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layidu.errors import ConfigurationError
from layidu.settings import Settings
from warehouse.initdb import WHERE, disk_full, install, refuse_other_major_version, server_error
from warehouse.passwords import SUPERUSER, ensure_passwords, write_private
from warehouse.place import Place, make_folder, place_of, socket_folder
from warehouse.tuning import server_settings

DATABASE = "layidu"


@dataclass(frozen=True, slots=True)
class Server:
    """A server to connect to: its socket's folder, its port, the file of passwords."""

    place: Place
    sockets: Path
    port: int


def start(settings: Settings) -> Server:
    """Start the home's server, installing it first when there is none; an already running one is reused."""
    with locked_place(settings.home) as place:
        passwords = ensure_passwords(place.passwords, place.data)
        if not place.data.is_dir():
            install(place, passwords[SUPERUSER])
        refuse_other_major_version(place)
        server = running_server(place)
        started = server is None
        if server is None:
            server = launch(place, tcp_port(settings))
        if started or not place.installed.is_file():
            # Imported here: stopping or looking needs no database library.
            from warehouse.roles import install_logins

            install_logins(server.sockets, server.port, passwords)
            place.installed.touch()
        return server


def running(settings: Settings) -> Server | None:
    """The home's server if it runs; nothing is started or installed."""
    if not (settings.home / "postgresql" / "pgpass").is_file():
        return None
    with locked_place(settings.home) as place:
        return running_server(place)


def stop(settings: Settings) -> bool:
    """Stop the home's server: open transactions are rolled back, data is safe. False when none ran."""
    if not (settings.home / "postgresql" / "pgpass").is_file():
        return False
    with locked_place(settings.home) as place:
        if not is_running(place):
            return False
        shut_down(place)
        return True


def shut_down(place: Place) -> None:
    """Cut the sessions, write everything down, end."""
    done = place.run("pg_ctl", "-D", str(place.data), "-m", "fast", "-w", "-t", "120", "stop")
    if done.returncode != 0:
        raise server_error(place, f"l'arrêt a échoué : {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def locked_place(home: Path) -> Iterator[Place]:
    """The server's place, while nobody else installs, starts or stops it; file errors become ours."""
    folder = home / "postgresql"
    try:
        make_folder(folder, 0o755 if os.geteuid() == 0 else 0o700)
        # Private: whoever can open the file could hold it for ever.
        with os.fdopen(os.open(folder / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield place_of(home)
    except PermissionError as error:
        raise ConfigurationError(
            where=f"{WHERE}, {error.filename or folder}",
            found="accès refusé",
            expected="un dossier LAYIDU_HOME qui appartient à l'utilisateur qui lance layidu",
            todo="lancer layidu sous le compte qui a créé ce dossier, ou choisir un autre LAYIDU_HOME",
        ) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise disk_full(folder) from error


def tcp_port(settings: Settings) -> int | None:
    """The loopback port that a person asked for by LAYIDU_DATABASE_PORT; none by default.

    A server that runs already keeps its port until `layidu db stop`.
    """
    text = settings.get("DATABASE_PORT")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ConfigurationError(
            where="LAYIDU_DATABASE_PORT",
            found=f"« {text} »",
            expected="un numéro de port entre 1024 et 65535",
            todo="corriger le numéro, ou retirer ce réglage : le produit n'a pas besoin de port",
        )
    return int(text)


def is_running(place: Place) -> bool:
    """Whether a server holds the data folder."""
    if not place.data.is_dir():
        return False
    return place.run("pg_ctl", "-D", str(place.data), "status").returncode == 0 and not is_dead(place)


def running_server(place: Place) -> Server | None:
    """The server that runs now, with the socket and port that it wrote down; None when there is none to use."""
    if not is_running(place):
        return None
    lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    port, sockets = int(lines[3]), Path(lines[4])
    if (sockets / f".s.PGSQL.{port}").exists():
        return Server(place=place, sockets=sockets, port=port)
    # Somebody cleaned the temporary folder: nobody can reach this server any more.
    shut_down(place)
    return None


def server_process(place: Place) -> int | None:
    """The process id that the server wrote down."""
    try:
        return int((place.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def is_dead(place: Place) -> bool:
    """Whether the process written down is no living PostgreSQL: killed and not yet reaped, or a stranger."""
    process = server_process(place)
    if process is None:
        return True
    if not Path("/proc/self/stat").is_file():
        return False
    try:
        name, state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.split()[0] in {"Z", "X"} or "(postgres" not in name


def forget_dead_server(place: Place) -> None:
    """Remove the note of a server that is dead for certain: PostgreSQL itself is misled by a zombie's id.

    PostgreSQL still refuses to start while a process of the dead server uses its shared memory.
    """
    if server_process(place) is not None and is_dead(place):
        (place.data / "postmaster.pid").unlink(missing_ok=True)


def launch(place: Place, port: int | None) -> Server:
    """Start the server detached and wait until it answers."""
    forget_dead_server(place)
    server = Server(place=place, sockets=socket_folder(place), port=port or 5432)
    for left_behind in server.sockets.glob(".s.PGSQL.*"):
        left_behind.unlink()
    settings = server_settings(server.sockets, port=server.port, tcp=port is not None)
    write_private(place.data / "layidu.conf", settings)
    place.give(place.data / "layidu.conf")
    if place.log.is_file() and place.log.stat().st_size > 10 * 1024 * 1024:
        place.log.replace(place.log.with_suffix(".log.1"))
    if not place.log.is_file():
        write_private(place.log, "")
        place.give(place.log)
    before = place.log.stat().st_size
    arguments = ("-D", str(place.data), "-l", str(place.log), "-w", "-t", "120", "start")
    done = place.run("pg_ctl", *arguments)
    if done.returncode != 0:
        with place.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(before)
            said = log.read().strip() or done.stderr.strip()
        raise server_error(place, f"le démarrage a échoué : {last_lines(said)}")
    return server


def last_lines(text: str) -> str:
    """The end of what the server said."""
    return "\n            ".join(text.splitlines()[-6:])
