"""How do bytes travel: the session (token, proxies, retries of reads) and the proof that a body is whole.

`requests` and urllib3 notice a short Content-Length and a missing chunk terminator, and nothing else: a body
whose end is the end of the connection, and a gzip stream that stops early, look whole to them. Both are
checked here.
"""

import os
import random
import time
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_environ_proxies
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from layidu.settings import Credentials

READ_METHODS = frozenset({"GET", "HEAD"})
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
#: Asked again only so often: a 500 is seldom an accident, and after a 504 less should be asked.
FEW_TIMES = {500: 1, 504: 1}
LONGEST_WAIT_SECONDS = 15 * 60
BLOCK = 1 << 18
#: What unpacks to more than this, and to so many times its size, is a bomb: a CSV of values packs 5 to 60 times.
HARMLESS_BYTES = 64 << 20
MOST_UNPACKED = 400


class NotWholeError(Exception):
    """A body ended and nothing proves that it was its end."""


class BrokenOffError(NotWholeError):
    """The connection ended in the middle of a body: smaller bodies may get through."""


class TooSlowError(NotWholeError):
    """A body that does not come to its end in time."""


class TokenAuth(AuthBase):
    """A personal access token; as an auth object, because a bare header loses to `~/.netrc`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on a request."""
        request.headers["Authorization"] = f"ApiToken {self._token}"
        return request


class ReadRetry(Retry):
    """Retries of reads only: urllib3 by itself repeats any method whose connection failed.

    It also repeats a 413 that carries Retry-After, never waits before the first repetition, and raises when
    Retry-After is unreadable.
    """

    RETRY_AFTER_STATUS_CODES = frozenset()

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001,FBT002
        """Whether this status is asked for again; some only a few times."""
        spent = sum(one.status == status_code for one in self.history)
        if spent >= FEW_TIMES.get(status_code, spent + 1):
            return False
        return super().is_retry(method, status_code, has_retry_after)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that the server asks us to wait, given as a number or a date; nothing when unreadable."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

    def get_backoff_time(self) -> float:
        """Growing pauses with jitter, before the first repetition too."""
        return pause_before(len(self.history), self.backoff_factor, longest=self.backoff_max)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> "ReadRetry":
        """Count one failure; a write's first failure is its last, and so is a time-out: less should be asked."""
        final = (method or "").upper() not in READ_METHODS or isinstance(error, ReadTimeoutError)
        if error is not None and final and _pool is not None:
            raise MaxRetryError(_pool, url or "", error)
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait as the server says and a little longer, so that workers do not march in step."""
        super().sleep(response)
        if response is not None and self.get_retry_after(response) is not None:
            time.sleep(random.uniform(0, 0.5))  # noqa: S311 - politeness, not a secret


def pause_before(repetition: int, backoff_seconds: float, *, longest: float = 60.0) -> float:
    """Seconds to wait before the first, second, … repetition: doubling, each longer by up to a half by chance."""
    if repetition < 1:
        return 0.0
    grown = backoff_seconds * 2 ** (repetition - 1)
    return float(min(longest, grown * random.uniform(1, 1.5)))  # noqa: S311 - politeness, not a secret


def read_retry(*, attempts: int = 4, backoff_seconds: float = 1.0) -> ReadRetry:
    """The retries of GET and HEAD: connection, 429, 502, 503, a few 500 and 504; never a redirect."""
    return ReadRetry(
        total=attempts,
        connect=min(2, attempts),
        read=min(1, attempts),
        redirect=0,
        status=attempts,
        other=0,
        allowed_methods=READ_METHODS,
        status_forcelist=RETRIED_STATUSES,
        backoff_factor=backoff_seconds,
        backoff_max=60,
        raise_on_status=False,
        raise_on_redirect=False,
        respect_retry_after_header=True,
        retry_after_max=LONGEST_WAIT_SECONDS,
    )


def open_session(credentials: Credentials, *, user_agent: str, retry: Retry) -> requests.Session:
    """A session that sends our account only, wherever `~/.netrc` points.

    With `trust_env` off, netrc is ignored; the proxy and certificate variables that administrators do set
    (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE) are read here, once and in plain sight.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies = get_environ_proxies(credentials.url, no_proxy=None)
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    if credentials.token:
        session.auth = TokenAuth(credentials.token)
    else:
        name, password = credentials.username or "", credentials.password or ""
        session.auth = HTTPBasicAuth(name.encode("utf-8"), password.encode("utf-8"))
    session.headers.update(
        {
            "User-Agent": user_agent,
            "X-Requested-With": "XMLHttpRequest",  # a refused login is then 401, not a page
            "Accept-Encoding": "gzip",
        }
    )
    adapter = HTTPAdapter(max_retries=retry, pool_connections=4, pool_maxsize=8)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def is_packed(response: requests.Response) -> bool:
    """Whether the body travels as gzip."""
    return encoding_of(response) in {"gzip", "x-gzip"}


def encoding_of(response: requests.Response) -> str:
    """How the body is coded on its way."""
    return response.headers.get("Content-Encoding", "identity").strip().lower()


def whole_body(
    response: requests.Response,
    *,
    deadline: float,
    at_most: int,
    as_sent: Callable[[bytes], object] | None = None,
) -> Iterator[bytes]:
    """Yield the decoded body in blocks; raise `NotWholeError` unless its end is proved.

    `as_sent` is given the blocks as they travelled, packed if the body is.

    `deadline` is a reading of `time.monotonic`: a server that drips one byte at a time never trips a read
    time-out. `at_most` stops a small answer from unpacking into an endless one.
    """
    raw: Any = response.raw
    if not (raw.chunked or response.headers.get("Content-Length", "").isdigit()):
        raise NotWholeError(
            "ni longueur annoncée, ni fin de bloc : rien ne prouve que la réponse est entière"
        )
    blocks = raw_blocks(raw, deadline=deadline, as_sent=as_sent)
    if is_packed(response):
        blocks = unpacked(blocks)
    elif encoding_of(response) != "identity":
        raise NotWholeError(f"un codage inconnu ({encoding_of(response)})")
    total = 0
    for block in blocks:
        total += len(block)
        if total > at_most:
            raise NotWholeError(f"plus de {at_most} octets")
        if total > max(HARMLESS_BYTES, MOST_UNPACKED * raw.tell()):
            raise NotWholeError(f"une réponse compressée plus de {MOST_UNPACKED} fois")
        yield block


def raw_blocks(raw: Any, *, deadline: float, as_sent: Callable[[bytes], object] | None) -> Iterator[bytes]:
    """Yield the bytes as they travelled; urllib3 raises on a short length and a missing chunk terminator."""
    try:
        for block in raw.stream(BLOCK, decode_content=False):
            if time.monotonic() > deadline:
                raise TooSlowError("la réponse n'en finit pas : délai total dépassé")
            if as_sent is not None:
                as_sent(block)
            yield block
    except ReadTimeoutError as error:
        raise TooSlowError("plus rien ne vient : délai de lecture dépassé") from error
    except HTTPError as error:
        raise BrokenOffError(f"la connexion s'est interrompue ({type(error).__name__})") from error


def unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip, member after member, and require the trailer of the last one."""
    decoder = zlib.decompressobj(31)
    started = False
    for block in blocks:
        rest = block
        while rest:
            if decoder.eof:
                decoder = zlib.decompressobj(31)
            started = True
            try:
                unpacked_bytes = decoder.decompress(rest, BLOCK)
            except zlib.error as error:
                raise NotWholeError("une réponse compressée illisible") from error
            if unpacked_bytes:
                yield unpacked_bytes
            rest = decoder.unconsumed_tail or decoder.unused_data
    while started and not decoder.eof:
        held_back = decoder.decompress(b"", BLOCK)
        if not held_back:
            raise NotWholeError("une réponse compressée sans sa fin")
        yield held_back
