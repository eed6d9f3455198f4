"""The one spelling of a disaggregation: `age=15-24|method=implant`, dimensions sorted, "" for the total."""

from collections.abc import Mapping


def spell(bands: Mapping[str, str]) -> str:
    """Spell dimension -> band as stable text."""
    return "|".join(f"{dimension}={bands[dimension]}" for dimension in sorted(bands))


def read(text: str) -> dict[str, str]:
    """Read what `spell` wrote."""
    return dict(pair.split("=", 1) for pair in text.split("|")) if text else {}
