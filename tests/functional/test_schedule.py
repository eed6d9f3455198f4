"""Does the schedule really start a night? A Prefect server, a worker, and a run that nobody asked for by hand."""

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from pytest_httpserver import HTTPServer

from flows import service
from flows.processes import read_services
from layidu.errors import ConfigurationError
from layidu.sandbox.uids import uid
from layidu.settings import Settings, read_settings
from warehouse.passwords import read_passwords

SOURCES = (
    f"hameau:\n  url: sandbox:hamlet\n  data_sets: [{uid('data_set', 'SRPF')}, {uid('data_set', 'PALU')}]\n"
)
#: One fires soon after it is deployed, and not again before the test is over; the others when they are asked for.
DEPLOYED = """
name: essai
pull: []
deployments:
  - name: souvent
    entrypoint: flows.nightly.nightly
    work_pool:
      name: layidu
    schedules:
      - interval: 600
        anchor_date: "{first}"
    concurrency_limit: 1
  - name: semaine
    entrypoint: flows.reconcile.reconcile
    work_pool:
      name: layidu
  - name: fenêtre
    entrypoint: flows.backfill.backfill
    work_pool:
      name: layidu
    parameters: {{first: "202601", last: "202603"}}
"""
ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]
PATIENCE_SECONDS = 150
pytestmark = pytest.mark.timeout(280)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def settings(short_home: Callable[[], Path], tmp_path: Path) -> Iterator[Settings]:
    """A person with one source and nothing to publish."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    environment = {
        "LAYIDU_HOME": str(short_home()),
        "LAYIDU_MAPPINGS": str(tmp_path / "mappings"),
        "LAYIDU_PREFECT_PORT": str(free_port()),
    }
    settings = read_settings(environment, tmp_path)
    yield settings
    list(service.down(settings))


def ask(url: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What Prefect's own interface answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{url}/api/{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def ended_runs(url: str, **of: Any) -> list[dict[str, Any]]:
    """The runs that came to an end, first one first."""
    asked = {"sort": "START_TIME_ASC", "flow_runs": {"state": {"type": {"any_": ENDED}}, **of}}
    found: list[dict[str, Any]] = ask(url, "flow_runs/filter", asked)
    return found


def first_ended_run(url: str, **of: Any) -> dict[str, Any]:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        runs = ended_runs(url, **of)
        if runs:
            return runs[0]
        time.sleep(1)
    pytest.fail(f"no run ended within {PATIENCE_SECONDS} s")


def run_of(url: str, deployment: str) -> dict[str, Any]:
    """A run of a deployment that a person asks for, once it has ended."""
    found = ask(url, f"deployments/name/{quote(deployment)}")
    asked = ask(url, f"deployments/{found['id']}/create_flow_run", {})
    return first_ended_run(url, id={"any_": [asked["id"]]})


def processes_of(home: Path) -> list[str]:
    """The command lines of all that runs for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            ours = str(home) in command or process.environ().get("LAYIDU_HOME") == str(home)
        except psutil.Error:
            continue
        if ours:
            found.append(command)
    return found


def test_a_scheduled_night_runs_by_itself_and_down_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    deployments = tmp_path / "prefect.yaml"
    said = []
    for line in service.up(settings, deployments):
        said.append(line)
        first = datetime.now(UTC) + timedelta(seconds=15)
        deployments.write_text(DEPLOYED.format(first=first.isoformat()), encoding="utf-8")
    services = read_services(settings.home)
    server, worker = services[service.SERVER], services[service.WORKER]
    assert server.url

    run = first_ended_run(server.url)
    log = (settings.home / "logs" / "prefect-worker.log").read_text(encoding="utf-8")
    assert (run["auto_scheduled"], run["state_type"], run["state_name"]) == (
        True,
        "COMPLETED",
        "avec rejets",
    ), log
    assert "refus nouveaux" in run["state"]["message"]
    assert "Traceback" not in log
    assert "WARNING" not in log

    for deployment in ("reconcile/semaine", "backfill/fenêtre"):
        asked_for = run_of(server.url, deployment)
        assert asked_for["state_type"] == "COMPLETED", (deployment, asked_for["state"]["message"])
        assert "code de sortie 0" in asked_for["state"]["message"]

    said += service.up(settings, deployments)
    assert read_services(settings.home) == services
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}
    password = read_passwords(settings.home / "postgresql" / "pgpass")["prefect"]
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    logs = [path.read_text(encoding="utf-8") for path in (settings.home / "logs").iterdir()]
    told = [f"{name}={value}" for name, value in psutil.Process(worker.pid).environ().items()]
    assert not any(password in text for text in (*commands, *logs, *told, *said))
    assert "DO_NOT_TRACK=1" in told

    said = list(service.down(settings))
    assert not any("ne tournait pas" in line for line in said), said
    assert processes_of(settings.home) == []
    assert all("ne tournait pas" in line for line in service.down(settings))


def test_a_port_where_somebody_else_answers_is_left_to_him(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/health").respond_with_data("true")
    settings = read_settings(
        {"LAYIDU_HOME": str(tmp_path), "LAYIDU_PREFECT_PORT": str(httpserver.port)}, tmp_path
    )
    with pytest.raises(ConfigurationError, match="LAYIDU_PREFECT_PORT"):
        service.start_server(settings)
    assert not (tmp_path / "services.json").exists()


@pytest.mark.parametrize("port", ["abc", "80", "70000", "4²00"])
def test_a_port_that_is_none_is_said(tmp_path: Path, port: str) -> None:
    settings = read_settings({"LAYIDU_HOME": str(tmp_path), "LAYIDU_PREFECT_PORT": port}, tmp_path)
    with pytest.raises(ConfigurationError, match="1024"):
        service.address(settings)


def test_down_where_nothing_was_started_makes_nothing(tmp_path: Path) -> None:
    settings = read_settings({"LAYIDU_HOME": str(tmp_path / "nulle-part")}, tmp_path)
    assert len(list(service.down(settings))) == 1
    assert not (tmp_path / "nulle-part").exists()
