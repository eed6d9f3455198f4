"""What does each version do with pushed values, where the recordings do not reach? Asked over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layidu.sandbox.server import serve_in_thread
from tests.sandbox_country import (
    DISTRICT,
    FACILITIES,
    OTHER,
    ROOT,
    SOURCE,
    STOCK,
    VISITS,
    country,
    data_set,
    element,
    unit,
)
from tests.sandbox_people import Asked, People, envelope, values

A, B, C = FACILITIES
ALL = ("2.40", "2.41", "2.42", "2.43")
WORKFLOW = "WorkFlow001"


@contextmanager
def served(folder: Path, dialect: str) -> Iterator[People]:
    with serve_in_thread(country(), folder, dialect=dialect) as url:
        people = People(url, folder)
        try:
            yield people
        finally:
            people.close()


def push(who: Asked, *rows: dict[str, Any] | tuple[str, str, str, str], **params: Any) -> Any:
    """The summary of a push into the data set SOURCE, with its HTTP status."""
    plain = [row for row in rows if isinstance(row, tuple)]
    sent = envelope(SOURCE, *plain)
    sent["dataValues"] += [row for row in rows if isinstance(row, dict)]
    status, body = who.raw("POST", "/api/dataValueSets", sent, **params)
    return {"http": status, **json.loads(body)["response"]}


def counts(summary: Any) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: number for name, number in summary["importCount"].items() if number}


def codes(summary: Any) -> list[tuple[str, list[int]]]:
    """Error codes and the rows they name."""
    return [(each["errorCode"], each["indexes"]) for each in summary["conflicts"]]


def cell(people: People, period: str, org_unit: str, data_element: str = VISITS) -> dict[str, Any] | None:
    """One cell as the administrator reads it, tombstones too."""
    found = people.admin.get(
        "/api/dataValueSets", **values(orgUnit=ROOT, period=[period, "201001"], includeDeleted="true")
    )["dataValues"]
    mine = [each for each in found if (each["orgUnit"], each["dataElement"]) == (org_unit, data_element)]
    return mine[0] if mine else None


def import_metadata(people: People, **objects: Any) -> None:
    status, body = people.admin.raw("POST", "/api/metadata", objects)
    assert status == 200, body


def let_push_write(people: People) -> None:
    me = people.push.get("/api/me", fields="id")["id"]
    access = {"publicAccess": "r-------", "userAccesses": [{"id": me, "access": "r-rw----"}]}
    assert people.admin.raw("POST", "/api/sharing", {"object": access}, type="dataSet", id=SOURCE)[0] == 200


def source(**more: Any) -> dict[str, Any]:
    return {**data_set(SOURCE, "source", [VISITS, STOCK], [*FACILITIES]), **more}


def test_an_insignificant_zero_toggles_up_to_2_42_and_is_a_value_on_2_43(tmp_path: Path) -> None:
    zero = (VISITS, "202601", A, "0")
    for dialect in ALL:
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(people, dataElements=[element(VISITS, "visits", "SUM", zeroIsSignificant=False)])
            told = [counts(push(people.admin, zero)) for _ in range(3)]
            held = cell(people, "202601", A)
            assert held is not None
            if dialect == "2.43":
                assert told == [{"updated": 1}] * 3
                assert (held["value"], "deleted" in held) == ("0", False)
            else:
                assert told == [{"deleted": 1}, {"imported": 1}, {"deleted": 1}]
                assert held["deleted"] is True


def test_an_unchanged_row_is_left_alone_up_to_2_42_and_stamped_on_2_43(tmp_path: Path) -> None:
    same = (VISITS, "202601", A, "10")
    for dialect in ("2.42", "2.43"):
        with served(tmp_path / dialect, dialect) as people:
            before = cell(people, "202601", A)
            summary = push(people.admin, same)
            after = cell(people, "202601", A)
            assert before is not None
            assert after is not None
            is_stamped = (after["lastUpdated"], after["storedBy"]) != (
                before["lastUpdated"],
                before["storedBy"],
            )
            assert (counts(summary), is_stamped) == (
                ({"updated": 1}, True) if dialect == "2.43" else ({"ignored": 1}, False)
            )
            assert after["created"] == before["created"]


def test_all_rows_carry_the_start_of_their_import_in_seconds_or_milliseconds(tmp_path: Path) -> None:
    rows = [(VISITS, "202602", each, "3") for each in FACILITIES]
    for dialect in ("2.42", "2.43"):
        with served(tmp_path / dialect, dialect) as people:
            marks = []
            for _ in range(8):  # eight imports cannot all begin at a full second
                asked = people.admin.get("/api/system/info")["serverDate"]
                push(people.admin, *rows[:2], (VISITS, "202602", C, asked[-3:].lstrip("0") or "1"))
                done = people.admin.get("/api/system/info")["serverDate"]
                stamp = cell(people, "202602", C)
                assert stamp is not None
                marks.append((asked, stamp["lastUpdated"].removesuffix("+0000"), done))
            if dialect == "2.42":
                assert all(stamp.endswith(".000") for _, stamp, _ in marks)
                assert any(stamp < asked for asked, stamp, _ in marks), "no stamp before its import began"
            else:
                assert all(asked <= stamp <= done for asked, stamp, done in marks)
                assert {stamp[-3:] for _, stamp, _ in marks} != {"000"}
                others = {cell(people, "202602", each)["lastUpdated"] for each in FACILITIES}  # type: ignore[index]
                assert others == {marks[-1][1] + "+0000"}


def test_2_40_takes_the_stamps_of_a_push(tmp_path: Path) -> None:
    row = {"dataElement": VISITS, "period": "202603", "orgUnit": A, "value": "2"}
    stamped = {**row, "created": "2020-01-02T03:04:05.000", "lastUpdated": "2020-01-03T03:04:05.000"}
    for dialect in ("2.40", "2.41"):
        with served(tmp_path / dialect, dialect) as people:
            push(people.admin, stamped)
            held = cell(people, "202603", A)
            assert held is not None
            assert held["lastUpdated"].startswith("2020-01-03") is (dialect == "2.40")


def test_an_expired_period_is_closed_until_somebody_makes_an_exception(tmp_path: Path) -> None:
    old, new = (VISITS, "202601", A, "11"), (VISITS, "202603", A, "12")
    for dialect in ALL:
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(people, dataSets=[source(expiryDays=20)])
            let_push_write(people)
            refused = push(people.push, old, new)
            if dialect == "2.43":
                assert (refused["http"], codes(refused)) == (409, [("E8030", [0, 1])])
                assert cell(people, "202603", A) is None
            else:
                assert (refused["http"], codes(refused)) == (409, [("E7640", [0])])
                assert cell(people, "202603", A) is not None
            assert push(people.admin, old)["status"] == "SUCCESS"  # holds F_EDIT_EXPIRED
            assert people.push.raw("POST", "/api/lockExceptions", ds=SOURCE, pe="202601", ou=A)[0] == 403
            assert people.admin.raw("POST", "/api/lockExceptions", ds=SOURCE, pe="202601", ou=A)[0] == 201
            assert len(people.admin.get("/api/lockExceptions", paging="false")["lockExceptions"]) == 1
            assert push(people.push, (VISITS, "202601", A, "13"))["status"] == "SUCCESS"
            assert people.admin.raw("DELETE", "/api/lockExceptions", ds=SOURCE, pe="202601", ou=A)[0] == 204
            assert push(people.push, (VISITS, "202601", A, "14"))["http"] == 409


def test_an_approved_report_is_closed_below_its_org_unit(tmp_path: Path) -> None:
    row = (VISITS, "202601", A, "11")
    for dialect in ALL:
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(
                people,
                dataApprovalWorkflows=[{"id": WORKFLOW, "name": "approbation", "periodType": "Monthly"}],
                dataSets=[source(workflow={"id": WORKFLOW})],
            )
            assert (
                people.push.raw("POST", "/api/dataApprovals", ds=SOURCE, pe="202601", ou=DISTRICT)[0] == 403
            )
            assert (
                people.admin.raw("POST", "/api/dataApprovals", wf=WORKFLOW, pe="202601", ou=DISTRICT)[0]
                == 204
            )
            state = people.admin.get("/api/dataApprovals", wf=WORKFLOW, pe="202601", ou=A)["state"]
            assert state == "APPROVED_ABOVE"
            states = people.push.get("/api/dataApprovals/approvals", wf=WORKFLOW, pe="202601", ou=[A, C])
            assert [(each["ou"], each["state"]) for each in states] == [
                (A, "APPROVED_ABOVE"),
                (C, "UNAPPROVED_READY"),
            ]
            refused = push(people.admin, row, (VISITS, "202601", C, "5"))
            expected = [("E8033", [0, 1])] if dialect == "2.43" else [("E7642", [0])]
            assert codes(refused) == expected
            assert push(people.admin, row, force="true")["status"] == "SUCCESS"
            assert (
                people.admin.raw("DELETE", "/api/dataApprovals", ds=SOURCE, pe="202601", ou=DISTRICT)[0]
                == 204
            )
            assert push(people.admin, (VISITS, "202601", A, "12"))["status"] == "SUCCESS"


def test_an_approval_outlives_a_restart(tmp_path: Path) -> None:
    with served(tmp_path, "2.42") as people:
        import_metadata(
            people,
            dataApprovalWorkflows=[{"id": WORKFLOW, "name": "approbation", "periodType": "Monthly"}],
            dataSets=[source(workflow={"id": WORKFLOW})],
        )
        assert people.admin.raw("POST", "/api/dataApprovals", wf=WORKFLOW, pe="202601", ou=A)[0] == 204
    with served(tmp_path, "2.43") as people:
        assert codes(push(people.admin, (VISITS, "202601", A, "11"))) == [("E8033", [0])]


def test_input_windows_are_the_wrong_way_round_on_2_43(tmp_path: Path) -> None:
    windows = [
        {"period": {"id": "202602"}, "openingDate": "2026-03-01", "closingDate": "2026-12-31"},
        {"period": {"id": "202601"}, "openingDate": "2026-02-01", "closingDate": "2026-03-01"},
    ]
    for dialect in ("2.42", "2.43"):
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(people, dataSets=[source(dataInputPeriods=windows)])
            periods = ("202602", "202601", "202512")
            told = [codes(push(people.admin, (VISITS, period, A, "1"))) for period in periods]
            if dialect == "2.42":
                assert told == [[], [("E7643", [0])], [("E7644", [0])]]
            else:
                assert told == [[("E8030", [0])], [], []]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"period": "", "dataElement": VISITS, "orgUnit": A, "value": "1"}, "E8100"),
        ({"period": "202601", "dataElement": "court", "orgUnit": A, "value": "1"}, "E8104"),
        ({"period": "202601", "dataElement": VISITS, "orgUnit": "", "value": "1"}, "E8106"),
    ],
)
def test_what_2_43_cannot_decode_names_no_row(tmp_path: Path, row: dict[str, str], code: str) -> None:
    good = (VISITS, "202603", A, "5")
    with served(tmp_path, "2.43") as people:
        refused = push(people.admin, good, row)
        assert (refused["http"], refused["status"], codes(refused)) == (409, "ERROR", [(code, [-1])])
        assert counts(refused) == {}
        assert cell(people, "202603", A) is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"dataSet": "court"}, "E8004"),
        ({"dataSet": "zzzzzzzzzzz"}, "E8005"),
        ({"dataSet": None, "element": "zzzzzzzzzzz"}, "E8003"),
        ({"completeDate": "true"}, "E8008"),
        ({"completeDate": "2026-02-01"}, "E8009"),
    ],
)
def test_2_43_refuses_an_envelope_it_does_not_understand(
    tmp_path: Path, sent: dict[str, Any], code: str
) -> None:
    row = {"dataElement": sent.pop("element", VISITS), "period": "202603", "orgUnit": A, "value": "5"}
    with served(tmp_path, "2.43") as people:
        status, body = people.admin.raw(
            "POST", "/api/dataValueSets", {"dataSet": SOURCE, **sent, "dataValues": [row]}
        )
        assert (status, json.loads(body)["response"]["conflicts"][0]["errorCode"]) == (409, code)


def test_a_push_outside_ones_org_units_is_a_row_or_the_group(tmp_path: Path) -> None:
    for dialect, expected in (("2.42", ("E7617", [1])), ("2.43", ("E8011", [0, 1]))):
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(people, organisationUnits=[unit("Dehors00001", "Dehors", None)])
            import_metadata(people, dataSets=[data_set(SOURCE, "s", [VISITS], [A, "Dehors00001"])])
            let_push_write(people)
            refused = push(people.push, (VISITS, "202603", A, "1"), (VISITS, "202603", "Dehors00001", "1"))
            assert (refused["http"], codes(refused)) == (409, [expected])


def test_a_missing_right_to_read_is_told_since_2_43(tmp_path: Path) -> None:
    for dialect in ALL:
        with served(tmp_path / dialect, dialect) as people:
            for suffix in ("", ".csv"):
                status, body = people.pull.raw("GET", f"/api/dataValueSets{suffix}", **values(orgUnit=OTHER))
                if dialect == "2.43":
                    assert (status, json.loads(body)["errorCode"]) == (409, "E2012")
                else:
                    assert (status, body) == (200, b"")


def test_a_duration_and_a_moment_are_a_day_on_2_43(tmp_path: Path) -> None:
    for dialect, expected in (("2.42", 0), ("2.43", 1)):
        with served(tmp_path / dialect, dialect) as people:
            push(people.admin, (VISITS, "202603", A, "5"))
            late = values(period="202603", lastUpdated="2026-04-08T23:59:59")
            assert len(people.admin.get("/api/dataValueSets", **late)["dataValues"]) == expected
            status, body = people.admin.raw(
                "GET", "/api/dataValueSets", **values(lastUpdatedDuration="1d", period=[])
            )
            assert (status, b"E2002" in body) == ((409, True) if dialect == "2.43" else (200, False))


def test_malformed_ids_are_400_on_2_43(tmp_path: Path) -> None:
    for dialect, expected in (("2.42", 409), ("2.43", 400)):
        with served(tmp_path / dialect, dialect) as people:
            assert people.admin.raw("GET", "/api/dataValueSets", **values(dataSet="court"))[0] == expected


def test_the_follow_up_flag_is_spelled_otherwise_on_2_43(tmp_path: Path) -> None:
    row = {"dataElement": VISITS, "period": "202603", "orgUnit": A, "value": "2"}
    for dialect, spelling, other in (("2.42", "followup", "followUp"), ("2.43", "followUp", "followup")):
        with served(tmp_path / dialect, dialect) as people:
            push(people.admin, {**row, spelling: True, "comment": "vu"})
            held = cell(people, "202603", A)
            assert held is not None
            assert (held["followup"], held["comment"]) == (True, "vu")
            push(people.admin, {**row, other: True})  # and what is left out is wiped
            held = cell(people, "202603", A)
            assert held is not None
            assert (held.get("followup") or False, held.get("comment")) == (False, None)


def test_a_deletion_of_nothing_leaves_a_tombstone_on_2_43(tmp_path: Path) -> None:
    for dialect in ("2.42", "2.43"):
        with served(tmp_path / dialect, dialect) as people:
            push(people.admin, (VISITS, "202603", A, "5"), importStrategy="DELETE")
            held = cell(people, "202603", A)
            assert (held is not None and held["deleted"]) is (dialect == "2.43")


def test_a_row_of_an_older_version_says_false_where_a_new_one_says_nothing(tmp_path: Path) -> None:
    with served(tmp_path, "2.43") as people:
        push(people.admin, (VISITS, "202602", B, "5"))
        csv = people.admin.raw("GET", "/api/dataValueSets.csv", **values(period="202602"))[1].decode()
        ends = sorted(line.split(",", 8)[-1] for line in csv.splitlines()[1:])
        assert ends == [",,false", ",false,false", ",false,false"]


def test_a_value_that_is_no_option_is_refused_alone(tmp_path: Path) -> None:
    options = [{"id": f"Option0000{n}", "name": text, "code": text} for n, text in enumerate(("oui", "non"))]
    for dialect, expected in (("2.42", (409, [("E7621", [1])])), ("2.43", (200, [("E8123", [1])]))):
        with served(tmp_path / dialect, dialect) as people:
            import_metadata(
                people,
                options=options,
                optionSets=[
                    {
                        "id": "OptionSet01",
                        "name": "oui-non",
                        "options": [{"id": each["id"]} for each in options],
                    }
                ],
                dataElements=[
                    element(VISITS, "v", "NONE", valueType="TEXT", optionSet={"id": "OptionSet01"})
                ],
            )
            told = push(people.admin, (VISITS, "202603", A, "oui"), (VISITS, "202603", B, "peut-être"))
            assert (told["http"], codes(told)) == expected
            assert cell(people, "202603", A) is not None
            assert cell(people, "202603", B) is None


def test_an_empty_list_is_a_body_on_2_43_and_a_data_set_one_may_not_see_is_unknown(tmp_path: Path) -> None:
    for dialect, expected in (("2.42", 409), ("2.43", 200)):
        with served(tmp_path / dialect, dialect) as people:
            assert people.admin.raw("POST", "/api/dataValueSets", [])[0] == expected
            access = {"object": {"publicAccess": "--------", "userAccesses": []}}
            assert people.admin.raw("POST", "/api/sharing", access, type="dataSet", id=SOURCE)[0] == 200
            status, body = people.pull.raw("GET", "/api/dataValueSets", **values())
            code = "E2010" if dialect == "2.43" else "E2001"
            assert (status, json.loads(body)["errorCode"]) == (409, code)
