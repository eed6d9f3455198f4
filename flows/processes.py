"""The long-lived processes layidu started itself, on record, so that they can be ended by id and no other.

A process id alone is not proof (the system gives it away again), so its start is kept beside it. A service
leads a session of its own: whoever is in that session is its child, also when it is gone itself; a sandbox
or a database that it started leads another one, and is stopped by its own room.
"""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from layidu.errors import ConfigurationError

LONGEST_LOG = 10 * 1024 * 1024
LAST_PATIENCE_SECONDS = 5

#: The processes this one started, so that they are reaped when they end.
CHILDREN: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """A process of ours: what it is, its id, when it started, and where it listens."""

    name: str
    pid: int
    started: float  # seconds after the machine's own start: a clock that is put right does not change it
    url: str | None = None

    def process(self) -> psutil.Process | None:
        """The process, if it lives and is still that very one."""
        try:
            process = psutil.Process(self.pid)
            same = abs(seconds_after_boot(process) - self.started) < 0.05
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def family(self) -> list[psutil.Process]:
        """The process and its children that live, also those it left behind."""
        if self.process() is None and is_alive(self.pid):
            return []  # its id was given away, which happens only when its whole session has ended
        members = (process for process in psutil.process_iter() if session_of(process.pid) == self.pid)
        return [process for process in members if is_alive(process.pid)]


def seconds_after_boot(process: psutil.Process) -> float:
    """When a process started."""
    return float(process.create_time() - psutil.boot_time())


def is_alive(pid: int) -> bool:
    """Whether a process has this id and has not ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def session_of(pid: int) -> int | None:
    """The leader of a process's session, unless the process ended meanwhile."""
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


@contextmanager
def services_locked(home: Path) -> Iterator[None]:
    """Nobody else starts or stops services of this home meanwhile."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "services.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise ConfigurationError(
            where=str(home),
            found="accès refusé",
            expected="un dossier LAYIDU_HOME qui appartient à l'utilisateur qui lance layidu",
            todo="lancer layidu sous le compte qui a créé ce dossier, ou choisir un autre LAYIDU_HOME",
        ) from error
    with os.fdopen(descriptor) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def recorded_services(home: Path) -> dict[str, Service]:
    """The services on record, alive or not."""
    path = home / "services.json"
    if not path.is_file():
        return {}
    known = (Service(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    return {service.name: service for service in known}


def read_services(home: Path) -> dict[str, Service]:
    """The services on record that are alive."""
    return {name: service for name, service in recorded_services(home).items() if service.process()}


def write_services(home: Path, services: Mapping[str, Service]) -> None:
    """Put the record on disk in one step."""
    path = home / "services.json"
    fresh = path.with_suffix(".new")
    entries = [asdict(service) for service in services.values()]
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(entries, file, indent=1)
    fresh.replace(path)


def start_service(
    home: Path,
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    url: str | None = None,
) -> Service:
    """Start a process in a session of its own, its output in `logs/NAME.log`, and put it on record.

    The environment is the whole of what it is told. What an earlier process of this name left behind ends first.
    """
    stop_service(home, name)
    logs = home / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = logs / f"{name}.log"
    if path.is_file() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module names
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    CHILDREN[process.pid] = process
    service = Service(name, process.pid, seconds_after_boot(psutil.Process(process.pid)), url)
    write_services(home, {**recorded_services(home), name: service})
    return service


def stop_service(home: Path, name: str, *, patience_seconds: float = 20) -> bool:
    """End a service and then what it left: ask first, then insist; False when nothing of it was running."""
    services = recorded_services(home)
    service = services.pop(name, None)
    if service is None:
        return False
    process, family = service.process(), service.family()
    if process is not None:
        end([process], patience_seconds)  # first: it ends its own children in good order
    end(service.family(), min(patience_seconds, LAST_PATIENCE_SECONDS))
    if service.pid in CHILDREN:
        CHILDREN.pop(service.pid).wait()
    write_services(home, services)
    return bool(family)


def end(processes: Sequence[psutil.Process], patience_seconds: float) -> None:
    """Ask these processes to end, and end those that have not after a while."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=patience_seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=LAST_PATIENCE_SECONDS)
