"""Does the sandbox keep people apart, add up and remember? A tiny country, asked over HTTP."""

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from layidu.errors import ConfigurationError
from layidu.sandbox.accounts import read
from layidu.sandbox.dialects import VERSIONS
from layidu.sandbox.server import serve_in_thread
from tests.sandbox_country import (
    DISTRICT,
    FACILITIES,
    OTHER,
    RATE,
    RESULT,
    ROOT,
    SOURCE,
    STOCK,
    VISITS,
    country,
    data_set,
)
from tests.sandbox_people import Asked, People, envelope, values


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with serve_in_thread(country(), tmp_path) as url:
        found = People(url, tmp_path)
        yield found
        found.close()


def test_secrets_are_made_for_each_folder_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    tokens = set()
    for name in ("un", "deux"):
        with serve_in_thread(country(), tmp_path / name):
            tokens |= {account.token for account in read(tmp_path / name).values()}
            assert stat.S_IMODE((tmp_path / name / "accounts.json").stat().st_mode) == 0o600
    assert len(tokens) == 8


def test_csv_quotes_what_needs_quotes_and_gives_tombstones_only_when_asked(people: People) -> None:
    text = people.pull.raw("GET", "/api/dataValueSets.csv", **values())[1].decode()
    assert ',5,saisie,2026-02-01T08:00:00.000+0000,"vu, «ok» ""oui""\nmerci",false,null\n' in text
    everything = people.admin.raw(
        "GET", "/api/dataValueSets.csv", **values(orgUnit=ROOT, includeDeleted="true")
    )
    assert everything[1].count(b",true\n") == 1
    assert people.admin.raw("GET", "/api/dataValueSets.csv", **values(orgUnit=ROOT))[1].count(b",true\n") == 0


def test_increments_give_what_changed_at_or_after_the_mark(people: People) -> None:
    found = people.pull.get("/api/dataValueSets", **values(lastUpdated="2026-03-05T10:00:00"))["dataValues"]
    assert [(each["period"], each["value"]) for each in found] == [("202602", "7")]
    assert (
        people.pull.get("/api/dataValueSets", **values(lastUpdated="2026-03-05T10:00:00.500"))["dataValues"]
        == []
    )


def test_a_missing_right_is_silence(people: People) -> None:
    assert people.pull.raw("GET", "/api/dataValueSets", **values(orgUnit=OTHER)) == (200, b"")
    assert people.pull.raw("GET", "/api/dataValueSets.csv", **values(dataSet=RESULT)) == (200, b"")
    assert people.pull.raw("POST", "/api/dataValueSets", envelope(RESULT))[0] == 403
    assert people.pull.raw("POST", "/api/resourceTables/analytics")[0] == 403
    assert people.push.raw("GET", "/sandbox/planted")[0] == 403
    assert people.push.raw("POST", "/api/metadata", {"dataSets": [data_set(RESULT, "r", [], [])]})[0] == 409


def test_writing_begins_with_sharing(people: People) -> None:
    sent = envelope(RESULT, (RATE, "202603", DISTRICT, "1.5"))
    status, body = people.push.raw("POST", "/api/dataValueSets", sent)
    assert (status, json.loads(body)["response"]["conflicts"][0]["errorCode"]) == (409, "E7601")
    me = people.push.get("/api/me", fields="id")["id"]
    access = {"publicAccess": "r-------", "userAccesses": [{"id": me, "access": "r-rw----"}]}
    assert people.admin.raw("POST", "/api/sharing", {"object": access}, type="dataSet", id=RESULT)[0] == 200
    status, body = people.push.raw("POST", "/api/dataValueSets", sent)
    assert (status, json.loads(body)["response"]["importCount"]["imported"]) == (200, 1)


def test_the_running_month_is_closed(people: People) -> None:
    sent = envelope(SOURCE, (VISITS, "202604", FACILITIES[0], "1"), (VISITS, "202603", FACILITIES[0], "1"))
    status, body = people.admin.raw("POST", "/api/dataValueSets", sent)
    response = json.loads(body)["response"]
    assert (status, response["rejectedIndexes"], response["importCount"]["imported"]) == (409, [0], 1)
    assert response["conflicts"][0]["errorCode"] == "E7641"


def test_metadata_is_selected_filtered_and_paged(people: People) -> None:
    fields = "id,level,parent[id,name],organisationUnits,nothing"
    found = people.pull.get("/api/organisationUnits", fields=fields, filter="level:eq:2", order="name:desc")
    assert [(each["id"], each["parent"]["name"]) for each in found["organisationUnits"]] == [
        (DISTRICT, "Pays"),
        (OTHER, "Pays"),
    ]
    assert people.pull.get("/api/organisationUnits", pageSize=4)["pager"]["pageCount"] == 2
    nested = people.pull.get("/api/dataSets", filter="dataSetElements.dataElement.id:eq:" + RATE, fields="id")
    assert [each["id"] for each in nested["dataSets"]] == [RESULT]
    assert people.pull.refusal("/api/dataSets", filter="id:resembles:x") == (400, "E1003")


def test_analytics_shows_the_last_build_only(people: People) -> None:
    dimensions = [f"dx:{VISITS}", "pe:202601", f"ou:{ROOT}"]
    assert people.admin.refusal("/api/analytics", dimension=dimensions) == (409, "E7144")
    people.build_tables()
    assert people.rows(VISITS, "202601;2026Q1", f"{ROOT};{DISTRICT}") == sorted(
        [VISITS, period, where, number]
        for period, number in (("202601", "15"), ("2026Q1", "22"))
        for where in (ROOT, DISTRICT)
    )
    people.admin.raw("POST", "/api/dataValueSets", envelope(SOURCE, (VISITS, "202601", FACILITIES[0], "110")))
    assert people.rows(VISITS, "202601", ROOT) == [[VISITS, "202601", ROOT, "15"]]
    people.build_tables()
    assert people.rows(VISITS, "202601", ROOT) == [[VISITS, "202601", ROOT, "115"]]


def test_last_takes_the_last_month_and_levels_keep_to_themselves(people: People) -> None:
    sent = envelope(RESULT, (RATE, "202601", DISTRICT, "40"), (RATE, "202601", ROOT, "2.345"))
    assert people.admin.raw("POST", "/api/dataValueSets", sent)[0] == 200
    people.build_tables()
    assert people.rows(STOCK, "2026Q1", DISTRICT) == [[STOCK, "2026Q1", DISTRICT, "8"]]
    assert people.rows(RATE, "2026Q1", ROOT) == [[RATE, "2026Q1", ROOT, "2.35"]]
    assert people.rows(RATE, "202602", ROOT) == []
    assert people.rows(RATE, "202601", ROOT, skipRounding="true") == [[RATE, "202601", ROOT, "2.345"]]


def test_reporting_rates_count_registrations_over_assignments(people: People) -> None:
    people.build_tables()
    names = ("REPORTING_RATE", "EXPECTED_REPORTS")
    found = people.rows(";".join(f"{SOURCE}.{name}" for name in names), "202601", ROOT)
    assert [each[3] for each in found] == ["3", "33.33"]


def test_analytics_respects_the_users_org_units_and_the_limit(people: People) -> None:
    people.build_tables()
    dimensions = [f"dx:{VISITS}", "pe:202601"]
    assert people.analytics.refusal("/api/analytics", dimension=[*dimensions, f"ou:{ROOT}"]) == (409, "E7120")
    found = people.analytics.get("/api/analytics", dimension=[*dimensions, "ou:LEVEL-2"])
    assert [each[2] for each in found["rows"]] == [DISTRICT]


def test_what_was_written_and_the_time_survive_a_restart(tmp_path: Path) -> None:
    with serve_in_thread(country(), tmp_path) as url:
        people = People(url, tmp_path)
        people.admin.raw(
            "POST", "/api/dataValueSets", envelope(SOURCE, (VISITS, "202603", FACILITIES[0], "9"))
        )
        people.build_tables()
        before = people.admin.get("/api/system/info")["serverDate"]
        people.close()
    with serve_in_thread(country(), tmp_path) as url:
        people = People(url, tmp_path)
        assert before < people.admin.get("/api/system/info")["serverDate"] < "2026-04-08T02:10"
        assert len(people.admin.get("/api/dataValueSets", **values(period="202603"))["dataValues"]) == 1
        assert people.rows(VISITS, "202603", ROOT) == [[VISITS, "202603", ROOT, "9"]]
        people.close()


def test_another_country_is_not_put_over_one_that_is_there(tmp_path: Path) -> None:
    with serve_in_thread(country(), tmp_path):
        pass
    with pytest.raises(ConfigurationError), serve_in_thread(country("autre"), tmp_path):
        pass


def test_four_clients_read_while_one_writes(people: People, tmp_path: Path) -> None:
    seen: list[int] = []

    def pull() -> None:
        url = f"http://{people.admin.connection.host}:{people.admin.connection.port}"
        asked = Asked(url, read(tmp_path)["pull"].token)
        seen.extend(len(asked.get("/api/dataValueSets", **values())["dataValues"]) for _ in range(10))
        asked.connection.close()

    threads = [threading.Thread(target=pull) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        people.admin.raw(
            "POST", "/api/dataValueSets", envelope(SOURCE, (VISITS, "202602", FACILITIES[1], f"{number}"))
        )
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert set(seen) <= {5, 6}
    assert people.admin.get("/sandbox/ledger")[-1]["path"] == "/api/dataValueSets"
    assert people.admin.get("/sandbox/planted")[0]["code"] == "negative-count"


@pytest.mark.parametrize(("dialect", "version"), list(VERSIONS.items()))
def test_a_folder_speaks_the_dialect_it_is_opened_in(tmp_path: Path, dialect: str, version: str) -> None:
    for spoken in ("2.42", dialect):  # the second time over the same data: an upgrade
        with serve_in_thread(country(), tmp_path, dialect=spoken) as url:
            people = People(url, tmp_path)
            assert people.admin.get("/api/system/info")["version"] == VERSIONS[spoken]
            assert people.pull.get("/api/dataValueSets", **values())["dataValues"]
            people.close()
    assert version.startswith(dialect)


def test_an_unknown_dialect_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"2\.40, 2\.41, 2\.42, 2\.43"),
        serve_in_thread(country(), tmp_path, dialect="2.39"),
    ):
        pass
