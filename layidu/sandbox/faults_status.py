"""Who answers in the server's place? A proxy, a login page, another host; before or after the work was done."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import unquote_plus

from layidu.sandbox.answers import JSON, Answer, as_json, joined, web_message
from layidu.sandbox.faults_kind import Turn
from layidu.sandbox.faults_rows import Rows

HTML = "text/html"
LOGIN_PAGE = (
    '<!DOCTYPE html><html><head><title>DHIS2</title></head><body><form action="/dhis-web-commons-security/login.action"'
    ' method="post"><input name="j_username"/><input name="j_password" type="password"/></form></body></html>'
)


def page(status: int, **headers: str) -> Answer:
    """What nginx says."""
    title = f"{status} {HTTPStatus(status).phrase}"
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    named = {name.replace("_", "-"): value for name, value in headers.items() if value}
    return Answer(status, HTML, text.encode(), named, chunked=False)


def status(turn: Turn) -> Answer:
    """Another status than the server's, perhaps after its work."""
    if not turn.strikes():
        return turn.serve()
    if turn["commit"]:
        joined(turn.serve())
    number = turn["status"]
    if turn["html"]:
        return page(number, Retry_After=_retry_after(turn))
    answer = as_json(web_message(number, "ERROR", turn["message"] or None), number)
    if retry_after := _retry_after(turn):
        answer.headers["Retry-After"] = retry_after
    return answer


def _retry_after(turn: Turn) -> str:
    """Empty, seconds, or the same instant as HTTP writes dates."""
    text = str(turn["retry_after"])
    if not text or not turn["as_date"]:
        return text
    return format_datetime(datetime.now(UTC) + timedelta(seconds=float(text)), usegmt=True)


def too_large(turn: Turn) -> Answer:
    """A proxy that takes bodies up to a size; only what is larger is refused."""
    limit, rows = turn["bytes"], turn["rows"]
    found = Rows.of_request(turn.request) if rows else None
    large = (limit and len(turn.request.body) > limit) or (found is not None and len(found.rows) > rows)
    return page(413) if large and turn.strikes() else turn.serve()


def uri_too_long(turn: Turn) -> Answer:
    """A proxy that takes addresses up to a size."""
    size = len(turn.request.path) + 1 + len(turn.request.query)
    return page(414) if size > turn["bytes"] and turn.strikes() else turn.serve()


def login_page(turn: Turn) -> Answer:
    """The login page with 200, as a client sees it that followed the redirect."""
    if not turn.strikes():
        return turn.serve()
    return Answer(200, "text/html;charset=UTF-8", LOGIN_PAGE.encode(), chunked=False)


def redirect(turn: Turn) -> Answer:
    """Somewhere else: the login page, or the host of the option `to`."""
    if not turn.strikes():
        return turn.serve()
    place = turn["to"] or f"{turn.request.base_url}/dhis-web-login/"
    if turn["to"] and turn["keep_path"]:
        place = f"{turn['to'].rstrip('/')}{turn.request.path}?{turn.request.query}"
    return Answer(int(turn["status"]), None, b"", {"Location": place}, chunked=False)


def literal(turn: Turn) -> Answer:
    """A body that is not what was asked for: nothing, null, a list, a sentence."""
    if not turn.strikes():
        return turn.serve()
    kind = turn["content_type"] or JSON
    return Answer(int(turn["status"]), kind, unquote_plus(turn["text"]).encode(), chunked=False)
