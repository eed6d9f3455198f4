"""How far is a process indicator, by the measure DHIS2 gives of it or by the milestones that evidence shows?"""

from datetime import date

import pandas as pd

from layidu.compute.colour import Judgement, grey, judge_milestone, judge_share, number
from layidu.compute.observation import Observation, too_old
from layidu.compute.status_rows import Row, status_row
from layidu.compute.trajectory import elapsed_years
from layidu.mapping.contracts import Thresholds
from layidu.mapping.promises import MeasuredBy, ProcessIndicator, Scale, Target
from layidu.model.promise_frames import EVIDENCE

QUESTIONNAIRE = "QUEST"
SCALE_UNIT = "échelle de 0 à 1"
NO_EVIDENCE = "aucune preuve validée : la saisir (layidu template evidence)"


def assess_process(
    commitment: str,
    code: str,
    process: ProcessIndicator,
    found: Observation | None,
    evidence: pd.DataFrame,
    thresholds: Thresholds | None,
    on: date,
) -> list[Row]:
    """The row of a process indicator and those of its parts; `found`: what its measure tells, if it has one.

    A measure comes first. Where it is grey the milestones speak, and the reason says so.
    """
    EVIDENCE.check(evidence)
    parts = [
        (name, part, *by_milestones(name, part.milestones, evidence, thresholds, on))
        for name, part in process.parts.items()
    ]
    if parts:
        judgement, shown = judge_parts([(name, each) for name, _, each, _ in parts]), None
    else:
        judgement, shown = by_milestones(code, process.milestones, evidence, thresholds, on)
    target = milestone_target(process.source)
    if process.measured_by is not None and found is not None:
        measure = by_measure(process.measured_by, found, thresholds, on)
        if measure.colour != "GREY" or judgement.colour == "GREY":
            target, shown = measure_target(process.measured_by, found.unit), found
            judgement = (
                measure
                if measure.colour != "GREY"
                else grey(f"mesure : {measure.reason} ; preuves : {judgement.reason}")
            )
        else:
            judgement = judgement._replace(reason=f"{judgement.reason} ; mesure : {measure.reason}")
    return [
        process_row(commitment, code, process.label, judgement, shown, target),
        *(
            process_row(commitment, name, part.label, each, seen, milestone_target(part.source), parent=code)
            for name, part, each, seen in parts
        ),
    ]


def process_row(
    commitment: str,
    code: str,
    label: str,
    judgement: Judgement,
    found: Observation | None,
    target: Target,
    parent: str | None = None,
) -> Row:
    """A row against what would be all of it; no document draws a path to it, so nothing is expected by a date."""
    kind = "process" if parent is None else "part"
    return status_row(
        commitment,
        code,
        kind,
        label,
        judgement,
        parent=parent,
        found=found,
        target=target,
    )


def milestone_target(source: str) -> Target:
    """The last milestone of a scale."""
    return Target(
        baseline=None, baseline_year=None, target=1.0, target_year=None, unit=SCALE_UNIT, source=source
    )


def measure_target(by: MeasuredBy, unit: str) -> Target:
    """The value that would be all of it."""
    return Target(
        baseline=None, baseline_year=None, target=by.aim, target_year=None, unit=unit, source=by.source
    )


def by_measure(by: MeasuredBy, found: Observation, thresholds: Thresholds | None, on: date) -> Judgement:
    """The colour of a measured value against its aim."""
    if thresholds is None:
        return grey("seuils non déclarés : compléter thresholds.yaml")
    if found.refused or found.value is None:
        return grey(found.refused or "aucune valeur")
    old = too_old(found, thresholds, on)
    if old:
        return grey(old)
    if by.aim is None:
        return grey(f"{number(found.value)} observé ; les documents ne fixent pas de cible")
    judgement = judge_share(found.value, by.aim, thresholds)
    return judgement._replace(reason=f"{judgement.reason} (cible {by.aim_status}e)")


def by_milestones(
    code: str, scale: Scale, evidence: pd.DataFrame, thresholds: Thresholds | None, on: date
) -> tuple[Judgement, Observation | None]:
    """The furthest milestone that validated evidence shows; grey when the newest evidence is too old.

    Evidence that nobody validated counts for nothing, and is said.
    """
    if thresholds is None:
        return grey("seuils non déclarés : compléter thresholds.yaml"), None
    steps = thresholds.milestones.scales.get(scale, {})
    mine = evidence[(evidence["object"] == code) & evidence["milestone"].isin(list(steps))]
    mine = mine[mine["evidence_on"] <= pd.Timestamp(on)]
    valid = mine[mine["validated_by"].notna()]
    if valid.empty:
        waiting = f" ; {len(mine)} saisie(s) en attente de validation" if len(mine) else ""
        return grey(f"{NO_EVIDENCE}{waiting}"), None
    score = valid["milestone"].map(steps)
    best = valid.assign(score=score).sort_values(["score", "evidence_on"]).iloc[-1]
    newest = valid["evidence_on"].max().date()
    found = Observation(
        value=float(best["score"]),
        at=elapsed_years(newest),
        date=best["evidence_on"].date().isoformat(),
        kind=QUESTIONNAIRE,
        source=f"{best['document']} ; validé par {best['validated_by']} le {best['validated_on'].date():%d/%m/%Y}",
    )
    old = too_old(found._replace(date=f"{newest:%d/%m/%Y}"), thresholds, on)
    judgement = grey(old) if old else judge_milestone(found.value or 0.0, str(best["milestone"]), thresholds)
    return judgement, found


def judge_parts(parts: list[tuple[str, Judgement]]) -> Judgement:
    """A process indicator with parts: red if one is, grey if one is not known, green if all are, else yellow."""
    colours = [judgement.colour for _, judgement in parts]
    facts = " ; ".join(f"{name} : {judgement.reason}" for name, judgement in parts)
    if "RED" in colours:
        return Judgement(None, "RED", facts)
    if "GREY" in colours:
        return grey(facts)
    return Judgement(None, "GREEN" if set(colours) == {"GREEN"} else "YELLOW", facts)
