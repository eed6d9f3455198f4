"""The arithmetic's half of a night: plan, map, compute, assess, for the years that changed."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from flows.night import AtHand, Night
from flows.promising import Assessed, assess
from layidu.compute.data_quality import findings
from layidu.compute.groups import members_of
from layidu.compute.indicators import compute_year
from layidu.compute.populations import population_values
from layidu.mapping.terms import expand_states
from layidu.mapping.versions import YearlyTerms, versions_of
from layidu.model.frames import FINDINGS, MAPPED_SUMS, POPULATIONS, RESULTS
from warehouse import read_sums
from warehouse.load_plan import load_plan
from warehouse.load_results import write_results


def load_declarations(night: Night, sources: Sequence[AtHand]) -> tuple[YearlyTerms, bool]:
    """Expand terms against tonight's cells and put the plan in the warehouse; whether it changed."""
    cells = pd.concat([source.cells for source in sources], ignore_index=True)
    terms = YearlyTerms(night.mappings, cells)
    return terms, load_plan(night.warehouse, night.mappings, cells, terms.today, night.token)


def last_ended_month(server_date: date) -> date:
    """The last day of the last month that is over, on the server's clock."""
    return server_date.replace(day=1) - timedelta(days=1)


Mapped = dict[int, pd.DataFrame]  # year -> frames.MAPPED_SUMS


def map_source(night: Night, source: AtHand) -> Mapped:
    """Source cells mapped and summed, one year at a time, for every year of the copy."""
    years = read_sums.years(night.warehouse, source.name)
    return {
        year: read_sums.mapped_sums(night.warehouse, source.name, year)
        for year in night.console.track(years, f"{source.name} : années reliées")
    }


def compute_source(
    night: Night, source: AtHand, terms: YearlyTerms, mapped: Mapped, years: Sequence[int]
) -> dict[int, pd.DataFrame]:
    """Results of each year for one source: populations, then compute (frames in, frames out)."""
    tree = read_sums.tree(night.warehouse, source.name)
    through = last_ended_month(source.metadata.server.server_date.date())
    keys = tree.set_index("uid")["org_unit"].to_dict()
    declared = night.mappings.org_units
    groups = members_of(declared, tree, codes_of(source, tree)) if declared else {}
    states = expand_states(night.mappings, source.cells)
    return {
        year: compute_year(
            year=year,
            ended_through=through,
            tree=tree,
            mapped=mapped[year],
            reports=read_sums.reports(night.warehouse, source.name, year, through),
            populations=populations_of(night, source, mapped, tree, year),
            terms=terms.of(year)[1],
            indicators=terms.of(year)[0],
            source=source.name,
            variables=night.mappings.variables,
            population_org_units=[keys[uid] for uid in counted_org_units(night, source) if uid in keys],
            states=states,
            groups=groups,
        )
        for year in night.console.track(list(years), f"{source.name} : années calculées")
    }


def populations_of(
    night: Night, source: AtHand, mapped: Mapped, tree: pd.DataFrame, year: int
) -> pd.DataFrame:
    """The year's denominators at their lowest level, from this year's and earlier years' totals."""
    if night.mappings.populations is None:
        return POPULATIONS.frame()
    earlier = [frame[frame["period"] % 100 == 0] for known, frame in mapped.items() if known <= year]
    return population_values(
        night.mappings.populations,
        together(earlier),
        tree,
        year,
        org_unit_codes=codes_of(source, tree),
    )


def codes_of(source: AtHand, tree: pd.DataFrame) -> dict[str, int]:
    """Code -> key of every org unit of the tree that has a code."""
    units = source.metadata.org_units.dropna(subset="code").merge(tree[["uid", "org_unit"]], on="uid")
    return dict(zip(units["code"].tolist(), units["org_unit"].tolist(), strict=True))


def counted_org_units(night: Night, source: AtHand) -> set[str]:
    """The org units that are assigned a data set of population totals: elsewhere a missing total is no gap."""
    yearly = [name for name, one in night.mappings.variables.items() if one.period_type == "Yearly"]
    elements = source.cells.loc[source.cells["variable"].isin(yearly), "data_element"]
    members = source.metadata.data_set_elements
    data_sets = members.loc[members["data_element"].isin(elements), "data_set"]
    assigned = source.metadata.data_set_assignments
    return set(assigned.loc[assigned["data_set"].isin(data_sets), "org_unit"])


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mapped sums of several years as one frame; categories of different years are not the same categories."""
    if not frames:
        return MAPPED_SUMS.frame()
    plain = pd.concat([frame.astype({"variable": "str", "disaggregation": "str"}) for frame in frames])
    return MAPPED_SUMS.cast(plain)


def quality_findings(night: Night, source: AtHand, mapped: Mapped) -> pd.DataFrame:
    """What the statistics of the whole window flag: leaps and copied months."""
    if night.mappings.thresholds is None or not night.mappings.variables:
        return FINDINGS.frame()
    tree = read_sums.tree(night.warehouse, source.name)
    monthly = together([frame[frame["period"] % 100 != 0] for frame in mapped.values()])
    return findings(monthly, tree, night.mappings.thresholds, variables_of_data_sets(source))


def variables_of_data_sets(source: AtHand) -> dict[str, list[str]]:
    """Data set -> the variables its elements feed."""
    members = source.metadata.data_set_elements[["data_set", "data_element"]]
    joined = source.cells[["variable", "data_element"]].drop_duplicates().merge(members, on="data_element")
    return {str(uid): sorted(set(group["variable"])) for uid, group in joined.groupby("data_set")}


def assess_promises(
    night: Night, sources: Sequence[AtHand], computed: dict[str, dict[int, pd.DataFrame]]
) -> Assessed:
    """Colours of commitments and plan lines, on the first source's clock and of its country."""
    first = sources[0]
    on = first.metadata.server.server_date.date()
    return assess(night.warehouse, night.mappings, first.name, on, computed.get(first.name, {}))


def switch_results(
    night: Night,
    computed: dict[str, dict[int, pd.DataFrame]],
    commitments: pd.DataFrame,
    plan: pd.DataFrame,
    findings: Sequence[pd.DataFrame],
) -> int:
    """Put the results of all sources in the warehouse, in one transaction; how many rows were written."""
    years = sorted({year for by_year in computed.values() for year in by_year})
    by_year_together = {
        year: RESULTS.cast(pd.concat([by_year[year] for by_year in computed.values()], ignore_index=True))
        for year in years
    }
    return write_results(
        night.warehouse,
        by_year_together,
        night.token,
        versions={year: versions_of(night.mappings, year) for year in years},
        commitment_status=commitments,
        plan_progress=plan,
        data_quality=pd.concat(findings, ignore_index=True) if findings else None,
    )
