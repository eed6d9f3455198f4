"""How far is each line of the plan, against the phasing proposed for it?"""

from datetime import date

import pandas as pd

from layidu.compute.colour import Judgement, grey, judge_count
from layidu.compute.trajectory import due_share
from layidu.mapping.contracts import Mappings, Thresholds
from layidu.mapping.promises import Phasing, PlanLine
from layidu.model.frames import TEXT, Contract

PROGRESS = Contract(  # what people entered: achievements of one line in one year, not cumulated
    "progress", {"line": TEXT, "year": "int32", "actual": "float64"}, ("line", "year")
)
PLAN_PROGRESS = Contract(
    "plan_progress",
    {
        "line": TEXT,
        "label": TEXT,
        "quantity": "float64",  # promised over the whole plan; missing when the plan prints none
        "unit": TEXT,
        "year": "float64",  # the year of the assessment
        "expected": "float64",  # cumulated, due by the end of the last ended month
        "actual": "float64",  # cumulated; missing when nothing was entered
        "ratio": "float64",
        "colour": TEXT,  # GREEN | YELLOW | RED | GREY
        "reason": TEXT,  # French
    },
    ("line",),
)


def assess_plan(mappings: Mappings, progress: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """One `PLAN_PROGRESS` row for each line of the plan, in its order; no plan, no row."""
    if mappings.plan is None:
        return PLAN_PROGRESS.frame()
    entered = PROGRESS.check(progress)
    sums = entered[entered["year"] <= on.year].groupby("line")["actual"].sum(min_count=1).dropna().to_dict()
    rows = []
    for code, line in mappings.plan.lines.items():
        phasing = mappings.plan.phasing_of(line)
        expected = expected_quantity(line, phasing, on)
        actual = sums.get(code)
        ratio, colour, reason = judge_line(line, phasing, expected, actual, mappings.thresholds)
        rows.append(
            (code, line.label, line.quantity, line.unit, on.year, expected, actual, ratio, colour, reason)
        )
    return PLAN_PROGRESS.frame(rows)


def expected_quantity(line: PlanLine, phasing: Phasing | None, on: date) -> float | None:
    """What was due by the last ended step of the phasing; None when the plan gives no quantity or no phasing."""
    if line.quantity is None or phasing is None:
        return None
    return line.quantity * due_share(phasing, on)


def judge_line(
    line: PlanLine,
    phasing: Phasing | None,
    expected: float | None,
    actual: float | None,
    thresholds: Thresholds | None,
) -> Judgement:
    """The colour of one line."""
    if line.quantity is None:
        return grey("le plan ne chiffre pas cette ligne : pas de cible à comparer")
    if actual is None:
        return grey("aucune réalisation saisie")
    if phasing is None or expected is None:
        return grey("aucun phasage déclaré pour cette ligne : le proposer dans le fichier du plan")
    if thresholds is None:
        return grey("seuils non déclarés : compléter thresholds.yaml")
    judgement = judge_count(actual, expected, thresholds)
    return judgement._replace(reason=f"{judgement.reason} (phasage {phasing.status} : {phasing.name})")
