"""Does the sandbox change its rights, its clock, its version and its past, and does it lie? Seen by a raw socket."""

import ast
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from layidu.sandbox.answers import Request
from layidu.sandbox.dialects import VERSIONS
from layidu.sandbox.faults import FILTERS, LIMITS, parse
from layidu.sandbox.faults_table import TABLE
from layidu.sandbox.uids import uid
from layidu.sandbox.wire import Wire
from tests.contract.sandbox_faults import Bench, Raw, opened, records
from tests.sandbox_country import DISTRICT, FACILITIES, OTHER, ROOT, SOURCE, VISITS, element
from tests.unit.test_sandbox_server import People

VALUES = "/api/dataValueSets"
CSV, JSON = f"{VALUES}.csv", f"{VALUES}.json"
HERE = Path(__file__).parent


@pytest.fixture(params=VERSIONS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path, request.param) as found:
        yield found


def push(*numbers: str) -> dict[str, Any]:
    units = [*FACILITIES, *FACILITIES]
    periods = ["202603"] * 3 + ["202602"] * 3
    keys = list(zip(periods, units, strict=True))[: len(numbers)]
    rows = [
        {"dataElement": VISITS, "period": period, "orgUnit": unit, "value": number}
        for (period, unit), number in zip(keys, numbers, strict=True)
    ]
    return {"dataSet": SOURCE, "dataValues": rows}


def stored_of(answer: bytes) -> int:
    """How many rows an answer claims to have stored: every version counts in its own way."""
    counts = json.loads(answer)["response"]["importCount"]
    return int(counts["imported"] + counts["updated"])


def is_refused(found: Raw, code: str) -> bool:
    """Silence up to 2.42, a code from 2.43 on."""
    if found.status == 200:
        return found.body == b""
    return found.status == 409 and bool(json.loads(found.body)["errorCode"] == code)


def test_a_row_is_committed_late_with_an_old_stamp(bench: Bench) -> None:
    now = bench.json("/api/system/info")["serverDate"]
    with bench.server.faults.on("late_row", seconds=2 * 86_400):
        read = records(bench.get(CSV))
    found = records(bench.get(CSV))
    before = {(row["dataelement"], row["period"], row["orgunit"]): row["value"] for row in read}
    changed = [row for row in found if row["storedby"] == "late"]
    assert len(found) == len(read)
    assert len(changed) == 1
    was = before[changed[0]["dataelement"], changed[0]["period"], changed[0]["orgunit"]]
    assert changed[0]["value"] == str(int(was) + 1)
    assert changed[0]["lastupdated"] < now
    since = {
        "dataSet": SOURCE,
        "orgUnit": DISTRICT,
        "children": "true",
        "period": "202601",
        "lastUpdated": now,
    }
    assert records(bench.get(CSV, params=since)) == []  # a mark at the start of that read misses it for ever


def test_a_late_row_may_be_named(bench: Bench) -> None:
    key = {"dataElement": VISITS, "period": "202603", "orgUnit": FACILITIES[1]}
    with bench.server.faults.on("late_row", **key, value="77"):
        bench.get("/api/dataValueSets.json")
    assert [(row["after"], row["user"]) for row in bench.server.ledger.values()] == [("77", "late")]


def test_a_data_set_is_no_longer_shared_and_later_it_is(bench: Bench) -> None:
    assert len(records(bench.get(CSV, role="pull"))) == 5
    with bench.server.faults.on("lost_sharing"):
        assert is_refused(bench.get(CSV, role="pull"), "E2010")
        assert len(records(bench.get(CSV))) == 5  # the administrator does not feel it
    assert len(records(bench.get(CSV, role="pull"))) == 5


def test_a_tree_is_narrowed_and_later_it_is_not(bench: Bench) -> None:
    with bench.server.faults.on("narrowed", user="tire"):
        assert bench.json("/api/me", role="pull")["organisationUnits"] in [
            [{"id": unit}] for unit in FACILITIES[:2]
        ]
        assert is_refused(bench.get(CSV, role="pull"), "E2012")
    assert bench.json("/api/me", role="pull")["organisationUnits"] == [{"id": DISTRICT}]
    with bench.server.faults.on("narrowed", who="pousse", org_unit=OTHER):
        found = bench.send("POST", VALUES, push("1"), role="push")
        assert stored_of(found.body) == 0


def test_the_clock_jumps_back_and_forth(bench: Bench) -> None:
    before = bench.json("/api/system/info")["serverDate"]
    with bench.server.faults.on("clock_jump", seconds=-86_400):
        assert bench.json("/api/system/info")["serverDate"] < before
    assert bench.json("/api/system/info")["serverDate"] > before


def test_the_database_is_an_old_one(bench: Bench) -> None:
    bench.send("POST", VALUES, push("1"))
    with bench.server.faults.on("rewind", path="/api/me"):
        bench.send("POST", VALUES, push("2", "3"))
        new = uid("data_element", "new")
        imported = bench.send("POST", "/api/metadata", {"dataElements": [element(new, "new", "SUM")]})
        assert imported.status == bench.get(f"/api/dataElements/{new}").status == 200
        assert (
            len(
                records(
                    bench.get(
                        CSV,
                        params={"dataSet": SOURCE, "period": "202603", "orgUnit": ROOT, "children": "true"},
                    )
                )
            )
            == 2
        )
        assert bench.get("/api/me").status == 200
        found = records(
            bench.get(
                CSV, params={"dataSet": SOURCE, "period": "202603", "orgUnit": ROOT, "children": "true"}
            )
        )
        assert [row["value"] for row in found] == ["1"]
        assert bench.get(f"/api/dataElements/{new}").status == 404
        assert bench.send("POST", VALUES, push("1", "5")).status == 200
    written = [row["after"] for row in bench.server.ledger.values() if row["after"] != row["before"]]
    assert written == ["1", "2", "3", "5"]
    assert not list(bench.folder.glob("snapshot-*"))


def test_the_server_is_upgraded_under_way(bench: Bench) -> None:
    bench.send("POST", VALUES, push("1"))
    with bench.server.faults.on("upgrade", to="2.43", path="/api/system/info"):
        assert bench.json("/api/system/info")["version"].startswith("2.43")
    assert bench.json("/api/system/info")["version"].startswith("2.43")
    assert len(records(bench.get(CSV))) == 5
    with bench.server.faults.on("upgrade", to="2.40"):
        bench.get(CSV)
    assert bench.json("/api/system/info")["version"].startswith("2.40")


def test_imports_that_lie(bench: Bench) -> None:
    def stored() -> list[str]:
        return [row["after"] for row in bench.server.ledger.values() if row["after"] != row["before"]]

    with bench.server.faults.on("swallowed"):
        found = bench.send("POST", VALUES, push("1", "2"))
        assert (found.status, stored_of(found.body), stored()) == (200, 2, [])
        assert b'"dryRun":true' not in found.body
    with bench.server.faults.on("half_stored"):
        found = bench.send("POST", VALUES, push("1", "2", "3", "4"))
        assert (found.status, stored()) == (200, ["1", "2"])
        assert sum(json.loads(found.body)["response"]["importCount"].values()) == 4
    with bench.server.faults.on("stored_other", rows=1):
        found = bench.send("POST", VALUES, push("5", "6"))
        assert (found.status, stored()[2:]) == (200, ["6", "6"])
    assert bench.send("POST", VALUES, push("5", "6")).status == 200
    assert stored()[4:] == ["5"]


def test_analytics_that_is_stale_short_or_empty(bench: Bench) -> None:
    people = People(bench.server.url, bench.folder)
    people.build_tables()
    before = people.rows(VISITS, "202601", f"{ROOT};{DISTRICT}")
    with bench.server.faults.on("stale_analytics"):
        bench.send(
            "POST",
            VALUES,
            {"dataSet": SOURCE, "dataValues": [{**push("900")["dataValues"][0], "period": "202601"}]},
        )
        people.build_tables()
        assert people.rows(VISITS, "202601", f"{ROOT};{DISTRICT}") == before
    with bench.server.faults.on("short", path="/api/analytics", rows=1):
        assert len(people.rows(VISITS, "202601", f"{ROOT};{DISTRICT}")) == len(before) - 1
    with bench.server.faults.on("short", path="/api/analytics", share=1.0):
        assert people.rows(VISITS, "202601", ROOT) == []
    people.build_tables()
    assert people.rows(VISITS, "202601", f"{ROOT};{DISTRICT}") != before
    people.close()


def test_jobs_that_never_end_or_fail(bench: Bench) -> None:
    found = bench.send("POST", "/api/resourceTables/analytics")
    job = json.loads(found.body)["response"]["relativeNotifierEndpoint"]
    for _ in range(200):
        if any(each["completed"] for each in bench.json(job)):
            break
    with bench.server.faults.on("endless_job"):
        assert [each["completed"] for each in bench.json(job)] == [False]
    with bench.server.faults.on("failed_job"):
        newest, *_ = bench.json(job)
        assert (newest["level"], newest["completed"]) == ("ERROR", True)
    assert bench.json(job)[0]["level"] == "INFO"


def test_faults_are_counted_when_requests_come_at_once(bench: Bench) -> None:
    with bench.server.faults.on("status", times=5) as fault, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bench.get().status, range(40)))
        assert (found.count(500), found.count(200), fault.hits) == (5, 35, 5)


def test_faults_are_switched_on_and_off_by_many_at_once(bench: Bench) -> None:
    faults = bench.server.faults

    def someone(_: int) -> None:
        for _again in range(20):
            number = faults.switch_on("delay", seconds=0.0).number
            bench.server.faults.answer(Request("GET", "/api/me", {}, {}, b"", "http://x"), None, Wire())
            assert faults.switch_off(number)
            assert not faults.switch_off(number)

    kept = faults.switch_on("delay", seconds=0.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(someone, range(8)))
    assert faults.switched_on() == [kept]
    assert kept.hits >= 160


def test_the_command_line_writes_a_fault_in_one_word() -> None:
    assert parse("reset:at=100,path=/api/dataValueSets") == {
        "name": "reset",
        "at": "100",
        "path": "/api/dataValueSets",
    }
    assert parse("hang") == {"name": "hang"}


def test_every_fault_on_the_table_has_a_test_that_shows_it() -> None:
    """A test switches it on by name, in a block that fails when nothing met the fault."""
    shown = set()
    files = list(HERE.glob("test_sandbox_faults*.py"))
    for file in files:
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "on":
                shown |= {part.value for part in call.args[:1] if isinstance(part, ast.Constant)}
    assert len(files) == 3
    assert shown == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_every_fault_says_in_french_what_it_does(name: str) -> None:
    kind = TABLE[name]
    assert kind.says
    assert kind.method in {"", "GET", "POST"}
    assert name.isidentifier()
    assert not {"name", *FILTERS, *LIMITS} & set(kind.options)
