"""The worked examples of trajectories, colours, phasing and roll-ups, as rows for people.

Each example of examples.json is computed on the road the night takes, with the shipped thresholds and phasings.
`promise_table` gives (example, what, calculation, result), as `worked_examples.table` does for indicators.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from layidu.compute.colour import Course, Judgement, judge, judge_count, judge_floor, judge_milestone
from layidu.compute.roll_up import WORDS, roll_up
from layidu.compute.trajectory import due_share, expected_value, phased_share
from layidu.mapping.contracts import Mappings, Thresholds
from layidu.mapping.promises import Plan, Target
from layidu.mapping.reader import read_mappings
from layidu.settings import shipped
from tests.spec.worked_examples import VECTORS

Row = tuple[str, str, str, str]


@lru_cache
def declared() -> tuple[Mappings, Plan, Thresholds]:
    """What is shipped: the examples show what the product does, not what a test set up."""
    mappings = read_mappings(shipped("mappings"))
    if mappings.plan is None or mappings.thresholds is None:
        raise AssertionError("the shipped mappings have no plan or no thresholds")
    return mappings, mappings.plan, mappings.thresholds


def target_of(example: dict[str, Any]) -> Target:
    """The target of a trajectory's example."""
    return Target(
        baseline=example["baseline"],
        baseline_year=example["start"],
        target=example["target"],
        target_year=example["end"],
        trajectory=example["trajectory"],
        unit="%",
        source="exemple",
    )


def judged(example: dict[str, Any], actual: float, thresholds: Thresholds) -> Judgement:
    """The judgement of one value of an example."""
    course = Course(example["baseline"], example["expected_value"], example["target"], example["direction"])
    return judge(actual, course, thresholds)


def floored(example: dict[str, Any], thresholds: Thresholds) -> tuple[float, Judgement]:
    """The value of a floor's example, and its judgement."""
    value = 100 * example["numerator"] / example["denominator"]
    return value, judge_floor(value, example["floor"], thresholds)


def due(example: dict[str, Any], plan: Plan) -> float:
    """What is due of a quantity under a shipped phasing."""
    share = due_share(plan.phasings[example["phasing"]], date.fromisoformat(example["on"]))
    return float(example["quantity"]) * share


def rolled(example: dict[str, Any], thresholds: Thresholds) -> Judgement:
    """The colour of a commitment."""
    results = [{"kind": "result", "colour": colour, "target": 1.0} for colour in example["results"]]
    processes = [{"kind": "process", "colour": colour} for colour in example["processes"]]
    return roll_up(results, processes, thresholds)


def promise_table() -> list[Row]:
    """Rows for people: example, result, calculation, value."""
    return [*trajectories(), *judgements(), *floors(), *counts(), *phasings(), *milestones(), *commitments()]


def trajectories() -> Iterator[Row]:
    """Where a promise should stand."""
    for example in VECTORS["trajectories"]:
        target = target_of(example)
        start, end = (
            f"{target.baseline:g} ({target.baseline_year})",
            f"{target.target:g} ({target.target_year})",
        )
        for year in example["expected"]:
            value = f"{expected_value(target, int(year)):.2f}"
            yield title(example), f"attendu {year}", f"{target.trajectory}, de {start} à {end}", value


def judgements() -> Iterator[Row]:
    """Values against what was expected."""
    for example in VECTORS["judgements"]:
        base, expected = example["baseline"], example["expected_value"]
        for actual, *_ in example["expected"]:
            found = judged(example, actual, declared()[2])
            way = f"({actual:g} − {base}) / ({expected:g} − {base})"
            yield title(example), f"observé {actual:g}", way, f"{found.progress:.4f}, {WORDS[found.colour]}"


def floors() -> Iterator[Row]:
    """Values against a floor."""
    for example in VECTORS["floors"]:
        value, found = floored(example, declared()[2])
        result = f"{found.progress:.4f}, {WORDS[found.colour]}"
        yield title(example), f"{value:.2f} %", f"{value:g} / {example['floor']}", result


def counts() -> Iterator[Row]:
    """Achievements against what was due."""
    for example in VECTORS["plan"]:
        shares = {year: float(Fraction(share)) for year, share in example["phasing"].items()}
        expected = example["quantity"] * phased_share(shares, int(example["on"][:4]))
        done = sum(example["entered"].values())
        found = judge_count(done, expected, declared()[2])
        result = f"{found.progress:.2f}, {WORDS[found.colour]}"
        yield title(example), f"réalisé {done}", f"{done} / {expected:.0f}", result


def phasings() -> Iterator[Row]:
    """What is due of a quantity."""
    for example in VECTORS["phasings"]:
        plan = declared()[1]
        way = f"{example['quantity']} × part due, phasage « {plan.phasings[example['phasing']].name} »"
        yield title(example), "attendu", way, f"{due(example, plan):.1f}"


def milestones() -> Iterator[Row]:
    """What evidence shows."""
    for example in VECTORS["milestones"]:
        thresholds = declared()[2]
        score = thresholds.milestones.scales[example["scale"]][example["milestone"]]
        found = judge_milestone(score, example["milestone"], thresholds)
        name = f"jalon « {example['milestone']} »"
        yield title(example), name, f"échelle « {example['scale']} »", f"{score:g}, {WORDS[found.colour]}"


def commitments() -> Iterator[Row]:
    """Whole commitments."""
    for example in VECTORS["roll_ups"]:
        found = rolled(example, declared()[2])
        yield title(example), "engagement", found.reason, WORDS[found.colour]


def title(example: dict[str, Any]) -> str:
    """`TV16 E2 en 2024`."""
    return f"{example['code']} {example['title']}"
