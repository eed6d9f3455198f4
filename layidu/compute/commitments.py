"""Are the quantitative promises of the commitments on their way?"""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from layidu.compute.colour import Course, Judgement, grey, judge, judge_floor
from layidu.compute.trajectory import expected_value
from layidu.mapping.contracts import Mappings, ReferenceValue, Thresholds
from layidu.mapping.promises import ResultIndicator, Target
from layidu.model.frames import TEXT, Contract, ContractError

COMMITMENT_STATUS = Contract(
    "commitment_status",
    {
        "commitment": TEXT,
        "result": TEXT,  # "" for a commitment without a quantitative result
        "name": TEXT,
        "population": TEXT,  # base of the reference series; "" when there is none
        "year": "float64",  # of the actual value, missing without one; expected is for the same year
        "baseline": "float64",
        "target": "float64",
        "expected": "float64",
        "actual": "float64",
        "actual_source": TEXT,
        "progress": "float64",
        "colour": TEXT,  # GREEN | YELLOW | RED | GREY
        "reason": TEXT,  # French
        "proxy_indicator": TEXT,  # "PF-CYP, PF-CYPR": shown beside, never as the value
        "proxy_trend": TEXT,  # "↑, →", in the same order; "–" where nothing can be compared
    },
    ("commitment", "result", "population"),
)
Row = dict[str, object]


def assess_commitments(mappings: Mappings, trends: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """One `COMMITMENT_STATUS` row for each result and each population its reference values speak of.

    Populations are never merged: where the promise does not name its base, each stands in a row of its own.
    `trends` has one row an indicator (columns indicator, trend), the country's: proxies get an arrow from
    it, never a colour.
    """
    if bool(trends["indicator"].duplicated().any()):
        raise ContractError("trends: found an indicator twice, expected those of one org unit only")
    arrows = dict(zip(trends["indicator"].tolist(), trends["trend"].tolist(), strict=True))
    rows: list[Row] = []
    for code, commitment in mappings.commitments.items():
        if not commitment.results:
            reason = "pas de résultat chiffré : l'engagement se suit par ses indicateurs de processus"
            rows.append(row(code, "", commitment.label, "", None, None, None, grey(reason)))
        for result_code, result in commitment.results.items():
            beside = {
                "proxy_indicator": ", ".join(result.proxies),
                "proxy_trend": ", ".join(arrow(arrows.get(proxy)) for proxy in result.proxies),
            }
            rows.extend(each | beside for each in result_rows(code, result_code, result, mappings, on))
    return COMMITMENT_STATUS.frame(rows)


def arrow(trend: object) -> str:
    """The arrow, or a dash where nothing can be compared."""
    return trend if isinstance(trend, str) else "–"


def result_rows(
    commitment: str, code: str, result: ResultIndicator, mappings: Mappings, on: date
) -> Iterator[Row]:
    """One row a population; a single grey one when there is no value at all."""
    values = [
        value
        for value in mappings.reference_values
        if value.indicator == result.reference
        and value.year <= on.year
        and result.population in (None, value.population)
    ]
    for population in sorted({value.population for value in values}):
        latest = max((value for value in values if value.population == population), key=lambda v: v.year)
        expected = expected_value(result.target, latest.year)
        judgement = judge_value(latest, expected, result.target, mappings.thresholds, on)
        yield row(commitment, code, result.name, population, result.target, expected, latest, judgement)
    if not values:
        judgement = grey(
            "aucune donnée : saisir une valeur de référence (enquête, modèle ou budget) avec sa source"
        )
        yield row(
            commitment, code, result.name, result.population or "", result.target, None, None, judgement
        )


def judge_value(
    value: ReferenceValue, expected: float | None, target: Target, thresholds: Thresholds | None, on: date
) -> Judgement:
    """Grey when no judgement is fair, else the colour for the year of the value."""
    refused = cannot_judge(value, target, thresholds, on)
    if refused or thresholds is None or target.target is None or expected is None:
        return grey(refused or "la promesse n'a pas de cible chiffrée : rien à comparer")
    if target.trajectory == "floor":
        judgement = judge_floor(value.value, target.target, thresholds)
    else:
        baseline = expected if target.baseline is None else target.baseline
        course = Course(baseline, expected, target.target, target.direction)
        judgement = judge(value.value, course, thresholds)
    if target.target_year is not None and on.year > target.target_year:
        return judgement._replace(
            reason=f"{judgement.reason} ; échéance de {target.target_year} dépassée, cible à renouveler"
        )
    return judgement


def cannot_judge(value: ReferenceValue, target: Target, thresholds: Thresholds | None, on: date) -> str:
    """Why a value may not be judged; empty when it may."""
    if thresholds is None:
        return "seuils non déclarés : compléter thresholds.yaml"
    maximum = thresholds.maximum_age_months.get(value.kind)
    age = (on.year - value.year - 1) * 12 + on.month
    if maximum is not None and age > maximum:
        return f"donnée trop ancienne : {value.year}, il y a {age} mois ; {maximum} au plus"
    if target.baseline_year is not None and value.year < target.baseline_year:
        return f"la dernière donnée ({value.year}) précède le départ de la promesse ({target.baseline_year})"
    return ""


def row(
    commitment: str,
    result: str,
    name: str,
    population: str,
    target: Target | None,
    expected: float | None,
    value: ReferenceValue | None,
    judgement: Judgement,
) -> Row:
    """A line of the frame, without its proxies."""
    return {
        "commitment": commitment,
        "result": result,
        "name": name,
        "population": population,
        "year": value.year if value else None,
        "baseline": target.baseline if target else None,
        "target": target.target if target else None,
        "expected": expected,
        "actual": value.value if value else None,
        "actual_source": value.source if value else None,
        "progress": judgement.progress,
        "colour": judgement.colour,
        "reason": judgement.reason,
        "proxy_indicator": "",
        "proxy_trend": "",
    }
