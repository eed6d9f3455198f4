"""What does a delivery make of every bad day on the sandbox's table? The ledger of the server is the truth.

Thirty-six cells are delivered by layidu's own client while one fault is on. Whatever happens: a cell called confirmed
is on the server as planned, no other cell changed, nothing was written more often than is allowed, and the next run
heals what is left.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from layidu.dhis2.client import Client, connect
from layidu.dhis2.delivery import MOST_TIMES, deliver
from layidu.dhis2.push import plan
from layidu.dhis2.read_back import read_cells
from layidu.dhis2.transport import read_retry
from layidu.errors import LayiduError
from layidu.model.frames import TARGET_CELLS
from layidu.sandbox.accounts import read
from layidu.sandbox.faults_table import TABLE
from layidu.sandbox.metadata import DEFAULT_COMBO
from layidu.settings import Credentials
from tests.contract.sandbox_faults import Bench, opened
from tests.sandbox_country import DISTRICT, OTHER, RATE, RESULT, ROOT

VALUES = "/api/dataValueSets"
UNITS = (DISTRICT, OTHER, ROOT)
PERIODS = tuple(f"{year}{month:02d}" for year in (2025, 2026) for month in range(1, 13))[3:15]
ALL = len(UNITS) * len(PERIODS)


class Day(NamedTuple):
    """A fault of writes, or of the reading that proves them; how many of the cells are confirmed in the end."""

    name: str
    options: dict[str, Any]
    confirmed: int | None = ALL  # None: an error that a person can act on
    method: str = "POST"


DAYS = (
    Day("delay", {"seconds": 0.02}),
    Day("drip", {"bytes": 200, "seconds": 0.001}),
    Day("hang", {"times": 1, "seconds": 0.6}),
    Day("reset", {"at": 10, "times": 1}),
    Day("lost_answer", {"times": 1}),
    Day("lost_answer", {"times": 1, "commit": False}),
    Day("lost_answer", {"commit": False}, 0),
    Day("no_terminator", {"times": 1}),
    Day("wrong_length", {"times": 1}),
    Day("slow_insert", {"seconds": 0.001}),
    Day("status", {"times": 1}),
    Day("gateway_timeout", {"times": 1}),
    Day("gateway_timeout", {"times": 1, "commit": True}),
    Day("gateway_timeout", {"commit": True}),
    Day("bad_gateway", {"times": 1, "commit": True}),
    Day("unavailable", {"times": 1, "retry_after": "0"}),
    Day("too_many", {"times": 1, "retry_after": "0"}),
    Day("unauthorised", {}, None),
    Day("login_page", {}, None),
    Day("redirect", {}, None),
    Day("too_large", {"rows": 17}, 16),  # no chunk is made smaller than fifty rows
    Day("literal", {"text": "", "times": 1}),
    Day("literal", {"text": "null", "times": 1}),
    Day("literal", {"text": "[]"}, 0),
    Day("swallowed", {"times": 1}),
    Day("swallowed", {}, 0),
    Day("half_stored", {"times": 1}),
    Day("stored_other", {"times": 1}),
    Day("stored_other", {}, ALL - 1),
    Day("upgrade", {"to": "2.43"}),
    Day("clock_jump", {"seconds": 3600}),
    Day("short", {"share": 0.2, "after": 1, "times": 1}, method="GET"),
    Day("cut", {"share": 0.7, "times": 1}, method="GET"),
    Day("reset", {"at": 100, "times": 1, "after": 1}, method="GET"),
    Day("doubled", {"after": 1}, None, method="GET"),
    Day("ambiguous", {"after": 1}, None, method="GET"),
    Day("unavailable", {"retry_after": "0", "times": 1, "after": 1}, method="GET"),
    Day("shuffled", {"after": 1}, method="GET"),
    Day("unauthorised", {"after": 1}, None, method="GET"),
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as found:
        yield found


def client_of(bench: Bench) -> Client:
    return connect(
        Credentials(bench.server.url, token=read(bench.folder)["admin"].token),
        timeouts=(2.0, 0.5),
        retry=read_retry(attempts=2, backoff_seconds=0.01),
    )


def on_server(bench: Bench) -> dict[tuple[str, str], str]:
    """What stands there, read without any client and past every fault."""
    words = bench.server.site.store.words
    with bench.server.site.store.reading() as connection:
        rows = connection.execute(
            "SELECT period, org_unit, value FROM data_value WHERE data_element = ? AND deleted = 0",
            (words.key_of.get(RATE, -1),),
        ).fetchall()
    return {(words.text_of[period], words.text_of[unit]): value for period, unit, value in rows}


def one_run(bench: Bench) -> pd.DataFrame:
    """Read, plan, deliver, prove."""
    client = client_of(bench)

    def cells() -> pd.DataFrame:
        return read_cells(client, RESULT, PERIODS, UNITS)

    desired = TARGET_CELLS.frame(
        [
            (RESULT, RATE, period, unit, DEFAULT_COMBO, DEFAULT_COMBO, f"{at}.5")
            for at, (period, unit) in enumerate((period, unit) for period in PERIODS for unit in UNITS)
        ]
    )
    planned = plan(desired, TARGET_CELLS.frame(), cells())
    return deliver(client, planned, cells, rows=20, pause_s=0.1).proof


@pytest.mark.parametrize(
    "day", DAYS, ids=lambda day: f"{day.method}-{day.name}-{'-'.join(map(str, day.options.values()))}"
)
def test_a_bad_day_leaves_only_what_is_proved(bench: Bench, day: Day) -> None:
    with bench.server.faults.on(day.name, path=VALUES, **{"method": day.method, **day.options}):
        try:
            proof = one_run(bench)
        except LayiduError:
            proof = None
    there = on_server(bench)
    if day.confirmed is None:
        assert proof is None
    else:
        assert proof is not None
        confirmed = proof[proof["state"] == "confirmed"]
        assert len(confirmed) == day.confirmed
        for period, unit, value in confirmed[["period", "org_unit", "value"]].itertuples(index=False):
            assert there[period, unit] == value
        assert proof.loc[proof["state"] != "confirmed", "reason"].notna().all()
    changes = bench.server.ledger.values()
    assert {row["data_element"] for row in changes} <= {RATE}
    written = Counter((row["period"], row["org_unit"], row["after"]) for row in changes)
    assert max(written.values(), default=0) <= MOST_TIMES
    healed = one_run(bench)
    assert set(healed["state"]) <= {"confirmed"}
    assert len(on_server(bench)) == ALL


def test_every_fault_of_writes_has_its_day() -> None:
    writes = {name for name, kind in TABLE.items() if kind.method == "POST"} - {"stale_analytics"}
    assert writes <= {day.name for day in DAYS}
