"""Few requests at once, smaller pieces where too much was asked, an end where nobody answers."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from layidu.dhis2.ahead import SILENT_AFTER, Ahead
from layidu.dhis2.answers import (
    AnswerError,
    BrokenOffAnswerError,
    CredentialsError,
    NetworkError,
    RightsError,
    ServerFailedError,
    TooMuchAskedError,
)
from layidu.model.frames import DATA_VALUES
from layidu.model.slices import Pulled, Slice
from tests.warehouse_world import World

WORLD = World()
METADATA = WORLD.metadata()
MONTHS = tuple(f"2026{month:02d}" for month in range(1, 13))


def slice_(*periods: str, org_unit: str = WORLD.country) -> Slice:
    return Slice(WORLD.source, WORLD.data_set, periods, org_unit)


def empty(asked: Slice) -> Pulled:
    now = datetime(2026, 4, 8)  # noqa: DTZ001
    table: pa.Table = DATA_VALUES.empty_table()
    return Pulled(asked, "empty", table, Path("none"), "", 0, now)


def error(kind: type[AnswerError], status: int | None = None) -> AnswerError:
    return kind("où", "trouvé", "attendu", "à faire", status=status)


class Server:
    """What was asked, and how many at the same time."""

    def __init__(self, refuse: Callable[[Slice], AnswerError | None], seconds: float = 0) -> None:
        self.refuse, self.seconds = refuse, seconds
        self.asked: list[Slice] = []
        self.now, self.most = 0, 0
        self.lock = threading.Lock()

    def ask(self, asked: Slice) -> Pulled:
        """Answer, or refuse, after a while."""
        with self.lock:
            self.asked.append(asked)
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1
        refused = self.refuse(asked)
        if refused is not None:
            raise refused
        return empty(asked)


def pull(
    server: Server, *slices: Slice, at_once: int = 2
) -> tuple[list[Slice], list[AnswerError], list[Slice]]:
    """Slices answered, errors, slices halved."""
    halved: list[Slice] = []
    ahead = Ahead(server.ask, METADATA, at_once=at_once, halved=lambda one, _: halved.append(one))
    done: list[Slice] = []
    errors: list[AnswerError] = []
    for one, answer in ahead.pull(slices):
        try:
            assert answer().slice == one
            done.append(one)
        except AnswerError as raised:
            errors.append(raised)
    return done, errors, halved


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_never_more_requests_at_once_than_declared_and_answers_in_order(at_once: int) -> None:
    server = Server(lambda _: None, seconds=0.02)
    slices = [slice_(month) for month in MONTHS]
    done, errors, _ = pull(server, *slices, at_once=at_once)
    assert (done, errors) == (slices, [])
    assert server.most == at_once


@pytest.mark.parametrize("status", [413, 504, None])
def test_too_much_is_halved_until_it_comes_through(status: int | None) -> None:
    server = Server(lambda one: error(TooMuchAskedError, status) if len(one.periods) > 2 else None)
    done, errors, halved = pull(server, slice_(*MONTHS[:8]), at_once=1)
    assert errors == []
    assert [one.periods for one in done] == [MONTHS[n : n + 2] for n in (0, 2, 4, 6)]
    assert [len(one.periods) for one in halved] == [8, 4, 4]


def test_a_single_units_single_period_is_the_floor() -> None:
    facility = WORLD.facility(1, 1)
    server = Server(lambda _: error(TooMuchAskedError, 413))
    done, errors, halved = pull(server, slice_("202601", org_unit=facility))
    assert (done, halved, len(errors)) == ([], [], 1)
    assert len(server.asked) == 1


def test_a_line_that_breaks_large_answers_gets_smaller_ones_but_not_for_ever() -> None:
    server = Server(lambda one: error(BrokenOffAnswerError) if len(one.periods) > 1 else None)
    done, errors, _ = pull(server, slice_(*MONTHS[:4]), at_once=1)
    assert (len(done), errors) == (4, [])


@pytest.mark.parametrize("kind", [NetworkError, ServerFailedError, TooMuchAskedError, BrokenOffAnswerError])
def test_a_server_that_no_longer_answers_is_not_asked_a_thousand_times(kind: type[AnswerError]) -> None:
    server = Server(lambda _: error(kind))
    done, errors, _ = pull(server, *(slice_(month) for month in MONTHS), at_once=1)
    assert done == []
    assert len(server.asked) <= 2 * SILENT_AFTER + 1
    assert len(errors) >= len(MONTHS) - SILENT_AFTER
    assert all(raised.exit_code == 2 for raised in errors)


def test_one_failure_is_no_silence() -> None:
    failing = {MONTHS[1], MONTHS[3], MONTHS[5], MONTHS[7], MONTHS[9]}
    server = Server(lambda one: error(ServerFailedError) if one.periods[0] in failing else None)
    done, errors, _ = pull(server, *(slice_(month) for month in MONTHS))
    assert (len(done), len(errors)) == (7, 5)


def test_refused_credentials_are_asked_no_more_than_what_was_on_its_way() -> None:
    server = Server(lambda _: error(CredentialsError, 401))
    ahead = Ahead(server.ask, METADATA, at_once=2, halved=lambda *_: None)

    def every() -> list[Pulled]:
        return [answer() for _, answer in ahead.pull([slice_(month) for month in MONTHS])]

    with pytest.raises(CredentialsError):
        every()
    assert len(server.asked) <= 3


def test_a_refused_data_set_is_not_asked_for_again() -> None:
    other = Slice(WORLD.source, "LydSet00009", MONTHS[:1], WORLD.country)
    server = Server(lambda one: error(RightsError) if one.data_set == WORLD.data_set else None)
    ahead = Ahead(server.ask, METADATA, at_once=1, halved=lambda *_: None)
    done = []
    for one, answer in ahead.pull([*(slice_(month) for month in MONTHS), other]):
        try:
            done.append(answer().slice)
        except RightsError:
            ahead.bar(one.data_set)
    assert done == [other]
    assert len(server.asked) <= 4
