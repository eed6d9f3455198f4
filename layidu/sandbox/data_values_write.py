"""What does 2.42 do with pushed values? It checks them row by row, stores the good ones and counts in its own way."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from typing import Any

from layidu.sandbox.accounts import DATA_WRITE, META_READ, User
from layidu.sandbox.answers import Answer, Request, as_json, refused, web_message
from layidu.sandbox.clock import Clock
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.periods import latest_open, parse
from layidu.sandbox.registrations import Registrations
from layidu.sandbox.store import Store, iso_seconds
from layidu.sandbox.value_types import MESSAGES, is_insignificant_zero, why_not

Key = tuple[int, int, int, int, int]
CSV_COLUMNS = (
    "dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value", "storedBy",
    "lastUpdated", "comment", "followup", "deleted",
)  # fmt: skip
FALSE_OPTIONS = (
    "skipExistingCheck", "sharing", "skipNotifications", "skipAudit", "datasetAllowsPeriods", "strictPeriods",
    "strictDataElements", "strictCategoryOptionCombos", "strictAttributeOptionCombos", "strictOrganisationUnits",
    "strictDataSetApproval", "strictDataSetLocking", "strictDataSetInputPeriods", "requireCategoryOptionCombo",
    "requireAttributeOptionCombo", "skipPatternValidation", "ignoreEmptyCollection", "force",
)  # fmt: skip
SCHEMES = (
    "dataElementIdScheme",
    "orgUnitIdScheme",
    "categoryOptionComboIdScheme",
    "dataSetIdScheme",
    "idScheme",
)
SELECT_ONE = (
    "SELECT value, created, comment, followup, deleted FROM data_value WHERE period = ? AND data_element = ? AND "
    "org_unit = ? AND category_option_combo = ? AND attribute_option_combo = ?"
)


@dataclass(slots=True)
class Held:
    """A value as the store holds it, or will."""

    value: str | None
    created: str
    comment: str | None
    followup: bool
    deleted: bool


@dataclass(slots=True)
class Import:
    """One import under way: its counts, conflicts and the rows it will write."""

    user: User
    strategy: str
    data_set: str | None
    now: str
    held: dict[Key, Held | None] = field(default_factory=dict)
    written: dict[Key, Held] = field(default_factory=dict)
    created: set[Key] = field(default_factory=set)
    conflicts: dict[tuple[str, str], Item] = field(default_factory=dict)
    rejected: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}
    )

    def ignore(self, index: int) -> None:
        """A row that is left alone and listed, without a conflict."""
        self.counts["ignored"] += 1
        self.rejected.append(index)

    def conflict(self, index: int, code: str, prop: str, objects: dict[str, str], message: str) -> None:
        """A row that is refused; the same reason for the same objects is one conflict with many indexes."""
        self.ignore(index)
        found = self.conflicts.setdefault(
            (code, json.dumps(objects)),
            {
                "object": next(iter(objects.values())),
                "objects": objects,
                "value": message,
                "errorCode": code,
                "property": prop,
                "indexes": [],
            },
        )
        found["indexes"].append(index)


class DataValueWriter:
    """Answers POST /api/dataValueSets."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock, registrations: Registrations) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._registrations = registrations

    def post(self, request: Request, user: User) -> Answer:
        """One import."""
        if not user.has("F_DATAVALUE_ADD"):
            raise refused(403, "Access is denied, requires one Authority from [F_DATAVALUE_ADD]")
        options = _options(request)
        try:
            payload = _payload(request)
        except (ValueError, OSError):
            return _failed(options, "The import process failed: Post-condition was null", [])
        data_set = self._resolve("dataSets", payload.get("dataSet"), request, "dataSetIdScheme")
        conflict = self._group_conflict(payload.get("dataSet"), data_set, user)
        if conflict:
            return _failed(options, "Import process was aborted", [conflict])
        with self._store.writing():
            now = self._clock.now()
            run = Import(user, options["importStrategy"], data_set, iso_seconds(now))
            for index, row in enumerate(payload.get("dataValues") or ()):
                self._one(run, index, row, payload, request)
            if not options["dryRun"]:
                self._write(run)
                self._complete(payload, data_set, user)
        self._clock.keep()
        return _summary(run, options, str(payload.get("completeDate") or "false"))

    def _group_conflict(self, named: str | None, data_set: str | None, user: User) -> Item | None:
        if not named:
            return None
        item = self._metadata.get("dataSets", data_set or "")
        if item is None or not user.may(META_READ, item):
            code, message = "E7600", f"Data set not found or not accessible: `{named}`"
        elif not user.may(DATA_WRITE, item):
            code, message = "E7601", f"User does not have write access for DataSet: `{named}`"
        else:
            return None
        return {
            "object": named,
            "objects": {"dataSet": named},
            "value": message,
            "errorCode": code,
            "property": "dataSet",
        }

    def _resolve(self, kind: str, text: Any, request: Request, scheme: str) -> str | None:
        if not isinstance(text, str):
            return None
        if (request.one(scheme) or request.one("idScheme")).upper() == "CODE":
            return self._metadata.by_code(kind, text)
        return text if self._metadata.get(kind, text) else None

    def _one(self, run: Import, index: int, row: Item, payload: Item, request: Request) -> None:
        outer = {
            name: payload[name] for name in ("period", "orgUnit", "attributeOptionCombo") if payload.get(name)
        }
        row = {**outer, **row}
        conflict = partial(run.conflict, index)
        element = self._resolve("dataElements", row.get("dataElement"), request, "dataElementIdScheme")
        period = parse(str(row.get("period")))
        unit = self._resolve("organisationUnits", row.get("orgUnit"), request, "orgUnitIdScheme")
        option = self._combo(row.get("categoryOptionCombo"), request)
        attribute = self._combo(row.get("attributeOptionCombo"), request)
        if element is None:
            _not_found(
                conflict, "E7610", "dataElement", "dataElement", "Data element", row.get("dataElement")
            )
        elif period is None:
            text = str(row.get("period"))
            conflict("E7611", "period", {"period": text}, f"Period not valid: `{text}`")
        elif unit is None:
            _not_found(
                conflict, "E7612", "orgUnit", "organisationUnit", "Organisation unit", row.get("orgUnit")
            )
        elif option is None or attribute is None:
            _combo_not_found(conflict, row, attribute_only=option is not None)
        elif self._fits(run, conflict, element, period.iso, unit, row):
            self._decide(run, index, self._key(period.iso, element, unit, option, attribute), element, row)

    def _combo(self, text: Any, request: Request) -> str | None:
        if text is None:
            return DEFAULT_COMBO
        return self._resolve("categoryOptionCombos", text, request, "categoryOptionComboIdScheme")

    def _fits(
        self, run: Import, conflict: Callable[..., None], element: str, period: str, unit: str, row: Item
    ) -> bool:
        user = run.user
        if not user.superuser and not self._metadata.is_inside(unit, user.account.org_units):
            message = f"Organisation unit: `{unit}` not in hierarchy of current user: `{user.name}`"
            conflict("E7617", "orgUnit", {"organisationUnit": unit, "user": user.name}, message)
            return False
        if not _is_deletion(run, row):
            value = _text(row.get("value"))
            if value == "" and not row.get("comment"):
                message = f"Data value or comment not specified for data element: `{element}`"
                conflict("E7618", "value", {"dataElement": element}, message)
                return False
            value_type = self._metadata.objects["dataElements"][element]["valueType"]
            reason = why_not(value_type, value) if value else None
            if reason:
                text = MESSAGES.get(reason, reason)
                message = f"Value must match value type of data element `{element}`: `{text}`"
                conflict("E7619", "value", {"dataElement": element, "value": reason}, message)
                return False
        return self._is_open(run, conflict, element, period)

    def _is_open(self, run: Import, conflict: Callable[..., None], element: str, period: str) -> bool:
        asked = parse(period)
        today = self._clock.now().date()
        for data_set in [run.data_set] if run.data_set else self._metadata.sets_of(element):
            item = self._metadata.objects["dataSets"][data_set]
            latest = latest_open(item["periodType"], today, int(item.get("openFuturePeriods") or 0))
            if asked is not None and asked.start > latest.end:
                message = (
                    f"Period: `{period}` is after latest open future period: `{latest.iso}` for data element: "
                    f"`{element}` and data set: `{data_set}`"
                )
                objects = {"period": period, "dataElement": element, "dataSet": data_set}
                conflict("E7641", "period", objects, message)
                return False
            expiry = int(item.get("expiryDays") or 0)
            if asked and expiry and (today - asked.end).days > expiry and not run.user.has("F_EDIT_EXPIRED"):
                message = (
                    f"Current date is past expiry days for period: `{period}` and data set: `{data_set}`"
                )
                conflict("E7640", "period", {"period": period, "dataSet": data_set}, message)
                return False
        return True

    def _key(self, *parts: str) -> Key:
        with self._store.writing_again() as connection:
            keys = [self._store.words.intern(connection, part) for part in parts]
        return keys[0], keys[1], keys[2], keys[3], keys[4]

    def _decide(self, run: Import, index: int, key: Key, element: str, row: Item) -> None:
        if key in run.created:
            return  # a second new row with the key of a first: 2.42 drops it and counts it nowhere
        held = self._held(run, key)
        value = _text(row.get("value"))
        zero = is_insignificant_zero(self._metadata.objects["dataElements"][element], value)
        new = Held(
            value, run.now if held is None else held.created, row.get("comment") or None,
            _is_true(row.get("followup")), deleted=False,
        )  # fmt: skip
        if _is_deletion(run, row):
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


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _is_deletion(run: Import, row: Item) -> bool:
    return run.strategy == "DELETE" or _is_true(row.get("deleted"))


def _not_found(
    conflict: Callable[..., None], code: str, prop: str, key: str, what: str, text: object
) -> None:
    conflict(code, prop, {key: str(text)}, f"{what} not found or not accessible: `{text}`")


def _combo_not_found(conflict: Callable[..., None], row: Item, *, attribute_only: bool) -> None:
    prop = "attributeOptionCombo" if attribute_only else "categoryOptionCombo"
    what = "Attribute" if attribute_only else "Category"
    code = "E7615" if attribute_only else "E7613"
    text = str(row.get(prop))
    message = f"{what} option combo not found or not accessible for writing data: `{text}`"
    conflict(code, prop, {"categoryOptionCombo": text}, message)


def _options(request: Request) -> Item:
    schemes = {name: {"type": request.one(name).upper()} for name in SCHEMES if request.one(name)}
    return {
        "idSchemes": schemes,
        "dryRun": request.flag("dryRun"),
        "async": request.flag("async"),
        "importStrategy": request.one("importStrategy", "CREATE_AND_UPDATE").upper(),
        "mergeMode": "REPLACE",
        "reportMode": "FULL",
        **dict.fromkeys(FALSE_OPTIONS, False),
        "firstRowIsHeader": True,
        "skipLastUpdated": False,
        "mergeDataValues": False,
        "skipCache": False,
    }


def _payload(request: Request) -> Item:
    body = request.body
    kind = request.headers.get("content-type", "")
    if "text/csv" in kind:
        raise refused(415, "Content-Type 'text/csv' is not supported.")
    if "csv" in kind:
        lines = list(csv.reader(StringIO(body.decode())))[1:]
        rows = [dict(zip(CSV_COLUMNS, line, strict=False)) for line in lines if line]
        return {"dataSet": request.one("dataSet") or None, "dataValues": rows}
    payload = json.loads(body)
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004 - answered like malformed JSON
    return payload


def _failed(options: Item, description: str, conflicts: list[Item]) -> Answer:
    response = {
        "status": "ERROR",
        "importOptions": options,
        "description": description,
        "importCount": {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0},
        "conflicts": conflicts,
        "rejectedIndexes": [],
        "responseType": "ImportSummary",
    }
    message = "An error occurred, please check import summary."
    return as_json(web_message(409, "ERROR", message, response=response), 409, cache=None)


def _summary(run: Import, options: Item, complete: str) -> Answer:
    conflicts = list(run.conflicts.values())
    response = {
        "status": "WARNING" if conflicts else "SUCCESS",
        "importOptions": options,
        "description": "Import process completed successfully",
        "importCount": run.counts,
        "conflicts": conflicts,
        "rejectedIndexes": run.rejected,
        "dataSetComplete": complete,
        "responseType": "ImportSummary",
    }
    if conflicts:
        message = "One more conflicts encountered, please check import summary."
        answer = as_json(web_message(409, "WARNING", message, response=response), 409)
    else:
        answer = as_json(web_message(200, "OK", "Import was successful.", response=response), cache=None)
    answer.rows = len(run.written)
    return answer
