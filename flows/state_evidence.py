"""Where did a declared condition hold? The org units and months compute counted, with what each of them counts."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from flows.evidence import Evidence
from layidu.compute.facility_months import FacilityMonths
from layidu.compute.groups import members_of, memberships
from layidu.compute.states import StateSums
from layidu.compute.tree_sums import Branches
from layidu.compute.year_periods import YearPeriods
from layidu.mapping.contracts import Mappings
from layidu.mapping.terms import expand_states
from layidu.model.frames import POPULATIONS
from layidu.model.periods import days_in_month
from layidu.report.explanation import SOURCE_CELLS
from warehouse import read


def state_cells(where: Evidence, mappings: Mappings, data_sets: Sequence[str]) -> pd.DataFrame:
    """SOURCE_CELLS of every state among the terms: a row an org unit and month where it was asked, zeros too."""
    derived = [name for name, variable in mappings.variables.items() if variable.derived is not None]
    terms = where.terms[where.terms["name"].isin(derived)]
    if terms.empty or not where.months:
        return SOURCE_CELLS.frame()
    sums = sums_of_year(where, mappings)
    branches, months = sums.facts.branches, sums.facts.periods.months
    inside = where.branch()
    names = where.tree.set_index("org_unit")[["uid", "name"]]
    rows = []
    for term in terms.to_dict("records"):
        places, numbers = sums.cells(str(term["name"]), str(term["filter"]), tuple(sorted(data_sets)))
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
