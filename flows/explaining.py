"""`layidu explain`: from a value back to the cells of DHIS2 it is made of, and the populations it is divided by."""

import sys
from collections.abc import Sequence
from datetime import date

import pandas as pd

from flows.memory import last_seen
from flows.session import read_declared
from layidu.compute.populations import population_values
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings, Measure
from layidu.mapping.nearest import nearest
from layidu.model.frames import MAPPED_SUMS
from layidu.model.periods import Period, days_in_month, month_number, overlapping, parse
from layidu.report.explanation import POPULATION_TERMS, SOURCE_CELLS, Explained, explain
from layidu.settings import read_settings
from warehouse import read
from warehouse.connect import Warehouse, open_warehouse

REPORTS = ("reports_received", "reports_expected")


def explain_value(code: str, place: str, period_id: str) -> int:
    """Print the road back from one value."""
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
    terms = read.terms_of(warehouse, code)
    branch = branch_of(tree, unit["uid"])
    cells = pd.concat(
        [
            value_cells(warehouse, source, terms, unit["uid"], months),
            report_cells(warehouse, source, terms, tree, branch, months),
        ],
        ignore_index=True,
    )
    people = population_terms(
        warehouse, mappings, source, terms, tree, branch, months, annualised=indicator.annualised
    )
    sys.stdout.write(explain(explained, cells, people) + "\n")
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
    units = tree.set_index("org_unit")
    key = int(tree.loc[tree["uid"] == uid, "org_unit"].iloc[0])
    names: list[str] = []
    while key != -1:
        names.append(str(units.loc[key, "name"]))
        key = int(units.loc[key, "parent"])
    return names[::-1]


def branch_of(tree: pd.DataFrame, uid: str) -> set[int]:
    """The keys of a unit and everything below it."""
    inside = set(tree.loc[tree["uid"] == uid, "org_unit"])
    for _ in range(int(tree["level"].max())):
        inside |= set(tree.loc[tree["parent"].isin(inside), "org_unit"])
    return {int(key) for key in inside}


def value_cells(
    warehouse: Warehouse, source: str, terms: pd.DataFrame, uid: str, months: Sequence[int]
) -> pd.DataFrame:
    """The data values behind the terms; cells a correction leaves out do not count and are not listed."""
    found = read.source_cells(warehouse, source, terms[~terms["name"].isin(REPORTS)], uid, months)
    counted = found[found["left_out"].isna()]
    return SOURCE_CELLS.cast(
        counted.assign(kind="variable").rename(columns={"variable": "name", "org_unit": "org_unit_uid"})
    )


def report_cells(
    warehouse: Warehouse,
    source: str,
    terms: pd.DataFrame,
    tree: pd.DataFrame,
    branch: set[int],
    months: Sequence[int],
) -> pd.DataFrame:
    """Reports received and expected, one row an org unit and month, where an indicator counts reports."""
    counted = terms[terms["name"].isin(REPORTS)]
    if counted.empty or not months:
        return SOURCE_CELLS.frame()
    year, last = months[0] // 100, months[-1]
    through = date(year, last % 100, days_in_month(last))
    reports = read.reports(warehouse, source, year, through)
    reports = reports[reports["org_unit"].isin(branch) & reports["period"].isin(list(months))]
    reports = reports.merge(
        tree[["org_unit", "uid", "name"]].rename(columns={"name": "org_unit_name"}), on="org_unit"
    )
    rows = []
    for term in counted.to_dict("records"):
        column = str(term["name"]).removeprefix("reports_")
        some = reports[("data_set=" + reports["data_set"]) == term["filter"]]
        rows.append(
            some.assign(
                part=term["part"],
                kind="report",
                name=term["name"],
                disaggregation=term["filter"],
                data_element=None,
                data_element_name=None,
                category_option_combo=None,
                category_option_combo_name=None,
                org_unit_uid=some["uid"],
                period=some["period"].astype("str"),
                value=some[column].astype("str"),
                number=some[column].astype("float64"),
                coefficient=float(term["coefficient"]),
            )
        )
    every = pd.concat(rows, ignore_index=True)
    return SOURCE_CELLS.cast(every[every["number"] != 0])


def population_terms(
    warehouse: Warehouse,
    mappings: Mappings,
    source: str,
    terms: pd.DataFrame,
    tree: pd.DataFrame,
    branch: set[int],
    months: Sequence[int],
    *,
    annualised: bool,
) -> pd.DataFrame:
    """Population × share × days / 365 of each place and month, where a part is a population."""
    wanted = terms[terms["kind"] == "population"]
    if wanted.empty or mappings.populations is None or not months:
        return POPULATION_TERMS.frame()
    year = months[0] // 100
    yearly = [
        frame[frame["period"] % 100 == 0].astype({"variable": "str", "disaggregation": "str"})
        for known in read.years(warehouse, source)
        if known <= year
        for frame in [read.mapped_sums(warehouse, source, known)]
    ]
    values = population_values(mappings.populations, MAPPED_SUMS.cast(pd.concat(yearly)), tree, year)
    values = values[values["org_unit"].isin(branch)].merge(tree[["org_unit", "uid", "name"]], on="org_unit")
    periods = pd.DataFrame({"month": list(months)}) if annualised else pd.DataFrame({"month": [months[-1]]})
    rows = []
    for term in wanted.to_dict("records"):
        share = share_of(mappings.populations.measures[str(term["name"])], year)
        some = values[values["measure"] == term["name"]].merge(periods, how="cross")
        rows.append(
            pd.DataFrame(
                {
                    "part": term["part"],
                    "measure": term["name"],
                    "series": some["series"],
                    "org_unit_uid": some["uid"],
                    "org_unit_name": some["name"],
                    "period": some["month"].astype("str"),
                    "population": some["value"] / share,
                    "share": share,
                    "days": some["month"].map(days_in_month).astype("float64")
                    if annualised
                    else float("nan"),
                    "coefficient": float(term["coefficient"]),
                }
            )
        )
    return POPULATION_TERMS.cast(pd.concat(rows, ignore_index=True))


def share_of(measure: Measure, year: int) -> float:
    """The measure's share of its series in a year."""
    return measure.share[str(year)] if isinstance(measure.share, dict) else measure.share
