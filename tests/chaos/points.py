"""Where can a run be killed? At each statement, commit, piece of a COPY, request and answer.

A point is named by the function of ours that does it, so that "every point once" means something: what one function
says to PostgreSQL before a commit, only the commit tells the world. In the process that is to die, the points are
watched; reaching the chosen one for the first time is a SIGKILL of itself.
"""

import gzip
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import requests

NOT_REACHED = 99  # exit code of a run whose connection was to be cut at a point it never came to
ROOT = Path(__file__).parents[2]
ROOMS = tuple(str(ROOT / room) + os.sep for room in ("flows", "layidu", "quality", "warehouse"))
# They only hand on: the point is the function that wanted a statement, or began the block that ends in a commit.
HANDS_ON = tuple(str(ROOT / "warehouse" / name) for name in ("staging.py", "trouble.py"))
WATCHED: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (psycopg.Connection, "execute", ("before",)),
    (psycopg.Connection, "commit", ("before", "after")),
    (psycopg.Copy, "write", ("before",)),
    (requests.Session, "request", ("before", "after")),
    (gzip.GzipFile, "write", ("before",)),
)


Reached = Callable[[str, Any], None]


def watch(reached: Reached) -> None:
    """Call `reached` with the name of every point of this process from now on, and whose method it is."""
    for owner, name, moments in WATCHED:
        setattr(owner, name, watched(getattr(owner, name), f"{owner.__name__}.{name}", moments, reached))


def watched(
    work: Callable[..., Any], name: str, moments: tuple[str, ...], reached: Reached
) -> Callable[..., Any]:
    """A method whose moments are told."""

    @wraps(work)
    def told(*arguments: Any, **options: Any) -> Any:
        place = function_of_ours()
        if place and "before" in moments:
            reached(f"before {name} {place}", arguments[0])
        answer = work(*arguments, **options)
        if place and "after" in moments:
            reached(f"after {name} {place}", arguments[0])
        return answer

    return told


def function_of_ours() -> str:
    """The nearest function of ours that wanted this; nothing for what others do by themselves."""
    frame = sys._getframe(2)  # noqa: SLF001
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOMS) and file not in HANDS_ON:
            return f"{Path(file).relative_to(ROOT)} {frame.f_code.co_name}"
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return ""


def kill_at(point: str) -> None:
    """Die at a point."""

    def reached(name: str, _: Any) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(reached)


def write_down(path: Path) -> None:
    """Write every point into a file, in order."""

    def reached(name: str, _: Any) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(name + "\n")

    watch(reached)


def cut_at(point: str, delay: float) -> list[str]:
    """Kill the server's process of the connection at a point, some seconds after it was reached, once.

    PostgreSQL takes that for a crash: it cuts everybody off and recovers from its log. The list that is returned
    stays empty as long as the point is not reached.
    """
    done: list[str] = []

    def reached(name: str, subject: Any) -> None:
        if name.startswith(point) and not done:
            done.append(name)
            connection = subject if isinstance(subject, psycopg.Connection) else subject.connection
            backend = connection.info.backend_pid
            if delay:
                Timer(delay, os.kill, (backend, signal.SIGKILL)).start()
                return
            os.kill(backend, signal.SIGKILL)
            if name.startswith("after"):
                raise psycopg.OperationalError(
                    "server closed the connection unexpectedly"
                )  # the answer is lost

    watch(reached)
    return done
