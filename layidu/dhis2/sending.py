"""How do the changes of a plan travel, and what did the server say about each of them?

One data set a request, `dataSet` on the envelope, bounded rows, values as JSON strings, a withdrawal as a row with
`deleted: true` (every version deletes so; 2.43's deletion scope would take cells of people along). What is found
here only classes a failure; whether a cell was stored is decided by reading it back (`read_back`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from layidu.dhis2.answers import ServerAnswer, TooMuchAskedError
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
SMALLEST_ROWS = 50  # no chunk is halved below, whatever the server says about its size
Row = dict[str, str | bool]
Verdict = tuple[str, str]  # state, code


@dataclass(slots=True)
class Chunk:
    """Rows of one request, all of one data set."""

    data_set: str
    rows: list[Row]
    positions: list[int]  # of the rows in the frame of changes

    def take(self, indexes: list[int]) -> "Chunk":
        """Some of the rows."""
        rows, positions = [self.rows[i] for i in indexes], [self.positions[i] for i in indexes]
        return Chunk(self.data_set, rows, positions)

    def halves(self) -> "list[Chunk]":
        """Both halves, in the order in which a stack hands them out."""
        half = len(self.rows) // 2
        return [self.take(list(range(half, len(self.rows)))), self.take(list(range(half)))]


@dataclass(slots=True)
class Journal:
    """What is known about every change, by position."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    silent: int = 0  # requests in a row that brought no answer
    requests: int = 0
    largest: int = 0  # rows the server was seen to take at most; 0: not known yet

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
    """Send the changes of a plan (`SENT`); nothing whose fate is unknown is ever sent twice here.

    `progress(done, total)` is called after every request. A lost answer makes its rows `unknown`; after two in
    a row the rest stays `planned`. Errors of credentials and rights are raised: no later request would pass.
    """
    todo = changes(planned).sort_values(["action", *KEY], ignore_index=True)
    journal = Journal(largest=rows)
    for chunk in chunks(todo, rows):
        send_chunk(client, chunk, journal)
        if progress is not None:
            progress(len(journal.verdicts), len(todo))
    return sent_frame(todo, journal)


def chunks(todo: pd.DataFrame, size: int) -> Iterator[Chunk]:
    """Bounded groups of one data set; ordered so that a request has few periods."""
    ordered = todo.sort_values(["data_set", "period", "org_unit", *KEY[1:]])
    for data_set, group in ordered.groupby("data_set", sort=True):
        withdrawn = group["action"] == "withdraw"
        wire = group[list(WIRE_NAMES)].rename(columns=WIRE_NAMES)
        wire["value"] = group["value"].where(~withdrawn, group["before"])
        rows: list[Row] = wire.to_dict("records")  # type: ignore[assignment]  # columns are texts
        for row, gone in zip(rows, withdrawn, strict=True):
            if gone:
                row["deleted"] = True
        for start in range(0, len(rows), size):
            stop = start + size
            yield Chunk(str(data_set), rows[start:stop], list(group.index[start:stop]))


def send_chunk(client: Client, chunk: Chunk, journal: Journal) -> None:
    """Send rows; halve what is too large, and of a refused group take out the rows it names, or halve."""
    waiting, requests = [chunk], 0
    while waiting:
        current = waiting.pop()
        if journal.silent >= SILENT_REQUESTS:
            journal.note(current, "planned", "not-sent")
        elif requests >= REQUESTS_PER_CHUNK:
            journal.note(current, "rejected", "group-refused")
        elif len(current.rows) > max(journal.largest, SMALLEST_ROWS):
            waiting.extend(current.halves())
        else:
            requests += 1
            waiting.extend(ask(client, current, journal))


def ask(client: Client, chunk: Chunk, journal: Journal) -> list[Chunk]:
    """One request and what it means; returns what is worth sending again, in smaller groups."""
    journal.requests += 1
    payload = {"dataSet": chunk.data_set, "dataValues": chunk.rows}
    try:
        answer = client.send_json("dataValueSets", payload)
    except TooMuchAskedError:  # 413: a proxy turned it away, nothing was stored
        if len(chunk.rows) <= SMALLEST_ROWS:
            journal.note(chunk, "rejected", "too-large")
            return []
        journal.largest = len(chunk.rows) // 2
        return chunk.halves()
    except FailedSafeError:  # a time-out, or a 5xx a proxy made after the rows were stored: read back first
        journal.silent += 1
        journal.largest = max(len(chunk.rows) // 2, SMALLEST_ROWS)
        journal.note(chunk, "unknown", "no-answer")
        return []
    journal.silent = 0
    return digest(answer, chunk, journal)


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
    return chunk.halves()


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
    return SENT.cast(pd.concat([todo.drop(columns="code"), explained], axis="columns"))
