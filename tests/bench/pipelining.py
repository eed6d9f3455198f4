"""Is the next slice pulled while this one is checked and loaded? Against `curl` fetching the same answers in turn.

The answers are sent as fast as a slow real DHIS2 writes CSV: 60,000 rows a second.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import Row
from tests.bench.body_server import serving
from tests.bench.large_source import MONTH_ROWS, build, months
from tests.bench.pulling import fresh, pull
from tests.servers import embedded_in

TITLE = "Pulling ahead: twelve slices at 60,000 rows a second"
ROUNDS = 3
ROWS_A_SECOND = 60_000


def measure() -> list[Row]:
    """The ratio, for a first load and for the same again."""
    curls, firsts, agains = [], [], []
    with tempfile.TemporaryDirectory(prefix="ly-bench-") as folder:
        Path(folder).chmod(0o755)
        bodies = build(Path(folder) / "year", [[month] for month in months(12)])
        with embedded_in(Path(folder) / "home") as server, serving(bodies.folder) as address:
            for _ in range(ROUNDS):
                warehouse = fresh(server)
                night = partial(pull, warehouse, address, bodies.groups, rows_a_second=ROWS_A_SECOND)
                curls.append(timed(partial(fetch, address, bodies.groups)))
                firsts.append(timed(night))
                agains.append(timed(night))
                server.drop(warehouse)
    least = 12 * MONTH_ROWS / ROWS_A_SECOND
    curl, first, again = map(statistics.median, (curls, firsts, agains))
    return [
        Row(
            "first load / curl",
            first / curl,
            1.4,
            f"{first:.1f} s / {curl:.1f} s; the wire alone {least:.1f} s",
        ),
        Row("the same again / curl", again / curl, 1.4, f"{again:.1f} s / {curl:.1f} s"),
    ]


def timed(work: Callable[[], object]) -> float:
    """Seconds something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fetch(address: str, groups: tuple[tuple[str, ...], ...]) -> None:
    """Fetch every answer, one after another, and throw it away."""
    for group in groups:
        periods = "&".join(f"period={period}" for period in group)
        url = f"{address}/first/{ROWS_A_SECOND}/api/dataValueSets.csv?{periods}"
        subprocess.run(["curl", "-sS", "--compressed", "-o", "/dev/null", url], check=True)  # noqa: S603, S607
