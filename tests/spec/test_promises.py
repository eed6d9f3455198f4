"""Worked examples of trajectories, colours, the plan's phasing and populations."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from layidu.compute.colour import Course, judge, judge_milestone
from layidu.compute.data_quality import findings, robust_score
from layidu.compute.plan import assess_plan
from layidu.compute.populations import population_values
from layidu.compute.trajectory import expected_value
from layidu.mapping.contracts import Mappings, Measure, Populations, Series
from layidu.mapping.promises import Phasing, Plan, PlanLine, Target
from layidu.model.promise_frames import PROGRESS
from tests.spec.promise_examples import declared, due, floored, promise_table, rolled
from tests.spec.worked_examples import THRESHOLDS, VECTORS, mapped_frame, small_tree


def of(code: str, kind: str) -> dict[str, Any]:
    return next(example for example in VECTORS[kind] if example["code"] == code)


@pytest.mark.parametrize("example", VECTORS["trajectories"], ids=lambda example: example["code"])
def test_trajectory(example: dict[str, Any]) -> None:
    target = Target(
        baseline=example["baseline"],
        baseline_year=example["start"],
        target=example["target"],
        target_year=example["end"],
        trajectory=example["trajectory"],
        unit="pourcent",
        source="exemple",
    )
    for year, expected in example["expected"].items():
        found = expected_value(target, int(year))
        assert found is not None
        assert round(found, 2) == expected
    assert expected_value(target, example["end"] + 5) == pytest.approx(example["target"])
    assert expected_value(target, example["start"] - 5) == pytest.approx(example["baseline"])


@pytest.mark.parametrize("example", VECTORS["judgements"], ids=lambda example: example["code"])
def test_colour(example: dict[str, Any]) -> None:
    course = Course(example["baseline"], example["expected_value"], example["target"], example["direction"])
    for actual, progress, colour in example["expected"]:
        judgement = judge(actual, course, THRESHOLDS)
        assert judgement.progress == pytest.approx(progress, abs=5e-5)
        assert judgement.colour == colour
        assert "observé" in judgement.reason


def test_phasing_of_the_plan() -> None:
    example = of("TV18", "plan")
    line = PlanLine(
        label="Personnes touchées",
        printed="IEC de 5000 personnes",
        sector="SR",
        quantity=example["quantity"],
        unit="personne",
        responsible=None,
        printed_in=["V"],
        calculation="CAEB_DB",
        phasing="thirds",
        source="exemple",
    )
    thirds = Phasing(
        name="un tiers par an",
        shares={year: float(Fraction(share)) for year, share in example["phasing"].items()},
        source="exemple",
    )
    mappings = Mappings(
        folder=Path(),
        digest="",
        sources={},
        thresholds=THRESHOLDS,
        plan=Plan(
            name="Plan",
            document="exemple",
            first_year=2025,
            last_year=2027,
            phasings={"thirds": thirds},
            lines={"L": line},
        ),
    )
    progress = PROGRESS.frame(
        [
            ("L", year, actual, None, "CAEB", pd.Timestamp(2027, 1, 5))
            for year, actual in example["entered"].items()
        ]
    )
    row = assess_plan(mappings, progress, on=date.fromisoformat(example["on"])).iloc[0]
    assert row["actual"] / row["quantity"] * 100 == pytest.approx(example["expected"]["share_percent"])
    assert row["ratio"] == pytest.approx(example["expected"]["ratio"])
    assert row["colour"] == example["expected"]["colour"]
    assert "phasage proposé" in row["reason"]


def test_cascade_of_measures() -> None:
    example = of("TV20", "populations")
    births = example["live_births_per_1000"] / 1000
    carried = (1 - example["stillbirth_rate"]) * (1 - example["pregnancy_loss"])
    pregnancies = births * (1 - 0.5 * example["twin_rate"]) / carried
    shares = {
        "live_births": births,
        "pregnancies": pregnancies,
        "deliveries": pregnancies * (1 - example["pregnancy_loss"]),
        "penta": births * (1 - example["neonatal_mortality"]),
    }
    declared = Populations(
        series={"dhis2": Series(name="DHIS2", variable="population_total", source="exemple")},
        measures={
            name: Measure(name=name, series=["dhis2"], share=share, source="exemple")
            for name, share in shares.items()
        },
    )
    mapped = mapped_frame([("population_total", "", 2, 202600, float(example["population"]))])
    found = population_values(declared, mapped, small_tree(["A"]), 2026).set_index("measure")["value"]
    for name, expected in example["expected"].items():
        assert round(found[name], 2) == expected


def test_projection() -> None:
    example = of("TV21", "populations")
    series = Series(
        name="Recensement",
        totals={"A": example["population"]},
        base_year=example["base_year"],
        growth=example["growth"],
        source="exemple",
    )
    declared = Populations(
        series={"census": series}, measures={"people": Measure(name="p", series=["census"], source="exemple")}
    )
    found = population_values(
        declared, mapped_frame([]), small_tree(["A"]), example["year"], org_unit_codes={"A": 2}
    )
    assert round(found["value"].item()) == example["expected"]


def test_modified_z_sees_the_spike() -> None:
    example = of("TV27", "series")
    values = np.array(example["values"], dtype=np.float64)
    score = robust_score(values, len(values) - 1)
    assert score.median == example["expected"]["median"]
    assert score.deviation == example["expected"]["deviation"]
    assert score.score is not None
    assert round(score.score, 2) == example["expected"]["score"]
    for limit, flagged in example["flagged_at"].items():
        assert (score.score > float(limit)) is flagged


def test_classic_z_is_masked_by_the_spike_itself_so_we_do_not_use_it() -> None:
    example = of("TV28", "series")
    values = np.array(example["values"], dtype=np.float64)
    score = (values[-1] - values.mean()) / values.std()
    assert round(float(values.mean()), 4) == example["expected"]["mean"]
    assert round(float(values.std()), 4) == example["expected"]["deviation"]
    assert round(float(score), 3) == example["expected"]["score"]
    for limit, flagged in example["flagged_at"].items():
        assert bool(score > float(limit)) is flagged


def test_a_series_without_spread_has_no_score_and_is_never_infinite() -> None:
    assert robust_score(np.array([5.0] * 11 + [900.0]), 11).score is None


def test_a_hundredfold_month_is_found_where_a_mere_outlier_is_not() -> None:
    quiet = of("TV27", "series")["values"]
    rows = [("visits", "", 2, 202501 + n, float(value)) for n, value in enumerate(quiet)]
    rows += [
        ("visits", "", 3, 202501 + n, float(value * (100 if n == 4 else 1))) for n, value in enumerate(quiet)
    ]
    found = findings(mapped_frame(rows), small_tree(["A", "B"]), THRESHOLDS, {})
    assert found[["code", "variable", "period", "org_unit", "value"]].to_numpy().tolist() == [
        ["spike", "visits", "202505", "B", "9900"]
    ]
    assert "260 au plus les 11 autres mois" in found["reason"].item()


@pytest.mark.parametrize("example", VECTORS["floors"], ids=lambda example: example["code"])
def test_floor(example: dict[str, Any]) -> None:
    _, _, thresholds = declared()
    value, judgement = floored(example, thresholds)
    expected = example["expected"]
    assert (value, judgement.progress) == (
        pytest.approx(expected["value"]),
        pytest.approx(expected["progress"]),
    )
    assert judgement.colour == expected["colour"]


@pytest.mark.parametrize("example", VECTORS["phasings"], ids=lambda example: example["code"])
def test_what_the_shipped_phasings_expect(example: dict[str, Any]) -> None:
    _, plan, _ = declared()
    assert due(example, plan) == pytest.approx(example["expected"], abs=0.005)


@pytest.mark.parametrize("example", VECTORS["milestones"], ids=lambda example: example["code"])
def test_milestone(example: dict[str, Any]) -> None:
    _, _, thresholds = declared()
    score = thresholds.milestones.scales[example["scale"]][example["milestone"]]
    assert score == example["expected"]["score"]
    assert judge_milestone(score, example["milestone"], thresholds).colour == example["expected"]["colour"]


@pytest.mark.parametrize("example", VECTORS["roll_ups"], ids=lambda example: example["code"])
def test_roll_up_of_a_commitment(example: dict[str, Any]) -> None:
    _, _, thresholds = declared()
    assert rolled(example, thresholds).colour == example["expected"]


def test_the_table_of_promises_has_a_row_for_every_example() -> None:
    table = promise_table()
    counted = sum(len(example["expected"]) for example in VECTORS["trajectories"] + VECTORS["judgements"])
    alone = ("floors", "plan", "phasings", "milestones", "roll_ups")
    assert len(table) == counted + sum(len(VECTORS[kind]) for kind in alone)
    assert ("TV16 E2 en 2024", "observé 24", "(24 − 17) / (26.2 − 17)", "0.7609, jaune") in table
    assert all(all(cells) for cells in table)
