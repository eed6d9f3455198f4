"""Does layidu end the processes it started, all of them, and no other?"""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows.processes import read_services, start_service, stop_service

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
#: A process that ignores SIGTERM, and its child, which inherits that.
DEAF_CODE = f"""
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen({SLEEP!r})
print("sourd", flush=True)
time.sleep(60)
"""
DEAF = [sys.executable, "-c", DEAF_CODE]
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def stranger() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is not ours to end."""
    with subprocess.Popen(SLEEP, start_new_session=True) as process:  # noqa: S603 - our own interpreter
        yield process
        process.kill()


def wait_for(seen: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def log_of(home: Path) -> str:
    return (home / "logs" / "essai.log").read_text(encoding="utf-8")


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_service_is_started_found_again_and_ended(tmp_path: Path) -> None:
    service = start_service(tmp_path, "essai", SLEEP, ENVIRONMENT, url="http://127.0.0.1:1")
    assert read_services(tmp_path) == {"essai": service}
    assert os.getsid(service.pid) == service.pid
    assert stop_service(tmp_path, "essai") is True
    assert is_gone(service.pid)
    assert read_services(tmp_path) == {}
    assert stop_service(tmp_path, "essai") is False


def test_it_is_told_its_environment_and_nothing_else_and_its_files_are_private(tmp_path: Path) -> None:
    show = [sys.executable, "-c", "import os; print(sorted(os.environ), flush=True)"]
    start_service(tmp_path, "essai", show, {"SEUL": "1"})
    wait_for(lambda: "SEUL" in log_of(tmp_path))
    assert "PATH" not in log_of(tmp_path)
    stop_service(tmp_path, "essai")
    for path in (tmp_path / "logs" / "essai.log", tmp_path / "services.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_service_that_was_killed_is_not_running_and_starts_again(tmp_path: Path) -> None:
    killed = start_service(tmp_path, "essai", SLEEP, ENVIRONMENT)
    os.kill(killed.pid, signal.SIGKILL)
    wait_for(lambda: is_gone(killed.pid))
    assert read_services(tmp_path) == {}
    again = start_service(tmp_path, "essai", SLEEP, ENVIRONMENT)
    assert read_services(tmp_path) == {"essai": again}
    assert stop_service(tmp_path, "essai") is True


def test_what_a_killed_service_left_behind_is_ended_too(tmp_path: Path) -> None:
    killed = start_service(tmp_path, "essai", DEAF, ENVIRONMENT)
    wait_for(lambda: "sourd" in log_of(tmp_path))
    (child,) = psutil.Process(killed.pid).children()
    os.kill(killed.pid, signal.SIGKILL)
    wait_for(lambda: is_gone(killed.pid))
    assert not is_gone(child.pid)
    assert stop_service(tmp_path, "essai", patience_seconds=0.2) is True
    assert is_gone(child.pid)


def test_who_does_not_listen_is_ended_after_a_while_with_its_children(tmp_path: Path) -> None:
    deaf = start_service(tmp_path, "essai", DEAF, ENVIRONMENT)
    wait_for(lambda: "sourd" in log_of(tmp_path))
    (child,) = psutil.Process(deaf.pid).children()
    assert stop_service(tmp_path, "essai", patience_seconds=0.2) is True
    assert is_gone(deaf.pid)
    assert is_gone(child.pid)


def test_an_id_that_was_given_away_is_left_alone(tmp_path: Path, stranger: "subprocess.Popen[bytes]") -> None:
    service = start_service(tmp_path, "essai", SLEEP, ENVIRONMENT)
    stop_service(tmp_path, "essai")
    record = {"name": "essai", "pid": stranger.pid, "started": service.started - 1, "url": None}
    (tmp_path / "services.json").write_text(json.dumps([record]), encoding="utf-8")
    assert read_services(tmp_path) == {}
    assert stop_service(tmp_path, "essai") is False
    assert stranger.poll() is None


def test_a_service_that_leads_its_own_session_is_not_a_child(tmp_path: Path) -> None:
    """A database or a sandbox started meanwhile has an owner of its own, who stops it in good order."""
    start = (
        "import subprocess, sys, time; "
        f"process = subprocess.Popen({SLEEP!r}, start_new_session=True); print(process.pid, flush=True); time.sleep(60)"
    )
    start_service(tmp_path, "essai", [sys.executable, "-c", start], ENVIRONMENT)
    wait_for(lambda: log_of(tmp_path).endswith("\n"))
    other = psutil.Process(int(log_of(tmp_path)))
    try:
        assert stop_service(tmp_path, "essai") is True
        assert not is_gone(other.pid)
    finally:
        other.kill()
