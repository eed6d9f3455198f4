"""Which pushes does 2.43 take? The whole group or nothing, by its keys, rights and dates; then values row by row.

The whole of it is V243_GROUP_REFUSED, V243_STRINGS_ONLY, V243_UPSERTS, V243_MILLISECONDS, V243_FOLLOW_UP and
V243_TRAILING_ZERO of the table of changes. The payload's `deletion` scope, a beta, is not offered.

Recorded are E8000, E8002, E8010, E8020 to E8024, E8031, E8120, E8122 and E8128. Of the others the documentation has
the codes alone (E8108, E8110 and E8123 are picked from its ranges), so that their texts are ours.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from layidu.sandbox.accounts import DATA_WRITE, User
from layidu.sandbox.answers import Answer, Request, refused
from layidu.sandbox.approvals import Approvals
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.data_values_cells import NO_FLAG, Cells, Held, Parts
from layidu.sandbox.data_values_payload import NOTHING, group_summary
from layidu.sandbox.entry_windows import has_exception, input_window, is_expired, latest
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.periods import Period, parse
from layidu.sandbox.value_types import INTEGERS, why_not

UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
WHOLE = (-1,)
KINDS = {
    "dataElement": ("dataElements", "dataElementIdScheme", "E8104"),
    "orgUnit": ("organisationUnits", "orgUnitIdScheme", "E8106"),
    "categoryOptionCombo": ("categoryOptionCombos", "categoryOptionComboIdScheme", "E8108"),
    "attributeOptionCombo": ("categoryOptionCombos", "idScheme", "E8110"),
}


class GroupRefusedError(Exception):
    """Nothing of the push is stored."""

    def __init__(self, code: str, args: str, message: str, indexes: Iterable[int] | None = None) -> None:
        super().__init__(code)
        self.conflict = {"objects": {"args": args}, "value": message, "errorCode": code}
        self.indexes = None if indexes is None else list(indexes)


@dataclass(slots=True)
class Done:
    """What became of a push: the answer, and whether the cells it put are to be written."""

    answer: Answer
    is_kept: bool = False
    data_set: str | None = None


@dataclass(slots=True)
class Group:
    """A push as far as it was understood."""

    user: User
    data_set: str
    item: Item
    force: bool
    parts: list[Parts] = field(default_factory=list)

    def by_unit(self) -> dict[str, list[Period]]:
        """The periods of each org unit, as they came."""
        found: dict[str, list[Period]] = defaultdict(list)
        for iso, _, unit, _, _ in self.parts:
            period = parse(iso)
            if period is not None and period not in found[unit]:
                found[unit].append(period)
        return found


class GroupImporter:
    """Imports as 2.43 does."""

    def __init__(self, metadata: Metadata, clock: Clock, approvals: Approvals) -> None:
        self._metadata = metadata
        self._clock = clock
        self._approvals = approvals

    def take(
        self, request: Request, user: User, options: Item, payload: Item, rows: list[Item], cells: Cells
    ) -> Done:
        """Check a push and put its good rows into the cells."""
        complete = str(payload.get("completeDate") or "false")
        if not rows:
            return Done(group_summary(options, NOTHING, [], [], complete))
        try:
            group = self._understood(request, user, options, payload, rows)
            self._check(group)
            conflicts = self._bad_values(group, rows, options)
        except GroupRefusedError as error:
            indexes = list(range(len(rows))) if error.indexes is None else error.indexes
            conflict = {**error.conflict, "indexes": indexes}
            told = None if conflict["errorCode"] == "E8000" else complete
            return Done(group_summary(options, NOTHING, [conflict], indexes, told))
        bad = [conflict["indexes"][0] for conflict in conflicts]
        is_deletion, now = options["importStrategy"] == "DELETE", java_text(self._clock.now())
        for index, (parts, row) in enumerate(zip(group.parts, rows, strict=True)):
            if index not in bad:
                self._put(cells, parts, row, now, is_deletion=is_deletion)
        counted = "deleted" if is_deletion else "updated"
        counts = {**NOTHING, "ignored": len(bad), counted: len(rows) - len(bad)}
        answer = group_summary(options, counts, conflicts, bad, complete)
        return Done(answer, is_kept=True, data_set=None if bad else group.data_set)

    def _understood(
        self, request: Request, user: User, options: Item, payload: Item, rows: list[Item]
    ) -> Group:
        _refuse_what_breaks_it(rows)
        named = payload.get("dataSet")
        parts = [self._parts(index, row, request) for index, row in enumerate(rows)]
        data_set = self._named(str(named), request) if named else self._detected(parts)
        _check_completion(payload)
        return Group(
            user,
            data_set,
            self._metadata.objects["dataSets"][data_set],
            force=options["force"] and user.superuser,
            parts=parts,
        )

    def _parts(self, index: int, row: Item, request: Request) -> Parts:
        if not row.get("period"):
            raise GroupRefusedError("E8100", str(index), f"Value #{index} period is required", WHOLE)
        found = [str(row["period"])]
        for name, (kind, scheme, code) in KINDS.items():
            text = row.get(name) or (DEFAULT_COMBO if "Combo" in name else None)
            if (request.one(scheme) or request.one("idScheme")).upper() == "CODE" and text != DEFAULT_COMBO:
                text = self._metadata.by_code(kind, str(text))
            if text is None or not UID.fullmatch(str(text)):
                message = f"Value #{index} {name} is not valid: `{row.get(name)}`"
                raise GroupRefusedError(code, f"{index}-{row.get(name)}", message, WHOLE)
            found.append(str(text))
        return found[0], found[1], found[2], found[3], found[4]

    def _named(self, text: str, request: Request) -> str:
        if (request.one("dataSetIdScheme") or request.one("idScheme")).upper() == "CODE":
            text = self._metadata.by_code("dataSets", text) or text
        if not UID.fullmatch(text):
            raise GroupRefusedError("E8004", text, f"Data set ID is not valid: `{text}`", WHOLE)
        if self._metadata.get("dataSets", text) is None:
            raise GroupRefusedError("E8005", text, f"Data set does not exist: `{text}`", WHOLE)
        return text

    def _detected(self, parts: list[Parts]) -> str:
        sets: dict[str, None] = {}
        for _, element, *_ in parts:
            sets.update(dict.fromkeys(self._metadata.sets_of(element)))
        listed = _listed(sets)
        if len(sets) > 1:
            message = f"Data set detection failed, found multiple sets: `{listed}`"
            raise GroupRefusedError("E8002", listed, message)
        if not sets:
            listed = _listed(dict.fromkeys(part[1] for part in parts))
            raise GroupRefusedError("E8003", listed, f"Data element(s) are in no data set: `{listed}`")
        return next(iter(sets))

    def _check(self, group: Group) -> None:
        """The first check that fails refuses the group."""
        if not group.user.superuser:
            self._check_rights(group)
        self._check_keys(group)
        self._check_opening_dates(group)
        if not group.force:
            self._check_timeliness(group)
        _check_duplicates(group)

    def _check_rights(self, group: Group) -> None:
        if not group.user.may(DATA_WRITE, group.item):
            message = f"Current user cannot enter data for data set: `{group.data_set}`"
            raise GroupRefusedError("E8010", group.data_set, message)
        roots = group.user.account.org_units
        outside = [unit for unit in group.by_unit() if not self._metadata.is_inside(unit, roots)]
        if outside:
            message = f"Current user cannot enter data for org unit(s): `{_listed(outside)}`"
            raise GroupRefusedError("E8011", _listed(outside), message)

    def _check_keys(self, group: Group) -> None:
        combos = {
            member["dataElement"]["id"]: (member.get("categoryCombo") or {}).get("id")
            for member in group.item.get("dataSetElements", ())
        }
        units = {entry["id"] for entry in group.item.get("organisationUnits", ())}
        attributes = self._metadata.option_combos(group.item.get("categoryCombo", {}).get("id", ""))

        def period_type(iso: str) -> str | None:
            period = parse(iso)
            return None if period is None else period.period_type

        tests: tuple[tuple[str, int, str, Callable[[str], bool]], ...] = (
            ("E8020", 1, "data element(s)", combos.__contains__),
            ("E8021", 0, "period(s)", lambda iso: period_type(iso) == group.item["periodType"]),
            ("E8022", 2, "org unit(s)", units.__contains__),
            ("E8023", 4, "attribute option combo(s)", attributes.__contains__),
        )
        for code, at, what, fits in tests:
            misfits = dict.fromkeys(parts[at] for parts in group.parts if not fits(parts[at]))
            if misfits:
                message = f"Data set {group.data_set} not usable with {what}: `{_listed(misfits)}`"
                raise GroupRefusedError(code, f"{group.data_set}-{_listed(misfits)}", message)
        self._check_option_combos(group, combos)

    def _check_option_combos(self, group: Group, combos: dict[str, str | None]) -> None:
        misfits: dict[str, dict[str, None]] = defaultdict(dict)
        for _, element, _, option, _ in group.parts:
            own = self._metadata.objects["dataElements"][element]["categoryCombo"]["id"]
            if option not in self._metadata.option_combos(combos[element] or own):
                misfits[element][option] = None
        for element, options in misfits.items():
            listed = _listed(options)
            message = (
                f"Data set {group.data_set} + data element {element} not usable with category option combo(s): "
                f"`{listed}`"
            )
            raise GroupRefusedError("E8024", f"{group.data_set}-{element}-{listed}", message)

    def _check_opening_dates(self, group: Group) -> None:
        """Nobody is above these, the superuser neither."""
        for unit, periods in group.by_unit().items():
            item = self._metadata.objects["organisationUnits"][unit]
            opened, closed = str(item.get("openingDate", ""))[:10], str(item.get("closedDate") or "9999")[:10]
            untimely = [p.iso for p in periods if not opened <= p.start.isoformat() <= closed]
            if untimely:
                listed = _listed(untimely)
                message = f"Untimely data entry for org unit {unit} and period(s): `{listed}`"
                raise GroupRefusedError("E8031", f"{unit}-{listed}", message)

    def _check_timeliness(self, group: Group) -> None:
        closed = [
            period.iso
            for unit, periods in group.by_unit().items()
            for period in periods
            if self._is_closed(group, unit, period)
        ]
        if closed:
            listed = _listed(dict.fromkeys(closed))
            message = f"Data set {group.data_set} not open for data entry in period(s): `{listed}`"
            raise GroupRefusedError("E8030", f"{group.data_set}-{listed}", message)
        approved = dict.fromkeys(
            (unit, iso)
            for iso, _, unit, _, attribute in group.parts
            if self._approvals.is_approved(group.data_set, iso, unit, attribute)
        )
        for unit, iso in approved:
            message = f"Data already approved for data set {group.data_set}, org unit {unit}, period {iso}"
            raise GroupRefusedError("E8033", f"{group.data_set}-{unit}-{iso}", message)

    def _is_closed(self, group: Group, unit: str, period: Period) -> bool:
        now = self._clock.now()
        if group.item.get("dataInputPeriods"):
            # 2.43.0 and 2.43.1 have it the wrong way round: open windows are refused, closed ones taken.
            return input_window(group.item, period.iso, now) is True
        if group.user.has("F_EDIT_EXPIRED"):
            return False
        if period.start > latest(group.item, now.date()).end:
            return True
        return is_expired(group.item, period, now.date()) and not has_exception(
            self._metadata, group.data_set, period.iso, unit
        )

    def _bad_values(self, group: Group, rows: list[Item], options: Item) -> list[Item]:
        found = []
        for index, (parts, row) in enumerate(zip(group.parts, rows, strict=True)):
            if options["importStrategy"] == "DELETE" or _is_true(row.get("deleted")):
                continue
            value_type = self._metadata.objects["dataElements"][parts[1]]["valueType"]
            value = normalised(value_type, row.get("value"))
            if not value:
                if not row.get("comment"):
                    message = f"Value #{index} value is required"
                    found.append(_value_conflict(index, "E8120", str(index), message))
                continue
            reason = why_not(value_type, value)
            if reason:
                message = f"Value #{index} value `{value}` is no valid {value_type}: {reason}"
                args = f"{index}-{value}-{value_type}-{reason}"
                found.append(_value_conflict(index, "E8122", args, message))
                continue
            codes = self._metadata.option_codes(parts[1])
            if codes is not None and value not in codes:
                message = f"Value #{index} value `{value}` is not a valid option of data element {parts[1]}"
                found.append(_value_conflict(index, "E8123", f"{index}-{value}-{parts[1]}", message))
        if found and options["atomic"]:
            good, first = len(rows) - len(found), found[0]["value"]
            message = (
                f"Atomic mode requires all values to be valid but only {good}/{len(rows)} were. "
                f"First issue: {first}"
            )
            raise GroupRefusedError("E8000", f"{good}-{len(rows)}-{first}", message)
        return found

    def _put(self, cells: Cells, parts: Parts, row: Item, now: str, *, is_deletion: bool) -> None:
        """Upsert one row: new or not, changed or not, it is stamped with the start of the import."""
        key = cells.key(parts)
        held = cells.held(key)
        value_type = self._metadata.objects["dataElements"][parts[1]]["valueType"]
        flag = row.get("followUp")
        cells.put(
            key,
            Held(
                normalised(value_type, row.get("value")),
                now if held is None else held.created,
                now,
                row.get("comment") or None,
                NO_FLAG if flag in {None, ""} else int(_is_true(flag)),
                deleted=is_deletion or _is_true(row.get("deleted")),
            ),
        )


def normalised(value_type: str, value: str | None) -> str | None:
    """A value as 2.43 stores it."""
    return value.removesuffix(".0") if value and value_type in INTEGERS else value


def _refuse_what_breaks_it(rows: list[Item]) -> None:
    """What 2.43 does not expect ends in a 500."""
    for row in rows:
        value = row.get("value")
        if value is not None and not isinstance(value, str):
            kind = "BOOLEAN" if isinstance(value, bool) else "NUMBER"
            raise refused(500, f"Path `$.value` does not contain an STRING but a(n) {kind}: {value}")
        if row.get("period") and parse(str(row["period"])) is None:
            group = 'Cannot invoke "org.hisp.dhis.datavalue.DataEntryGroup.deletion()"'
            raise refused(500, f'{group} because "group" is null')


def _check_completion(payload: Item) -> None:
    day = payload.get("completeDate")
    if day is None:
        return
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", str(day)):
        raise GroupRefusedError("E8008", str(day), f"Completion date is not valid: `{day}`", WHOLE)
    if not all(payload.get(name) for name in ("dataSet", "period", "orgUnit")):
        message = "Completion requires data set, period and org unit"
        raise GroupRefusedError("E8009", str(day), message, WHOLE)


def _check_duplicates(group: Group) -> None:
    rows: dict[Parts, list[int]] = defaultdict(list)
    for index, parts in enumerate(group.parts):
        rows[parts].append(index)
    for (iso, element, unit, option, attribute), indexes in rows.items():
        if len(indexes) > 1:
            key = (
                f"DataValueKey[dataElement={element}, orgUnit={unit}, categoryOptionCombo={option}, "
                f"attributeOptionCombo={attribute}, period={iso}]"
            )
            message = f"Value #{indexes} all affect the same data value: `{key}`"
            raise GroupRefusedError("E8128", f"{indexes}-{key}", message)


def _value_conflict(index: int, code: str, args: str, message: str) -> Item:
    return {"objects": {"args": args}, "value": message, "errorCode": code, "indexes": [index]}


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _listed(names: Iterable[str] | Iterator[str]) -> str:
    return f"[{', '.join(names)}]"
