"""Two sources that count the same: each is computed apart, nothing is added up, and the night says how much it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.steps import compute, pull
from flows.words import outcome_lines
from tests.copied_hamlet import Copied, copied
from warehouse.connect import Warehouse

OTHER = "autre"


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path) as found:
        yield found


def night(night: Night, outcome: Outcome) -> None:
    compute(night, pull(night, outcome), outcome, everything=True)


def results(copy: Copied) -> dict[str, set[tuple[object, ...]]]:
    """Source -> its results, everything but the run."""
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT i.name, v.indicator, v.period, o.uid, v.disaggregation, v.numerator, v.denominator, v.value,"
            " v.status"
            " FROM result.indicator_value v JOIN source.org_unit o ON o.key = v.org_unit"
            " JOIN source.instance i ON i.key = o.source"
        ).fetchall()
    found: dict[str, set[tuple[object, ...]]] = {}
    for source, *rest in rows:
        found.setdefault(source, set()).add(tuple(rest))
    return found


def with_second_source(copy: Copied) -> None:
    """The same server again, under another name, with the same cells for the same variables."""
    mappings = copy.mappings
    variables = {
        name: one.model_copy(update={"cells": {**one.cells, OTHER: one.cells.get("sandbox")}})
        for name, one in mappings.variables.items()
    }
    sources = {**mappings.sources, OTHER: mappings.sources["sandbox"]}
    copy.mappings = mappings.model_copy(update={"variables": variables, "sources": sources})


def test_what_two_sources_both_give_is_counted_and_never_added_up(hamlet: Copied) -> None:
    alone = hamlet.run("nightly", night)
    assert alone.overlaps == []
    before = results(hamlet)["sandbox"]
    with_second_source(hamlet)
    both = hamlet.run("nightly", night)
    assert both.errors == []
    after = results(hamlet)
    assert after["sandbox"] == before, "the first source's figures are what they were alone"
    parts = {row[:4]: row[4] for row in before if row[4] is not None}
    other = {row[:4]: row[4] for row in after[OTHER] if row[4] is not None}
    assert len(other) > 1000
    assert all(parts[key] == numerator for key, numerator in other.items() if key in parts)
    [overlap] = both.overlaps
    assert {overlap.source, overlap.other} == {"sandbox", OTHER}
    assert (overlap.cells > 500, overlap.different) == (True, 0)
    assert any(
        f"{overlap.cells} cellules" in line and "chevauchement" in line for line in outcome_lines(both)
    )
    assert both.summary()["overlapping_cells"] == overlap.cells
