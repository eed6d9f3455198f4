"""What does an answer look like? The one shape every route returns, and DHIS2's own messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json;charset=UTF-8"
JSON_BARE = "application/json"  # 2.42 writes refusals of its own checks without a charset
TEXT = "text/plain;charset=UTF-8"
CSV = "application/csv;charset=UTF-8"
NO_CACHE = "no-cache, private"
NO_STORE = "no-cache, no-store, max-age=0, must-revalidate"


@dataclass(slots=True)
class Request:
    """A request as the routes see it; header names in lower case."""

    method: str
    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    base_url: str
    query: str = ""  # as it came

    def one(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return self.params.get(name, [default])[0]

    def many(self, name: str) -> list[str]:
        """All values of a parameter, in order."""
        return self.params.get(name, [])

    def flag(self, name: str) -> bool:
        """Whether a parameter is true."""
        return self.one(name).lower() == "true"


@dataclass(slots=True)
class Answer:
    """Status, content type, and a body: bytes when it is small, an iterator of chunks when it is long."""

    status: int
    content_type: str | None
    body: bytes | Iterator[bytes]
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = True
    packed: bool = False  # compressed by the application: no further transport encoding
    rows: int = 0


def joined(answer: Answer) -> bytes:
    """The whole body of an answer, which it then holds."""
    if not isinstance(answer.body, bytes):
        answer.body = b"".join(answer.body)
    return answer.body


class RefusedError(Exception):
    """A refusal in DHIS2's own words, raised anywhere and answered as it is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def as_json(
    content: object,
    status: int = 200,
    *,
    content_type: str = JSON,
    cache: str | None = NO_CACHE,
    chunked: bool = True,
    headers: dict[str, str] | None = None,
) -> Answer:
    """An answer of one JSON document."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    cache_header = {} if cache is None else {"Cache-Control": cache}
    return Answer(status, content_type, body, {**cache_header, **(headers or {})}, chunked)


def web_message(
    status: int,
    level: str,
    message: str | None,
    *,
    code: str | None = None,
    response: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """DHIS2's envelope of everything that is not data."""
    content: dict[str, Any] = {
        "httpStatus": HTTPStatus(status).phrase,
        "httpStatusCode": status,
        "status": level,
    }
    if message is not None:
        content["message"] = message
    if code is not None:
        content["errorCode"] = code
    if response is not None:
        content["response"] = response
    return content


def refused(status: int, message: str, code: str | None = None) -> RefusedError:
    """A refusal by one of the server's own checks."""
    return RefusedError(
        as_json(web_message(status, "ERROR", message, code=code), status, content_type=JSON_BARE)
    )


def succeeded(message: str | None, *, status: int = 200, response: dict[str, Any] | None = None) -> Answer:
    """A plain success."""
    return as_json(web_message(status, "OK", message, response=response), status, cache=None)


def empty(status: int, **headers: str) -> Answer:
    """An answer without a body."""
    return Answer(
        status, None, b"", {name.replace("_", "-"): text for name, text in headers.items()}, chunked=False
    )


def not_found_page(path: str) -> Answer:
    """What the servlet container says of a path nobody serves: a page, not JSON."""
    page = (
        '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body>'
        "<h1>HTTP Status 404 – Not Found</h1><p><b>Type</b> Status Report</p><p><b>Message</b> "
        f"No static resource {path.strip('/').replace('/', '&#47;')}.</p></body></html>"
    )
    return Answer(404, "text/html;charset=utf-8", page.encode(), chunked=False)
