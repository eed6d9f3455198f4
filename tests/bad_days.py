"""A sandbox's bad days over HTTP, with a client that is not ours: for sandboxes in a thread or in their own process."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from layidu.sandbox.accounts import read


@dataclass
class Site:
    """A sandbox as its administrator sees it."""

    url: str
    folder: Path

    def ask(self, method: str, path: str, body: Any = None, *, role: str = "admin", **params: Any) -> Any:
        """The JSON of a good answer, None when it has none."""
        headers = {
            "Authorization": f"ApiToken {read(self.folder)[role].token}",
            "Content-Type": "application/json",
        }
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=60)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"{path}?{urlencode(params, doseq=True)}", text, headers)
            response = connection.getresponse()
            content = response.read()
            assert response.status < 300, content
            return json.loads(content) if content else None

    def hits(self, number: int) -> int:
        """On how many requests a fault took effect."""
        return next(each["hits"] for each in self.ask("GET", "/sandbox/faults") if each["id"] == number)

    @contextmanager
    def bad_day(self, name: str, **asked: Any) -> Iterator[int]:
        """A fault for the length of a block, which fails when nothing met it; gives the fault's number."""
        number = self.ask("POST", "/sandbox/faults", {"name": name, **asked})["id"]
        try:
            yield number
            hits = self.hits(number)
        finally:
            self.ask("DELETE", f"/sandbox/faults/{number}")
        assert hits, f"nothing met the fault {name} {asked}"

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """Every request after a number, oldest first; fails when some were forgotten."""
        return list(self.ask("GET", "/sandbox/ledger", after=after))

    def values(self, after: int = 0) -> list[dict[str, Any]]:
        """Every data value row that changed after a number; fails when some were forgotten."""
        return list(self.ask("GET", "/sandbox/ledger/values", after=after))
