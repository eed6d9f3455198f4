"""How does work go on while its last result is still being used? A thread that makes a few results ready."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
READY = 3  # results kept: each may be large


def ahead(items: Iterator[Item], ready: int = READY) -> Iterator[Item]:
    """The same items, made in a thread of their own; what it raises is raised where the items are taken."""
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        waiting = deque(pool.submit(next, items, end) for _ in range(ready))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, items, end))
            yield item  # type: ignore[misc]  # mypy cannot tell `end` from an item
