"""Copies beside the schedule: a reconciliation of everything with the source, and windows pulled again."""

from collections.abc import Collection, Sequence
from datetime import date

import pandas as pd

from flows.asking import ask_about_changes
from flows.copying import Purpose, copy_registrations, plan_slices, read_source, tell_merged
from flows.lost import ask_about_lost
from flows.night import AtHand, Night, Outcome, Run, plainly
from flows.steps import copy, recorded
from layidu.dhis2.dialects import Dialect
from layidu.dhis2.slices import PeriodsOf, between, plan_window, reconciled
from layidu.errors import ConfigurationError
from layidu.model import periods
from layidu.model.slices import Slice
from warehouse import read_runs
from warehouse.drift import CAUSES, KINDS, drift_of
from warehouse.load_metadata import in_utc


def reconcile(night: Night, outcome: Outcome, run: Run = plainly) -> None:
    """Make the copy of the last 25 months equal to the source, and put on record what was not.

    First what was touched is taken in, as every night; what differs after that, and is too old for the next night to
    see, is drift.
    """
    for name in sources_of(night):
        with recorded(outcome):
            at_hand = run(f"métadonnées {name}", read_source, night, name)
            ask_about_changes(night, at_hand)
            ask_about_lost(night, at_hand, outcome)
            outcome.events[name] = pd.concat([at_hand.events, at_hand.moved], ignore_index=True)
            copy(night, at_hand, run(f"nouveautés {name}", news_of, night, at_hand), outcome, run=run)
            server, source = at_hand.metadata.server, night.mappings.sources[name]
            look_back = Dialect.of(server.version).look_back(server.utc_offset_hours)
            wanted = reconciled(source.reconcile_since, server.server_date)
            slices = run(f"tranches {name}", window, night, at_hand, wanted)
            purpose = Purpose(news_since=in_utc(server) - look_back)
            copy(night, at_hand, slices, outcome, purpose, run)
            outcome.events[name] = pd.concat(
                [outcome.events[name], tell_merged(night, at_hand)], ignore_index=True
            )
            outcome.registration_years |= run(f"complétude {name}", copy_registrations, night, at_hand)
    found = drift_of(night.warehouse, night.token.run_id)
    outcome.drift = int(found["cells"].sum())
    for line in drift_lines(found):
        night.console.line(line)


def news_of(night: Night, at_hand: AtHand) -> list[Slice]:
    """What was touched since the last good pull, and what was never pulled; nothing is read again yet."""
    return plan_slices(night, at_hand, re_read=0)


def backfill(
    night: Night,
    outcome: Outcome,
    first: date,
    last: date,
    data_sets: Collection[str] = (),
    run: Run = plainly,
) -> None:
    """Pull a window again in full, beside the schedule: no cursor moves, the next night asks as if nothing had been."""
    known = {
        declared.uid for name in sources_of(night) for declared in night.mappings.sources[name].data_sets
    }
    unknown = sorted(set(data_sets) - known)
    if unknown:
        raise ConfigurationError(
            "layidu backfill --data-set",
            ", ".join(unknown),
            f"un jeu de données de sources.yaml ({', '.join(sorted(known)[:5])}, …)",
            "corriger l'identifiant, ou déclarer le jeu de données",
        )
    wanted = between(first, last, data_sets)
    for name in sources_of(night):
        if data_sets and not any(one.uid in data_sets for one in night.mappings.sources[name].data_sets):
            continue
        with recorded(outcome):
            at_hand = run(f"métadonnées {name}", read_source, night, name)
            ask_about_changes(night, at_hand)
            ask_about_lost(night, at_hand, outcome)
            outcome.events[name] = pd.concat([at_hand.events, at_hand.moved], ignore_index=True)
            slices = run(f"tranches {name}", window, night, at_hand, wanted)
            copy(night, at_hand, slices, outcome, Purpose(cursor=False), run)
            outcome.registration_years |= run(
                f"complétude {name}", copy_registrations, night, at_hand, wanted
            )


def window(night: Night, at_hand: AtHand, wanted: PeriodsOf) -> list[Slice]:
    """Some periods in full, less what the run before had finished when it was cut off."""
    name = at_hand.name
    slices = plan_window(
        at_hand.metadata,
        night.mappings.sources[name],
        wanted,
        known_rows=read_runs.known_rows(night.warehouse, name),
        server_date=at_hand.metadata.server.server_date,
        too_large=read_runs.too_large(night.warehouse, name),
    )
    finished = read_runs.finished_before(night.warehouse, name, night.token.run_id)
    slices = [one for one in slices if one.data_set not in at_hand.lost]
    left = [one for one in slices if one.name not in finished]
    if len(left) < len(slices):
        night.console.line(
            f"{name} : {len(slices) - len(left)} tranches sont finies depuis l'exécution interrompue"
        )
    return left


def sources_of(night: Night) -> list[str]:
    """The sources that are copied; a target only is none."""
    return [name for name, source in night.mappings.sources.items() if source.data_sets]


def drift_lines(found: pd.DataFrame) -> Sequence[str]:
    """What was found, one line for each data set and cause; the last one is the number."""
    lines = [
        f"écart : {row['source']}/{row['data_set']} : {row['cells']} cellule(s), {KINDS[row['kind']]} : "
        f"{CAUSES[row['cause']]} ; par exemple {row['example']}"
        for row in found.to_dict("records")
    ]
    return [*lines, f"écart total : {int(found['cells'].sum())}"]


def day_of(text: str, option: str, *, end: bool) -> date:
    """The first or the last day of a period as a person writes it: 202603, 2026Q1, 2026, 2026W5."""
    try:
        period = periods.parse(text)
    except ValueError:
        raise ConfigurationError(
            f"layidu backfill {option}",
            f"« {text} »",
            "une période de DHIS2 : 202603, 2026Q1, 2026",
            "corriger la période, puis relancer",
        ) from None
    return period.end if end else period.start


def span(first: str, last: str) -> tuple[date, date]:
    """The days from the beginning of one period to the end of another."""
    start, stop = day_of(first, "--from", end=False), day_of(last, "--to", end=True)
    if start > stop:
        raise ConfigurationError(
            "layidu backfill",
            f"--from {first} vient après --to {last}",
            "une période, puis une autre qui n'est pas plus ancienne",
            "échanger les deux, puis relancer",
        )
    return start, stop
