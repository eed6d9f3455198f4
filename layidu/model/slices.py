"""A slice: the unit that is pulled, checked and loaded together; and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

Mode = Literal["full", "increment"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One data set, some periods, one org-unit branch of one source.

    `full`: the answer is everything there is, so what is missing from it has vanished. `increment`: only
    what was touched since `last_updated` (the server's clock, with the overlap already taken off).
    """

    source: str
    data_set: str
    periods: tuple[str, ...]
    org_unit: str
    mode: Mode = "full"
    last_updated: str | None = None
    children: bool = True  # False: the unit alone, because its branches are slices of their own

    @property
    def name(self) -> str:
        """A stable name, for messages and for the memory of row counts."""
        first, last = self.periods[0], self.periods[-1]
        window = first if first == last else f"{first}-{last}"
        branch = self.org_unit if self.children else f"{self.org_unit}!"
        return f"{self.source}/{self.data_set}/{window}/{branch}/{self.mode}"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A slice's answer: proved whole by the transport, untouched on disk, parsed."""

    slice: Slice
    outcome: Literal["data", "empty"]
    values: pa.Table  # frames.DATA_VALUES
    body: Path  # the untouched answer, gzip, 0600
    sha256: str  # of the uncompressed answer
    bytes_received: int
    server_date: datetime  # the server's clock just before the request


@dataclass(frozen=True, slots=True)
class Checked:
    """A slice after the gate: every received record is kept, a tombstone, or refused, exactly once."""

    pulled: Pulled
    kept: pa.Table  # frames.DATA_VALUES, live rows
    tombstones: pa.Table  # frames.DATA_VALUES, deleted rows
    refused: pd.DataFrame  # frames.REFUSED_VALUES
    findings: pd.DataFrame  # frames.FINDINGS
    verdict: Literal["kept", "refused-some", "stopped", "empty"]
    stop_reason: str = ""  # French sentence when stopped
    rules_run: int = 0  # how many rules were evaluated; 0 with verdict other than "empty" is a bug
    remarks: str = (
        ""  # French: what a person should know of the whole slice, e.g. a rule that flags nearly all of it
    )

    @property
    def received(self) -> int:
        """How many records the answer held."""
        return int(self.pulled.values.num_rows)


@dataclass(frozen=True, slots=True)
class SliceAccount:
    """received = new + changed + closed + unchanged + refused; vanished stands beside."""

    slice: Slice
    received: int
    new: int
    changed: int
    closed: int
    unchanged: int
    refused: int
    vanished: int
    outcome: Literal["loaded", "empty", "unconfirmed", "stopped", "held", "failed", "halved"]
    newly_refused: int = 0  # of refused: not known before this run
    changed_years: tuple[int, ...] = field(default=())
    message: str = ""
    absent: int = 0  # values this full answer lacked for the first time: a second look decides
    drift: int = 0  # of a reconciliation: cells that differed without being news

    def __post_init__(self) -> None:
        parts = self.new + self.changed + self.closed + self.unchanged + self.refused
        if self.outcome == "loaded" and self.received != parts:
            raise AssertionError(f"{self.slice.name}: received {self.received}, accounted for {parts}")

    @property
    def written(self) -> int:
        """Rows of the copy this slice wrote."""
        return self.new + self.changed + self.closed + self.vanished
