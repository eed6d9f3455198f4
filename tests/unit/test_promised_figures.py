"""Promises as figures: which are declared, in which period a value stands, and which number a colour is."""

from datetime import date, datetime

import pandas as pd
import pytest

from flows.figures import declared_of
from flows.promised_figures import dated_in, ended_periods, of_commitments, of_plan
from layidu.compute.commitments import Known, assess_commitments
from layidu.compute.plan import assess_plan
from layidu.mapping.contracts import Mappings
from layidu.mapping.reader import read_mappings
from layidu.model.periods import parse
from layidu.model.promise_frames import PROGRESS
from layidu.settings import shipped


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def test_each_population_of_a_promise_is_a_figure_of_its_own(mappings: Mappings) -> None:
    declared = declared_of(mappings, mappings.publications["FP2030A"])
    modern = declared[declared["figure"].str.startswith("FP2030-R2-")]
    assert modern["figure"].nunique() == 2
    assert set(modern["part"]) == {"value", "expected", "target", "colour"}
    assert modern["name"].str.contains("femmes en union").sum() == 4
    assert (declared["part"] == "colour").sum() == declared["figure"].nunique()
    lines = declared_of(mappings, mappings.publications["CAEB"])
    assert lines["figure"].nunique() == 92
    assert (lines["part"] == "target").sum() == 54


def values(rows: list[tuple[str, str, str, str, float]], figure: str) -> dict[str, float]:
    return {part: value for code, part, _, _, value in rows if code == figure}


def test_a_survey_value_stands_in_its_own_year_and_its_target_line_in_every_one(mappings: Mappings) -> None:
    found = {}
    for year in ("2023", "2024", "2025"):
        period = parse(year)
        statuses = assess_commitments(mappings, Known.nothing(), on=period.end)
        rows = list(of_commitments(mappings, statuses, period, "country"))
        [figure] = {code for code, part, _, _, value in rows if part == "value" and value == 20.9} or {""}
        found[year] = figure, rows
    assert [bool(found[year][0]) for year in ("2023", "2024", "2025")] == [False, True, False]
    of_2025 = values(found["2025"][1], found["2024"][0])
    # TV: from 17 % in 2020 to 40 % in 2030, half-way at the end of 2025.
    assert of_2025 == {"expected": pytest.approx(28.5), "target": 40.0, "colour": of_2025["colour"]}
    assert of_2025["colour"] in (1.0, 2.0, 3.0, 4.0)


def test_a_line_of_the_plan_has_what_was_entered_and_what_was_due(mappings: Mappings) -> None:
    entered = PROGRESS.frame([("CAEB-SR-06", "2025", 1200.0, None, "équipe", pd.Timestamp(2026, 1, 5))])
    plan = assess_plan(mappings, entered, on=date(2025, 12, 31))
    rows = list(of_plan(plan, parse("2025"), "country"))
    line = values(rows, "CAEB-SR-06")
    assert (line["value"], line["target"]) == (1200.0, 5000.0)
    assert line["expected"] == pytest.approx(5000 / 3, abs=0.01)
    without = [code for code in mappings.plan.lines if mappings.plan.lines[code].quantity is None]  # type: ignore[union-attr]
    assert values(rows, without[0]) == {"colour": 1.0}


def test_only_periods_that_are_over_are_published(mappings: Mappings) -> None:
    today = datetime(2026, 3, 31, 23, 0)  # noqa: DTZ001 - the server's own clock
    yearly = ended_periods(mappings.publications["FP2030A"], today)
    assert [period.id for period in yearly] == ["2020", "2021", "2022", "2023", "2024", "2025"]
    quarters = ended_periods(mappings.publications["FP2030T"], today)
    assert [period.id for period in quarters] == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]


@pytest.mark.parametrize(
    ("text", "period", "inside"),
    [
        ("2024", "2024", True),
        ("202403", "2024Q1", True),
        ("202404", "2024Q1", False),
        ("2024-03-31", "2024Q1", True),
        ("2024", "2024Q1", False),
        ("2024", "2024Q4", True),
        ("", "2024", False),
        (None, "2024", False),
    ],
)
def test_a_date_stands_in_the_period_it_ends_in(text: str | None, period: str, *, inside: bool) -> None:
    assert dated_in(text, parse(period)) is inside
