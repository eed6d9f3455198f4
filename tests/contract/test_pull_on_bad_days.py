"""What does a pull make of every bad day on the sandbox's table? The truth, a clear error, or it is admitted here.

A slice is pulled by layidu's own client while one fault is on, for ever or once. What comes back is the truth or an
error that keeps nothing; the few days on which one answer alone cannot be told from a good one are listed with what
catches them later.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from layidu.dhis2.client import Client, connect
from layidu.dhis2.metadata import read_metadata
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.transport import read_retry
from layidu.errors import LayiduError
from layidu.model.metadata import Metadata
from layidu.model.slices import Slice
from layidu.sandbox.accounts import read
from layidu.sandbox.faults_table import TABLE
from layidu.settings import Credentials
from tests.contract.sandbox_faults import Bench, opened
from tests.sandbox_country import DISTRICT, SOURCE

TRUTH, REFUSED, BELIEVED = "the truth", "refused", "believed"
VALUES = "/api/dataValueSets"
WANTED = Slice("source", SOURCE, ("202601", "202602"), DISTRICT)
Rows = list[tuple[Any, ...]]


class Day(NamedTuple):
    """A fault, what a pull makes of it while it lasts, and what when it happens once."""

    name: str
    options: dict[str, Any]
    lasting: str
    once: str = TRUTH


DAYS = (
    Day("delay", {"seconds": 0.05}, TRUTH),
    Day("drip", {"bytes": 100, "seconds": 0.01}, TRUTH),
    Day("hang", {}, REFUSED, REFUSED),
    Day("hang", {"at": 100}, REFUSED, REFUSED),
    Day("reset", {"at": 0}, REFUSED),
    Day("reset", {"at": 200}, REFUSED),
    Day("lost_answer", {}, REFUSED),
    Day("gzip_cut", {"at": 60}, REFUSED),
    Day("no_terminator", {}, REFUSED),
    Day("plain_close", {}, REFUSED),
    Day("wrong_length", {"by": 10}, REFUSED),
    Day("wrong_length", {"by": -10}, REFUSED),
    Day("status", {}, REFUSED),
    Day("status", {"status": 418}, REFUSED, REFUSED),
    Day("too_many", {}, REFUSED),
    Day("too_many", {"retry_after": "0"}, REFUSED),
    Day("unavailable", {"retry_after": "0", "as_date": True}, REFUSED),
    Day("bad_gateway", {}, REFUSED),
    Day("gateway_timeout", {}, REFUSED),
    Day("unauthorised", {}, REFUSED, REFUSED),
    Day("uri_too_long", {"bytes": 20}, REFUSED, REFUSED),
    Day("login_page", {}, REFUSED, REFUSED),
    Day("redirect", {}, REFUSED, REFUSED),
    Day("redirect", {"to": "http://127.0.0.1:1"}, REFUSED, REFUSED),
    Day("literal", {"text": ""}, REFUSED, REFUSED),
    Day("literal", {"text": "null"}, REFUSED),
    Day("literal", {"text": "[]"}, REFUSED),
    Day("literal", {"text": "bonjour%0A"}, REFUSED),
    Day("cut", {"share": 0.5}, REFUSED),
    Day("cut", {"share": 0.5, "end": "close"}, REFUSED),
    Day("cut", {"share": 0.5, "record": True, "end": "open"}, REFUSED),
    Day("cut", {"share": 0.5, "record": True}, BELIEVED, BELIEVED),
    Day("short", {}, BELIEVED, BELIEVED),
    Day("without", {"id": "HllvX50cXC0"}, BELIEVED, BELIEVED),
    Day("doubled", {}, REFUSED),
    Day("ambiguous", {}, BELIEVED),
    Day("foreign", {}, REFUSED),
    Day("foreign", {"column": "period"}, REFUSED),
    Day("foreign", {"column": "dataElement"}, REFUSED),
    Day("shuffled", {}, TRUTH),
    Day("changed_values", {"text": "12,5"}, BELIEVED, BELIEVED),
    Day("changed_values", {"digits": 100_000}, BELIEVED, BELIEVED),
    Day("missing_column", {}, REFUSED),
    Day("missing_column", {"column": "storedBy"}, REFUSED),
    Day("extra_column", {}, REFUSED),
    Day("renamed_column", {}, REFUSED),
    Day("bom", {}, TRUTH),
    Day("latin_1", {}, REFUSED),
    Day("broken_utf8", {}, REFUSED),
    Day("deep", {"depth": 10_000}, REFUSED),
    Day("bomb", {"megabytes": 80}, REFUSED),
    Day("late_row", {}, TRUTH),
    Day("lost_sharing", {}, REFUSED, REFUSED),
    Day("narrowed", {}, REFUSED, REFUSED),
    Day("clock_jump", {}, TRUTH),
    Day("rewind", {}, TRUTH),
)
#: Days that one answer does not show, and what does.
CAUGHT_LATER = {
    "cut": "a full answer with fewer rows closes nothing at once: tests/functional/test_load.py",
    "short": "the same",
    "without": "the same, and the account's rights are compared",
    "ambiguous": "asked twice, then the check refuses both rows: tests/unit/test_quality_gate.py",
    "changed_values": "the check refuses what is no number; another plausible number cannot be told from a correction",
}
#: Faults that no GET of values meets.
ELSEWHERE = {
    "slow_insert", "too_large", "swallowed", "half_stored", "stored_other", "stale_analytics", "endless_job",
    "failed_job", "identity",
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


@pytest.fixture(scope="module")
def metadata(bench: Bench) -> Metadata:
    return read_metadata(client_of(bench), "source", [SOURCE])


def client_of(bench: Bench, patience: float = 20.0) -> Client:
    return connect(
        Credentials(bench.server.url, token=read(bench.folder)["pull"].token),
        timeouts=(patience, patience),
        retry=read_retry(attempts=2, backoff_seconds=0.01),
    )


def pulled(bench: Bench, metadata: Metadata, folder: Path, patience: float = 20.0) -> tuple[str, Rows]:
    """Whether it was refused, and the rows without their order."""
    try:
        client = client_of(bench, patience)
        values = pull_slice(client, WANTED, metadata, folder).values.drop_columns(["record"])
    except LayiduError:
        assert list(folder.rglob("*.gz")) == []
        return REFUSED, []
    return TRUTH, sorted(tuple(map(str, row.values())) for row in values.to_pylist())


@pytest.mark.parametrize(
    "day", DAYS, ids=lambda day: f"{day.name}-{'-'.join(map(str, day.options.values()))}"
)
@pytest.mark.parametrize("times", [0, 1])
def test_a_bad_day_gives_the_truth_or_an_error(
    bench: Bench, metadata: Metadata, tmp_path: Path, day: Day, times: int
) -> None:
    _, truth = pulled(bench, metadata, tmp_path / "good")
    assert len(truth) == 5
    with bench.server.faults.on(day.name, path=VALUES, method="GET", times=times, **day.options) as fault:
        # Only who waits for nothing is in a hurry: a bomb takes a busy machine a while to make.
        patience = 0.5 if day.name == "hang" else 20.0
        outcome, rows = pulled(bench, metadata, tmp_path / "bad", patience)
    if outcome == TRUTH and rows != truth:
        outcome = BELIEVED
    assert outcome == (day.once if times else day.lasting)
    assert times == 0 or fault.hits == 1
    assert outcome != BELIEVED or day.name in CAUGHT_LATER


def test_no_fault_is_forgotten() -> None:
    assert {day.name for day in DAYS} | ELSEWHERE | {"upgrade"} == set(TABLE)
    assert {day.name for day in DAYS if BELIEVED in (day.lasting, day.once)} == set(CAUGHT_LATER)


def test_an_upgrade_between_two_slices_changes_no_value(tmp_path: Path) -> None:
    with opened(tmp_path / "sandbox", "2.40") as bench:
        metadata = read_metadata(client_of(bench), "source", [SOURCE])
        _, truth = pulled(bench, metadata, tmp_path)
        assert len(truth) == 5
        for version in ("2.41", "2.42", "2.43"):
            with bench.server.faults.on("upgrade", to=version, path=VALUES):
                assert pulled(bench, metadata, tmp_path) == (TRUTH, truth)


def test_a_refused_account_is_asked_once_and_no_other_host_at_all(
    bench: Bench, metadata: Metadata, tmp_path: Path
) -> None:
    for name in ("unauthorised", "redirect", "login_page", "lost_sharing"):
        before = len(bench.server.ledger.requests())
        with bench.server.faults.on(name, path=VALUES):
            assert pulled(bench, metadata, tmp_path / name)[0] == REFUSED
        assert len(bench.server.ledger.requests()) == before + 1, name
