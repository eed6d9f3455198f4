"""How does a sandbox open? From a country, or from what a folder already holds; in this process or in its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from layidu import __version__
from layidu.sandbox.build import build
from layidu.sandbox.clock import Clock
from layidu.sandbox.country import CLOCK_START, Country
from layidu.sandbox.dialects import DEFAULT, dialect_of
from layidu.sandbox.http import Server
from layidu.sandbox.site import Site
from layidu.sandbox.store import FILE, Store, digest, is_built


@contextmanager
def opened(
    folder: Path,
    name: str,
    seed: int,
    load: Callable[[], Country],
    *,
    port: int = 0,
    clock_start: datetime = CLOCK_START,
    dialect: str = DEFAULT,
) -> Iterator[Server]:
    """A server bound to its port, not serving yet; the country is made only when the folder holds none."""
    spoken = dialect_of(dialect)
    marker = digest(name, seed, __version__)
    if not is_built(folder, marker):
        build(folder, load(), marker)
    store = Store(folder / FILE)
    clock = Clock(store, clock_start)
    try:
        with Server(Site(folder, store, clock, spoken), port) as server:
            yield server
        clock.keep()
    finally:
        store.close()


@contextmanager
def serving(
    country: Country, folder: Path, *, clock_start: datetime = CLOCK_START, dialect: str = DEFAULT
) -> Iterator[Server]:
    """Serve a country from a thread of this process; the server has `url`, `faults` and `ledger`.

    The folder may have been served in another dialect before: that is what an upgrade is.
    """
    with opened(folder, country.name, 0, lambda: country, clock_start=clock_start, dialect=dialect) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serve_in_thread(
    country: Country, folder: Path, *, clock_start: datetime = CLOCK_START, dialect: str = DEFAULT
) -> Iterator[str]:
    """As `serving`; yields the address alone. `accounts.read(folder)` has the users."""
    with serving(country, folder, clock_start=clock_start, dialect=dialect) as server:
        yield server.url
