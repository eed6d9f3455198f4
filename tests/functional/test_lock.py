"""One run at a time, and no write of a run that lost its lock."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from layidu.errors import LockedError
from warehouse.connect import Warehouse
from warehouse.lock import RunToken, hold
from warehouse.runs import finish_run, last_runs

# A process of its own: it takes the lock, says so, and waits for a line before it goes on.
HOLDER = """
import sys
from pathlib import Path
from warehouse.connect import Warehouse
from warehouse.lock import hold
parameters = dict(argument.split("=", 1) for argument in sys.argv[1:])
warehouse = Warehouse(home=Path("/"), embedded=True, place="test", parameters={"loader": parameters})
with hold(warehouse, "holder") as token:
    print(token.run_id, flush=True)
    sys.stdin.readline()
    with warehouse.connect() as connection:
        token.guard(connection)
        connection.execute("INSERT INTO run.run (kind, code_version, mappings_digest) VALUES ('late', '', '')")
"""


def start_holder(warehouse: Warehouse) -> subprocess.Popen[str]:
    parameters = [f"{name}={value}" for name, value in warehouse.parameters["loader"].items()]
    holder = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", HOLDER, *parameters],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip().isdigit(), holder.communicate()[1]
    return holder


def kinds(warehouse: Warehouse) -> list[str]:
    return [run.kind for run in last_runs(warehouse)]


def test_second_run_is_refused_at_once_and_told_who_works(any_warehouse: Warehouse) -> None:
    with hold(any_warehouse, "nightly", code_version="1", mappings_digest="abc") as token:
        with pytest.raises(LockedError) as refused, hold(any_warehouse, "pull"):
            pytest.fail("two runs at once")
        assert f"le passage {token.run_id} (nightly), depuis le " in refused.value.found
        assert refused.value.exit_code == 75
    assert kinds(any_warehouse) == ["nightly"]


def test_eight_starts_at_once_one_works(warehouse: Warehouse) -> None:
    ready, finished = threading.Barrier(8), threading.Barrier(8)

    def start(number: int) -> str:
        ready.wait()
        try:
            with hold(warehouse, f"start {number}"):
                finished.wait()
                return "worked"
        except LockedError as error:
            finished.wait()
            return error.where

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(start, range(8)))
    assert outcomes.count("worked") == 1
    assert len(kinds(warehouse)) == 1


def test_tokens_count_up_and_runs_say_how_they_ended(any_warehouse: Warehouse) -> None:
    with hold(any_warehouse, "nightly") as first:
        finish_run(any_warehouse, first.run_id, outcome="finished", exit_code=1, summary={"new": 3})
    with pytest.raises(ZeroDivisionError), hold(any_warehouse, "nightly") as second:
        raise ZeroDivisionError
    assert second.token > first.token
    newest, oldest = last_runs(any_warehouse)
    assert (newest.outcome, newest.exit_code, newest.summary) == ("interrupted", None, {})
    assert (oldest.outcome, oldest.exit_code, oldest.summary) == ("finished", 1, {"new": 3})


def test_lock_of_a_killed_run_is_free_at_once(warehouse: Warehouse) -> None:
    with start_holder(warehouse) as holder:
        with pytest.raises(LockedError), hold(warehouse, "nightly"):
            pytest.fail("two runs at once")
        holder.kill()
        holder.wait()
        wait_for_backend(warehouse)
        with hold(warehouse, "nightly"):
            killed = last_runs(warehouse)[1]
    assert (killed.kind, killed.outcome) == ("holder", "interrupted")


def wait_for_backend(warehouse: Warehouse) -> None:
    """The server notices a dead client when it next looks at the socket: milliseconds."""
    with warehouse.connect("owner", autocommit=True) as connection:
        for _ in range(200):
            held = connection.execute(
                "SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
            if held is not None and held[0] == 0:
                return
    pytest.fail("the lock outlived its holder by two seconds")


def cut_lock_holder(warehouse: Warehouse) -> None:
    """What a restarted network device or an administrator does to a stopped process."""
    with warehouse.connect(autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


def test_stopped_run_writes_nothing_after_another_took_over(warehouse: Warehouse) -> None:
    with start_holder(warehouse) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        cut_lock_holder(warehouse)
        with hold(warehouse, "nightly"):
            os.kill(holder.pid, signal.SIGCONT)
            _, said = holder.communicate("go on\n", timeout=30)
            assert "LockedError" in said
            assert holder.returncode != 0
    assert kinds(warehouse) == ["nightly", "holder"]


def test_takeover_waits_for_a_write_under_way(any_warehouse: Warehouse) -> None:
    with (
        hold(any_warehouse, "nightly") as token,
        any_warehouse.connect() as writer,
        any_warehouse.connect() as other,
    ):
        token.guard(writer)
        other.execute("SET lock_timeout = '50ms'")
        other.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("UPDATE run.lock SET token = token + 1")
        other.rollback()
        writer.commit()
        other.execute("UPDATE run.lock SET token = token + 1")
        other.commit()
        with pytest.raises(LockedError):
            token.guard(writer)


def test_a_token_of_another_time_is_refused(warehouse: Warehouse) -> None:
    with (
        warehouse.connect() as connection,
        pytest.raises(LockedError, match="un autre passage a pris le verrou"),
    ):
        RunToken(run_id=1, token=99, kind="nightly").guard(connection)


def test_a_run_that_ends_opens_the_door_at_once(warehouse: Warehouse) -> None:
    """The server notices a closed connection only a moment later; fifty runs in a row must not meet that moment."""
    for _ in range(50):
        with hold(warehouse, "pull"):
            pass
