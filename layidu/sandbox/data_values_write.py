"""What happens to pushed values? Up to 2.42 row by row: the good ones are stored and counted in DHIS2's own way."""

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import Answer, Request, refused
from layidu.sandbox.approvals import Approvals
from layidu.sandbox.clock import Clock
from layidu.sandbox.data_values_cells import Cells, Held, Key, Parts
from layidu.sandbox.data_values_check import Checker, Import, is_deletion, is_true, text_of
from layidu.sandbox.data_values_group import GroupImporter
from layidu.sandbox.data_values_payload import failed, options_of, payload_of, summary, unreadable
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.registrations import Registrations
from layidu.sandbox.store import Store, iso_seconds
from layidu.sandbox.value_types import is_insignificant_zero

OUTER = ("period", "orgUnit", "attributeOptionCombo")


class DataValueWriter:
    """Answers POST /api/dataValueSets."""

    def __init__(
        self,
        store: Store,
        metadata: Metadata,
        clock: Clock,
        registrations: Registrations,
        approvals: Approvals,
        dialect: Dialect,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._registrations = registrations
        self._dialect = dialect
        self._checker = Checker(metadata, clock, approvals)
        self._groups = GroupImporter(metadata, clock, approvals)

    def post(self, request: Request, user: User) -> Answer:
        """One import."""
        if not user.has("F_DATAVALUE_ADD"):
            named = ", requires one Authority from [F_DATAVALUE_ADD]"
            lacking = named if Change.V242_REFUSAL_NAMES_AUTHORITY in self._dialect else ""
            raise refused(403, f"Access is denied{lacking}")
        options = options_of(request, self._dialect)
        try:
            payload = payload_of(request, self._dialect)
        except (ValueError, OSError):
            return unreadable(request, options, self._dialect)
        outer = {name: payload[name] for name in OUTER if payload.get(name)}
        rows = [{**outer, **row} for row in payload.get("dataValues") or ()]
        if Change.V243_GROUP_REFUSED in self._dialect:
            return self._grouped(request, user, options, payload, rows)
        return self._row_by_row(request, user, options, payload, rows)

    def _grouped(
        self, request: Request, user: User, options: Item, payload: Item, rows: list[Item]
    ) -> Answer:
        with self._store.writing():
            cells = Cells(self._store)
            done = self._groups.take(request, user, options, payload, rows, cells)
            if done.is_kept and not options["dryRun"]:
                cells.write(user.name)
                self._complete(payload, done.data_set, user)
        self._clock.keep()
        done.answer.rows = len(cells.written)
        return done.answer

    def _row_by_row(
        self, request: Request, user: User, options: Item, payload: Item, rows: list[Item]
    ) -> Answer:
        data_set = self._checker.resolve("dataSets", payload.get("dataSet"), request, "dataSetIdScheme")
        conflict = self._checker.group_conflict(payload.get("dataSet"), data_set, user)
        if conflict:
            return failed(options, "Import process was aborted", [conflict])
        with self._store.writing():
            run = Import(
                user,
                options["importStrategy"],
                data_set,
                iso_seconds(self._clock.now()),
                Cells(self._store),
                force=options["force"] and user.superuser,
            )
            for index, row in enumerate(rows):
                parts = self._checker.good(run, index, row, request)
                if parts is not None:
                    self._decide(run, index, parts, row)
            if not options["dryRun"]:
                run.cells.write(user.name)
                self._complete(payload, data_set, user)
        self._clock.keep()
        complete = str(payload.get("completeDate") or "false")
        answer = summary(options, run.counts, list(run.conflicts.values()), run.rejected, complete)
        answer.rows = len(run.cells.written)
        return answer

    def _decide(self, run: Import, index: int, parts: Parts, row: Item) -> None:
        key = run.cells.key(parts)
        if key in run.created:
            return  # a second new row with the key of a first: dropped and counted nowhere
        held = run.cells.held(key)
        value = text_of(row.get("value"))
        zero = is_insignificant_zero(self._metadata.objects["dataElements"][parts[1]], value)
        new = self._new(run, held, value, row)
        if is_deletion(run, row):
            self._delete(run, index, key, held, new)
        elif held is not None and not held.deleted:
            self._update(run, index, key, (held, new), zero=zero)
        elif run.strategy == "UPDATE":
            run.ignore(index)
        elif held is not None or not zero:
            # A tombstone is revived, by an insignificant zero too: the next one deletes it again.
            run.counts["imported"] += 1
            run.cells.put(key, new)
            if held is None:
                run.created.add(key)

    def _new(self, run: Import, held: Held | None, value: str, row: Item) -> Held:
        created, updated = run.now if held is None else held.created, run.now
        if Change.V241_OWN_STAMPS not in self._dialect:
            created, updated = (
                _seconds(row.get(name)) or known
                for name, known in (("created", created), ("lastUpdated", updated))
            )
        flag = int(is_true(row.get("followup")))
        return Held(value, created, updated, row.get("comment") or None, flag, deleted=False)

    @staticmethod
    def _delete(run: Import, index: int, key: Key, held: Held | None, new: Held) -> None:
        if held is None or held.deleted:
            run.ignore(index)
            return
        new.deleted = True
        run.cells.put(key, new)
        run.counts["deleted"] += 1

    @staticmethod
    def _update(run: Import, index: int, key: Key, change: tuple[Held, Held], *, zero: bool) -> None:
        held, new = change
        if run.strategy == "CREATE":
            run.ignore(index)
        elif zero:
            new.deleted = True
            run.cells.put(key, new)
            run.counts["deleted"] += 1
        elif (held.value, held.comment, held.followup == 1) == (new.value, new.comment, new.followup == 1):
            run.counts["ignored"] += 1
        else:
            run.cells.put(key, new)
            run.counts["updated"] += 1

    def _complete(self, payload: Item, data_set: str | None, user: User) -> None:
        day, period, unit = payload.get("completeDate"), payload.get("period"), payload.get("orgUnit")
        if day and data_set and period and unit:
            with self._store.writing_again() as connection:
                row = (data_set, period, unit, payload.get("attributeOptionCombo") or DEFAULT_COMBO)
                self._registrations.put(connection, row, str(day)[:10], user.name, completed=True)


def _seconds(stamp: object) -> str | None:
    """A stamp of the payload as the store keeps it."""
    return str(stamp)[:19] if stamp else None
