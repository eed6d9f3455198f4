"""What changes behind a client's back? Merges, purges, moves and closures, and how analytics shows them afterwards."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layidu.sandbox import analytics_build
from layidu.sandbox.metadata import DEFAULT_COMBO
from layidu.sandbox.server import serve_in_thread
from layidu.sandbox.uids import uid
from tests.sandbox_country import (
    COMBO,
    DISTRICT,
    FACILITIES,
    OTHER,
    RATE,
    ROOT,
    SOURCE,
    STOCK,
    VISITS,
    country,
    element,
    unit,
)
from tests.sandbox_people import People, envelope, values

A, B, C = FACILITIES
ALL_PERIODS = ["202601", "202602", "202603"]
CONFIGURATION = "/api/configuration/dataOutputPeriodTypes"


@contextmanager
def served(folder: Path, dialect: str = "2.42") -> Iterator[People]:
    with serve_in_thread(country(), folder, dialect=dialect) as url:
        people = People(url, folder)
        try:
            yield people
        finally:
            people.close()


def post(people: People, path: str, body: object = None, **params: Any) -> tuple[int, Any]:
    status, text = people.admin.raw("POST", path, body, **params)
    return status, json.loads(text) if text.startswith(b"{") else None


def push(people: People, *rows: tuple[str, str, str, str]) -> None:
    status, answer = post(people, "/api/dataValueSets", envelope(SOURCE, *rows))
    assert status == 200, answer


def rows(people: People, **more: Any) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Every cell of the source: its value and stamp, by element, period and org unit."""
    found = people.admin.get(
        "/api/dataValueSets", **values(orgUnit=ROOT, period=ALL_PERIODS, includeDeleted="true", **more)
    )["dataValues"]
    return {
        (each["dataElement"], each["period"], each["orgUnit"]): (each["value"], each["lastUpdated"])
        for each in found
    }


def test_a_purge_takes_tombstones_and_tells_nobody(tmp_path: Path) -> None:
    for dialect, expected in (("2.42", (204, None)), ("2.43", (200, "OK"))):
        with served(tmp_path / dialect, dialect) as people:
            assert (VISITS, "202601", C) in rows(people)
            before = rows(people)
            assert people.pull.raw("POST", "/api/maintenance/softDeletedDataValueRemoval")[0] == 403
            status, answer = post(people, "/api/maintenance/softDeletedDataValueRemoval")
            assert (status, answer and answer["status"]) == expected
            after = rows(people)
            assert set(before) - set(after) == {(VISITS, "202601", C)}
            assert all(after[key] == before[key] for key in after)


def test_maintenance_by_parameters_and_of_zeros(tmp_path: Path) -> None:
    with served(tmp_path, "2.43") as people:
        changed = [element(VISITS, "visits", "SUM", zeroIsSignificant=False)]
        assert post(people, "/api/metadata", {"dataElements": changed})[0] == 200
        push(people, (VISITS, "202603", A, "0"), (STOCK, "202603", A, "0"))
        asked = {"zeroDataValueRemoval": "true", "softDeletedDataValueRemoval": "true"}
        assert post(people, "/api/maintenance", **asked)[0] == 200
        left = rows(people)
        assert (VISITS, "202603", A) not in left  # its zero means nothing
        assert (STOCK, "202603", A) in left
        assert (VISITS, "202601", C) not in left
        assert post(people, "/api/maintenance/nothing")[0] == 404


def test_merged_org_units_lose_the_targets_own_values_and_keep_the_old_stamps(tmp_path: Path) -> None:
    for dialect in ("2.40", "2.43"):
        with served(tmp_path / dialect, dialect) as people:
            before = rows(people)
            asked = {"sources": [B], "target": A}
            assert people.pull.raw("POST", "/api/organisationUnits/merge", asked)[0] == 403
            status, answer = post(people, "/api/organisationUnits/merge", asked)
            assert (status, answer["status"]) == (200, "OK")
            after = rows(people)
            assert {key: after[key] for key in after if key[2] == A} == {
                (VISITS, "202601", A): before[VISITS, "202601", B]
            }
            assert all(key[2] != B for key in after)
            assert people.admin.raw("GET", f"/api/organisationUnits/{B}")[0] == 404
            sets = people.admin.get(f"/api/dataSets/{SOURCE}", fields="organisationUnits[id],lastUpdated")
            assert sorted(each["id"] for each in sets["organisationUnits"]) == sorted([A, C])
            # An increment since a moment before the merge sees none of it.
            assert rows(people, lastUpdated="2026-04-01T00:00:00") == {}


def test_a_discarding_merge_of_org_units_forgets_the_sources_values(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        before = rows(people)
        asked = {"sources": [B], "target": A, "dataValueMergeStrategy": "DISCARD"}
        assert post(people, "/api/organisationUnits/merge", asked)[0] == 200
        after = rows(people)
        assert after == {key: held for key, held in before.items() if key[2] != B}


def test_merged_elements_keep_the_newer_value_since_2_42(tmp_path: Path) -> None:
    asked = {"sources": [STOCK], "target": VISITS}
    with served(tmp_path / "2.41", "2.41") as people:
        assert post(people, "/api/dataElements/merge", asked)[0] == 405
    with served(tmp_path / "2.42") as people:
        kind = {"id": "IndicType01", "name": "pour cent", "factor": 100}
        rate = {"id": "Indicator01", "name": "part", "shortName": "part", "indicatorType": {"id": kind["id"]}}
        rate |= {"numerator": f"#{{{STOCK}}}", "denominator": f"#{{{VISITS}}}+#{{{STOCK}}}"}
        assert post(people, "/api/metadata", {"indicatorTypes": [kind], "indicators": [rate]})[0] == 200
        push(people, (STOCK, "202601", A, "99"))
        before = rows(people)
        assert post(people, "/api/dataElements/merge", asked)[0] == 200
        after = rows(people)
        assert after[VISITS, "202601", A] == before[STOCK, "202601", A]  # pushed today
        assert after[VISITS, "202602", A] == before[VISITS, "202602", A]  # of March, the other of February
        assert all(key[0] == VISITS for key in after)
        members = people.admin.get(f"/api/dataSets/{SOURCE}", fields="dataSetElements[dataElement[id]]")
        assert members["dataSetElements"] == [{"dataElement": {"id": VISITS}}]
        assert people.admin.raw("GET", f"/api/dataElements/{STOCK}")[0] == 404
        formulas = people.admin.get("/api/indicators/Indicator01", fields="numerator,denominator")
        assert formulas == {"numerator": f"#{{{VISITS}}}", "denominator": f"#{{{VISITS}}}+#{{{VISITS}}}"}


def test_merged_option_combos_move_their_values(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        other = uid("category_option_combo", "autre")
        combo = {"id": other, "name": "autre", "categoryCombo": COMBO, "categoryOptions": []}
        assert post(people, "/api/metadata", {"categoryOptionCombos": [combo]})[0] == 200
        row = {
            "dataElement": VISITS,
            "period": "202603",
            "orgUnit": A,
            "categoryOptionCombo": other,
            "value": "8",
        }
        assert post(people, "/api/dataValueSets", {"dataSet": SOURCE, "dataValues": [row]})[0] == 200
        before = rows(people)
        asked = {"sources": [other], "target": DEFAULT_COMBO}
        assert post(people, "/api/categoryOptionCombos/merge", asked)[0] == 200
        found = people.admin.get("/api/dataValueSets", **values(period="202603"))["dataValues"]
        assert [each["categoryOptionCombo"] for each in found] == [DEFAULT_COMBO]
        assert rows(people) == before


@pytest.mark.parametrize(
    "asked", [{}, {"sources": [A], "target": A}, {"sources": ["zzzzzzzzzzz"], "target": A}]
)
def test_a_merge_of_nothing_is_refused(tmp_path: Path, asked: dict[str, Any]) -> None:
    with served(tmp_path) as people:
        before = rows(people)
        assert post(people, "/api/organisationUnits/merge", asked)[0] == 409
        assert rows(people) == before


def test_analytics_knows_only_todays_tree(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        people.build_tables()
        assert people.rows(VISITS, "202601", f"{DISTRICT};{OTHER}") == [[VISITS, "202601", DISTRICT, "15"]]
        stamps = people.admin.get(f"/api/organisationUnits/{A}", fields="lastUpdated")
        moved = {**unit(B, "B", OTHER), "closedDate": "2026-01-31"}
        assert post(people, "/api/metadata", {"organisationUnits": [moved]})[0] == 200
        told = people.admin.get(f"/api/organisationUnits/{B}", fields="path,closedDate,level")
        assert told == {"path": f"/{ROOT}/{OTHER}/{B}", "closedDate": "2026-01-31T00:00:00.000", "level": 3}
        assert people.admin.get(f"/api/organisationUnits/{A}", fields="lastUpdated") == stamps
        people.build_tables()
        assert people.rows(VISITS, "202601", f"{DISTRICT};{OTHER};{ROOT}") == sorted(
            [VISITS, "202601", where, number]
            for where, number in ((DISTRICT, "10"), (OTHER, "5"), (ROOT, "15"))
        )
        # And a closed unit is expected no more, back to the day it closed.
        expected = people.rows(f"{SOURCE}.EXPECTED_REPORTS", "202601;202602", ROOT)
        assert [each[3] for each in expected] == ["3", "2"]


def test_a_moved_branch_keeps_the_stamps_of_those_below(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        before = people.admin.get(f"/api/organisationUnits/{A}", fields="lastUpdated,path")
        assert (
            post(people, "/api/metadata", {"organisationUnits": [unit(DISTRICT, "District", OTHER)]})[0]
            == 200
        )
        after = people.admin.get(f"/api/organisationUnits/{A}", fields="lastUpdated,path")
        assert after["path"] == f"/{ROOT}/{OTHER}/{DISTRICT}/{A}"
        assert after["path"] != before["path"]
        assert after["lastUpdated"] == before["lastUpdated"]


def test_a_unit_closed_before_it_opened_is_refused(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        wrong = {**unit(B, "B", DISTRICT), "closedDate": "1999-01-31"}
        status, answer = post(people, "/api/metadata", {"organisationUnits": [wrong]})
        reports = answer["response"]["typeReports"][0]["objectReports"][0]["errorReports"]
        assert (status, [each["errorCode"] for each in reports]) == (409, ["E4013"])


def test_without_output_period_types_sums_are_silent_on_2_43(tmp_path: Path) -> None:
    with served(tmp_path / "2.42") as people:
        assert people.admin.raw("GET", CONFIGURATION)[0] == 404
    with served(tmp_path / "2.43", "2.43") as people:
        names = [each["name"] for each in people.admin.get(CONFIGURATION)]
        assert {"Monthly", "Quarterly", "Yearly"} <= set(names)
        assert people.pull.raw("POST", CONFIGURATION, [])[0] == 403
        assert post(people, CONFIGURATION, ["Monthly"])[0] == 400  # texts instead of objects
        people.build_tables()
        assert post(people, CONFIGURATION, [])[0] == 204
        sums, lasts = (VISITS, "202601;2026Q1", ROOT), (STOCK, "202601;2026Q1", ROOT)
        assert len(people.rows(*sums)) == 2, "the tables of before stand until the next build"
        people.build_tables()
        assert people.rows(*sums) == []
        assert [each[3] for each in people.rows(*lasts)] == ["3", "8"]
        assert post(people, CONFIGURATION, [{"name": "Monthly"}])[0] == 204
        people.build_tables()
        assert [each[1] for each in people.rows(*sums)] == ["202601"]
        assert post(people, CONFIGURATION, [{"name": "Monthly"}, {"name": "Quarterly"}])[0] == 204
        people.build_tables()
        assert [each[1] for each in people.rows(*sums)] == ["202601", "2026Q1"]


def test_zeros_are_shown_by_the_setting_and_a_new_build_since_2_42(tmp_path: Path) -> None:
    for dialect in ("2.41", "2.42"):
        with served(tmp_path / dialect, dialect) as people:
            push(people, (VISITS, "202603", A, "0"))
            people.build_tables()
            assert people.rows(VISITS, "202603", A) == []
            assert post(people, "/api/systemSettings/keyIncludeZeroValuesInAnalytics", value="true")[0] == 200
            assert people.rows(VISITS, "202603", A) == []
            people.build_tables()
            shown = people.rows(VISITS, "202603", A)
            assert shown == ([] if dialect == "2.41" else [[VISITS, "202603", A, "0"]])


def test_averages_mix_levels_unless_they_keep_to_themselves(tmp_path: Path) -> None:
    plain, levels = uid("data_element", "moyenne"), uid("data_element", "moyenne par niveau")
    with served(tmp_path) as people:
        made = [
            element(plain, "moyenne", "AVERAGE"),
            element(levels, "moyenne par niveau", "AVERAGE", aggregationLevels=[1, 2, 3]),
        ]
        assert post(people, "/api/metadata", {"dataElements": made})[0] == 200
        cells = [(A, "202601", "10"), (A, "202602", "30"), (DISTRICT, "202601", "40")]
        for name in (plain, levels):
            push(people, *((name, period, where, number) for where, period, number in cells))
        people.build_tables()
        told = {
            (dx, pe): number
            for dx, pe, _, number in people.rows(f"{plain};{levels}", "202601;2026Q1", DISTRICT)
        }
        assert told == {
            (plain, "202601"): "25",  # (10 + 40) / 2
            (plain, "2026Q1"): "26.67",  # (10 + 30 + 40) / 3
            (levels, "202601"): "40",
            (levels, "2026Q1"): "40",
        }
        exact = people.rows(plain, "2026Q1", DISTRICT, skipRounding="true")
        assert exact[0][3].startswith("26.666666")


def test_last_looks_back_and_last_in_period_does_not(tmp_path: Path) -> None:
    with served(tmp_path) as people:
        push(people, (RATE, "202601", ROOT, "4"))
        people.build_tables()
        assert people.rows(STOCK, "202603", A) == [[STOCK, "202603", A, "8"]]
        assert people.rows(RATE, "202603", ROOT) == []
        assert people.rows(RATE, "2026Q1", ROOT) == [[RATE, "2026Q1", ROOT, "4"]]


def test_2_40_refuses_a_second_build_while_one_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, let_go, real = threading.Event(), threading.Event(), analytics_build.build

    def slow(*arguments: Any) -> analytics_build.Facts:
        begun.set()
        assert let_go.wait(30)
        return real(*arguments)

    monkeypatch.setattr(analytics_build, "build", slow)
    for dialect, expected in (("2.40", 409), ("2.41", 200)):
        begun.clear()
        let_go.clear()
        with served(tmp_path / dialect, dialect) as people:
            try:
                first = post(people, "/api/resourceTables/analytics")[1]
                assert begun.wait(30)
                status, second = post(people, "/api/resourceTables/analytics")
            finally:
                let_go.set()
            assert status == expected
            people.wait_for(first["response"]["id"])
            if dialect == "2.41":
                people.wait_for(second["response"]["id"])
            else:
                people.build_tables()  # nobody is in the way any more


def test_a_csv_that_is_refused_gives_its_reason_since_2_42(tmp_path: Path) -> None:
    for dialect, expected in (("2.41", (500, False)), ("2.42", (409, True))):
        with served(tmp_path / dialect, dialect) as people:
            status, body = people.admin.raw("GET", "/api/dataValueSets.csv", **values(period=[]))
            assert (status, b"E2002" in body) == expected
            assert people.admin.refusal("/api/dataValueSets.json", **values(period=[])) == (409, "E2002")
