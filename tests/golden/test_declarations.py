"""Broken copies of the shipped declarations, each answered as it was agreed; see tests/broken_mappings.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broken_mappings import Server, cases, edited, hamlet, said_of, shipped_problems
from tests.hamlet import SHIPPED, Person

ALONE, AGAINST = cases(against=False), cases(against=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with hamlet() as running:
        yield running


@pytest.fixture(scope="module")
def known() -> frozenset[tuple[str, str, str]]:
    return shipped_problems({})


@pytest.fixture(scope="module")
def known_of_server(server: Server) -> frozenset[tuple[str, str, str]]:
    return shipped_problems(server)


def test_there_are_thirty_and_more_broken_copies() -> None:
    assert len(ALONE) >= 30
    assert len(AGAINST) >= 8


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.name)
def test_a_broken_copy(case: Path, known: frozenset[tuple[str, str, str]]) -> None:
    assert said_of(case, known, {}) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", AGAINST, ids=lambda case: case.name)
def test_a_copy_that_a_server_contradicts(
    case: Path, known_of_server: frozenset[tuple[str, str, str]], server: Server
) -> None:
    assert said_of(case, known_of_server, server) == (case / "expected.txt").read_text(encoding="utf-8")


def test_the_command_names_three_slips_at_once_and_ends_with_3(tmp_path: Path) -> None:
    edited(next(case for case in ALONE if case.name == "three-slips-in-three-files"), tmp_path / "mappings")
    answer = Person(tmp_path / "home", tmp_path / "mappings").run("check")
    assert answer.returncode == 3
    assert all(near in answer.stderr for near in (": numerator", ": rgph5", ": PAL-TPR"))


def test_the_command_tells_what_can_have_no_value_and_ends_with_0(tmp_path: Path) -> None:
    answer = Person(tmp_path / "home", SHIPPED).run("check")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\n  gris  FIN-E6 : Ni la valeur annuelle des besoins d'achats" in answer.stdout


def test_a_server_that_does_not_answer_hides_no_problem(tmp_path: Path) -> None:
    edited(next(case for case in ALONE if case.name == "unknown-variable"), tmp_path / "mappings")
    nowhere = {"LAYIDU_SANDBOX_URL": "http://127.0.0.1:9", "LAYIDU_SANDBOX_TOKEN": "d2p_x"}
    answer = Person(tmp_path / "home", tmp_path / "mappings", nowhere).run("check", "--server")
    assert answer.returncode == 3
    assert "anc1_visits" in answer.stderr
    assert "127.0.0.1:9" in answer.stderr
