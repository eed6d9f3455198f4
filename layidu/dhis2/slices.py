"""In which pieces is a source pulled? Slices sized by rows, every (period, org unit) in exactly one of them.

Pure: it sees metadata, declarations and the memory of earlier pulls, and asks no server anything.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from layidu.dhis2.coverage import Clock, coverage_of
from layidu.dhis2.dialects import Dialect, last_updated_text
from layidu.dhis2.sizes import Sizes, children_of, sizes_of
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Source
from layidu.model.metadata import Metadata
from layidu.model.periods import MONTH_TYPES, month_back, next_period, overlapping
from layidu.model.slices import Slice

PeriodsOf = Callable[[Mapping[str, Any], Sequence[str]], Sequence[str]]  # data set, its window -> periods
Loaded = Mapping[tuple[str, str], Clock]  # (branch, period) -> complete up to

MOST_PERIODS = 100  # in one request: the address must stay short


def periods_of(data_set: Mapping[str, Any], since: str, server_date: datetime) -> list[str]:
    """Every period of the set's own type from `since` to now, and the future ones it is open for.

    `since` is months back ("24": the 24 months before the running one, and that one) or a first month
    ("202404").
    """
    period_type = str(data_set["period_type"])
    start = first_day(since, server_date)
    try:
        found = overlapping(period_type, start.date(), server_date.date())
    except ValueError as error:
        raise ConfigurationError(
            f"jeu de données {data_set['name']}",
            f"un type de période inconnu : {period_type}",
            f"un type que layidu connaît ({', '.join(MONTH_TYPES)}, …)",
            "enlever ce jeu de données de sources.yaml, ou signaler le type",
        ) from error
    for _ in range(int(data_set["open_future_periods"]) if found else 0):
        found.append(next_period(found[-1]))
    return [period.id for period in found]


def reconciled(since: str, server_date: datetime) -> PeriodsOf:
    """Of each data set's window, the periods from `since` on."""

    def wanted(data_set: Mapping[str, Any], window: Sequence[str]) -> list[str]:
        recent = set(periods_of(data_set, since, server_date))
        return [period for period in window if period in recent]

    return wanted


def between(first: date, last: date, data_sets: Collection[str]) -> PeriodsOf:
    """Of these data sets (all when none is named), the periods that share a day with two dates and what is between."""

    def wanted(data_set: Mapping[str, Any], _window: Sequence[str]) -> list[str]:
        if data_sets and data_set["uid"] not in data_sets:
            return []
        return [period.id for period in overlapping(str(data_set["period_type"]), first, last)]

    return wanted


def first_day(since: str, server_date: datetime) -> datetime:
    """The first day `since` stands for."""
    digits = since.isascii() and since.isdigit()
    if digits and len(since) == 6 and 1 <= int(since[4:]) <= 12 and int(since[:4]) >= 1900:
        return datetime(int(since[:4]), int(since[4:]), 1)  # noqa: DTZ001 - the server's own zone
    if digits and len(since) <= 3:
        month = month_back(server_date.date(), int(since))
        return datetime(month.year, month.month, 1)  # noqa: DTZ001 - the server's own zone
    raise ConfigurationError(
        "sources.yaml, since",
        f"« {since} »",
        "un nombre de mois (24) ou un premier mois (202404)",
        "corriger la ligne, puis relancer",
    )


def plan(
    metadata: Metadata,
    source: Source,
    *,
    known_rows: Mapping[str, int],
    cursor: Mapping[str, Loaded],
    server_date: datetime,
    too_large: Collection[str] = (),
    re_read: int | None = None,
) -> list[Slice]:
    """Cut tonight's work into slices.

    Args:
        metadata: what `read_metadata` gave for the source.
        source: its declaration.
        known_rows: slice name -> rows of its last good pull.
        cursor: data set -> (branch, period) -> the server's clock up to which the copy is complete there.
        server_date: the server's clock now.
        too_large: names of slices that lately had to be halved.
        re_read: how many of the last periods are pulled in full; None: as the source declares.
    """
    slices: list[Slice] = []
    count = source.re_read if re_read is None else re_read
    for sizes, roots in sized(metadata, source, known_rows, server_date, too_large):
        recent = frozenset(sizes.periods[max(0, len(sizes.periods) - count) :])
        loaded = cursor.get(sizes.data_set, {})
        slices += plan_data_set(metadata, sizes, roots, recent, loaded, server_date)
    return slices


def plan_window(
    metadata: Metadata,
    source: Source,
    wanted: PeriodsOf,
    *,
    known_rows: Mapping[str, int],
    server_date: datetime,
    too_large: Collection[str] = (),
) -> list[Slice]:
    """Everything of some periods in full, whatever the copy holds: `wanted` names the periods of a data set."""
    return [
        one
        for sizes, roots in sized(metadata, source, known_rows, server_date, too_large, wanted)
        for root in roots
        for one in full(sizes, sizes.periods, root)
    ]


def sized(
    metadata: Metadata,
    source: Source,
    known_rows: Mapping[str, int],
    server_date: datetime,
    too_large: Collection[str],
    wanted: PeriodsOf | None = None,
) -> Iterator[tuple[Sizes, tuple[str, ...]]]:
    """Each declared data set that the account sees, with its sizes and the roots it is asked for under."""
    roots = roots_of(metadata, source)
    rows: dict[str, Any] = {row["uid"]: row for row in metadata.data_sets.to_dict("records")}
    for declared in source.data_sets:
        row = rows.get(declared.uid)
        if row is None:
            continue
        window = periods_of(row, declared.since or source.since, server_date)
        periods = window if wanted is None else wanted(row, window)
        if periods:
            yield (
                sizes_of(
                    metadata,
                    declared.uid,
                    periods,
                    known_rows,
                    most_rows=source.slice_rows,
                    too_large=too_large,
                ),
                roots,
            )


def roots_of(metadata: Metadata, source: Source) -> tuple[str, ...]:
    """The declared org units, else all the account may see; none inside another."""
    if source.org_units is None:
        return metadata.user_org_units
    paths = dict(zip(metadata.org_units["uid"], metadata.org_units["path"], strict=True))
    unseen = [uid for uid in source.org_units if uid not in paths]
    if unseen:
        raise ConfigurationError(
            f"source « {metadata.source} », org_units",
            f"que ce compte ne voit pas : {', '.join(unseen)}",
            "des unités d'organisation sous celles du compte",
            "corriger sources.yaml, ou faire attribuer ces unités au compte",
        )
    chosen = dict.fromkeys(source.org_units)
    return tuple(uid for uid in chosen if not set(paths[uid].split("/")[1:-1]) & chosen.keys())


def plan_data_set(
    metadata: Metadata,
    sizes: Sizes,
    roots: Sequence[str],
    recent: frozenset[str],
    loaded: Loaded,
    server_date: datetime,
) -> list[Slice]:
    """What was never loaded in full, the recent periods in full, what changed before.

    An interrupted first contact goes on where it stopped: what was loaded has its cursor.
    """
    coverage = coverage_of(metadata, sizes.children, loaded, clock_text(server_date))
    slices: list[Slice] = []
    for root in roots:
        clocks = {period: coverage.complete(root, period) for period in sizes.periods}
        older = {p: clock for p, clock in clocks.items() if clock is not None and p not in recent}
        if older:
            since = mark(min(older.values()), metadata)
            slices += increments(sizes, list(older), root, since)
        gaps: dict[str, list[str]] = {}
        for period in sizes.periods:
            whole = period in recent
            for branch in (root,) if whole else coverage.gaps(root, period) if period not in older else ():
                gaps.setdefault(branch, []).append(period)
        for branch, periods in gaps.items():
            slices += full(sizes, periods, branch.rstrip("!"), children=not branch.endswith("!"))
    return slices


def clock_text(moment: datetime) -> Clock:
    """A moment as cursors are written: texts of this kind compare like their moments."""
    return moment.isoformat(timespec="microseconds")


def mark(clock: str, metadata: Metadata) -> str:
    """`lastUpdated` for what is complete up to a clock: earlier by the longest import and the server's zone."""
    server = metadata.server
    look_back = Dialect.of(server.version).look_back(server.utc_offset_hours)
    return last_updated_text((datetime.fromisoformat(clock) - look_back).isoformat())


def increments(sizes: Sizes, periods: Sequence[str], root: str, last_updated: str) -> Iterator[Slice]:
    """Slices of what changed since the last good pull."""
    for start in range(0, len(periods), MOST_PERIODS):
        some = tuple(periods[start : start + MOST_PERIODS])
        yield Slice(sizes.source, sizes.data_set, some, root, "increment", last_updated)


def full(sizes: Sizes, periods: Sequence[str], org_unit: str, *, children: bool = True) -> Iterator[Slice]:
    """Slices of everything there is: periods together while they are few rows, branches when one is too many."""
    below = sizes.children.get(org_unit, ()) if children else ()
    for group in groups(sizes, periods, org_unit):
        if len(group) == 1 and below and sizes.rows(org_unit, group[0]) > sizes.most_rows:
            yield Slice(sizes.source, sizes.data_set, group, org_unit, children=False)
            for child in below:
                yield from full(sizes, group, child)
        else:
            yield Slice(sizes.source, sizes.data_set, group, org_unit, children=children)


def groups(sizes: Sizes, periods: Sequence[str], org_unit: str) -> Iterator[tuple[str, ...]]:
    """Cut periods into groups of few enough rows; without a gap, because a slice's name tells its span."""
    group: list[str] = []
    group_rows = 0.0
    for period in periods:
        rows = sizes.rows(org_unit, period)
        gap = bool(group) and sizes.place[period] != sizes.place[group[-1]] + 1
        if group and (gap or group_rows + rows > sizes.most_rows or len(group) == MOST_PERIODS):
            yield tuple(group)
            group, group_rows = [], 0.0
        group.append(period)
        group_rows += rows
    if group:
        yield tuple(group)


def halve(whole: Slice, metadata: Metadata) -> list[Slice]:
    """Ask for less: half of the periods, else the branches; nothing for a single unit's single period."""
    count = len(whole.periods)
    if count > 1:
        first, second = whole.periods[: count // 2], whole.periods[count // 2 :]
        return [replace(whole, periods=first), replace(whole, periods=second)]
    children = children_of(metadata.org_units).get(whole.org_unit, ()) if whole.children else ()
    if not children:
        return []
    return [replace(whole, children=False), *(replace(whole, org_unit=child) for child in children)]
