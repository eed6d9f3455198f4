"""Data sets of ours on a real sandbox, in any dialect, pushed by the steps of a night with a real ledger."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from flows import publishing
from flows.night import Night, Published
from layidu.dhis2 import push, sending
from layidu.dhis2.client import Client, connect
from layidu.dhis2.elements import data_set_uid, elements_of
from layidu.dhis2.provision import apply_target, read_defaults
from layidu.dhis2.target import target_objects
from layidu.errors import LockedError
from layidu.mapping.contracts import Indicator, Mappings, Source
from layidu.mapping.publishing import Publication
from layidu.model.frames import TARGET_CELLS
from layidu.report.console import Console
from layidu.sandbox.accounts import read
from layidu.sandbox.http import Server
from layidu.settings import Credentials, Settings, shipped
from warehouse import load_ledger, lock
from warehouse.connect import Warehouse

TARGET = "cible"
MONTHS = (*(f"2025{month:02d}" for month in range(4, 13)), "202601", "202602", "202603")
LEVEL = 3
Key = tuple[str, str, str]  # data element, period, org unit
Cells = dict[Key, str]


def count(code: str) -> Indicator:
    """An indicator that is a count."""
    return Indicator(
        name=f"Compte {code}",
        short_name=f"Compte {code}",
        definition="Un compte.",
        numerator="#{anything}",
        unit="cas",
        theme="essai",
        owner="essai",
        source="essai",
    )


@dataclass(frozen=True)
class Account:
    """What a child process needs to push as we do."""

    url: str
    token: str
    warehouse: Warehouse
    rows: int


@contextmanager
def night(account: Account, **options: Any) -> Iterator[Night]:
    """A run: the lock, a token, and the settings of one target."""
    values = {f"LAYIDU_CIBLE_{name}": text for name, text in (("URL", account.url), ("TOKEN", account.token))}
    settings = Settings(Path("/nowhere"), shipped("mappings"), shipped("quality/rules"), values=values)
    mappings = Mappings(
        folder=shipped("mappings"), digest="", sources={TARGET: Source(push_rows=account.rows)}
    )
    with held_lock(account.warehouse) as token:
        yield Night(
            settings, mappings, {}, account.warehouse, token, Console(quiet=True), pause_s=0, **options
        )


@contextmanager
def held_lock(warehouse: Warehouse) -> Iterator[lock.RunToken]:
    """The lock; that of a killed run is let go when the server notices that it is gone."""
    for _ in range(100):
        try:
            with lock.hold(warehouse, "publish") as token:
                yield token
                return
        except LockedError:
            time.sleep(0.05)
    raise AssertionError("the lock of a dead run was never let go")


@dataclass
class Place:
    """One data set of ours on a server, and what somebody else typed into it."""

    server: Server
    folder: Path
    warehouse: Warehouse
    code: str
    elements: int
    rows: int = 500
    data_set: str = ""
    uids: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    combo: str = ""
    typed: Cells = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the data set, by the administrator."""
        indicators = {f"I{number:02d}": count(f"{self.code} {number}") for number in range(self.elements)}
        publication = Publication(
            target=TARGET,
            name=f"Essai {self.code}",
            short_name=f"Essai {self.code}",
            code=f"LYD_{self.code}",
            indicators=list(indicators),
        )
        admin = self.client("admin")
        units = admin.read_json("organisationUnits", {"fields": "id,level", "paging": "false"})
        self.units = sorted(unit["id"] for unit in units["organisationUnits"] if unit["level"] == LEVEL)
        defaults = read_defaults(admin)
        self.combo = defaults.category_option_combo
        self.data_set = data_set_uid(publication)
        self.uids = elements_of(self.code, publication, indicators)["data_element"].tolist()
        objects = target_objects(
            self.code,
            publication,
            indicators,
            org_unit_uids=self.units,
            defaults=defaults,
            push_user=self.client("push").read_json("me", {"fields": "id"})["id"],
        )
        apply_target(admin, objects)

    def client(self, role: str) -> Client:
        """One of the sandbox's accounts."""
        token = read(self.folder)[role].token
        return connect(Credentials(self.server.url, token=token), timeouts=(5.0, 20.0))

    @property
    def account(self) -> Account:
        """The push account."""
        return Account(self.server.url, read(self.folder)["push"].token, self.warehouse, self.rows)

    def some(self, number: int, value: str = "1") -> Cells:
        """So many cells, by month, unit and element."""
        keys = [(uid, month, unit) for month in MONTHS for unit in self.units for uid in self.uids]
        assert number <= len(keys), "the data set is too small"
        return dict.fromkeys(keys[:number], value)

    def type_by_hand(self, cells: Cells) -> None:
        """A person enters values, in one of the data sets we publish into."""
        rows = [
            {"dataElement": uid, "period": period, "orgUnit": unit, "value": value}
            for (uid, period, unit), value in cells.items()
        ]
        answer = self.client("admin").send_json(
            "dataValueSets", {"dataSet": self.data_set, "dataValues": rows}
        )
        assert answer.status == 200, answer.body
        self.typed |= cells

    def frame(self, cells: Cells) -> pd.DataFrame:
        """Cells as the steps know them."""
        return TARGET_CELLS.frame(
            [(self.data_set, *key, self.combo, self.combo, value) for key, value in sorted(cells.items())]
        )

    def push(self, cells: Cells, **options: Any) -> tuple[pd.DataFrame, Published]:
        """One night's push of a whole desired state; the plan and what came of it."""
        return push_as(self.account, self.code, self.data_set, self.frame(cells), **options)

    def held(self) -> Cells:
        """What stands in the data set, read past every client and every fault."""
        words = self.server.site.store.words
        mine = set(self.uids)
        with self.server.site.store.reading() as connection:
            rows = connection.execute(
                "SELECT data_element, period, org_unit, value FROM data_value WHERE deleted = 0"
            ).fetchall()
        named = [(*(words.text_of[key] for key in row[:3]), row[3]) for row in rows]
        return {(uid, period, unit): value for uid, period, unit, value in named if uid in mine}

    def ours(self) -> Cells:
        """What the ledger says is ours."""
        rows = load_ledger.read_ledger(self.warehouse, TARGET, self.data_set).dropna(subset="value")
        keys = rows[["data_element", "period", "org_unit"]].itertuples(index=False, name=None)
        return dict(zip(keys, rows["value"].tolist(), strict=True))

    @contextmanager
    def watched(self) -> Iterator["Seen"]:
        """What the server sees during a block."""
        seen = Seen(self, len(self.server.ledger.requests()), len(self.server.ledger.values()))
        yield seen


@dataclass
class Seen:
    """Requests and written rows since a moment, as the server's own ledger has them."""

    place: Place
    requests_before: int
    values_before: int

    def requests(self, method: str) -> list[dict[str, Any]]:
        """Requests about data values."""
        found = self.place.server.ledger.requests()[self.requests_before :]
        return [
            one
            for one in found
            if one["method"] == method and one["path"] == "/api/dataValueSets" + suffix(method)
        ]

    def written(self) -> Counter[Key]:
        """How often each cell was written, whoever did."""
        rows = self.place.server.ledger.values()[self.values_before :]
        return Counter((row["data_element"], row["period"], row["org_unit"]) for row in rows)


def suffix(method: str) -> str:
    """Values are read with a suffix, which every version understands."""
    return ".json" if method == "GET" else ""


def push_as(
    account: Account, code: str, data_set: str, desired: pd.DataFrame, **options: Any
) -> tuple[pd.DataFrame, Published]:
    """Compare, send, prove and write down, as a night does."""
    with night(account, **options) as at:
        client = publishing.push_client(at, TARGET)
        compared = publishing.compare(at, TARGET, client, data_set, desired)
        done = Published(code)
        done.planned = len(push.changes(compared.planned))
        publishing.send_and_prove(at, compared, done, code)
        return compared.planned, done


def die() -> None:
    """As when the machine loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


def push_and_die(
    account: Account, code: str, data_set: str, desired: pd.DataFrame, after: int, *, sent: bool
) -> None:
    """A push in a process of its own, killed around its request number `after`.

    `sent`: once the server has answered it; else just before it leaves. After the last one: between the proof and
    the ledger.
    """
    ask, write = sending.ask, load_ledger.write_outcome

    def killed_ask(client: Client, chunk: sending.Chunk, journal: sending.Journal) -> list[sending.Chunk]:
        """A request that is the last."""
        if journal.requests == after and not sent:
            die()
        rest = ask(client, chunk, journal)
        if journal.requests == after + 1 and sent:
            die()
        return rest

    def killed_write(*arguments: Any) -> int:
        """The outcome that is never written."""
        die()
        return write(*arguments)

    sending.ask = killed_ask
    load_ledger.write_outcome = killed_write
    push_as(account, code, data_set, desired)
