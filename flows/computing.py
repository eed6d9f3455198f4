"""The arithmetic's half of a night: plan, map, compute, assess, for the years that changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

import numpy as np
import pandas as pd

from flows.ahead import ahead
from flows.estimating import users_of
from flows.mapped_years import MappedYears
from flows.night import AtHand, Night, Waits
from flows.promising import Asked, assess
from flows.waiting import kept, read_sources
from layidu.compute.data_quality import findings
from layidu.compute.groups import Groups, members_of
from layidu.compute.hierarchies import differing, moved_in, regrouped, touched
from layidu.compute.indicators import Inputs, year_in_pieces
from layidu.compute.populations import population_checks, population_values
from layidu.compute.unanswerable import missing_rows
from layidu.compute.year_periods import YearPeriods
from layidu.errors import ConfigurationError
from layidu.mapping.states import ResolvedState
from layidu.mapping.terms import expand_states, looks_back
from layidu.mapping.versions import YearlyTerms, versions_of
from layidu.model.frames import FINDINGS, MAPPED_SUMS, POPULATIONS
from layidu.model.promise_frames import COMMITMENT_STATUS, PLAN_PROGRESS
from warehouse import read_sums
from warehouse.behind_read import variable_cells
from warehouse.corrections import unmatched_corrections
from warehouse.load_plan import load_plan
from warehouse.load_results import DATA_QUALITY, POPULATION_CHECK, switching
from warehouse.other_plan import OtherPlan
from warehouse.waiting import WAITING, stored_waiting, waiting_rows


def load_declarations(night: Night, sources: Sequence[AtHand]) -> tuple[YearlyTerms, bool]:
    """Expand terms against tonight's cells and put the plan in the warehouse; whether it changed.

    A source that could not be read keeps the cells it had.
    """
    stored = variable_cells(night.warehouse)
    absent = night.mappings.sources.keys() - {source.name for source in sources}
    cells = pd.concat(
        [*(source.cells for source in sources), stored[stored["source"].isin(absent)]], ignore_index=True
    )
    terms = YearlyTerms(night.mappings, cells)
    return terms, load_plan(night.warehouse, night.mappings, cells, terms.today, night.token)


def check_corrections(night: Night, source: AtHand) -> None:
    """Refuse a correction that leaves nothing out: it would look as if an error were dealt with.

    Raises:
        ConfigurationError: naming every such correction.
    """
    unmatched = unmatched_corrections(night.warehouse, source.name)
    if unmatched:
        found = " ; ".join(
            f"[{one.number}] {one.data_element} {one.org_unit} {one.period} : "
            + (f"« {one.held} » au lieu de « {one.value} »" if one.held else "aucune cellule")
            for one in unmatched
        )
        raise ConfigurationError(
            where=f"corrections.yaml, source « {source.name} »",
            found=found,
            expected="une cellule de la copie qui porte encore la valeur gardée (value)",
            todo="retirer la correction si la source est corrigée ; sinon relever la cellule et sa valeur",
        )


def last_ended_month(server_date: date) -> date:
    """The last day of the last month that is over, on the server's clock."""
    return server_date.replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Given:
    """What the years of one source are computed from, read once."""

    tree: pd.DataFrame  # frames.TREE
    mapped: MappedYears
    fed: Mapping[str, Sequence[str]]  # data set -> the variables its elements feed
    yearly: pd.DataFrame  # frames.MAPPED_SUMS of yearly variables, all years
    through: date  # the last day that is over
    codes: Mapping[str, int]  # code -> org unit
    counted: Sequence[int]  # org units that are expected to have a population
    groups: Groups
    states: Mapping[str, ResolvedState]
    earlier: pd.DataFrame  # frames.EARLIER_PARENTS
    other: OtherPlan | None  # declarations that are not loaded
    waits: Waits


def given(night: Night, source: AtHand, other: OtherPlan | None = None, waits: Waits | None = None) -> Given:
    """Read what does not depend on the year; under declarations that are not loaded, if asked."""
    tree = read_sums.tree(night.warehouse, source.name)
    keys = tree.set_index("uid")["org_unit"].to_dict()
    declared = night.mappings.org_units
    return Given(
        tree,
        MappedYears(night.warehouse, source.name, other),
        variables_of_data_sets(source),
        read_sums.yearly_sums(night.warehouse, source.name, other),
        last_ended_month(source.metadata.server.server_date.date()),
        codes_of(source, tree),
        [keys[uid] for uid in counted_org_units(night, source) if uid in keys],
        members_of(declared, tree, codes_of(source, tree)) if declared else {},
        expand_states(night.mappings, source.cells),
        read_sums.earlier_parents(night.warehouse, source.name),
        other,
        waits or Waits(),
    )


def results_of(
    night: Night, source: AtHand, known: Given, terms: YearlyTerms, year: int
) -> Iterator[tuple[pd.DataFrame, bool]]:
    """The results of one year of a source: map (a join in SQL), then compute (frames in, frames out).

    Pieces up today's tree (False); last, where org units have moved since, what differs up the tree of then (True).
    Nothing of the indicators that wait.
    """
    declared = night.mappings.populations
    populations = POPULATIONS.frame()
    if declared is not None:
        until = known.yearly[known.yearly["period"] // 100 <= year]
        populations = population_values(declared, until, known.tree, year, org_unit_codes=known.codes)
    indicators, terms_of_year = terms.of(year)
    if waiting := known.waits.of(year):
        indicators = {code: one for code, one in indicators.items() if code not in waiting}
        terms_of_year = terms_of_year[~terms_of_year["indicator"].isin(waiting)].reset_index(drop=True)
    inputs = Inputs(
        year=year,
        ended_through=known.through,
        tree=known.tree,
        mapped=known.mapped.of(year),
        before=known.mapped.of(year - 1) if looks_back(indicators) else None,
        fed=known.fed,
        outliers=night.mappings.thresholds.outliers if night.mappings.thresholds else None,
        reports=read_sums.reports(night.warehouse, source.name, year, known.through),
        populations=populations,
        terms=terms_of_year,
        indicators=indicators,
        source=source.name,
        variables=night.mappings.variables,
        population_org_units=known.counted,
        states=known.states,
        groups=known.groups,
        users=users_of(night.warehouse, night.mappings, source.name, terms_of_year, year, known.other),
    )
    moved = moved_in(known.earlier, year)
    units = touched(known.tree, moved)
    if units:
        units |= regrouped(known.tree, moved, known.groups, YearPeriods.of(year, known.through))
    missing = [series for series in terms.missing(year) if series[0] in indicators]
    yield missing_rows(missing, known.tree, year, known.through), False
    now = []
    for piece in year_in_pieces(**inputs):
        now.append(piece[piece["org_unit"].isin(units)])
        yield piece, False
    if units:
        up_then: Inputs = {**inputs, "earlier": moved}
        then = year_in_pieces(**up_then)
        yield differing(now, (piece[piece["org_unit"].isin(units)] for piece in then)), True


def beside_populations(night: Night, source: AtHand, known: Given) -> pd.DataFrame:
    """Every total published elsewhere beside the sum of each of our series (POPULATION_CHECK)."""
    declared = night.mappings.populations
    if declared is None:
        return POPULATION_CHECK.frame()
    found = population_checks(declared, known.yearly, known.tree, org_unit_codes=known.codes)
    return POPULATION_CHECK.cast(found.rename(columns={"check": "check_name"}).assign(source=source.name))


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


def quality_findings(night: Night, source: AtHand, known: Given) -> pd.DataFrame:
    """What the statistics of the last years flag, leaps and copied months, and in which source."""
    if night.mappings.thresholds is None or not night.mappings.variables:
        return FINDINGS.frame().assign(source=pd.Series([], dtype="str"))
    monthly = together(known.mapped.last())
    found = findings(monthly, known.tree, night.mappings.thresholds, known.fed)
    return found.assign(source=pd.Series(source.name, index=found.index, dtype="str"))


def together(mapped: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mapped sums of several years as one frame; categories of different years are not the same categories."""
    columns = {
        name: pd.api.types.union_categoricals([frame[name] for frame in mapped])
        for name in ("variable", "disaggregation")
    }
    plain = {
        name: np.concatenate([frame[name] for frame in mapped]) for name in ("org_unit", "period", "sum")
    }
    return MAPPED_SUMS.cast(pd.DataFrame({**columns, **plain})) if mapped else MAPPED_SUMS.frame()


def variables_of_data_sets(source: AtHand) -> dict[str, list[str]]:
    """Data set -> the variables its elements feed."""
    members = source.metadata.data_set_elements[["data_set", "data_element"]]
    joined = source.cells[["variable", "data_element"]].drop_duplicates().merge(members, on="data_element")
    return {str(uid): sorted(set(group["variable"])) for uid, group in joined.groupby("data_set")}


def compute_and_switch(
    night: Night,
    sources: Sequence[AtHand],
    terms: YearlyTerms,
    years: Sequence[int],
    waits: Mapping[str, Waits],
) -> tuple[int, int]:
    """Compute these years less what waits, assess the promises, and put it all in the warehouse in one transaction.

    One year at a time, its pieces computed while the year before is written. Promises are assessed even when no
    year is: a day later more is expected of them. How many rows were written, how many findings there are.
    """
    known = {source.name: given(night, source, waits=waits[source.name]) for source in sources if years}
    stay = kept(night.mappings, waits)
    first, on = sources[0].name, sources[0].metadata.server.server_date.date()
    asked = Asked.of(night.warehouse, night.mappings, first, on)
    fresh: dict[int, list[pd.DataFrame]] = {}  # year -> what promises are measured by
    flagged: list[pd.DataFrame] = []
    pieces = (
        (year, source.name, *piece)
        for year in years
        for source in sources
        for piece in results_of(night, source, known[source.name], terms, year)
    )
    with switching(night.warehouse, night.token, stay) as switch:
        by_year = groupby(ahead(pieces), key=itemgetter(0))
        for year, of_year in night.console.track(by_year, "années calculées", len(years)):
            switch.year(
                year,
                noted(of_year, first, asked, fresh.setdefault(year, [])),
                versions=versions_of(night.mappings, year),
            )
        so_far = {year: pd.concat(frames, ignore_index=True) for year, frames in fresh.items()}
        if first == next(iter(read_sources(night.mappings))):  # promises speak of the first source's country
            still = waits[first].reasons.keys()
            commitments, plan = assess(night.warehouse, night.mappings, first, on, so_far, still)
            switch.small(COMMITMENT_STATUS, commitments)
            switch.small(PLAN_PROGRESS, plan)
        now_waiting = waiting_rows(stored_waiting(night.warehouse), stay, night.token.run_id)
        switch.small(WAITING, now_waiting)
        if years:
            flagged = [quality_findings(night, source, known[source.name]) for source in sources]
            switch.small(DATA_QUALITY, pd.concat(flagged, ignore_index=True))
            totals = [beside_populations(night, source, known[source.name]) for source in sources]
            switch.small(POPULATION_CHECK, pd.concat(totals, ignore_index=True))
    return switch.written, sum(len(frame) for frame in flagged)


def noted(
    pieces: Iterator[tuple[int, str, pd.DataFrame, bool]], source: str, asked: Asked, kept: list[pd.DataFrame]
) -> Iterator[tuple[pd.DataFrame, bool]]:
    """The pieces of a year, keeping aside what promises are measured by."""
    for _, name, piece, then in pieces:
        if name == source and not then:
            kept.append(asked.among(piece))
        yield piece, then
