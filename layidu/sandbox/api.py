"""Which route answers which request? The whole sandbox behind one function from request to answer."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from layidu.sandbox.accounts import Door, User, read
from layidu.sandbox.analytics import Analytics
from layidu.sandbox.answers import (
    NO_STORE,
    TEXT,
    Answer,
    RefusedError,
    Request,
    as_json,
    not_found_page,
    refused,
    web_message,
)
from layidu.sandbox.approvals import Approvals
from layidu.sandbox.build import PLANTED
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.data_values_payload import options_of
from layidu.sandbox.data_values_read import DataValueReader
from layidu.sandbox.data_values_write import DataValueWriter
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.dress import dressed
from layidu.sandbox.jobs import Jobs
from layidu.sandbox.locks import Locks
from layidu.sandbox.maintenance import Maintenance
from layidu.sandbox.merges import KINDS as MERGED
from layidu.sandbox.merges import Merges
from layidu.sandbox.metadata import PACKAGES, Metadata
from layidu.sandbox.metadata_import import Importer
from layidu.sandbox.metadata_read import Reader, parse_fields
from layidu.sandbox.registrations import Registrations
from layidu.sandbox.sharing import Sharing
from layidu.sandbox.store import Store
from layidu.sandbox.system import BUILT_NOTE, RUNTIME_NOTE, System

#: Table types that parameters of a build leave out; none of them is about aggregates.
SKIPPED = {
    "skipEvents": ["EVENT"],
    "skipEnrollment": ["ENROLLMENT"],
    "skipTrackedEntities": [
        "TRACKED_ENTITY_INSTANCE",
        "TRACKED_ENTITY_INSTANCE_EVENTS",
        "TRACKED_ENTITY_INSTANCE_ENROLLMENTS",
    ],
}
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
        self._reader = Reader(self._metadata, dialect)
        self._importer = Importer(self._metadata, dialect)
        self._sharing = Sharing(self._metadata)
        self._registrations = Registrations(store, self._metadata, clock)
        self._values = DataValueReader(store, self._metadata, clock, dialect)
        self._approvals = Approvals(store, self._metadata)
        self._writer = DataValueWriter(
            store, self._metadata, clock, self._registrations, self._approvals, dialect
        )
        self._analytics = Analytics(folder, store, self._metadata, clock, dialect)
        self._jobs = Jobs(clock, dialect)
        self._about = System(store, clock, self._reader, dialect)
        self._maintenance = Maintenance(store, self._metadata, clock, dialect)
        self._merges = Merges(store, self._metadata)
        self._locks = Locks(self._metadata)
        self._building = Lock()
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
            ("POST", "dataApprovals"): lambda request, user, _: self._approvals.post(request, user),
            ("DELETE", "dataApprovals"): lambda request, user, _: self._approvals.delete(request, user),
            ("GET", "dataApprovals"): self._approvals.get,
            ("POST", "lockExceptions"): lambda request, user, _: self._locks.post(request, user),
            ("DELETE", "lockExceptions"): lambda request, user, _: self._locks.delete(request, user),
            ("POST", "maintenance"): self._maintenance.post,
            ("PUT", "maintenance"): self._maintenance.post,
            ("GET", "me"): self._me,
            ("GET", "metadata"): self._export,
            ("POST", "metadata"): lambda request, user, _: self._importer.post(request, user, self._now()),
            ("POST", "resourceTables"): self._build_tables,
            ("GET", "sharing"): lambda request, _user, _rest: self._sharing.get(request),
            ("POST", "sharing"): lambda request, user, _: self._sharing.put(request, user),
            ("PUT", "sharing"): lambda request, user, _: self._sharing.put(request, user),
            ("GET", "system"): self._system,
            ("GET", "configuration"): lambda r, user, rest: self._about.configuration(
                r, user, "/".join(rest)
            ),
            ("POST", "configuration"): lambda r, user, rest: self._about.configuration(
                r, user, "/".join(rest)
            ),
            ("GET", "systemSettings"): lambda r, _user, rest: self._about.setting(r, "/".join(rest)),
            ("POST", "systemSettings"): lambda r, user, rest: self._about.set_setting(
                r, user, "/".join(rest)
            ),
        }

    def answer(self, request: Request) -> tuple[Answer, str | None]:
        """The answer to a request, and who asked."""
        if request.path == "/sandbox/alive":
            return as_json({"pid": os.getpid(), "version": self.dialect.version}), None
        name: str | None = None
        try:
            user = self.door.who(request)
            name = user.name
            answer = self._route(request, user)
        except RefusedError as error:
            answer = error.answer
        return dressed(answer, request, self.dialect), name

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
        if request.method == "POST" and rest == ["merge"] and self._merges_are_known(kind):
            return self._merges.post(kind, request, user)
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

    def _merges_are_known(self, kind: str) -> bool:
        return kind in MERGED and (kind == "organisationUnits" or Change.V242_MERGES in self.dialect)

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
        typed = Change.V242_REPORTS_TYPED in self.dialect
        response = {
            "key": token,
            "uid": token[4:15],
            "klass": "org.hisp.dhis.security.apikey.ApiToken",
            "errorReports": [],
            "responseType": "ObjectReport" if typed else "ApiTokenCreationResponse",
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
        options = options_of(request, self.dialect)
        return self._jobs.start("DATAVALUE_IMPORT", work, options, request.base_url, waited_for=True)

    def _import_summary(self, request: Request, user: User) -> Any:
        body = self._writer.post(request, user).body
        return json.loads(body)["response"] if isinstance(body, bytes) else None

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
        if Change.V241_JOBS_QUEUE not in self.dialect and self._building.locked():
            raise refused(409, "Job of type: ANALYTICS_TABLE is already running")  # the words are ours
        user.must_have("F_PERFORM_MAINTENANCE")
        parameters = {
            "skipTableTypes": [
                kind for name, kinds in SKIPPED.items() if request.flag(name) for kind in kinds
            ],
            "skipPrograms": [],
            "skipResourceTables": request.flag("skipResourceTables"),
            "skipOutliers": request.flag("skipOutliers"),
        }
        return self._jobs.start("ANALYTICS_TABLE", self._rebuild, parameters, request.base_url)

    def _rebuild(self) -> None:
        with self._building:
            begun = self._clock.now()
            if self.rebuilds:
                self._analytics.rebuild()
            taken = self._clock.now() - begun
            self._store.set_note(BUILT_NOTE, java_text(begun))
            self._store.set_note(RUNTIME_NOTE, f"0{taken}"[:12])
            self._clock.keep()

    def _system(self, request: Request, _user: User, rest: list[str]) -> Answer:
        if rest == ["ping"]:
            return Answer(200, TEXT, b"pong", {"Cache-Control": NO_STORE}, chunked=False)
        if rest == ["info"]:
            return self._about.info(request)
        if len(rest) == 3 and rest[0] == "tasks":
            return self._jobs.tasks(rest[2])
        if len(rest) == 3 and rest[0] == "taskSummaries":
            return self._jobs.summary(rest[2])
        return not_found_page(request.path)

    def _ours(self, rest: list[str], user: User, request: Request) -> Answer:
        user.must_have("ALL")
        if rest == ["planted"]:
            return as_json(json.loads((self._folder / PLANTED).read_text(encoding="utf-8")))
        return not_found_page(request.path)
