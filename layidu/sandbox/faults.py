"""Which bad days are switched on, and which requests do they meet? Counting, choosing, and running them in order.

A fault wraps the server as a layer does: it may change the request, answer in its place, change the answer, or say
how its bytes travel. What each one does stands in `faults_table`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from layidu.errors import ConfigurationError
from layidu.sandbox.answers import Answer, Request
from layidu.sandbox.faults_kind import Fault, Kind, Turn
from layidu.sandbox.faults_table import TABLE
from layidu.sandbox.wire import Wire

if TYPE_CHECKING:
    from layidu.sandbox.site import Site

FILTERS = ("method", "path", "query", "user")
LIMITS = ("after", "times")


class FaultDidNotFireError(AssertionError):
    """A test switched a fault on that nothing met: it proved nothing."""


class Faults:
    """The faults of one site, in the order they were switched on: the first stands nearest to the client."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._numbers = count(1)
        self._on: dict[int, Fault] = {}  # replaced, never changed: whoever walks through it is not disturbed
        self._lock = Lock()

    def switch_on(self, name: str, **asked: Any) -> Fault:
        """Switch a fault on: filters (method, path, query, user), limits (after, times), and its own options.

        Raises:
            ConfigurationError: no such fault, or no such option.
        """
        kind, wanted = checked(name, asked)
        fault = Fault(
            number=next(self._numbers),
            name=name,
            kind=kind,
            options={key: wanted[key] for key in kind.options},
            **{key: wanted[key] for key in (*FILTERS, *LIMITS)},
        )
        if kind.prepare is not None:
            kind.prepare(fault, self._site)
        with self._lock:
            self._on = {**self._on, fault.number: fault}
        return fault

    def switch_off(self, number: int) -> bool:
        """Switch a fault off and take back what it changed for a time; False when there is none."""
        with self._lock:
            fault = self._on.get(number)
            if fault is None:
                return False
            self._on = {each: other for each, other in self._on.items() if each != number}
        fault.over.set()
        while fault.undo:
            fault.undo.pop()()
        return True

    def switch_all_off(self) -> None:
        """No more bad days."""
        for number in reversed(list(self._on)):
            self.switch_off(number)

    def switched_on(self) -> list[Fault]:
        """All of them, spent ones too."""
        return list(self._on.values())

    @contextmanager
    def on(self, name: str, **asked: Any) -> Iterator[Fault]:
        """A fault for the length of a block.

        Raises:
            FaultDidNotFireError: the block ended well and nothing had met the fault.
        """
        fault = self.switch_on(name, **asked)
        try:
            yield fault
        finally:
            self.switch_off(fault.number)
        if not fault.hits:
            raise FaultDidNotFireError(f"{name}: {fault.seen} requests fitted, none was hit: {asked}")

    def answer(self, request: Request, user: str | None, wire: Wire) -> Answer:
        """The answer to a request, through every fault that meets it."""
        met = [fault for fault in self._on.values() if fault.meets(request, user)]

        def step(position: int, asked: Request) -> Answer:
            if position == len(met):
                return self._site.api.answer(asked)[0]
            fault = met[position]
            return fault.kind.act(Turn(fault, self._site, asked, user, wire, partial(step, position + 1)))

        return step(0, request)


def checked(name: str, asked: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]]:
    """The kind of a fault, and everything it needs: what was asked for over its defaults.

    Raises:
        ConfigurationError: no such fault, no such option, or a value of another type.
    """
    kind = TABLE.get(name)
    if kind is None:
        raise ConfigurationError(
            "bac à sable, panne demandée",
            name,
            f"l'une de {', '.join(TABLE)}",
            "corriger le nom ; « layidu sandbox --help » les décrit",
        )
    wanted: dict[str, Any] = {
        **dict.fromkeys(FILTERS, ""),
        "method": kind.method,
        "path": kind.path,
        "after": 0,
        "times": kind.times,
        **kind.options,
    }
    for key, value in asked.items():
        if key not in wanted:
            raise ConfigurationError(
                f"bac à sable, panne « {name} »",
                f"l'option « {key} »",
                f"l'une de {', '.join(wanted)}",
                "corriger l'option, ou l'ôter",
            )
        wanted[key] = _typed(name, key, value, type(wanted[key]))
        if key in kind.choices and wanted[key] not in kind.choices[key]:
            raise ConfigurationError(
                f"bac à sable, panne « {name} »",
                f"{key}={value}",
                f"{key} parmi {', '.join(kind.choices[key])}",
                "corriger la valeur",
            )
    return kind, wanted


def _typed(name: str, key: str, value: Any, kind: type) -> Any:
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "false": False}[value.lower()]
        if kind is str and isinstance(value, bool | float | int):
            return str(value)
        if isinstance(value, kind) or (kind in (int, float) and isinstance(value, str | int | float)):
            return kind(value)
    except (KeyError, ValueError):
        pass
    raise ConfigurationError(
        f"bac à sable, panne « {name} »",
        f"{key}={value}",
        f"une valeur de type {kind.__name__}",
        "corriger la valeur",
    )


def parse(text: str) -> dict[str, Any]:
    """A fault as the command line writes it: `reset:at=100,path=/api/dataValueSets`.

    Raises:
        ConfigurationError: no such fault or option.
    """
    name, _, rest = text.partition(":")
    pairs = [part.partition("=") for part in rest.split(",") if part]
    asked = {key.strip(): value for key, _, value in pairs}
    checked(name, asked)
    return {"name": name, **asked}
