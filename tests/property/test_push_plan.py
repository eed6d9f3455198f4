"""Laws of the plan: nothing is forgotten, nothing of anybody else is touched, and twice is once."""

from collections import Counter

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from layidu.dhis2.canonical import same
from layidu.dhis2.push import CHANGES, KEY, plan, plan_hash
from layidu.dhis2.read_back import ledger_after, moved_outside, prove, settle
from layidu.dhis2.sending import SENT
from layidu.model.frames import TARGET_CELLS

DATA_SET = "dataSetAAAA"
FEW = settings(max_examples=30, deadline=None)  # every example has a dozen cells, and frames cost 20 ms
CELLS = st.dictionaries(
    st.tuples(
        st.sampled_from(["elementAAAA", "elementBBBB"]),
        st.sampled_from([f"2026{month:02d}" for month in range(1, 7)]),
    ),
    st.sampled_from(["0", "-0", "1", "1.0", "2", "2.50"]),
)
Held = dict[tuple[str, str], str]


def frame(cells: Held) -> pd.DataFrame:
    return TARGET_CELLS.frame(
        [
            (DATA_SET, element, period, "districtAAA", "default0000", "default0000", v)
            for (element, period), v in cells.items()
        ]
    )


def held(cells: pd.DataFrame, value: str = "value") -> Held:
    return {(row.data_element, row.period): getattr(row, value) for row in cells.itertuples()}


def sent_all(planned: pd.DataFrame) -> pd.DataFrame:
    changes = planned[planned["action"].isin(CHANGES)]
    return SENT.cast(
        changes.assign(state="sent", code=None, conflict_class=None, reason=None).astype(
            {"code": "str", "reason": "str", "conflict_class": "str"}
        )
    )


def stored(server: Held, planned: pd.DataFrame) -> Held:
    """What a server that does what it is told holds afterwards."""
    after = dict(server)
    for row in planned.itertuples():
        key = (row.data_element, row.period)
        if row.action in ("write", "rewrite"):
            after[key] = row.value
        elif row.action == "withdraw":
            del after[key]
    return after


@FEW
@given(CELLS, CELLS, CELLS)
def test_every_key_stands_in_the_plan_exactly_once_with_the_action_a_person_would_choose(
    desired: Held, ledger: Held, server: Held
) -> None:
    planned = plan(frame(desired), frame(ledger), frame(server))
    keys = Counter(held(planned))
    assert set(keys) == set(desired) | set(ledger) | set(server)
    assert len(planned) == len(keys)
    for key, action in held(planned, "action").items():
        wanted, ours, found = desired.get(key), ledger.get(key), server.get(key)
        if found is None:
            expected = "leave" if wanted is None else "write"
        elif wanted is not None and same(wanted, found):
            expected = "leave"
        elif ours is None or not same(ours, found):
            expected = "foreign"
        else:
            expected = "rewrite" if wanted is not None else "withdraw"
        assert action == expected, (key, wanted, ours, found)


@FEW
@given(CELLS, CELLS, CELLS)
def test_what_a_person_typed_is_never_overwritten_or_deleted(
    desired: Held, ledger: Held, server: Held
) -> None:
    planned = plan(frame(desired), frame(ledger), frame(server))
    after = stored(server, planned)
    for key, value in server.items():
        if key not in ledger or not same(ledger[key], value):
            assert after[key] == value


@FEW
@given(CELLS, CELLS, CELLS)
def test_run_twice_is_nothing(desired: Held, ledger: Held, server: Held) -> None:
    planned = plan(frame(desired), frame(ledger), frame(server))
    after = frame(stored(server, planned))
    proof = prove(planned, sent_all(planned), after)
    assert set(proof["state"]) <= {"confirmed"}
    assert moved_outside(planned, after).empty
    second = plan(frame(desired), ledger_after(frame(ledger), planned, proof), after)
    assert not second["action"].isin(CHANGES).any()


@FEW
@given(CELLS, CELLS, CELLS, st.data())
def test_a_killed_run_heals(desired: Held, ledger: Held, server: Held, data: st.DataObject) -> None:
    """Killed after some cells were stored and none was confirmed: the next plan finishes the work."""
    planned = plan(frame(desired), frame(ledger), frame(server))
    changes = planned[planned["action"].isin(CHANGES)].reset_index(drop=True)
    landed = data.draw(st.sets(st.sampled_from(range(len(changes)))) if len(changes) else st.just(set()))
    after = frame(stored(server, changes.iloc[sorted(landed)]))
    in_flight = changes[[*KEY, "value"]]
    healed = settle(frame(ledger), in_flight, after)
    rest = plan(frame(desired), healed, after)
    assert len(rest[rest["action"].isin(CHANGES)]) == len(changes) - len(landed)
    # what is desired may change meanwhile: what landed is still ours, and can be withdrawn
    nothing = plan(frame({}), healed, after)
    ours = {
        key for key, value in held(after).items() if key in held(healed) and same(held(healed)[key], value)
    }
    assert set(held(nothing[nothing["action"] == "withdraw"])) == ours
    written = changes.iloc[sorted(landed)]
    assert set(held(written[written["action"] != "withdraw"])) <= ours


@FEW
@given(CELLS, CELLS, CELLS)
def test_the_hash_stands_for_the_changes(desired: Held, ledger: Held, server: Held) -> None:
    planned = plan(frame(desired), frame(ledger), frame(server))
    assert plan_hash(planned) == plan_hash(planned.sample(frac=1, random_state=1))
    changes = planned[planned["action"].isin(CHANGES)]
    assert plan_hash(planned) == plan_hash(changes)
    if len(changes):
        assert plan_hash(changes.iloc[1:]) != plan_hash(planned)
        assert plan_hash(changes.assign(value="77")) != plan_hash(planned)


@FEW
@given(CELLS, CELLS, CELLS, st.data())
def test_the_proof_believes_the_server_s_cells_not_its_words(
    desired: Held, ledger: Held, server: Held, data: st.DataObject
) -> None:
    planned = plan(frame(desired), frame(ledger), frame(server))
    sent = sent_all(planned)
    sent["state"] = pd.Series(
        [data.draw(st.sampled_from(["sent", "rejected", "unknown", "planned"])) for _ in sent.index],
        dtype="str",
    )
    lands = data.draw(st.booleans())
    proof = prove(planned, sent, frame(stored(server, planned) if lands else server))
    said = dict(zip(map(tuple, sent[KEY].to_numpy()), sent["state"], strict=True))
    for row in proof.itertuples():
        state = said[tuple(getattr(row, name) for name in KEY)]
        answered = state in ("sent", "rejected")
        assert row.state == ("confirmed" if lands else "rejected" if answered else "unknown")
        if not lands and state == "sent":
            assert row.code == "not-stored"
