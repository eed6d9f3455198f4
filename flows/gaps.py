"""What was asked of a source, did not come, and has not come since? By data set and period.

The slices themselves tell, whatever run asked for them: one that failed or was stopped is healed when later slices
together cover its periods and branch, and an ended period is whole once slices covered all of it. So a night, a
computation by hand and a publication by hand see the same.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import pandas as pd

from flows.night import AtHand, Night
from layidu.dhis2.coverage import Coverage, coverage_of
from layidu.dhis2.sizes import children_of
from layidu.dhis2.slices import periods_of, roots_of
from layidu.mapping.contracts import Source
from layidu.model.periods import ended, parse
from warehouse.not_copied import copied, not_copied

END = "~"  # after every number, as text
STOPPED = "arrêtée par un contrôle"
FAILED = "pas arrivée"
NEVER = "jamais tirée"


def gaps(night: Night, source: AtHand) -> dict[str, dict[str, str]]:
    """Data set -> periods whose copy is not known to be complete -> what became of their slice, in French."""
    metadata, declared = source.metadata, night.mappings.sources[source.name]
    lacking = not_copied(night.warehouse, source.name)
    lacking = lacking[lacking["org_unit"].str.rstrip("!").isin(metadata.org_units["uid"])]
    since = copied(night.warehouse, source.name)
    roots, today = roots_of(metadata, declared), metadata.server.server_date.date()
    found: dict[str, dict[str, str]] = {}
    for data_set, window in windows_of(source, declared).items():
        if data_set in source.lost:
            continue  # nothing of it is asked for; whether it waits is a person's decision
        coverage = coverage_by_number(source, since[since["data_set"] == data_set])
        over = [period for period in window if ended(parse(period), today)]
        never = dict.fromkeys(never_copied(coverage, roots, over), NEVER)
        open_ = dict(open_periods(lacking[lacking["data_set"] == data_set], coverage, window))
        if never or open_:
            found[data_set] = never | open_
    return found


def never_copied(coverage: Coverage, roots: Sequence[str], periods: Iterable[str]) -> Iterator[str]:
    """The periods of which a part never came: a first load that was cut off, or has not been."""
    for period in periods:
        if any(coverage.complete(root, period) is None for root in roots):
            yield period


def windows_of(source: AtHand, declared: Source) -> dict[str, frozenset[str]]:
    """Data set -> the periods that every night asks for."""
    since = {one.uid: one.since or declared.since for one in declared.data_sets}
    today = source.metadata.server.server_date
    rows = [
        {str(name): value for name, value in row.items()}
        for row in source.metadata.data_sets.to_dict("records")
    ]
    return {row["uid"]: frozenset(periods_of(row, since[row["uid"]], today)) for row in rows}


def coverage_by_number(source: AtHand, slices: pd.DataFrame) -> Coverage:
    """What was copied of one data set, with the number of the slice where a clock usually stands."""
    rows = slices[["org_unit", "period", "key"]].itertuples(index=False, name=None)
    numbers = {(branch, period): as_text(key) for branch, period, key in rows}
    return coverage_of(source.metadata, children_of(source.metadata.org_units), numbers, END)


def open_periods(
    lacking: pd.DataFrame, coverage: Coverage, window: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The periods of slices that did not come and that nothing later covers.

    A period that has left the window is not asked for again: there, having been copied once is enough.
    """
    columns = ["org_unit", "period", "key", "outcome"]
    for branch, period, key, outcome in lacking[columns].itertuples(index=False, name=None):
        after = as_text(key) if period in window else ""
        since = (coverage.complete(branch.rstrip("!"), period), coverage.loaded.get((branch, period)))
        if not any(number is not None and number > after for number in since):
            yield period, STOPPED if outcome == "stopped" else FAILED


def as_text(key: int) -> str:
    """A number as a text that compares like it."""
    return f"{key:012d}"
