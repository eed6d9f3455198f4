"""The client: one account, one server, no surprises on the way."""

import base64
import email.utils
import gzip
import json
import pickle
import socket
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from urllib3 import HTTPResponse
from werkzeug import Response

from layidu.dhis2 import answers
from layidu.dhis2.answers import (
    AnswerError,
    CredentialsError,
    CutAnswerError,
    LoginPageError,
    NetworkError,
    OutcomeUnknownError,
    RequestRefusedError,
    RightsError,
    ServerFailedError,
    TooMuchAskedError,
    WrongAddressError,
)
from layidu.dhis2.client import Client, connect
from layidu.dhis2.transport import pause_before, read_retry
from layidu.errors import ConfigurationError, FailedSafeError
from layidu.settings import Credentials
from tests.contract.scripted_server import answer, chunked, scripted

TOKEN = "d2p_doNotShowThisAnywhere"  # noqa: S105
JSON = "application/json;charset=UTF-8"


def client(url: str, *, timeouts: tuple[float, float] = (2.0, 2.0)) -> Client:
    retry = read_retry(attempts=3, backoff_seconds=0.01)
    return connect(Credentials(url, token=TOKEN), timeouts=timeouts, retry=retry)


def served(httpserver: HTTPServer, path: str = "") -> Client:
    return client(httpserver.url_for(path).rstrip("/"))


def test_a_token_goes_with_every_request_and_wins_over_netrc(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine localhost login thief password stolen\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/api/me").respond_with_json({"username": "nurse"})
    assert served(httpserver).read_json("me") == {"username": "nurse"}
    headers = httpserver.log[0][0].headers
    assert headers["Authorization"] == f"ApiToken {TOKEN}"
    assert headers["X-Requested-With"] == "XMLHttpRequest"
    assert headers["User-Agent"] == "layidu"


def test_a_password_may_hold_any_letter_and_netrc_is_not_read(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine localhost login thief password stolen\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/api/me").respond_with_json({})
    account = Credentials(httpserver.url_for("").rstrip("/"), username="awa", password="c’est très sûr")  # noqa: S106
    connect(account).read_json("me")
    sent = httpserver.log[0][0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode("utf-8") == "awa:c’est très sûr"


def test_a_context_path_and_a_host_that_begins_with_api_are_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/dhis/api/system/info").respond_with_json({"version": "2.42.0"})
    assert served(httpserver, "/dhis/").read_json("/api/system/info") == {"version": "2.42.0"}
    assert client("https://api.sante.example/dhis").address("me") == "https://api.sante.example/dhis/api/me"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://dhis2.exemple.org", "en clair"),
        ("ftp://dhis2.exemple.org", "adresse web"),
        ("dhis2.exemple.org", "adresse web"),
        ("https://dhis2.exemple.org/api", "/api"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str, found: str) -> None:
    with pytest.raises(ConfigurationError, match=found):
        client(url)


def test_http_is_admitted_on_this_machine_or_when_allowed() -> None:
    client("http://127.0.0.1:8080")
    connect(Credentials("http://dhis2.exemple.org", token=TOKEN), allow_http=True)


def test_without_an_account_nothing_starts() -> None:
    with pytest.raises(ConfigurationError, match="ni jeton"):
        connect(Credentials("https://dhis2.exemple.org", username="awa"))


def test_every_verb_has_a_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hurried = client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeouts=(1.0, 0.1))
        for write in (
            lambda: hurried.send_json("slow", {"a": 1}),
            lambda: hurried.send_empty("slow"),
            lambda: hurried.delete("slow"),
            lambda: hurried.post("slow", json={"a": 1}),
            lambda: hurried.put("slow", json={"a": 1}),
            lambda: hurried.patch("slow", json={"a": 1}),
        ):
            with pytest.raises(OutcomeUnknownError):
                write()
        with pytest.raises(TooMuchAskedError):
            hurried.read_json("slow")


def test_a_write_whose_answer_is_cut_has_an_unknown_outcome() -> None:
    with (
        scripted(chunked(b'{"status": "OK"}', "Content-Type: application/json", end=b"")) as server,
        pytest.raises(OutcomeUnknownError),
    ):
        client(server.url).send_json("dataValueSets", {})
    assert len(server.requests) == 1


def test_a_read_waits_as_the_server_asks_and_then_succeeds(httpserver: HTTPServer) -> None:
    busy = Response("slow down", status=429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/api/me").respond_with_response(busy)
    httpserver.expect_ordered_request("/api/me").respond_with_json({"username": "nurse"})
    started = time.monotonic()
    assert served(httpserver).read_json("me") == {"username": "nurse"}
    assert time.monotonic() - started >= 1
    assert len(httpserver.log) == 2


@pytest.mark.parametrize(("status", "asked"), [(429, 4), (500, 2), (502, 4), (503, 4), (504, 2)])
def test_reads_are_repeated_and_writes_never(httpserver: HTTPServer, status: int, asked: int) -> None:
    httpserver.expect_request("/api/x").respond_with_data(
        "<html>busy</html>", status=status, content_type="text/html"
    )
    caller = served(httpserver)
    with pytest.raises(FailedSafeError):
        caller.read_json("x")
    assert len(httpserver.log) == asked
    with pytest.raises(OutcomeUnknownError):
        caller.send_json("x", {"a": "b"})
    with pytest.raises(OutcomeUnknownError):
        caller.send_empty("x")
    assert len(httpserver.log) == asked + 2


def test_a_503_twice_and_then_the_value_is_three_requests(httpserver: HTTPServer) -> None:
    for _ in range(2):
        httpserver.expect_ordered_request("/api/x").respond_with_data("busy", status=503)
    httpserver.expect_ordered_request("/api/x").respond_with_json({"value": "42"})
    assert served(httpserver).read_json("x") == {"value": "42"}
    assert len(httpserver.log) == 3


def test_nothing_is_remembered_between_two_reads(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/api/x").respond_with_json({"value": "1"})
    httpserver.expect_ordered_request("/api/x").respond_with_json({"value": "2"})
    caller = served(httpserver)
    assert [caller.read_json("x")["value"] for _ in range(2)] == ["1", "2"]


def test_pauses_grow_and_are_never_quite_the_same() -> None:
    pauses = [[pause_before(repetition, 1.0) for repetition in range(1, 5)] for _ in range(20)]
    for some in pauses:
        assert all(base <= pause <= 1.5 * base for base, pause in zip((1, 2, 4, 8), some, strict=True))
    assert len({round(some[0], 9) for some in pauses}) > 1
    assert pause_before(20, 1.0) == 60
    assert pause_before(0, 1.0) == 0


def response(retry_after: str) -> HTTPResponse:
    return HTTPResponse(headers={"Retry-After": retry_after}, status=503)


def test_retry_after_is_obeyed_as_seconds_and_as_a_date_up_to_a_ceiling() -> None:
    retry = read_retry()
    assert retry.get_retry_after(response("7")) == 7
    soon = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 25 < (retry.get_retry_after(response(soon)) or 0) <= 30
    assert retry.get_retry_after(response("86400")) == 15 * 60
    assert retry.get_retry_after(response("Wed, 01 Jan 2020 00:00:00 GMT")) == 0
    assert retry.get_retry_after(response("bientôt")) is None


def test_a_413_is_not_repeated_even_when_it_says_when(httpserver: HTTPServer) -> None:
    large = Response("too large", status=413, headers={"Retry-After": "1"})
    httpserver.expect_request("/api/x").respond_with_response(large)
    with pytest.raises(TooMuchAskedError):
        served(httpserver).read_json("x")
    assert len(httpserver.log) == 1


def test_a_read_that_hangs_once_is_asked_for_again() -> None:
    with scripted(b"", answer(200, b'{"value": "42"}', f"Content-Type: {JSON}")) as server:
        server.hang_first = 0.4
        assert client(server.url, timeouts=(1.0, 0.2)).read_json("x") == {"value": "42"}
        assert len(server.requests) == 2


def test_a_refused_connection_is_not_an_unknown_outcome() -> None:
    nobody = client("http://127.0.0.1:9")
    for write in (lambda: nobody.send_json("x", {}), lambda: nobody.read_json("x")):
        with pytest.raises(NetworkError, match=r"127\.0\.0\.1") as raised:
            write()
        assert raised.value.exit_code == 2


@pytest.mark.parametrize("location", ["https://elsewhere.example/login/?next=x", "/dhis-web-login/"])
def test_a_redirect_to_a_login_page_is_never_followed(httpserver: HTTPServer, location: str) -> None:
    httpserver.expect_request("/api/me").respond_with_response(
        Response(status=302, headers={"Location": location})
    )
    with pytest.raises(LoginPageError, match="login") as raised:
        served(httpserver).read_json("me")
    assert "next=x" not in str(raised.value)
    assert raised.value.exit_code == 3
    assert len(httpserver.log) == 1


def test_another_redirect_names_where_it_points_without_an_account(httpserver: HTTPServer) -> None:
    moved = Response(
        status=301, headers={"Location": "https://awa:secret@new.example/dhis/api/me?token=secret"}
    )
    httpserver.expect_request("/api/me").respond_with_response(moved)
    with pytest.raises(WrongAddressError, match=r"https://new\.example/dhis/api/me") as raised:
        served(httpserver).read_json("me")
    assert "secret" not in str(raised.value)


REFUSALS = [
    (401, {"message": "Unauthorized"}, {}, CredentialsError),
    (400, {"message": "Checksum validation failed"}, {}, CredentialsError),
    (400, {"message": "?"}, {"WWW-Authenticate": "ApiToken"}, CredentialsError),
    (403, {"message": "Access is denied"}, {}, RightsError),
    (409, {"message": "no", "errorCode": "E2010"}, {}, RightsError),
    (404, {"message": "Not Found"}, {}, WrongAddressError),
    (409, {"message": "no", "errorCode": "E2002"}, {}, RequestRefusedError),
    (413, {}, {}, TooMuchAskedError),
    (500, {"message": "boom"}, {}, ServerFailedError),
]


@pytest.mark.parametrize(("status", "body", "headers", "expected"), REFUSALS)
def test_a_refusal_says_what_to_do_once(
    httpserver: HTTPServer,
    status: int,
    body: dict[str, str],
    headers: dict[str, str],
    expected: type[AnswerError],
) -> None:
    httpserver.expect_request("/api/x").respond_with_json(body, status=status, headers=headers)
    with pytest.raises(expected) as raised:
        served(httpserver).read_json("x", {"secretParameter": "hidden"})
    error = raised.value
    assert len(httpserver.log) == (2 if status == 500 else 1)
    assert (error.status, error.error_code) == (status, body.get("errorCode"))
    assert error.exit_code == (2 if issubclass(expected, FailedSafeError) else 3)
    assert all((error.where, error.found, error.expected, error.todo))
    assert TOKEN not in f"{error!s}{error!r}{error.__dict__}"
    assert "hidden" not in f"{error!s}{error.__dict__}"


ERRORS = [
    value for value in vars(answers).values() if isinstance(value, type) and issubclass(value, AnswerError)
]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_survives_pickling(kind: type[AnswerError]) -> None:
    error = kind(
        "où", "trouvé", "attendu", "à faire", status=409, error_code="E2010", url="https://x", body={"a": 1}
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__
    assert again.exit_code == error.exit_code


def test_nothing_at_all_is_a_refused_right(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/x").respond_with_data(b"", content_type=JSON)
    with pytest.raises(RightsError, match="zéro octet"):
        served(httpserver).read_json("x")
    assert served(httpserver).read_text("x") == ""


@pytest.mark.parametrize("page", ["<!doctype html><title>DHIS 2</title>", "\n <html></html>"])
def test_a_page_is_not_json(httpserver: HTTPServer, page: str) -> None:
    httpserver.expect_request("/api/x").respond_with_data(page, content_type="text/html")
    with pytest.raises(LoginPageError):
        served(httpserver).read_json("x")
    with pytest.raises(LoginPageError):
        served(httpserver).send_json("x", {})


@pytest.mark.parametrize("body", ['{"a": [1, 2', "[]", "null", '"text"', "12"])
def test_what_is_not_an_object_is_a_doubt(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/api/x").respond_with_data(body, content_type=JSON)
    with pytest.raises(CutAnswerError):
        served(httpserver).read_json("x")


def test_json_that_was_cut_once_is_asked_again(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/api/x").respond_with_data('{"a": [1, 2', content_type=JSON)
    httpserver.expect_ordered_request("/api/x").respond_with_json({"a": [1, 2]})
    assert served(httpserver).read_json("x") == {"a": [1, 2]}


def test_a_list_is_read_as_one(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tasks").respond_with_json([])
    assert served(httpserver).read_list("tasks") == []


def test_a_large_payload_is_packed_and_pure_ascii(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/dataValueSets").respond_with_json({"status": "WARNING"}, status=409)
    payload = {"dataValues": [{"value": "é", "comment": str(number)} for number in range(500)]}
    said = served(httpserver).send_json("dataValueSets", payload, {"dryRun": "true"})
    assert (said.status, said.body) == (409, {"status": "WARNING"})
    request = httpserver.log[0][0]
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Content-Type"] == "application/json"
    assert request.args.to_dict() == {"dryRun": "true"}
    unpacked = gzip.decompress(request.get_data())
    assert unpacked.isascii()
    assert json.loads(unpacked) == payload


def test_a_write_may_answer_nothing(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/maintenance").respond_with_data(b"", status=204)
    assert served(httpserver).send_empty("maintenance").status == 204
    assert served(httpserver).delete("maintenance").body == {}


def test_a_refused_login_stops_a_write_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/x").respond_with_json({"message": "Unauthorized"}, status=401)
    with pytest.raises(CredentialsError):
        served(httpserver).send_json("x", {})
    assert len(httpserver.log) == 1


def test_the_verbs_of_dhis2_py_go_through_the_same_door(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/me.json").respond_with_json({"username": "nurse"})
    httpserver.expect_request("/api/gone.json").respond_with_json({"message": "no"}, status=401)
    caller = served(httpserver)
    assert caller.get("me").json() == {"username": "nurse"}
    with pytest.raises(CredentialsError):
        caller.get("gone")


def test_a_client_shows_no_secret() -> None:
    shown = client("https://dhis2.example/dhis")
    assert str(shown) == repr(shown) == "DHIS2 https://dhis2.example/dhis"
