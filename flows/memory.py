"""Which years must be computed again: what changed tonight, and what the last computation had seen."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from flows.computing import last_ended_month
from flows.estimating import with_later
from flows.night import AtHand, Night, Outcome
from flows.waiting import kept
from layidu import __version__
from layidu.mapping.terms import looks_back
from warehouse import read_runs, read_sums, runs
from warehouse.connect import Warehouse
from warehouse.waiting import Kept, stored_waiting

TREE_EVENTS = ("added", "gone", "moved", "closed", "reopened")
RUNS_REMEMBERED = 400
#: Kinds of run that send and prove.
PUBLISHING = ("demo", "nightly", "publish", "undo")


def changed_years(
    night: Night, sources: Sequence[AtHand], outcome: Outcome, *, everything: bool
) -> list[int]:
    """Years whose inputs are not those of the last computation; all of them when the rules changed.

    And those in which something waited then that waits no more.
    """
    years = {year for source in sources for year in read_sums.years(night.warehouse, source.name)}
    computed = last_computing(night.warehouse)
    now = seen(sources)
    tree_moved = any(source.events["kind"].isin(TREE_EVENTS).any() for source in sources)
    before = seen_by(computed)
    if everything or tree_moved or computed is None or before.keys() != now.keys():
        return sorted(years)
    if any(before[name]["code"] != now[name]["code"] for name in now):
        return sorted(years)
    # What a pull, a reconciliation or a run that was cut off changed since, and nobody computed.
    between = (night.warehouse, computed.run_id, night.token.run_id)
    if read_runs.tree_changed_between(*between):
        return sorted(years)
    changed = read_runs.years_changed_between(*between)
    changed |= {year for account in outcome.accounts for year in account.changed_years}
    changed |= outcome.registration_years
    changed |= freed_years(stored_waiting(night.warehouse), kept(night.mappings, outcome.waits))
    changed |= {
        int(now[name]["through"][:4]) for name in now if before[name]["through"] != now[name]["through"]
    }
    if looks_back(night.mappings.indicators):
        changed |= {year + 1 for year in changed}
    return with_later(changed & years, years, night.mappings)


def freed_years(waiting: pd.DataFrame, still: Kept) -> set[int]:
    """The years in which something waited (WAITING) that waits no more."""
    rows = waiting[~waiting["source"].isin(still.absent)][["source", "indicator", "year"]]
    return {key[2] for key in rows.itertuples(index=False, name=None) if key not in still.waiting}


def seen(sources: Sequence[AtHand]) -> dict[str, dict[str, str]]:
    """What a computation of these sources sees: how far time has come, and which code computes."""
    return {
        source.name: {
            "through": last_ended_month(source.metadata.server.server_date.date()).isoformat(),
            "code": __version__,
        }
        for source in sources
    }


def last_computing(warehouse: Warehouse) -> runs.Run | None:
    """The newest run that computed."""
    for past in runs.last_runs(warehouse, RUNS_REMEMBERED):
        found = (past.summary or {}).get("computed")
        if isinstance(found, dict) and found:
            return past
    return None


def seen_by(run: runs.Run | None) -> dict[str, dict[str, str]]:
    """What a run that computed had seen, by source."""
    found = run.summary.get("computed") if run else None
    return found if isinstance(found, dict) else {}


def last_seen(warehouse: Warehouse, source: str) -> date | None:
    """The last day that the results of a source speak of."""
    known = seen_by(last_computing(warehouse)).get(source)
    return date.fromisoformat(known["through"]) if known else None


def proof_pending(warehouse: Warehouse) -> bool:
    """Whether what was last sent still waits for its proof on the dashboards: it failed, or was cut short.

    Without this a difference would be forgotten by the next night, which sends nothing and so looks at nothing.
    """
    for past in runs.last_runs(warehouse, RUNS_REMEMBERED)[1:]:  # the newest is the run that asks
        if past.kind not in PUBLISHING:
            continue
        known = past.summary or {}
        if "compared" not in known or (known["sent"] and not known["compared"]):
            return True
        if known["compared"]:
            return bool(known["different"])
    return False


def remember(outcome: Outcome, sources: Sequence[AtHand]) -> None:
    """Put what this computation has seen on the run's record."""
    outcome.computed = seen(sources)
