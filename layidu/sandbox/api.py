"""Which route answers which request? The whole sandbox behind one function from request to answer."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from layidu.sandbox.accounts import Door, User, read
from layidu.sandbox.analytics import Analytics
from layidu.sandbox.analytics_build import ZERO_SETTING
from layidu.sandbox.answers import (
    NO_STORE,
    TEXT,
    Answer,
    RefusedError,
    Request,
    as_json,
    empty,
    not_found_page,
    refused,
    succeeded,
    web_message,
)
from layidu.sandbox.build import PLANTED
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.data_values_read import DataValueReader
from layidu.sandbox.data_values_write import DataValueWriter
from layidu.sandbox.dialects import Dialect
from layidu.sandbox.jobs import Jobs
from layidu.sandbox.metadata import PACKAGES, Metadata
from layidu.sandbox.metadata_import import Importer
from layidu.sandbox.metadata_read import Reader, parse_fields
from layidu.sandbox.registrations import Registrations
from layidu.sandbox.sharing import Sharing
from layidu.sandbox.store import Store

NEVER = "1970-01-01T00:00:00.000"
SETTINGS = {ZERO_SETTING: "false", "keyAnalyticsMaxLimit": "100000"}
Route = Callable[[Request, User, list[str]], Answer]


class Api:
    """Every route of the sandbox, over one store."""

    def __init__(self, folder: Path, store: Store, clock: Clock, dialect: Dialect) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock
        self.dialect = dialect
        self.door = Door(read(folder), dialect)
        self._metadata = Metadata(store)
        self._reader = Reader(self._metadata)
        self._importer = Importer(self._metadata)
        self._sharing = Sharing(self._metadata)
        self._registrations = Registrations(store, self._metadata, clock)
        self._values = DataValueReader(store, self._metadata, clock)
        self._writer = DataValueWriter(store, self._metadata, clock, self._registrations)
        self._analytics = Analytics(folder, store, self._metadata, clock)
        self._jobs = Jobs(clock)
        self.rebuilds = True  # a fault may say no: builds then end well and change nothing
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "analytics"): self._get_analytics,
            ("POST", "apiToken"): self._create_token,
            ("DELETE", "completeDataSetRegistrations"): lambda request, _user, _rest: (
                self._registrations.delete(request)
            ),
            ("GET", "completeDataSetRegistrations"): lambda request, user, _: self._registrations.get(
                request, user
            ),
            ("POST", "completeDataSetRegistrations"): lambda request, user, _: self._registrations.post(
                request, user
            ),
            ("GET", "dataValueSets"): lambda request, user, _: self._values.get(request, user),
            ("POST", "dataValueSets"): self._post_values,
            ("POST", "maintenance"): self._maintain,
            ("GET", "me"): self._me,
            ("GET", "metadata"): self._export,
            ("POST", "metadata"): lambda request, user, _: self._importer.post(request, user, self._now()),
            ("POST", "resourceTables"): self._build_tables,
            ("GET", "sharing"): lambda request, _user, _rest: self._sharing.get(request),
            ("POST", "sharing"): lambda request, user, _: self._sharing.put(request, user),
            ("PUT", "sharing"): lambda request, user, _: self._sharing.put(request, user),
            ("GET", "system"): self._system,
            ("GET", "systemSettings"): self._get_setting,
            ("POST", "systemSettings"): self._set_setting,
        }

    def answer(self, request: Request) -> tuple[Answer, str | None]:
        """The answer to a request, and who asked."""
        if request.path == "/sandbox/alive":
            return as_json({"pid": os.getpid(), "version": self.dialect.version}), None
        name: str | None = None
        try:
            user = self.door.who(request)
            name = user.name
            return self._route(request, user), name
        except RefusedError as error:
            return error.answer, name

    @property
    def metadata(self) -> Metadata:
        """What the server knows."""
        return self._metadata

    def user(self, request: Request) -> str | None:
        """Who asks, if it is somebody."""
        try:
            return self.door.who(request).name
        except RefusedError:
            return None

    def _route(self, request: Request, user: User) -> Answer:
        place, *rest = request.path.strip("/").split("/")
        if place == "sandbox":
            return self._ours(rest, user, request)
        if place != "api" or not rest:
            return not_found_page(request.path)
        if rest[0].isdigit():
            rest = rest[1:]
        head = rest[0].partition(".")[0] if rest else ""
        route = self._routes.get((request.method, head))
        if route is not None:
            return route(request, user, rest[1:])
        return self._collection(head, request, user, rest[1:])

    def _collection(self, kind: str, request: Request, user: User, rest: list[str]) -> Answer:
        if kind not in PACKAGES or len(rest) > 1 or (request.method != "GET" and not rest):
            return not_found_page(request.path)
        if request.method == "GET":
            if rest:
                return self._reader.one(kind, rest[0].partition(".")[0], request, user)
            return self._reader.collection(kind, request, user)
        if request.method == "DELETE":
            if not user.has("F_METADATA_IMPORT"):
                raise refused(403, "You don't have the proper permissions to delete objects of this type.")
            return self._importer.remove(kind, rest[0], has_data=self._has_data(kind, rest[0]))
        message = web_message(405, "ERROR", f"Request method '{request.method}' is not supported")
        return as_json(message, 405)

    def _has_data(self, kind: str, identifier: str) -> bool:
        column = {"dataElements": "data_element", "organisationUnits": "org_unit"}.get(kind)
        if column is None:
            return False
        with self._store.reading() as connection:
            found = connection.execute(
                f"SELECT 1 FROM data_value WHERE {column} = ? LIMIT 1",  # noqa: S608 - one of two names of ours
                (self._store.words.key_of.get(identifier, -1),),
            ).fetchone()
        return found is not None

    def _now(self) -> str:
        return java_text(self._clock.now())

    def _get_analytics(self, request: Request, user: User, rest: list[str]) -> Answer:
        if not rest:
            return self._analytics.get(request, user)
        return (
            self._analytics.value_set(request, user)
            if rest == ["dataValueSet.json"]
            else not_found_page(request.path)
        )

    def _create_token(self, request: Request, user: User, _rest: list[str]) -> Answer:
        attributes = json.loads(request.body or b"{}").get("attributes", ())
        lists = [each["allowedMethods"] for each in attributes if each.get("type") == "MethodAllowedList"]
        token = self.door.add_token(user, tuple(lists[0]) if lists else None)
        response = {
            "key": token,
            "uid": token[4:15],
            "klass": "org.hisp.dhis.security.apikey.ApiToken",
            "errorReports": [],
            "responseType": "ObjectReport",
        }
        message = {**web_message(201, "OK", None, response=response)}
        return as_json(
            message, 201, cache=None, headers={"Location": f"{request.base_url}/api/apiToken/{token[4:15]}"}
        )

    def _post_values(self, request: Request, user: User, _rest: list[str]) -> Answer:
        if not request.flag("async"):
            return self._writer.post(request, user)
        if not user.has("F_DATAVALUE_ADD"):
            raise refused(403, "Access is denied, requires one Authority from [F_DATAVALUE_ADD]")
        work = partial(self._import_summary, request, user)
        return self._jobs.start("DATAVALUE_IMPORT", work, {}, request.base_url, waited_for=True)

    def _import_summary(self, request: Request, user: User) -> Any:
        body = self._writer.post(request, user).body
        return json.loads(body)["response"] if isinstance(body, bytes) else None

    def _maintain(self, request: Request, user: User, rest: list[str]) -> Answer:
        if rest != ["categoryOptionComboUpdate"]:
            return not_found_page(request.path)
        _require(user, "F_PERFORM_MAINTENANCE")
        self._metadata.update_option_combos(self._now())
        return empty(204)

    def _me(self, request: Request, user: User, _rest: list[str]) -> Answer:
        units = [{"id": unit} for unit in user.account.org_units]
        content = {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "authorities": list(user.account.authorities),
            "organisationUnits": units,
            "dataViewOrganisationUnits": units,
            "userGroups": [],
            "settings": {"keyDbLocale": "en", "keyUiLocale": "en", "keyAnalysisDisplayProperty": "name"},
        }
        fields = parse_fields(",".join(request.many("fields")) or ":all")
        return as_json(self._reader.select(None, content, fields), cache=None)

    def _export(self, request: Request, user: User, _rest: list[str]) -> Answer:
        return self._reader.export(request, user, self.dialect.version, self._now())

    def _build_tables(self, request: Request, user: User, rest: list[str]) -> Answer:
        if rest != ["analytics"] and rest:
            return not_found_page(request.path)
        _require(user, "F_PERFORM_MAINTENANCE")
        parameters = {"skipPrograms": [], "skipResourceTables": False, "skipOutliers": False}
        return self._jobs.start("ANALYTICS_TABLE", self._rebuild, parameters, request.base_url)

    def _rebuild(self) -> None:
        begun = self._now()
        if self.rebuilds:
            self._analytics.rebuild()
        self._store.set_note("analytics", begun)
        self._clock.keep()

    def _system(self, request: Request, _user: User, rest: list[str]) -> Answer:
        if rest == ["ping"]:
            return Answer(200, TEXT, b"pong", {"Cache-Control": NO_STORE}, chunked=False)
        if rest == ["info"]:
            content = {
                "contextPath": request.base_url,
                "userAgent": request.headers.get("user-agent", ""),
                "calendar": "iso8601",
                "dateFormat": "yyyy-mm-dd",
                "serverDate": self._now(),
                "serverTimeZoneId": "Etc/UTC",
                "serverTimeZoneDisplayName": "Coordinated Universal Time",
                "lastAnalyticsTableSuccess": self._store.note("analytics") or NEVER,
                "lastAnalyticsTablePartitionSuccess": NEVER,
                "version": self.dialect.version,
                "systemName": "DHIS 2",
                "instanceBaseUrl": request.base_url,
            }
            fields = parse_fields(request.one("fields") or ":all")
            return as_json(self._reader.select(None, content, fields), cache=NO_STORE)
        if len(rest) == 3 and rest[0] == "tasks":
            return self._jobs.tasks(rest[2])
        if len(rest) == 3 and rest[0] == "taskSummaries":
            return self._jobs.summary(rest[2])
        return not_found_page(request.path)

    def _get_setting(self, request: Request, _user: User, rest: list[str]) -> Answer:
        if len(rest) != 1 or rest[0] not in SETTINGS:
            return not_found_page(request.path)
        value = self._store.note(rest[0]) or SETTINGS[rest[0]]
        if "json" in request.headers.get("accept", ""):
            return as_json({rest[0]: value})
        return Answer(200, TEXT, value.encode(), {"Cache-Control": NO_STORE}, chunked=False)

    def _set_setting(self, request: Request, user: User, rest: list[str]) -> Answer:
        _require(user, "F_SYSTEM_SETTING")
        if len(rest) != 1 or rest[0] not in SETTINGS:
            return not_found_page(request.path)
        value = request.one("value") or request.body.decode()
        self._store.set_note(rest[0], value)
        return succeeded(f"System setting '{rest[0]}' set to value '{value}'.")

    def _ours(self, rest: list[str], user: User, request: Request) -> Answer:
        _require(user, "ALL")
        if rest == ["planted"]:
            return as_json(json.loads((self._folder / PLANTED).read_text(encoding="utf-8")))
        return not_found_page(request.path)


def _require(user: User, authority: str) -> None:
    if not user.has(authority):
        raise refused(403, f"Access is denied, requires one Authority from [{authority}]")
