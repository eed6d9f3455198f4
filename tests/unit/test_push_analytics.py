"""What dashboards must show, and when a proof holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layidu.dhis2.analytics import (
    CELLS_PER_REQUEST,
    FIGURES,
    read_figures,
    requests,
    run_and_wait,
    wait_for_next_run,
    zeros_included,
)
from layidu.dhis2.answers import ServerAnswer
from layidu.dhis2.elements import ELEMENTS
from layidu.dhis2.shown import (
    compare,
    expected_figures,
    explained_by,
    figures_of_cells,
    figures_of_values,
    first_months,
)
from layidu.errors import FailedSafeError
from layidu.mapping.publishing import Publication
from layidu.model.frames import RESULTS, TARGET_CELLS, TREE

TREE_FRAME = TREE.frame(
    [
        (1, -1, 1, "countryAAAA", "Mali", "2000-01-01", None),
        (2, 1, 2, "regionAAAAA", "Kayes", "2000-01-01", None),
        (3, 2, 3, "districtAAA", "Kita", "2000-01-01", None),
        (5, 3, 4, "facilityAAA", "CSCom A", "2000-01-01", None),
    ]
)
ELEMENTS_FRAME = ELEMENTS.frame(
    [
        ("PAL-TPR", "numerator", "positiveAAA", "dataSetAAAA", "rateAAAAAAA", 100),
        ("PAL-TPR", "denominator", "testedAAAAA", "dataSetAAAA", "rateAAAAAAA", 100),
    ]
)


PARTS = Publication(target="t", name="P", short_name="P", code="P", indicators=["PAL-TPR"])
FIGURES_OF_QUARTERS = Publication(
    target="t",
    name="F",
    short_name="F",
    code="F",
    kind="figures",
    period_type="Quarterly",
    levels=[1, 2],
    indicators=["PF-UA"],
)


def result(
    unit: int, period: str, numerator: float | None, denominator: float | None, split: str = ""
) -> tuple:
    return ("PAL-TPR", split, unit, period, numerator, denominator, None, "computed", 1.0)


def expected(*rows: tuple, added_up: bool = False) -> dict[tuple[str, str, str], float]:
    figures = expected_figures(
        RESULTS.frame(rows), TREE_FRAME, ELEMENTS_FRAME, level=3, ended_through="202603"
    )
    return {
        (row.dx, row.period, row.org_unit): row.value
        for row in figures.itertuples()
        if added_up or not row.period.endswith(("B", "S1", "S2"))
    }


def test_two_months_and_half_years_are_sums_of_months() -> None:
    months = [result(3, "202603", 1, 4), result(3, "202602", 5, 6), result(1, "202603", None, 4)]
    found = expected(*months, added_up=True)
    assert found["positiveAAA", "202602B", "districtAAA"] == 1
    assert found["positiveAAA", "2026S1", "districtAAA"] == 6
    assert found["rateAAAAAAA", "2026S1", "districtAAA"] == 60
    assert found["rateAAAAAAA", "202601B", "districtAAA"] == pytest.approx(500 / 6)
    assert ("positiveAAA", "2026S1", "countryAAAA") not in found
    assert found["testedAAAAA", "2026S1", "countryAAAA"] == 4


def test_parts_and_their_ratio_are_expected_at_the_published_level_and_above() -> None:
    assert expected(
        result(3, "202603", 1, 4),
        result(2, "2026Q1", 3, 8),
        result(1, "2026", 3, 9),
        result(5, "202603", 1, 4),
        result(3, "202603", 1, 4, "age=5-14"),
        result(3, "202604", 1, 4),
        result(3, "2026Q2", 1, 4),
        result(3, "2027", 1, 4),
    ) == {
        ("positiveAAA", "202603", "districtAAA"): 1,
        ("testedAAAAA", "202603", "districtAAA"): 4,
        ("rateAAAAAAA", "202603", "districtAAA"): 25,
        ("positiveAAA", "2026Q1", "regionAAAAA"): 3,
        ("testedAAAAA", "2026Q1", "regionAAAAA"): 8,
        ("rateAAAAAAA", "2026Q1", "regionAAAAA"): 37.5,
        ("positiveAAA", "2026", "countryAAAA"): 3,
        ("testedAAAAA", "2026", "countryAAAA"): 9,
        ("rateAAAAAAA", "2026", "countryAAAA"): pytest.approx(100 / 3),
    }


def test_a_missing_part_and_a_zero_denominator_give_no_ratio() -> None:
    assert set(expected(result(3, "202602", None, 4), result(3, "202603", 2, 0))) == {
        ("testedAAAAA", "202602", "districtAAA"),
        ("positiveAAA", "202603", "districtAAA"),
        ("testedAAAAA", "202603", "districtAAA"),
    }


def test_periods_begin_where_their_id_says() -> None:
    periods = pd.Series(["202603", "2026Q1", "2026Q4", "2026"], dtype="str")
    assert first_months(periods).tolist() == ["202603", "202601", "202610", "202601"]


def figures(*rows: tuple[str, float]) -> pd.DataFrame:
    return FIGURES.frame([(dx, "202601", "districtAAA", value) for dx, value in rows])


def test_equal_to_the_tenth_decimal_is_equal() -> None:
    proof = compare(
        figures(("a", 76.7123287671232877), ("b", 1e12 / 3), ("c", 1e-12)),
        figures(("a", 76.7123287671), ("b", 333333333333.3), ("c", 0.0)),
        zeros_included=True,
    )
    assert (proof.compared, proof.equal, proof.holds) == (3, 3, True)


@pytest.mark.parametrize(("want", "have"), [(23.06, 27.0), (1.0, 1.0 + 1e-8), (5.0, np.nan)])
def test_another_number_is_a_difference(want: float, have: float) -> None:
    proof = compare(figures(("a", want)), figures(("a", have)), zeros_included=True)
    assert len(proof.differences) == 1
    assert not proof.holds


def test_a_missing_row_fails_unless_it_is_a_zero_the_server_leaves_out() -> None:
    want = figures(("a", 5.0), ("b", 0.0))
    proof = compare(want, figures(("a", 5.0)), zeros_included=False)
    assert (proof.holds, proof.equal, len(proof.zeros_left_out)) == (True, 1, 1)
    assert not compare(want, figures(("a", 5.0)), zeros_included=True).holds
    without = compare(want, figures(("b", 0.0)), zeros_included=False)
    assert without.missing["dx"].tolist() == ["a"]
    assert not without.holds


def test_a_number_nobody_computed_and_a_number_shown_twice_are_differences() -> None:
    extra = compare(figures(("a", 5.0)), figures(("a", 5.0), ("b", 1.0)), zeros_included=False)
    assert extra.differences["dx"].tolist() == ["b"]
    twice = pd.concat([figures(("a", 5.0))] * 2, ignore_index=True)
    assert not compare(figures(("a", 5.0)), twice, zeros_included=False).holds


def test_what_the_server_holds_explains_a_difference_and_nothing_else_does() -> None:
    want = figures(
        ("refused", 5.0), ("typed", 5.0), ("false", 5.0), ("gone", 5.0), ("lost", 5.0), ("fine", 1.0)
    )
    shown = figures(("typed", 7.0), ("false", 8.0), ("refused", 4.0), ("fine", 1.0))
    held = figures(("typed", 7.0), ("false", 5.0), ("refused", 4.0), ("lost", 5.0), ("fine", 1.0))
    proof = explained_by(compare(want, shown, zeros_included=False), held, zeros_included=False)
    assert set(proof.explained["dx"]) == {"refused", "typed", "gone"}
    assert proof.differences["dx"].tolist() == ["false"]
    assert proof.missing["dx"].tolist() == ["lost"]
    assert not proof.holds


CELLS = TARGET_CELLS.frame(
    [
        ("dataSetAAAA", element, period, unit, "default0000", "default0000", value)
        for element, period, unit, value in (
            ("positiveAAA", "202601", "districtAAA", "3"),
            ("positiveAAA", "202602", "districtAAA", "4"),
            ("testedAAAAA", "202602", "districtAAA", "8"),
            ("otherAAAAAA", "202602", "districtAAA", "9"),
        )
    ]
)


def test_what_cells_must_show_is_added_up_over_units_and_months() -> None:
    found = figures_of_cells(CELLS, ELEMENTS_FRAME, TREE_FRAME, PARTS)
    shown = {(row.dx, row.period, row.org_unit): row.value for row in found.itertuples()}
    for unit in ("districtAAA", "regionAAAAA", "countryAAAA"):
        assert shown["positiveAAA", "2026Q1", unit] == 7
        assert shown["rateAAAAAAA", "2026", unit] == 87.5
    assert ("testedAAAAA", "202601", "districtAAA") not in shown
    assert {dx for dx, _, _ in shown} == {"positiveAAA", "testedAAAAA", "rateAAAAAAA"}
    assert ("positiveAAA", "2026S1", "countryAAAA") in shown


def test_figures_show_their_own_level_and_the_last_value_inside_a_longer_period() -> None:
    cells = TARGET_CELLS.frame(
        [
            ("dataSetAAAA", "targetAAAAA", period, unit, "default0000", "default0000", value)
            for period, unit, value in (
                ("2025Q3", "countryAAAA", "1"),
                ("2025Q4", "countryAAAA", "2"),
                ("2026Q1", "countryAAAA", "3"),
                ("2025Q4", "regionAAAAA", "9"),
            )
        ]
    )
    shown = figures_of_values(cells, FIGURES_OF_QUARTERS)
    assert {(row.period, row.org_unit): row.value for row in shown.itertuples()} == {
        ("2025Q3", "countryAAAA"): 1,
        ("2025Q4", "countryAAAA"): 2,
        ("2026Q1", "countryAAAA"): 3,
        ("2025S2", "countryAAAA"): 2,
        ("2026S1", "countryAAAA"): 3,
        ("2025", "countryAAAA"): 2,
        ("2026", "countryAAAA"): 3,
        ("2025Q4", "regionAAAAA"): 9,
        ("2025S2", "regionAAAAA"): 9,
        ("2025", "regionAAAAA"): 9,
    }


class Clockwork:
    """A server that builds its tables by itself, at the third look."""

    looks = 0

    def read_json(self, path: str) -> dict[str, str]:
        """The server's clock and its last build."""
        assert path == "system/info"
        self.looks += 1
        built = {1: "2026-04-01T01:00:00.000", 2: "2026-04-02T01:59:55.000"}.get(
            self.looks, "2026-04-02T02:00:05.000"
        )
        return {"serverDate": "2026-04-02T02:00:00.000", "lastAnalyticsTableSuccess": built}


def test_the_server_s_own_next_build_is_waited_for_and_one_that_had_begun_before_does_not_count() -> None:
    pauses: list[float] = []
    server: Any = Clockwork()
    assert wait_for_next_run(server, sleep=pauses.append) == "2026-04-02T02:00:05.000"
    assert len(pauses) == 1

    class Never(Clockwork):
        def read_json(self, path: str) -> dict[str, str]:  # noqa: ARG002
            """Never built."""
            return {
                "serverDate": "2026-04-02T02:00:00.000",
                "lastAnalyticsTableSuccess": "1970-01-01T00:00:00.000",
            }

    server = Never()
    with pytest.raises(FailedSafeError, match="ANALYTICS"):
        wait_for_next_run(server, timeout_s=100, sleep=pauses.append)


def test_nothing_expected_proves_nothing() -> None:
    assert not compare(figures(), figures(), zeros_included=True).holds


def test_requests_are_bounded_and_cover_the_cube_once() -> None:
    dx = [f"dx{n:09d}" for n in range(45)]
    periods = [f"p{n}" for n in range(35)]
    units = [f"ou{n:09d}" for n in range(520)]
    blocks = list(requests(dx, periods, units))
    assert all(len(a) * len(b) * len(c) <= CELLS_PER_REQUEST for a, b, c in blocks)
    asked = [(x, u) for a, _, c in blocks for x in a for u in c]
    assert len(asked) == len(set(asked)) == 45 * 520
    assert all(len(c) <= 200 for _, _, c in blocks)
    assert list(requests([], periods, units)) == []
    assert list(requests(dx, [], units)) == []


class Answers:
    """A server that gives prepared answers, one after the other."""

    def __init__(self, *tasks: list[dict[str, Any]], start: ServerAnswer | None = None) -> None:
        self.tasks = list(tasks)
        self.start = start or ServerAnswer(200, {"response": {"id": "EbVGwYzMfja"}})
        self.asked: list[Any] = []

    def send_empty(self, path: str, params: dict[str, str]) -> ServerAnswer:
        """Start the analytics job."""
        assert path == "resourceTables/analytics"
        assert params["skipEvents"] == "true"
        return self.start

    def read_list(self, path: str) -> list[dict[str, Any]]:
        """The job's messages, the last list for ever."""
        assert path == "system/tasks/ANALYTICS_TABLE/EbVGwYzMfja"
        return self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0]

    def read_json(self, path: str, params: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """One figure, whatever was asked."""
        self.asked.append((path, list(params)))
        headers = [{"name": name} for name in ("dx", "pe", "ou", "value")]
        return {"headers": headers, "rows": [["elementAAAA", "202601", "districtAAA", "10.0"]]}


DONE = {"level": "INFO", "message": "Analytics tables updated: 00:00:07.059", "completed": True}
GOING = {"level": "INFO", "message": "Invalidate analytics caches", "completed": False}


def test_waiting_starts_with_an_empty_list_and_ends_with_the_completed_message() -> None:
    said: list[str] = []
    slept: list[float] = []
    server = Answers([], [], [GOING], [GOING], [DONE, GOING])
    last = run_and_wait(server, poll_s=3, progress=said.append, sleep=slept.append)
    assert last == DONE["message"]
    assert said == [GOING["message"], DONE["message"]]
    assert slept == [3, 3, 3, 3]


def test_an_error_message_is_a_failure_even_when_completed() -> None:
    failed = {"level": "ERROR", "message": "column yearly does not exist", "completed": True}
    with pytest.raises(FailedSafeError, match="yearly"):
        run_and_wait(Answers([failed, GOING]), sleep=lambda _: None)


def test_a_job_that_never_ends_and_one_that_never_starts_are_failures() -> None:
    with pytest.raises(FailedSafeError, match="pas finies"):
        run_and_wait(Answers([]), timeout_s=10, poll_s=3, sleep=lambda _: None)
    refused = ServerAnswer(403, {"message": "Access is denied"})
    with pytest.raises(FailedSafeError, match="403"):
        run_and_wait(Answers([], start=refused), sleep=lambda _: None)


def test_figures_are_asked_unrounded_and_read_as_numbers() -> None:
    server = Answers([])
    shown = read_figures(server, ["elementAAAA"], ["202601", "2026Q1"], ["districtAAA"])
    assert shown.to_dict("records") == [
        {"dx": "elementAAAA", "period": "202601", "org_unit": "districtAAA", "value": 10.0}
    ]
    [(path, params)] = server.asked
    assert path == "analytics"
    assert ("dimension", "pe:202601;2026Q1") in params
    assert ("skipRounding", "true") in params


@pytest.mark.parametrize(
    ("said", "included"),
    [
        (False, False),
        (True, True),
        ("true", True),
        ({"keyIncludeZeroValuesInAnalytics": "true"}, True),
        ({"keyIncludeZeroValuesInAnalytics": False}, False),
    ],
)
def test_a_setting_is_read_in_every_shape(said: object, *, included: bool) -> None:
    class Says:
        def read_value(self, _: str) -> object:
            """Give the setting as this server writes it."""
            return said

        def read_json(self, _: str) -> dict[str, str]:
            """What kind of server it is."""
            return {"version": "2.42.5.2"}

    assert zeros_included(Says()) is included
