"""The arithmetic's half of a night: plan, map, compute, assess, for the years that changed."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from flows.night import AtHand, Night
from layidu.compute.commitments import assess_commitments
from layidu.compute.data_quality import findings
from layidu.compute.indicators import compute_year
from layidu.compute.plan import PROGRESS, assess_plan
from layidu.compute.populations import population_values
from layidu.compute.trend import yearly_trends
from layidu.mapping.terms import expand_terms
from layidu.model.frames import FINDINGS, MAPPED_SUMS, RESULTS
from warehouse import read
from warehouse.load_plan import load_plan
from warehouse.load_results import write_results


def load_declarations(night: Night, sources: Sequence[AtHand]) -> tuple[pd.DataFrame, bool]:
    """Expand terms against tonight's cells and put the plan in the warehouse; whether it changed."""
    cells = pd.concat([source.cells for source in sources], ignore_index=True)
    terms = expand_terms(night.mappings, cells)
    return terms, load_plan(night.warehouse, night.mappings, cells, terms, night.token)


def last_ended_month(server_date: date) -> date:
    """The last day of the last month that is over, on the server's clock."""
    return server_date.replace(day=1) - timedelta(days=1)


def compute_source(
    night: Night, source: AtHand, terms: pd.DataFrame, years: Sequence[int]
) -> dict[int, pd.DataFrame]:
    """Results of each year for one source: map (SQL), populations, compute (frames)."""
    tree = read.tree(night.warehouse, source.name)
    through = last_ended_month(source.metadata.server.server_date.date())
    computed = {}
    for year in night.console.track(list(years), "calcul des années"):
        mapped = read.mapped_sums(night.warehouse, source.name, year)
        computed[year] = compute_year(
            year=year,
            ended_through=through,
            tree=tree,
            mapped=mapped,
            reports=read.reports(night.warehouse, source.name, year, through),
            populations=populations_of(night, mapped, tree, year),
            terms=terms,
            indicators=night.mappings.indicators,
            source=source.name,
            variables=night.mappings.variables,
        )
    return computed


def populations_of(night: Night, mapped: pd.DataFrame, tree: pd.DataFrame, year: int) -> pd.DataFrame:
    """The year's denominators at their lowest level."""
    from layidu.model.frames import POPULATIONS

    if night.mappings.populations is None:
        return POPULATIONS.frame()
    yearly = mapped[mapped["period"] % 100 == 0]
    return population_values(night.mappings.populations, yearly, tree, year)


def quality_findings(night: Night, source: AtHand) -> pd.DataFrame:
    """What the statistics of the whole window flag: leaps and copied months."""
    if night.mappings.thresholds is None or not night.mappings.variables:
        return FINDINGS.frame()
    years = read.years(night.warehouse, source.name)
    frames = [read.mapped_sums(night.warehouse, source.name, year) for year in years]
    mapped = pd.concat(
        [frame.astype({"variable": "str", "disaggregation": "str"}) for frame in frames]
        or [MAPPED_SUMS.frame()]
    )
    mapped = mapped.astype(dict(MAPPED_SUMS.columns)).reset_index(drop=True)
    tree = read.tree(night.warehouse, source.name)
    return findings(mapped, tree, night.mappings.thresholds, variables_of_data_sets(source))


def variables_of_data_sets(source: AtHand) -> dict[str, list[str]]:
    """Data set -> the variables its elements feed."""
    members = source.metadata.data_set_elements[["data_set", "data_element"]]
    joined = source.cells[["variable", "data_element"]].drop_duplicates().merge(members, on="data_element")
    return {str(uid): sorted(set(group["variable"])) for uid, group in joined.groupby("data_set")}


def assess(
    night: Night, results: pd.DataFrame, tree: pd.DataFrame, on: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Colours of commitments and plan lines on a day."""
    country = tree.loc[tree["level"] == tree["level"].min(), "org_unit"]
    national = RESULTS.cast(results[results["org_unit"].isin(country.head(1))])
    trends = yearly_trends(national, on=on)
    progress = PROGRESS.frame()
    return assess_commitments(night.mappings, trends, on=on), assess_plan(night.mappings, progress, on=on)


__all__ = ["assess", "compute_source", "load_declarations", "quality_findings", "write_results"]
