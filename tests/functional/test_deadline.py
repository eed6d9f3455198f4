"""A run whose time is over finishes what is at hand, says what it did not read, and the next one goes on there."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.session import deadline_of
from flows.steps import compute, pull
from layidu.errors import ConfigurationError
from layidu.settings import read_settings
from tests.copied_hamlet import SETS, Copied, copied, with_source
from warehouse.connect import Warehouse


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path, requests_at_once=1) as found:
        yield found


def night(night: Night, outcome: Outcome) -> None:
    compute(night, pull(night, outcome), outcome)


def slices_asked(copy: Copied) -> int:
    """How often the server was asked for values."""
    return sum(one["path"] == "/api/dataValueSets.csv" for one in copy.server.ledger.requests())


def test_what_was_not_read_in_time_is_told_and_read_by_the_next_run(hamlet: Copied) -> None:
    hamlet.options = {"clock": lambda: slices_asked(hamlet), "deadline": 1}
    outcome = hamlet.run("nightly", night)
    assert slices_asked(hamlet) == 2, "the second was asked for just before the time was over"
    assert outcome.exit_code == 2
    loaded = [one for one in outcome.accounts if one.outcome == "loaded"]
    unread = [one for one in outcome.accounts if one.outcome == "failed"]
    assert len(loaded) == 2
    assert unread
    assert all("LAYIDU_RUN_MINUTES" in one.message for one in unread)
    assert all(any(one.slice.name in line for line in hamlet.said) for one in unread)
    assert [error.where for error in outcome.errors] == ["source « sandbox », complétude"]
    assert outcome.waits["sandbox"].reasons, "what rests on an incomplete copy is not computed"
    with hamlet.warehouse.connect() as connection:
        covered = connection.execute("SELECT DISTINCT data_set FROM run.cursor").fetchall()
    assert {row[0] for row in covered} == {one.slice.data_set for one in loaded}

    hamlet.options = {}
    healed = hamlet.run("nightly", night)
    assert healed.exit_code in (0, 1), healed.errors
    assert {one.slice.data_set for one in healed.accounts} == set(SETS)
    assert not healed.waits["sandbox"].reasons
    hamlet.assert_exact()


def test_absences_are_not_waited_for_when_time_is_over(hamlet: Copied) -> None:
    hamlet.run("nightly", night)
    before = hamlet.copy()
    hamlet.in_store("DELETE FROM data_value", next(one for one in before if one[1] == "202603"))
    with_source(hamlet, second_look_seconds=100)
    last = slices_asked(hamlet) * 2 - 1  # a quiet night asks as often: the time is over just before its end
    hamlet.options = {"clock": lambda: slices_asked(hamlet), "deadline": last}
    started = time.monotonic()
    assert hamlet.run("nightly", night).exit_code == 2
    assert time.monotonic() - started < 90
    assert hamlet.copy() == before


@pytest.mark.parametrize("text", ["0", "-3", "bientôt", "inf", "nan"])
def test_a_time_that_is_none_is_said_in_four_parts(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="LAYIDU_RUN_MINUTES") as raised:
        deadline_of(read_settings({"LAYIDU_RUN_MINUTES": text}, tmp_path))
    assert raised.value.exit_code == 3


def test_minutes_are_counted_from_now_and_without_them_there_is_no_end(tmp_path: Path) -> None:
    deadline = deadline_of(read_settings({"LAYIDU_RUN_MINUTES": "1.5"}, tmp_path))
    assert 80 < deadline - time.monotonic() <= 90
    assert deadline_of(read_settings({}, tmp_path)) == float("inf")
