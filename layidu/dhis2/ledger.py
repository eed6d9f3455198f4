"""What do we know of our cells in a target before a push, and what after it?

The ledger is written before anything is sent and after everything is read back, so that a run may die at any
instant: what it had sent and is on the server is ours, what is not there is sent again.
"""

from dataclasses import dataclass, field

import pandas as pd

from layidu.dhis2.canonical import canonicals
from layidu.dhis2.conflicts import WHOLE_DATA_SET, meaning
from layidu.dhis2.push import KEY, changes
from layidu.dhis2.read_back import ledger_after, settle
from layidu.model.frames import LEDGER, LEDGER_CHANGES, LEDGER_OUTCOME, PUSH_PLAN, TARGET_CELLS

#: A server that refused the same value so often is not asked every night: `--retry` asks again.
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Known:
    """The ledger of one data set, once what was in flight has been looked for on the server."""

    ours: pd.DataFrame = field(repr=False)  # TARGET_CELLS
    landed: pd.DataFrame = field(repr=False)  # LEDGER_CHANGES: of a run that died before it knew
    ledger: pd.DataFrame = field(repr=False)  # LEDGER, as it was read


def known(ledger: pd.DataFrame, server: pd.DataFrame) -> Known:
    """Settle by reading what an earlier run had sent: what is there is ours, what is not was never stored."""
    rows = LEDGER.check(ledger)
    ours = TARGET_CELLS.cast(rows.dropna(subset="value"))
    in_flight = rows[rows["in_flight"]]
    sent = TARGET_CELLS.cast(in_flight.drop(columns="value").rename(columns={"sent": "value"}))
    settled = settle(ours, sent, server)
    found = in_flight.merge(
        server[[*KEY, "value"]].rename(columns={"value": "found"}), on=KEY, how="left", validate="1:1"
    )
    there, gone = canonicals(found["found"]), canonicals(found["sent"])
    landed = found[((there == gone) | (there.isna() & gone.isna())) & differs(found["before"], found["sent"])]
    return Known(settled, LEDGER_CHANGES.cast(landed.rename(columns={"sent": "after"})), rows)


def differs(one: pd.Series, other: pd.Series) -> pd.Series:
    """Where two columns of values are not the same, missing being a value."""
    left, right = canonicals(one), canonicals(other)
    return ~((left == right) | (left.isna() & right.isna()))


def set_aside(planned: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The plan without what the server refused three times in a row as it is (`PUSH_PLAN`).

    Only refusals that somebody must mend; a new value, or a refusal that may pass, is sent.
    """
    refused = ledger[(ledger["tries"] >= MOST_TRIES) & ledger["code"].notna()]
    mending = [code for code in refused["code"].unique() if to_be_mended(code)]
    refused = refused[refused["code"].isin(mending)]
    rows = planned.merge(
        refused[[*KEY, "wanted", "code"]].rename(columns={"code": "refusal"}), on=KEY, how="left"
    )
    aside = rows["action"].isin(changes(planned)["action"].unique()) & rows["refusal"].notna()
    aside &= ~differs(rows["value"], rows["wanted"])
    rows["action"] = rows["action"].mask(aside, "blocked")
    rows["code"] = rows["code"].mask(aside, rows["refusal"])
    return PUSH_PLAN.cast(rows)


def to_be_mended(code: str) -> bool:
    """Whether a refusal lasts until somebody does something; one of the whole data set is the run's failure."""
    return code not in WHOLE_DATA_SET and meaning(code).conflict_class in ("fix-mapping", "forbidden")


def outcome(known_: Known, planned: pd.DataFrame, proof: pd.DataFrame) -> pd.DataFrame:
    """What is to be written down about every cell of the plan (`LEDGER_OUTCOME`)."""
    after = ledger_after(known_.ours, planned, proof)
    rows = (
        planned.rename(columns={"value": "wanted"})
        .merge(after[[*KEY, "value"]], on=KEY, how="left", validate="1:1")
        .merge(proof[[*KEY, "state", "code", "found"]].rename(columns={"code": "said"}), on=KEY, how="left")
        .merge(known_.ledger[[*KEY, "code", "tries"]].rename(columns={"code": "known"}), on=KEY, how="left")
    )
    action = rows["action"]
    kept = action.isin(["foreign", "blocked"])
    settled = pd.Series("withdrawn", index=rows.index, dtype="str").mask(rows["value"].notna(), "confirmed")
    state = rows["state"].mask(kept, action).fillna(settled)
    state = state.mask(state == "confirmed", settled)
    code = rows["code"].mask(action == "foreign", "changed-by-person").mask(~kept, rows["said"])
    open_ = state.isin(["rejected", "blocked", "foreign", "unknown"])
    before_tries = rows["tries"].fillna(0).where(rows["known"] == code, 0)
    counted = before_tries + (state == "rejected")
    return LEDGER_OUTCOME.cast(
        rows.assign(
            in_flight=state == "unknown",
            state=state,
            code=code.where(open_),
            wanted=rows["wanted"].where(open_),
            found=rows["found"].mask(kept, rows["before"]).where(open_),
            tries=counted.where(open_, 0),
        )
    )


def changed(planned: pd.DataFrame, proof: pd.DataFrame, run: int) -> pd.DataFrame:
    """What this run made the server hold, and what it held before (`LEDGER_CHANGES`)."""
    rows = changes(planned)[[*KEY, "before", "value", "action"]].merge(
        proof.loc[proof["state"] == "confirmed", KEY], on=KEY
    )
    after = rows["value"].mask(rows["action"] == "withdraw")
    return LEDGER_CHANGES.cast(rows.assign(after=after, run=run))
