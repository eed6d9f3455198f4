"""Who asked the sandbox what? The last requests, for tests and for the curious."""

from collections import deque
from typing import Any

from layidu.sandbox.answers import Answer, Request

KEPT = 5_000


class Ledger:
    """A bounded list of requests; adding is atomic, so no lock is needed."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def add(self, request: Request, user: str | None, answer: Answer, size: int) -> None:
        """Note one answered request."""
        self._entries.append(
            {
                "method": request.method,
                "path": request.path,
                "params": request.params,
                "user": user,
                "status": answer.status,
                "bytes": size,
                "rows": answer.rows,
            }
        )

    def entries(self) -> list[dict[str, Any]]:
        """The requests, oldest first."""
        return list(self._entries)
