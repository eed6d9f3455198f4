"""What did the server see? Every request, and every row of data that changed, whoever changed it and how.

Rows are noted by triggers of the database itself, so no way of writing is forgotten. Both lists are bounded; a reader
who would miss an entry is refused rather than served the others.
"""

from collections import deque
from contextvars import ContextVar
from threading import Lock
from typing import Any

from layidu.sandbox.answers import Request
from layidu.sandbox.store import ValueChange

REQUESTS_KEPT = 20_000
VALUES_KEPT = 150_000
OURS = "/sandbox/"
KEY = ("period", "data_element", "org_unit", "category_option_combo", "attribute_option_combo")

Entry = dict[str, Any]


class LedgerTruncatedError(Exception):
    """Entries that were asked for are no longer held."""


class Entries:
    """A bounded list whose entries are numbered from 1."""

    def __init__(self, kept: int) -> None:
        self._held: deque[Any] = deque(maxlen=kept)
        self._lock = Lock()
        self._last = 0

    def add(self, *entries: Any) -> int:
        """Append; gives the number of the last one."""
        with self._lock:
            self._held.extend(entries)
            self._last += len(entries)
            return self._last

    def since(self, number: int) -> list[tuple[int, Any]]:
        """The entries after a number, with theirs.

        Raises:
            LedgerTruncatedError: some of them had to make room for later ones.
        """
        with self._lock:
            first = self._last - len(self._held) + 1
            if number + 1 < first:
                raise LedgerTruncatedError(f"entries {number + 1} to {first - 1} are no longer held")
            return [(at, each) for at, each in enumerate(self._held, first) if at > number]


class Ledger:
    """Requests and changed rows, oldest first."""

    def __init__(self) -> None:
        self._requests = Entries(REQUESTS_KEPT)
        self._values = Entries(VALUES_KEPT)
        self._current: ContextVar[int | None] = ContextVar("request", default=None)

    def open(self, request: Request, user: str | None) -> Entry:
        """Note a request as it arrives; the server writes the rest into the entry as it answers.

        Questions about the sandbox itself are not noted: who looks must not change what he sees.
        """
        entry: Entry = {
            "method": request.method,
            "path": request.path,
            "params": request.params,
            "user": user,
            "received": len(request.body),
            "status": None,
            "bytes": 0,
            "rows": 0,
            "whole": False,  # the last byte of the answer was given to the network
        }
        if not request.path.startswith(OURS):
            entry["number"] = self._requests.add(entry)
            self._current.set(entry["number"])
        return entry

    def note(self, changes: list[ValueChange]) -> None:
        """Note rows that were committed."""
        number = self._current.get()
        self._values.add(*((number, change) for change in changes))

    def requests(self, after: int = 0) -> list[Entry]:
        """The requests after a number.

        Raises:
            LedgerTruncatedError: some are no longer held.
        """
        return [dict(entry) for _, entry in self._requests.since(after)]

    def values(self, after: int = 0) -> list[Entry]:
        """The changed rows after a number: their key, what stood there, what stands there, who and by which request.

        `before` and `after` are None where there was no row; a deleted one has `deleted` (or `was_deleted`) true.

        Raises:
            LedgerTruncatedError: some are no longer held.
        """
        return [
            {
                **dict(zip(KEY, change.key, strict=True)),
                "before": change.before,
                "was_deleted": change.was_deleted,
                "after": change.after,
                "deleted": change.deleted,
                "user": change.user,
                "request": number,
                "number": at,
            }
            for at, (number, change) in self._values.since(after)
        ]
