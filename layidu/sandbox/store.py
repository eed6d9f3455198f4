"""Where does the sandbox keep its values? One SQLite file a folder, with integer keys, that survives restarts."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

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
#: Notes every change of a data value, whichever statement makes it: REPLACE, an upsert, an update, a deletion.
WATCH = """
CREATE TEMP TRIGGER before_insert BEFORE INSERT ON main.data_value BEGIN
    SELECT stood((SELECT json_array(value, deleted) FROM main.data_value WHERE period = NEW.period
        AND data_element = NEW.data_element AND org_unit = NEW.org_unit
        AND category_option_combo = NEW.category_option_combo
        AND attribute_option_combo = NEW.attribute_option_combo)); END;
CREATE TEMP TRIGGER after_insert AFTER INSERT ON main.data_value BEGIN
    SELECT noted(NEW.period, NEW.data_element, NEW.org_unit, NEW.category_option_combo, NEW.attribute_option_combo,
        NULL, NEW.value, NEW.deleted, NEW.stored_by); END;
CREATE TEMP TRIGGER after_update AFTER UPDATE ON main.data_value BEGIN
    SELECT noted(NEW.period, NEW.data_element, NEW.org_unit, NEW.category_option_combo, NEW.attribute_option_combo,
        json_array(OLD.value, OLD.deleted), NEW.value, NEW.deleted, NEW.stored_by); END;
CREATE TEMP TRIGGER after_delete AFTER DELETE ON main.data_value BEGIN
    SELECT noted(OLD.period, OLD.data_element, OLD.org_unit, OLD.category_option_combo, OLD.attribute_option_combo,
        json_array(OLD.value, OLD.deleted), NULL, NULL, NULL); END;
"""


class ValueChange(NamedTuple):
    """A data value before and after; None where there is no row."""

    key: tuple[str, ...]  # period, data element, org unit, category and attribute option combo
    before: str | None
    was_deleted: bool
    after: str | None
    deleted: bool
    user: str | None


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
        self.on_commit: Callable[[list[ValueChange]], None] = lambda _changes: None
        self._changes: list[tuple[Any, ...]] = []
        self._stood: str | None = None
        self._watch()

    def _watch(self) -> None:
        self._writer.create_function("stood", 1, self._remember)
        self._writer.create_function("noted", 9, self._note)
        self._writer.executescript(WATCH)

    def _remember(self, before: str | None) -> None:
        self._stood = before

    def _note(self, *change: Any) -> None:
        *key, before, after, deleted, user = change
        before, self._stood = before or self._stood, None
        self._changes.append((key, before, after, deleted, user))

    def _tell(self) -> None:
        """Hand on what was committed, the keys as texts."""
        changes, self._changes = self._changes, []
        if not changes:
            return
        text_of = self.words.text_of
        told = []
        for key, before, after, deleted, user in changes:
            value, gone = json.loads(before) if before else (None, 0)
            texts = tuple(text_of[each] for each in key)
            told.append(ValueChange(texts, value, bool(gone), after, bool(deleted), user))
        self.on_commit(told)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writing connection, in a transaction that is kept only if nothing was raised."""
        with self._lock:
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                self._changes = []
                self.words = Words(self._writer)
                raise
            self._writer.commit()
            self._tell()

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

    def snapshot(self, path: Path) -> None:
        """Copy the whole store, as a nightly backup does."""
        with closing(sqlite3.connect(path)) as copy, self.reading() as connection:
            connection.backup(copy)

    def restore(self, path: Path) -> None:
        """Go back to a copy: everything since is gone, and no ledger of the server knows of it."""
        with self._lock, closing(sqlite3.connect(path)) as copy:
            copy.backup(self._writer)
            self.words = Words(self._writer)

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
