"""What real servers taught about reading, lesson by lesson, on what they answered."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from layidu.dhis2.answers import AnswerError, CredentialsError, CutAnswerError, LoginPageError, RightsError
from layidu.dhis2.client import connect
from layidu.dhis2.metadata import read_metadata
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.read_back import cells_of
from layidu.dhis2.refusals import refusal
from layidu.dhis2.transport import read_retry
from layidu.errors import ConfigurationError
from layidu.model.slices import Pulled, Slice
from layidu.sandbox import accounts
from layidu.sandbox.org_units import unit_uid
from layidu.sandbox.server import serving
from layidu.sandbox.uids import uid
from layidu.settings import Credentials
from tests.contract.recorded_server import COUNTRY, SET, VERSIONS, Recorded, exchange_of
from tests.contract.replaying import exchanges
from tests.contract.scripted_server import chunked, scripted
from tests.loaded_countries import loaded
from warehouse.stage_values import moments

MONTHS = ("202601", "202602", "202603")
WANTED = Slice("national", SET, MONTHS, COUNTRY)
CSV = "dataValueSets.csv"


@pytest.fixture(params=VERSIONS)
def recorded(httpserver: HTTPServer, request: pytest.FixtureRequest) -> Recorded:
    return Recorded(httpserver, request.param)


Pull = Callable[[str], Pulled]


@pytest.fixture
def answered(recorded: Recorded, tmp_path: Path) -> Pull:
    """Pull a slice to which the server answers with a recorded exchange; nothing is asked again."""
    metadata = read_metadata(recorded.client, "national", [SET])

    def pull(exchange: str, wanted: Slice = WANTED) -> Pulled:
        recorded.changed[CSV] = recorded.replayed(exchange)
        recorded.changed["dataValueSets.json"] = recorded.replayed(exchange)
        recorded.requests.clear()
        return pull_slice(recorded.client, wanted, metadata, tmp_path)

    return pull


SILENCES = [
    "pull-as-puller-forbidden-set",
    "pull-org-unit-outside-scope-json",
    "pull-unknown-set",
    "pull-unknown-org-unit",
    "pull-empty-json",
]


@pytest.mark.parametrize("exchange", SILENCES)
def test_of_all_silences_only_a_header_line_is_an_empty_slice(
    answered: Pull, exchange: str, tmp_path: Path
) -> None:
    assert answered("pull-empty-csv").outcome == "empty"
    kept = sorted(tmp_path.rglob("*.gz"))
    with pytest.raises(RightsError if exchange == "pull-as-puller-forbidden-set" else AnswerError):
        answered(exchange)
    assert sorted(tmp_path.rglob("*.gz")) == kept


@pytest.mark.parametrize("exchange", ["pull-csv-accept", "pull-csv-compression-gzip"])
def test_what_other_ways_of_asking_for_csv_give_is_no_csv(
    recorded: Recorded, answered: Pull, exchange: str, tmp_path: Path
) -> None:
    """`Accept: text/csv` is JSON on 2.43; `compression=gzip` is packed without saying so."""
    said = recorded.replayed(exchange)
    if exchange == "pull-csv-accept":
        if not recorded.version.startswith("2.43"):
            assert said.get_data().startswith(b"dataelement,")
            return
        with pytest.raises(CutAnswerError):
            answered(exchange)
        return
    said.set_data(gzip.compress(said.get_data()))
    recorded.changed[CSV] = said
    metadata = read_metadata(recorded.client, "national", [SET])
    with pytest.raises(CutAnswerError):
        pull_slice(recorded.client, WANTED, metadata, tmp_path)


def test_values_are_asked_for_by_path_with_their_periods_and_nothing_optional(
    recorded: Recorded, answered: Pull
) -> None:
    answered("pull-csv-suffix-deleted", Slice("national", SET, MONTHS, COUNTRY, "increment", "2026-01-01"))
    asked = recorded.requests[-1]
    assert asked.path == "/api/dataValueSets.csv"
    assert set(asked.args) == {"dataSet", "orgUnit", "children", "includeDeleted", "period", "lastUpdated"}


@pytest.mark.parametrize("exchange", ["pull-json-months", "pull-json-one-period", "pull-json-one-unit"])
@pytest.mark.parametrize("version", VERSIONS)
def test_json_gives_the_same_cells_as_csv_wherever_the_keys_stand(version: str, exchange: str) -> None:
    told = exchange_of(version, exchange)["json"]
    lifted = {"pull-json-one-period": "period", "pull-json-one-unit": "orgUnit"}.get(exchange)
    if version.startswith("2.43") and lifted:
        assert not any(lifted in row for row in told["dataValues"])
    cells = cells_of(told, SET)
    found = {
        tuple(row)
        for row in cells[["data_element", "period", "org_unit", "category_option_combo"]].itertuples(
            index=False
        )
    }
    records = csv.DictReader(io.StringIO(exchange_of(version, "pull-csv-suffix")["text"]))
    expected = {
        (one["dataelement"], one["period"], one["orgunit"], one["categoryoptioncombo"]) for one in records
    }
    if exchange == "pull-json-one-period":
        expected = {one for one in expected if one[1] == "202601"}
    if exchange == "pull-json-one-unit":
        expected = {one for one in expected if one[1] in MONTHS[:2] and one[2] == "Lyd00000005"}
    assert found == expected
    assert found


def test_every_spelling_of_marks_and_stamps_is_read_as_meant(recorded: Recorded, answered: Pull) -> None:
    """`deleted` null or false, `followup` false or nothing, seconds or milliseconds, any order."""
    told = exchange_of(recorded.version, "pull-csv-suffix-deleted")["text"]
    records = list(csv.DictReader(io.StringIO(told)))
    values = answered("pull-csv-suffix-deleted").values
    assert values["value"].to_pylist() == [one["value"] or None for one in records]
    assert values["deleted"].to_pylist() == [one["deleted"] == "true" for one in records]
    assert 0 < sum(values["deleted"].to_pylist()) < len(records)
    stamps = [
        datetime.fromisoformat(one["lastupdated"]).astimezone(UTC).replace(tzinfo=None) for one in records
    ]
    read = moments(values["last_updated"].combine_chunks().dictionary_decode())[:-1]
    assert np.array_equal(read, np.array(stamps, dtype="datetime64[us]"))
    has_milliseconds = any(stamp.microsecond for stamp in stamps)
    assert has_milliseconds == recorded.version.startswith("2.43")


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        ("me-no-auth", LoginPageError),
        ("root-no-auth", LoginPageError),
        ("pull-no-auth", LoginPageError),
        ("me-wrong-password", CredentialsError),
        ("token-wrong", CredentialsError),
        ("token-method-refused", CredentialsError),
    ],
)
def test_a_refused_account_is_no_data_and_is_asked_once(
    recorded: Recorded, answered: Pull, exchange: str, expected: type[AnswerError]
) -> None:
    with pytest.raises(expected) as raised:
        answered(exchange)
    assert len(recorded.requests) == 1
    assert isinstance(raised.value, ConfigurationError)


REFUSED = [
    (version, asked["id"])
    for version in VERSIONS
    for asked, said in exchanges(version[:4])
    if said["status"] >= HTTPStatus.BAD_REQUEST
]


@pytest.mark.parametrize("message", ["", "`{0}`", "Vous n'avez pas ce droit, 403 timeout"])
def test_an_error_is_classed_by_its_code_whatever_its_message_says(message: str) -> None:
    assert len(REFUSED) > 100
    for version, exchange in REFUSED:
        said = exchange_of(version, exchange)

        def classed(body: dict[str, Any] | None, said: dict[str, Any] = said) -> tuple[type, str | None]:
            headers = {"WWW-Authenticate": said["www-authenticate"]} if "www-authenticate" in said else {}
            text = "<html>page</html>" if body is None else json.dumps(body)
            error = refusal(
                method="GET",
                url="https://dhis2.example/api/x",
                status=said["status"],
                headers=headers,
                text=text,
            )
            return type(error), error.error_code

        body = said.get("json")
        changed = None if body is None else {**body, "message": message}
        assert classed(body) == classed(changed), (version, exchange)


@pytest.mark.parametrize("code", ["E2001", "E2010", "E2012"])
def test_a_set_or_a_unit_out_of_sight_is_a_right_to_ask_for(
    recorded: Recorded, tmp_path: Path, code: str
) -> None:
    """2.42 calls a set that may not be seen unknown (E2001), 2.43 a unit outside the tree E2012."""
    metadata = read_metadata(recorded.client, "national", [SET])
    recorded.changed[CSV] = Response(
        json.dumps({"status": "ERROR", "message": "`{0}`", "errorCode": code}), status=409
    )
    with pytest.raises(RightsError, match="LYD rapport mensuel") as raised:
        pull_slice(recorded.client, WANTED, metadata, tmp_path)
    assert raised.value.error_code == code


@pytest.mark.parametrize("version", VERSIONS)
def test_of_a_recorded_answer_only_its_last_chunk_proves_the_end(
    httpserver: HTTPServer, version: str, tmp_path: Path
) -> None:
    """No CSV answer carries a length, on any version: without the last chunk the same bytes are no data."""
    metadata = read_metadata(Recorded(httpserver, version).client, "national", [SET])
    said = exchange_of(version, "pull-csv-suffix-deleted")
    assert said["framing"] == "chunked"
    body = said["text"].encode()
    whole, cut = chunked(body, "Content-Type: application/csv"), chunked(body, end=b"")

    def hurried(url: str) -> Pulled:
        client = connect(
            Credentials(url, token="d2p_secret"),  # noqa: S106
            timeouts=(2.0, 1.0),
            retry=read_retry(attempts=0, backoff_seconds=0.01),
        )
        return pull_slice(client, WANTED, metadata, tmp_path)

    with scripted(whole) as server:
        assert hurried(server.url).values.num_rows == body.count(b"\n") - 1
    with scripted(cut, cut) as server, pytest.raises(CutAnswerError):
        hurried(server.url)


@pytest.mark.parametrize("dialect", ["2.41", "2.42", "2.43"])
def test_a_refused_csv_gives_its_code_on_every_version(tmp_path: Path, dialect: str) -> None:
    """2.41 answers such a request with a page and status 500; asked again as JSON it says why."""
    with serving(loaded("hamlet"), tmp_path / "served", dialect=dialect) as server:
        client = connect(
            Credentials(server.url, token=accounts.read(tmp_path / "served")["pull"].token),
            retry=read_retry(attempts=0, backoff_seconds=0.01),
        )
        with pytest.raises(AnswerError) as raised:
            client.download(
                CSV,
                [("dataSet", uid("data_set", "SRPF")), ("orgUnit", unit_uid("HA-F1"))],
                tmp_path / "body.gz",
            )
    assert raised.value.error_code == "E2002", raised.value
    assert not (tmp_path / "body.gz").exists()
