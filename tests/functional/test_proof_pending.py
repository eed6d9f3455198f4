"""A failed or interrupted proof of the dashboards is asked for again by the next night."""

import pytest

from flows.memory import proof_pending
from warehouse.connect import Warehouse
from warehouse.lock import hold
from warehouse.runs import finish_run

GOOD = {"sent": 5, "compared": 9, "different": 0}
QUIET = {"sent": 0, "compared": 0, "different": 0}


@pytest.mark.parametrize(
    ("nights", "pending"),
    [
        ([], False),
        ([GOOD], False),
        ([GOOD, QUIET], False),
        ([{**GOOD, "different": 1}], True),
        ([{**GOOD, "different": 1}, QUIET], True),
        ([{**GOOD, "compared": 0}], True),
        ([GOOD, None], True),
        ([{**GOOD, "different": 1}, GOOD], False),
    ],
)
def test_only_a_proof_that_held_ends_the_question(
    warehouse: Warehouse, nights: list[dict[str, object] | None], *, pending: bool
) -> None:
    for summary in nights:
        with hold(warehouse, "nightly") as token:
            if summary is not None:  # None: killed
                finish_run(warehouse, token.run_id, outcome="finished", exit_code=0, summary=summary)
    with hold(warehouse, "nightly"):
        assert proof_pending(warehouse) is pending
