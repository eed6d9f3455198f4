"""The order of a night, once: pull, check, load, map, compute, publish. No Prefect here.

`run` starts each step: a plain call from the command line, a task from the schedule. What fails stops only what
depends on it; nothing is caught to stay green: every failure is in the outcome, and so in the exit code.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd

from flows.asking import ask_about_changes
from flows.computing import check_corrections, compute_and_switch, load_declarations
from flows.copying import (
    NIGHTLY,
    Purpose,
    copy_registrations,
    copy_slices,
    out_of_time,
    plan_slices,
    read_source,
    tell_merged,
)
from flows.lost import ask_about_lost, forget_found
from flows.memory import changed_years, proof_pending, remember
from flows.night import AtHand, Night, Outcome, Published, Run, Waits, plainly
from flows.publishing import publish, source_of
from flows.showing import show
from flows.waiting import what_waits
from flows.words import account_line, waiting_lines
from layidu.dhis2.answers import RightsError
from layidu.errors import LayiduError, LockedError
from layidu.model.slices import Slice
from warehouse.overlap import overlaps


def night(night_: Night, run: Run = plainly) -> Outcome:
    """One whole night; what it did, and what it could not do."""
    outcome = Outcome()
    sources = pull(night_, outcome, run)
    if sources and night_.mappings.indicators:
        compute(night_, sources, outcome, run)
        publish_all(night_, sources, outcome, run)
    return outcome


def pull(night_: Night, outcome: Outcome, run: Run = plainly) -> list[AtHand]:
    """Pull, check and load every source; a source that fails does not stop the others."""
    sources = []
    for name in night_.mappings.sources:
        if not night_.mappings.sources[name].data_sets:
            continue  # a target only
        with recorded(outcome):
            sources.append(pull_source(night_, name, outcome, run))
    return sources


def pull_source(night_: Night, name: str, outcome: Outcome, run: Run) -> AtHand:
    """One source: metadata, then its slices, then its registrations."""
    at_hand = run(f"métadonnées {name}", read_source, night_, name)
    ask_about_changes(night_, at_hand)
    ask_about_lost(night_, at_hand, outcome)
    outcome.events[name] = pd.concat([at_hand.events, at_hand.moved], ignore_index=True)
    slices = run(f"tranches {name}", plan_slices, night_, at_hand)
    copy(night_, at_hand, slices, outcome, run=run)
    forget_found(night_, at_hand, outcome.accounts)
    outcome.events[name] = pd.concat([outcome.events[name], tell_merged(night_, at_hand)], ignore_index=True)
    if night_.late:
        outcome.errors.append(out_of_time(f"source « {name} », complétude"))
    else:
        outcome.registration_years |= run(f"complétude {name}", copy_registrations, night_, at_hand)
    return at_hand


def copy(
    night_: Night,
    at_hand: AtHand,
    slices: Sequence[Slice],
    outcome: Outcome,
    purpose: Purpose = NIGHTLY,
    run: Run = plainly,
) -> None:
    """Copy slices and account for each; a data set the account may not read is on record, the others go on."""
    try:
        for account in copy_slices(night_, at_hand, slices, purpose, run):
            outcome.accounts.append(account)
            night_.console.line(account_line(account))
    except RightsError as error:
        outcome.errors.append(error)


def known_sources(night_: Night, outcome: Outcome) -> list[AtHand]:
    """Every source's metadata without its values: for commands that work on the copy as it is."""
    sources = []
    for name, source in night_.mappings.sources.items():
        if source.data_sets:
            with recorded(outcome):
                at_hand = read_source(night_, name)
                ask_about_changes(night_, at_hand)
                sources.append(at_hand)
    return sources


def compute(
    night_: Night,
    sources: Sequence[AtHand],
    outcome: Outcome,
    run: Run = plainly,
    *,
    everything: bool = False,
) -> None:
    """Map and compute what changed (or everything), less what waits; results switch in one transaction.

    Promises are assessed every night: a day later more is expected of them, and a person may have entered something.
    """
    if not sources:
        return  # why is in the outcome
    outcome.waits = find_waits(night_, sources)
    terms, changed = run("déclarations", load_declarations, night_, sources)
    for source in sources if night_.mappings.corrections else ():
        with recorded(outcome):
            run(f"corrections {source.name}", check_corrections, night_, source)
    years = changed_years(night_, sources, outcome, everything=changed or everything)
    for line in waiting_lines(outcome.waits):
        night_.console.line(line)
    outcome.results_written, findings = run(
        "calcul", compute_and_switch, night_, sources, terms, years, outcome.waits
    )
    if len(sources) > 1:
        outcome.overlaps = overlaps(night_.warehouse)
    if not years:
        return
    outcome.findings = findings
    outcome.computed_years = tuple(years)
    remember(outcome, sources)


def find_waits(night_: Night, sources: Sequence[AtHand]) -> dict[str, Waits]:
    """What keeps its last values tonight, by source."""
    return {source.name: what_waits(night_, source) for source in sources}


def publish_all(night_: Night, sources: Sequence[AtHand], outcome: Outcome, run: Run = plainly) -> None:
    """Publish what does not wait, then prove what the dashboards show."""
    outcome.waits = outcome.waits or find_waits(night_, sources)
    delivered: dict[str, list[tuple[AtHand, Published]]] = {}
    for code, publication in night_.mappings.publications.items():
        source = source_of(publication, sources)
        if source is None:
            continue
        with recorded(outcome):
            waits = outcome.waits[source.name]
            done = run(f"publication {code}", publish, night_, source, code, publication, waits)
            outcome.published.append(done)
            if done.refusal is not None:
                outcome.errors.append(done.refusal)
            if not done.held:
                delivered.setdefault(publication.target, []).append((source, done))
    for target, done_there in delivered.items():
        if any(done.sent for _, done in done_there) or proof_pending(night_.warehouse):
            with recorded(outcome):
                run(f"preuve des tableaux de bord {target}", show, night_, target, done_there, outcome.waits)


@contextmanager
def recorded(outcome: Outcome) -> Iterator[None]:
    """Put a failure on record and go on with what does not depend on it; without the lock nothing may go on."""
    try:
        yield
    except LockedError:
        raise
    except LayiduError as error:
        outcome.errors.append(error)
