"""What does publishing cost the target: how many requests, of which kind, for fifty thousand cells?

Times on a sandbox say little of a real server, which needs 1 to 2 ms a cell whatever the chunk; requests say all.
"""

import tempfile
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd

from flows.night import Published
from layidu.sandbox.country import VALUE_COLUMNS, Account, Country
from layidu.sandbox.server import serving
from layidu.sandbox.uids import uid
from tests.bench import Row
from tests.publishing_world import MONTHS, Cells, Place
from tests.sandbox_country import unit
from tests.servers import embedded_in

TITLE = "Publishing: fifty thousand cells"
CELLS, ELEMENTS, DISTRICTS, REGIONS, ROWS = 50_000, 56, 75, 5, 2000
REGISTRATIONS = ("data_set", "period", "org_unit", "date", "stored_by")
LEAST_WRITES, LEAST_READS = ceil(CELLS / ROWS), ceil(len(MONTHS) / 12)


def measure() -> list[Row]:
    """First push, unchanged second push, and a hundredth of the cells changed."""
    with tempfile.TemporaryDirectory(prefix="ly-bench-") as folder:
        Path(folder).chmod(0o755)
        with (
            embedded_in(Path(folder) / "home") as server,
            serving(country(), Path(folder) / "sandbox") as target,
        ):
            place = Place(target, Path(folder) / "sandbox", server.fresh(), "BENCH", ELEMENTS, rows=ROWS)
            wanted = place.some(CELLS)
            some_changed = {
                key: "2" if number % 100 == 0 else text for number, (key, text) in enumerate(wanted.items())
            }
            first, second, third = (asked(place, cells) for cells in (wanted, wanted, some_changed))
    return [*of_first(first), *of_second(second), *of_third(third)]


def country() -> Country:
    """Five regions of fifteen districts, and nothing entered."""
    root = uid("org_unit", "bench")
    regions = [uid("org_unit", f"bench region {number}") for number in range(REGIONS)]
    units = [unit(root, "Pays", None), *(unit(one, f"Région {one}", root) for one in regions)]
    units += [
        unit(uid("org_unit", f"bench district {number}"), f"District {number}", regions[number % REGIONS])
        for number in range(DISTRICTS)
    ]
    return Country(
        "bench",
        {"organisationUnits": units, "dataElements": [], "dataSets": []},
        pd.DataFrame(columns=list(VALUE_COLUMNS)),
        pd.DataFrame(columns=list(REGISTRATIONS)),
        (
            Account("admin", "", "", ("ALL",), ()),
            Account("pull", "", "", (), (root,)),
            Account("push", "", "", ("F_DATAVALUE_ADD",), (root,)),
            Account("analytics", "", "", ("F_PERFORM_MAINTENANCE",), (root,)),
        ),
        (),
    )


def asked(place: Place, cells: Cells) -> tuple[Published, dict[str, int], float]:
    """One push: what came of it, the push account's requests by kind, the seconds it took."""
    before = len(place.server.ledger.requests())
    start = time.perf_counter()
    _, done = place.push(cells)
    took = time.perf_counter() - start
    requests = [one for one in place.server.ledger.requests()[before:] if one["user"] == "push"]
    return done, {name: sum(map(kind, requests)) for name, kind in KINDS.items()}, took


def is_write(request: dict[str, Any]) -> bool:
    """Whether a request sends something."""
    return bool(request["method"] != "GET")


def is_read(request: dict[str, Any]) -> bool:
    """Whether a request reads data values."""
    return "dataValueSets" in str(request["path"]) and not is_write(request)


KINDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "all": lambda request: bool(request),
    "writes": is_write,
    "reads": is_read,
}


def of_first(found: tuple[Published, dict[str, int], float]) -> list[Row]:
    """Everything is new: chunks, one read before and one after."""
    done, requests, took = found
    least = LEAST_WRITES + 2 * LEAST_READS
    return [
        Row(
            "first push with read-back: requests / least possible",
            requests["all"] / least,
            1.2,
            f"{requests['all']} for {least}; {requests['writes']} writes, {requests['reads']} reads",
        ),
        Row(
            "first push: cells that are not confirmed",
            CELLS - done.confirmed,
            0,
            f"{done.confirmed} confirmed",
        ),
        Row("first push: cells a second (on the sandbox)", CELLS / took, None, f"{took:.1f} s"),
    ]


def of_second(found: tuple[Published, dict[str, int], float]) -> list[Row]:
    """Nothing has changed."""
    done, requests, took = found
    return [
        Row("unchanged second push: write requests", requests["writes"], 0, f"{done.planned} cells planned"),
        Row(
            "unchanged second push: reads for each data set and range of periods",
            requests["reads"] / LEAST_READS,
            1,
            f"{requests['all']} requests in all, {took:.1f} s",
        ),
    ]


def of_third(found: tuple[Published, dict[str, int], float]) -> list[Row]:
    """One cell in a hundred has changed."""
    done, requests, took = found
    return [
        Row(
            "one cell in a hundred changed: write requests",
            requests["writes"],
            ceil(CELLS / 100 / ROWS),
            f"{done.confirmed} cells confirmed, {took:.1f} s",
        )
    ]
