"""What stands out is judged by the year before too: when a year changes, the one after it is computed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.copied_hamlet import SETS, Copied, copied
from tests.functional.test_waiting_results import (
    a_night,
    assert_equal_to_a_full_computation,
    enter,
    moved,
    results,
    some_cell,
)
from warehouse.connect import Warehouse

SRPF = SETS[0]


@pytest.fixture
def hamlet(warehouse: Warehouse, tmp_path: Path) -> Iterator[Copied]:
    with copied(warehouse, tmp_path) as found:
        yield found


def test_a_change_of_last_year_reaches_this_years_judgements(hamlet: Copied) -> None:
    assert hamlet.run("nightly", a_night).exit_code in (0, 1)
    first = results(hamlet)
    element, _, unit, combo, attribute = some_cell(hamlet, SRPF, "202602")
    enter(hamlet, SRPF, (element, "202511", unit, combo, attribute), "7777")
    night = hamlet.run("nightly", a_night)
    assert night.computed_years == (2025, 2026)
    assert "SM-CPN1" in moved(first, results(hamlet))
    assert_equal_to_a_full_computation(hamlet)
    enter(hamlet, SRPF, some_cell(hamlet, SRPF, "202602"), "88")
    assert hamlet.run("nightly", a_night).computed_years == (2026,)
