"""`layidu up` and `layidu down`: Prefect's server and a worker, beside the warehouse, on loopback only."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import psutil

from flows.processes import (
    LAST_PATIENCE_SECONDS,
    Service,
    end,
    read_services,
    services_locked,
    start_service,
    stop_service,
)
from layidu.errors import ConfigurationError, FailedSafeError
from layidu.sandbox import process as sandbox_process
from layidu.settings import Settings, shipped
from warehouse import embedded
from warehouse.connect import open_warehouse, prefect_url

SERVER, WORKER, POOL = "prefect-server", "prefect-worker", "layidu"
PATIENCE_SECONDS = 180
RUN = "prefect.engine"  # the module that each run of a worker is a process of
PREFECT = (sys.executable, "-m", "prefect")
#: Our own server is asked directly: a proxy that the environment names is for others.
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def up(settings: Settings, deployments: Path | None = None) -> Iterator[str]:
    """Start what the schedule needs and deploy it; yields a French line as each part is ready."""
    open_warehouse(settings)
    yield "entrepôt : prêt"
    with services_locked(settings.home):
        server = read_services(settings.home).get(SERVER) or start_server(settings)
        environment = environment_of(settings, server.url or address(settings))
        yield f"serveur Prefect : {server.url}"
        create_pool(environment["PREFECT_API_URL"])
        if WORKER not in read_services(settings.home):
            command = [*PREFECT, "worker", "start", "--pool", POOL, "--name", "layidu"]
            start_service(settings.home, WORKER, command, environment, folder=settings.home / "prefect")
        yield "exécuteur : en marche"
        deployments = (deployments or shipped("prefect.yaml")).resolve()
        prefect(settings, environment, "deploy", "--all", "--prefect-file", str(deployments))
        yield f"déploiements : {deployments} ; la prochaine nuit part à l'heure qui y est écrite"


def start_server(settings: Settings) -> Service:
    """Start Prefect's server and wait until it answers."""
    url = address(settings)
    if answers(f"{url}/api/health"):
        raise ConfigurationError(
            where=f"{url}, sur cette machine",
            found="un autre serveur y répond déjà",
            expected="un port libre pour le serveur de layidu",
            todo="choisir un autre port avec LAYIDU_PREFECT_PORT, ou arrêter l'autre serveur",
        )
    environment = environment_of(settings, url) | {
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": url.rpartition(":")[2],
        "PREFECT_API_DATABASE_CONNECTION_URL": prefect_url(settings),
    }
    command = [*PREFECT, "server", "start"]
    service = start_service(
        settings.home, SERVER, command, environment, folder=settings.home / "prefect", url=url
    )
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


def address(settings: Settings) -> str:
    """Where Prefect's server listens: this machine only."""
    port = settings.get("PREFECT_PORT", "4200") or "4200"
    if not port.isascii() or not port.isdigit() or not 1024 <= int(port) <= 65535:
        raise ConfigurationError(
            where="LAYIDU_PREFECT_PORT",
            found=f"« {port} »",
            expected="un numéro de port entre 1024 et 65535",
            todo="corriger le numéro, ou retirer ce réglage (4200 est pris alors), puis relancer layidu up",
        )
    return f"http://127.0.0.1:{port}"


def create_pool(api: str) -> None:
    """Create the pool that the worker takes its runs from, unless it is there."""
    pool = json.dumps({"name": POOL, "type": "process"}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{api}/work_pools/", pool, {"Content-Type": "application/json"}
    )
    try:
        LOOPBACK.open(request, timeout=60).close()
    except OSError as error:  # an answer with a bad status is one, too
        if isinstance(error, urllib.error.HTTPError):
            error.close()
            if error.code == HTTPStatus.CONFLICT:
                return
        raise FailedSafeError(
            where="serveur Prefect, création du groupe de travail",
            found=str(error),
            expected="un groupe créé, ou déjà là",
            todo="lire prefect-server.log dans le dossier logs, puis relancer layidu up",
        ) from error


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        with LOOPBACK.open(url, timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def environment_of(settings: Settings, url: str) -> dict[str, str]:
    """All that Prefect's processes are told: where its server is, our settings, no telemetry.

    What a person set for a Prefect of his own stays outside: it would send our runs elsewhere. Nor is the address
    of Prefect's database in here: only its server gets it.
    """
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LAYIDU_"))
    }
    own = {name: value for name, value in settings.values.items() if name.startswith("LAYIDU_")}
    # A private folder to work in: Prefect reads the settings files of its working folder.
    folder = settings.home / "prefect"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    without_proxy = ",".join(
        filter(None, ("127.0.0.1", os.environ.get("no_proxy") or os.environ.get("NO_PROXY")))
    )
    packages = [str(shipped(".").resolve()), os.environ.get("PYTHONPATH", "")]
    return {
        **outside,
        **own,
        "LAYIDU_HOME": str(settings.home),
        "LAYIDU_MAPPINGS": str(settings.mappings),
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_UI_STATIC_DIRECTORY": str(folder / "ui"),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
        "NO_PROXY": without_proxy,
        "no_proxy": without_proxy,
        "PYTHONPATH": os.pathsep.join(package for package in packages if package),
    }


def prefect(settings: Settings, environment: Mapping[str, str], *arguments: str) -> None:
    """Run one of Prefect's own commands; its failure is ours, with its last words."""
    try:
        subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
            [*PREFECT, "--no-prompt", *arguments],
            env=environment,
            cwd=settings.home / "prefect",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = error.output.decode(errors="replace") if isinstance(error.output, bytes) else error.output
        raise FailedSafeError(
            where=f"prefect {arguments[0]}",
            found=" ".join((said or type(error).__name__).split())[-400:],
            expected="la commande aboutit",
            todo="corriger prefect.yaml si c'est lui, puis relancer layidu up",
        ) from error


def down(settings: Settings) -> Iterator[str]:
    """Stop everything layidu started: worker first, then server, sandbox, database."""
    if not settings.home.is_dir():
        yield f"{settings.home} : rien n'y a été démarré"
        return
    with services_locked(settings.home):
        for name, label in ((WORKER, "exécuteur"), (SERVER, "serveur Prefect")):
            yield f"{label} : {'arrêté' if stop_service(settings.home, name) else 'ne tournait pas'}"
            if name == WORKER:
                end(orphans(settings.home), LAST_PATIENCE_SECONDS)
        for folder in sorted((settings.home / "sandbox").glob("*")):
            if folder.is_dir() and sandbox_process.stop(folder):
                yield f"bac à sable {folder.name} : arrêté"
        yield f"base de données : {'arrêtée' if embedded.stop(settings) else 'ne tournait pas'}"


def orphans(home: Path) -> list[psutil.Process]:
    """Runs of this home whose worker was killed: Prefect gives each a session of its own."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # ended meanwhile, or somebody else's
            if RUN in process.cmdline() and process.environ().get("LAYIDU_HOME") == str(home):
                found.append(process)
    return found
