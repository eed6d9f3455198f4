"""What does 2.42 do with pushed values? It checks them row by row, stores the good ones and counts in its own way."""

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import Answer, Request, refused
from layidu.sandbox.clock import Clock
from layidu.sandbox.data_values_check import Checker, Held, Import, Key, is_deletion, is_true, text_of
from layidu.sandbox.data_values_payload import failed, options_of, payload_of, summary
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.registrations import Registrations
from layidu.sandbox.store import Store, iso_seconds
from layidu.sandbox.value_types import is_insignificant_zero

OUTER = ("period", "orgUnit", "attributeOptionCombo")
SELECT_ONE = (
    "SELECT value, created, comment, followup, deleted FROM data_value WHERE period = ? AND data_element = ? AND "
    "org_unit = ? AND category_option_combo = ? AND attribute_option_combo = ?"
)


class DataValueWriter:
    """Answers POST /api/dataValueSets."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock, registrations: Registrations) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._registrations = registrations
        self._checker = Checker(metadata, clock)

    def post(self, request: Request, user: User) -> Answer:
        """One import."""
        if not user.has("F_DATAVALUE_ADD"):
            raise refused(403, "Access is denied, requires one Authority from [F_DATAVALUE_ADD]")
        options = options_of(request)
        try:
            payload = payload_of(request)
        except (ValueError, OSError):
            return failed(options, "The import process failed: Post-condition was null", [])
        data_set = self._checker.resolve("dataSets", payload.get("dataSet"), request, "dataSetIdScheme")
        conflict = self._checker.group_conflict(payload.get("dataSet"), data_set, user)
        if conflict:
            return failed(options, "Import process was aborted", [conflict])
        outer = {name: payload[name] for name in OUTER if payload.get(name)}
        with self._store.writing():
            now = self._clock.now()
            run = Import(user, options["importStrategy"], data_set, iso_seconds(now))
            for index, row in enumerate(payload.get("dataValues") or ()):
                whole = {**outer, **row}
                parts = self._checker.good(run, index, whole, request)
                if parts is not None:
                    self._decide(run, index, parts, whole)
            if not options["dryRun"]:
                self._write(run)
                self._complete(payload, data_set, user)
        self._clock.keep()
        return summary(run, options, str(payload.get("completeDate") or "false"))

    def _key(self, parts: tuple[str, ...]) -> Key:
        with self._store.writing_again() as connection:
            keys = [self._store.words.intern(connection, part) for part in parts]
        return keys[0], keys[1], keys[2], keys[3], keys[4]

    def _decide(self, run: Import, index: int, parts: tuple[str, ...], row: Item) -> None:
        key = self._key(parts)
        if key in run.created:
            return  # a second new row with the key of a first: 2.42 drops it and counts it nowhere
        held = self._held(run, key)
        value = text_of(row.get("value"))
        zero = is_insignificant_zero(self._metadata.objects["dataElements"][parts[1]], value)
        new = Held(
            value, run.now if held is None else held.created, row.get("comment") or None,
            is_true(row.get("followup")), deleted=False,
        )  # fmt: skip
        if is_deletion(run, row):
            self._delete(run, index, key, held, new)
        elif held is not None and not held.deleted:
            self._update(run, index, key, (held, new), zero=zero)
        elif run.strategy == "UPDATE":
            run.ignore(index)
        elif held is not None or not zero:
            run.counts["imported"] += 1
            run.written[key] = run.held[key] = new
            if held is None:
                run.created.add(key)

    @staticmethod
    def _delete(run: Import, index: int, key: Key, held: Held | None, new: Held) -> None:
        if held is None or held.deleted:
            run.ignore(index)
            return
        new.deleted = True
        run.written[key] = run.held[key] = new
        run.counts["deleted"] += 1

    @staticmethod
    def _update(run: Import, index: int, key: Key, change: tuple[Held, Held], *, zero: bool) -> None:
        held, new = change
        if run.strategy == "CREATE":
            run.ignore(index)
        elif zero:
            new.deleted = True
            run.written[key] = run.held[key] = new
            run.counts["deleted"] += 1
        elif (held.value, held.comment, held.followup) == (new.value, new.comment, new.followup):
            run.counts["ignored"] += 1
        else:
            run.written[key] = run.held[key] = new
            run.counts["updated"] += 1

    def _held(self, run: Import, key: Key) -> Held | None:
        if key not in run.held:
            with self._store.writing_again() as connection:
                row = connection.execute(SELECT_ONE, key).fetchone()
            run.held[key] = row and Held(row[0], row[1], row[2], bool(row[3]), bool(row[4]))
        return run.held[key]

    def _write(self, run: Import) -> None:
        rows = [
            (*key, v.value, run.user.name, v.created, run.now, v.comment, int(v.followup), int(v.deleted))
            for key, v in run.written.items()
        ]
        with self._store.writing_again() as connection:
            connection.executemany("INSERT OR REPLACE INTO data_value VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows)

    def _complete(self, payload: Item, data_set: str | None, user: User) -> None:
        day, period, unit = payload.get("completeDate"), payload.get("period"), payload.get("orgUnit")
        if day and data_set and period and unit:
            with self._store.writing_again() as connection:
                row = (data_set, period, unit, payload.get("attributeOptionCombo") or DEFAULT_COMBO)
                self._registrations.put(connection, row, str(day)[:10], user.name, completed=True)
