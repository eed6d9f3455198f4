"""What can a DHIS2 server answer: bodies proved whole, and the errors a person can act on.

Every error survives pickling (Dask, process pools, persisted states) with its status, DHIS2's error code and
the address, and none of them ever holds a secret: addresses are stripped before they get here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layidu.errors import ConfigurationError, FailedSafeError, LayiduError


@dataclass(frozen=True, slots=True)
class Answer:
    """A body on disk that the transport proved whole."""

    path: Path  # the untouched answer, gzip, 0600
    sha256: str  # of the uncompressed answer
    length: int  # bytes of the uncompressed answer
    content_type: str
    last_byte: bytes = b""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server said to something we sent: a refusal (4xx) is an answer too."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def error_code(self) -> str | None:
        """DHIS2's own code (E7641, …), where it gives one."""
        code = self.body.get("errorCode")
        return code if isinstance(code, str) else None


class AnswerError(LayiduError):
    """An answer that cannot be used, with what the server gave to understand it."""

    def __init__(
        self,
        where: str,
        found: str,
        expected: str,
        todo: str,
        *,
        status: int | None = None,
        error_code: str | None = None,
        url: str = "",
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(where, found, expected, todo)
        self.status = status
        self.error_code = error_code
        self.url = url
        self.body = dict(body or {})


class WrongAddressError(AnswerError, ConfigurationError):
    """The address is not one of a DHIS2 server's API."""


class LoginPageError(AnswerError, ConfigurationError):
    """A page for people came where data were asked for."""


class CredentialsError(AnswerError, ConfigurationError):
    """The password or the token is refused."""


class RightsError(AnswerError, ConfigurationError):
    """The account may not read or do what was asked."""


class UnseenDataSetsError(RightsError):
    """Declared data sets that the source does not show this account: unknown, deleted, or not shared with it."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Their uids."""
        return tuple(self.body.get("missing", ()))


class RequestRefusedError(AnswerError, ConfigurationError):
    """The server does not accept this request (any other 4xx)."""


class UnsupportedServerError(AnswerError, ConfigurationError):
    """A version or a calendar layidu does not know."""


class NetworkError(AnswerError, FailedSafeError):
    """No answer: name, connection or encryption failed."""


class ServerFailedError(AnswerError, FailedSafeError):
    """The server answered that it cannot answer (5xx, 429)."""


class TooMuchAskedError(AnswerError, FailedSafeError):
    """The answer takes too long or is too large: ask for less (413, 414, 504, time-out while reading)."""


class CutAnswerError(AnswerError, FailedSafeError):
    """The answer is not proved whole, or is not what was asked for."""


class BrokenOffAnswerError(CutAnswerError):
    """The connection broke in the middle of the answer; a smaller one may come through."""


class OutcomeUnknownError(AnswerError, FailedSafeError):
    """Something was sent and nobody knows whether it was stored: read back before sending again."""
