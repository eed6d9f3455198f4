"""Which valid name a misspelt one probably means."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(found: str, valid: Iterable[str]) -> str | None:
    """The closest valid name, whatever the case; None when nothing comes close."""
    names = {name.casefold(): name for name in sorted(valid, reverse=True)}
    close = get_close_matches(found.casefold(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Valid names for a message: sorted, and cut with their number when there are many."""
    ordered = sorted(names)
    shown = ", ".join(ordered[:limit]) or "(aucun)"
    return shown if len(ordered) <= limit else f"{shown}, … ({len(ordered)} en tout)"
