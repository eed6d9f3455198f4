"""Does the sandbox answer what real servers answered? The recorded scenario, replayed in its order on each version."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from layidu.sandbox.server import serve_in_thread
from tests.contract.replaying import CLOCK_START, COUNTRY, QUESTIONS_OF, Client, exchanges

ALL = 189
LEAST = 150
RECORDED = ("2.41", "2.42", "2.43")
INTEGRITY = {"data-integrity-start": "data integrity checks are not part of the sandbox"}
LATE_RIGHTS = (
    "sharing of a moment before had no effect yet on that server, for an unknown time; ours has it at once"
)
LATE_JOB = "the asynchronous push of a while before was not written yet; ours is before it answers"
#: Exchanges of the scenario that are not replayed, and why.
NOT_OFFERED: dict[str, dict[str, str]] = {
    "2.41": {
        **INTEGRITY,
        **dict.fromkeys(("push-as-pusher", "pull-as-puller", "pull-as-puller-csv"), LATE_RIGHTS),
        "pull-last-updated-only": LATE_JOB,
    },
    "2.42": {
        **INTEGRITY,
        **dict.fromkeys(("pull-last-updated-only", "analytics-quarter-year"), LATE_JOB),
    },
    "2.43": INTEGRITY,
}
#: Names whose contents are random or follow the clock; they must be there, that is all.
VARIABLE = {"created", "lastUpdated", "serverDate", "time", "key", "userAgent"}
INTERVALS = {"intervalSinceLastAnalyticsTableSuccess", "intervalSinceLastAnalyticsTablePartitionSuccess"}
VARIABLE_IN = {
    "analytics-start": {"name", "message"},
    "analytics-system-info-after": {"lastAnalyticsTableSuccess", *INTERVALS},
    "analytics-tasks-done": {"id", "uid", "message"},
    "metadata-export": {"date"},
    "push-async": {"name", "message"},
    "system-info": INTERVALS,
    "token-create": {"uid"},
}
#: Empty bodies that came with a length and elsewhere chunked: the container's timing, not a rule.
ANY_FRAMING = {"validation-rules-empty", "data-set-approval-levels", "root-no-auth"}
#: One refusal of 2.41 names a charset that its neighbour does not.
ANY_TYPE = {"analytics-aggregation-none"}
#: Answers whose keys are compared and not their contents.
KEYS_ONLY = {"me"}
#: A LIMIT without an order: any two of the rows are right.
COUNT_ONLY = {"pull-limit"}
#: The recorder built the tables before these without keeping the exchange.
REBUILT_BEFORE = {"analytics-last-in-period", "analytics-zero-part-included"}
#: The parser's words, and where it stopped.
BEGINNING_ONLY = {"push-null-body", "push-malformed"}
#: Names in a list, in the order of a set.
SET = re.compile(r"\[(\w{11}(?:, \w{11})+)\]")


def comparable(value: Any, variable: set[str]) -> Any:
    """A JSON value without what varies and without the order no server promises."""
    if isinstance(value, dict):
        return {
            name: "*" if name in variable and inner is not None else comparable(inner, variable)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        inner = [comparable(each, variable) for each in value]
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(value, str):
        return SET.sub(lambda match: f"[{', '.join(sorted(match[1].split(', ')))}]", value)
    return value


def csv_rows(text: str) -> list[list[str]]:
    """CSV records without their time stamp, header first."""
    rows = [row[:7] + row[8:] for row in csv.reader(io.StringIO(text))]
    return rows[:1] + sorted(rows[1:])


def framing(response: HTTPResponse) -> str:
    if response.headers.get("Transfer-Encoding") == "chunked":
        return "chunked"
    return "length" if response.headers.get("Content-Length") is not None else "none"


def differences(recorded: dict[str, Any], client: Client, response: HTTPResponse, body: bytes) -> list[str]:
    """What differs between the recorded answer and ours."""
    found: dict[str, object] = {"status": response.status}
    if recorded["id"] not in ANY_TYPE:
        found["type"] = response.headers.get("Content-Type")
    if recorded["id"] not in ANY_FRAMING:
        found["framing"] = framing(response)
    for name in ("www-authenticate", "content-disposition"):
        if name in recorded:
            found[name] = response.headers.get(name)
    wrong = [
        f"{name}: {recorded[name]!r} became {own!r}" for name, own in found.items() if recorded[name] != own
    ]
    if "location" in recorded:
        wanted, own = client.url + client.translated(recorded["location"]), response.headers.get("Location")
        if own != wanted:
            wrong.append(f"location: {wanted!r} became {own!r}")
    return wrong + body_differences(recorded, client, body)


def body_differences(recorded: dict[str, Any], client: Client, body: bytes) -> list[str]:
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if "text" in recorded:
        return text_differences(recorded, client.translated(recorded["text"]), body.decode())
    wanted = json.loads(client.translated(json.dumps(recorded["json"])))
    try:
        own = json.loads(body)
    except ValueError:
        return [f"json: {wanted} became {body!r}"]
    if recorded["id"] in KEYS_ONLY:
        return [] if set(wanted) <= set(own) else [f"keys: {wanted} became {own}"]
    if recorded["id"] in COUNT_ONLY:
        return [] if len(wanted["dataValues"]) == len(own["dataValues"]) else ["another count"]
    return json_differences(recorded["id"], wanted, own)


def text_differences(recorded: dict[str, Any], wanted: str, own: str) -> list[str]:
    if "csv" in str(recorded["type"]):
        return [] if csv_rows(wanted) == csv_rows(own) else [f"csv: {wanted!r} became {own!r}"]
    same = own.startswith(wanted) if wanted.startswith("<!") else own == wanted
    return [] if same else [f"text: {wanted!r} became {own!r}"]


def json_differences(name: str, wanted: Any, own: Any) -> list[str]:
    if name == "analytics-tasks-done":
        own = own[:1]  # the newest of a hundred messages that no client reads
    if name in BEGINNING_ONLY and "response" in wanted:
        for each in (wanted, own):
            each["response"]["description"] = each["response"]["description"].partition(": ")[0]
    if "importOptions" not in json.dumps(wanted) and isinstance(own, dict):
        own.get("response", {}).pop("importOptions", None)  # kept in two answers, the same in all
    variable = VARIABLE | VARIABLE_IN.get(name, set())
    texts = [json.dumps(comparable(each, variable), sort_keys=True) for each in (wanted, own)]
    return [] if texts[0] == texts[1] else [f"json: {texts[0]} became {texts[1]}"]


@pytest.mark.parametrize("dialect", RECORDED)
def test_every_offered_exchange_is_answered_as_recorded(
    tmp_path: Path, dialect: str, record_property: Callable[[str, object], None]
) -> None:
    scenario = exchanges(dialect)
    assert len(scenario) == ALL
    assert {question["id"] for question, _ in scenario} > NOT_OFFERED[dialect].keys()
    offered = [(q, answer) for q, answer in scenario if q["id"] not in NOT_OFFERED[dialect]]
    with serve_in_thread(COUNTRY, tmp_path, clock_start=CLOCK_START, dialect=dialect) as url:
        client = Client(url, tmp_path)
        wrong = replayed(client, offered)
        client.connection.close()
    record_property("replayed on the sandbox:", f"{dialect}: {len(offered)} of {ALL} recorded exchanges")
    assert not wrong, "\n".join(wrong)
    assert len(offered) >= LEAST


def replayed(client: Client, scenario: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Ask every question in its order; what differed, each with the exchange's id."""
    wrong: list[str] = []
    asked_ids = {answer["id"]: answer for _, answer in exchanges(QUESTIONS_OF)}
    for question, answer in scenario:
        name = question["id"]
        if name in REBUILT_BEFORE:
            client.build_tables()
        if name == "analytics-tasks-done":
            client.wait_for(client.translated(question["ask"][1]))
        response, body = client.ask(question, answer.get("send"))
        if body and response.headers.get_content_type() == "application/json":
            for known in (asked_ids[name], answer):
                client.learn(known.get("json"), json.loads(body))
        wrong.extend(f"{name}: {found}" for found in differences(answer, client, response, body))
    return wrong
