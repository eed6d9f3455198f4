"""What a plain client sees of a sandbox on a bad day: a raw socket, no library of ours or of others."""

import csv
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from layidu.sandbox.accounts import read
from layidu.sandbox.dialects import DEFAULT
from layidu.sandbox.http import Server
from layidu.sandbox.server import serving
from tests.sandbox_country import DISTRICT, SOURCE, country


@dataclass
class Raw:
    """An answer as it came: head, body as sent, how the connection ended."""

    status: int
    headers: dict[str, str]
    sent: bytes
    ended: str  # length | chunks | closed | reset | silence
    body: bytes = field(default=b"")


@dataclass
class Bench:
    """A small country, its server, and a client."""

    server: Server
    folder: Path

    def get(
        self, path: str = "/api/dataValueSets.csv", *, role: str = "admin", patience: float = 5, **how: Any
    ) -> Raw:
        """One GET of the little country's values, unless another path is named."""
        return self.send("GET", path, role=role, patience=patience, **how)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "admin",
        patience: float = 5,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
    ) -> Raw:
        """One request on a connection of its own."""
        wanted = params
        if wanted is None and "dataValueSets" in path and method == "GET":
            wanted = {
                "dataSet": SOURCE,
                "orgUnit": DISTRICT,
                "children": "true",
                "period": ["202601", "202602"],
            }
        text = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        query = f"?{urlencode(wanted, doseq=True)}" if wanted else ""
        lines = {
            "Host": "x",
            "Authorization": f"ApiToken {read(self.folder)[role].token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(text)),
            **(headers or {}),
        }
        head = f"{method} {path}{query} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        with socket.create_connection(("127.0.0.1", self.server.server_port), timeout=patience) as connection:
            connection.sendall(head.encode() + b"\r\n" + text)
            return received(connection)

    def json(self, path: str, **how: Any) -> Any:
        """The JSON of a GET."""
        return json.loads(self.get(path, **how).body)


def received(connection: socket.socket) -> Raw:
    """Read until the answer is complete by its own account, or the connection ends in some way."""
    data = b""
    while True:
        found = complete(data)
        if found is not None:
            return found
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return ended(data, "reset")
        except TimeoutError:
            return ended(data, "silence")
        if not more:
            return ended(data, "closed")
        data += more


def complete(data: bytes) -> Raw | None:
    _, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    raw = ended(data, "")
    if "content-length" in raw.headers:
        length = int(raw.headers["content-length"])
        raw.sent, raw.body, raw.ended = rest[:length], rest[:length], "length"
        return raw if len(rest) >= length else None
    if raw.headers.get("transfer-encoding") == "chunked":
        raw.ended = "chunks"
        return raw if rest.endswith(b"0\r\n\r\n") else None
    return raw if raw.status in (204, 304) else None


def ended(data: bytes, how: str) -> Raw:
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    status = int(lines[0].split()[1]) if data else 0
    headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines[1:])}
    body = b"".join(chunks(rest)) if headers.get("transfer-encoding") == "chunked" else rest
    return Raw(status, headers, rest, how, body)


def chunks(data: bytes) -> Iterator[bytes]:
    while data:
        size, _, data = data.partition(b"\r\n")
        number = int(size or b"0", 16)
        yield data[:number]
        data = data[number + 2 :]


@contextmanager
def opened(folder: Path, dialect: str = DEFAULT) -> Iterator[Bench]:
    """The little country, served."""
    with serving(country(), folder, dialect=dialect) as server:
        yield Bench(server, folder)


def records(found: Raw) -> list[dict[str, str]]:
    """The rows of a CSV answer."""
    return list(csv.DictReader(StringIO(found.body.decode())))
