"""Which countries can the sandbox be? `mali` for the demo, `hamlet` for tests, `lakeland` for unknown metadata."""

from collections.abc import Callable

from layidu.errors import ConfigurationError
from layidu.sandbox import hamlet, lakeland, mali
from layidu.sandbox.country import Country

COUNTRIES: dict[str, Callable[[int], Country]] = {
    "mali": mali.country,
    "hamlet": hamlet.country,
    "lakeland": lakeland.country,
}


def load(name: str, seed: int = 1) -> Country:
    """Build a country; the same name and seed give the same country, to the last text."""
    if name not in COUNTRIES:
        raise ConfigurationError(
            where="bac à sable",
            found=f"le pays « {name} »",
            expected=f"un de : {', '.join(sorted(COUNTRIES))}",
            todo="écrire par exemple url: sandbox:mali dans sources.yaml",
        )
    return COUNTRIES[name](seed)
