"""`layidu up` and `layidu down`: Prefect's server and a worker, beside the warehouse, on loopback only."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from flows.processes import Service, read_services, start_service, stop_service
from layidu.errors import ConfigurationError, FailedSafeError
from layidu.sandbox import process as sandbox_process
from layidu.settings import Settings, shipped
from warehouse import embedded
from warehouse.connect import open_warehouse, prefect_url

SERVER, WORKER, POOL = "prefect-server", "prefect-worker", "layidu"
PATIENCE_SECONDS = 180


def up(settings: Settings, deployments: Path | None = None) -> Iterator[str]:
    """Start what the schedule needs and deploy it; yields a French line as each part is ready."""
    open_warehouse(settings)
    yield "entrepôt : prêt"
    environment = prefect_environment(settings)
    server = read_services(settings.home).get(SERVER) or start_server(settings, environment)
    yield f"serveur Prefect : {server.url}"
    prefect(settings, "work-pool", "create", POOL, "--type", "process", "--overwrite")
    deployments = deployments or shipped("prefect.yaml")
    prefect(settings, "deploy", "--all", "--prefect-file", str(deployments), folder=deployments.parent)
    yield f"déploiements : {deployments}"
    if WORKER not in read_services(settings.home):
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--name", "layidu"]
        start_service(settings.home, WORKER, command, environment)
    yield "exécuteur : en marche ; la prochaine nuit part à l'heure de prefect.yaml"


def start_server(settings: Settings, environment: Mapping[str, str]) -> Service:
    """Start Prefect's server and wait until it answers."""
    port = environment["PREFECT_SERVER_API_PORT"]
    url = f"http://127.0.0.1:{port}"
    if answers(f"{url}/api/health"):
        raise ConfigurationError(
            where=f"port {port} de cette machine",
            found="un autre serveur y répond déjà",
            expected="un port libre pour le serveur de layidu",
            todo="choisir un autre port avec LAYIDU_PREFECT_PORT, ou arrêter l'autre serveur",
        )
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    service = start_service(settings.home, SERVER, command, environment, url=url)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not answers(f"{url}/api/health"):
        if service.process() is None or time.monotonic() > give_up:
            stop_service(settings.home, SERVER)
            raise FailedSafeError(
                where="serveur Prefect",
                found="il ne répond pas",
                expected=f"une réponse sur {url}",
                todo=f"lire {settings.home / 'logs' / f'{SERVER}.log'}, corriger, puis relancer layidu up",
            )
        time.sleep(0.3)
    return service


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def prefect_environment(settings: Settings) -> dict[str, str]:
    """What Prefect's processes are told: our database, our home, no telemetry, and our own settings."""
    port = settings.get("PREFECT_PORT", "4200") or "4200"
    own = {name: value for name, value in settings.values.items() if name.startswith("LAYIDU_")}
    return {
        **own,
        "LAYIDU_HOME": str(settings.home),
        "LAYIDU_MAPPINGS": str(settings.mappings),
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_API_DATABASE_CONNECTION_URL": prefect_url(settings),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": os.pathsep.join([str(shipped(".").resolve()), os.environ.get("PYTHONPATH", "")]),
    }


def prefect(settings: Settings, *arguments: str, folder: Path | None = None) -> None:
    """Run one of Prefect's own commands; its failure is ours, with its last words."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env={**os.environ, **prefect_environment(settings)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise FailedSafeError(
            where=f"prefect {arguments[0]}",
            found=(done.stderr or done.stdout).strip()[-400:] or f"code {done.returncode}",
            expected="la commande aboutit",
            todo="corriger prefect.yaml si c'est lui, puis relancer layidu up",
        )


def down(settings: Settings) -> Iterator[str]:
    """Stop everything layidu started: worker first, then server, sandbox, database."""
    for name, label in ((WORKER, "exécuteur"), (SERVER, "serveur Prefect")):
        yield f"{label} : {'arrêté' if stop_service(settings.home, name) else 'ne tournait pas'}"
    for folder in sorted((settings.home / "sandbox").glob("*")):
        if folder.is_dir() and sandbox_process.stop(folder):
            yield f"bac à sable {folder.name} : arrêté"
    yield f"base de données : {'arrêtée' if embedded.stop(settings) else 'ne tournait pas'}"
