"""What real servers taught about reading, on whole nights of a sandbox in the manner of each version."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.night import Night, Outcome
from flows.steps import pull
from tests.copied_hamlet import SETS, Copied, copied, with_source
from warehouse.connect import Warehouse

DIALECTS = ["2.41", "2.42", "2.43"]


def pull_all(night: Night, outcome: Outcome) -> None:
    pull(night, outcome)


def clock_of(copy: Copied) -> datetime:
    """The server's clock at the last good pull."""
    with copy.warehouse.connect() as connection:
        row = connection.execute("SELECT max(server_date) FROM run.cursor").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nights_ask_by_id_with_periods_and_never_by_stamp_alone(
    warehouse: Warehouse, tmp_path: Path, dialect: str
) -> None:
    """`lastUpdated` alone is refused on 2.43, a bad duration ignored there, codes refused where one is missing."""
    with copied(warehouse, tmp_path, dialect=dialect, rules=False) as hamlet:
        for _ in range(2):
            assert hamlet.run("pull", pull_all).errors == []
        asked = [one for one in hamlet.server.ledger.requests() if one["user"] == "pull"]
        values = [one["params"] for one in asked if one["path"] == "/api/dataValueSets.csv"]
        assert values
        assert all(params["period"] for params in values)
        assert any("lastUpdated" in params for params in values)
        names = {name for one in asked for name in one["params"]}
        assert "lastUpdatedDuration" not in names
        assert not {name for name in names if "scheme" in name.lower()}
        hamlet.assert_exact()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_value_stamped_just_before_the_last_mark_arrives(
    warehouse: Warehouse, tmp_path: Path, dialect: str
) -> None:
    """2.42 stamps whole seconds, up to one before the import began; nothing older than the mark may be lost."""
    with copied(warehouse, tmp_path, dialect=dialect, rules=False, re_read=1) as hamlet:
        hamlet.run("pull", pull_all)
        cell = next(one for one, value in hamlet.copy().items() if one[1] == "202602" and value != "77")
        stamp = (clock_of(hamlet) - timedelta(seconds=1)).isoformat(timespec="seconds")
        hamlet.in_store(f"UPDATE data_value SET value = '77', last_updated = '{stamp}'", cell)  # noqa: S608
        assert hamlet.run("pull", pull_all).summary()["changed"] == 1
        assert hamlet.copy()[cell] == "77"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_right_that_comes_late_costs_a_night_and_no_value(
    warehouse: Warehouse, tmp_path: Path, dialect: str
) -> None:
    """Sharing may lag behind its setting: what is refused tonight is no deletion, and comes the night after."""
    with copied(warehouse, tmp_path, dialect=dialect, rules=False) as hamlet:
        with_source(hamlet, vanished_hold_rows=0, vanished_hold_share=0.0)
        hamlet.run("pull", pull_all)
        before = hamlet.copy()
        with hamlet.server.faults.on(
            "lost_sharing", user="pull", data_set=SETS[0], path="/api/dataValueSets"
        ):
            late = hamlet.run("pull", pull_all)
        assert late.exit_code in (3, 4)
        assert {one.slice.data_set for one in late.accounts if one.outcome == "failed"} == {SETS[0]}
        assert {one.slice.data_set for one in late.accounts if one.outcome == "loaded"} >= {SETS[1]}
        assert hamlet.copy() == before
        assert hamlet.history() == []
        assert hamlet.run("pull", pull_all).errors == []
        hamlet.assert_exact()
