"""Which reports are complete? GET, POST and DELETE of completeDataSetRegistrations."""

import json
import sqlite3
from datetime import date
from typing import Any

from layidu.sandbox.accounts import DATA_READ, User
from layidu.sandbox.answers import Answer, Request, as_json, empty, refused, web_message
from layidu.sandbox.clock import Clock
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, Metadata
from layidu.sandbox.periods import parse
from layidu.sandbox.store import Store

Row = tuple[str, str, str, str]  # data set, period, org unit, attribute option combo
MESSAGES = {
    "E2013": "At least one data set must be specified",
    "E2002": "At least one period, start/end dates, last updated or last updated duration must be specified",
    "E2006": "At least one organisation unit or organisation unit group must be specified",
}


class Registrations:
    """The completeness registrations."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock

    def put(self, connection: sqlite3.Connection, row: Row, day: str, by: str, *, completed: bool) -> bool:
        """Store one registration; whether it is new."""
        keys = [self._store.words.intern(connection, part) for part in row]
        known = connection.execute(
            "SELECT 1 FROM registration WHERE data_set = ? AND period = ? AND org_unit = ? "
            "AND attribute_option_combo = ?",
            keys,
        ).fetchone()
        connection.execute(
            "INSERT OR REPLACE INTO registration VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*keys, day, by, int(completed)),
        )
        return known is None

    def get(self, request: Request, user: User) -> Answer:
        """The registrations asked for; `{}` when there are none."""
        sets = [text for text in request.many("dataSet") if self._metadata.get("dataSets", text)]
        units = [text for text in request.many("orgUnit") if self._metadata.get("organisationUnits", text)]
        periods = self._periods(request)
        self._refuse_if_invalid(sets, units, periods, user)
        if request.flag("children"):
            units = [below for unit in units for below in self._metadata.subtree(unit)]
        words = self._store.words
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT data_set, period, org_unit, attribute_option_combo, date, stored_by, completed "
                "FROM registration WHERE data_set IN (SELECT value FROM json_each(?)) "
                "AND +period IN (SELECT value FROM json_each(?)) AND +org_unit IN (SELECT value FROM json_each(?))",
                [json.dumps(words.keys(texts)) for texts in (sets, periods, units)],
            ).fetchall()
        text = words.text_of
        found = [
            {
                "period": text[pe],
                "dataSet": text[ds],
                "organisationUnit": text[ou],
                "attributeOptionCombo": text[ao],
                "date": day,
                "storedBy": by,
                "completed": bool(completed),
            }
            for ds, pe, ou, ao, day, by, completed in rows
        ]
        if not found:
            return as_json({}, cache=None, chunked=False)
        answer = as_json({"completeDataSetRegistrations": found}, cache=None)
        answer.rows = len(found)
        return answer

    def _periods(self, request: Request) -> list[str]:
        if request.many("period"):
            return [text for text in request.many("period") if parse(text)]
        if not (request.one("startDate") and request.one("endDate")):
            return []
        start, end = date.fromisoformat(request.one("startDate")), date.fromisoformat(request.one("endDate"))
        inside = [
            text
            for text in list(self._store.words.key_of)
            if (period := parse(text)) and start <= period.start and period.end <= end
        ]
        return inside or ["-"]

    def _refuse_if_invalid(self, sets: list[str], units: list[str], periods: list[str], user: User) -> None:
        failures = {"E2013": not sets, "E2002": not periods, "E2006": not units}
        failed = [code for code, fails in failures.items() if fails]
        if failed:
            raise refused(409, MESSAGES[failed[-1]], failed[-1])
        if user.superuser:
            return
        for data_set in sets:
            if not user.may(DATA_READ, self._metadata.objects["dataSets"][data_set]):
                message = f"User is not allowed to read data for data set: `{data_set}`"
                raise refused(409, message, "E2010")
        for unit in units:
            if not self._metadata.is_inside(unit, user.account.org_units):
                message = f"User is not allowed to view org unit: `{unit}`"
                raise refused(409, message, "E2012")

    def post(self, request: Request, user: User) -> Answer:
        """Store registrations; a bad one is a conflict, and with one the whole answer is an error."""
        payload: Item = json.loads(request.body or b"{}")
        counts = {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}
        conflicts: list[dict[str, Any]] = []
        with self._store.writing() as connection:
            for entry in payload.get("completeDataSetRegistrations", ()):
                conflict = self._conflict(entry, user)
                if conflict:
                    counts["ignored"] += 1
                    conflicts.append(conflict)
                    continue
                day = str(entry.get("date") or self._clock.now().date())[:10]
                new = self.put(
                    connection,
                    (
                        entry["dataSet"],
                        entry["period"],
                        entry["organisationUnit"],
                        entry.get("attributeOptionCombo") or DEFAULT_COMBO,
                    ),
                    day,
                    entry.get("storedBy") or user.name,
                    completed=entry.get("completed", True),
                )
                counts["imported" if new else "updated"] += 1
        response = {
            "status": "ERROR" if conflicts else "SUCCESS",
            "description": "Import process complete.",
            "importCount": counts,
            "conflicts": conflicts,
            "rejectedIndexes": [],
            "responseType": "ImportSummary",
        }
        if conflicts:
            message = "An error occurred, please check import summary."
            return as_json(web_message(409, "ERROR", message, response=response), 409)
        return as_json(web_message(200, "OK", "Import was successful.", response=response), cache=None)

    def _conflict(self, entry: Item, user: User) -> Item | None:
        unit = str(entry.get("organisationUnit"))
        bad = {
            "dataSet": self._metadata.get("dataSets", str(entry.get("dataSet"))) is None,
            "period": parse(str(entry.get("period"))) is None,
            "organisationUnit": self._metadata.get("organisationUnits", unit) is None
            or not (user.superuser or self._metadata.is_inside(unit, user.account.org_units)),
        }
        failed = next((name for name, fails in bad.items() if fails), None)
        if failed is None:
            return None
        return {"object": str(entry.get(failed)), "value": f"Object {failed} not found or not accessible"}

    def delete(self, request: Request) -> Answer:
        """Forget one registration."""
        keys = self._store.words.keys([request.one("ds"), request.one("pe"), request.one("ou")])
        if len(keys) == 3:
            with self._store.writing() as connection:
                connection.execute(
                    "DELETE FROM registration WHERE data_set = ? AND period = ? AND org_unit = ?", keys
                )
        return empty(204)
