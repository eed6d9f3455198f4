"""`layidu metadata` and `layidu check --server` as a person runs them, on one hamlet that changes its version."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layidu.dhis2.client import connect
from layidu.sandbox import accounts
from layidu.sandbox import process as sandbox_process
from layidu.settings import Credentials
from tests.hamlet import Person, hamlet_mappings

DIALECTS = ("2.43", "2.42", "2.41", "2.40")


@pytest.fixture(scope="module")
def person(short_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    mappings = hamlet_mappings(tmp_path_factory.mktemp("declared") / "mappings")
    person = Person(short_home(), mappings)
    assert person.run("init").returncode == 0
    yield person
    person.run("down")


def as_version(person: Person, dialect: str) -> None:
    """Let the same server speak another version."""
    assert person.run("sandbox", "hamlet", "--stop").returncode == 0
    assert person.run("sandbox", "hamlet", "--dialect", dialect).returncode == 0


def test_a_night_without_target_objects_names_the_command(person: Person) -> None:
    as_version(person, "2.42")
    night = person.run("nightly")
    assert night.returncode == 3
    assert "layidu metadata apply" in night.stderr
    assert "E2001" not in night.stderr
    as_version(person, "2.43")
    assert "layidu metadata apply" in person.run("publish").stderr


def test_a_package_is_what_apply_would_make(person: Person, tmp_path: Path) -> None:
    as_version(person, "2.42")
    packed = person.run("metadata", "package", str(tmp_path))
    assert packed.returncode == 0, packed.stderr
    folder = tmp_path / "sandbox"
    assert sorted(path.name for path in folder.iterdir()) == [
        "1-donnees.json",
        "2-tableaux-de-bord.json",
        "LISEZMOI.txt",
    ]
    where = person.home / "sandbox" / "hamlet"
    running = sandbox_process.start(where, "hamlet")
    admin = connect(Credentials(running.url, token=accounts.read(where)["admin"].token))
    for name in ("1-donnees.json", "2-tableaux-de-bord.json"):
        bundle = json.loads((folder / name).read_text(encoding="utf-8"))
        ids = [item["id"] for items in bundle.values() for item in items]
        assert len(ids) == len(set(ids)) > 5
        assert admin.send_json("metadata", bundle).status == 200
    plan = person.run("metadata", "plan")
    assert (plan.returncode, plan.stdout) == (0, "rien à faire : la cible est comme déclarée\n"), plan.stdout


def test_apply_changes_nothing_after_a_package(person: Person) -> None:
    applied = person.run("metadata", "apply")
    assert applied.returncode == 0, applied.stderr
    lines = applied.stdout.splitlines()
    assert len(lines) >= 10
    assert all(": 0 créés, 0 mis à jour, " in line for line in lines)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_there_is_nothing_to_do_on_any_version(person: Person, dialect: str) -> None:
    as_version(person, dialect)
    told = person.run("metadata", "verify") if dialect == "2.42" else person.run("metadata", "plan")
    assert (told.returncode, told.stdout) == (0, "rien à faire : la cible est comme déclarée\n"), dialect


def test_a_target_that_is_right_has_only_the_settings_to_speak_of(person: Person) -> None:
    told = person.run("check", "--server")
    assert "compte d'envoi" not in told.stderr
    assert "compte d'analyse" not in told.stderr
    assert "compte de lecture" not in told.stderr
    assert "laisse les zéros hors de l'analyse" in told.stderr
