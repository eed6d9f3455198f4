"""How do the promises read on the page: commitment by commitment, sector by sector, with what the documents say?"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Row = Mapping[str, object]
COLOURS = {"vert": "GREEN", "jaune": "YELLOW", "rouge": "RED", "gris": "GREY"}


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment, and what stands below it."""

    head: Row
    results: Sequence[Row]
    processes: Sequence[Row]  # process indicators, each followed by its parts
    counts: Sequence[tuple[str, int]]  # colour word -> how many process indicators


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector or axis of the plan."""

    name: str
    lines: Sequence[Row]
    counts: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Promises:
    """The mart's rows on promises (views engagements, plan, decomptes, contradictions), grouped for readers."""

    commitments: Sequence[Commitment] = ()
    sectors: Sequence[Sector] = ()
    tallies: Sequence[Row] = ()
    contradictions: Sequence[Row] = ()
    plan_counts: Sequence[tuple[str, int]] = field(default=())

    @property
    def lines(self) -> int:
        """How many lines the plan has."""
        return sum(len(sector.lines) for sector in self.sectors)


def grouped(rows: Mapping[str, Sequence[Row]]) -> Promises:
    """The rows of the four views, by view name."""
    plan = rows.get("plan", ())
    return Promises(
        commitments=commitments(rows.get("engagements", ())),
        sectors=[Sector(name, lines, counts(lines)) for name, lines in by(plan, "secteur").items()],
        tallies=rows.get("decomptes", ()),
        contradictions=rows.get("contradictions", ()),
        plan_counts=counts(plan),
    )


def commitments(rows: Sequence[Row]) -> list[Commitment]:
    """Each commitment with its results and process indicators, in the order of the view."""
    found = []
    for mine in by(rows, "engagement").values():
        processes = [row for row in mine if row["genre"] in ("indicateur de processus", "sous-indicateur")]
        found.append(
            Commitment(
                head=next(row for row in mine if row["genre"] == "engagement"),
                results=[row for row in mine if row["genre"] == "résultat"],
                processes=processes,
                counts=counts(row for row in processes if row["genre"] == "indicateur de processus"),
            )
        )
    return found


def by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """Rows by the text of one column, in the order they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[column]), []).append(row)
    return found


def counts(rows: Iterable[Row]) -> list[tuple[str, int]]:
    """How many of each computed colour, best first; colours nobody has are left out."""
    tally = Counter(str(row["statut_calcule"]) for row in rows)
    return [(word, tally[word]) for word in COLOURS if tally[word]]
