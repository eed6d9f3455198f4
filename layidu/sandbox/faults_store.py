"""Which faults lie in the server itself? Rights, tree, clock, version and database that change; imports that lie."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from layidu.sandbox.answers import Answer, joined
from layidu.sandbox.faults_body import Change, changed_values
from layidu.sandbox.faults_kind import Effect, Fault, Turn
from layidu.sandbox.faults_rows import Rows, other
from layidu.sandbox.metadata import DEFAULT_COMBO, Item
from layidu.sandbox.store import iso_seconds

KEY = ("period", "dataElement", "orgUnit", "categoryOptionCombo", "attributeOptionCombo")
PUT = (
    "INSERT INTO data_value (period, data_element, org_unit, category_option_combo, attribute_option_combo, "
    "value, stored_by, created, last_updated, comment, followup, deleted) "
    "VALUES (?, ?, ?, ?, ?, ?, 'late', ?, ?, NULL, 0, 0) ON CONFLICT DO UPDATE SET value = excluded.value, "
    "stored_by = 'late', last_updated = excluded.last_updated, deleted = 0"
)


def lie(stored: Change | None) -> Effect:
    """An import that answers as if all was well and stores something else: other rows, or with None nothing."""

    def act(turn: Turn) -> Answer:
        rows = Rows.of_request(turn.request)
        if rows is None or not rows.rows or turn.request.flag("dryRun"):
            return turn.serve()
        rehearsal = replace(turn.request, params={**turn.request.params, "dryRun": ["true"]})
        answer = turn.serve(rehearsal)
        words = joined(answer)
        if answer.status != 200 or not turn.strikes():
            return turn.serve()
        changed = stored(turn, rows) if stored is not None else None
        if changed is not None:
            joined(turn.serve(replace(turn.request, body=changed.written())))
        answer.body = words.replace(b'"dryRun":true', b'"dryRun":false')
        return answer

    return act


def first_part(turn: Turn, rows: Rows) -> Rows:
    """The first rows only."""
    rows.rows = rows.rows[: int(len(rows.rows) * turn["share"])]
    return rows


swallowed, half_stored, stored_other = lie(None), lie(first_part), lie(changed_values)


def late_row(turn: Turn) -> Answer:
    """After an answer, a row is committed whose stamp is older: a long import that ends.

    Not told otherwise, it changes the first row that was just read.
    """
    answer = turn.serve()
    rows = Rows.of_answer(answer)
    first = rows.rows[0] if rows is not None and rows.rows else None
    told = {name: turn[name] for name in (*KEY, "value")}
    read = {name: rows.get(first, name) for name in (*KEY, "value")} if rows is not None and first else {}
    if not told["dataElement"] and not read:
        return answer
    if turn.strikes():
        whole = {
            **read,
            "value": other(read.get("value", 0)),
            **{key: text for key, text in told.items() if text},
        }
        _commit(turn, whole)
    return answer


def _commit(turn: Turn, row: dict[str, Any]) -> None:
    stamp = iso_seconds(turn.site.clock.now() - timedelta(seconds=turn["seconds"]))
    store = turn.site.store
    with store.writing() as connection:
        keys = [store.words.intern(connection, row.get(name) or DEFAULT_COMBO) for name in KEY]
        connection.execute(PUT, (*keys, row["value"], stamp, stamp))


def lost_sharing(turn: Turn) -> Answer:
    """The data sets of the request are no longer shared with a user, until the fault is switched off."""
    metadata = turn.site.api.metadata
    names = [turn["data_set"]] if turn["data_set"] else turn.request.many("dataSet")
    held = [item for name in names if (item := metadata.get("dataSets", name))]
    user = turn.site.api.door.by_name.get(turn["who"] or turn.user or "")
    if user is not None and held and turn.strikes():
        metadata.save({"dataSets": [{**item, "sharing": _withdrawn(item, user.id)} for item in held]})
        turn.fault.undo.append(lambda: _share_again(turn, held))
    return turn.serve()


def _share_again(turn: Turn, held: list[Item]) -> None:
    metadata = turn.site.api.metadata
    now = [
        {**(metadata.get("dataSets", item["id"]) or item), "sharing": item.get("sharing")} for item in held
    ]
    metadata.save({"dataSets": now})


def _withdrawn(item: Item, user: str) -> Item:
    """Sharing without the right to data, read and write, of one user and of everybody."""
    sharing: Item = item.get("sharing") or {}
    public = sharing.get("public") or ""
    users = dict(sharing.get("users", {}))
    if user in users:
        users[user] = {**users[user], "access": _no_data(users[user]["access"])}
    return {**sharing, "public": _no_data(public), "users": users}


def _no_data(access: str) -> str:
    return access[:2] + "--" + access[4:] if len(access) >= 4 else access


def narrowed(turn: Turn) -> Answer:
    """A user sees a part of the tree only, until the fault is switched off: by default his first unit's first child."""
    door = turn.site.api.door
    user = door.by_name.get(turn["who"] or turn.user or "")
    roots = user.account.org_units if user is not None else ()
    unit = turn["org_unit"] or next(iter(turn.site.api.metadata.children(roots[0])), "") if roots else ""
    if user is not None and unit and turn.strikes():
        door.move(user.name, (unit,))
        turn.fault.undo.append(lambda: turn.site.api.door.move(user.name, roots))
    return turn.serve()


def clock_jump(turn: Turn) -> Answer:
    """The server's clock jumps, until the fault is switched off."""
    if turn.strikes():
        turn.site.clock.jump(turn["seconds"])
        turn.fault.undo.append(lambda: turn.site.clock.jump(-turn["seconds"]))
    return turn.serve()


def keep_a_copy(fault: Fault, site: Any) -> None:
    """The state to go back to: the one in which the fault is switched on."""
    path = site.folder / f"snapshot-{fault.number}.sqlite"
    path.unlink(missing_ok=True)
    site.store.snapshot(path)
    fault.undo.append(lambda: path.unlink(missing_ok=True))


def rewind(turn: Turn) -> Answer:
    """The database is a backup restored: what came after it was switched on never was."""
    if turn.strikes():
        turn.site.store.restore(turn.site.folder / f"snapshot-{turn.fault.number}.sqlite")
        turn.site.reopen()
        turn.site.clock.keep()
    return turn.serve()


def upgrade(turn: Turn) -> Answer:
    """The server runs another version from this request on, over the same data."""
    if turn.strikes():
        turn.site.reopen(turn["to"])
    return turn.serve()


def stale_analytics(turn: Turn) -> Answer:
    """Builds end well and change nothing, until the fault is switched off."""
    if turn.strikes():
        turn.site.api.rebuilds = False
        turn.fault.undo.append(lambda: setattr(turn.site.api, "rebuilds", True))
    return turn.serve()


def on_messages(change: Callable[[list[Item]], list[Item]]) -> Effect:
    """A job that tells something else than it does."""

    def act(turn: Turn) -> Answer:
        answer = turn.serve()
        messages: list[Item] = json.loads(joined(answer) or b"[]") if answer.status == 200 else []
        if any(each.get("completed") for each in messages) and turn.strikes():
            answer.body = json.dumps(change(messages)).encode()
        return answer

    return act


def _never_done(messages: list[Item]) -> list[Item]:
    return [each for each in messages if not each["completed"]]


def _failed(messages: list[Item]) -> list[Item]:
    reason = {"level": "ERROR", "message": "Process failed: could not extend file: No space left on device"}
    return [{**each, **reason} if each["completed"] else each for each in messages]


endless_job, failed_job = on_messages(_never_done), on_messages(_failed)
