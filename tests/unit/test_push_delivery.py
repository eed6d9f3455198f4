"""Rounds of sending and reading: what is not settled by an answer is settled by looking."""

from collections.abc import Sequence
from typing import Any

import pytest

from layidu.dhis2.answers import NetworkError, OutcomeUnknownError, ServerAnswer, TooMuchAskedError
from layidu.dhis2.delivery import deliver
from layidu.dhis2.sending import SMALLEST_ROWS
from tests.unit.test_push_sending import Lenient, Row, Server, first_push, sizes, summary


def unanswered() -> OutcomeUnknownError:
    return OutcomeUnknownError("POST", "statut 504", "une réponse", "relire")


def delivered(server: Server, count: int, rows: int = 1000) -> dict[str, int]:
    pauses: list[float] = []
    done = deliver(
        server,
        first_push(count),
        server.frame,
        rows=rows,
        pause_s=10,
        sleep=pauses.append,  # type: ignore[arg-type]
    )
    states: dict[str, int] = done.proof["state"].value_counts().to_dict()
    return states


class SmallDoor(Lenient):
    """A proxy that turns away what is too large, before anything reaches DHIS2."""

    most = 300

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        if len(rows) > self.most:
            raise TooMuchAskedError("POST", "statut 413", "moins", "demander moins")
        return super().answer(rows)


class SlowDoor(SmallDoor):
    """A proxy that gives up on what takes too long; DHIS2 had not stored it."""

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        if len(rows) > self.most:
            raise unanswered()
        return super().answer(rows)


@pytest.mark.parametrize("kind", [SmallDoor, SlowDoor])
def test_413_or_504_means_smaller_pieces_and_every_value_arrives_once(kind: type[Server]) -> None:
    server = kind()
    assert delivered(server, 2500) == {"confirmed": 2500}
    assert set(server.written.values()) == {1}
    assert len(server.written) == 2500
    assert max(sizes(server)[-5:]) <= SmallDoor.most


def test_a_door_too_small_for_anything_is_a_named_refusal() -> None:
    class Shut(SmallDoor):
        most = 0

    server = Shut()
    assert delivered(server, 120) == {"rejected": 120}
    assert min(sizes(server)) > SMALLEST_ROWS // 2


class AfterCommit(Lenient):
    """Stores, and the first answers never arrive."""

    lost = 2

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        said = super().answer(rows)
        if len(self.requests) <= self.lost:
            raise unanswered()
        return said


def test_a_time_out_after_commit_is_not_written_again() -> None:
    server = AfterCommit()
    assert delivered(server, 500, rows=100) == {"confirmed": 500}
    assert set(server.written.values()) == {1}


class Forgetful(Server):
    """Says yes and stores nothing, the first time or always."""

    times = 1

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        if len(self.requests) > self.times:
            self.store(rows)
        return summary(200, "SUCCESS")


def test_a_lost_update_is_sent_once_more_and_no_more_than_that() -> None:
    server = Forgetful()
    assert delivered(server, 3) == {"confirmed": 3}
    assert sizes(server) == [3, 3]

    class Never(Forgetful):
        times = 99

    server = Never()
    assert delivered(server, 3) == {"rejected": 3}
    assert sizes(server) == [3, 3]


def test_a_server_that_is_gone_costs_two_requests_a_round_and_stays_unknown() -> None:
    class Gone(Server):
        def answer(self, rows: Sequence[Row]) -> ServerAnswer:  # noqa: ARG002
            """Say what this kind of server says."""
            raise NetworkError("POST", "pas de connexion", "un serveur", "attendre")

    server = Gone()
    assert delivered(server, 5000) == {"unknown": 5000}
    assert len(server.requests) == 8


def test_what_a_poisoned_row_costs_is_bounded_and_later_chunks_are_sent() -> None:
    bad: set[Any] = {"unit0000150"}
    server = Lenient(lambda row: row["orgUnit"] in bad)
    assert delivered(server, 500, rows=100) == {"confirmed": 499, "rejected": 1}
    assert sizes(server) == [100] * 5
