"""The line goes bad at the n-th request of a pull, for every n: nothing false is kept, and one ordinary run heals.

Each sweep ends at the first n that the fault no longer meets: that is the end of the run. A fault that never struck
fails its test.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import quality.gate
from flows.night import Night, Outcome
from flows.steps import pull
from layidu.errors import LayiduError
from quality.gate import Judged
from tests.copied_hamlet import Cell, Copied, copied
from tests.servers import WarehouseFactory
from warehouse.connect import Warehouse

VALUES = "/api/dataValueSets"


class Bad(NamedTuple):
    """A fault of the sandbox, what it is told, and how many requests it must have met."""

    name: str
    options: dict[str, Any]
    least: int


#: For ever from the n-th request on, but for the hang: it would cost a time-out each time.
DAYS = (
    Bad("reset", {}, 12),
    Bad("gateway_timeout", {}, 12),
    Bad("login_page", {}, 12),
    Bad("hang", {"times": 2}, 12),
    Bad("gzip_cut", {"at": 60}, 3),
    Bad("cut", {"path": VALUES, "share": 0.5, "record": True, "end": "close"}, 3),
    Bad("cut", {"path": VALUES, "share": 0.5, "record": True, "times": 1}, 3),
)


@pytest.fixture(autouse=True)
def no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are not what the line can break, and they cost more than everything else here."""
    monkeypatch.setattr(quality.gate, "judge", lambda live, *_: Judged(live.num_rows, structural_checks=1))


def run(copy: Copied) -> Outcome | LayiduError:
    """One pull; an error that ends it is its outcome."""

    def work(night: Night, outcome: Outcome) -> None:
        pull(night, outcome)

    try:
        return copy.run("pull", work)
    except LayiduError as error:
        return error


def cursors(copy: Copied) -> dict[tuple[str, ...], str]:
    with copy.warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT source, data_set, org_unit, period, server_date::text FROM run.cursor"
        ).fetchall()
    return {tuple(row[:4]): row[4] for row in rows}


def sweep(copy: Copied, bad: Bad, prepare: Iterator[Copied] | None = None) -> int:
    """Every n in turn; how many there were."""
    touched = True
    for place in count():
        if prepare is not None and touched:
            copy = next(prepare)
        elif prepare is None:
            change(copy, place)
        before, closed, known = copy.copy(), len(copy.history()), cursors(copy)
        fault = copy.server.faults.switch_on(bad.name, **{"path": "/api", **bad.options, "after": place})
        copy.patience = 0.3 if bad.name == "hang" else 20
        failed = run(copy)
        copy.patience = 20
        copy.server.faults.switch_all_off()
        if not fault.hits:
            assert place >= bad.least, f"{bad.name} met only {place} requests"
            return place
        touched = cursors(copy) != known
        if not touched:  # nothing was loaded, and nothing must have moved: there is nothing to heal
            assert isinstance(failed, LayiduError) or failed.exit_code in (2, 3), place
            assert (copy.copy(), len(copy.history())) == (before, closed)
            continue
        assert_nothing_false(copy, before, closed)
        healed = run(copy)
        assert isinstance(healed, Outcome), healed
        assert healed.exit_code in (0, 1), (place, healed.errors, copy.said)
        copy.assert_exact()
    raise AssertionError("a sweep has an end")


def assert_nothing_false(copy: Copied, before: dict[Cell, str], closed: int) -> None:
    """Whatever was kept is what the server holds, or what was there before; nothing is closed but by a tombstone."""
    truth, refused = copy.truth(), copy.refused()
    for cell, value in copy.copy().items():
        assert value in (truth.get(cell), before.get(cell)) or cell in refused, cell
    assert "vanished" not in [reason for _, reason in copy.history()[closed:]]


def change(copy: Copied, number: int) -> None:
    """Something to bring home: a value somebody corrects, another one each time."""
    cells = sorted(cell for cell, value in copy.truth().items() if cell[1] == "202601" and value.isdigit())
    chosen = cells[number % len(cells)]
    stamp = "last_updated = '2026-04-08T02:30:00'"
    copy.in_store(f"UPDATE data_value SET value = '{1000 + number}', {stamp}", chosen)  # noqa: S608


@pytest.mark.timeout(400)
@pytest.mark.parametrize("bad", DAYS, ids=lambda bad: f"{bad.name}-{bad.options.get('end', '')}")
def test_a_line_that_goes_bad_at_any_request_of_a_night(
    warehouse: Warehouse, tmp_path: Path, bad: Bad
) -> None:
    with copied(warehouse, tmp_path, rules=False) as copy:
        first = run(copy)
        assert isinstance(first, Outcome)
        assert first.exit_code in (0, 1)
        assert sweep(copy, bad) >= bad.least


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "bad", [DAYS[0], DAYS[5]], ids=lambda bad: f"{bad.name}-{bad.options.get('end', '')}"
)
def test_a_line_that_goes_bad_at_any_request_of_the_first_contact(
    warehouse_factory: WarehouseFactory, tmp_path: Path, bad: Bad
) -> None:
    with copied(warehouse_factory(), tmp_path, rules=False) as copy:

        def fresh() -> Iterator[Copied]:
            while True:
                copy.warehouse = warehouse_factory()
                yield copy

        assert sweep(copy, bad, fresh()) >= bad.least
