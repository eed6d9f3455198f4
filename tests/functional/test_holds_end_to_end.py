"""A hold as a person lives it: one data set waits, the others are published; once decided, the next night flows."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from layidu.dhis2.elements import element_uid
from layidu.mapping.reader import read_mappings
from layidu.sandbox import process
from layidu.sandbox.store import FILE
from layidu.sandbox.uids import uid
from tests.bad_days import Site
from tests.hamlet import Answer, Person, hamlet_mappings

SRPF, PALU = uid("data_set", "SRPF"), uid("data_set", "PALU")


@dataclass
class Scene:
    """A person, the sandbox, and what layidu may write there."""

    person: Person
    site: Site

    def published(self) -> dict[str, str]:
        """Element -> indicator, of every publication of parts."""
        mappings = read_mappings(self.person.mappings)
        return {
            element_uid(code, one, part): one
            for code, publication in mappings.publications.items()
            if publication.kind == "parts"
            for one in publication.indicators
            for part in ("numerator", "denominator")
        }

    def mark(self) -> int:
        """The last number in the server's ledger of written rows."""
        return max((one["number"] for one in self.site.values()), default=0)

    def written(self, after: int) -> set[str]:
        """The indicators of which a cell was written since."""
        published = self.published()
        return {
            published[one["data_element"]]
            for one in self.site.values(after)
            if one["data_element"] in published
        }

    def elements(self, data_set: str) -> list[str]:
        """The elements of a data set."""
        item = self.site.ask("GET", f"/api/dataSets/{data_set}", fields="dataSetElements[dataElement[id]]")
        return [one["dataElement"]["id"] for one in item["dataSetElements"]]

    def vanish(self, data_set: str, period: str) -> int:
        """Rows leave the server's store without a trace; how many."""
        marks = ", ".join("?" * len(elements := self.elements(data_set)))
        with closing(sqlite3.connect(self.site.folder / FILE, timeout=30)) as store, store:
            return store.execute(
                "DELETE FROM data_value WHERE period = (SELECT key FROM word WHERE text = ?)"  # noqa: S608
                f" AND data_element IN (SELECT key FROM word WHERE text IN ({marks}))",
                [period, *elements],
            ).rowcount

    def enter(self, data_set: str, variable: str, period: str, value: str) -> None:
        """Somebody enters a value of a variable where there was one."""
        cells = read_mappings(self.person.mappings).variables[variable].cells["sandbox"]
        names = ("dataElement", "period", "orgUnit", "categoryOptionCombo")
        with closing(sqlite3.connect(self.site.folder / FILE, timeout=30)) as store:
            cell = store.execute(
                "SELECT e.text, p.text, o.text, c.text FROM data_value v JOIN word e ON e.key = v.data_element"
                " JOIN word p ON p.key = v.period JOIN word o ON o.key = v.org_unit"
                " JOIN word c ON c.key = v.category_option_combo"
                " WHERE e.text = ? AND p.text = ? AND NOT v.deleted ORDER BY o.text LIMIT 1",
                ((cells or [])[0].data_element, period),
            ).fetchone()
        row = {**dict(zip(names, cell, strict=True)), "value": value}
        self.site.ask("POST", "/api/dataValueSets", {"dataSet": data_set, "dataValues": [row]})

    def question(self) -> str:
        """The number of the only question that waits."""
        [number] = re.findall(r"^(\d+) ", self.person.run("holds").stdout, re.MULTILINE)
        return str(number)


@pytest.fixture(scope="module")
def scene(short_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    person = Person(short_home(), hamlet_mappings(tmp_path_factory.mktemp("declared") / "mappings"))
    assert person.run("init").returncode == 0
    assert person.run("metadata", "apply").returncode == 0
    first = person.run("nightly")
    approvals = re.findall(r"--approve ([0-9a-f]{16})", first.stderr)
    accepted = person.run("publish", *(text for one in approvals for text in ("--approve", one)))
    assert accepted.returncode == 0, accepted.stderr
    folder = person.home / "sandbox" / "hamlet"
    yield Scene(person, Site(process.start(folder, "hamlet").url, folder))
    person.run("down")


def says(answer: Answer, code: int) -> str:
    assert answer.returncode == code, answer.stderr
    return answer.stderr


def test_one_data_set_waits_and_the_others_are_published_until_a_person_accepts(scene: Scene) -> None:
    person, before = scene.person, scene.mark()
    assert scene.vanish(PALU, "202602") > 20
    scene.enter(SRPF, "anc1_visits", "202602", "4321")
    said = says(person.run("nightly"), 4)
    assert re.search(
        r"en attente, sandbox : \d+ indicateurs \(.*\), 2026 : attente n° \d+ : une personne", said
    )
    written = scene.written(before)
    assert "SM-CPN1" in written
    assert not any(code.startswith("PAL-") for code in written)
    assert "DQ-COMPL-PALU" in said

    number, before = scene.question(), scene.mark()
    assert "manquent dans la réponse complète" in person.run("holds", "show", number).stdout
    says(person.run("holds", "accept", number, "--reason", "mois saisi deux fois"), 0)
    says(person.run("publish"), 4)  # accepted, and not carried out yet
    assert scene.written(before) == set()
    says(person.run("nightly"), 0)
    written = scene.written(before)
    assert "PAL-CONF" in written
    assert "SM-CPN1" not in written
    assert "rien n'attend" in person.run("holds").stdout


def test_rejected_the_values_stay_current_and_nothing_waits(scene: Scene) -> None:
    person, before = scene.person, scene.mark()
    assert scene.vanish(SRPF, "202601") > 20
    scene.enter(SRPF, "anc1_visits", "202602", "55")
    says(person.run("nightly"), 4)
    assert "SM-CPN1" not in scene.written(before)
    says(person.run("holds", "reject", scene.question(), "--reason", "le serveur a perdu des lignes"), 0)
    said = says(person.run("nightly"), 0)
    assert "gardées, comme une personne l'a décidé" in said or "en attente" not in said
    # Only the month that was entered changed: those that vanished count as before.
    changed = {
        (scene.published()[one["data_element"]], one["period"])
        for one in scene.site.values(before)
        if one["data_element"] in scene.published()
    }
    assert ("SM-CPN1", "202602") in changed
    assert not any(period == "202601" for _, period in changed)
