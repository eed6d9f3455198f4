"""The pure arithmetic beside the indicators: populations, commitments, plan, trends, statistics."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layidu.compute.colour import Course, judge, judge_count, judge_floor, number
from layidu.compute.commitments import Known, assess_commitments
from layidu.compute.data_quality import findings
from layidu.compute.facility_months import open_months
from layidu.compute.plan import assess_plan
from layidu.compute.populations import population_checks, population_values
from layidu.compute.ratio import divide
from layidu.compute.trajectory import elapsed_years, expected_value, phased_share
from layidu.compute.tree_sums import Branches
from layidu.compute.trend import TRENDS, yearly_trends
from layidu.compute.year_periods import YearPeriods
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import (
    Check,
    Mappings,
    Measure,
    Populations,
    ReferenceValue,
    Series,
)
from layidu.mapping.promises import Commitment, Phasing, Plan, PlanLine, ResultIndicator, Target
from layidu.model import frames
from layidu.model.promise_frames import PROGRESS
from tests.spec.worked_examples import THRESHOLDS, mapped_frame, small_tree

NAN = float("nan")


def declared(**parts: Any) -> Mappings:
    return Mappings(folder=Path(), digest="", sources={}, thresholds=THRESHOLDS, **parts)


def test_a_ratio_says_which_part_is_missing() -> None:
    numerator = np.array([3.0, NAN, 3.0, 3.0, 0.0, 3.0, NAN])
    denominator = np.array([6.0, 6.0, NAN, 0.0, 6.0, 6.0, NAN])
    incomplete = np.array([False, False, True, True, False, True, True])
    value, status = divide(numerator, denominator, 100, incomplete=incomplete)
    assert status.tolist() == [
        "computed",
        "numerator missing",
        "denominator missing",
        "denominator zero",
        "computed",
        "denominator incomplete",
        "numerator missing",
    ]
    np.testing.assert_array_equal(value, [50.0, NAN, NAN, NAN, 0.0, 50.0, NAN])


def test_a_count_has_no_denominator() -> None:
    value, status = divide(np.array([3.0, NAN]), None, 1)
    assert status.tolist() == ["computed", "numerator missing"]
    np.testing.assert_array_equal(value, [3.0, NAN])


def test_a_region_is_exactly_the_sum_of_its_districts() -> None:
    units = [(1, -1, 2, "r", "r", pd.NaT, pd.NaT)]
    units += [(10 + n, 1, 3, f"d{n}", "d", pd.NaT, pd.NaT) for n in range(40)]
    branches = Branches.of(frames.TREE.frame(units))
    values = np.random.default_rng(7).random((41, 1)) * 1000 / 365
    present = np.ones((41, 1), dtype=np.bool_)
    values[0] = present[0] = 0
    totals, _ = branches.sum_up(values, present)
    expected = 0.0
    for value in values[1:, 0].tolist():
        expected += value
    assert totals[0, 0] == expected


def test_a_tree_that_bites_its_tail_is_refused() -> None:
    units = [(1, 2, 1, "a", "a", pd.NaT, pd.NaT), (2, 1, 1, "b", "b", pd.NaT, pd.NaT)]
    with pytest.raises(frames.ContractError, match="own ancestor"):
        Branches.of(frames.TREE.frame(units))


def test_a_running_quarter_is_its_ended_months() -> None:
    periods = YearPeriods.of(2026, date(2026, 5, 30))
    assert periods.names == ("202601", "202602", "202603", "202604", "2026Q1", "2026Q2", "2026")
    assert periods.members[-3:] == (slice(0, 3), slice(3, 4), slice(0, 4))
    assert YearPeriods.of(2026, date(2026, 5, 31)).names[4] == "202605"
    assert YearPeriods.of(2027, date(2026, 12, 31)).names == ()


POPULATIONS = Populations(
    series={
        "dnp": Series(name="DNP", variable="dnp_total", source="x"),
        "dhis2": Series(name="DHIS2", variable="population_total", growth=0.03, source="x"),
    },
    measures={
        "at_risk": Measure(name="x", series=["dnp", "dhis2"], source="x"),
        "women": Measure(name="x", series=["dhis2"], share={"2026": 0.2}, source="x"),
    },
    checks=[Check(name="Recensement", year=2026, total=2000, source="x")],
)


def test_one_series_serves_the_whole_tree() -> None:
    mapped = mapped_frame(
        [
            ("dnp_total", "", 2, 202500, 900.0),
            ("population_total", "", 2, 202600, 1000.0),
            ("population_total", "", 3, 202500, 1000.0),
            ("population_total", "", 1, 202600, 7777.0),  # the district's own total: never a denominator
        ]
    )
    tree = small_tree(["A", "B", "C"])
    found = population_values(POPULATIONS, mapped, tree, 2026)
    assert found.round(6).to_numpy().tolist() == [
        ["at_risk", 2, 2026, 1000.0, "dhis2"],
        ["at_risk", 3, 2026, 1030.0, "dhis2"],
        ["women", 2, 2026, 200.0, "dhis2"],
        ["women", 3, 2026, 206.0, "dhis2"],
    ]
    before = population_values(POPULATIONS, mapped, tree, 2025)
    assert before.to_numpy().tolist() == [["at_risk", 2, 2025, 900.0, "dnp"]]
    checks = population_checks(POPULATIONS, mapped, tree)
    assert checks["found"].tolist() == [2030.0]
    assert checks["difference_percent"].tolist() == pytest.approx([1.5])


def test_a_series_typed_in_above_the_facilities_serves_from_its_own_level() -> None:
    census = Series(name="x", totals={"D": 1000, "Z": 5}, base_year=2024, growth=0.1, source="x")
    populations = Populations(
        series={"dhis2": Series(name="x", variable="population_total", source="x"), "census": census},
        measures={"people": Measure(name="x", series=["dhis2", "census"], share=0.5, source="x")},
    )
    tree, nothing = small_tree(["A"]), mapped_frame([])
    found = population_values(populations, nothing, tree, 2026, org_unit_codes={"D": 1})
    assert found.round(6).to_numpy().tolist() == [["people", 1, 2026, 605.0, "census"]]
    assert len(population_values(populations, nothing, tree, 2026)) == 0
    assert len(population_values(populations, nothing, tree, 2023, org_unit_codes={"D": 1})) == 0


def test_one_open_day_makes_a_month_of_person_time() -> None:
    dates = [
        ("2026-01-31", None, [True, True]),
        ("2026-02-01", None, [False, True]),
        (None, "2026-02-01", [True, True]),
        (None, "2026-01-31", [True, False]),
        (None, None, [True, True]),
    ]
    units = [
        (n, -1, 4, f"u{n}", "x", pd.Timestamp(opening), pd.Timestamp(closed))
        for n, (opening, closed, _) in enumerate(dates)
    ]
    opened = open_months(Branches.of(frames.TREE.frame(units)), YearPeriods.of(2026, date(2026, 2, 28)))
    assert opened.tolist() == [expected for _, _, expected in dates]


def test_months_count_from_the_end_of_the_year_before() -> None:
    assert elapsed_years(date(2026, 12, 31)) == 2026
    assert elapsed_years(date(2026, 12, 30)) == pytest.approx(2025 + 11 / 12)
    assert elapsed_years(date(2026, 4, 8)) == 2025.25


def target(**changes: Any) -> Target:
    return Target(
        **{
            "baseline": 17,
            "baseline_year": 2020,
            "target": 40,
            "target_year": 2030,
            "unit": "%",
            "source": "x",
        }
        | changes
    )


def test_other_trajectories() -> None:
    assert expected_value(target(trajectory="floor", target=20, baseline=None), 2023) == 20
    assert expected_value(target(trajectory="milestone"), 2029) == 0
    assert expected_value(target(trajectory="milestone"), 2030) == 1
    assert expected_value(target(trajectory="cumulative", baseline=None, target=300), 2025) == 150
    assert expected_value(target(trajectory="cumulative"), 2027.5, {"2027": 0.5, "2028": 1}) == 30
    assert expected_value(target(target=None), 2025) is None
    assert expected_value(target(baseline=None), 2025) is None
    assert phased_share({"2025": 0.2, "2026": 0.6, "2027": 1.0}, 2024) == 0
    assert phased_share({"2025": 0.2, "2026": 0.6, "2027": 1.0}, 2025.5) == pytest.approx(0.4)
    assert phased_share({"2025": 0.2, "2026": 0.6, "2027": 1.0}, 2031) == 1
    with pytest.raises(ConfigurationError, match="strictement compris"):
        expected_value(target(trajectory="logistic", baseline=0), 2025)


def test_colours_at_the_edges() -> None:
    close = Course(17, 17.2, 40, "up")
    assert judge(17.3, close, THRESHOLDS).colour == "GREY"
    assert judge(40, close, THRESHOLDS).colour == "GREEN"
    assert judge(12, Course(20, 19.9, 13, "down"), THRESHOLDS).colour == "GREEN"
    flat = Course(17, 17, 40, "up")
    assert judge(17, flat, THRESHOLDS)[:2] == (1.0, "GREEN")
    assert judge(16, flat, THRESHOLDS)[:2] == (0.0, "RED")
    assert judge_count(5, 0, THRESHOLDS).colour == "GREY"
    assert [judge_floor(value, 20, THRESHOLDS).colour for value in (20, 10, 9.9)] == [
        "GREEN",
        "YELLOW",
        "RED",
    ]
    assert number(1234567.5) == "1\u202f234\u202f567,5"
    assert number(100, 0) == "100"


def reference(year: int, value: float, population: str, kind: str = "SURVEY") -> ReferenceValue:
    return ReferenceValue(
        indicator="PF-TPCM", year=year, value=value, population=population, source=f"EDS {year}", kind=kind
    )


def commitments(*values: ReferenceValue, **changes: Any) -> Mappings:
    result = ResultIndicator(
        name="TPCm", reference="PF-TPCM", target=target(), proxies=["PF-CYP", "PF-CYPR", "PF-X"], **changes
    )
    return declared(
        commitments={
            "E1": Commitment(label="Intégrer", type="policy", source="x"),
            "E2": Commitment(label="Hausse", type="outcome", results={"R2": result}, source="x"),
        },
        reference_values=list(values),
    )


ARROWS = pd.DataFrame({"indicator": ["PF-CYP", "PF-CYPR"], "trend": ["↑", "→"]})
KNOWN = replace(Known.nothing(), trends=ARROWS)


def assessed(mappings: Mappings, on: date, known: Known = KNOWN) -> pd.DataFrame:
    """The results only."""
    rows = assess_commitments(mappings, known, on=on)
    return rows[rows["kind"] == "result"].reset_index(drop=True)


def test_each_population_stands_in_a_row_of_its_own() -> None:
    mappings = commitments(
        reference(2018, 16.4, "en union"),
        reference(2024, 20.9, "en union"),
        reference(2024, 18.3, "toutes"),
        reference(2029, 39.0, "toutes"),
    )
    rows = assessed(mappings, date(2026, 4, 8))
    assert rows["population"].tolist() == ["en union", "toutes"]
    assert rows["colour"].tolist() == ["RED", "RED"]
    assert rows["value"].tolist() == [20.9, 18.3]
    assert rows["expected"].tolist() == pytest.approx([26.2, 26.2])
    assert rows["expected_today"].tolist() == pytest.approx([17 + 23 * 5.25 / 10] * 2)
    assert rows["gap"].tolist() == pytest.approx([-5.3, -7.9])
    assert rows["progress"].tolist() == pytest.approx([0.4239, 0.1413], abs=1e-4)
    assert rows["proxy_trend"].tolist()[0] == "↑, →, –"
    named = assessed(commitments(*mappings.reference_values, population="toutes"), date(2026, 4, 8))
    assert named["population"].tolist() == ["toutes"]


@pytest.mark.parametrize(
    ("value", "on", "reason"),
    [
        (
            reference(2021, 30, "toutes"),
            date(2028, 1, 31),
            "donnée trop ancienne : 2021, il y a 73 mois ; 72 au plus",
        ),
        (reference(2024, 30, "toutes", "MODEL"), date(2026, 8, 1), "donnée trop ancienne"),
        (reference(2018, 16, "toutes"), date(2021, 1, 1), "précède le départ"),
        (reference(2022, 16, "toutes"), date(2021, 1, 1), "aucune donnée"),
    ],
)
def test_a_value_that_cannot_be_judged_is_grey(value: ReferenceValue, on: date, reason: str) -> None:
    row = assessed(commitments(value), on).iloc[0]
    assert row["colour"] == "GREY"
    assert reason in row["reason"]


def test_what_is_missing_is_said_when_grey_and_only_then() -> None:
    missing = ["la quantification", "la dépense exécutée"]
    grey = assessed(commitments(missing=missing), date(2026, 4, 8)).iloc[0]
    assert "il manque : la quantification, la dépense exécutée" in grey["reason"]
    judged = assessed(commitments(reference(2024, 20.9, "toutes"), missing=missing), date(2026, 4, 8)).iloc[0]
    assert "il manque" not in judged["reason"]


def test_a_deadline_that_passed_is_said() -> None:
    row = assessed(commitments(reference(2030, 41, "toutes")), date(2031, 2, 1)).iloc[0]
    assert row["colour"] == "GREEN"
    assert row["expired"]
    assert "échéance de 2030 dépassée, cible à renouveler" in row["reason"]
    nothing = assessed(commitments(), date(2031, 2, 1)).iloc[0]
    assert nothing["colour"] == "GREY"
    assert "échéance de 2030 dépassée, cible à renouveler" in nothing["reason"]
    assert not assessed(commitments(), date(2030, 12, 31)).iloc[0]["expired"]


def test_trends_of_several_org_units_are_refused() -> None:
    twice = replace(KNOWN, trends=pd.concat([ARROWS, ARROWS]))
    with pytest.raises(frames.ContractError):
        assess_commitments(commitments(), twice, on=date(2026, 4, 8))


def results(rows: list[tuple[str, int, str, float, float]]) -> pd.DataFrame:
    return frames.RESULTS.frame(
        [
            (name, "", unit, period, above, below, above / below, "computed", 1.0)
            for name, unit, period, above, below in rows
        ]
    )


def test_a_trend_compares_the_same_months_and_divides_after_summing() -> None:
    frame = results(
        [
            ("R", 1, "202501", 10, 100),
            ("R", 1, "202502", 10, 1000),
            ("R", 1, "202503", 900, 1000),  # this year has no March
            ("R", 1, "202601", 5, 100),
            ("R", 1, "202602", 50, 1000),
            ("R", 1, "2026Q1", 55, 1100),
            ("S", 1, "202601", 5, 100),
        ]
    )
    found = yearly_trends(frame, on=date(2026, 4, 8))
    assert found[["indicator", "months", "trend"]].to_numpy().tolist() == [["R", 2, "↑"]]
    assert found["current"].item() == pytest.approx(55 / 1100)
    assert len(yearly_trends(frame, on=date(2028, 1, 1))) == 0
    TRENDS.check(yearly_trends(results([]), on=date(2028, 1, 1)))


def entry(line: str, period: str, quantity: float) -> tuple[object, ...]:
    return (line, period, quantity, None, "CAEB", pd.Timestamp(2026, 4, 1))


def test_a_line_without_an_entry_is_grey() -> None:
    line: dict[str, Any] = {
        "label": "x",
        "printed": "x",
        "sector": "SR",
        "unit": "agent",
        "responsible": None,
        "printed_in": ["V"],
        "calculation": "CAEB_DB",
        "source": "x",
    }
    lines = {
        "A": PlanLine(**line, quantity=30, phasing="halves"),
        "B": PlanLine(**line, quantity=None),
        "C": PlanLine(**line, quantity=30),
    }
    mappings = declared(
        plan=Plan(
            name="x",
            document="x",
            first_year=2025,
            last_year=2026,
            phasings={"halves": Phasing(name="moitié", shares={"2025": 0.5, "2026": 1.0}, source="x")},
            lines=lines,
        )
    )
    nothing = assess_plan(mappings, PROGRESS.frame(), on=date(2026, 4, 8))
    assert nothing["colour"].tolist() == ["GREY"] * 3
    assert nothing["reason"][0] == "aucune réalisation saisie (layidu template plan)"
    assert nothing["expected"][0] == pytest.approx(18.75)
    entered = assess_plan(
        mappings, PROGRESS.frame([entry("A", "2025", 0), entry("C", "2025", 4)]), on=date(2026, 4, 8)
    )
    assert entered["colour"].tolist() == ["RED", "GREY", "GREY"]
    assert len(assess_plan(declared(), PROGRESS.frame(), on=date(2026, 4, 8))) == 0


def cells(unit: int, period: int, values: list[float]) -> list[tuple[str, str, int, int, float]]:
    return [(f"v{n % 3}", f"age={n}", unit, period, value) for n, value in enumerate(values)]


def test_a_copied_month_is_found_across_the_new_year() -> None:
    same = [4.0, 7.0, 0.0, 9.0, 3.0, 8.0]
    rows = cells(2, 202512, same) + cells(2, 202601, same)  # copied
    rows += cells(3, 202512, same) + cells(3, 202601, [*same[:-1], 2.0])  # one value differs
    rows += cells(4, 202511, same) + cells(4, 202601, same)  # not the month before
    rows += cells(5, 202512, [4.0, 7.0]) + cells(5, 202601, [4.0, 7.0])  # too few
    rows += [("yearly", "", 2, 202500, 5.0), ("other", "", 2, 202601, 5.0)]
    found = findings(
        mapped_frame(rows), small_tree(["A", "B", "C", "D"]), THRESHOLDS, {"dataSet0001": ["v0", "v1", "v2"]}
    )
    assert found[["code", "period", "org_unit", "value"]].to_numpy().tolist() == [
        ["copied-month", "202601", "A", "5"]
    ]


def test_a_spike_needs_six_other_months_and_some_size() -> None:
    quiet = [10.0, 12.0, 11.0, 9.0, 10.0, 11.0]
    rows = [("v", "", 2, 202501 + n, value) for n, value in enumerate([*quiet, 1100.0])]
    rows += [("v", "", 3, 202501 + n, value) for n, value in enumerate([*quiet[1:], 1100.0])]  # too short
    rows += [("v", "", 4, 202501 + n, value / 20) for n, value in enumerate([*quiet, 1100.0])]  # too small
    rows += [("v", "", 5, 202501 + n, value) for n, value in enumerate([10.0] * 6 + [1100.0])]  # no spread
    found = findings(mapped_frame(rows), small_tree(["A", "B", "C", "D"]), THRESHOLDS, {})
    assert found["org_unit"].tolist() == ["A", "D"]
    assert "non évaluable" in found["reason"][1]
    assert len(findings(mapped_frame([]), small_tree(["A"]), THRESHOLDS, {"dataSet0001": ["v"]})) == 0
