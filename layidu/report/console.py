"""What a person sees while layidu works: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TextIO, TypeVar

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Item = TypeVar("Item")


class Console:
    """Lines and progress on one stream; `quiet` says nothing but errors."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.rich = RichConsole(file=self.stream, highlight=False, soft_wrap=True)
        self.quiet = quiet

    def line(self, text: str) -> None:
        """Say one line."""
        if not self.quiet:
            self.rich.print(text, markup=False)

    def track(self, items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
        """Go through items, showing how far; `total` where the items cannot be counted beforehand."""
        total = len(items) if isinstance(items, Sized) else total
        if self.quiet or not self.rich.is_terminal:
            if not self.quiet and total:
                self.line(f"{label} : {total}")
            yield from items
            return
        with self.bar() as progress:
            task = progress.add_task(label, total=total)
            for item in items:
                yield item
                progress.advance(task)

    @contextmanager
    def waiting(self, label: str) -> Iterator[None]:
        """One long piece of work of unknown length."""
        if self.quiet:
            yield
        elif self.rich.is_terminal:
            with self.rich.status(label):
                yield
        else:
            started = time.monotonic()
            yield
            self.line(f"{label} : {time.monotonic() - started:.1f} s")

    def bar(self) -> Progress:
        """The bar used everywhere."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self.rich, transient=True)
