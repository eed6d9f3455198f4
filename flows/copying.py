"""The copy's half of a night: metadata, slices, registrations of one source."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import pandas as pd

from flows.access import client_for, is_sandbox
from flows.again import asked_again
from flows.lost import read_seen
from flows.night import AtHand, Night, Run, plainly
from layidu.dhis2.ahead import Ahead
from layidu.dhis2.answers import AnswerError, RightsError
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.registrations import read_registrations
from layidu.dhis2.slices import PeriodsOf, periods_of, plan
from layidu.errors import FailedSafeError, LayiduError
from layidu.mapping.expand import expand_cells
from layidu.mapping.expected_parents import moved_units
from layidu.model.slices import Checked, Pulled, Slice, SliceAccount
from quality.gate import check
from warehouse import holds, read_runs
from warehouse.load import load_registrations, load_slice, record_failed_slice
from warehouse.load_metadata import load_metadata
from warehouse.merged import find_merged


def read_source(night: Night, name: str) -> AtHand:
    """Log in, read the metadata of a source, store it, and note what changed."""
    source = night.mappings.sources[name]
    client = client_for(night.settings, name, source)
    metadata, unseen = read_seen(night, client, name, source)
    events = load_metadata(night.warehouse, metadata, night.token)
    moved = moved_units(night.mappings.org_units, name, metadata)
    cells, problems = expand_cells(night.mappings, name, metadata)
    if problems:
        night.console.line(
            f"{name} : {len(problems)} déclarations de variables ne trouvent pas leur élément ou leur option ;"
            " layidu check --server les nomme"
        )
    return AtHand(name, client, metadata, events, moved, cells, unseen)


def plan_slices(night: Night, at_hand: AtHand, re_read: int | None = None) -> list[Slice]:
    """What to ask for tonight: what was never loaded, what was touched, the last periods in full, cured refusals."""
    warehouse, name = night.warehouse, at_hand.name
    slices = plan(
        at_hand.metadata,
        night.mappings.sources[name],
        known_rows=read_runs.known_rows(warehouse, name),
        cursor=read_runs.loaded(warehouse, name),
        server_date=at_hand.metadata.server.server_date,
        too_large=read_runs.too_large(warehouse, name),
        re_read=re_read,
    )
    slices += asked_again(night, at_hand, slices)
    return [one for one in slices if one.data_set not in at_hand.lost]


Answer = Callable[[], Pulled]
Judged = Callable[[], Checked]


def ahead_of(night: Night, at_hand: AtHand) -> Ahead:
    """The next slices being pulled while this one is checked and loaded, as many at once as the source bears."""
    folder = night.settings.home / "answers"

    def ask(slice_: Slice) -> Pulled:
        if night.late:
            raise out_of_time(f"tranche {slice_.name}")
        return pull_slice(at_hand.client, slice_, at_hand.metadata, folder)

    def halved(slice_: Slice, error: AnswerError) -> None:
        record_failed_slice(night.warehouse, slice_, error, night.token, "halved")

    at_once = night.mappings.sources[at_hand.name].requests_at_once
    return Ahead(ask, at_hand.metadata, at_once=at_once, halved=halved)


def checked_ahead(
    night: Night, at_hand: AtHand, answers: Iterable[tuple[Slice, Answer]]
) -> Iterator[tuple[Slice, Judged]]:
    """Each slice with its checked answer, in order: the next one is checked while the caller loads this one.

    The check is work of this process, the load mostly of PostgreSQL's: side by side they take less than in turn.
    """

    def judged(answer: Answer) -> Checked:
        return check(answer(), at_hand.metadata, at_hand.cells, night.rules)

    waiting: deque[tuple[Slice, Judged]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="check") as pool:
        for slice_, answer in answers:
            waiting.append((slice_, pool.submit(judged, answer).result))
            if len(waiting) > 1:
                yield waiting.popleft()
        yield from waiting


MERGED = {
    "org_unit": "l'unité d'organisation",
    "data_element": "l'élément",
    "category_option_combo": "la combinaison",
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What slices are pulled for: a night, or a reconciliation or backfill beside it."""

    cursor: bool = True  # whether they tell how far the copy is complete
    news_since: datetime | None = None  # of a reconciliation: what differs and is older is drift


NIGHTLY = Purpose()


def copy_slice(
    night: Night,
    at_hand: AtHand,
    slice_: Slice,
    judged: Judged,
    purpose: Purpose = NIGHTLY,
    *,
    second_look: bool = False,
) -> list[SliceAccount]:
    """Load one slice's checked answer; failed, it is on record; empty, it is believed at the second look.

    Credentials and rights are not a slice's own failure: they are raised.
    """
    source = night.mappings.sources[at_hand.name]
    try:
        checked = judged()
    except FailedSafeError as error:
        record_failed_slice(night.warehouse, slice_, error, night.token)
        return [failed(slice_, error)]
    if checked.pulled.outcome == "empty" and not second_look:
        return [SliceAccount(slice_, 0, 0, 0, 0, 0, 0, 0, outcome="unconfirmed")]
    account = load_slice(
        night.warehouse,
        checked,
        night.token,
        hold_share=source.vanished_hold_share,
        hold_rows=source.vanished_hold_rows,
        owned_elements=owned_elements(at_hand, slice_.data_set),
        second_look_seconds=source.second_look_seconds,
        cursor=purpose.cursor,
        news_since=purpose.news_since,
    )
    return [account]


def copy_slices(
    night: Night, at_hand: AtHand, slices: Sequence[Slice], purpose: Purpose = NIGHTLY, run: Run = plainly
) -> Iterator[SliceAccount]:
    """Pull, check and load slices, and look a second time where values or everything seemed to be missing.

    A data set whose data the account may not read stops alone: the others go on, and its error is raised last.
    """
    refused: list[RightsError] = []
    doubts: list[Slice] = []
    for account in one_look(night, at_hand, slices, purpose, run, refused, second_look=False):
        if account.absent or account.outcome == "unconfirmed":
            doubts.append(account.slice)
        if account.outcome != "unconfirmed":
            yield replace(account, absent=0)
    if doubts:
        pause = night.mappings.sources[at_hand.name].second_look_seconds
        if pause and not night.late:
            with night.console.waiting(f"{at_hand.name} : {len(doubts)} tranches à relire dans {pause} s"):
                time.sleep(pause + 1)  # its own clock says when: a second late rather than early
        yield from one_look(night, at_hand, doubts, purpose, run, refused, second_look=True)
    if refused:
        raise refused[0]


def one_look(
    night: Night,
    at_hand: AtHand,
    slices: Sequence[Slice],
    purpose: Purpose,
    run: Run,
    refused: list[RightsError],
    *,
    second_look: bool,
) -> Iterator[SliceAccount]:
    """Each slice once, in order; a data set that is refused is put on record and not asked for again."""
    ahead = ahead_of(night, at_hand)
    label = f"{at_hand.name} : {'seconde lecture' if second_look else 'tranches'}"
    judged = checked_ahead(night, at_hand, ahead.pull(slices))
    for slice_, answer in night.console.track(judged, label, len(slices)):
        step = partial(copy_slice, purpose=purpose, second_look=second_look)
        try:
            yield from run(f"tranche {slice_.name}", step, night, at_hand, slice_, answer)
        except RightsError as error:
            ahead.bar(slice_.data_set)
            if not any(known.where == error.where for known in refused):
                lost_data_set(night, at_hand, slice_, error)
                yield failed(slice_, error)
                refused.append(error)


def lost_data_set(night: Night, at_hand: AtHand, slice_: Slice, error: RightsError) -> None:
    """Put a refused data set on record; one that was read before is a scope that shrank, and waits for a person."""
    record_failed_slice(night.warehouse, slice_, error, night.token)
    if slice_.data_set in read_runs.loaded(night.warehouse, at_hand.name):
        holds.open_hold(
            night.warehouse,
            night.token,
            kind="scope",
            subject=f"{at_hand.name}/{slice_.data_set}",
            summary=f"ce compte ne peut plus lire {error.where} ; ses valeurs restent telles quelles dans la copie. "
            "Faire rendre le droit et rejeter, ou accepter si le jeu de données n'est plus à copier",
            rows=0,
        )


def out_of_time(where: str) -> FailedSafeError:
    """Why something was not read: the time that a person gave to a run is over."""
    return FailedSafeError(
        where=where,
        found="le délai donné à cette exécution (LAYIDU_RUN_MINUTES) est passé ; elle n'a pas été demandée",
        expected="le temps de tout lire",
        todo="rien à faire : la prochaine exécution reprendra là. Si cela revient, allonger le délai",
    )


def failed(slice_: Slice, error: LayiduError) -> SliceAccount:
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


def tell_merged(night: Night, at_hand: AtHand) -> pd.DataFrame:
    """Say which objects that are gone were merged into which, as far as their values show it (METADATA_EVENTS)."""
    events = find_merged(night.warehouse, at_hand.name, night.token)
    for event in events.to_dict("records"):
        night.console.line(
            f"{at_hand.name} : {MERGED[event['object_type']]} {event['before']} a fusionné dans {event['after']}"
        )
    return events


def copy_registrations(night: Night, at_hand: AtHand, wanted: PeriodsOf | None = None) -> set[int]:
    """Completeness registrations of the whole window (or of some periods), diffed; the years in which one changed."""
    changed: set[int] = set()
    source = night.mappings.sources[at_hand.name]
    declared = {data_set.uid: data_set for data_set in source.data_sets}
    for found in at_hand.metadata.data_sets.to_dict("records"):
        row = {str(name): value for name, value in found.items()}
        uid = str(row["uid"])
        if uid in at_hand.lost:
            continue
        since = declared[uid].since or source.since
        periods: Sequence[str] = periods_of(row, since, at_hand.metadata.server.server_date)
        if wanted is not None:
            periods = wanted(row, periods)
        if not periods:
            continue
        registrations = read_registrations(at_hand.client, at_hand.metadata, uid, periods)
        counts = load_registrations(night.warehouse, at_hand.name, uid, periods, registrations, night.token)
        changed |= set(counts.changed_years)
    return changed


def is_own_sandbox(night: Night, name: str) -> bool:
    """Whether a source is a sandbox of ours: only there may the demo accept for a person."""
    return is_sandbox(night.settings, name, night.mappings.sources[name]) is not None
