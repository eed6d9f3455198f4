"""A hamlet served in this process and copied into a warehouse, run by run, as the command line does it.

`truth` reads the server's own store, past every layer that could lie; `copy` reads the warehouse.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from flows import copying
from flows.night import Night, Outcome
from flows.session import ENDINGS
from layidu.dhis2.client import Client, connect
from layidu.dhis2.transport import read_retry
from layidu.mapping.contracts import Mappings, Source, SourceDataSet
from layidu.mapping.reader import read_mappings
from layidu.report.console import Console
from layidu.sandbox import accounts
from layidu.sandbox.server import Server, serving
from layidu.sandbox.store import FILE
from layidu.sandbox.uids import uid
from layidu.settings import Credentials, shipped
from quality.rules import Rule, read_rules
from tests.hamlet import hamlet_mappings
from tests.loaded_countries import loaded
from tests.servers import settings_of
from warehouse import runs
from warehouse.connect import Warehouse
from warehouse.lock import hold

SETS = tuple(uid("data_set", code) for code in ("SRPF", "PALU", "POP"))
Cell = tuple[str, str, str, str, str]
KEYS = ("data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo")
READ = f"SELECT {', '.join(KEYS)}, value FROM data_value WHERE deleted = 0 AND value IS NOT NULL"  # noqa: S608


@dataclass
class Copied:
    """One server, one warehouse, and the account that reads."""

    server: Server
    folder: Path
    warehouse: Warehouse
    mappings: Mappings
    rules: dict[str, Rule] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    patience: float = 20.0  # seconds until a read times out
    options: dict[str, Any] = field(default_factory=dict)  # of the next runs' `Night`

    def client(self, *_: object) -> Client:
        """The reading account, in a hurry."""
        token = accounts.read(self.folder)["pull"].token
        return connect(
            Credentials(self.server.url, token=token),
            timeouts=(self.patience, self.patience),
            retry=read_retry(attempts=1, backoff_seconds=0.01),
            longest_seconds=60,
        )

    def admin(self, path: str, payload: dict[str, Any] | None = None) -> None:
        """Something an administrator does in DHIS2."""
        token = accounts.read(self.folder)["admin"].token
        client = connect(Credentials(self.server.url, token=token))
        said = client.send_json(path, payload) if payload is not None else client.send_empty(path)
        assert said.status < 300, said

    def run(self, kind: str, work: Callable[[Night, Outcome], object]) -> Outcome:
        """One run from lock to record."""
        settings = settings_of(self.warehouse.home)
        self.said.clear()
        console = Console(quiet=True)
        outcome = Outcome()
        with (
            mock.patch.object(copying, "client_for", self.client),
            mock.patch.object(console, "line", self.said.append),
            hold(self.warehouse, kind, code_version="0", mappings_digest="0") as token,
        ):
            night = Night(settings, self.mappings, self.rules, self.warehouse, token, console, **self.options)
            work(night, outcome)
            runs.finish_run(
                self.warehouse,
                token.run_id,
                outcome=ENDINGS.get(outcome.exit_code, "failed"),
                exit_code=outcome.exit_code,
                summary=outcome.summary(),
            )
        return outcome

    def in_store(self, verb: str, cell: Cell) -> None:
        """Do something to one row of the server's own store, past everything that leaves a trace."""
        word = "(SELECT key FROM word WHERE text = ?)"
        where = " AND ".join(f"{name} = {word}" for name in KEYS)
        with closing(sqlite3.connect(self.folder / FILE, timeout=30)) as connection, connection:
            assert connection.execute(f"{verb} WHERE {where}", cell).rowcount == 1

    def assign(self, data_set: str, org_unit: str) -> None:
        """Assign a data set to one more org unit, as an administrator does."""
        item = self.stored_data_set(data_set)
        item["organisationUnits"].append({"id": org_unit})
        self.admin("metadata", {"dataSets": [item]})

    def take_out(self, data_set: str, element: str) -> None:
        """Take an element out of a data set, as an administrator does; its values stay where they are."""
        item = self.stored_data_set(data_set)
        members = item["dataSetElements"]
        item["dataSetElements"] = [one for one in members if one["dataElement"]["id"] != element]
        assert len(item["dataSetElements"]) == len(members) - 1
        self.admin("metadata", {"dataSets": [item]})

    def stored_data_set(self, data_set: str) -> Any:
        """A data set as the server holds it."""
        with closing(sqlite3.connect(self.folder / FILE, timeout=30)) as connection:
            text = connection.execute(
                "SELECT json FROM object WHERE kind = 'dataSets' AND id = ?", (data_set,)
            ).fetchone()[0]
        return json.loads(text)

    def truth(self) -> dict[Cell, str]:
        """What the server holds of the declared data sets."""
        with closing(sqlite3.connect(self.folder / FILE, timeout=30)) as connection:
            words = dict(connection.execute("SELECT key, text FROM word"))
            sets = {
                identifier: json.loads(text)
                for identifier, text in connection.execute(
                    "SELECT id, json FROM object WHERE kind = 'dataSets'"
                )
            }
            elements = {
                member["dataElement"]["id"] for one in SETS for member in sets[one]["dataSetElements"]
            }
            units = {
                identifier
                for (identifier,) in connection.execute(
                    "SELECT id FROM object WHERE kind = 'organisationUnits'"
                )
            }
            rows = [(*(words[key] for key in row[:5]), row[5]) for row in connection.execute(READ)]
        return {
            tuple(row[:5]): str(row[5])  # type: ignore[misc]
            for row in rows
            if row[0] in elements and row[2] in units
        }

    def copy(self) -> dict[Cell, str]:
        """What the copy holds."""
        names = "e.uid, p.id, o.uid, c.uid, a.uid"
        with self.warehouse.connect() as connection:
            rows = connection.execute(
                f"SELECT {names}, v.value FROM source.data_value v"  # noqa: S608
                " JOIN source.data_element e ON e.key = v.data_element JOIN source.period p ON p.key = v.period"
                " JOIN source.org_unit o ON o.key = v.org_unit"
                " JOIN source.category_option_combo c ON c.key = v.category_option_combo"
                " JOIN source.category_option_combo a ON a.key = v.attribute_option_combo"
            ).fetchall()
        return {tuple(row[:5]): row[5] for row in rows}  # type: ignore[misc]

    def refused(self) -> set[Cell]:
        """The cells kept out today, with a reason."""
        with self.warehouse.connect() as connection:
            rows = connection.execute(
                f"SELECT DISTINCT {', '.join(KEYS)} FROM run.refused_value WHERE resolved_run IS NULL"  # noqa: S608
            ).fetchall()
        return {tuple(row) for row in rows}  # type: ignore[misc]

    def history(self) -> list[tuple[str, str]]:
        """Value and reason of every closed version."""
        with self.warehouse.connect() as connection:
            return connection.execute(
                "SELECT value, reason FROM source.data_value_history ORDER BY version"
            ).fetchall()

    def assert_exact(self) -> None:
        """The copy and the server hold the same, less what is refused with a reason (an older value may stay)."""
        truth, copy, refused = self.truth(), self.copy(), self.refused()
        sound = {one: value for one, value in copy.items() if one not in refused}
        assert sound == {one: value for one, value in truth.items() if one not in refused}
        assert sound


def bare_mappings(folder: Path) -> Mappings:
    """A stranger's declarations: a source and nothing else. Reading ours takes longer than pulling the hamlet."""
    folder.mkdir()
    (folder / "sources.yaml").write_text(f"sandbox:\n  data_sets: [{', '.join(SETS)}]\n", encoding="utf-8")
    return read_mappings(folder)


@contextmanager
def copied(
    warehouse: Warehouse, folder: Path, *, dialect: str = "2.42", rules: bool = True, **source: Any
) -> Iterator[Copied]:
    """Serve the hamlet and be ready to copy it; nothing is pulled yet. Without rules nothing is mapped either."""
    declared_in = folder / "declared"
    mappings = read_mappings(hamlet_mappings(declared_in)) if rules else bare_mappings(declared_in)
    declared = Source(data_sets=[SourceDataSet(uid=one) for one in SETS], second_look_seconds=0, **source)
    with serving(loaded("hamlet"), folder / "served", dialect=dialect) as server:
        yield Copied(
            server,
            folder / "served",
            warehouse,
            mappings.model_copy(update={"sources": {"sandbox": declared}}),
            dict(read_rules(shipped("quality/rules"))) if rules else {},
        )


def with_source(copy: Copied, **changes: Any) -> None:
    """Declare the source otherwise from now on."""
    declared = copy.mappings.sources["sandbox"].model_copy(update=changes)
    copy.mappings = copy.mappings.model_copy(update={"sources": {"sandbox": declared}})
