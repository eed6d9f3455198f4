"""How do the changes of a plan travel, and what did the server say about each of them?

One data set a request, `dataSet` on the envelope, bounded rows, values as JSON strings. What is found here only
classes a failure; whether a cell was stored is decided by reading it back (`read_back`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from layidu.dhis2.answers import ServerAnswer
from layidu.dhis2.client import Client
from layidu.dhis2.conflicts import WHOLE_DATA_SET, meaning, names_the_row
from layidu.dhis2.push import KEY, changes
from layidu.errors import FailedSafeError
from layidu.model.frames import TARGET_CELLS, TEXT, Contract

SENT = Contract(
    "sent",
    {
        **dict(TARGET_CELLS.columns),
        "action": TEXT,  # write | rewrite | withdraw
        "state": TEXT,  # sent | rejected | unknown | planned (never sent)
        "code": TEXT,  # DHIS2's error code or ours; missing when sent
        "conflict_class": TEXT,  # retry | fix-mapping | locked | forbidden | harmless
        "reason": TEXT,  # French sentence with what to do
    },
    TARGET_CELLS.key,
)

SILENT_REQUESTS = 2  # after so many requests without an answer the rest waits for the next run
REQUESTS_PER_CHUNK = 100  # finds some eight scattered bad rows among 2,000 by halving, and ends all the same
WIRE_NAMES = {
    "data_element": "dataElement",
    "period": "period",
    "org_unit": "orgUnit",
    "category_option_combo": "categoryOptionCombo",
    "attribute_option_combo": "attributeOptionCombo",
}
Row = dict[str, str]
Verdict = tuple[str, str]  # state, code


@dataclass(slots=True)
class Chunk:
    """Rows of one request: same data set, same strategy."""

    data_set: str
    withdraw: bool
    rows: list[Row]
    positions: list[int]  # of the rows in the frame of changes

    def take(self, indexes: list[int]) -> "Chunk":
        """Some of the rows."""
        rows, positions = [self.rows[i] for i in indexes], [self.positions[i] for i in indexes]
        return Chunk(self.data_set, self.withdraw, rows, positions)


@dataclass(slots=True)
class Journal:
    """What is known about every change, by position."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    silent: int = 0  # requests in a row that brought no answer

    def note(self, chunk: Chunk, state: str, code: str = "") -> None:
        """The same verdict for all rows of a chunk."""
        self.verdicts.update(dict.fromkeys(chunk.positions, (state, code)))


def send(
    client: Client,
    planned: pd.DataFrame,
    *,
    rows: int = 2000,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Send the changes of a plan (`SENT`); nothing is ever sent twice here.

    `progress(done, total)` is called after every request. A lost answer makes its rows `unknown`; after two in
    a row the rest stays `planned`. Errors of credentials and rights are raised: no later request would pass.
    """
    todo = changes(planned).sort_values(["action", *KEY], ignore_index=True)
    journal = Journal()
    for chunk in chunks(todo, rows):
        if journal.silent >= SILENT_REQUESTS:
            journal.note(chunk, "planned", "not-sent")
        else:
            send_chunk(client, chunk, journal)
        if progress is not None:
            progress(len(journal.verdicts), len(todo))
    return sent_frame(todo, journal)


def chunks(todo: pd.DataFrame, size: int) -> Iterator[Chunk]:
    """Bounded groups of one data set and one strategy; ordered so that a request has few periods."""
    ordered = todo.assign(withdraw=todo["action"] == "withdraw").sort_values(
        ["data_set", "withdraw", "period", "org_unit", "data_element"]
    )
    for (data_set, withdraw), group in ordered.groupby(["data_set", "withdraw"], sort=True):
        value = group["before"] if withdraw else group["value"]
        wire = group[list(WIRE_NAMES)].rename(columns=WIRE_NAMES).assign(value=value)
        rows: list[Row] = wire.to_dict("records")  # type: ignore[assignment]  # columns are texts
        for start in range(0, len(rows), size):
            stop = start + size
            yield Chunk(str(data_set), bool(withdraw), rows[start:stop], list(group.index[start:stop]))


def send_chunk(client: Client, chunk: Chunk, journal: Journal) -> None:
    """Send rows; when the server refuses the group, take out the rows it names, or halve."""
    waiting, requests = [chunk], 0
    while waiting:
        current = waiting.pop()
        if journal.silent >= SILENT_REQUESTS:
            journal.note(current, "planned", "not-sent")
            continue
        if requests >= REQUESTS_PER_CHUNK:
            journal.note(current, "rejected", "group-refused")
            continue
        answer = post(client, current)
        requests += 1
        journal.silent = journal.silent + 1 if answer is None else 0
        if answer is None:
            journal.note(current, "unknown", "no-answer")
        else:
            waiting.extend(digest(answer, current, journal))


def post(client: Client, chunk: Chunk) -> ServerAnswer | None:
    """One request; None when nobody knows what became of it."""
    params = {"importStrategy": "DELETE"} if chunk.withdraw else {}
    payload = {"dataSet": chunk.data_set, "dataValues": chunk.rows}
    try:
        return client.send_json("dataValueSets", payload, params)
    except FailedSafeError:
        return None  # a time-out, or a 5xx a proxy made after the rows were stored: only reading back tells


def digest(answer: ServerAnswer, chunk: Chunk, journal: Journal) -> list[Chunk]:
    """Note what an answer says about each row; return what is worth sending again, in smaller groups."""
    summary = import_summary(answer)
    if summary is None:
        refused = answer.status in {401, 403}
        journal.note(
            chunk,
            "rejected" if refused else "unknown",
            "403" if refused else answer.error_code or "unreadable-answer",
        )
        return []
    conflicts = [one for one in summary.get("conflicts") or [] if isinstance(one, dict)]
    if summary.get("status") == "ERROR":
        return group_refused(conflicts, chunk, journal)
    journal.note(chunk, "sent")
    for conflict in conflicts:
        for index in indexes_of(conflict, len(chunk.rows)):
            journal.verdicts[chunk.positions[index]] = ("rejected", code_of(conflict))
    return []


def import_summary(answer: ServerAnswer) -> dict[str, Any] | None:
    """The summary inside the envelope, or bare (old paths); None when there is none."""
    inner = answer.body.get("response")
    found = inner if isinstance(inner, dict) else answer.body
    return found if "importCount" in found else None


def group_refused(conflicts: list[dict[str, Any]], chunk: Chunk, journal: Journal) -> list[Chunk]:
    """Nothing of this group was stored: which rows are to blame, and which deserve another request?"""
    if not conflicts:
        journal.note(chunk, "unknown", "unreadable-answer")
        return []
    code = code_of(conflicts[0])
    if code in WHOLE_DATA_SET or len(chunk.rows) == 1:
        journal.note(chunk, "rejected", code)
        return []
    blamed = {index: code_of(conflict) for conflict in conflicts for index in blamed_by(conflict, chunk)}
    for index, its_code in blamed.items():
        journal.note(chunk.take([index]), "rejected", its_code)
    rest = [index for index in range(len(chunk.rows)) if index not in blamed]
    if blamed:
        return [chunk.take(rest)] if rest else []
    half = len(rest) // 2
    return [chunk.take(rest[half:]), chunk.take(rest[:half])]


def blamed_by(conflict: dict[str, Any], chunk: Chunk) -> list[int]:
    """The rows a conflict points at: by name, else by indexes when these are not simply all."""
    objects = conflict.get("objects")
    arguments = str(objects.get("args", "")) if isinstance(objects, dict) else ""
    named = [i for i, row in enumerate(chunk.rows) if names_the_row(arguments, chunk.data_set, row)]
    if named:
        return named
    indexes = indexes_of(conflict, len(chunk.rows))
    return indexes if len(indexes) < len(chunk.rows) else []


def indexes_of(conflict: dict[str, Any], count: int) -> list[int]:
    """Positions a conflict lists, without `-1` (the whole payload) and what is out of range."""
    return [i for i in conflict.get("indexes") or [] if isinstance(i, int) and 0 <= i < count]


def code_of(conflict: dict[str, Any]) -> str:
    """The conflict's error code; the texts are not for programs."""
    return str(conflict.get("errorCode") or "unreadable-answer")


def sent_frame(todo: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Every change with what is known about it."""
    known = pd.DataFrame(
        [journal.verdicts[position] for position in todo.index], columns=["state", "code"], index=todo.index
    )
    meanings = pd.DataFrame(
        [
            (code, found.conflict_class, found.reason)
            for code in known["code"].unique()
            if (found := meaning(code))
        ],
        columns=["code", "conflict_class", "reason"],
    )
    explained = known.merge(meanings[meanings["code"] != ""], on="code", how="left")
    explained["code"] = explained["code"].replace("", None)
    return SENT.cast(pd.concat([todo, explained], axis="columns"))
