"""No room on the disk for a file of ours: said in four parts, nothing half-written stays, the next run heals."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.steps import pull
from layidu.dhis2 import pull as pulling
from layidu.errors import FailedSafeError
from layidu.whole_files import write_whole
from tests.copied_hamlet import SETS, Copied, copied
from warehouse.connect import Warehouse

FULL = Path("/dev/full")  # what is written there finds no room
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path, rules=False) as found:
        yield found


def pull_all(night: Night, outcome: Outcome) -> None:
    pull(night, outcome)


def test_an_answer_without_room_is_a_failed_slice_and_the_next_run_reads_it(
    hamlet: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = pulling.body_path, []

    def without_room(*arguments: object) -> Path:
        path = real(*arguments)  # type: ignore[arg-type]
        if SETS[0] in str(path):
            path.unlink()
            path.symlink_to(FULL)
            full.append(path)
        return path

    with monkeypatch.context() as broken:
        broken.setattr(pulling, "body_path", without_room)
        outcome = hamlet.run("pull", pull_all)
    assert full
    assert outcome.exit_code == 2
    failed = [one for one in outcome.accounts if one.outcome == "failed"]
    assert {one.slice.data_set for one in failed} == {SETS[0]}
    for part in ("erreur : ", "disque plein", "attendu", "à faire", "Mo libres"):
        assert all(part in one.message for one in failed)
    assert not any(path.is_symlink() or path.exists() for path in full), "nothing half-written stays"
    assert {one.slice.data_set for one in outcome.accounts if one.outcome == "loaded"} >= {SETS[1]}
    assert hamlet.run("pull", pull_all).exit_code in (0, 1)
    hamlet.assert_exact()


def test_a_page_without_room_leaves_the_one_that_was_there(tmp_path: Path) -> None:
    page = tmp_path / "resultats.html"
    page.write_text("hier", encoding="utf-8")
    (tmp_path / "resultats.html.part").symlink_to(FULL)
    with pytest.raises(FailedSafeError, match="disque plein") as raised:
        write_whole(page, "aujourd'hui")
    assert raised.value.exit_code == 2
    assert all((raised.value.where, raised.value.expected, raised.value.todo))
    assert page.read_text(encoding="utf-8") == "hier"
    assert [path.name for path in tmp_path.iterdir()] == ["resultats.html"]
    write_whole(page, "aujourd'hui")
    assert page.read_text(encoding="utf-8") == "aujourd'hui"
