"""A stranger with a folder of his own: what works with one file, and what every mistake of his is answered."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_httpserver import HTTPServer

from layidu.sandbox import process
from layidu.sandbox.process import Running
from layidu.sandbox.uids import uid
from layidu.settings import read_settings
from tests.hamlet import Person
from warehouse import lock
from warehouse.connect import open_warehouse

SRPF, PALU = uid("data_set", "SRPF"), uid("data_set", "PALU")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("foreign")
    yield process.start(folder, "hamlet")
    process.stop(folder)


@pytest.fixture(scope="module")
def home(short_home: Callable[[], Path]) -> Path:
    return short_home()


def stranger(home: Path, folder: Path, sources: str, **settings: str) -> Person:
    folder.mkdir(exist_ok=True)
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    return Person(home, folder, settings)


def national(*data_sets: str) -> str:
    return f"national:\n  data_sets: [{', '.join(data_sets)}]\n"


def with_token(running: Running) -> dict[str, str]:
    return {"LAYIDU_NATIONAL_URL": running.url, "LAYIDU_NATIONAL_TOKEN": running.accounts["pull"].token}


def four_parts(text: str) -> None:
    assert all(part in text for part in ("erreur :", "trouvé", "attendu", "à faire")), text


def test_one_file_and_a_token_copy_a_foreign_country(home: Path, foreign: Running, tmp_path: Path) -> None:
    person = stranger(home, tmp_path / "mappings", national(SRPF, PALU), **with_token(foreign))
    assert person.run("init").returncode == 0
    pulled = person.run("pull")
    assert pulled.returncode == 1, pulled.stderr  # the hamlet's planted errors are newly refused
    url = person.run("db", "url").stdout.strip()
    with psycopg.connect(url) as connection:
        found = connection.execute("select count(*) from mart.valeurs").fetchone()
    assert found is not None
    assert found[0] > 500
    again = person.run("pull")
    assert (again.returncode, "lignes écrites dans la copie : 0" in again.stderr) == (0, True), again.stderr


def test_no_secret_is_said_or_stored(home: Path, foreign: Running, tmp_path: Path) -> None:
    token = foreign.accounts["pull"].token
    person = stranger(home, tmp_path / "mappings", national(SRPF), **with_token(foreign))
    told = person.run("pull")
    assert token not in told.stderr + told.stdout
    written = [path for path in home.rglob("*") if path.is_file() and path.stat().st_size < 50_000_000]
    assert written
    assert not [path for path in written if token.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"LAYIDU_NATIONAL_URL": "http://127.0.0.1:9", "LAYIDU_NATIONAL_TOKEN": "d2p_x"}, "127.0.0.1:9"),
        ({"LAYIDU_NATIONAL_TOKEN": "d2p_x"}, "LAYIDU_NATIONAL_URL"),
        ({"LAYIDU_NATIONAL_URL": "http://dhis2.example.org", "LAYIDU_NATIONAL_TOKEN": "d2p_x"}, "http"),
        ({"LAYIDU_NATIONAL_URL": "https://me:secret@dhis2.example.org"}, "adresse"),
    ],
)
def test_a_wrong_address_is_said(home: Path, tmp_path: Path, settings: dict[str, str], word: str) -> None:
    told = stranger(home, tmp_path / "mappings", national(SRPF), **settings).run("pull")
    assert told.returncode in (2, 3)
    four_parts(told.stderr)
    assert word in told.stderr
    assert "secret@" not in told.stderr


def test_a_wrong_password_is_said_and_not_repeated(home: Path, foreign: Running, tmp_path: Path) -> None:
    settings = {
        "LAYIDU_NATIONAL_URL": foreign.url,
        "LAYIDU_NATIONAL_USERNAME": foreign.accounts["pull"].username,
        "LAYIDU_NATIONAL_PASSWORD": "not-this-one",
    }
    told = stranger(home, tmp_path / "mappings", national(SRPF), **settings).run("pull")
    assert told.returncode == 3
    four_parts(told.stderr)
    assert "not-this-one" not in told.stderr


def test_a_data_set_the_account_may_not_see_is_named(home: Path, foreign: Running, tmp_path: Path) -> None:
    told = stranger(home, tmp_path / "mappings", national("AbCdEfGhIj1"), **with_token(foreign)).run("pull")
    assert told.returncode == 3
    four_parts(told.stderr)
    assert "AbCdEfGhIj1" in told.stderr


def test_a_login_page_is_no_data(home: Path, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/system/info").respond_with_data(
        "<html>login</html>", content_type="text/html"
    )
    settings = {"LAYIDU_NATIONAL_URL": httpserver.url_for("").rstrip("/"), "LAYIDU_NATIONAL_TOKEN": "d2p_x"}
    told = stranger(home, tmp_path / "mappings", national(SRPF), **settings).run("pull")
    assert told.returncode == 3
    four_parts(told.stderr)


def test_zero_bytes_are_no_data(home: Path, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/system/info").respond_with_data("", content_type="application/json")
    settings = {"LAYIDU_NATIONAL_URL": httpserver.url_for("").rstrip("/"), "LAYIDU_NATIONAL_TOKEN": "d2p_x"}
    told = stranger(home, tmp_path / "mappings", national(SRPF), **settings).run("pull")
    assert told.returncode in (2, 3)
    four_parts(told.stderr)


@pytest.mark.parametrize(
    ("sources", "place", "near"),
    [
        ("national:\n  data_set: [x]\n", "sources.yaml:2:3", "data_sets"),
        ("national:\n  data_sets: [not-a-uid]\n", "sources.yaml:2:15", ""),
        ("national:\n  re_read: many\n  data_sets: []\n", "sources.yaml:2:12", ""),
        ("national:\n\tdata_sets: []\n", "sources.yaml:2", ""),
        ("", "sources.yaml:1:1", ""),
    ],
)
def test_a_mistake_in_yaml_has_its_place(
    home: Path, tmp_path: Path, sources: str, place: str, near: str
) -> None:
    told = stranger(home, tmp_path / "mappings", sources).run("check")
    assert told.returncode == 3
    four_parts(told.stderr)
    assert place in told.stderr
    assert near in told.stderr


def test_a_second_run_leaves_at_once(home: Path, foreign: Running, tmp_path: Path) -> None:
    person = stranger(home, tmp_path / "mappings", national(SRPF), **with_token(foreign))
    assert person.run("init").returncode == 0
    settings = read_settings({"LAYIDU_HOME": str(home), "LAYIDU_MAPPINGS": str(person.mappings)}, tmp_path)
    with lock.hold(open_warehouse(settings), "held by a test"):
        told = person.run("pull")
    assert told.returncode == 75
    four_parts(told.stderr)
    assert person.run("pull").returncode in (0, 1)  # new refusals, when no other test has met them yet


def test_usage_is_exit_3(home: Path, tmp_path: Path) -> None:
    told = stranger(home, tmp_path / "mappings", national(SRPF)).run("nightlly")
    assert told.returncode == 3
    four_parts(told.stderr)
