"""`layidu explain`: from a value back to the cells of DHIS2, to what is missing there, and to the sources."""

import json
import sys
from collections.abc import Collection, Sequence
from datetime import date

import pandas as pd

from flows.evidence import Evidence
from flows.memory import last_seen
from flows.over_time import in_time
from flows.session import filled_warehouse, read_declared
from flows.state_evidence import outlying_notes, state_cells
from flows.use_evidence import constants_of, factors_of, steps_of, units_of
from flows.use_evidence import told as told_steps
from layidu.errors import ConfigurationError
from layidu.mapping.catalogue import parameter_missing
from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.nearest import listed, nearest
from layidu.mapping.terms import BUILT_IN, USERS
from layidu.mapping.validity import collected
from layidu.mapping.versions import YearlyTerms, indicator_of
from layidu.model.disaggregation import read as read_bands
from layidu.model.disaggregation import spell
from layidu.model.periods import Period, month_number, overlapping, parse
from layidu.report.beside import KEPT_OUT, PUBLISHED, Beside, Document
from layidu.report.explanation import LEFT_OUT, SOURCE_CELLS, Explained, explain
from layidu.report.explanation_json import as_json
from layidu.settings import read_settings
from quality.rules import read_rules
from warehouse import read, read_plan
from warehouse.connect import Warehouse
from warehouse.waiting import waiting_of

SHOWN = 60  # rows of a part on a terminal
PERIOD_TYPES = ("Monthly", "Quarterly", "SixMonthly", "Yearly")


def explain_value(
    code: str,
    place: str,
    period_id: str,
    *,
    band: str = "",
    everything: bool = False,
    for_machine: bool = False,
) -> int:
    """Print the road back from one value; long lists are cut unless `everything` is asked for."""
    settings = read_settings()
    mappings = read_declared(settings)
    warehouse = filled_warehouse(settings)
    if code not in mappings.indicators:
        near = nearest(code, mappings.indicators)
        raise unknown(f"indicateur « {code} »", "un code de mappings/indicators/", near)
    period = period_of(period_id)
    source, unit = find_place(warehouse, mappings, place)
    indicator = indicator_of(mappings.indicators[code], period.start.year) or mappings.indicators[code]
    terms, missing = terms_of(warehouse, mappings, code, indicator, period)
    disaggregation = band_of(band, {*terms["disaggregation"], *missing})
    explained = result_of(warehouse, mappings, source, unit["uid"], indicator, code, period, disaggregation)
    where = Evidence(
        warehouse,
        source,
        terms[terms["disaggregation"] == disaggregation].reset_index(drop=True),
        read.tree(warehouse, source),
        unit["uid"],
        collected_months(mappings, terms, source, months_of(period, last_seen(warehouse, source))),
    )
    data_sets = indicator.data_sets.get(source, [])
    cells, left_out = where.value_cells()
    held = state_cells(where, mappings, data_sets)
    steps = steps_of(where, mappings)
    units, units_left_out = units_of(where, steps) if steps else (SOURCE_CELLS.frame(), LEFT_OUT.frame())
    every = pd.concat([cells, where.report_cells(), held], ignore_index=True)
    every, notes = in_time(every, indicator, mappings.variables, where.reported_months(data_sets))
    every = pd.concat([every, units, constants_of(where)], ignore_index=True)
    left_out = pd.concat([left_out, units_left_out], ignore_index=True)
    remark = missing.get(disaggregation) or read_plan.remark(warehouse, code, disaggregation)
    notes += [
        *(told_steps(steps, units, explained.completeness) if steps else ()),
        *([remark] if remark else ()),
        *(() if disaggregation in missing else factors_of(mappings, indicator, period.start.year)),
        *outlying_notes(where, mappings),
    ]
    people = where.population_terms(mappings.populations, data_sets, annualised=indicator.annualised)
    rules = {name: rule.source or "" for name, rule in read_rules(settings.rules).items()}
    beside = beside_of(where, mappings, code, indicator, period, notes, rules)
    if for_machine:
        text = json.dumps(as_json(explained, every, people, left_out, beside), ensure_ascii=False, indent=1)
    else:
        limit = None if everything else SHOWN
        text = explain(explained, every, people, left_out=left_out, beside=beside, limit=limit)
    sys.stdout.write(f"{text}\n")
    if not for_machine and not everything and len(every) > SHOWN:
        sys.stdout.write("la liste entière : ajouter --all\n")
    return 0


def terms_of(
    warehouse: Warehouse, mappings: Mappings, code: str, indicator: Indicator, period: Period
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The terms the period was computed by, and the bands that lack a number, with its name.

    The terms are those of the warehouse, or of the earlier formula or the parameters of that year.
    """
    year = period.start.year
    every = YearlyTerms(mappings, read.variable_cells(warehouse))
    missing = {
        text: str(parameter_missing(words))
        for (one, text), words in every.missing(year).items()
        if one == code
    }
    if indicator.version == mappings.indicators[code].version and not indicator.denominator_times:
        return read.terms_of(warehouse, code, None), missing
    found = every.of(year)[1]
    return found[found["indicator"] == code].reset_index(drop=True), missing


def band_of(text: str, every: Collection[str]) -> str:
    """The disaggregation a person asks for; empty is the total."""
    if not text:
        return ""
    bands = dict(part.split("=", 1) for part in text.split("|") if "=" in part)
    spelled = spell(bands) if bands else text
    known = sorted(set(every) - {""})
    if spelled not in known:
        raise ConfigurationError(
            where=f"ventilation « {text} »",
            found="inconnue pour cet indicateur",
            expected=f"l'une de : {listed(known)}",
            todo="par exemple --band age=15-24 ; plusieurs dimensions se séparent par |",
        )
    return spelled


def result_of(
    warehouse: Warehouse,
    mappings: Mappings,
    source: str,
    uid: str,
    indicator: Indicator,
    code: str,
    period: Period,
    disaggregation: str,
) -> Explained:
    """The stored result, with the names its explanation needs."""
    rows = read.results(
        warehouse,
        source=source,
        indicators=[code],
        periods=[period.id],
        org_units=[uid],
        disaggregated=True,
    )
    rows = rows[rows["disaggregation"] == disaggregation]
    values = rows.iloc[0] if len(rows) else None
    computed = read.computed_by(warehouse, source, code, disaggregation, uid, period.id)
    version, run, started = computed or (indicator.version, None, "")
    return Explained(
        code=code,
        indicator=indicator,
        org_unit_path=path_of(read.tree(warehouse, source), uid),
        org_unit_uid=uid,
        period=period.id,
        numerator=number(values, "numerator"),
        denominator=number(values, "denominator"),
        value=number(values, "value"),
        status=None if values is None else str(values["status"]),
        completeness=number(values, "completeness"),
        disaggregation=disaggregation,
        version=version,
        run=run,
        run_started=started,
        waiting=waiting_of(warehouse, source, code, period.start.year),
        names=names_of(mappings),
    )


def beside_of(
    where: Evidence,
    mappings: Mappings,
    code: str,
    indicator: Indicator,
    period: Period,
    notes: Sequence[str],
    rules: dict[str, str],
) -> Beside:
    """Refused and flagged cells of the indicator's variables, what was published, and the documents behind it all."""
    variables = sorted(set(where.terms["name"]) & set(mappings.variables))
    months = [str(month) for month in where.months]
    refused, remarks = (
        KEPT_OUT.cast(
            read.kept_out(where.warehouse, where.source, variables, where.uid, months, refused=refused)
        )
        for refused in (True, False)
    )
    total = not any(read_bands(text) for text in where.terms["disaggregation"])
    published = read.published_parts(where.warehouse, code, where.uid, period.id) if total else None
    return Beside(
        refused=refused,
        remarks=remarks,
        published=PUBLISHED.frame() if published is None else PUBLISHED.cast(published),
        notes=tuple(notes),
        documents=tuple(documents_of(mappings, indicator, where.terms)),
        rules=rules,
    )


def documents_of(mappings: Mappings, indicator: Indicator, terms: pd.DataFrame) -> list[Document]:
    """Where the definition, each variable and each population come from."""
    found = [
        Document("définition", indicator.name, indicator.source),
        Document("responsable", indicator.theme, indicator.owner),
    ]
    populations, methods = mappings.populations, mappings.methods
    if (terms["kind"] == USERS).any() and methods is not None and methods.estimated_use is not None:
        found.append(Document("tables", "utilisation moderne estimée", methods.estimated_use.source))
    numbers = [indicator.numerator_minus or "", *indicator.denominator_times]
    found += [
        Document("paramètre", mappings.parameters[name].name, mappings.parameters[name].source)
        for name in numbers
        if name in mappings.parameters
    ]
    for name in sorted(set(terms["name"])):
        variable = mappings.variables.get(name)
        if variable is not None:
            found.append(Document("variable", variable.name, variable.source or "source non déclarée"))
        measure = populations.measures.get(name) if populations else None
        if measure is not None and populations is not None:
            found.append(Document("population", measure.name, measure.source))
            found += [
                Document("série", populations.series[one].name, populations.series[one].source)
                for one in measure.series
                if one in populations.series
            ]
    return found


def unknown(where: str, expected: str, near: str | None) -> ConfigurationError:
    """A name nobody knows, with the nearest that exists."""
    return ConfigurationError(
        where=where,
        found="inconnu" + (f" (le plus proche : {near})" if near else ""),
        expected=expected,
        todo="corriger le nom, puis relancer ; layidu explain --help donne un exemple",
    )


def period_of(text: str) -> Period:
    """A month, a quarter, a half-year or a year."""
    try:
        period = parse(text)
    except ValueError:
        period = None
    if period is None or period.type not in PERIOD_TYPES:
        expected = "un mois 202603, un trimestre 2026Q1, un semestre 2026S1 ou une année 2026"
        raise unknown(f"période « {text} »", expected, None)
    return period


def find_place(warehouse: Warehouse, mappings: Mappings, text: str) -> tuple[str, dict[str, str]]:
    """The source and org unit a uid, a code or a name stands for; upper levels first."""
    for source in mappings.sources:
        found = read.find_org_units(warehouse, source, text)
        if len(found):
            return source, {str(name): str(value) for name, value in found.iloc[0].items()}
    raise unknown(f"unité d'organisation « {text} »", "un uid, un code ou un nom de l'arbre de DHIS2", None)


def collected_months(
    mappings: Mappings, terms: pd.DataFrame, source: str, months: Sequence[int]
) -> tuple[int, ...]:
    """The months in which everything the indicator asks for is collected."""
    then = collected(terms["name"], mappings.variables, source, months)
    return tuple(month for month, asked in zip(months, then, strict=True) if asked)


def months_of(period: Period, through: date | None) -> list[int]:
    """The ended months of a period, as yyyymm."""
    last = min(period.end, through) if through else period.end
    months = overlapping("Monthly", period.start, last) if last >= period.start else []
    return [month_number(month.start) for month in months]


def number(row: pd.Series | None, name: str) -> float | None:
    """A number of a result, or nothing."""
    return None if row is None or pd.isna(row[name]) else float(row[name])


def names_of(mappings: Mappings) -> dict[str, str]:
    """Variables and measures -> their French names."""
    names = {name: variable.name for name, variable in mappings.variables.items()}
    measures = mappings.populations.measures if mappings.populations else {}
    return names | {name: measure.name for name, measure in measures.items()} | BUILT_IN


def path_of(tree: pd.DataFrame, uid: str) -> list[str]:
    """Names from the root down to a unit."""
    names = dict(zip(tree["org_unit"].tolist(), tree["name"].tolist(), strict=True))
    parents = dict(zip(tree["org_unit"].tolist(), tree["parent"].tolist(), strict=True))
    key = tree.loc[tree["uid"] == uid, "org_unit"].tolist()[0]
    path: list[str] = []
    while key in names:
        path.append(names[key])
        key = parents[key]
    return path[::-1]
