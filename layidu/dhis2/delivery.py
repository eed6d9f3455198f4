"""How do planned changes become proved ones? Send, read back, and send again only what is seen not to be there.

A cell is planned, then sent, then confirmed, rejected or unknown; what is unknown (a time-out, a proxy's 5xx) is
settled by reading, never by assuming. A cell the server said yes to is sent twice at most; one whose answer was lost
and that is seen not to be there goes again in smaller pieces.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from layidu.dhis2.client import Client
from layidu.dhis2.push import KEY, changes
from layidu.dhis2.read_back import PROOF, prove
from layidu.dhis2.sending import SMALLEST_ROWS, send

ROUNDS = 4  # 2,000, 1,000, 500, 250 rows where answers are lost
MOST_TIMES = 2  # a cell is sent that the server says yes to
WORTH_ANOTHER_TRY = frozenset({"not-stored", "no-answer", "not-sent", "unreadable-answer"})


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the changes of a plan."""

    proof: pd.DataFrame = field(repr=False)  # read_back.PROOF
    after: pd.DataFrame = field(repr=False)  # frames.TARGET_CELLS: what the server holds now
    sent: int = 0  # cells that left at least once


def deliver(
    client: Client,
    planned: pd.DataFrame,
    read: Callable[[], pd.DataFrame],
    *,
    rows: int = 2000,
    pause_s: float = 10,
    progress: Callable[[int, int], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Send the changes of a plan and prove them by reading back.

    `pause_s` is waited before reading after a lost answer: the server may still be at work. What is not settled
    after the last round waits for the next run.
    """
    todo = changes(planned)
    if todo.empty:
        return Delivered(PROOF.frame(), read())
    times = pd.Series(0, index=cells(todo))
    left_us: set[tuple[str, ...]] = set()
    proofs: list[pd.DataFrame] = []
    size = rows
    for _ in range(ROUNDS):
        sent = send(client, todo, rows=size, progress=progress)
        left_us |= set(cells(sent[sent["state"] != "planned"]))
        times[cells(sent[sent["state"].isin(["sent", "rejected"])])] += 1
        if sent["state"].isin(["unknown", "planned"]).any():
            sleep(pause_s)
            size = max(size // 2, SMALLEST_ROWS)
        after = read()
        proof = prove(todo, sent, after)
        proofs.append(proof)
        again = proof[proof["code"].isin(WORTH_ANOTHER_TRY)]
        again = again[(times[cells(again)] < MOST_TIMES).to_numpy()]
        if again.empty:
            break
        todo = todo.merge(again[KEY], on=KEY)
    return Delivered(latest(proofs), after, len(left_us))


def cells(rows: pd.DataFrame) -> pd.MultiIndex:
    """The keys of rows."""
    return pd.MultiIndex.from_frame(rows[KEY])


def latest(proofs: list[pd.DataFrame]) -> pd.DataFrame:
    """The last word about each cell (`PROOF`)."""
    together = pd.concat(proofs, ignore_index=True).drop_duplicates(KEY, keep="last")
    return PROOF.cast(together.sort_values(KEY))
