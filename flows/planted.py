"""Whether a night found what the sandbox planted: each planted error, and nothing else of its kinds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from flows.night import Outcome
from layidu.settings import Settings
from warehouse import read_runs
from warehouse.connect import open_warehouse

Planted = Mapping[str, str | None]
CELL = ("data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was planted and found, what was missed, and what was found though nobody planted it."""

    found: Sequence[Planted]
    missed: Sequence[Planted]
    unexpected: Sequence[str]

    @property
    def holds(self) -> bool:
        """All found, nothing more, and there was something to find."""
        return bool(self.found) and not self.missed and not self.unexpected

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        total = len(self.found) + len(self.missed)
        yield f"erreurs plantées : {len(self.found)} trouvées sur {total}"
        for planted in self.found:
            yield f"  trouvée   {planted['expected']:<24} {planted['note']}"
        for planted in self.missed:
            yield f"  MANQUÉE   {planted['expected']:<24} {planted['note']}"
        for line in self.unexpected:
            yield f"  IMPRÉVUE  {line}"


def compare_planted(settings: Settings, planted: Sequence[Planted], outcome: Outcome) -> Verdict:
    """Match each planted error with what the night refused, flagged, closed or reported."""
    warehouse = open_warehouse(settings)
    reported = pd.concat(
        [
            read_runs.open_refusals(warehouse).assign(found_as="refused"),
            read_runs.open_issues(warehouse).assign(found_as="finding"),
            read_runs.tombstones(warehouse).assign(found_as="closed", code="tombstone"),
            moved_units(outcome),
        ],
        ignore_index=True,
    )
    taken: set[int] = set()
    found: list[Planted] = []
    missed: list[Planted] = []
    for one in planted:
        rows = [index for index in matches(one, reported) if index not in taken]
        taken.update(rows)
        (found if rows else missed).append(one)
    left = reported.drop(index=sorted(taken))
    unexpected = [
        f"{row['code']} {row['org_unit']} {row['period']} {row['value']}" for row in left.to_dict("records")
    ]
    return Verdict(found, missed, unexpected)


def matches(one: Planted, reported: pd.DataFrame) -> list[int]:
    """The reports that say what was planted: same kind, code and, as far as it names them, same cell."""
    same = (reported["found_as"] == one["found_as"]) & (reported["code"] == one["expected"])
    for part in CELL:
        if one[part] is not None:
            same &= (reported[part] == one[part]) | reported[part].isna() | (reported[part] == "")
    return [int(index) for index in reported.index[same]]


def moved_units(outcome: Outcome) -> pd.DataFrame:
    """Moved units of tonight, in the shape of the other reports."""
    events = pd.concat(outcome.events.values(), ignore_index=True)
    moved = events[events["kind"].eq("moved")]
    return pd.DataFrame(
        {
            "found_as": "event",
            "code": "moved",
            "org_unit": moved["uid"],
            "value": moved["after"],
            **{part: None for part in CELL if part != "org_unit"},
        }
    )
