"""Which faults lie in the body? Rows too few, too many or of somebody else; bytes that are no text; a bomb."""

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator

from layidu.sandbox.answers import JSON, Answer, joined
from layidu.sandbox.faults_kind import Effect, Turn
from layidu.sandbox.faults_rows import Rows, other
from layidu.sandbox.uids import uid
from layidu.sandbox.wire import CHUNKS

Change = Callable[[Turn, Rows], Rows | None]  # None: nothing to do here
LINE = b"\n"
ZEROS = b"0" * (1 << 20)


def on_rows(change: Change) -> Effect:
    """A fault that changes the rows of a good answer and leaves it well formed; it counts only if it changed some."""

    def act(turn: Turn) -> Answer:
        answer = turn.serve()
        rows = Rows.of_answer(answer)
        changed = None if rows is None else change(turn, rows)
        return changed.into(answer) if changed is not None and turn.strikes() else answer

    return act


def on_bytes(change: Callable[[Turn, bytes], bytes]) -> Effect:
    """A fault that changes the bytes of an answer before they are compressed."""

    def act(turn: Turn) -> Answer:
        answer = turn.serve()
        before = joined(answer)
        after = change(turn, gzip.decompress(before) if answer.packed else before)
        if after != before and turn.strikes():
            answer.body = gzip.compress(after) if answer.packed else after
        return answer

    return act


def short(turn: Turn, rows: Rows) -> Rows | None:
    """Leave out a share of the rows, the same ones for the same seed."""
    lost = round(turn["share"] * len(rows.rows)) if turn["share"] else turn["rows"]
    lost = min(len(rows.rows), max(1, lost))
    gone = set(random.Random(turn["seed"]).sample(range(len(rows.rows)), lost))  # noqa: S311 - no secret
    rows.rows = [row for at, row in enumerate(rows.rows) if at not in gone]
    return rows if gone else None


def without(turn: Turn, rows: Rows) -> Rows | None:
    """Leave out the rows that have a value in a column: an attribute option combo the user may no longer read."""
    kept = [row for row in rows.rows if rows.get(row, turn["column"]) != turn["id"]]
    found = len(kept) < len(rows.rows)
    rows.rows = kept
    return rows if found else None


def doubled(turn: Turn, rows: Rows) -> Rows | None:
    """The first rows once more at the end."""
    again = rows.rows[: turn["rows"]]
    rows.rows = [*rows.rows, *again]
    return rows if again else None


def ambiguous(turn: Turn, rows: Rows) -> Rows | None:
    """The first rows once more, with other values."""
    again = [rows.changed(row, "value", other(rows.get(row, "value"))) for row in rows.rows[: turn["rows"]]]
    rows.rows = [*rows.rows, *again]
    return rows if again else None


def foreign(turn: Turn, rows: Rows) -> Rows | None:
    """The first row once more, of an org unit, a period or an element that nobody asked for."""
    if not rows.rows:
        return None
    column = turn["column"]
    stranger = turn["id"] or ("199901" if column.lower() in {"period", "pe"} else uid("stranger", column))
    rows.rows = [*rows.rows, rows.changed(rows.rows[0], column, stranger)]
    return rows


def shuffled(turn: Turn, rows: Rows) -> Rows | None:
    """The same rows in another order."""
    order = list(rows.rows)
    random.Random(turn["seed"]).shuffle(order)  # noqa: S311 - no secret
    found = order != rows.rows
    rows.rows = order
    return rows if found else None


def changed_values(turn: Turn, rows: Rows) -> Rows | None:
    """Another value in the first rows: a text, so many digits, or the old number and one."""
    few = rows.rows[: turn["rows"]]
    text = "9" * turn["digits"] if turn["digits"] else turn["text"]
    new = [rows.changed(row, "value", text or other(rows.get(row, "value"))) for row in few]
    rows.rows = [*new, *rows.rows[len(few) :]]
    return rows if few else None


def missing_column(turn: Turn, rows: Rows) -> Rows | None:
    """A column less."""
    column = rows.column(turn["column"])
    if rows.columns is None:
        found = any(column in row for row in rows.rows)
        rows.rows = [{key: value for key, value in row.items() if key != column} for row in rows.rows]
        return rows if found else None
    if column is None:
        return None
    rows.columns = [each for at, each in enumerate(rows.columns) if at != column]
    rows.rows = [[each for at, each in enumerate(row) if at != column] for row in rows.rows]
    return rows


def extra_column(turn: Turn, rows: Rows) -> Rows | None:
    """A column nobody knows, before the others: who reads by position reads wrong."""
    name = turn["column"]
    if rows.columns is None:
        rows.rows = [{name: "1", **row} for row in rows.rows]
        return rows if rows.rows else None
    rows.columns = [name, *rows.columns]
    rows.rows = [["1", *row] for row in rows.rows]
    return rows


def renamed_column(turn: Turn, rows: Rows) -> Rows | None:
    """A column under another name."""
    column = rows.column(turn["column"])
    if rows.columns is None:
        found = any(column in row for row in rows.rows)
        rows.rows = [
            {turn["to"] if key == column else key: value for key, value in row.items()} for row in rows.rows
        ]
        return rows if found else None
    if column is None:
        return None
    rows.columns = [turn["to"] if at == column else each for at, each in enumerate(rows.columns)]
    return rows


def field(turn: Turn, body: bytes) -> bytes:
    """Another value in a field of a JSON object: a server that says it is another."""
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if not isinstance(content, dict):
        return body
    asked = {
        name: turn[name] for name in ("systemId", "systemName", "contextPath", "instanceBaseUrl", "version")
    }
    return json.dumps({**content, **{name: text for name, text in asked.items() if text}}).encode()


def cut(turn: Turn) -> Answer:
    """Fewer bytes than the server had, cut anywhere or at the end of a record; `end` says how the transport ends."""
    answer = turn.serve()
    whole = joined(answer)
    at = int(len(whole) * turn["share"]) if turn["share"] else turn["at"]
    kept = whole[:at]
    if turn["record"]:
        kept = kept[: kept.rfind(LINE) + 1]
    if len(kept) < len(whole) and turn.strikes():
        answer.body = kept
        turn.wire.framing = turn["end"]
    return answer


def bom(_turn: Turn, body: bytes) -> bytes:
    """A byte order mark in front."""
    return b"\xef\xbb\xbf" + body if body else body


def latin_1(_turn: Turn, body: bytes) -> bytes:
    """The text in another charset than it says; nothing happens to one without accents."""
    try:
        return body.decode().encode("latin-1", "replace")
    except ValueError:
        return body


def broken_utf8(_turn: Turn, body: bytes) -> bytes:
    """The first half of a letter in the middle of the text, without the second."""
    half = len(body) // 2
    return body[:half] + b"\xc3" + body[half:] if body else body


def deep(turn: Turn) -> Answer:
    """A JSON document nested deeper than any parser likes."""
    if not turn.strikes():
        return turn.serve()
    depth = turn["depth"]
    return Answer(200, JSON, b'{"dataValues":' + b"[" * depth + b"]" * depth + b"}")


def bomb(turn: Turn) -> Answer:
    """A body that is small on the wire and huge when unpacked."""
    if not turn.strikes():
        return turn.serve()
    turn.wire.framing = CHUNKS
    return Answer(200, JSON, _bomb(turn["megabytes"]), {"Content-Encoding": "gzip"}, packed=True)


def _bomb(megabytes: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(b'{"dataValues":[')
    for _ in range(megabytes):
        yield packer.compress(ZEROS)
    yield packer.flush()
