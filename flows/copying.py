"""The copy's half of a night: metadata, slices, registrations of one source."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial

from flows.access import client_for, is_sandbox
from flows.night import AtHand, Night
from layidu.dhis2.answers import TooMuchAskedError
from layidu.dhis2.metadata import read_metadata
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.registrations import read_registrations
from layidu.dhis2.slices import halve, periods_of, plan
from layidu.errors import FailedSafeError
from layidu.mapping.expand import expand_cells
from layidu.mapping.expected_parents import moved_units
from layidu.model.slices import Pulled, Slice, SliceAccount
from quality.gate import check
from warehouse import read_runs
from warehouse.load import load_registrations, load_slice, record_failed_slice
from warehouse.load_metadata import load_metadata


def read_source(night: Night, name: str) -> AtHand:
    """Log in, read the metadata of a source, store it, and note what changed."""
    source = night.mappings.sources[name]
    client = client_for(night.settings, name, source)
    metadata = read_metadata(client, name, [data_set.uid for data_set in source.data_sets])
    events = load_metadata(night.warehouse, metadata, night.token)
    moved = moved_units(night.mappings.org_units, name, metadata)
    cells, problems = expand_cells(night.mappings, name, metadata)
    if problems:
        night.console.line(
            f"{name} : {len(problems)} déclarations de variables ne trouvent pas leur élément ou leur option ;"
            " layidu check --server les nomme"
        )
    return AtHand(name, client, metadata, events, moved, cells)


def plan_slices(night: Night, at_hand: AtHand) -> list[Slice]:
    """What to ask for tonight: everything at first, then what was touched and the last periods in full."""
    return plan(
        at_hand.metadata,
        night.mappings.sources[at_hand.name],
        known_rows=read_runs.known_rows(night.warehouse, at_hand.name),
        cursor=read_runs.cursors(night.warehouse, at_hand.name),
        server_date=at_hand.metadata.server.server_date,
    )


Answer = Callable[[], Pulled]


def pulled_ahead(night: Night, at_hand: AtHand, slices: Sequence[Slice]) -> Iterator[tuple[Slice, Answer]]:
    """Each slice with its answer, the next one being pulled while this one is checked and loaded."""
    folder = night.settings.home / "answers"

    def start(pool: Executor, slice_: Slice) -> Future[Pulled]:
        return pool.submit(pull_slice, at_hand.client, slice_, at_hand.metadata, folder)

    with ThreadPoolExecutor(1, thread_name_prefix="pull") as pool:
        waiting = [start(pool, slice_) for slice_ in slices[:1]]
        for place, slice_ in enumerate(slices):
            current = waiting.pop()
            waiting += [start(pool, following) for following in slices[place + 1 : place + 2]]
            yield slice_, current.result


def pulled_now(night: Night, at_hand: AtHand, slice_: Slice) -> Answer:
    """One slice's answer, asked for when it is wanted."""
    return partial(pull_slice, at_hand.client, slice_, at_hand.metadata, night.settings.home / "answers")


def copy_slice(night: Night, at_hand: AtHand, slice_: Slice, answer: Answer) -> list[SliceAccount]:
    """Pull, check and load one slice; too large for the server, it is halved; failed, it is on record.

    Credentials and rights are not a slice's own failure: they are raised, and nothing further is asked.
    """
    source = night.mappings.sources[at_hand.name]
    try:
        pulled = answer()
    except FailedSafeError as error:
        halves = halve(slice_, at_hand.metadata) if isinstance(error, TooMuchAskedError) else []
        if halves:
            return [
                account
                for half in halves
                for account in copy_slice(night, at_hand, half, pulled_now(night, at_hand, half))
            ]
        record_failed_slice(night.warehouse, slice_, error, night.token)
        return [failed(slice_, error)]
    checked = check(pulled, at_hand.metadata, at_hand.cells, night.rules)
    account = load_slice(
        night.warehouse,
        checked,
        night.token,
        hold_share=source.vanished_hold_share,
        hold_rows=source.vanished_hold_rows,
        owned_elements=owned_elements(at_hand, slice_.data_set),
    )
    return [account]


def failed(slice_: Slice, error: FailedSafeError) -> SliceAccount:
    """The account of a slice that brought nothing."""
    return SliceAccount(slice_, 0, 0, 0, 0, 0, 0, 0, outcome="failed", message=str(error))


def owned_elements(at_hand: AtHand, data_set: str) -> frozenset[str]:
    """The elements this data set answers for: an element of two pulled sets belongs to the first."""
    members = at_hand.metadata.data_set_elements
    order = {uid: place for place, uid in enumerate(at_hand.metadata.data_sets["uid"])}
    first = (
        members.assign(place=members["data_set"].map(order))
        .sort_values("place")
        .drop_duplicates("data_element")
    )
    return frozenset(first.loc[first["data_set"].eq(data_set), "data_element"])


def copy_registrations(night: Night, at_hand: AtHand) -> set[int]:
    """Completeness registrations of the whole window, diffed; the years in which one changed."""
    changed: set[int] = set()
    source = night.mappings.sources[at_hand.name]
    declared = {data_set.uid: data_set for data_set in source.data_sets}
    for found in at_hand.metadata.data_sets.to_dict("records"):
        row = {str(name): value for name, value in found.items()}
        uid = str(row["uid"])
        since = declared[uid].since or source.since
        periods = periods_of(row, since, at_hand.metadata.server.server_date)
        registrations = read_registrations(at_hand.client, at_hand.metadata, uid, periods)
        counts = load_registrations(night.warehouse, at_hand.name, uid, periods, registrations, night.token)
        changed |= set(counts.changed_years)
    return changed


def is_own_sandbox(night: Night, name: str) -> bool:
    """Whether a source is a sandbox of ours: only there may the demo accept for a person."""
    return is_sandbox(night.settings, name, night.mappings.sources[name]) is not None
