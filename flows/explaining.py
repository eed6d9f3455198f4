"""`layidu explain`: from a value back to the cells of DHIS2 it is made of, and the populations it is divided by."""

import sys
from datetime import date

import pandas as pd

from flows.evidence import Evidence
from flows.memory import last_seen
from flows.session import read_declared
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.mapping.nearest import nearest
from layidu.model.periods import Period, month_number, overlapping, parse
from layidu.report.explanation import Explained, explain
from layidu.settings import read_settings
from warehouse import read
from warehouse.connect import Warehouse, open_warehouse

SHOWN = 60  # rows of a part on a terminal


def explain_value(code: str, place: str, period_id: str, *, everything: bool = False) -> int:
    """Print the road back from one value; long lists are cut unless `everything` is asked for."""
    settings = read_settings()
    mappings = read_declared(settings)
    warehouse = open_warehouse(settings)
    indicator = mappings.indicators.get(code)
    if indicator is None:
        raise unknown(
            f"indicateur « {code} »", "un code de mappings/indicators/", nearest(code, mappings.indicators)
        )
    period = period_of(period_id)
    source, unit = find_place(warehouse, mappings, place)
    months = months_of(period, last_seen(warehouse, source))
    result = read.results(
        warehouse, source=source, indicators=[code], periods=[period.id], org_units=[unit["uid"]]
    )
    values = result.iloc[0] if len(result) else None
    tree = read.tree(warehouse, source)
    explained = Explained(
        code=code,
        indicator=indicator,
        org_unit_path=path_of(tree, unit["uid"]),
        org_unit_uid=unit["uid"],
        period=period.id,
        numerator=number(values, "numerator"),
        denominator=number(values, "denominator"),
        value=number(values, "value"),
        status=None if values is None else str(values["status"]),
        completeness=number(values, "completeness"),
        names=names_of(mappings),
    )
    where = Evidence(warehouse, source, read.terms_of(warehouse, code), tree, unit["uid"], tuple(months))
    cells, left_out = where.value_cells()
    every = pd.concat([cells, where.report_cells()], ignore_index=True)
    data_sets = indicator.data_sets.get(source, [])
    people = where.population_terms(mappings.populations, data_sets, annualised=indicator.annualised)
    told = explain(explained, every, people, left_out=left_out, limit=None if everything else SHOWN)
    sys.stdout.write(f"{told}\n")
    if not everything and len(every) > SHOWN:
        sys.stdout.write("la liste entière : ajouter --all\n")
    return 0


def unknown(where: str, expected: str, near: str | None) -> ConfigurationError:
    """A name nobody knows, with the nearest that exists."""
    return ConfigurationError(
        where=where,
        found="inconnu" + (f" (le plus proche : {near})" if near else ""),
        expected=expected,
        todo="corriger le nom, puis relancer ; layidu explain --help donne un exemple",
    )


def period_of(text: str) -> Period:
    """A month, a quarter or a year."""
    try:
        period = parse(text)
    except ValueError:
        period = None
    if period is None or period.type not in ("Monthly", "Quarterly", "Yearly"):
        raise unknown(f"période « {text} »", "un mois 202603, un trimestre 2026Q1 ou une année 2026", None)
    return period


def find_place(warehouse: Warehouse, mappings: Mappings, text: str) -> tuple[str, dict[str, str]]:
    """The source and org unit a uid, a code or a name stands for; upper levels first."""
    for source in mappings.sources:
        found = read.find_org_units(warehouse, source, text)
        if len(found):
            return source, {str(name): str(value) for name, value in found.iloc[0].items()}
    raise unknown(f"unité d'organisation « {text} »", "un uid, un code ou un nom de l'arbre de DHIS2", None)


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
    reports = {"reports_received": "rapports reçus", "reports_expected": "rapports attendus"}
    return names | {name: measure.name for name, measure in measures.items()} | reports


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
