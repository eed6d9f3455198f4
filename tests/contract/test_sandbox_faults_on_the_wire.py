"""Does the sandbox have bad days in its transport, as asked and as counted? Seen by a raw socket."""

import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from layidu.errors import ConfigurationError
from layidu.sandbox.faults import FaultDidNotFireError
from tests.bad_days import Site
from tests.contract.sandbox_faults import Bench, opened, records
from tests.sandbox_country import FACILITIES, SOURCE, VISITS

ROWS = 5  # of the little country, tombstones left out
PUSH = {
    "dataSet": SOURCE,
    "dataValues": [{"dataElement": VISITS, "period": "202602", "orgUnit": FACILITIES[1], "value": "9"}],
}
VALUES = "/api/dataValueSets"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as found:
        yield found


def test_a_good_day_is_chunked_and_whole(bench: Bench) -> None:
    good = bench.get()
    assert (good.status, good.ended, len(records(good))) == (200, "chunks", ROWS)


def test_delay_and_drip_take_time(bench: Bench) -> None:
    begun = time.monotonic()
    with bench.server.faults.on("delay", seconds=0.3):
        assert bench.get().status == 200
    assert time.monotonic() - begun >= 0.3
    begun = time.monotonic()
    with bench.server.faults.on("drip", bytes=100, seconds=0.05):
        good = bench.get()
    assert time.monotonic() - begun >= 0.05 * (len(good.body) // 100)


def test_hang_is_silence_before_the_answer_or_within_it(bench: Bench) -> None:
    with bench.server.faults.on("hang"):
        found = bench.get(patience=0.3)
        assert (found.ended, found.status) == ("silence", 0)
    with bench.server.faults.on("hang", at=150):
        found = bench.get(patience=0.3)
        assert (found.ended, found.status, len(found.body)) == ("silence", 200, 150)


@pytest.mark.parametrize("at", [0, 1, 150, 400])
def test_reset_lets_n_bytes_through(bench: Bench, at: int) -> None:
    with bench.server.faults.on("reset", at=at):
        found = bench.get()
        assert (found.status, found.ended, len(found.body)) == (200, "reset", at)


def test_lost_answer_comes_after_the_work(bench: Bench) -> None:
    with bench.server.faults.on("lost_answer", method="POST"):
        found = bench.send("POST", VALUES, PUSH)
        assert (found.status, found.ended) == (0, "reset")
    assert [each["after"] for each in bench.server.ledger.values()] == ["9"]


def test_lost_answer_may_come_before_the_work(bench: Bench) -> None:
    with bench.server.faults.on("lost_answer", method="POST", commit=False):
        assert bench.send("POST", VALUES, PUSH).ended == "reset"
    assert bench.server.ledger.values() == []


def test_who_gives_up_on_a_hanging_write_does_not_stop_it(bench: Bench) -> None:
    """The client is gone, the server is not: the row is committed after the client's time-out."""
    with bench.server.faults.on("hang", method="POST", seconds=0.5):
        assert bench.send("POST", VALUES, PUSH, patience=0.1).ended == "silence"
        assert bench.server.ledger.values() == []
        give_up = time.monotonic() + 20
        while not bench.server.ledger.values() and time.monotonic() < give_up:
            time.sleep(0.05)
    assert [each["after"] for each in bench.server.ledger.values()] == ["9"]


def test_gzip_cut_looks_whole_but_for_its_own_end(bench: Bench) -> None:
    with bench.server.faults.on("gzip_cut", at=120):
        found = bench.get(headers={"Accept-Encoding": "gzip"})
        assert (found.ended, len(found.body)) == ("chunks", 120)
        assert not zlib_is_whole(found.body)
        assert len(records(bench.get())) == ROWS  # not compressed: not met
    assert zlib_is_whole(bench.get(headers={"Accept-Encoding": "gzip"}).body)


def zlib_is_whole(body: bytes) -> bool:
    unpacker = zlib.decompressobj(31)
    unpacker.decompress(body)
    return unpacker.eof


def test_no_terminator_and_plain_close_end_with_the_connection(bench: Bench) -> None:
    good = bench.get()
    with bench.server.faults.on("no_terminator"):
        found = bench.get()
        assert (found.ended, found.body) == ("closed", good.body)
        assert not found.sent.endswith(b"0\r\n\r\n")
    with bench.server.faults.on("plain_close"):
        found = bench.get()
        assert (found.ended, found.body) == ("closed", good.body)
        assert not {"content-length", "transfer-encoding"} & set(found.headers)


@pytest.mark.parametrize(("by", "how"), [(10, "closed"), (-10, "length")])
def test_wrong_length(bench: Bench, by: int, how: str) -> None:
    good = bench.get()
    with bench.server.faults.on("wrong_length", by=by):
        found = bench.get()
        assert (found.ended, int(found.headers["content-length"])) == (how, len(good.body) + by)
        assert found.body == good.body[: len(good.body) + by]


def test_slow_insert_takes_time_by_the_row(bench: Bench) -> None:
    begun = time.monotonic()
    with bench.server.faults.on("slow_insert", seconds=0.1):
        push = {**PUSH, "dataValues": PUSH["dataValues"] * 3}
        assert bench.send("POST", VALUES, push).status == 200
        assert time.monotonic() - begun >= 0.3
        assert bench.get().status == 200


def test_a_fault_meets_only_what_was_asked_for(bench: Bench) -> None:
    faults = bench.server.faults
    with faults.on(
        "status", method="GET", path=VALUES, query="period=202602", user="tire", after=1, times=2
    ) as fault:
        seen = [bench.get(role="pull").status for _ in range(5)]
        others = [
            bench.get().status,
            bench.get(
                role="pull", params={"dataSet": SOURCE, "period": "202601", "orgUnit": FACILITIES[0]}
            ).status,
            bench.get("/api/me", role="pull").status,
            bench.send("POST", VALUES, PUSH, role="pull").status,
        ]
        assert (fault.seen, fault.hits) == (5, 2)
    assert seen == [200, 500, 500, 200, 200]
    assert others == [200, 200, 200, 403]


def test_the_version_in_a_path_does_not_hide_it(bench: Bench) -> None:
    with bench.server.faults.on("status", path="/api/me") as fault:
        assert bench.get("/api/42/me").status == 500
        assert bench.get("/api/metadata").status == 200
        assert bench.get("/api/me/authorities").status == 500
        assert fault.hits == 2
    with bench.server.faults.on("status", path="/api/"):
        assert bench.get("/api/me").status == 500


def test_a_fault_that_nothing_met_fails_its_test(bench: Bench) -> None:
    with pytest.raises(FaultDidNotFireError), bench.server.faults.on("reset", at=10_000_000):
        bench.get()


def test_faults_over_http_are_for_the_administrator(bench: Bench) -> None:
    site = Site(bench.server.url, bench.folder)
    with site.bad_day("status", status=503, retry_after="7", path=VALUES) as number:
        found = bench.get()
        assert (found.status, found.headers["retry-after"]) == (503, "7")
        assert site.hits(number) == 1
    assert bench.get().status == 200
    with pytest.raises(AssertionError, match="nothing met"), site.bad_day("reset"):
        pass
    assert bench.send("POST", "/sandbox/faults", {"name": "reset"}, role="pull").status == 403
    for body in (
        {"name": "earthquake"},
        {"name": "reset", "depth": 3},
        {"name": "reset", "at": "deep"},
        [],
        b"{",
    ):
        assert bench.send("POST", "/sandbox/faults", body).status == 400
    assert bench.send("DELETE", "/sandbox/faults/77").status == 404


def test_an_unknown_fault_names_those_there_are(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="gateway_timeout"):
        bench.server.faults.switch_on("earthquake")
