"""Does the server hold what was planned, and nothing else of ours? Reading back decides; codes and counts do not.

Read as JSON, because a cut JSON cannot be read at all while a cut CSV looks whole, and this is the proof.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from layidu.dhis2.canonical import canonicals
from layidu.dhis2.client import Client
from layidu.dhis2.conflicts import meaning
from layidu.dhis2.push import KEY, changes
from layidu.errors import FailedSafeError
from layidu.model.frames import PUSH_PLAN, TARGET_CELLS, TEXT, Contract

PERIODS_PER_REQUEST = 12

PROOF = Contract(
    "proof",
    {
        **dict(PUSH_PLAN.columns),
        "found": TEXT,  # what the server holds now; missing when nothing
        "state": TEXT,  # confirmed | rejected | unknown
        "code": TEXT,  # why it is not confirmed
        "conflict_class": TEXT,
        "reason": TEXT,
    },
    TARGET_CELLS.key,
)
COLUMNS = {
    "dataElement": "data_element",
    "period": "period",
    "orgUnit": "org_unit",
    "categoryOptionCombo": "category_option_combo",
    "attributeOptionCombo": "attribute_option_combo",
    "value": "value",
}


def read_cells(
    client: Client, data_set: str, periods: Sequence[str], org_units: Sequence[str]
) -> pd.DataFrame:
    """The live cells of a data set under some org units (`TARGET_CELLS`, canonical values)."""
    frames = [TARGET_CELLS.frame()]
    for start in range(0, len(periods), PERIODS_PER_REQUEST):
        params = [("dataSet", data_set), ("children", "true")]
        params += [("orgUnit", org_unit) for org_unit in org_units]
        params += [("period", period) for period in periods[start : start + PERIODS_PER_REQUEST]]
        answer = client.read_json("dataValueSets.json", params)
        frames.append(cells_of(answer, data_set))
    return TARGET_CELLS.check(pd.concat(frames, ignore_index=True))


def cells_of(answer: dict[str, Any], data_set: str) -> pd.DataFrame:
    """The cells of one answer; 2.43 lifts period and unit out of the rows when there is exactly one."""
    rows = answer.get("dataValues")
    if rows is None:
        raise FailedSafeError(
            where=f"relecture du jeu de données {data_set}",
            found="une réponse sans la liste « dataValues »",
            expected="les cases du jeu de données, même s'il n'y en a aucune",
            todo="rien : la prochaine nuit relira ; si cela revient, lancer « layidu check --server »",
        )
    live = [row for row in rows if not row.get("deleted") and row.get("value") is not None]
    read = {
        ours: pd.Series([row.get(wire, answer.get(wire)) for row in live], dtype="str")
        for wire, ours in COLUMNS.items()
    }
    cells = pd.DataFrame({**read, "data_set": pd.Series([data_set] * len(live), dtype="str")})
    twice = cells[cells.duplicated(KEY)]
    if len(twice):
        raise FailedSafeError(
            where=f"relecture du jeu de données {data_set}",
            found=f"{len(twice)} case(s) données deux fois, dont {' '.join(twice.iloc[0][KEY])}",
            expected="chaque case une fois",
            todo="rien : la prochaine nuit relira ; si cela revient, prévenir l'administrateur du serveur",
        )
    return TARGET_CELLS.cast(cells.assign(value=canonicals(cells["value"])))


def prove(planned: pd.DataFrame, sent: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What became of every change (`PROOF`).

    confirmed: the server holds exactly what was planned, whatever it answered. rejected: it does not, and it had
    answered. unknown: it does not and had not answered; it may still be working on it.
    """
    rows = (
        changes(planned)
        .drop(columns="code")
        .merge(sent[[*KEY, "state", "code", "conflict_class", "reason"]], on=KEY, how="left", validate="1:1")
        .merge(after.rename(columns={"value": "found"}), on=KEY, how="left", validate="1:1")
    )
    rows["found"] = canonicals(rows["found"])
    gone = (rows["action"] == "withdraw") & rows["found"].isna()
    stored = (rows["action"] != "withdraw") & (rows["value"] == rows["found"])
    confirmed = gone | stored
    answered = rows["state"].isin(["sent", "rejected"])
    silent = ~confirmed & (rows["state"] == "sent")  # it said yes and stored something else, or nothing
    rows["state"] = np.select([confirmed, answered], ["confirmed", "rejected"], default="unknown")
    unstored = meaning("not-stored")
    for column, text in {
        "code": unstored.code,
        "conflict_class": unstored.conflict_class,
        "reason": unstored.reason,
    }.items():
        rows[column] = rows[column].astype("str").mask(confirmed).mask(silent, text)
    return PROOF.cast(rows.sort_values(KEY))


def moved_outside(planned: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Cells that were not to be changed and are not as they were (`PUSH_PLAN` keys, `before`, `found`)."""
    kept = planned[~planned["action"].isin(("write", "rewrite", "withdraw"))]
    changed = changes(planned)[KEY].assign(planned=True)
    rows = (
        kept[[*KEY, "before"]]
        .merge(after.rename(columns={"value": "found"}), on=KEY, how="outer")
        .merge(changed, on=KEY, how="left")
    )
    outside = rows[rows["planned"].isna()]
    before, found = canonicals(outside["before"]), canonicals(outside["found"])
    same = (before == found) | (before.isna() & found.isna())
    return outside.loc[~same, [*KEY, "before", "found"]].reset_index(drop=True)


def ledger_after(ledger: pd.DataFrame, planned: pd.DataFrame, proof: pd.DataFrame) -> pd.DataFrame:
    """The ledger once the proof is in: what we wrote and saw on the server (`TARGET_CELLS`).

    A cell left because it equals what is desired becomes ours (a run killed between answer and ledger heals
    so); what is gone from both sides is forgotten; a cell a person changed keeps our old value.
    """
    confirmed = proof[proof["state"] == "confirmed"]
    settled = planned[planned["action"] == "leave"]
    new = pd.concat([confirmed[confirmed["action"] != "withdraw"], settled.dropna(subset="value")])
    decided = pd.concat([confirmed[KEY], settled[KEY]])
    old = ledger.merge(decided, on=KEY, how="left", indicator="where")
    kept = old[old["where"] == "left_only"]
    return TARGET_CELLS.cast(pd.concat([kept[[*KEY, "value"]], new[[*KEY, "value"]]]).sort_values(KEY))


def settle(ledger: pd.DataFrame, in_flight: pd.DataFrame, server: pd.DataFrame) -> pd.DataFrame:
    """The ledger after an interrupted run: what was sent without proof and is on the server is ours.

    `in_flight` has the columns of `TARGET_CELLS`; a missing value is a withdrawal.
    """
    rows = in_flight.merge(server.rename(columns={"value": "found"}), on=KEY, how="left")
    sent, found = canonicals(rows["value"]), canonicals(rows["found"])
    landed = rows[(sent == found) | (sent.isna() & found.isna())]
    kept = ledger.merge(landed[KEY], on=KEY, how="left", indicator="where")
    kept = kept[kept["where"] == "left_only"]
    return TARGET_CELLS.cast(
        pd.concat([kept[[*KEY, "value"]], landed.dropna(subset="value")[[*KEY, "value"]]]).sort_values(KEY)
    )
