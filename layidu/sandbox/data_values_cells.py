"""How does one import see and change the cells of the store? Read once, decided in memory, written together."""

from dataclasses import dataclass

from layidu.sandbox.store import Store

Key = tuple[int, int, int, int, int]  # period, data element, org unit, option combo, attribute combo
Parts = tuple[str, str, str, str, str]  # the same as texts
NO_FLAG = -1  # a follow-up flag that nobody ever set
SELECT_ONE = (
    "SELECT value, created, last_updated, comment, followup, deleted FROM data_value WHERE period = ? "
    "AND data_element = ? AND org_unit = ? AND category_option_combo = ? AND attribute_option_combo = ?"
)


@dataclass(slots=True)
class Held:
    """A value as the store holds it, or will."""

    value: str | None
    created: str
    last_updated: str
    comment: str | None
    followup: int  # 1 set, 0 not set, NO_FLAG
    deleted: bool


class Cells:
    """The cells one import touches; the caller holds the store's writing transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[Key, Held | None] = {}
        self.written: dict[Key, Held] = {}

    def key(self, parts: Parts) -> Key:
        """The key of a cell."""
        with self._store.writing_again() as connection:
            keys = [self._store.words.intern(connection, part) for part in parts]
        return keys[0], keys[1], keys[2], keys[3], keys[4]

    def held(self, key: Key) -> Held | None:
        """What a cell holds by now."""
        if key not in self._held:
            with self._store.writing_again() as connection:
                row = connection.execute(SELECT_ONE, key).fetchone()
            self._held[key] = row and Held(row[0], row[1], row[2], row[3], row[4], deleted=bool(row[5]))
        return self._held[key]

    def put(self, key: Key, held: Held) -> None:
        """What a cell will hold."""
        self.written[key] = self._held[key] = held

    def write(self, stored_by: str) -> None:
        """Write what was put."""
        rows = [
            (*key, v.value, stored_by, v.created, v.last_updated, v.comment, v.followup, int(v.deleted))
            for key, v in self.written.items()
        ]
        with self._store.writing_again() as connection:
            connection.executemany("INSERT OR REPLACE INTO data_value VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)
