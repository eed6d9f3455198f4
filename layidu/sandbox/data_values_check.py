"""Which pushed rows are good? The checks up to 2.42, row by row; the first that fails is the row's conflict."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from layidu.sandbox.accounts import DATA_WRITE, META_READ, User
from layidu.sandbox.answers import Request
from layidu.sandbox.approvals import Approvals
from layidu.sandbox.clock import Clock
from layidu.sandbox.data_values_cells import Cells, Key, Parts
from layidu.sandbox.entry_windows import has_exception, input_window, is_expired, latest
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.periods import Period, parse
from layidu.sandbox.value_types import MESSAGES, why_not


@dataclass(slots=True)
class Import:
    """One import under way: its counts, conflicts and the rows it will write."""

    user: User
    strategy: str
    data_set: str | None
    now: str
    cells: Cells
    force: bool = False
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


class Checker:
    """Checks a push against metadata, rights and the clock."""

    def __init__(self, metadata: Metadata, clock: Clock, approvals: Approvals) -> None:
        self._metadata = metadata
        self._clock = clock
        self._approvals = approvals

    def group_conflict(self, named: str | None, data_set: str | None, user: User) -> Item | None:
        """Why the whole push is refused, or None."""
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

    def resolve(self, kind: str, text: Any, request: Request, scheme: str) -> str | None:
        """The uid of an object named by uid or, with that scheme, by code; None when there is none."""
        if not isinstance(text, str):
            return None
        if (request.one(scheme) or request.one("idScheme")).upper() == "CODE":
            return self._metadata.by_code(kind, text)
        return text if self._metadata.get(kind, text) else None

    def good(self, run: Import, index: int, row: Item, request: Request) -> Parts | None:
        """The five parts of a good row's key (period first), or None when it became a conflict."""
        conflict = partial(run.conflict, index)
        element = self.resolve("dataElements", row.get("dataElement"), request, "dataElementIdScheme")
        period = parse(str(row.get("period")))
        unit = self.resolve("organisationUnits", row.get("orgUnit"), request, "orgUnitIdScheme")
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
        elif self._fits(run, conflict, (period.iso, element, unit, option, attribute), row):
            return period.iso, element, unit, option, attribute
        return None

    def _combo(self, text: Any, request: Request) -> str | None:
        if text is None:
            return DEFAULT_COMBO
        return self.resolve("categoryOptionCombos", text, request, "categoryOptionComboIdScheme")

    def _fits(self, run: Import, conflict: Callable[..., None], parts: Parts, row: Item) -> bool:
        user, (_, element, unit, _, _) = run.user, parts
        if not user.superuser and not self._metadata.is_inside(unit, user.account.org_units):
            message = f"Organisation unit: `{unit}` not in hierarchy of current user: `{user.name}`"
            conflict("E7617", "orgUnit", {"organisationUnit": unit, "user": user.name}, message)
            return False
        if not is_deletion(run, row) and not self._is_value(conflict, element, row):
            return False
        return self._is_open(run, conflict, parts)

    def _is_value(self, conflict: Callable[..., None], element: str, row: Item) -> bool:
        value = text_of(row.get("value"))
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
        codes = self._metadata.option_codes(element)
        if value and codes is not None and value not in codes:
            message = f"Data value is not a valid option of the option set of data element: `{element}`"
            conflict("E7621", "value", {"dataElement": element}, message)  # the words are ours
            return False
        return True

    def _is_open(self, run: Import, conflict: Callable[..., None], parts: Parts) -> bool:
        iso, element, unit, _, attribute = parts
        period, now = parse(iso), self._clock.now()
        if run.force or period is None:
            return True
        for data_set in [run.data_set] if run.data_set else self._metadata.sets_of(element):
            item = self._metadata.objects["dataSets"][data_set]
            closed = self._why_closed(run, item, period, unit, now)
            if closed is None and self._approvals.is_approved(data_set, iso, unit, attribute):
                closed = "E7642", f"Data is already approved for period: `{iso}` and data set: `{data_set}`"
            if closed is not None:
                code, message = closed
                objects = {"period": iso, "dataElement": element, "dataSet": data_set}
                conflict(code, "period", objects, message.format(element=element))
                return False
        return True

    def _why_closed(
        self, run: Import, item: Item, period: Period, unit: str, now: datetime
    ) -> tuple[str, str] | None:
        """The code and the text; E7641 was recorded, the other texts are ours."""
        iso, data_set = period.iso, item["id"]
        expired = is_expired(item, period, now.date()) and not run.user.has("F_EDIT_EXPIRED")
        if expired and not has_exception(self._metadata, data_set, iso, unit):
            return "E7640", f"Current date is past expiry days for period: `{iso}` and data set: `{data_set}`"
        newest = latest(item, now.date())
        if period.start > newest.end:
            return "E7641", (
                f"Period: `{iso}` is after latest open future period: `{newest.iso}` for data element: "
                f"`{{element}}` and data set: `{data_set}`"
            )
        if item.get("dataInputPeriods"):
            is_open = input_window(item, iso, now)
            if is_open is None:
                return (
                    "E7644",
                    f"Period: `{iso}` does not conform to the open periods of data set: `{data_set}`",
                )
            if not is_open:
                return "E7643", f"Period: `{iso}` is not open for this data set at this time: `{data_set}`"
        return None


def text_of(value: Any) -> str:
    """A value as text; numbers as JSON writes them."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def is_true(value: Any) -> bool:
    """Whether a flag is set, in JSON or CSV."""
    return value is True or str(value).lower() == "true"


def is_deletion(run: Import, row: Item) -> bool:
    """Whether a row asks for the value to go."""
    return run.strategy == "DELETE" or is_true(row.get("deleted"))


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
