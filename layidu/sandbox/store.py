"""Where does the sandbox keep its values? One SQLite file a folder, with integer keys, that survives restarts."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from layidu.errors import ConfigurationError

FILE = "sandbox.sqlite"
LAYOUT = 1
TABLES = """
CREATE TABLE word (key INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE object (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE registration (
    data_set INTEGER, period INTEGER, org_unit INTEGER, attribute_option_combo INTEGER,
    date TEXT NOT NULL, stored_by TEXT, completed INTEGER NOT NULL,
    PRIMARY KEY (data_set, period, org_unit, attribute_option_combo)) WITHOUT ROWID;
CREATE TABLE data_value (
    period INTEGER, data_element INTEGER, org_unit INTEGER, category_option_combo INTEGER,
    attribute_option_combo INTEGER, value TEXT, stored_by TEXT, created TEXT NOT NULL, last_updated TEXT NOT NULL,
    comment TEXT, followup INTEGER NOT NULL, deleted INTEGER NOT NULL,
    PRIMARY KEY (period, data_element, org_unit, category_option_combo, attribute_option_combo)) WITHOUT ROWID;
"""


class Words:
    """The dictionary between texts (uids, period ids) and the integers that stand for them in the tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.text_of: dict[int, str] = dict(connection.execute("SELECT key, text FROM word"))
        self.key_of: dict[str, int] = {text: key for key, text in self.text_of.items()}

    def intern(self, connection: sqlite3.Connection, text: str) -> int:
        """The key of a text, made when it is new; the caller holds the writer's lock."""
        key = self.key_of.get(text)
        if key is None:
            key = len(self.key_of) + 1
            connection.execute("INSERT INTO word VALUES (?, ?)", (key, text))
            self.text_of[key] = text
            self.key_of[text] = key
        return key

    def keys(self, texts: Iterator[str] | list[str]) -> list[int]:
        """The keys of those texts that were ever seen."""
        return [self.key_of[text] for text in texts if text in self.key_of]


class Store:
    """Many readers, one writer; a reader sees the file as it was when its statement began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        self._writer = _connect(path)
        self.words = Words(self._writer)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writing connection, in a transaction that is kept only if nothing was raised."""
        with self._lock:
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                self.words = Words(self._writer)
                raise
            self._writer.commit()

    @contextmanager
    def writing_again(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside a transaction this thread already began; the outer one commits."""
        with self._lock:
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own, for one answer."""
        with closing(_connect(self.path)) as connection:
            yield connection

    def note(self, name: str) -> str | None:
        """A small text kept under a name (clock, settings, marker)."""
        with self._lock:
            row = self._writer.execute("SELECT text FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, name: str, text: str) -> None:
        """Keep a small text under a name."""
        with self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, text))

    def close(self) -> None:
        """Close the writing connection."""
        with self._lock:
            self._writer.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def digest(country_name: str, seed: int, version: str) -> str:
    """What a store was built from, as one short text."""
    return hashlib.sha256(json.dumps([country_name, seed, version, LAYOUT]).encode()).hexdigest()[:16]


def is_built(folder: Path, marker: str) -> bool:
    """Whether the folder holds this country already; another country there is somebody's work and is not touched."""
    path = folder / FILE
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute("SELECT text FROM note WHERE name = 'built'").fetchone()
    if row is None or row[0] != marker:
        raise ConfigurationError(
            str(folder),
            "un bac à sable construit à partir d'un autre pays, d'une autre graine ou d'une autre version",
            "le même pays, la même graine et la même version, ou un dossier vide",
            "choisissez un autre dossier, ou supprimez celui-ci si ses données ne servent plus",
        )
    return True


@contextmanager
def building(folder: Path) -> Iterator[sqlite3.Connection]:
    """A new store, that takes its name only once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{FILE}.part"
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(TABLES)
        yield connection
        connection.commit()
    part.chmod(0o600)
    part.replace(folder / FILE)


def iso_seconds(moment: datetime) -> str:
    """A time as the store keeps it: whole seconds, the server's zone, no offset."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def as_rows(objects: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, str]]:
    """Metadata objects as rows of the table `object`."""
    return [
        (kind, str(item["id"]), json.dumps(item, ensure_ascii=False))
        for kind, items in objects.items()
        for item in items
    ]
