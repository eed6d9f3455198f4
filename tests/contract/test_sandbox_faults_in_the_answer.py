"""Does the sandbox answer wrongly in every way that is on its table? Proxies, pages, bodies; seen by a raw socket."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import StringIO
from typing import Any

import pytest

from layidu.sandbox.faults import Faults
from layidu.sandbox.metadata import DEFAULT_COMBO
from tests.contract.sandbox_faults import Bench, opened, records
from tests.sandbox_country import DISTRICT, FACILITIES, SOURCE, STOCK, VISITS

VALUES = "/api/dataValueSets"
CSV, JSON = f"{VALUES}.csv", f"{VALUES}.json"
ASKED = {"dataSet": SOURCE, "orgUnit": DISTRICT, "children": "true", "period": "202601"}


@pytest.fixture(scope="module", params=["2.42", "2.43"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("bac"), request.param) as found:
        yield found


@pytest.fixture
def faults(bench: Bench) -> Iterator[Faults]:
    yield bench.server.faults
    assert bench.server.faults.switched_on() == []


def push(number: int, value: str = "9") -> dict[str, Any]:
    keys = [(f"2025{month:02d}", unit) for month in range(1, 13) for unit in FACILITIES]
    rows = [
        {"dataElement": VISITS, "period": period, "orgUnit": unit, "value": value} for period, unit in keys
    ]
    return {"dataSet": SOURCE, "dataValues": rows[:number]}


def values(bench: Bench) -> list[dict[str, Any]]:
    return list(bench.json(JSON)["dataValues"])


def written(bench: Bench, after: int) -> list[str]:
    return [each["after"] for each in bench.server.ledger.values(after)]


def last(bench: Bench) -> int:
    return max((each["number"] for each in bench.server.ledger.values()), default=0)


# In the server's place


def test_pages_of_a_proxy(bench: Bench, faults: Faults) -> None:
    pages = {}
    with faults.on("bad_gateway"):
        pages[502] = bench.get()
    with faults.on("gateway_timeout"):
        pages[504] = bench.get()
    with faults.on("status"):
        pages[500] = bench.get()
    for status, found in pages.items():
        assert (found.status, found.headers["content-type"]) == (status, "text/html")
        assert b"<center>nginx</center>" in found.body


def test_retry_after_is_absent_or_seconds_or_a_date(bench: Bench, faults: Faults) -> None:
    with faults.on("too_many"):
        found = bench.get()
        assert (found.status, "retry-after" in found.headers) == (429, False)
    with faults.on("unavailable", retry_after="12", html=False):
        found = bench.get()
        assert (found.status, found.headers["retry-after"]) == (503, "12")
        assert json.loads(found.body)["httpStatusCode"] == 503
    with faults.on("unavailable", retry_after="60", as_date=True):
        moment = parsedate_to_datetime(bench.get().headers["retry-after"])
        assert timedelta(seconds=30) < moment - datetime.now(UTC) <= timedelta(seconds=60)


@pytest.mark.parametrize("commit", [False, True])
def test_a_gateway_that_gives_up_before_or_after_the_work(
    bench: Bench, faults: Faults, *, commit: bool
) -> None:
    mark = last(bench)
    with faults.on("gateway_timeout", method="POST", commit=commit):
        assert bench.send("POST", VALUES, push(1, f"30{commit:d}")).status == 504
    assert written(bench, mark) == (["301"] if commit else [])


def test_unauthorised_from_the_nth_request_on(bench: Bench, faults: Faults) -> None:
    with faults.on("unauthorised", after=2):
        assert [bench.get("/api/me").status for _ in range(4)] == [200, 200, 401, 401]


def test_too_large_by_bytes_or_by_rows(bench: Bench, faults: Faults) -> None:
    with faults.on("too_large", bytes=1000):
        assert [bench.send("POST", VALUES, push(number)).status for number in (1, 30)] == [200, 413]
    with faults.on("too_large", rows=10):
        assert [bench.send("POST", VALUES, push(number)).status for number in (10, 11)] == [200, 413]


def test_uri_too_long(bench: Bench, faults: Faults) -> None:
    with faults.on("uri_too_long", bytes=1000):
        units = {"dataSet": SOURCE, "period": "202601", "orgUnit": [DISTRICT] * 100}
        assert [bench.get().status, bench.get(params=units).status] == [200, 414]


def test_login_page_and_redirect(bench: Bench, faults: Faults) -> None:
    with faults.on("login_page"):
        found = bench.get()
        assert (found.status, found.body[:15]) == (200, b"<!DOCTYPE html>")
    with faults.on("redirect"):
        found = bench.get()
        assert (found.status, found.headers["location"]) == (302, "http://x/dhis-web-login/")
    with faults.on("redirect", to="http://127.0.0.1:1/", status=307):
        found = bench.get("/api/me", params={"fields": "id"})
        assert (found.status, found.headers["location"]) == (307, "http://127.0.0.1:1/api/me?fields=id")


@pytest.mark.parametrize("text", ["", "null", "[]", '"bonjour"', "%7B%22a%22%3A1%2C%22b%22%3A2%7D"])
def test_a_body_as_it_was_told(bench: Bench, faults: Faults, text: str) -> None:
    with faults.on("literal", text=text):
        found = bench.get()
    assert (found.status, found.body.decode()) == (200, '{"a":1,"b":2}' if "%" in text else text)


# The body


def test_cut_anywhere_or_at_a_record_politely_or_not(bench: Bench, faults: Faults) -> None:
    whole = bench.get(CSV).body
    with faults.on("cut", at=250):
        found = bench.get(CSV)
        assert (found.ended, found.body) == ("chunks", whole[:250])
    with faults.on("cut", at=300, record=True):
        found = bench.get(CSV)
        assert (found.ended, found.body[-1:], len(found.body) <= 300) == ("chunks", b"\n", True)
        assert whole.startswith(found.body)
    with faults.on("cut", share=0.5, end="close"):
        found = bench.get(CSV)
        assert (found.ended, found.body) == ("closed", whole[: len(whole) // 2])
        assert "transfer-encoding" not in found.headers
    with faults.on("cut", at=250, end="open"):
        found = bench.get(CSV)
        assert (found.ended, found.body, found.sent.endswith(b"0\r\n\r\n")) == ("closed", whole[:250], False)
    for share in (0.01, 0.5, 0.999):
        with faults.on("cut", share=share), pytest.raises(json.JSONDecodeError):
            json.loads(bench.get(JSON).body)


def test_an_export_packed_by_the_server_itself_may_be_cut_too(bench: Bench, faults: Faults) -> None:
    with faults.on("gzip_cut", at=150):
        found = bench.get(CSV, params={**ASKED, "compression": "gzip"})
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(found.body).startswith(b"dataelement,")
    assert (found.ended, unpacker.eof) == ("chunks", False)


def test_short_is_well_formed(bench: Bench, faults: Faults) -> None:
    whole = {json.dumps(row) for row in values(bench)}
    with faults.on("short", share=0.4):
        found = {json.dumps(row) for row in values(bench)}
        assert found < whole
        assert len(whole) - len(found) == round(0.4 * len(whole))
        assert len(records(bench.get(CSV))) == len(found)
    with faults.on("short", rows=1):
        assert len(values(bench)) == len(whole) - 1
    with faults.on("short", share=1.0):
        assert values(bench) == records(bench.get(CSV)) == []


def test_packed_exports_are_unpacked_changed_and_packed_again(bench: Bench, faults: Faults) -> None:
    asked = {
        "dataSet": SOURCE,
        "orgUnit": DISTRICT,
        "children": "true",
        "period": "202601",
        "compression": "gzip",
    }
    whole = gzip.decompress(bench.get(CSV, params=asked).body)
    with faults.on("short", rows=1):
        found = gzip.decompress(bench.get(CSV, params=asked).body)
    assert found.count(b"\n") < whole.count(b"\n")


def test_without_hides_the_rows_of_a_combo(bench: Bench, faults: Faults) -> None:
    with faults.on("without", id=DEFAULT_COMBO):
        assert values(bench) == []
    with faults.on("without", column="dataElement", id=STOCK):
        assert {row["dataElement"] for row in values(bench)} == {VISITS}


def test_rows_twice_the_same_or_not(bench: Bench, faults: Faults) -> None:
    first, *_ = whole = values(bench)
    with faults.on("doubled"):
        assert values(bench) == [*whole, first]
    with faults.on("ambiguous"):
        *same, again = values(bench)
        assert (same, again) == (whole, {**first, "value": str(int(first["value"]) + 1)})


def test_foreign_rows(bench: Bench, faults: Faults) -> None:
    whole = values(bench)
    for column in ("orgUnit", "dataElement"):
        with faults.on("foreign", column=column):
            found = values(bench)[-1][column]
            assert len(found) == 11
            assert found not in {row[column] for row in whole}
    with faults.on("foreign", column="period"):
        assert records(bench.get(CSV))[-1]["period"] == "199901"


def test_shuffled_rows_are_the_same_rows(bench: Bench, faults: Faults) -> None:
    whole = values(bench)
    with faults.on("shuffled"):
        found = values(bench)
    assert found != whole
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, whole))


def test_changed_values(bench: Bench, faults: Faults) -> None:
    with faults.on("changed_values", digits=100_000):
        assert values(bench)[0]["value"] == "9" * 100_000
    with faults.on("changed_values", text="12,5", rows=2):
        assert [row["value"] for row in records(bench.get(CSV))[:2]] == ["12,5", "12,5"]


def test_columns_less_more_and_under_another_name(bench: Bench, faults: Faults) -> None:
    header = bench.get(CSV).body.split(b"\n")[0].decode().split(",")
    with faults.on("missing_column", column="storedby"):
        assert list(records(bench.get(CSV))[0]) == [name for name in header if name != "storedby"]
        assert "storedBy" not in values(bench)[0]
    with faults.on("extra_column"):
        row = next(csv.reader(StringIO(bench.get(CSV).body.decode().split("\n", 1)[1])))
        assert (row[0], row[2]) == ("1", "202601")
        assert values(bench)[0]["source"] == "1"
    with faults.on("renamed_column", column="orgunit", to="org_unit"):
        assert list(records(bench.get(CSV))[0])[2] == "org_unit"
        assert "org_unit" in values(bench)[0]


def test_texts_that_are_not_what_they_say(bench: Bench, faults: Faults) -> None:
    whole = bench.get(CSV).body
    with faults.on("bom"):
        assert bench.get(CSV).body == b"\xef\xbb\xbf" + whole
    with faults.on("latin_1"):
        found = bench.get(CSV)
        assert found.body.decode("latin-1") == whole.decode()
        assert "UTF-8" in found.headers["content-type"]
    with faults.on("broken_utf8"), pytest.raises(UnicodeDecodeError):
        bench.get(CSV).body.decode()


def test_deep_and_explosive_bodies(bench: Bench, faults: Faults) -> None:
    with faults.on("deep", depth=100_000):
        assert bench.get(JSON).body.count(b"[") == 100_000
    with faults.on("bomb", megabytes=50):
        found = bench.get(JSON)
        assert found.headers["content-encoding"] == "gzip"
        assert len(found.body) < 100_000
        unpacker, size = zlib.decompressobj(31), 0
        piece = unpacker.decompress(found.body, 1 << 20)
        while piece:
            size += len(piece)
            piece = unpacker.decompress(unpacker.unconsumed_tail, 1 << 20)
        assert size > 50 << 20


def test_identity(bench: Bench, faults: Faults) -> None:
    before = bench.json("/api/system/info")
    with faults.on("identity", version="2.99.0"):
        after = bench.json("/api/system/info")
    moved = {
        "serverDate",
        *(name for name in after if name.startswith("interval")),
    }  # by the clock, if at all
    changed = {n: text for n, text in after.items() if before.get(n) != text and n not in moved}
    assert changed == {"systemId": "AutreServer", "version": "2.99.0"}


def test_two_faults_meet_one_request(bench: Bench, faults: Faults) -> None:
    with faults.on("cut", at=400), faults.on("doubled", rows=3):
        assert len(bench.get(CSV).body) == 400
