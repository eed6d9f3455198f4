"""Are the promises of the commitments on their way: their results, their process indicators, each as a whole?

Computed statuses only: what the report declared and what a meeting validated stand in tables of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from layidu.compute.colour import Course, Judgement, grey, judge, judge_floor
from layidu.compute.observation import Observation, measured, of_reference, too_old
from layidu.compute.places import Place
from layidu.compute.processes import assess_process
from layidu.compute.roll_up import roll_up
from layidu.compute.status_rows import Row, status_row
from layidu.compute.trajectory import elapsed_years, expected_value
from layidu.mapping.contracts import Mappings, Thresholds
from layidu.mapping.promises import Commitment, MeasuredBy, ResultIndicator, Target
from layidu.model.frames import RESULTS, ContractError
from layidu.model.promise_frames import COMMITMENT_STATUS, EVIDENCE


@dataclass(frozen=True, slots=True)
class Known:
    """What an assessment may look at."""

    trends: pd.DataFrame  # columns indicator, trend: the country's, one row an indicator
    results: pd.DataFrame  # RESULTS of the measuring indicators, of every org unit of the places
    places: Mapping[str, Place]  # "" is the country, the others are groups of org_units.yaml
    evidence: pd.DataFrame  # EVIDENCE, what is current of it

    @classmethod
    def nothing(cls) -> "Known":
        """No result, no place, no evidence."""
        trends = pd.DataFrame({"indicator": pd.Series(dtype="str"), "trend": pd.Series(dtype="str")})
        return cls(trends, RESULTS.frame(), {}, EVIDENCE.frame())


def assess_commitments(mappings: Mappings, known: Known, *, on: date) -> pd.DataFrame:
    """`COMMITMENT_STATUS`: each commitment, then its results, process indicators and their parts.

    Populations are never merged: where the promise does not name its base, each stands in a row of its own.
    Proxies get an arrow from the trends, never a colour.
    """
    if bool(known.trends["indicator"].duplicated().any()):
        raise ContractError("trends: found an indicator twice, expected those of one org unit only")
    rows: list[Row] = []
    for code, commitment in mappings.commitments.items():
        results = list(result_rows(code, commitment, mappings, known, on))
        processes = process_rows(code, commitment, mappings, known, on)
        whole = roll_up(results, processes, mappings.thresholds)
        rows.append(
            status_row(code, code, "commitment", commitment.label, whole, expired=expired(commitment, on))
        )
        rows += [*results, *processes]
    return COMMITMENT_STATUS.frame([{**row, "assessed_on": pd.Timestamp(on)} for row in rows])


def expired(commitment: Commitment, on: date) -> bool:
    """Whether the last of its dated targets is over."""
    years = [one.target.target_year for one in commitment.results.values() if one.target.target_year]
    return bool(years) and on.year > max(years)


def process_rows(
    commitment: str, declared: Commitment, mappings: Mappings, known: Known, on: date
) -> list[Row]:
    """The rows of the process indicators and their parts."""
    rows: list[Row] = []
    for code, process in declared.processes.items():
        found = observe(process.measured_by, mappings, known, on) if process.measured_by else None
        rows += assess_process(commitment, code, process, found, known.evidence, mappings.thresholds, on)
    return rows


def observe(by: MeasuredBy, mappings: Mappings, known: Known, on: date) -> Observation:
    """What DHIS2 tells of a measure."""
    name = by.group or ""
    place = known.places.get(name, Place(name, (), "aucun résultat : rien n'a encore été calculé"))
    indicator = mappings.indicators[by.indicator]
    return measured(by, indicator, known.results, place, mappings.thresholds, on)


def result_rows(
    commitment: str, declared: Commitment, mappings: Mappings, known: Known, on: date
) -> Iterator[Row]:
    """One row a result and population; a single grey one when there is no value at all."""
    arrows = dict(zip(known.trends["indicator"].tolist(), known.trends["trend"].tolist(), strict=True))
    for code, result in declared.results.items():
        target = result.target
        beside = {
            "proxy_indicator": ", ".join(result.proxies),
            "proxy_trend": ", ".join(arrow(arrows.get(proxy)) for proxy in result.proxies),
        }
        for found in observations(result, mappings, known, on):
            expected = expected_value(target, found.at) if found.value is not None else None
            judgement = judge_value(found, expected, target, mappings.thresholds, on)
            yield (
                status_row(
                    commitment,
                    code,
                    "result",
                    result.name,
                    say_what_else(judgement, result, on),
                    found=found,
                    target=target,
                    expected=expected,
                    expected_today=expected_value(target, elapsed_years(on)),
                    expired=target.target_year is not None and on.year > target.target_year,
                )
                | beside
            )


def arrow(trend: object) -> str:
    """The arrow, or a dash where nothing can be compared."""
    return trend if isinstance(trend, str) else "–"


def observations(result: ResultIndicator, mappings: Mappings, known: Known, on: date) -> list[Observation]:
    """The latest value of each population, or the one measure; one without a value when nothing is known."""
    if result.measured_by is not None:
        return [observe(result.measured_by, mappings, known, on)]
    values = [
        value
        for value in mappings.reference_values
        if value.indicator == result.reference
        and value.year <= on.year
        and result.population in (None, value.population)
    ]
    if not values:
        todo = "aucune donnée : saisir une valeur de référence (enquête, modèle ou budget) avec sa source"
        return [Observation(None, 0.0, "", "", "", result.population or "", refused=todo)]
    return [
        of_reference(max((one for one in values if one.population == population), key=lambda one: one.year))
        for population in sorted({value.population for value in values})
    ]


def judge_value(
    found: Observation, expected: float | None, target: Target, thresholds: Thresholds | None, on: date
) -> Judgement:
    """Grey when no judgement is fair, else the colour for the date of the value."""
    refused = cannot_judge(found, target, thresholds, on)
    if refused or found.value is None or thresholds is None or target.target is None or expected is None:
        return grey(refused or "la promesse n'a pas de cible chiffrée : rien à comparer")
    if target.trajectory == "floor":
        return judge_floor(found.value, target.target, thresholds)
    baseline = expected if target.baseline is None else target.baseline
    return judge(found.value, Course(baseline, expected, target.target, target.direction), thresholds)


def cannot_judge(found: Observation, target: Target, thresholds: Thresholds | None, on: date) -> str:
    """Why a value may not be judged; empty when it may."""
    if thresholds is None:
        return "seuils non déclarés : compléter thresholds.yaml"
    if found.refused or found.value is None:
        return found.refused or "aucune valeur"
    old = too_old(found, thresholds, on)
    if old:
        return old
    if target.baseline_year is not None and found.at < target.baseline_year:
        return f"la dernière donnée ({found.date}) précède le départ de la promesse ({target.baseline_year})"
    return ""


def say_what_else(judgement: Judgement, result: ResultIndicator, on: date) -> Judgement:
    """What is missing, when grey; that the deadline has passed, always."""
    reason = judgement.reason
    if judgement.colour == "GREY" and result.missing:
        reason += f" ; il manque : {', '.join(result.missing)}"
    year = result.target.target_year
    if year is not None and on.year > year:
        reason += f" ; échéance de {year} dépassée, cible à renouveler"
    return judgement._replace(reason=reason)
