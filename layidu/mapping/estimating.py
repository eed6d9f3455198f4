"""Which numbers does Estimated Modern Use ask for, which of them has nobody given, and where are they declared?

The steps are Track20's (layidu/compute/emu.py). No table stands in code, and none of another country stands in for one
that is missing: what is `null` is named, and there is no value.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from layidu.mapping.declared import Declared

#: What is counted: units to clients or to facilities, visits, or women who use a method. Never two of them together.
Statistic = Literal["clients", "facilities", "visits", "users"]
#: What each kind of method needs, in words.
TABLES = {
    "short": {"users_per_unit": "utilisatrices par unité"},
    "long": {
        "continuation": "table de continuation",
        "scale": "multiplicateur avant la première année",
    },
}
Shares = dict[str, float | None]  # sector -> share of the method's users (0 to 1)


class MethodUse(Declared):
    """How many women use a method, for each unit of it: a short one at once, a long one year after year."""

    duration: Literal["short", "long"]
    users_per_unit: float | None = None  # short: women protected for a year by one unit
    continuation: list[float] | None = (
        None  # long: share still using in the year of insertion, the next one, …
    )
    scale: float | None = None  # long: 1 as common before the first year as in it, 0 introduced then
    supply: str | None = None  # key of `supply`; null: no survey tells, nothing is corrected
    source: str | None = None


class EstimatedUse(Declared):
    """What the methods share: step 1 (statistic), step 4 (sectors), step 6 (reporting)."""

    statistic: Statistic
    first_year: int | None = None  # null: the first year the copy holds from January to December
    minimum_reporting: float  # share of reports (0 to 1) below which a year is not kept
    presence: dict[str, float | None]  # sector -> 1 reports in full, 0.5 in part, 0 not at all
    supply: dict[str, dict[str, Shares]] = {}  # name -> year of the survey -> sectors
    excluded: list[str] = []  # methods left out of the estimate
    source: str
    note: str | None = None


def lacking(
    declared: EstimatedUse | None, uses: Mapping[str, MethodUse | None], counted: Iterable[str]
) -> tuple[str, ...]:
    """What nobody has given of these methods, in French, by table; nothing is lacking of those left out."""
    if declared is None:
        return ("« estimated_use » de methods.yaml",)
    methods = [name for name in counted if name not in declared.excluded]
    found: dict[str, list[str]] = {}
    for method in methods:
        for what, name in lacking_of(declared, method, uses.get(method)):
            found.setdefault(what, []).append(name)
    return tuple(f"{what} : {', '.join(dict.fromkeys(names))}" for what, names in found.items())


def lacking_of(declared: EstimatedUse, method: str, use: MethodUse | None) -> Iterator[tuple[str, str]]:
    """The tables one method lacks."""
    if use is None:
        yield "emploi de la méthode (use)", method
        return
    if declared.statistic != "users":
        asked = TABLES[use.duration]
        yield from ((label, method) for key, label in asked.items() if getattr(use, key) is None)
    if use.supply is not None:
        yield from lacking_of_supply(declared, use.supply)


def lacking_of_supply(declared: EstimatedUse, supply: str) -> Iterator[tuple[str, str]]:
    """Sectors nobody knows to report, and shares no survey gives of those that do."""
    surveys = declared.supply.get(supply, {})
    sectors = sorted({sector for shares in surveys.values() for sector in shares})
    for sector in sectors:
        presence = declared.presence.get(sector)
        if presence is None:
            yield "présence du secteur dans les rapports", sector
        elif presence > 0:
            unknown = [year for year, shares in surveys.items() if shares.get(sector) is None]
            yield from (("part du secteur", f"{sector} {year} ({supply})") for year in unknown)
