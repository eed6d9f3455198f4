"""The long-lived processes layidu started itself, on record, so that they can be ended by id and no other.

A process id alone is not proof (the system gives it away again), so its start time is kept beside it.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Service:
    """A process of ours: what it is, its id, when it started, and where it listens."""

    name: str
    pid: int
    started: float
    url: str | None = None

    def process(self) -> psutil.Process | None:
        """The process, if it is still that very one."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return None
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None


def read_services(home: Path) -> dict[str, Service]:
    """The services on record that are alive."""
    path = home / "services.json"
    if not path.is_file():
        return {}
    known = (Service(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    return {service.name: service for service in known if service.process()}


def write_services(home: Path, services: Mapping[str, Service]) -> None:
    """Put the record on disk in one step."""
    path = home / "services.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(
        json.dumps([asdict(service) for service in services.values()], indent=1), encoding="utf-8"
    )
    fresh.chmod(0o600)
    fresh.replace(path)


def start_service(
    home: Path, name: str, command: Sequence[str], environment: Mapping[str, str], *, url: str | None = None
) -> Service:
    """Start a process in a session of its own, its output in `logs/NAME.log`, and put it on record."""
    logs = home / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab", opener=private) as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module names
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    service = Service(name, process.pid, psutil.Process(process.pid).create_time(), url)
    write_services(home, {**read_services(home), name: service})
    return service


def private(path: str, flags: int) -> int:
    """Open a log only its owner can read."""
    return os.open(path, flags, 0o600)


def stop_service(home: Path, name: str, *, patience_seconds: float = 20) -> bool:
    """End a service and its children: ask first, then insist; False when it was not running."""
    services = read_services(home)
    service = services.pop(name, None)
    process = service.process() if service else None
    if process is None:
        return False
    family = [*process.children(recursive=True), process]
    process.terminate()
    _, alive = psutil.wait_procs(family, timeout=patience_seconds)
    for left in alive:
        left.kill()
    psutil.wait_procs(alive, timeout=5)
    write_services(home, services)
    return True
