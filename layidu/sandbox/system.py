"""What does the server say of itself? `system/info`, settings and configuration."""

import json
from datetime import datetime, timedelta

from layidu.sandbox.accounts import User
from layidu.sandbox.analytics_build import PERIOD_TYPES_NOTE, ZERO_SETTING, period_types
from layidu.sandbox.answers import (
    NO_STORE,
    TEXT,
    Answer,
    Request,
    as_json,
    empty,
    not_found_page,
    refused,
    succeeded,
)
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Item
from layidu.sandbox.metadata_read import Reader, parse_fields
from layidu.sandbox.store import Store

NEVER = "1970-01-01T00:00:00.000"
BUILT_NOTE = "analytics"
RUNTIME_NOTE = "analytics_runtime"
SETTINGS = {ZERO_SETTING: "false", "keyAnalyticsMaxLimit": "100000"}
#: Up to 2.41 a build was not yet told seconds after it ended; how much longer was not recorded.
UNTOLD = timedelta(minutes=1)
UNITS = (("h", 3600), ("m", 60), ("s", 1))


class System:
    """Answers /api/system/info, /api/systemSettings and /api/configuration."""

    def __init__(self, store: Store, clock: Clock, reader: Reader, dialect: Dialect) -> None:
        self._store = store
        self._clock = clock
        self._reader = reader
        self._dialect = dialect

    def info(self, request: Request) -> Answer:
        """`GET /api/system/info`."""
        content: Item = {
            "contextPath": request.base_url,
            "userAgent": request.headers.get("user-agent", ""),
            "calendar": "iso8601",
            "dateFormat": "yyyy-mm-dd",
            "serverDate": java_text(self._clock.now()),
            "serverTimeZoneId": "Etc/UTC",
            "serverTimeZoneDisplayName": "Coordinated Universal Time",
            **self._builds(),
            "version": self._dialect.version,
            "systemName": "DHIS 2",
            "instanceBaseUrl": request.base_url,
        }
        if Change.V242_BUILD_TIMES in self._dialect:
            content |= {
                "lastSystemMonitoringSuccess": NEVER,
                "systemMetadataVersion": "",
                "lastMetadataVersionSyncAttempt": NEVER,
            }
        if Change.V243_SESSION_TIME in self._dialect:
            content |= {"sessionTimeout": 3600, "capability": {"analyticsTotalCounts": False}}
        fields = parse_fields(request.one("fields") or ":all")
        return as_json(self._reader.select(None, content, fields), cache=NO_STORE)

    def _builds(self) -> dict[str, str]:
        last, now = self._store.note(BUILT_NOTE), self._clock.now()
        told = Change.V242_BUILD_TIMES in self._dialect
        if not told and (last is None or now - datetime.fromisoformat(last) < UNTOLD):
            return {}
        last = last or NEVER
        return {
            "lastAnalyticsTableSuccess": last,
            "intervalSinceLastAnalyticsTableSuccess": _interval(now - datetime.fromisoformat(last)),
            "lastAnalyticsTableRuntime": self._store.note(RUNTIME_NOTE) or "",
            "lastAnalyticsTablePartitionSuccess": NEVER,
            "intervalSinceLastAnalyticsTablePartitionSuccess": _interval(now - datetime.fromisoformat(NEVER)),
            "lastAnalyticsTablePartitionRuntime": "",
        }

    def setting(self, request: Request, name: str) -> Answer:
        """`GET /api/systemSettings/NAME`."""
        if name not in SETTINGS:
            return not_found_page(request.path)
        value = self._store.note(name) or SETTINGS[name]
        if "json" in request.headers.get("accept", ""):
            return as_json({name: value})
        return Answer(200, TEXT, value.encode(), {"Cache-Control": NO_STORE}, chunked=False)

    def set_setting(self, request: Request, user: User, name: str) -> Answer:
        """`POST /api/systemSettings/NAME`."""
        user.must_have("F_SYSTEM_SETTING")
        if name not in SETTINGS:
            return not_found_page(request.path)
        value = request.one("value") or request.body.decode()
        self._store.set_note(name, value)
        return succeeded(f"System setting '{name}' set to value '{value}'.")

    def configuration(self, request: Request, user: User, name: str) -> Answer:
        """`/api/configuration/dataOutputPeriodTypes`, since 2.43: read or replaced.

        An administrator has named all types; a fresh server's list is empty, which is POST `[]`.
        """
        if name != "dataOutputPeriodTypes" or Change.V243_PERIOD_TYPES not in self._dialect:
            return not_found_page(request.path)
        if request.method == "GET":
            return as_json([{"name": each} for each in period_types(self._store)])
        user.must_have("F_SYSTEM_SETTING")
        asked = json.loads(request.body or b"[]")
        if not all(isinstance(each, dict) and each.get("name") for each in asked):
            raise refused(400, "Period types are objects with a name")  # plain texts too; the words are ours
        self._store.set_note(PERIOD_TYPES_NOTE, json.dumps([each["name"] for each in asked]))
        return empty(204)


def _interval(passed: timedelta) -> str:
    """A time that has passed, without the units of which there are none."""
    rest, words = int(passed.total_seconds()), []
    for name, seconds in UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            words.append(f"{count} {name}")
    return ", ".join(words)
