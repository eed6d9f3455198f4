"""What a server says to a push, and what we make of it: both ways of refusing, and silence."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest

from layidu.dhis2.answers import CredentialsError, OutcomeUnknownError, ServerAnswer
from layidu.dhis2.conflicts import meaning, names_the_row
from layidu.dhis2.push import plan
from layidu.dhis2.read_back import cells_of, moved_outside, prove
from layidu.dhis2.sending import REQUESTS_PER_CHUNK, send
from layidu.model.frames import TARGET_CELLS

SET = "dataSetAAAA"
Row = dict[str, Any]
Refusal = dict[str, Any]


def is_good(_: Row) -> bool:
    return False


class Server:
    """A store that answers as recorded servers do; `bad` names the rows it refuses."""

    def __init__(self, bad: Callable[[Row], bool] = is_good) -> None:
        self.bad = bad
        self.cells: dict[tuple[str, str, str], str] = {}
        self.requests: list[dict[str, Any]] = []
        self.written: Counter[tuple[str, str, str]] = Counter()

    def send_json(self, path: str, payload: Mapping[str, Any]) -> ServerAnswer:
        """Take one import request."""
        assert path == "dataValueSets"
        self.requests.append(dict(payload))
        return self.answer(payload["dataValues"])

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        raise NotImplementedError

    def store(self, rows: Sequence[Row]) -> None:
        """Keep or delete rows."""
        for row in rows:
            assert isinstance(row["value"], str)
            key = (row["dataElement"], row["period"], row["orgUnit"])
            self.written[key] += 1
            if row.get("deleted"):
                self.cells.pop(key, None)
            else:
                self.cells[key] = row["value"]

    def frame(self) -> pd.DataFrame:
        """What is stored, as cells."""
        rows = [(SET, *key, "default0000", "default0000", value) for key, value in self.cells.items()]
        return TARGET_CELLS.frame(rows)


def summary(http: int, status: str, conflicts: Sequence[Refusal] = ()) -> ServerAnswer:
    counts = {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}  # counts that say nothing, on purpose
    inner = {"status": status, "importCount": counts, "conflicts": list(conflicts), "rejectedIndexes": []}
    return ServerAnswer(http, {"httpStatusCode": http, "status": status, "response": inner})


class Lenient(Server):
    """2.42: good rows are stored, bad ones named one by one, 409."""

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        bad = [index for index, row in enumerate(rows) if self.bad(row)]
        self.store([row for row in rows if not self.bad(row)])
        if not bad:
            return summary(200, "SUCCESS")
        conflict = {
            "errorCode": "E7641",
            "value": "Period: `{0}` is after",
            "property": "period",
            "indexes": bad,
        }
        return summary(409, "WARNING", [conflict])


class Strict(Server):
    """2.43: one bad row and nothing of the group is stored; `named` says whether it tells which."""

    named = True

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        units = sorted({row["orgUnit"] for row in rows if self.bad(row)})
        if not units:
            self.store(rows)
            return summary(200, "SUCCESS")
        arguments = f"{SET}-[{', '.join(units)}]" if self.named else "rien d'utile"
        conflict = {"errorCode": "E8022", "objects": {"args": arguments}, "indexes": list(range(len(rows)))}
        return summary(409, "ERROR", [conflict])


class Mute(Strict):
    """2.43 refusing without a name."""

    named = False


class Deaf(Server):
    """Says yes and stores nothing."""

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:  # noqa: ARG002
        """Say what this kind of server says."""
        return summary(200, "SUCCESS")


class Lost(Server):
    """Stores, and the answer never arrives."""

    def answer(self, rows: Sequence[Row]) -> ServerAnswer:
        """Say what this kind of server says."""
        self.store(rows)
        raise OutcomeUnknownError("POST", "pas de réponse", "une réponse", "relire")


def cells(count: int, value: str = "1") -> pd.DataFrame:
    rows = [
        (SET, "elementAAAA", "202601", f"unit{n:07d}", "default0000", "default0000", value)
        for n in range(count)
    ]
    return TARGET_CELLS.frame(rows)


def first_push(count: int) -> pd.DataFrame:
    return plan(cells(count), TARGET_CELLS.frame(), TARGET_CELLS.frame())


def is_bad(row: Row) -> bool:
    return row["orgUnit"] in {"unit0000007", "unit0000123"}


@pytest.mark.parametrize("kind", [Lenient, Strict, Mute])
def test_poisoned_rows_among_a_thousand_do_not_stop_the_others(kind: type[Server]) -> None:
    server = kind(is_bad)
    planned = first_push(1000)
    sent = send(server, planned, rows=1000)
    assert sent["state"].value_counts().to_dict() == {"sent": 998, "rejected": 2}
    assert set(sent.loc[sent["state"] == "rejected", "org_unit"]) == {"unit0000007", "unit0000123"}
    assert len(server.cells) == 998
    proof = prove(planned, sent, server.frame())
    assert proof["state"].value_counts().to_dict() == {"confirmed": 998, "rejected": 2}
    rejected = proof[proof["state"] == "rejected"]
    assert rejected["reason"].str.contains("à faire").all()
    assert rejected["found"].isna().all()


def test_a_named_offender_costs_one_more_request() -> None:
    server = Strict(is_bad)
    send(server, first_push(1000), rows=1000)
    assert sizes(server) == [1000, 998]


def test_a_server_that_refuses_everything_without_a_word_is_not_asked_for_ever() -> None:
    server = Mute(lambda _: True)
    sent = send(server, first_push(1000), rows=1000)
    assert len(server.requests) <= REQUESTS_PER_CHUNK
    assert set(sent["state"]) == {"rejected"}
    assert set(sent["code"]) == {"E8022", "group-refused"}


def sizes(server: Server) -> list[int]:
    return [len(payload["dataValues"]) for payload in server.requests]


def test_requests_are_bounded_of_one_data_set_and_a_withdrawal_is_a_deleted_row() -> None:
    server = Lenient()
    server.store([{"dataElement": "oldAAAAAAAA", "period": "202601", "orgUnit": "unit0000001", "value": "4"}])
    ledger = server.frame()
    planned = plan(cells(25), ledger, ledger)
    seen: list[tuple[int, int]] = []
    send(server, planned, rows=10, progress=lambda done, total: seen.append((done, total)))
    assert sizes(server) == [10, 10, 6]
    assert {payload["dataSet"] for payload in server.requests} == {SET}
    gone = [row for payload in server.requests for row in payload["dataValues"] if "deleted" in row]
    assert gone == [{**gone[0], "dataElement": "oldAAAAAAAA", "value": "4", "deleted": True}]
    assert seen[-1] == (26, 26)
    assert len(server.cells) == 25
    assert plan(cells(25), server.frame(), server.frame())["action"].unique().tolist() == ["leave"]


def test_a_yes_that_stored_nothing_is_a_rejection() -> None:
    server = Deaf()
    planned = first_push(3)
    proof = prove(planned, send(server, planned), server.frame())
    assert set(proof["state"]) == {"rejected"}
    assert set(proof["code"]) == {"not-stored"}


def test_a_lost_answer_is_settled_by_reading_and_the_rest_waits() -> None:
    server = Lost()
    planned = first_push(50)
    sent = send(server, planned, rows=10)
    assert len(server.requests) == 2
    assert sent["state"].value_counts().to_dict() == {"unknown": 20, "planned": 30}
    proof = prove(planned, sent, server.frame())
    assert proof["state"].value_counts().to_dict() == {"confirmed": 20, "unknown": 30}
    assert proof.loc[proof["state"] == "confirmed", "reason"].isna().all()


def test_a_refused_account_is_an_error_not_a_verdict_on_cells() -> None:
    class Closed(Server):
        def answer(self, rows: Sequence[Row]) -> ServerAnswer:  # noqa: ARG002
            """Say what this kind of server says."""
            raise CredentialsError("POST", "401", "un compte", "corriger")

    with pytest.raises(CredentialsError):
        send(Closed(), first_push(3))


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (ServerAnswer(403, {"message": "Access is denied"}), "rejected", "403"),
        (ServerAnswer(200, {}), "unknown", "unreadable-answer"),
        (ServerAnswer(409, {"status": "ERROR", "message": "?"}), "unknown", "unreadable-answer"),
        (summary(409, "ERROR", [{"errorCode": "E7601", "property": "dataSet"}]), "rejected", "E7601"),
        (summary(409, "ERROR", [{"errorCode": "E8010", "indexes": [0, 1, 2]}]), "rejected", "E8010"),
        (summary(409, "ERROR"), "unknown", "unreadable-answer"),
    ],
)
def test_an_answer_about_the_whole_request_is_not_sent_again(
    answer: ServerAnswer, state: str, code: str
) -> None:
    class Says(Server):
        def answer(self, rows: Sequence[Row]) -> ServerAnswer:  # noqa: ARG002
            """Say what this kind of server says."""
            return answer

    server = Says()
    sent = send(server, first_push(3))
    assert len(server.requests) == 1
    assert set(sent["state"]) == {state}
    assert set(sent["code"]) == {code}


def test_a_bare_summary_of_old_servers_is_read_too() -> None:
    class Old(Server):
        def answer(self, rows: Sequence[Row]) -> ServerAnswer:  # noqa: ARG002
            """Say what this kind of server says."""
            return ServerAnswer(200, {"status": "SUCCESS", "importCount": {}, "conflicts": []})

    assert set(send(Old(), first_push(1))["state"]) == {"sent"}


@pytest.mark.parametrize("message", ["Period: `{0}` is after", "La période n'est pas ouverte", "", "200 OK"])
def test_a_verdict_comes_from_the_code_whatever_the_message_says(message: str) -> None:
    class Foreign(Server):
        def answer(self, rows: Sequence[Row]) -> ServerAnswer:
            """Refuse in some language."""
            conflict = {"errorCode": "E7641", "value": message, "property": message, "indexes": [0]}
            self.store(rows[1:])
            return summary(409, "WARNING", [conflict])

    sent = send(Foreign(), first_push(3))
    [refused] = sent[sent["state"] == "rejected"].to_dict("records")
    assert (refused["code"], refused["conflict_class"]) == ("E7641", "locked")
    assert "pas encore ouverte" in refused["reason"]


def test_two_pushes_at_once_do_not_mix() -> None:
    servers = [Lenient(), Lenient()]
    plans = [plan(cells(400, value), TARGET_CELLS.frame(), TARGET_CELLS.frame()) for value in ("1", "2")]
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda pair: send(pair[0], pair[1], rows=10), zip(servers, plans, strict=True)))
    for server, frame, value in zip(servers, sent, ("1", "2"), strict=True):
        assert set(server.cells.values()) == {value}
        assert len(frame) == len(server.cells) == 400


def test_every_code_has_a_class_and_a_sentence() -> None:
    assert meaning("E8030").conflict_class == "locked"
    assert meaning("E7601").conflict_class == "forbidden"
    assert meaning("E7699").conflict_class == "fix-mapping"
    assert meaning("E9999").conflict_class == "retry"
    assert "E9999" in meaning("E9999").reason


ROW: Row = {
    "dataElement": "Lyd00000020",
    "period": "202603",
    "orgUnit": "Lyd00000007",
    "categoryOptionCombo": "DlN92gerMQ3",
    "attributeOptionCombo": "HllvX50cXC0",
    "value": "5",
}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("Lyd00000033-[Lyd00000007]", True),
        ("Lyd00000033-[Lyd00000004]", False),
        ("Lyd00000033-[Lyd00000004, Lyd00000007]", True),
        ("Lyd00000033-Lyd00000020-[DlN92gerMQ3]", True),
        ("Lyd00000033-Lyd00000023-[DlN92gerMQ3]", False),
        ("Lyd00000007-[202603]", True),
        ("Lyd00000006-[202603]", False),
        ("Lyd00000033", False),
        ("", False),
    ],
)
def test_a_group_refusal_names_rows_by_their_parts(arguments: str, *, named: bool) -> None:
    assert names_the_row(arguments, "Lyd00000033", ROW) is named


def test_both_shapes_of_an_answer_are_read() -> None:
    row = {
        "dataElement": "elementAAAA",
        "categoryOptionCombo": "default0000",
        "attributeOptionCombo": "default0000",
    }
    old = {
        "orgUnit": "requestedAA",
        "dataValues": [
            {**row, "period": "202601", "orgUnit": "unit0000001", "value": "5.0", "comment": None}
        ],
    }
    new = {
        "dataSet": SET,
        "period": "202601",
        "orgUnit": "unit0000001",
        "dataValues": [{**row, "value": "5"}],
    }
    pd.testing.assert_frame_equal(cells_of(old, SET), cells_of(new, SET))
    gone = {
        "dataValues": [{**row, "period": "202601", "orgUnit": "unit0000001", "value": "5", "deleted": True}]
    }
    assert cells_of(gone, SET).empty
    assert cells_of({"dataValues": []}, SET).empty


def test_a_cell_that_moved_and_was_not_planned_is_seen() -> None:
    before = cells(3)
    planned = plan(cells(2), cells(2), before)
    assert moved_outside(planned, before).empty
    after = pd.concat(
        [before.head(2), cells(3).tail(1).assign(value="9"), cells(5).tail(1)], ignore_index=True
    )
    moved = moved_outside(planned, after)
    assert moved["org_unit"].tolist() == ["unit0000002", "unit0000004"]
    assert moved["before"].isna().tolist() == [False, True]
