"""Where did a declared condition hold, or a value stand out? The org units and months compute counted, and how."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from flows.evidence import Evidence
from flows.mapped_years import MappedYears
from layidu.compute.facility_months import NOTHING, Cells, FacilityMonths
from layidu.compute.groups import members_of, memberships
from layidu.compute.plausible import outlying_values, quality_cells
from layidu.compute.states import StateSums
from layidu.compute.tree_sums import Branches
from layidu.compute.year_periods import YearPeriods
from layidu.mapping.contracts import Mappings
from layidu.mapping.terms import QUALITY_VARIABLES, expand_states
from layidu.model.frames import POPULATIONS
from layidu.model.periods import days_in_month
from layidu.report import french
from layidu.report.explanation import SOURCE_CELLS
from warehouse import read

NOTED = 20  # values that stand out, named one by one


def state_cells(where: Evidence, mappings: Mappings, data_sets: Sequence[str]) -> pd.DataFrame:
    """SOURCE_CELLS of every state among the terms: a row an org unit and month where it was asked, zeros too."""
    derived = {name for name, variable in mappings.variables.items() if variable.derived is not None}
    terms = where.terms[where.terms["name"].isin(derived | QUALITY_VARIABLES.keys())]
    if terms.empty or not where.months:
        return SOURCE_CELLS.frame()
    sums = sums_of_year(where, mappings)
    if terms["name"].isin(QUALITY_VARIABLES.keys()).any():
        sums.facts.cells.update(judged_cells(where, mappings, sums))
    branches, months = sums.facts.branches, sums.facts.periods.months
    inside = where.branch()
    names = where.tree.set_index("org_unit")[["uid", "name"]]
    rows = []
    for term in terms.to_dict("records"):
        name, text = str(term["name"]), str(term["filter"])
        places, numbers = (
            sums.facts.cells.get((name, text), NOTHING)
            if name in QUALITY_VARIABLES
            else sums.cells(name, text, tuple(sorted(data_sets)))
        )
        for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
            unit, month = int(branches.org_units[place // len(months)]), months[place % len(months)]
            if unit in inside and month in where.months:
                rows.append(
                    {
                        "part": term["part"],
                        "kind": "state",
                        "name": term["name"],
                        "disaggregation": term["filter"],
                        "org_unit_uid": names.at[unit, "uid"],
                        "org_unit_name": names.at[unit, "name"],
                        "period": str(month),
                        "value": f"{number:g}",
                        "number": number,
                        "coefficient": term["coefficient"],
                    }
                )
    return SOURCE_CELLS.cast(pd.DataFrame(rows, columns=list(SOURCE_CELLS.columns)))


def judged_cells(where: Evidence, mappings: Mappings, sums: StateSums) -> Cells:
    """Values judged and reports sound, as compute counts them."""
    rule = mappings.thresholds.outliers if mappings.thresholds else None
    if rule is None:
        return {}
    before = MappedYears(where.warehouse, where.source).of(where.months[0] // 100 - 1)
    return quality_cells(
        sums.facts, before, read.variables_of_data_sets(where.warehouse, where.source), rule, sums
    )


def outlying_notes(where: Evidence, mappings: Mappings) -> list[str]:
    """The values of the branch and months that stand out, in words; nothing where none was judged."""
    rule = mappings.thresholds.outliers if mappings.thresholds else None
    if rule is None or not where.months or not where.terms["name"].isin(QUALITY_VARIABLES.keys()).any():
        return []
    sums = sums_of_year(where, mappings)
    facts, inside = sums.facts, where.branch()
    names = where.tree.set_index("org_unit")["name"]
    counted = set(where.terms["filter"])
    fed = read.variables_of_data_sets(where.warehouse, where.source)
    asked = {uid: variables for uid, variables in fed.items() if f"data_set={uid}" in counted}
    before = MappedYears(where.warehouse, where.source).of(where.months[0] // 100 - 1)
    found = [
        (mappings.variables[one.variable].name, str(names[unit]), month, one)
        for one in outlying_values(facts, before, asked, rule, mappings.variables)
        for unit, month in [(int(facts.branches.org_units[one.unit]), facts.periods.months[one.month])]
        if unit in inside and month in where.months
    ]
    said = [
        f"aberrante : {name}, {place}, {french.period(str(month))} : {french.exact(one.value)}"
        f" (médiane de sa série : {french.exact(one.median)})"
        for name, place, month, one in found[:NOTED]
    ]
    more = len(found) - NOTED
    return [*said, *([f"… et {french.count(more, 'autre')}"] if more > 0 else [])]


def sums_of_year(where: Evidence, mappings: Mappings) -> StateSums:
    """The states of the year, answered from the copy as compute answers them."""
    year, last = where.months[0] // 100, where.months[-1]
    through = date(year, last % 100, days_in_month(last))
    periods = YearPeriods.of(year, through)
    branches = Branches.of(where.tree)
    mapped = read.mapped_sums(where.warehouse, where.source, year)
    reports = read.reports(where.warehouse, where.source, year, through)
    facts = FacilityMonths.of(branches, periods, mapped, reports, POPULATIONS.frame())
    cells = read.variable_cells(where.warehouse)
    states = expand_states(mappings, cells[cells["source"] == where.source])
    groups = {}
    if mappings.org_units is not None:
        codes = read.org_unit_codes(where.warehouse, where.source)
        groups = memberships(members_of(mappings.org_units, where.tree, codes), branches, periods.months)
    return StateSums(facts, mappings.variables, states, groups)
