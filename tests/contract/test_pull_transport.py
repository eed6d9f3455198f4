"""A value counts only when the transport proved its answer whole, and it was asked for."""

import gzip
import hashlib
import stat
import time
from datetime import datetime
from pathlib import Path

import pytest

from layidu.dhis2.answers import (
    BrokenOffAnswerError,
    CutAnswerError,
    LoginPageError,
    RightsError,
    TooMuchAskedError,
)
from layidu.dhis2.client import Client, connect
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.transport import read_retry
from layidu.model.frames import (
    CATEGORY_OPTION_COMBOS,
    COMBO_OPTIONS,
    DATA_ELEMENTS,
    DATA_SET_ASSIGNMENTS,
    DATA_SET_ELEMENTS,
    DATA_SETS,
    DATA_VALUES,
    ORG_UNITS,
)
from layidu.model.metadata import Metadata, ServerInfo
from layidu.model.slices import Slice
from layidu.settings import Credentials
from tests.contract.scripted_server import (
    answer,
    chunked,
    csv_answer,
    csv_body,
    dripping,
    endless,
    gzipped,
    scripted,
)

SET, ELEMENT, COUNTRY, UNIT, OTHER = "LydSet00001", "LydElem0001", "LydMali0001", "LydUnit0001", "LydUnit0002"
COMBO = "HllvX50cXC0"
ROW = f"{ELEMENT},202601,{UNIT},{COMBO},{COMBO},42,nurse,2026-02-01T10:00:00.000+0000,,false,null"
SECOND = f"{ELEMENT},202602,{UNIT},{COMBO},{COMBO},7,nurse,2026-03-01T10:00:00.000+0000,,false,null"
CSV = "Content-Type: application/csv;charset=UTF-8"
WANTED = Slice("national", SET, ("202601", "202602"), COUNTRY)


@pytest.fixture
def metadata() -> Metadata:
    def unit(uid: str, path: str, parent: str | None) -> tuple[object, ...]:
        return (uid, None, uid, None, parent, path, path.count("/"), None, None, None, None)

    return Metadata(
        source="national",
        server=ServerInfo(
            "http://x",
            "2.42.5.2",
            "iso8601",
            datetime(2026, 4, 8, 2),  # noqa: DTZ001
            "Etc/UTC",
            0.0,
            None,
        ),
        user_org_units=(COUNTRY,),
        org_units=ORG_UNITS.frame(
            [
                unit(COUNTRY, f"/{COUNTRY}", None),
                unit(UNIT, f"/{COUNTRY}/{UNIT}", COUNTRY),
                unit(OTHER, f"/{COUNTRY}/{OTHER}", COUNTRY),
            ]
        ),
        data_elements=DATA_ELEMENTS.frame(),
        category_option_combos=CATEGORY_OPTION_COMBOS.frame(),
        combo_options=COMBO_OPTIONS.frame(),
        data_sets=DATA_SETS.frame([(SET, None, "Rapport mensuel", None, "Monthly", COMBO, None, None, 0)]),
        data_set_elements=DATA_SET_ELEMENTS.frame([(SET, ELEMENT, COMBO)]),
        data_set_assignments=DATA_SET_ASSIGNMENTS.frame(),
        option_values=None,  # type: ignore[arg-type]
    )


def client(url: str) -> Client:
    return connect(
        Credentials(url, token="d2p_secret"),  # noqa: S106
        timeouts=(2.0, 1.0),
        retry=read_retry(attempts=2, backoff_seconds=0.01),
    )


def test_values_come_over_untouched(metadata: Metadata, tmp_path: Path) -> None:
    rows = (
        ROW,
        f'{ELEMENT},202602,{UNIT},{COMBO},{COMBO},NA,nurse,2026-03-01T10:00:00.000+0000,"a ""b"",\nc",false,false',
        f"{ELEMENT},202602,{OTHER},{COMBO},{COMBO},,nurse,2026-03-01T10:00:00.000+0000,,,true",
    )
    with scripted(csv_answer(*rows)) as server:
        pulled = pull_slice(client(server.url), WANTED, metadata, tmp_path / "bodies")
    assert pulled.outcome == "data"
    assert pulled.values.schema == DATA_VALUES
    assert pulled.values["record"].to_pylist() == [1, 2, 3]
    assert pulled.values["value"].to_pylist() == ["42", "NA", None]
    assert pulled.values["comment"].to_pylist() == [None, 'a "b",\nc', None]
    assert pulled.values["deleted"].to_pylist() == [False, False, True]
    assert pulled.server_date == metadata.server.server_date
    body = csv_body(*rows)
    assert gzip.decompress(pulled.body.read_bytes()) == body
    assert pulled.sha256 == hashlib.sha256(body).hexdigest()
    assert pulled.bytes_received == len(body)
    assert stat.S_IMODE(pulled.body.stat().st_mode) == 0o600
    asked = server.requests[0].split(b"\r\n")[0]
    assert asked.startswith(
        b"GET /api/dataValueSets.csv?dataSet=LydSet00001&orgUnit=LydMali0001&children=true"
    )
    assert b"includeDeleted=true&period=202601&period=202602 " in asked


def test_a_second_look_keeps_both_answers(metadata: Metadata, tmp_path: Path) -> None:
    with scripted(csv_answer(ROW), csv_answer(ROW)) as server:
        first, second = (pull_slice(client(server.url), WANTED, metadata, tmp_path) for _ in range(2))
    assert first.body != second.body
    assert first.body.read_bytes() == second.body.read_bytes()


def test_an_increment_names_its_periods(metadata: Metadata, tmp_path: Path) -> None:
    wanted = Slice("national", SET, ("202601",), COUNTRY, "increment", "2026-04-06T23:00:00")
    with scripted(csv_answer(ROW)) as server:
        pull_slice(client(server.url), wanted, metadata, tmp_path)
    asked = server.requests[0].split(b"\r\n")[0]
    assert b"lastUpdated=2026-04-06T23%3A00%3A00" in asked
    assert b"period=202601" in asked


@pytest.mark.parametrize("whole", [answer(200, csv_body(ROW), CSV), csv_answer(ROW)])
def test_a_length_or_a_last_chunk_prove_a_body(whole: bytes, metadata: Metadata, tmp_path: Path) -> None:
    with scripted(whole) as server:
        assert pull_slice(client(server.url), WANTED, metadata, tmp_path).values.num_rows == 1


def test_a_header_alone_is_an_empty_slice(metadata: Metadata, tmp_path: Path) -> None:
    with scripted(csv_answer()) as server:
        pulled = pull_slice(client(server.url), WANTED, metadata, tmp_path)
    assert pulled.outcome == "empty"
    assert pulled.values.schema == DATA_VALUES


def test_a_packed_body_is_unpacked(metadata: Metadata, tmp_path: Path) -> None:
    rows = [ROW, *(f"{ELEMENT},202602,{UNIT},c{n:010d},{COMBO},{n},,,,,null" for n in range(30_000))]
    packed = gzipped(csv_body(*rows))
    with scripted(answer(200, packed, CSV, "Content-Encoding: gzip")) as server:
        assert pull_slice(client(server.url), WANTED, metadata, tmp_path).values.num_rows == 30_001


DOUBTS = {
    "no chunk terminator": chunked(csv_body(ROW), CSV, end=b""),
    "a chunk cut in its middle": chunked(csv_body(ROW), CSV, end=b"40\r\nabc"),
    "shorter than its length": answer(200, csv_body(ROW), CSV, length=len(csv_body(ROW)) + 9),
    "neither length nor chunks": endless(csv_body(ROW)),
    "gzip without its trailer": answer(200, gzipped(csv_body(ROW), cut=4), CSV, "Content-Encoding: gzip"),
    "gzip cut, chunks whole": chunked(gzipped(csv_body(ROW) * 9, cut=30), CSV, "Content-Encoding: gzip"),
    "not gzip at all": answer(200, csv_body(ROW), CSV, "Content-Encoding: gzip"),
    "no newline at the end": chunked(csv_body(ROW)[:-1], CSV),
    "a record cut between columns": chunked(csv_body(ROW, SECOND.rsplit(",", 4)[0]), CSV),
    "a record with a column more": csv_answer(ROW + ",x"),
    "a comment cut after a newline": chunked(csv_body(ROW, SECOND.rsplit(",", 3)[0] + ',"first line'), CSV),
    "an empty line": csv_answer(ROW, "", SECOND),
    "another header": chunked(b"dataelement,period\n", CSV),
    "the same record twice": csv_answer(ROW, SECOND, ROW),
    "a body sent twice": csv_answer(ROW, SECOND, ROW, SECOND),
    "two records that differ, and one of them twice": csv_answer(ROW, ROW.replace(",42,", ",43,"), ROW),
    "a period not asked for": csv_answer(ROW.replace("202601", "202512")),
    "a unit outside the branch": csv_answer(ROW.replace(UNIT, "LydNowhere1")),
    "an element outside the set": csv_answer(ROW.replace(ELEMENT, "LydElem0009")),
    "an unknown mark of deletion": csv_answer(ROW.replace(",null", ",perhaps")),
    "no period": csv_answer(ROW.replace("202601", "")),
    "bytes that are no text": chunked(csv_body(ROW).replace(b"nurse", b"n\xff\xfe"), CSV),
}


@pytest.mark.parametrize("doubtful", DOUBTS.values(), ids=DOUBTS)
def test_a_doubt_is_asked_again_and_then_a_failed_slice(
    doubtful: bytes, metadata: Metadata, tmp_path: Path
) -> None:
    with scripted(doubtful, doubtful, csv_answer(ROW)) as server:
        with pytest.raises(CutAnswerError) as raised:
            pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert len(server.requests) == 2
    assert raised.value.exit_code == 2
    assert list(tmp_path.rglob("*.gz")) == []


@pytest.mark.parametrize("doubtful", DOUBTS.values(), ids=DOUBTS)
def test_a_doubt_that_passes_leaves_nothing_behind(
    doubtful: bytes, metadata: Metadata, tmp_path: Path
) -> None:
    with scripted(doubtful, csv_answer(ROW)) as server:
        assert pull_slice(client(server.url), WANTED, metadata, tmp_path).values["value"].to_pylist() == [
            "42"
        ]
    assert len(list(tmp_path.rglob("*.gz"))) == 1


def test_two_values_for_one_cell_are_asked_for_again_and_then_left_to_the_check(
    metadata: Metadata, tmp_path: Path
) -> None:
    ambiguous = csv_answer(ROW, SECOND, ROW.replace(",42,", ",43,"))
    with scripted(ambiguous, ambiguous) as server:
        pulled = pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert len(server.requests) == 2
    assert pulled.values["value"].to_pylist() == ["42", "7", "43"]
    assert len(list(tmp_path.rglob("*.gz"))) == 1


def test_rows_that_differ_only_in_the_attribute_option_combo_stay_two(
    metadata: Metadata, tmp_path: Path
) -> None:
    other = ROW.replace(f"{COMBO},{COMBO}", f"{COMBO},LydProject1")
    with scripted(csv_answer(ROW, other)) as server:
        pulled = pull_slice(client(server.url), WANTED, metadata, tmp_path)
    assert pulled.values["attribute_option_combo"].to_pylist() == [COMBO, "LydProject1"]


def test_a_connection_that_breaks_is_told_apart_from_an_answer_that_is_wrong(
    metadata: Metadata, tmp_path: Path
) -> None:
    broken = chunked(csv_body(ROW), CSV, end=b"40\r\nabc")
    with scripted(broken, broken) as server, pytest.raises(BrokenOffAnswerError):
        pull_slice(client(server.url), WANTED, metadata, tmp_path)
    cut = chunked(csv_body(ROW)[:-1], CSV)
    with scripted(cut, cut) as server, pytest.raises(CutAnswerError) as raised:
        pull_slice(client(server.url), WANTED, metadata, tmp_path)
    assert not isinstance(raised.value, BrokenOffAnswerError)


def test_a_body_that_unpacks_without_end_is_dropped(metadata: Metadata, tmp_path: Path) -> None:
    bomb = gzipped(b"0" * (130 << 20))
    packed = answer(200, bomb, CSV, "Content-Encoding: gzip")
    with scripted(packed, packed) as server, pytest.raises(CutAnswerError, match="compressée plus de"):
        pull_slice(client(server.url), WANTED, metadata, tmp_path)
    assert list(tmp_path.rglob("*.gz")) == []


def test_a_body_that_drips_ends_at_its_deadline(metadata: Metadata, tmp_path: Path) -> None:
    with dripping(csv_body(ROW), pause=0.05) as url:
        hurried = connect(
            Credentials(url, token="d2p_secret"),  # noqa: S106
            timeouts=(2.0, 1.0),
            retry=read_retry(attempts=0, backoff_seconds=0.01),
            longest_seconds=0.3,
        )
        started = time.monotonic()
        with pytest.raises(TooMuchAskedError):
            pull_slice(hurried, WANTED, metadata, tmp_path)
        assert time.monotonic() - started < len(csv_body(ROW)) * 0.05
    assert list(tmp_path.rglob("*.gz")) == []


def test_zero_bytes_are_a_refused_right(metadata: Metadata, tmp_path: Path) -> None:
    with (
        scripted(answer(200, b"", CSV)) as server,
        pytest.raises(RightsError, match=r"« Rapport mensuel » \(LydSet00001\)(.|\n)*lecture") as raised,
    ):
        pull_slice(client(server.url), WANTED, metadata, tmp_path)
    assert raised.value.exit_code == 3
    assert list(tmp_path.rglob("*.gz")) == []


def test_a_refused_data_set_of_2_43_is_the_same_error(metadata: Metadata, tmp_path: Path) -> None:
    body = b'{"httpStatus":"Conflict","status":"ERROR","message":"User is not allowed","errorCode":"E2010"}'
    with scripted(answer(409, body, "Content-Type: application/json")) as server:
        with pytest.raises(RightsError, match="Rapport mensuel") as raised:
            pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert len(server.requests) == 1
    assert raised.value.error_code == "E2010"


def test_a_page_instead_of_a_reason_is_asked_again_as_json(metadata: Metadata, tmp_path: Path) -> None:
    page = answer(500, b"<html>Internal</html>", "Content-Type: text/html")
    reason = answer(409, b'{"message":"no","errorCode":"E2010"}', "Content-Type: application/json")
    with scripted(page, page, reason) as server:
        with pytest.raises(RightsError, match="E2010"):
            pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert b"/api/dataValueSets.json?" in server.requests[2]


def test_a_login_page_is_never_data(metadata: Metadata, tmp_path: Path) -> None:
    page = answer(200, b"<!doctype html><form>login</form>\n", "Content-Type: text/html;charset=UTF-8")
    with scripted(page) as server:
        with pytest.raises(LoginPageError) as raised:
            pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert len(server.requests) == 1
    assert raised.value.exit_code == 3
    assert list(tmp_path.rglob("*.gz")) == []


def test_a_proxy_that_waits_no_longer_asks_for_less(metadata: Metadata, tmp_path: Path) -> None:
    slow = answer(504, b"<html>Gateway Time-out</html>", "Content-Type: text/html")
    with scripted(slow, slow, slow) as server:
        with pytest.raises(TooMuchAskedError) as raised:
            pull_slice(client(server.url), WANTED, metadata, tmp_path)
        assert len(server.requests) == 2
    assert raised.value.exit_code == 2
    assert list(tmp_path.rglob("*.gz")) == []
