"""How far is each line of the plan, against the phasing proposed for it?"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from layidu.compute.colour import Judgement, grey, judge_count, number
from layidu.compute.trajectory import due_share
from layidu.mapping.contracts import Mappings, Thresholds
from layidu.mapping.promises import Phasing, PlanLine
from layidu.model.periods import parse
from layidu.model.promise_frames import PLAN_PROGRESS, PROGRESS

NO_COMPANIONS: Mapping[str, str] = {}


def assess_plan(
    mappings: Mappings, progress: pd.DataFrame, companions: Mapping[str, str] = NO_COMPANIONS, *, on: date
) -> pd.DataFrame:
    """One `PLAN_PROGRESS` row for each line of the plan, in its order; no plan, no row.

    `progress`: PROGRESS, what is current of the entries. `companions`: line -> what its DHIS2 indicators say.
    """
    if mappings.plan is None:
        return PLAN_PROGRESS.frame()
    entries = entered(progress, on)
    rows = []
    for code, line in mappings.plan.lines.items():
        phasing = mappings.plan.phasing_of(line)
        expected = expected_quantity(line, phasing, on)
        mine = entries[entries["line"] == code]
        actual = None if mine.empty else float(mine["quantity"].sum())
        judgement = judge_line(line, phasing, expected, actual, mappings.thresholds)
        last = None if mine.empty else mine.iloc[-1]
        rows.append(
            {
                "line": code,
                "label": line.label,
                "quantity": line.quantity,
                "unit": line.unit,
                "expected": expected,
                "actual": actual,
                "gap": None if actual is None or expected is None else actual - expected,
                "ratio": judgement.progress,
                "colour": judgement.colour,
                "reason": judgement.reason,
                "last_period": None if last is None else last["period"],
                "actual_source": None if last is None else source_of(last),
                "companions": companions.get(code, ""),
                "assessed_on": pd.Timestamp(on),
            }
        )
    return PLAN_PROGRESS.frame(rows)


def entered(progress: pd.DataFrame, on: date) -> pd.DataFrame:
    """The entries of periods that have begun, oldest period first."""
    known = PROGRESS.check(progress)
    starts = pd.to_datetime(known["period"].map(lambda period: parse(period).start))
    ends = pd.to_datetime(known["period"].map(lambda period: parse(period).end))
    known = known.assign(start=starts, end=ends)
    return known[known["start"] <= pd.Timestamp(on)].sort_values(["line", "end"], kind="stable")


def source_of(entry: "pd.Series[str]") -> str:
    """`rapport T1 ; saisi par CAEB le 14/04/2026`."""
    document = f"{entry['document']} ; " if isinstance(entry["document"], str) else ""
    day = pd.Timestamp(entry["entered_on"])
    return f"{document}saisi par {entry['entered_by']} le {day:%d/%m/%Y}"


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
    """The colour of one line; a whole quantity reached before it is due is green."""
    if line.quantity is None:
        done = "" if actual is None else f" ; {number(actual)} saisi"
        return grey(f"le plan ne chiffre pas cette ligne : pas de cible à comparer{done}")
    if actual is None:
        return grey("aucune réalisation saisie (layidu template plan)")
    if phasing is None or expected is None:
        return grey("aucun phasage déclaré pour cette ligne : le proposer dans le fichier du plan")
    if thresholds is None:
        return grey("seuils non déclarés : compléter thresholds.yaml")
    if actual >= line.quantity:
        judgement = Judgement(
            actual / expected if expected else None,
            "GREEN",
            f"quantité prévue atteinte : {number(actual)} sur {number(line.quantity)}",
        )
    else:
        judgement = judge_count(actual, expected, thresholds)
    return judgement._replace(reason=f"{judgement.reason} (phasage {phasing.status} : {phasing.name})")
