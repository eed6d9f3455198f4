"""Random nights against a model: every record is accounted for once, and the copy is what was last accepted."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layidu.model.slices import SliceAccount
from tests.warehouse_world import DEFAULT, Cell, World, checked, load, night, uid
from warehouse.connect import Warehouse
from warehouse.load_metadata import load_metadata

WORLD = World(districts=1, facilities=2, elements=2, combos=1)
PERIODS = ("202602", "202603")
CELLS: list[Cell] = [
    (WORLD.element(element), period, WORLD.facility(1, unit), uid("Combo", 1), DEFAULT)
    for element in (1, 2)
    for period in PERIODS
    for unit in (1, 2)
]
# What one record of a night may be: a value, a tombstone, a refused text.
RECORD = st.one_of(
    st.tuples(st.just("live"), st.sampled_from(["0", "1", "2", "1.5", "texte"])),
    st.tuples(st.just("deleted"), st.sampled_from([None, "1"])),
    st.tuples(st.just("refused"), st.sampled_from(["1,5", "-1", None])),
)
Answer = dict[Cell, tuple[str, str | None]]
NIGHTS = st.lists(
    st.tuples(st.sampled_from(["full", "increment"]), st.dictionaries(st.sampled_from(CELLS), RECORD)),
    min_size=1,
    max_size=5,
)


class Model:
    """The copy as a dict, kept by the obvious rules."""

    def __init__(self) -> None:
        self.live: dict[Cell, str] = {}
        self.closed: list[tuple[Cell, str, str]] = []

    def night(self, mode: str, answer: Answer) -> dict[str, int]:
        """Apply one answer; what must be counted."""
        counts = dict.fromkeys(("new", "changed", "closed", "unchanged", "refused", "vanished"), 0)
        for cell, (kind, value) in answer.items():
            counts[self.record(cell, kind, value)] += 1
        if mode == "full":
            for cell in self.live.keys() - answer.keys():
                self.close(cell, "vanished")
                counts["vanished"] += 1
        return counts

    def record(self, cell: Cell, kind: str, value: str | None) -> str:
        """Apply one record; the word it is counted under."""
        if kind == "refused":
            return "refused"
        if kind == "deleted":
            if cell not in self.live:
                return "unchanged"
            self.close(cell, "deleted")
            return "closed"
        assert value is not None
        word = "unchanged" if self.live.get(cell) == value else "changed" if cell in self.live else "new"
        if word == "changed":
            self.close(cell, "changed")
        self.live[cell] = value
        return word

    def close(self, cell: Cell, reason: str) -> None:
        """Move a value to history."""
        self.closed.append((cell, self.live.pop(cell), reason))


def counts_of(account: SliceAccount) -> Mapping[str, int]:
    """The counts of an account, by word."""
    return {
        name: getattr(account, name)
        for name in ("new", "changed", "closed", "unchanged", "refused", "vanished")
    }


def stored(warehouse: Warehouse, table: str, extra: str) -> list[tuple[object, ...]]:
    """A table of values by uids."""
    with warehouse.connect() as connection:
        return connection.execute(
            "SELECT e.uid, p.id, o.uid, c.uid, a.uid, v.value" + extra + f" FROM source.{table} v"  # noqa: S608
            " JOIN source.data_element e ON e.key = v.data_element JOIN source.period p ON p.key = v.period"
            " JOIN source.org_unit o ON o.key = v.org_unit"
            " JOIN source.category_option_combo c ON c.key = v.category_option_combo"
            " JOIN source.category_option_combo a ON a.key = v.attribute_option_combo"
        ).fetchall()


@pytest.mark.timeout(120)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NIGHTS)
def test_copy_history_and_accounts_follow_the_model(
    warehouse_factory: Callable[[], Warehouse], nights: list[tuple[str, Answer]]
) -> None:
    """Each night the words add up to what was received; the same night again writes nothing."""
    warehouse, model = warehouse_factory(), Model()
    with night(warehouse) as run:
        load_metadata(warehouse, WORLD.metadata(), run)
    for mode, answer in nights:
        by_kind = {
            kind: [(cell, value) for cell, (what, value) in answer.items() if what == kind]
            for kind in ("live", "deleted", "refused")
        }
        received = checked(
            WORLD,
            by_kind["live"],
            deleted=by_kind["deleted"],
            refused=by_kind["refused"],
            mode="full" if mode == "full" else "increment",
            periods=PERIODS,
        )
        account = load(warehouse, received, WORLD, hold_rows=len(CELLS))
        assert counts_of(account) == model.night(mode, answer)
        assert account.received == len(answer)
        again = load(warehouse, received, WORLD, hold_rows=len(CELLS))
        assert again.written == 0
        assert again.newly_refused == 0
    assert {tuple(row[:5]): row[5] for row in stored(warehouse, "data_value", "")} == model.live
    closed = stored(warehouse, "data_value_history", ", v.reason")
    assert sorted((*row[:5], row[5], row[6]) for row in closed) == sorted(
        (*cell, value, reason) for cell, value, reason in model.closed
    )
