"""How do we speak to a DHIS2 server: dhis2.py's client, made safe for a night without anybody watching.

Added to it: personal access tokens, time-outs on every verb, retries of reads only, no redirects, streaming
bodies that are proved whole, gzip in both directions, and errors that carry the server's reason.
"""

import gzip
import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from dhis2 import Api
from urllib3.util.retry import Retry

from layidu.dhis2.answers import Answer, CutAnswerError, ServerAnswer, TooMuchAskedError
from layidu.dhis2.bodies import as_json, as_object, doubt, keep, refuse_page, refused, text_of
from layidu.dhis2.refusals import envelope, plain, raise_for_network, raise_for_redirect
from layidu.dhis2.transport import open_session, pause_before, read_retry
from layidu.errors import ConfigurationError
from layidu.settings import Credentials

Params = Mapping[str, str] | Sequence[tuple[str, str]]

TIMEOUTS = (10.0, 300.0)  # connect, read
LONGEST_REQUEST_SECONDS = 3600.0
SMALLEST_PACKED_BYTES = 4096
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Client(Api):  # type: ignore[misc]  # dhis2.py publishes no types
    """One account on one DHIS2 server."""

    session: requests.Session

    def __init__(
        self,
        credentials: Credentials,
        *,
        user_agent: str,
        timeouts: tuple[float, float],
        retry: Retry,
        longest_seconds: float,
    ) -> None:
        super().__init__(credentials.url, credentials.username or "", "", user_agent=user_agent)
        self.session.close()
        self.session = open_session(credentials, user_agent=user_agent, retry=retry)
        self.timeouts = timeouts
        self.retry = retry
        self.longest_seconds = longest_seconds

    def set_base_url(self, server: str) -> None:
        """Keep the address and its context path; dhis2.py refuses any host that begins with `api`."""
        self._base_url = server.rstrip("/")

    base_url = property(Api.get_base_url, set_base_url)

    def __str__(self) -> str:
        return f"DHIS2 {plain(self.base_url)}"

    __repr__ = __str__

    def address(self, path: str) -> str:
        """The full address of `system/info` (a leading `/` or `/api/` is accepted)."""
        return f"{self.api_url}/{path.lstrip('/').removeprefix('api/')}"

    def deadline(self) -> float:
        """By when an answer to something asked now must be whole, as a reading of `time.monotonic`."""
        return time.monotonic() + self.longest_seconds

    def wait_before(self, repetition: int) -> None:
        """Pause before something is asked again; the pauses grow and are never quite the same."""
        time.sleep(pause_before(repetition, self.retry.backoff_factor))

    def _make_request(self, method: str, endpoint: str, **kwargs: Any) -> requests.Response:
        """Send what dhis2.py's own verbs ask for through the same door as ours."""
        endpoint = f"{endpoint}.{kwargs.get('file_type', 'json')}" if method == "get" else endpoint
        sent = kwargs.get("data", kwargs.get("json"))
        response = self.send(
            method.upper(),
            endpoint,
            kwargs.get("params") or {},
            payload=sent,
            stream=bool(kwargs.get("stream")),
        )
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise refused(method.upper(), response, response.text)
        return response

    def send(
        self,
        method: str,
        path: str,
        params: Params,
        *,
        payload: Mapping[str, Any] | None = None,
        accept: str = "application/json",
        stream: bool = True,
    ) -> requests.Response:
        """Make one request; the only place where one is made. Redirects are errors here."""
        url = self.address(path)
        headers = {"Accept": accept}
        data: bytes | None = None
        if payload is not None:
            data = json.dumps(payload, ensure_ascii=True, separators=(",", ":")).encode("ascii")
            headers["Content-Type"] = "application/json"
            if len(data) >= SMALLEST_PACKED_BYTES:
                data = gzip.compress(data, compresslevel=5, mtime=0)
                headers["Content-Encoding"] = "gzip"
        try:
            response = self.session.request(
                method,
                url,
                params=list(params.items()) if isinstance(params, Mapping) else list(params),
                data=data,
                headers=headers,
                timeout=self.timeouts,
                allow_redirects=False,
                stream=stream,
            )
        except requests.RequestException as error:
            raise_for_network(error, method=method, url=url)
        status = response.status_code
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            response.close()
            raise_for_redirect(
                method=method, url=url, location=response.headers.get("Location", ""), status=status
            )
        return response

    def read_json(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Read a JSON object."""
        return as_object(self.read_value(path, params), self.address(path))

    def read_list(self, path: str, params: Params | None = None) -> list[Any]:
        """Read a JSON list, such as the messages of a task."""
        read = self.read_value(path, params)
        if not isinstance(read, list):
            raise doubt("GET", self.address(path), "autre chose qu'une liste JSON")
        return read

    def read_value(self, path: str, params: Params | None = None) -> Any:
        """Read any JSON value; a cut answer, or one that does not come in time, is asked for once more."""
        try:
            return as_json(self.read_text(path, params), self.address(path))
        except (CutAnswerError, TooMuchAskedError) as error:
            if error.status is not None:  # a 413 or 414 says the same again; a 504 was asked again already
                raise
            self.wait_before(1)
            return as_json(self.read_text(path, params), self.address(path))

    def read_text(self, path: str, params: Params | None = None) -> str:
        """Read a whole text (some settings come as plain text, some tasks as nothing at all)."""
        deadline = self.deadline()
        response = self.send("GET", path, params or {})
        with response:
            text = text_of("GET", response, deadline)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise refused("GET", response, text)
        refuse_page("GET", response, text)
        return text

    def download(self, path: str, params: Params, target: Path, *, accept: str = "application/csv") -> Answer:
        """Stream an answer to disk, packed and readable by us alone, until its end is proved.

        Nothing is left on disk of an answer that is not whole.
        """
        deadline = self.deadline()
        response = self.send("GET", path, params, accept=accept)
        with response:
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                raise refused("GET", response, self.reason(path, params, response))
            return keep(response, target, deadline)

    def reason(self, path: str, params: Params, response: requests.Response) -> str:
        """Why a download was refused: some servers give a page for `.csv` and the reason only for JSON."""
        deadline = self.deadline()
        text = text_of("GET", response, deadline)
        asked_again = response.status_code in {400, 409, 500} and path.endswith(".csv") and not envelope(text)
        if not asked_again:
            return text
        again = self.send("GET", path.removesuffix(".csv") + ".json", params)
        with again:
            return text_of("GET", again, deadline) if again.status_code >= HTTPStatus.BAD_REQUEST else text

    def send_json(self, path: str, payload: Mapping[str, Any], params: Params | None = None) -> ServerAnswer:
        """POST a JSON object, once; a refusal with a JSON body is returned for its reader to class."""
        return self.answer("POST", path, params or {}, payload)

    def send_empty(self, path: str, params: Params | None = None) -> ServerAnswer:
        """POST without a body (maintenance, analytics)."""
        return self.answer("POST", path, params or {}, None)

    def delete(self, path: str, params: Params | None = None) -> ServerAnswer:
        """DELETE, once."""
        return self.answer("DELETE", path, params or {}, None)

    def answer(
        self, method: str, path: str, params: Params, payload: Mapping[str, Any] | None
    ) -> ServerAnswer:
        """Send something and return what the server said about it."""
        deadline = self.deadline()
        response = self.send(method, path, params, payload=payload)
        with response:
            status = response.status_code
            text = text_of(method, response, deadline)
        body = envelope(text)
        auth = status in {HTTPStatus.UNAUTHORIZED} or "WWW-Authenticate" in response.headers
        if (
            status >= HTTPStatus.INTERNAL_SERVER_ERROR
            or auth
            or (status >= HTTPStatus.BAD_REQUEST and not body)
        ):
            raise refused(method, response, text)
        refuse_page(method, response, text)
        return ServerAnswer(status, body)


def connect(
    credentials: Credentials,
    *,
    user_agent: str = "layidu",
    allow_http: bool = False,
    timeouts: tuple[float, float] = TIMEOUTS,
    retry: Retry | None = None,
    longest_seconds: float = LONGEST_REQUEST_SECONDS,
) -> Client:
    """Prepare a client; nothing is sent yet.

    Raises:
        ConfigurationError: no account, an address that is none, or one that would send the account in clear.
    """
    parts = urlsplit(credentials.url)
    where = f"adresse {plain(credentials.url)}"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            where, "ce n'est pas une adresse web", "https://…", "corriger LAYIDU_<SOURCE>_URL, puis relancer"
        )
    if parts.path.rstrip("/").endswith("/api"):
        raise ConfigurationError(
            where,
            "une adresse qui finit par /api",
            "l'adresse du serveur",
            "enlever /api de LAYIDU_<SOURCE>_URL",
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
        raise ConfigurationError(
            where,
            "http:// : le compte voyagerait en clair",
            "https:// (http:// n'est admis que sur cette machine)",
            "employer https://, ou LAYIDU_ALLOW_HTTP=1 si le réseau est sûr",
        )
    if not credentials.complete:
        raise ConfigurationError(
            where,
            "ni jeton, ni nom et mot de passe",
            "un compte DHIS2",
            "définir LAYIDU_<SOURCE>_TOKEN, ou LAYIDU_<SOURCE>_USERNAME et LAYIDU_<SOURCE>_PASSWORD",
        )
    return Client(
        credentials,
        user_agent=user_agent,
        timeouts=timeouts,
        retry=retry or read_retry(),
        longest_seconds=longest_seconds,
    )
