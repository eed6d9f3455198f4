"""Which years must be computed again: what changed tonight, and what the last computation had seen."""

from datetime import date

from flows.night import AtHand, Night, Outcome
from layidu import __version__
from warehouse import read, runs

TREE_EVENTS = ("added", "gone", "moved", "closed", "reopened")


def changed_years(
    night: Night, source: AtHand, outcome: Outcome, through: date, *, declarations_changed: bool
) -> list[int]:
    """Years whose inputs are not those of the last computation; all of them when the rules changed."""
    years = read.years(night.warehouse, source.name)
    before = last_seen(night, source.name)
    tree_moved = bool(source.events["kind"].isin(TREE_EVENTS).any())
    if declarations_changed or tree_moved or before is None or before["code"] != __version__:
        return years
    changed = {
        year
        for account in outcome.accounts
        if account.slice.source == source.name
        for year in account.changed_years
    }
    if outcome.registrations:
        changed |= set(years)
    if before["through"] != through.isoformat():
        changed |= {through.year}
    return sorted(changed & set(years))


def last_seen(night: Night, source: str) -> dict[str, str] | None:
    """What the newest run that computed this source had seen."""
    for past in runs.last_runs(night.warehouse, 400):
        seen = past.summary.get("computed") if past.summary else None
        if isinstance(seen, dict) and source in seen:
            return {name: str(value) for name, value in seen[source].items()}
    return None


def remember(outcome: Outcome, source: AtHand, through: date) -> None:
    """Put what this computation has seen on the run's record."""
    outcome.computed[source.name] = {"through": through.isoformat(), "code": __version__}
