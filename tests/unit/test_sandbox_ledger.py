"""Does the ledger hold everything the server saw, and say when it does not?"""

import json
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layidu.sandbox import ledger
from layidu.sandbox.ledger import Entries, LedgerTruncatedError
from tests.bad_days import Site
from tests.contract.sandbox_faults import Bench, opened
from tests.sandbox_country import FACILITIES, SOURCE, STOCK, VISITS

VALUES = "/api/dataValueSets"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as found:
        yield found


def push(*rows: tuple[str, str, str, str], **more: Any) -> dict[str, Any]:
    names = ("dataElement", "period", "orgUnit", "value")
    return {"dataSet": SOURCE, "dataValues": [{**dict(zip(names, row, strict=True)), **more} for row in rows]}


def test_a_request_is_noted_with_who_how_much_and_how_it_ended(bench: Bench) -> None:
    found = bench.get(role="pull")
    with bench.server.faults.on("reset", at=100):
        bench.get()
    socket.create_connection(("127.0.0.1", bench.server.server_port)).close()  # asked nothing: no entry
    whole, cut = bench.server.ledger.requests()
    assert {name: whole[name] for name in ("number", "method", "path", "user", "status", "rows", "whole")} == {
        "number": 1, "method": "GET", "path": f"{VALUES}.csv", "user": "tire", "status": 200, "rows": 5, "whole": True,
    }  # fmt: skip
    assert whole["bytes"] == len(found.body)
    assert whole["params"]["period"] == ["202601", "202602"]
    assert (cut["user"], cut["bytes"], cut["whole"]) == ("admin", 100, False)


def test_an_answer_that_nobody_got_is_noted_all_the_same(bench: Bench) -> None:
    body = push((VISITS, "202603", FACILITIES[0], "9"))
    with bench.server.faults.on("lost_answer"):
        bench.send("POST", VALUES, body)
    (entry,) = bench.server.ledger.requests()
    assert (entry["method"], entry["status"], entry["bytes"], entry["whole"]) == ("POST", None, 0, False)
    assert entry["received"] == len(json.dumps(body))


def test_a_stranger_is_nobody(bench: Bench) -> None:
    assert bench.get("/api/me", headers={"Authorization": "ApiToken x"}).status == 400
    assert [each["user"] for each in bench.server.ledger.requests()] == [None]


def test_rows_are_noted_before_and_after_with_their_request(bench: Bench) -> None:
    here = ("202601", FACILITIES[0])
    bench.send("POST", VALUES, push((VISITS, *here, "11"), (STOCK, "202603", FACILITIES[1], "4")))
    bench.send("POST", VALUES, push((VISITS, *here, "11")))  # unchanged: nothing is written on 2.42
    bench.send("POST", VALUES, push((VISITS, *here, "11"), deleted=True))
    bench.send("POST", VALUES, push((VISITS, "202603", FACILITIES[2], "7")), params={"async": "true"})
    shown = ("before", "was_deleted", "after", "deleted", "user", "request")
    assert [tuple(row[name] for name in shown) for row in bench.server.ledger.values()] == [
        ("10", False, "11", False, "admin", 1),
        (None, False, "4", False, "admin", 1),
        ("11", False, "11", True, "admin", 3),
        (None, False, "7", False, "admin", 4),
    ]
    first = bench.server.ledger.values()[0]
    assert (first["data_element"], first["period"], first["org_unit"]) == (VISITS, *here)


def test_a_rehearsal_and_a_refusal_write_nothing(bench: Bench) -> None:
    body = push((VISITS, "202603", FACILITIES[0], "9"))
    assert bench.send("POST", VALUES, body, params={"dryRun": "true"}).status == 200
    assert bench.send("POST", VALUES, push((VISITS, "202603", FACILITIES[0], "9,5"))).status == 409
    assert bench.server.ledger.values() == []


@pytest.mark.parametrize(
    "statement", ["UPDATE data_value SET value = value || '0'", "DELETE FROM data_value"]
)
def test_no_way_of_writing_escapes(bench: Bench, statement: str) -> None:
    store = bench.server.site.store
    with pytest.raises(sqlite3.OperationalError), store.writing() as connection:
        connection.executescript(f"BEGIN; {statement}; SELECT nothing")  # undone: never was
    assert bench.server.ledger.values() == []
    with store.writing() as connection:
        connection.execute(statement)
    found = bench.server.ledger.values()
    assert len(found) == 6
    if statement.startswith("UPDATE"):
        assert all(row["after"] == f"{row['before']}0" for row in found)
    else:
        assert {row["after"] for row in found} == {None}


def test_an_upsert_is_noted_once(bench: Bench) -> None:
    with bench.server.site.store.writing() as connection:
        connection.execute(
            "INSERT INTO data_value SELECT * FROM data_value WHERE true ON CONFLICT DO UPDATE SET value = '99'"
        )
    found = bench.server.ledger.values()
    assert (len(found), {row["after"] for row in found}) == (6, {"99"})
    assert None not in {row["before"] for row in found}


def test_who_would_miss_entries_is_refused() -> None:
    entries = Entries(3)
    assert entries.add("a", "b") == 2
    assert entries.since(0) == [(1, "a"), (2, "b")]
    entries.add("c", "d")
    with pytest.raises(LedgerTruncatedError, match="entries 1 to 1"):
        entries.since(0)
    assert entries.since(1) == [(2, "b"), (3, "c"), (4, "d")]
    assert entries.since(4) == []


def test_over_http_a_truncated_ledger_is_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(bench.server.url, bench.folder)
    site.ask("GET", "/api/me")
    assert [each["path"] for each in site.requests()] == ["/api/me"]
    assert [each["path"] for each in site.requests()] == ["/api/me"]  # who looks changes nothing
    monkeypatch.setattr(bench.server.ledger, "_requests", Entries(2))
    for _ in range(5):
        site.ask("GET", "/api/me")
    with pytest.raises(AssertionError, match="no longer held"):
        site.requests()
    assert [each["number"] for each in site.requests(after=3)] == [4, 5]
    assert bench.get("/sandbox/ledger", params={"after": "x"}).status == 400
    assert bench.get("/sandbox/ledger", role="pull").status == 403
    assert bench.get("/sandbox/ledger/else").status == 404


def test_the_ledger_is_large_enough_for_a_night() -> None:
    """Every cell of a year of Mali's publication pushed twice, and a request for each of the smallest slices."""
    assert ledger.VALUES_KEPT >= 2 * 50_000
    assert ledger.REQUESTS_KEPT >= 10_000
