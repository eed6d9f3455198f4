"""The demonstration, on the smallest country: a night from nothing to a page, judged by what was planted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from layidu.settings import shipped
from tests.hamlet import Person, hamlet_mappings


@pytest.fixture
def person(short_home: Callable[[], Path], tmp_path: Path) -> Iterator[Person]:
    person = Person(short_home(), hamlet_mappings(tmp_path / "mappings"))
    yield person
    assert person.run("down").returncode == 0


def test_the_demonstration_runs_to_its_page_and_says_what_it_missed(person: Person) -> None:
    """Of the thirteen errors planted in a hamlet its few series show no spike: that is said, and is no success."""

    def declared(name: str) -> Path:
        return person.mappings if name == "mappings" else shipped(name)

    with mock.patch("flows.demo.COUNTRY", "hamlet"), mock.patch("flows.demo.shipped", declared):
        told = person.run("demo")
    assert told.returncode == 1, told.stdout[-3000:] + told.stderr
    assert "erreurs plantées : 12 trouvées sur 13" in told.stdout
    assert [line.split()[1] for line in told.stdout.splitlines() if "MANQUÉE" in line] == ["spike"]
    assert "IMPRÉVUE" not in told.stdout
    assert "PAL-TPR" in (person.home / "resultats.html").read_text(encoding="utf-8")
