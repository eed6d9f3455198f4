"""Which figures do promises and plan lines give a publication, and what were they worth at the end of each period?

Each ended period is assessed as of its last day, with what is known today: a value corrected later corrects the
past too, and a past colour does not depend on the night it was first computed in.
"""

import hashlib
from collections.abc import Hashable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from flows.night import AtHand, Night
from flows.promising import Promises
from layidu.compute.commitments import Known, assess_commitments
from layidu.compute.plan import assess_plan
from layidu.dhis2.figures import COLOURS, DECLARED_FIGURES, FIGURE_VALUES
from layidu.mapping.contracts import Mappings
from layidu.mapping.publishing import Publication
from layidu.model.periods import Period, ended, overlapping, parse
from layidu.model.promise_frames import PROGRESS

FAR = date(2100, 12, 31)  # by when every reference value is known: each population has its element
ALL_PARTS, COLOUR_ALONE = ("value", "expected", "target", "colour"), ("colour",)
SCALE = "Couleur : 1 gris, 2 rouge, 3 jaune, 4 vert."
NUMBERS = {"value": "value", "expected": "expected_today", "target": "target"}
PLAN_NUMBERS = {"value": "actual", "expected": "expected", "target": "quantity"}
Row = Mapping[Hashable, Any]  # of a status
Value = tuple[str, str, str, str, float]  # FIGURE_VALUES


def declared_promises(mappings: Mappings, publication: Publication) -> pd.DataFrame:
    """The statuses a publication shows (`DECLARED_FIGURES`): of results also value, expected and target."""
    rows = chosen(assess_commitments(mappings, Known.nothing(), on=FAR), publication)
    found = []
    for row in rows.to_dict("records"):
        base = f" ({row['population']})" if has_populations(mappings, row) and row["population"] else ""
        name = f"{row['code']} {row['label']}{base}"
        described = f"{row['label']}{base}. {SCALE}"
        found += [
            (figure_of(mappings, row), part, name, described, version_of(mappings, row))
            for part in parts_of(mappings, row)
        ]
    return DECLARED_FIGURES.frame(found)


def declared_plan(mappings: Mappings) -> pd.DataFrame:
    """The lines of the plan (`DECLARED_FIGURES`); a line without a quantity has a colour alone."""
    rows = assess_plan(mappings, PROGRESS.frame(), on=FAR)
    found = []
    for row in rows.to_dict("records"):
        parts = COLOUR_ALONE if pd.isna(row["quantity"]) else ALL_PARTS
        described = f"{row['label']}. Unité : {row['unit']}. {SCALE}"
        found += [(row["line"], part, f"{row['line']} {row['label']}", described, "") for part in parts]
    return DECLARED_FIGURES.frame(found)


def promised_values(night: Night, source: AtHand, publication: Publication, country: str) -> pd.DataFrame:
    """What promises and plan lines were worth at the end of each ended period (`FIGURE_VALUES`), for the country."""
    promises = Promises(night.warehouse, night.mappings, source.name)
    rows: list[Value] = []
    for period in ended_periods(publication, source.metadata.server.server_date):
        if publication.commitments:
            statuses = chosen(promises.commitments(period.end), publication)
            rows += of_commitments(night.mappings, statuses, period, country)
        if publication.plan:
            rows += of_plan(promises.plan(period.end), period, country)
    return FIGURE_VALUES.frame(rows)


def ended_periods(publication: Publication, today: datetime) -> list[Period]:
    """The periods of the publication's own type, from its first one to the last that is over."""
    first = parse(str(publication.since))
    return [
        period
        for period in overlapping(publication.period_type, first.start, today.date())
        if ended(period, today.date())
    ]


def chosen(statuses: pd.DataFrame, publication: Publication) -> pd.DataFrame:
    """The statuses of the kinds a publication shows."""
    return statuses[statuses["kind"].isin(publication.commitments)]


def of_commitments(
    mappings: Mappings, statuses: pd.DataFrame, period: Period, country: str
) -> Iterator[Value]:
    """The figures of one period; a value stands in the period it is dated in, and in no other."""
    for row in statuses.to_dict("records"):
        figure = figure_of(mappings, row)
        dated = dated_in(row["value_date"], period)
        for part, column in NUMBERS.items():
            if not pd.isna(row[column]) and (part != "value" or dated):
                yield figure, part, period.id, country, float(row[column])
        yield figure, "colour", period.id, country, float(COLOURS[str(row["colour"])])


def of_plan(plan: pd.DataFrame, period: Period, country: str) -> Iterator[Value]:
    """The plan lines of one period, cumulated."""
    for row in plan.to_dict("records"):
        for part, column in PLAN_NUMBERS.items():
            if not pd.isna(row[column]):
                yield str(row["line"]), part, period.id, country, float(row[column])
        yield str(row["line"]), "colour", period.id, country, float(COLOURS[str(row["colour"])])


def dated_in(text: object, period: Period) -> bool:
    """Whether a value's date (2024, 202603 or 2026-03-14) lies in a period."""
    if not isinstance(text, str) or not text:
        return False
    day = date.fromisoformat(text) if text.count("-") == 2 else parse(text).end
    return period.start <= day <= period.end


def figure_of(mappings: Mappings, row: Row) -> str:
    """The code of a figure; where surveys speak of several populations, each is a figure of its own."""
    code, population = str(row["code"]), str(row["population"] or "")
    if not population or not has_populations(mappings, row):
        return code
    return f"{code}-{hashlib.sha256(population.encode('utf-8')).hexdigest()[:4]}"


def has_populations(mappings: Mappings, row: Row) -> bool:
    """Whether a result is known by reference values, each of a population."""
    result = mappings.commitments[str(row["commitment"])].results.get(str(row["code"]))
    return result is not None and result.measured_by is None


def is_measured(mappings: Mappings, row: Row) -> bool:
    """Whether an indicator measures a process."""
    process = mappings.commitments[str(row["commitment"])].processes.get(str(row["code"]))
    return process is not None and process.measured_by is not None


def parts_of(mappings: Mappings, row: Row) -> tuple[str, ...]:
    """What is shown of a promise: results have numbers, of processes only what an indicator measures."""
    if row["kind"] == "result":
        return ALL_PARTS
    return ("value", "colour") if is_measured(mappings, row) else COLOUR_ALONE


def version_of(mappings: Mappings, row: Row) -> str:
    """Twelve characters that change when the promise does."""
    commitment = mappings.commitments[str(row["commitment"])]
    result = commitment.results.get(str(row["code"]))
    text = repr(result.target if result else commitment.processes.get(str(row["code"])))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
