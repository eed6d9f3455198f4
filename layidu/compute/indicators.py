"""What are the indicators of one year, with both parts and a status, at every level and period?"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, NotRequired, TypedDict, Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.compute.estimated_use import EstimatedUsers
from layidu.compute.facility_months import FacilityMonths
from layidu.compute.groups import Groups, memberships
from layidu.compute.parts import Manner, Part, PartSums, Term
from layidu.compute.plausible import quality_cells
from layidu.compute.ratio import (
    INSUFFICIENT_DATA,
    REPORTING_TOO_LOW,
    BoolArray,
    FloatArray,
    TextArray,
    divide,
)
from layidu.compute.states import StateSums
from layidu.compute.tree_sums import Branches, BranchesThen
from layidu.compute.year_periods import YearPeriods
from layidu.mapping.contracts import Indicator, Outliers, Variable
from layidu.mapping.states import ResolvedState
from layidu.mapping.terms import QUALITY_VARIABLES, USERS
from layidu.mapping.validity import collected
from layidu.model import disaggregation as bands
from layidu.model.frames import MAPPED_SUMS, RESULTS, TERMS, ContractError

PIECE = 150_000  # results at a time
NO_VARIABLES: Mapping[str, Variable] = MappingProxyType({})
NO_STATES: Mapping[str, ResolvedState] = MappingProxyType({})
NO_GROUPS: Groups = MappingProxyType({})


class Row(NamedTuple):
    """One indicator, or one disaggregation of it, with the terms of both parts."""

    indicator: str
    disaggregation: str
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]


class Block(NamedTuple):
    """The results of one row: places in the tree and in the periods, and what stands there."""

    row: int
    units: npt.NDArray[np.int64]
    periods: npt.NDArray[np.int64]
    numerator: FloatArray
    denominator: FloatArray
    value: FloatArray
    status: TextArray
    completeness: FloatArray


class Inputs(TypedDict):
    """What a year is computed from.

    `ended_through` is the last day that is over. `variables` says how each variable adds over time and what its
    absence means (without it: sum, missing). `population_org_units` are those expected to have a population;
    without it, every open org unit of the level the population is declared at. `states` are the derived
    variables, `groups` the org-unit groups they ask for.
    """

    year: int
    ended_through: date
    tree: pd.DataFrame  # TREE
    mapped: pd.DataFrame  # MAPPED_SUMS
    reports: pd.DataFrame  # REPORTS
    populations: pd.DataFrame  # POPULATIONS
    terms: pd.DataFrame  # TERMS
    indicators: Mapping[str, Indicator]
    source: str
    variables: NotRequired[Mapping[str, Variable]]
    population_org_units: NotRequired[Collection[int] | None]
    states: NotRequired[Mapping[str, ResolvedState]]
    groups: NotRequired[Groups]
    outliers: NotRequired[Outliers | None]  # the rule of what stands out; without it nothing is judged
    before: NotRequired[
        pd.DataFrame | None
    ]  # MAPPED_SUMS of the year before: what stands out is judged by it too
    fed: NotRequired[Mapping[str, Sequence[str]]]  # data set -> the variables its elements feed
    users: NotRequired[EstimatedUsers | None]  # what terms of kind `users` count for
    earlier: NotRequired[pd.DataFrame | None]  # EARLIER_PARENTS: sum up the tree of each period, not today's


def compute_year(**inputs: Unpack[Inputs]) -> pd.DataFrame:
    """The `RESULTS` of one year: its ended months, its quarters and itself as far as their months ended."""
    pieces = list(year_in_pieces(**inputs))
    return RESULTS.check(pd.concat(pieces, ignore_index=True))


def year_in_pieces(**inputs: Unpack[Inputs]) -> Iterator[pd.DataFrame]:
    """The same, some rows of the catalogue at a time, in the catalogue's order: a year of a country is large."""
    indicators, source = inputs["indicators"], inputs["source"]
    variables = inputs.get("variables", NO_VARIABLES)
    half_years = any("SixMonthly" in indicator.periods for indicator in indicators.values())
    periods = YearPeriods.of(inputs["year"], inputs["ended_through"], half_years=half_years)
    if not periods.months:
        yield RESULTS.frame()
        return
    branches = Branches.of(inputs["tree"])
    earlier = inputs.get("earlier")
    if earlier is not None:
        branches = BranchesThen.then(branches, earlier, periods)
    facts = FacilityMonths.of(branches, periods, inputs["mapped"], inputs["reports"], inputs["populations"])
    members = memberships(inputs.get("groups", NO_GROUPS), branches, periods.months)
    states = StateSums(facts, variables, inputs.get("states", NO_STATES), members)
    rule, terms = inputs.get("outliers"), TERMS.check(inputs["terms"])
    if rule is not None and terms["name"].isin(QUALITY_VARIABLES).any():
        before = inputs.get("before")
        past = MAPPED_SUMS.frame() if before is None else before
        facts.cells.update(quality_cells(facts, past, inputs.get("fed", {}), rule, states))
    rows = list(rows_of(terms, indicators))
    manners = [manner_of(row, indicators[row.indicator], variables, source, periods) for row in rows]
    uses = Counter(
        (part, manner)
        for row, manner in zip(rows, manners, strict=True)
        for part in (row.numerator, row.denominator)
    )
    users = inputs.get("users")
    sums = PartSums(facts, variables, inputs.get("population_org_units"), states, uses, users)
    counts: dict[tuple[tuple[str, ...], tuple[bool, ...]], tuple[FloatArray, FloatArray]] = {}
    blocks: list[Block] = []
    for number, (row, manner) in enumerate(zip(rows, manners, strict=True)):
        indicator = indicators[row.indicator]
        asked = (manner.data_sets, manner.collected)
        if asked not in counts:
            counts[asked] = report_counts(facts, *asked)
        numerator = sums.part(row.numerator, manner)
        denominator = None if indicator.denominator is None else sums.part(row.denominator, manner)
        wanted = np.outer(
            branches.levels <= lowest_level(row, indicator),
            periods.of_types(indicator.periods, ended_only=indicator.ended_only),
        )
        estimated = users is not None and any(term.kind == USERS for term in row.numerator)
        least = users.minimum_reporting if users is not None and estimated else None
        blocks.append(block(number, numerator, denominator, indicator.factor, counts[asked], wanted, least))
        if sum(len(each.units) for each in blocks) >= PIECE:
            yield assemble(blocks, rows, facts)
            blocks = []
    yield assemble(blocks, rows, facts)


def manner_of(
    row: Row, indicator: Indicator, variables: Mapping[str, Variable], source: str, periods: YearPeriods
) -> Manner:
    """How a row wants its parts added, and the months its variables were asked for in."""
    data_sets = tuple(sorted(indicator.data_sets.get(source, [])))
    names = {term.name for term in (*row.numerator, *row.denominator)}
    then = collected(names, variables, source, periods.months)
    return Manner(indicator.annualised, indicator.over_time, data_sets, then)


def rows_of(terms: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Iterator[Row]:
    """The rows to compute, sorted, each with its terms in a fixed order."""
    unknown = set(terms["indicator"]) - set(indicators)
    if unknown:
        raise ContractError(f"terms: found indicators {sorted(unknown)}, expected {sorted(indicators)}")
    collected: dict[tuple[str, str], dict[str, list[Term]]] = {}
    columns = ("indicator", "disaggregation", "part", "kind", "name", "filter", "coefficient")
    for indicator, disaggregation, part, *term in zip(
        *(terms[column].tolist() for column in columns), strict=True
    ):
        parts = collected.setdefault((indicator, disaggregation), {"numerator": [], "denominator": []})
        parts[part].append(Term(*term))
    for (indicator, disaggregation), parts in sorted(collected.items()):
        yield Row(
            indicator,
            disaggregation,
            tuple(sorted(parts["numerator"])),
            tuple(sorted(parts["denominator"])),
        )


def lowest_level(row: Row, indicator: Indicator) -> int:
    """The deepest level a row is computed at: what the indicator declares for its total, its split for a band."""
    dimensions = sorted(bands.read(row.disaggregation))
    if not dimensions:
        return indicator.lowest_level
    declared = [
        split.lowest_level for split in indicator.disaggregations if sorted(split.dimensions) == dimensions
    ]
    if not declared:
        raise ContractError(f"terms: {row.indicator} has no disaggregation by {dimensions}")
    return max(declared)


def report_counts(
    facts: FacilityMonths, data_sets: tuple[str, ...], then: tuple[bool, ...]
) -> tuple[FloatArray, FloatArray]:
    """Reports received and expected in every branch and period, of the months that count."""
    everywhere = np.broadcast_to(np.array(then), facts.open.shape)
    received, expected = (
        facts.periods.over_time(*facts.branches.sum_up(facts.reports(name, data_sets), everywhere), "sum")[0]
        for name in ("reports_received", "reports_expected")
    )
    return received, expected


def block(
    row: int,
    numerator: Part,
    denominator: Part | None,
    factor: float,
    counts: tuple[FloatArray, FloatArray],
    wanted: BoolArray,
    least: float | None = None,
) -> Block:
    """Divide one row and keep the places where there is something to say.

    A population alone says nothing, except where reports were expected: there the gap must be seen. With `least`
    a smaller share of the reports, or an unknown one, leaves the parts and no value.
    """
    received, expected = counts
    kept = ~np.isnan(numerator.values) | numerator.unanswered
    if denominator is not None:
        population_only = ~np.isnan(denominator.values) & (expected > 0)
        kept = kept | denominator.reported | population_only
    units, periods = np.nonzero(kept & wanted)
    place = (units, periods)
    above = numerator.values[place]
    if denominator is None:
        below = np.full(len(units), np.nan)
        value, status = divide(above, None, factor)
    else:
        below = denominator.values[place]
        value, status = divide(above, below, factor, incomplete=denominator.incomplete[place])
    unanswered = (
        numerator.unanswered if denominator is None else numerator.unanswered | denominator.unanswered
    )
    status[unanswered[place]] = INSUFFICIENT_DATA
    some = np.where(expected > 0, expected, np.nan)
    completeness = received[place] / some[place]
    if least is not None:
        too_few = ~(completeness >= least) & ~np.isnan(above)
        value[too_few], status[too_few] = np.nan, REPORTING_TOO_LOW
        above[too_few & np.isinf(least)] = np.nan  # the year is not whole: its users are not known either
    return Block(row, units, periods, above, below, value, status, completeness)


def assemble(blocks: list[Block], rows: list[Row], facts: FacilityMonths) -> pd.DataFrame:
    """One `RESULTS` frame, in the order indicator, disaggregation, org unit, month-quarter-year."""
    if not blocks:
        return RESULTS.frame()
    numbers = np.repeat([each.row for each in blocks], [len(each.units) for each in blocks])
    names = pd.Series([row.indicator for row in rows], dtype="str")
    splits = pd.Series([row.disaggregation for row in rows], dtype="str")
    labels = pd.Series(facts.periods.names, dtype="str")
    periods = np.concatenate([each.periods for each in blocks])
    units = np.concatenate([each.units for each in blocks])
    return RESULTS.cast(
        pd.DataFrame(
            {
                "indicator": names.take(numbers).array,
                "disaggregation": splits.take(numbers).array,
                "org_unit": facts.branches.org_units[units],
                "period": labels.take(periods).array,
                "numerator": np.concatenate([each.numerator for each in blocks]),
                "denominator": np.concatenate([each.denominator for each in blocks]),
                "value": np.concatenate([each.value for each in blocks]),
                "status": np.concatenate([each.status for each in blocks]),
                "completeness": np.concatenate([each.completeness for each in blocks]),
            }
        )
    )
