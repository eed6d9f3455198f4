"""What is a fault? A kind from the table, one that is switched on, and its turn with one request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from layidu.sandbox.answers import Answer, Request
from layidu.sandbox.ledger import OURS
from layidu.sandbox.wire import Wire

if TYPE_CHECKING:
    from layidu.sandbox.site import Site

Effect = Callable[["Turn"], Answer]


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table: what a fault does, its options with their defaults, and what it meets unless told."""

    says: str  # French, one sentence, for --help
    act: Effect
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    method: str = ""
    path: str = ""
    times: int = 0  # 0: without end
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepare: Callable[["Fault", "Site"], None] | None = None

    def described(self) -> str:
        """What it does and what it can be told, in one line."""
        options = ", ".join(f"{name}={_shown(value)}" for name, value in self.options.items())
        return f"{self.says} ({options})" if options else self.says


@dataclass(slots=True)
class Fault:
    """One fault that is switched on. `hits` counts the requests on which it took effect."""

    number: int
    name: str
    kind: Kind
    options: dict[str, Any]
    method: str
    path: str
    query: str
    user: str
    after: int
    times: int
    seen: int = 0
    hits: int = 0
    over: Event = field(default_factory=Event)
    undo: list[Callable[[], None]] = field(default_factory=list)
    _lock: Any = field(default_factory=Lock)

    def meets(self, request: Request, user: str | None) -> bool:
        """Whether a request is one of those asked for; each one counts towards `after`."""
        chosen = (
            request.path.startswith(OURS),  # tests must always be able to ask what happened
            self.method not in ("", request.method),
            not _is_under(_plain(request.path), self.path),
            self.query not in unquote_plus(request.query),
            self.user not in ("", user),
        )
        if any(chosen):
            return False
        with self._lock:
            self.seen += 1
            return self.seen > self.after and not self._is_spent()

    def strikes(self) -> bool:
        """Whether it may take effect now: counted when it may, never more than `times`."""
        with self._lock:
            if self._is_spent():
                return False
            self.hits += 1
            return True

    def _is_spent(self) -> bool:
        return self.over.is_set() or bool(self.times and self.hits >= self.times)

    def written(self) -> dict[str, Any]:
        """The fault for a reader."""
        shown = ("name", "method", "path", "query", "user", "after", "times", "seen", "hits")
        return {"id": self.number, **{name: getattr(self, name) for name in shown}, **self.options}


@dataclass(slots=True)
class Turn:
    """One request in one fault's hands."""

    fault: Fault
    site: "Site"
    request: Request
    user: str | None
    wire: Wire
    following: Callable[[Request], Answer]

    def __getitem__(self, option: str) -> Any:
        """The value of an option."""
        return self.fault.options[option]

    def serve(self, request: Request | None = None) -> Answer:
        """What the server says, past this fault."""
        return self.following(request or self.request)

    def strikes(self) -> bool:
        """Whether the fault may take effect; call it only when the effect follows."""
        return self.fault.strikes()

    def wait(self, seconds: float) -> None:
        """Let time pass, but not longer than the fault is switched on."""
        self.fault.over.wait(seconds)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_under(path: str, place: str) -> bool:
    """Whether a path is a place, its `.csv`, or below it: `/api/me` is not `/api/metadata`."""
    rest = path.removeprefix(place)
    return not place or (path.startswith(place) and (not rest or place.endswith("/") or rest[0] in "/."))


def _plain(path: str) -> str:
    """A path without the API's version number: `/api/42/me` is `/api/me`."""
    head, slash, rest = path.removeprefix("/api/").partition("/")
    return f"/api/{rest}" if path.startswith("/api/") and slash and head.isdigit() else path
