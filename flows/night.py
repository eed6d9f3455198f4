"""What a night has at hand, and what became of it: the one object that the steps hand on."""

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pandas as pd

from layidu.dhis2.answers import UnseenDataSetsError
from layidu.dhis2.client import Client
from layidu.errors import LayiduError
from layidu.mapping.contracts import Mappings
from layidu.model.metadata import Metadata
from layidu.model.slices import SliceAccount
from layidu.report.console import Console
from layidu.settings import Settings
from quality.rules import Rule
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.overlap import Overlap

Result = TypeVar("Result")

#: What the demo approves: any plan, but only of a sandbox it started itself.
EVERYTHING = "sandbox"


class Run(Protocol):
    """How a step is started: a plain call, or a task of Prefect; the order of the night is the same."""

    def __call__(self, name: str, step: Callable[..., Result], /, *arguments: Any) -> Result:
        """Start a step under a name."""
        ...


def plainly(_name: str, step: Callable[..., Result], /, *arguments: Any) -> Result:
    """Call the step."""
    return step(*arguments)


@dataclass(frozen=True, slots=True)
class Night:
    """What every step may use."""

    settings: Settings
    mappings: Mappings
    rules: Mapping[str, Rule]
    warehouse: Warehouse
    token: RunToken
    console: Console
    approve: Collection[str] = ()  # hashes of approved plans; EVERYTHING holds for our own sandbox only
    pause_s: float = 10  # after a lost answer to a push, before reading back: the server may still be at work
    retry: bool = False  # send again what was set aside after being refused several times
    deadline: float = math.inf  # reading of `clock` after which nothing more is asked of a source
    clock: Callable[[], float] = time.monotonic

    @property
    def late(self) -> bool:
        """Whether the time of this run is over: what is at hand is finished, nothing new is read."""
        return self.clock() > self.deadline


@dataclass(frozen=True, slots=True)
class AtHand:
    """One source, tonight: who answers and what it says it is."""

    name: str
    client: Client
    metadata: Metadata
    events: pd.DataFrame  # frames.METADATA_EVENTS: what changed since the last night
    moved: pd.DataFrame  # frames.METADATA_EVENTS: what hangs elsewhere than declared
    cells: pd.DataFrame  # frames.VARIABLE_CELLS
    unseen: UnseenDataSetsError | None = None  # declared data sets the source does not show

    @property
    def lost(self) -> tuple[str, ...]:
        """The declared data sets that cannot be asked for; `metadata` has what the copy last knew of them."""
        return self.unseen.missing if self.unseen else ()


@dataclass(frozen=True, slots=True)
class Waits:
    """What of one source is neither computed nor published tonight, and keeps its last values."""

    #: indicator and year -> why, in French
    reasons: Mapping[tuple[str, int], str] = field(default_factory=dict)
    asked: bool = False  # a person must decide, or mend; otherwise the next run is enough

    def of(self, year: int) -> frozenset[str]:
        """The indicators that wait in a year."""
        return frozenset(code for code, one in self.reasons if one == year)


@dataclass(slots=True)
class Published:
    """What became of one publication."""

    code: str
    planned: int = 0
    sent: int = 0
    confirmed: int = 0
    rejected: int = 0
    newly_refused: int = 0  # cells that are not as wanted since this run
    unknown: int = 0
    waiting: int = 0  # cells of results that wait: left as they are
    foreign: int = 0
    blocked: int = 0  # known before sending: locked, closed, not assigned, …
    withdrawn: int = 0
    withheld: int = 0  # small numbers kept back by a declared decision
    moved: int = 0  # cells that were not to be changed and are not as they were
    held: str = ""  # hash of the plan that waits for a person
    compared: int = 0  # figures compared in analytics
    different: int = 0
    zeros_left_out: int = 0
    explained: int = 0  # figures that show what the server holds, where that is not what we want
    message: str = ""
    refusal: LayiduError | None = None  # why the server took nothing at all

    @property
    def holds(self) -> bool:
        """Everything planned is proved, and shown."""
        return not (self.rejected or self.unknown or self.held or self.different or self.moved)


@dataclass(slots=True)
class Outcome:
    """What a night did, for its last lines, its exit code, its record and its page."""

    accounts: list[SliceAccount] = field(default_factory=list)
    events: dict[str, pd.DataFrame] = field(default_factory=dict)
    registration_years: set[int] = field(default_factory=set)  # years in which a registration changed
    findings: int = 0
    drift: int = 0  # of a reconciliation: cells that differed without being news
    waits: dict[str, Waits] = field(default_factory=dict)  # source -> what keeps its last values
    computed: dict[str, dict[str, str]] = field(default_factory=dict)  # source -> what its computation saw
    computed_years: tuple[int, ...] = ()
    results_written: int = 0
    overlaps: list[Overlap] = field(default_factory=list)  # what two sources both give
    published: list[Published] = field(default_factory=list)
    errors: list[LayiduError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """3, 4, 2, 1 or 0, the first that applies."""
        codes = {error.exit_code for error in self.errors}
        outcomes = {account.outcome for account in self.accounts}
        if 3 in codes:
            return 3
        if (
            4 in codes
            or outcomes & {"held", "stopped"}
            or any(one.held for one in self.published)
            or any(one.asked for one in self.waits.values())
        ):
            return 4
        if (
            2 in codes
            or "failed" in outcomes
            or any(account.absent for account in self.accounts)  # two looks did not agree
            or any(one.reasons for one in self.waits.values())
            or any(one.unknown or one.different or one.moved for one in self.published)
        ):
            return 2
        newly = any(account.newly_refused for account in self.accounts)
        return 1 if newly or any(one.newly_refused for one in self.published) else 0

    def summary(self) -> dict[str, object]:
        """The record of the run: numbers only."""
        total = {
            name: sum(getattr(account, name) for account in self.accounts)
            for name in (
                "received",
                "new",
                "changed",
                "closed",
                "unchanged",
                "refused",
                "vanished",
                "newly_refused",
            )
        }
        return {
            **total,
            "slices": len(self.accounts),
            "failed": sum(account.outcome == "failed" for account in self.accounts),
            "held": sum(account.outcome in ("held", "stopped") for account in self.accounts),
            "registration_years": sorted(self.registration_years),
            "findings": self.findings,
            "waiting": sum(len(one.reasons) for one in self.waits.values()),
            "drift": self.drift,
            "computed": self.computed,
            "computed_years": list(self.computed_years),
            "results_written": self.results_written,
            "overlapping_cells": sum(one.cells for one in self.overlaps),
            "planned": sum(one.planned for one in self.published),
            "sent": sum(one.sent for one in self.published),
            "confirmed": sum(one.confirmed for one in self.published),
            "compared": sum(one.compared for one in self.published),
            "different": sum(one.different for one in self.published),
            "errors": [f"{error.where} : {error.found}" for error in self.errors],
        }
