"""Is a sandbox running in this folder? Start it as a process of its own, find it again, stop it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from layidu.errors import FailedSafeError
from layidu.sandbox.accounts import read
from layidu.sandbox.country import Account
from layidu.sandbox.dialects import DEFAULT
from layidu.sandbox.faults import parse

STATE = "sandbox.json"
LOG = "sandbox.log"
PLANTED = "planted.json"
LONGEST_START = 180.0  # seconds; a first start builds a whole country
LONGEST_STOP = 10.0
TAIL = 2_000

#: The processes this one started, so that they are reaped when they end.
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers."""

    url: str
    pid: int
    port: int
    accounts: dict[str, Account]
    planted_path: Path
    dialect: str = DEFAULT


def start(
    folder: Path,
    country_name: str,
    *,
    seed: int = 1,
    port: int = 0,
    dialect: str = DEFAULT,
    faults: Sequence[str] = (),
) -> Running:
    """Start the sandbox of a folder, or find the one already running there, whatever its dialect.

    A folder served in one dialect may later be served in another: stop it first. Faults, as the command line
    writes them, are switched on in either case, beside those that are on already.

    Raises:
        ConfigurationError: no such fault.
        FailedSafeError: it ended or did not answer in time; the end of its log is in the message.
    """
    asked = [parse(text) for text in faults]
    found = running(folder) or _started(folder, country_name, seed, port, dialect)
    for fault in asked:
        _switch_on(found, fault)
    return found


def _started(folder: Path, country_name: str, seed: int, port: int, dialect: str) -> Running:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "layidu.sandbox", str(folder), country_name]
    command += ["--seed", str(seed), "--port", str(port), "--dialect", dialect]
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
        )
    _children[process.pid] = process
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and process.poll() is None:
        found = running(folder)
        if found is not None:
            return found
        time.sleep(0.05)
    ended = process.poll()
    process.kill()
    process.wait()
    raise FailedSafeError(
        f"bac à sable, dossier {folder.name}",
        f"{'le processus ne répond pas' if ended is None else f'le processus s’est arrêté (code {ended})'} ; "
        f"fin de son journal : {_tail(folder / LOG)}",
        "un serveur qui répond",
        "corrigez la cause indiquée ci-dessus, puis relancez la commande",
    )


def running(folder: Path) -> Running | None:
    """The sandbox of a folder, if its process lives and answers as itself."""
    path = folder / STATE
    if not path.exists():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    pid, port = int(state["pid"]), int(state["port"])
    if not _is_alive(pid) or _answering_pid(port) != pid:
        return None
    return Running(
        str(state["url"]), pid, port, read(folder), folder / PLANTED, str(state.get("dialect", DEFAULT))
    )


def _switch_on(sandbox: Running, fault: dict[str, Any]) -> None:
    headers = {"Authorization": f"ApiToken {sandbox.accounts['admin'].token}"}
    with closing(HTTPConnection("127.0.0.1", sandbox.port, timeout=LONGEST_STOP)) as connection:
        connection.request("POST", "/sandbox/faults", json.dumps(fault), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    if answer.status != HTTPStatus.CREATED:
        raise FailedSafeError(
            f"bac à sable {sandbox.url}, panne « {fault['name']} »",
            f"réponse {answer.status} : {text}",
            "une panne mise en marche",
            "arrêter le bac à sable (--stop), puis relancer la commande",
        )


def stop(folder: Path) -> bool:
    """End the sandbox of a folder; False when none was running there."""
    found = running(folder)
    if found is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + LONGEST_STOP
    while _is_alive(found.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    if _is_alive(found.pid):
        os.kill(found.pid, signal.SIGKILL)
        if found.pid in _children:
            _children[found.pid].wait()
    _children.pop(found.pid, None)
    (folder / STATE).unlink(missing_ok=True)
    return True


def write_state(folder: Path, *, url: str, port: int, country: str, dialect: str) -> None:
    """What the process itself leaves behind for others to find it."""
    path = folder / STATE
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.chmod(0o600)
    state = {"pid": os.getpid(), "port": port, "url": url, "country": country, "dialect": dialect}
    part.write_text(json.dumps(state), encoding="utf-8")
    part.replace(path)


def _is_alive(pid: int) -> bool:
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answering_pid(port: int) -> int | None:
    """The process that answers on a port as a sandbox: a reused pid or a foreign server is never taken for ours."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sandbox/alive")
        answer = connection.getresponse()
        return int(json.loads(answer.read())["pid"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _tail(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-TAIL:].strip() if path.exists() else ""
