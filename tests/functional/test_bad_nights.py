"""Nights on which the machine fails: eight starts at once, a stopped run, a full disk, a server that dies."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chaos import processes
from tests.chaos.scene import Scene, scene
from tests.servers import EmbeddedServer, address_of, embedded_in, missing, settings_of
from warehouse.connect import Warehouse, open_warehouse
from warehouse.runs import last_runs

COPY = "before Copy.write warehouse/stage_values.py"
COMMIT, COMMITTED = (f"{when} Connection.commit warehouse/load.py" for when in ("before", "after"))


@pytest.fixture
def night(warehouse: Warehouse, embedded_server: EmbeddedServer, tmp_path: Path) -> Iterator[Scene]:
    settings = {"LAYIDU_WAREHOUSE_URL": address_of(embedded_server, warehouse)}
    with scene(tmp_path, warehouse, tmp_path / "home", settings) as found:
        found.pull()
        found.change()
        yield found


def started(night: Scene, output: Path) -> "processes.BaseProcess":
    return processes.start(night.person.environment({}), ["pull"], output)


def test_of_eight_simultaneous_starts_one_works_and_seven_exit_75_at_once(
    night: Scene, tmp_path: Path
) -> None:
    outputs = [tmp_path / f"output {number}" for number in range(8)]
    with night.site.bad_day("delay", seconds=3, path="/api/dataValueSets.csv"):
        runs = [started(night, output) for output in outputs]
        for run in runs:
            run.join(120)
    codes = [run.exitcode for run in runs]
    assert sorted(codes)[1:] == [75] * 7
    assert sorted(codes)[0] in (0, 1)
    refused = [output.read_text("utf-8") for output, code in zip(outputs, codes, strict=True) if code == 75]
    assert all("un seul passage à la fois" in text for text in refused)
    assert [run.kind for run in last_runs(night.warehouse)] == ["pull", "pull"]
    assert night.differences() == []


def test_a_stopped_run_that_wakes_after_another_took_over_writes_nothing(
    night: Scene, tmp_path: Path
) -> None:
    with night.site.bad_day("delay", seconds=2, path="/api/dataValueSets.csv") as delayed:
        stopped = started(night, tmp_path / "output")
        wait_for(lambda: night.site.hits(delayed) > 0)
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGSTOP)
        # What a server does to a session that is silent for too long, and a failover to all of them.
        with night.warehouse.connect("owner", autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    night.pull()
    night.change()
    before = night.state()
    os.kill(stopped.pid, signal.SIGCONT)
    stopped.join(120)
    said = (tmp_path / "output").read_text("utf-8")
    assert stopped.exitcode in (2, 75), said
    assert "Traceback" not in said
    assert night.state() == before
    night.pull()
    assert night.differences() == []


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


@pytest.fixture(scope="module")
def own_server(short_home: Callable[[], Path]) -> Iterator[EmbeddedServer]:
    """A server that may be hurt: nobody else's databases are on it."""
    with embedded_in(short_home() / "own") as server:
        yield server


SLOW_COMMIT = """
CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON run.slice INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.slow()
"""


@pytest.mark.parametrize(
    ("point", "delay"),
    [
        pytest.param(COPY, 0.0, id="in COPY"),
        pytest.param(COMMIT, 0.0, id="before COMMIT"),
        pytest.param(COMMIT, 0.2, id="in COMMIT"),
        pytest.param(COMMITTED, 0.0, id="after COMMIT, the answer lost"),
    ],
)
def test_postgresql_dies_and_the_next_run_heals(
    own_server: EmbeddedServer, tmp_path: Path, point: str, delay: float
) -> None:
    warehouse = own_server.fresh()
    settings = {"LAYIDU_WAREHOUSE_URL": address_of(own_server, warehouse)}
    with scene(tmp_path, warehouse, tmp_path / "home", settings) as night:
        night.pull()
        night.change()
        if delay:
            with warehouse.connect("owner") as connection:
                connection.execute(SLOW_COMMIT)
        before = night.state()
        output = tmp_path / "output"
        code = night.child(output, cut=(point, delay))
        said = output.read_text("utf-8")
        assert code == 2, said
        assert "Traceback" not in said
        assert "coupé la connexion" in said
        wait_for(lambda: answers(own_server))
        assert night.lost() == []
        values = 0
        assert (night.state()[values] != before[values]) == (point == COMMITTED)
        if delay:
            with warehouse.connect("owner") as connection:
                connection.execute("DROP FUNCTION public.slow() CASCADE")
        night.pull()
        assert night.differences() == []
    own_server.drop(warehouse)


def answers(server: EmbeddedServer) -> bool:
    """Whether a crashed server has recovered."""
    try:
        with server.administer() as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def small_disk(short_home: Callable[[], Path]) -> Iterator[Path]:
    """A file system of 500 MB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        missing("only the superuser can mount a small file system")
    place = short_home() / "small"
    place.mkdir(mode=0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m,mode=755", "tmpfs", str(place)], check=True)  # noqa: S603, S607
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607


def test_a_full_disk_is_said_and_a_plain_rerun_heals(small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    warehouse = open_warehouse(settings_of(home))
    with scene(tmp_path, warehouse, home) as night:
        try:
            night.pull()
            night.change()
            filler = small_disk / "filler"
            with filler.open("wb") as file:
                file.write(bytes(shutil.disk_usage(small_disk).free))
            assert shutil.disk_usage(small_disk).free < 1 << 16
            answer = night.person.run("pull")
            assert answer.returncode == 2, answer.stderr
            assert "disque plein" in answer.stderr
            assert " Mo libres sous " in answer.stderr
            filler.unlink()
            assert night.lost() == []
            night.pull()
            assert night.differences() == []
        finally:
            night.person.run("db", "stop")
