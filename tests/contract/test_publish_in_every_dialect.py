"""Publishing on the hamlet in every dialect: what was planned is there, proved, and nothing else has moved.

The sandbox's own ledger of requests and written rows is the truth, not what the client says.
"""

import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from flows import publishing
from flows.target_server import OTHER_SERVER
from flows.undoing import undo_data_set
from layidu.dhis2.delivery import MOST_TIMES
from layidu.errors import HeldError
from layidu.sandbox import countries
from layidu.sandbox.dialects import VERSIONS
from layidu.sandbox.http import Server
from layidu.sandbox.server import serving
from tests.publishing_world import MONTHS, TARGET, Cells, Place, night, push_and_die
from tests.servers import EmbeddedServer
from warehouse import holds, load_ledger, read_ledger
from warehouse.connect import Warehouse

#: Versions that refuse a whole group for one bad row; the others store much of it without a word.
STRICT = {"2.43"}
Running = tuple[Server, Path, Warehouse]


@pytest.fixture(scope="module", params=list(VERSIONS))
def running(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    embedded_server: EmbeddedServer,
) -> Iterator[Running]:
    """The hamlet in one dialect, and a warehouse with nothing in it."""
    folder = tmp_path_factory.mktemp("hamlet")
    warehouse = embedded_server.fresh()
    with serving(countries.load("hamlet"), folder, dialect=request.param) as server:
        yield server, folder, warehouse
    embedded_server.drop(warehouse)


@pytest.fixture
def small(running: Running, request: pytest.FixtureRequest) -> Place:
    """A data set of seven elements, in chunks of fifty rows; a person has typed three cells of an eighth."""
    code = request.node.originalname.replace("test_", "")[:18]
    place = Place(*running, code=code, elements=8, rows=50)
    by_hand = place.uids.pop()
    place.uids.append(by_hand)
    place.type_by_hand({(by_hand, MONTHS[0], unit): "777" for unit in place.units})
    return place


def desired(place: Place, number: int, value: str = "1") -> Cells:
    """Cells of all but the element a person uses."""
    return (
        {
            key: text
            for key, text in place.some(len(place.uids) * 36, value).items()
            if key[0] != place.uids[-1]
        }
        if number == 0
        else dict(list(desired(place, 0, value).items())[:number])
    )


def actions(planned: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in planned["action"].value_counts().items()}


def test_first_second_and_changed(small: Place) -> None:
    first = desired(small, 180)
    with small.watched() as seen:
        planned, done = small.push(first)
    assert (done.sent, done.confirmed, done.rejected, done.unknown, done.moved) == (180, 180, 0, 0, 0)
    assert len(seen.requests("POST")) == 4
    assert len(seen.requests("GET")) == 2
    assert small.held() == first | small.typed
    assert small.ours() == first
    assert set(seen.written()) == set(first)

    with small.watched() as seen:
        planned, done = small.push(first)
    assert (done.planned, done.sent) == (0, 0)
    assert seen.requests("POST") == []
    assert len(seen.requests("GET")) == 1
    assert not seen.written()

    # A changed mapping: an element is computed otherwise, another is no longer published, a third begins.
    a, b = small.uids[0], small.uids[1]
    changed = {key: "2.5" if key[0] == a else text for key, text in first.items() if key[0] != b}
    added = [key for key in desired(small, 0) if key not in first][:5]
    changed |= dict.fromkeys(added, "0")
    with small.watched() as seen:
        planned, done = small.push(changed)
    counted = actions(planned)
    rewritten, gone = (sum(key[0] == uid for key in first) for uid in (a, b))
    assert (counted["rewrite"], counted["withdraw"], counted["write"]) == (rewritten, gone, 5)
    assert counted["foreign"] == 3
    assert small.held() == changed | small.typed
    assert small.ours() == changed
    assert set(seen.written()) == {key for key in {**first, **changed} if first.get(key) != changed.get(key)}
    assert set(seen.written().values()) == {1}


def test_one_poisoned_row(running: Running) -> None:
    place = Place(*running, code="POISON", elements=28, rows=1000)
    good = place.some(999)
    elsewhere = next(
        unit["id"]
        for unit in place.client("admin").read_json(
            "organisationUnits", {"fields": "id,level", "paging": "false"}
        )["organisationUnits"]
        if unit["level"] == 2
    )
    poisoned = (place.uids[0], "202601", elsewhere)
    with place.watched() as seen:
        planned, done = place.push({**good, poisoned: "1"})
    assert actions(planned) == {"write": 999, "blocked": 1}
    assert (done.confirmed, done.blocked, done.newly_refused) == (999, 1, 1)
    assert len(seen.requests("POST")) == 1
    assert place.held() == good
    [row] = read_ledger.open_cells(place.warehouse).query("data_set == @place.data_set").to_dict("records")
    assert (row["code"], row["org_unit"]) == ("org-unit-not-assigned", elsewhere)


def test_one_poisoned_row_that_nobody_foresaw(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assigned when we looked, no longer when the rows arrived: 2.43 refuses the group, and 999 land all the same."""
    place = Place(*running, code="UNFORESEEN", elements=28, rows=1000)
    good = place.some(999)
    monkeypatch.setattr(publishing, "permit", lambda planned, *_: planned)
    version = str(place.client("admin").read_json("system/info")["version"])
    strict = version.startswith(tuple(STRICT))
    unit = place.client("admin").read_json(
        "organisationUnits", {"fields": "id", "paging": "false", "filter": "level:eq:2"}
    )["organisationUnits"][0]["id"]
    poisoned = (place.uids[0], "202601", unit) if strict else (place.uids[0], "202601", place.units[0])
    good.pop(poisoned, None)
    with place.watched() as seen:
        _, done = place.push({**good, poisoned: "1" if strict else "12x"})
    assert (done.confirmed, done.rejected, done.newly_refused) == (len(good), 1, 1)
    assert place.held() == good
    assert max(seen.written().values()) == 1
    assert len(seen.requests("POST")) == (2 if strict else 1)


def test_a_locked_period(small: Place) -> None:
    cells = desired(small, 0)
    admin = small.client("admin")
    whole = admin.read_json(f"dataSets/{small.data_set}", {"fields": ":owner"})
    admin.send_json("metadata", {"dataSets": [{**whole, "expiryDays": 45}]})
    with small.watched() as seen:
        planned, done = small.push(cells)
    open_months = {"202602", "202603"}
    blocked = planned[planned["action"] == "blocked"]
    assert set(blocked["code"]) == {"expired-period"}
    assert set(blocked["period"]) == {key[1] for key in cells} - open_months
    assert done.blocked == len(blocked) > 0
    assert done.newly_refused == done.blocked + done.foreign
    assert set(seen.written()) == {key for key in cells if key[1] in open_months}
    _, done = small.push(cells)
    assert (done.blocked, done.newly_refused) == (len(blocked), 0)
    # The administrator opens one month again for one district.
    unit = small.units[0]
    opened = admin.send_empty("lockExceptions", {"ds": small.data_set, "pe": "202601", "ou": unit})
    assert opened.status == 201
    _, done = small.push(cells)
    again = {key for key in cells if key[1:] == ("202601", unit)}
    assert (done.confirmed, done.blocked) == (len(again), len(blocked) - len(again))
    assert again <= set(small.held())


def test_an_approved_month(small: Place) -> None:
    admin = small.client("admin")
    workflow = {"id": "LydWorkflow", "name": "approbation", "periodType": "Monthly"}
    admin.send_json("metadata", {"dataApprovalWorkflows": [workflow]})
    whole = admin.read_json(f"dataSets/{small.data_set}", {"fields": ":owner"})
    admin.send_json("metadata", {"dataSets": [{**whole, "workflow": {"id": workflow["id"]}}]})
    month, unit = MONTHS[2], small.units[1]
    approved = admin.send_empty("dataApprovals", {"wf": workflow["id"], "pe": month, "ou": unit})
    assert approved.status < 300
    cells = desired(small, 0)
    with small.watched() as seen:
        planned, done = small.push(cells)
    closed = {key for key in cells if key[1:] == (month, unit)}
    assert done.blocked == len(closed) == len(small.uids) - 1
    assert set(planned.loc[planned["action"] == "blocked", "code"]) == {"approved"}
    assert set(seen.written()) == set(cells) - closed


def test_a_cell_edited_by_a_person(small: Place) -> None:
    first = desired(small, 60)
    small.push(first)
    edited = next(iter(first))
    small.type_by_hand({edited: "4321"})
    with small.watched() as seen:
        planned, done = small.push(dict.fromkeys(first, "8"))
    assert done.foreign == 4
    assert (done.confirmed, done.newly_refused) == (59, 1)  # the other three are known
    assert small.held() == {**dict.fromkeys(first, "8"), **small.typed}
    assert edited not in seen.written()
    assert actions(planned)["foreign"] == 4


def test_ok_and_nothing_stored(small: Place) -> None:
    cells = desired(small, 70)
    with small.server.faults.on("swallowed", path="/api/dataValueSets"), small.watched() as seen:
        _, done = small.push(cells)
    assert (done.confirmed, done.rejected) == (0, 70)
    assert small.held() == small.typed
    assert small.ours() == {}
    assert len(seen.requests("POST")) == 2 * MOST_TIMES
    _, done = small.push(cells)
    assert (done.confirmed, done.newly_refused) == (70, 0)
    assert small.held() == cells | small.typed


def test_a_time_out_after_commit(small: Place) -> None:
    cells = desired(small, 160)
    fault = {"method": "POST", "path": "/api/dataValueSets", "commit": True, "times": 2}
    with small.server.faults.on("gateway_timeout", **fault), small.watched() as seen:
        _, done = small.push(cells)
    assert (done.confirmed, done.unknown) == (160, 0)
    assert small.held() == cells | small.typed
    assert set(seen.written()) == set(cells)
    assert max(seen.written().values()) <= MOST_TIMES


def test_killed_at_every_chunk(small: Place) -> None:
    """Five chunks: before and after each of them, and between the proof and the ledger."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.publishing_world"])
    base = desired(small, 50)
    small.push(base)
    state = dict(base)
    chunks = 4
    points = [(at, sent) for at in range(chunks) for sent in (False, True)] + [(chunks + 1, True)]
    for turn, (at, sent) in enumerate(points):
        # Every night other values, and others again after the kill: each chunk writes, rewrites and withdraws,
        # and what the dead run left must be known as ours.
        dying = dict.fromkeys(list(desired(small, 190))[turn:], f"{turn}.5")
        wanted = dict.fromkeys(list(desired(small, 195))[turn + 2 :], f"{turn}.25")
        with small.watched() as seen:
            child = context.Process(
                target=push_and_die,
                args=(small.account, small.code, small.data_set, small.frame(dying), at),
                kwargs={"sent": sent},
            )
            child.start()
            child.join(60)
            assert child.exitcode == -signal.SIGKILL, (at, sent)
            _, done = small.push(wanted)
        assert (done.unknown, done.rejected, done.moved) == (0, 0, 0), (at, sent)
        assert done.foreign == len(small.typed), (at, sent)
        assert small.held() == wanted | small.typed, (at, sent)
        assert small.ours() == wanted, (at, sent)
        assert max(seen.written().values()) <= MOST_TIMES
        assert set(seen.written()) <= set(state) | set(dying) | set(wanted)
        state = wanted


def test_a_run_is_taken_back(small: Place) -> None:
    first = desired(small, 60)
    small.push(first)
    bad = dict.fromkeys(list(first)[10:], "99") | dict.fromkeys(list(desired(small, 65))[60:], "5")
    small.push(bad)
    with small.warehouse.connect("loader") as connection:
        [[run]] = connection.execute(
            "SELECT max(run) FROM run.published_change WHERE data_set = %s", [small.data_set]
        ).fetchall()
    changed = read_ledger.changes_of(small.warehouse, int(run))[TARGET, small.data_set]
    with night(small.account) as at:
        done = undo_data_set(at, int(run), TARGET, small.data_set, changed, small.code)
    assert (done.unknown, done.rejected) == (0, 0)
    assert small.held() == first | small.typed
    assert small.ours() == first


def test_another_server_is_written_to_only_once_a_person_says_so(small: Place) -> None:
    cells = desired(small, 60)
    small.push({})
    pinned = load_ledger.pinned_server(small.warehouse, TARGET)
    with night(small.account) as at:
        load_ledger.pin_server(small.warehouse, TARGET, "https://dhis2.example (Root0000001)", at.token)
    with small.watched() as seen, pytest.raises(HeldError) as caught:
        small.push(cells)
    assert caught.value.exit_code == 4
    assert "dhis2.example" in caught.value.expected
    assert seen.requests("POST") == []
    [waiting] = [hold for hold in holds.open_holds(small.warehouse) if hold.kind == OTHER_SERVER]
    holds.decide_hold(small.warehouse, waiting.id, accept=True, reason="serveur déménagé", who="essai")
    _, done = small.push(cells)
    assert done.confirmed == 60
    assert load_ledger.pinned_server(small.warehouse, TARGET) == pinned
