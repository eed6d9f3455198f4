"""How did an older version dress the same answer? Content types and pages that came before 2.42."""

import json

from layidu.sandbox.answers import CSV, JSON, JSON_BARE, TEXT, Answer, Request
from layidu.sandbox.dialects import Change, Dialect

#: Services that wrote their bodies themselves, with a charset of their own.
SELF_WRITTEN = {
    ("GET", "analytics"),
    ("GET", "completeDataSetRegistrations"),
    ("POST", "completeDataSetRegistrations"),
    ("GET", "dataValueSets"),
    ("GET", "lockExceptions"),
}
OLDER = {
    JSON: JSON_BARE,
    TEXT: "text/plain;charset=utf-8",
    CSV: "application/csv; charset=UTF-8",
}


def dressed(answer: Answer, request: Request, dialect: Dialect) -> Answer:
    """An answer as this version sends it."""
    if Change.V242_NOT_FOUND_PAGE not in dialect and answer.status == 404 and _is_page(answer):
        words = {"servlet": "dispatcher", "message": "Not Found", "url": request.path, "status": "404"}
        return Answer(404, JSON_BARE, json.dumps(words).encode(), chunked=False)
    if Change.V242_CSV_REASONS not in dialect and request.path.endswith(".csv") and answer.status >= 400:
        page = b"<!doctype html><html><body><h1>HTTP Status 500 - Internal Server Error</h1></body></html>"
        return Answer(500, "text/html;charset=utf-8", page, chunked=False)
    if Change.V242_CHARSET not in dialect and answer.content_type is not None:
        head = request.path.strip("/").partition("/")[2].partition("/")[0].partition(".")[0]
        is_own = answer.content_type == JSON and (request.method, head) in SELF_WRITTEN
        answer.content_type = (
            "application/json;charset=utf-8"
            if is_own
            else OLDER.get(answer.content_type, answer.content_type)
        )
    return answer


def _is_page(answer: Answer) -> bool:
    return str(answer.content_type).startswith("text/html")
