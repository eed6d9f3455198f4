"""One night on the hamlet as a person lives it: from nothing to proved dashboards, then a night with nothing new."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.nightly import ending
from layidu.mapping.reader import read_mappings
from layidu.mapping.unusedcheck import names_used
from layidu.sandbox import process as sandbox_process
from layidu.settings import read_settings
from tests.bad_days import Site
from tests.hamlet import Answer, Person, hamlet_mappings
from warehouse import runs
from warehouse.connect import open_warehouse

EQUATION = re.compile(
    r"reçues (\d+) = nouvelles (\d+) \+ modifiées (\d+) \+ fermées (\d+) \+ inchangées (\d+) \+ refusées (\d+)"
)


@pytest.fixture(scope="module")
def person(short_home: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    mappings = hamlet_mappings(tmp_path_factory.mktemp("declared") / "mappings")
    person = Person(short_home(), mappings)
    assert person.run("init").returncode == 0
    yield person
    person.run("down")


@pytest.fixture(scope="module")
def first_night(person: Person) -> Answer:
    applied = person.run("metadata", "apply")
    assert applied.returncode == 0, applied.stderr
    return person.run_alone("nightly")


def test_the_first_night_accounts_for_every_record_and_waits_for_consent(
    first_night: Answer,
) -> None:
    assert first_night.returncode == 4, first_night.stderr
    equations = [[int(part) for part in found] for found in EQUATION.findall(first_night.stderr)]
    assert len(equations) >= 3
    for received, *parts in equations:
        assert received == sum(parts)
    assert "layidu publish --approve" in first_night.stderr


@pytest.fixture(scope="module")
def published(publication: tuple[Answer, int]) -> Answer:
    """What the command answered that published."""
    return publication[0]


@pytest.fixture(scope="module")
def hashes(first_night: Answer) -> dict[str, str]:
    """Publication -> the hash of its plan, that waits for consent."""
    found = re.findall(r"publication (\w+) : .* layidu publish --approve ([0-9a-f]{16})", first_night.stderr)
    assert {"SRPF", "PALU", "COMPL"} <= {code for code, _ in found}
    return dict(found)


@pytest.fixture(scope="module")
def refused_push(person: Person, hashes: dict[str, str]) -> tuple[Answer, dict[str, Any]]:
    """The server refuses every push of an approved plan: what the command answered, and the run's record."""
    folder = person.home / "sandbox" / "hamlet"
    site = Site(sandbox_process.start(folder, "hamlet").url, folder)
    refusal = {"status": 403, "html": False, "message": "Access is denied", "method": "POST"}
    with site.bad_day("status", path="/api/dataValueSets", **refusal):
        answer = person.run("publish", "--approve", hashes["SRPF"])
    record: dict[str, Any] = json.loads(person.run("status", "--json").stdout)["runs"][0]
    return answer, record


def test_a_refused_push_fails_the_run_and_its_first_cause_is_on_record(
    person: Person, refused_push: tuple[Answer, dict[str, Any]]
) -> None:
    answer, record = refused_push
    assert answer.returncode == 3
    assert ending(answer.returncode, answer.stderr).type.value == "FAILED"
    assert record["outcome"] == "failed"
    assert record["exit_code"] == 3
    assert "0 relues et égales" in answer.stderr
    [first, *_] = re.findall(r"erreur : (.*)\n  trouvé  : (.*)", answer.stderr)
    assert "403" in first[1]
    assert runs_of(person)[0].summary["errors"][0] == " : ".join(first)


def runs_of(person: Person) -> list[runs.Run]:
    """The ledger of runs, newest first."""
    return runs.last_runs(open_warehouse(read_settings(person.environment({}))))


@pytest.fixture(scope="module")
def publication(
    person: Person, hashes: dict[str, str], refused_push: tuple[Answer, dict[str, Any]]
) -> tuple[Answer, int]:
    """Each publication waits for its own consent; one is accepted as a hold, the others by their hash."""
    assert refused_push[0].returncode == 3
    waiting = person.run("holds").stdout
    accepted = next(line.split()[0] for line in waiting.splitlines() if "sandbox/PALU" in line)
    assert "sandbox/PALU" in person.run("holds", "show", accepted).stdout
    assert person.run("holds", "accept", accepted, "--reason", "relu avec le district").returncode == 0
    rejected = next(line.split()[0] for line in waiting.splitlines() if "sandbox/COMPL" in line)
    assert person.run("holds", "reject", rejected, "--reason", "pas encore").returncode == 0
    approvals = [text for code, one in hashes.items() if code != "PALU" for text in ("--approve", one)]
    done = person.run("publish", *approvals)
    return done, json.loads(person.run("status", "--json").stdout)["runs"][0]["run"]


def test_consent_publishes_and_the_dashboards_are_proved(
    published: Answer,
) -> None:
    assert published.returncode == 0, published.stderr
    lines = re.findall(r"(\d+) cellules envoyées, (\d+) relues et égales", published.stderr)
    assert lines
    assert all(sent == confirmed for sent, confirmed in lines)
    figures = re.findall(r"(\d+) figures sur (\d+) égales", published.stderr)
    assert figures
    assert all(equal == compared for equal, compared in figures)


def test_the_next_night_writes_and_sends_nothing(person: Person, published: Answer) -> None:
    assert published.returncode == 0
    again = person.run("nightly")
    assert again.returncode == 0, again.stderr
    assert "lignes écrites dans la copie : 0" in again.stderr
    assert "rien n'a changé, rien n'est recalculé" in again.stderr
    sent = re.findall(r"(\d+) cellules envoyées", again.stderr)
    assert sent
    assert set(sent) == {"0"}


def test_status_is_for_machines_too(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    told = person.run("status", "--json")
    assert told.returncode == 0
    status = json.loads(told.stdout)
    assert status["freshness"]
    assert all(data_set["last_pull"] for data_set in status["freshness"])
    assert person.run("status").returncode == 0


def test_psql_is_opened_with_the_reading_address(person: Person, first_night: Answer, tmp_path: Path) -> None:
    assert first_night.returncode == 4
    client = tmp_path / "psql"
    client.write_text('#!/bin/sh\necho "psql $@"\n', encoding="utf-8")
    client.chmod(0o755)
    opened = person.run_alone("db", "psql", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.strip() == f"psql {person.run('db', 'url').stdout.strip()}"


def test_a_value_is_explained_down_to_its_cells(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    told = person.run("explain", "PAL-TPR", "HA-0101", "202603")
    assert told.returncode == 0, told.stderr
    assert "TDR" in told.stdout
    assert "ATTENTION" not in told.stdout


def kinds_of_indicators(folder: Path) -> list[str]:
    """One indicator of each kind: how its parts add up over time, weights, populations, reports, states."""
    mappings = read_mappings(folder)
    kinds: dict[tuple[object, ...], str] = {}
    for code, one in mappings.indicators.items():
        names = sorted(names_used(one))
        variables = [mappings.variables[name] for name in names if name in mappings.variables]
        kind = (
            one.over_time,
            one.annualised,
            one.denominator is None,
            one.numerator_weights is not None,
            tuple(one.periods),
            frozenset(variable.over_time for variable in variables),
            frozenset(bool(variable.cells) for variable in variables),
            len(variables) < len(names),
        )
        kinds.setdefault(kind, code)
    return sorted(kinds.values())


def test_every_kind_of_indicator_is_the_sum_of_its_evidence(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    codes = [*kinds_of_indicators(person.mappings), "DQ-OUT", "DQ-SCORE"]
    assert len(codes) >= 8
    places = (("HA-0101", "202602"), ("HA", "2026Q1"), ("HA-01", "2026"))
    compared = 0
    for position, code in enumerate(codes):
        place, period = places[position % len(places)]
        told = person.run("explain", code, place, period, "--json")
        assert told.returncode == 0, told.stderr
        explained = json.loads(told.stdout)
        for part in explained["parts"].values():
            if part["computed"] is not None:
                assert part["sum"] == pytest.approx(part["computed"]), (code, place, period)
                compared += 1
        assert explained["sources"][0]["source"]
    assert compared >= 6
    told = person.run("explain", "DQ-SCORE", "HA", "2026", "--json")
    sound = json.loads(told.stdout)["parts"]["numerator"]
    assert sound["sum"] == sound["computed"] > 0


def test_a_band_is_explained_and_a_refused_cell_stands_beside(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    told = person.run("explain", "PF-CYP", "HA", "202602", "--band", "product=dmpa_sc")
    assert told.returncode == 0, told.stderr
    assert "ventilation" in told.stdout
    assert "Refusées, hors de la copie" in told.stdout
    assert "number-expected" in told.stdout
    assert "Sources" in told.stdout
    wrong = person.run("explain", "PF-CYP", "HA", "202602", "--band", "product=dmpa")
    assert wrong.returncode == 3
    assert "product=dmpa_sc" in wrong.stderr
    overlapping = person.run("explain", "PF-NU-J", "HA", "202602")
    assert "tranches qui se chevauchent dans la source : « 15-24 ans »" in overlapping.stdout


def test_a_change_of_the_declarations_is_shown_before_it_is_applied(
    person: Person, first_night: Answer, tmp_path: Path
) -> None:
    assert first_night.returncode == 4
    same = person.run("diff")
    assert same.returncode == 0, same.stderr
    assert "aucune différence" in same.stdout
    shutil.copytree(person.mappings, tmp_path / "mappings")
    path = tmp_path / "mappings" / "indicators" / "maternal.yaml"
    text = path.read_text(encoding="utf-8")
    changed = text.replace('numerator: "#{anc1_visits}"', 'numerator: "#{anc1_visits} + #{anc4_visits}"', 1)
    path.write_text(changed, encoding="utf-8")
    other = Person(person.home, tmp_path / "mappings", person.settings)
    standing = json.loads(other.run("diff", "--json").stdout)
    assert set(standing["indicators"]) == {"SM-CPN1"}
    assert standing["indicators"]["SM-CPN1"]["changed"] == standing["differences"] > 0
    assert standing["published"] > 0
    assert "SM-CPN1" in standing["formulas_without_a_number"]
    computed_twice = json.loads(other.run("diff", "--json", "--against", str(person.mappings)).stdout)
    assert computed_twice == standing
    told = other.run("diff")
    assert "ATTENTION : formule changée sous son numéro 1" in told.stdout
    assert person.run("diff").stdout == same.stdout  # nothing was applied


def test_what_does_not_exist_is_said_in_four_parts(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    for arguments in (
        ("PAL-TRP", "HA-0101", "202603"),
        ("PAL-TPR", "Nulle part", "202603"),
        ("PAL-TPR", "HA-0101", "2026-03"),
    ):
        told = person.run("explain", *arguments)
        assert told.returncode == 3
        assert all(part in told.stderr for part in ("erreur :", "trouvé", "attendu", "à faire"))


def test_refused_values_are_listed_with_their_reason(person: Person, first_night: Answer) -> None:
    assert first_night.returncode == 4
    told = person.run("refused")
    assert told.returncode == 0
    assert "combo-not-of-element" in told.stdout
    assert "corriger" in told.stdout


def test_the_page_is_written(person: Person, first_night: Answer, tmp_path: Path) -> None:
    assert first_night.returncode == 4
    page = tmp_path / "page.html"
    told = person.run("scorecard", "--to", str(page))
    assert told.returncode == 0, told.stderr
    assert "PAL-TPR" in page.read_text(encoding="utf-8")


def test_a_publication_is_previewed_taken_back_and_then_waits_for_a_person(
    person: Person, publication: tuple[Answer, int]
) -> None:
    published, run = publication
    assert published.returncode == 0
    nothing = person.run("publish", "--dry-run")
    assert nothing.returncode == 0
    previewed = re.findall(r"publication (\w+) : write 0, rewrite 0, withdraw 0, leave (\d+)", nothing.stdout)
    assert {"SRPF", "PALU", "COMPL", "FP2030A", "FP2030T", "CAEB"} == {code for code, _ in previewed}

    undone = person.run("publish", "--undo", str(run))
    assert undone.returncode == 0, undone.stderr
    taken_back = dict(re.findall(r"publication (\w+) : (\d+) cellules envoyées, \2 relues", undone.stderr))
    assert taken_back == dict(previewed)
    unknown = person.run("publish", "--undo", "999999")
    assert unknown.returncode == 3
    assert "aucune cellule" in unknown.stderr

    waiting = person.run("publish")
    assert waiting.returncode == 4, waiting.stderr
    hashes = re.findall(r"layidu publish --approve ([0-9a-f]{16})", waiting.stderr)
    assert len(hashes) == len(previewed)
    approvals = [text for one in hashes for text in ("--approve", one)]
    again = person.run("publish", *approvals)
    assert again.returncode == 0, again.stderr
    figures = re.findall(r"(\d+) figures sur (\d+) égales", again.stderr)
    assert len(figures) == len(previewed)
    assert all(equal == compared for equal, compared in figures)
