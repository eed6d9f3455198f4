"""What happens to posted metadata? Checked as a whole, stored as a whole or not at all, reported as 2.42 reports."""

import json
import re
from collections import Counter
from typing import Any

from layidu.sandbox.accounts import META_WRITE, User
from layidu.sandbox.answers import Answer, Request, as_json, succeeded, web_message
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import PACKAGES, REFERENCES, Item, Metadata

UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
LENGTHS = {"name": 230, "shortName": 50, "code": 50}
UNIQUE = {
    "dataElements": ("code", "name", "shortName"),
    "indicators": ("code", "name", "shortName"),
    "categories": ("code", "name"),
    "dataSets": ("code", "name"),
    "organisationUnits": ("code",),
}
REQUIRED = {
    "dataElements": ("name", "shortName", "valueType", "aggregationType", "domainType"),
    "dataSets": ("name", "shortName", "periodType"),
    "indicators": ("name", "shortName", "indicatorType", "numerator", "denominator"),
    "organisationUnits": ("name", "shortName", "openingDate"),
    "legendSets": ("name",),
    "visualizations": ("name", "type"),
    "maps": ("name",),
    "dashboards": ("name",),
}
#: What DHIS2 fills in when an import leaves it out.
FILLED: dict[str, Item] = {
    "dataSets": {"expiryDays": 0.0, "timelyDays": 15.0, "openFuturePeriods": 0},
    "dataElements": {"zeroIsSignificant": False, "aggregationLevels": []},
    "indicators": {"annualized": False},
}
DOUBLES = {"expiryDays", "timelyDays"}
FAILED = "One or more errors occurred, please see full details in import report."


class Importer:
    """Imports metadata objects into the catalogue."""

    def __init__(self, metadata: Metadata, dialect: Dialect) -> None:
        self._metadata = metadata
        self._dialect = dialect

    def post(self, request: Request, user: User, now: str) -> Answer:
        """`POST /api/metadata`."""
        try:
            payload = json.loads(request.body or b"{}")
        except ValueError as error:
            message = f"Unable to parse the payload: {error}"
            return as_json(web_message(400, "ERROR", message), 400)
        bundle = {kind: payload[kind] for kind in PACKAGES if payload.get(kind)}
        reports, counts = self._check(
            bundle, user, request.one("importStrategy", "CREATE_AND_UPDATE").upper()
        )
        failed = any(report["objectReports"] for report in reports)
        response = {
            "status": "ERROR" if failed else "OK",
            "stats": _stats(counts),
            "typeReports": reports,
            "responseType": "ImportReport",
        }
        if failed:
            return as_json(web_message(409, "WARNING", FAILED, response=response), 409)
        if request.one("importMode").upper() != "VALIDATE":
            self._store(bundle, user, now, delete=request.one("importStrategy").upper() == "DELETE")
        return as_json(web_message(200, "OK", None, response=response), cache=None)

    def _check(
        self, bundle: dict[str, list[Item]], user: User, strategy: str
    ) -> tuple[list[dict[str, Any]], Counter[str]]:
        errors = {
            kind: {
                index: found
                for index, item in enumerate(items)
                if (found := self._errors(kind, item, bundle, user))
            }
            for kind, items in bundle.items()
        }
        failed = any(errors.values())
        total: Counter[str] = Counter()
        reports = []
        for kind, items in bundle.items():
            counts = Counter(self._outcome(kind, item, strategy, failed=failed) for item in items)
            # A bad reference makes 2.42 count its object twice.
            counts["ignored"] += sum(
                error["errorCode"] == "E5002" for each in errors[kind].values() for error in each
            )
            total += counts
            reports.append(_type_report(kind, items, counts, errors[kind]))
        return reports, total

    def _outcome(self, kind: str, item: Item, strategy: str, *, failed: bool) -> str:
        known = self._metadata.get(kind, item.get("id", "")) is not None
        if failed or (strategy == "CREATE" and known) or (strategy in {"UPDATE", "DELETE"} and not known):
            return "ignored"
        if strategy == "DELETE":
            return "deleted"
        return "updated" if known else "created"

    def _errors(self, kind: str, item: Item, bundle: dict[str, list[Item]], user: User) -> list[Item]:
        known = self._metadata.get(kind, item.get("id", ""))
        klass = f"org.hisp.dhis.{PACKAGES[kind]}"
        if not user.has("F_METADATA_IMPORT") or (known is not None and not user.may(META_WRITE, known)):
            return [
                _error(
                    klass,
                    "E3001",
                    f"No matching object for given reference or no access: {_label(kind, item)}",
                )
            ]
        found = [*_shape_errors(kind, item, klass), *self._duplicates(kind, item, bundle, klass)]
        for name, value in item.items():
            found.extend(self._bad_references(kind, item, name, value, bundle, klass))
        return found

    def _duplicates(self, kind: str, item: Item, bundle: dict[str, list[Item]], klass: str) -> list[Item]:
        found = []
        for name in UNIQUE.get(kind, ("code",)):
            value = item.get(name)
            others = [*self._metadata.objects[kind].values(), *bundle[kind]] if value else []
            for other in others:
                if other.get(name) == value and other.get("id") != item.get("id"):
                    message = (
                        f"Property `{name}` with value `{value}` on object {_label(kind, item)} "
                        f"already exists on object {other.get('id')}"
                    )
                    args = [name, value, _label(kind, item), other.get("id")]
                    found.append(
                        _error(klass, "E5003", message, args, name, args) | {"mainId": other.get("id")}
                    )
                    break
        return found

    def _bad_references(
        self,
        kind: str,
        item: Item,
        name: str,
        value: Any,
        bundle: dict[str, list[Item]],
        klass: str,
    ) -> list[Item]:
        if isinstance(value, list):
            return [
                error
                for entry in value
                for error in self._bad_references(kind, item, name, entry, bundle, klass)
            ]
        if not isinstance(value, dict) or name == "sharing":
            return []
        target = REFERENCES.get(name)
        if target is None or "id" not in value:
            return [
                error
                for inner, entry in value.items()
                for error in self._bad_references(kind, item, inner, entry, bundle, klass)
            ]
        identifier = value["id"]
        if self._metadata.get(target, identifier) or any(
            o.get("id") == identifier for o in bundle.get(target, ())
        ):
            return []
        reference = f"[{identifier}] ({PACKAGES[target].rpartition('.')[2]})"
        message = f"Invalid reference {reference} on object {_label(kind, item)} for association `{name}`"
        args = [reference, _label(kind, item), name]
        return [_error(klass, "E5002", message, args, name, args) | {"mainId": item.get("id")}]

    def _store(self, bundle: dict[str, list[Item]], user: User, now: str, *, delete: bool) -> None:
        if delete:
            for kind, items in bundle.items():
                for item in items:
                    if self._metadata.get(kind, item["id"]):
                        self._metadata.delete(kind, item["id"])
            return
        self._metadata.save(
            {
                kind: [self._complete(kind, item, user, now) for item in items]
                for kind, items in bundle.items()
            }
        )

    def _complete(self, kind: str, item: Item, user: User, now: str) -> Item:
        known = self._metadata.get(kind, item["id"]) or {}
        sharing = {"owner": user.id, "external": False, "users": {}, "userGroups": {}, "public": "rw------"}
        full = {
            **FILLED.get(kind, {}),
            **item,
            "sharing": {**sharing, **(item.get("sharing") or known.get("sharing") or {})},
            "created": known.get("created", now),
            "lastUpdated": now,
        }
        return {name: float(value) if name in DOUBLES else value for name, value in full.items()}

    def remove(self, kind: str, identifier: str, *, has_data: bool) -> Answer:
        """`DELETE` of one object; one with values is kept."""
        klass = f"org.hisp.dhis.{PACKAGES[kind]}"
        report: Item = {"uid": identifier, "klass": klass, "errorReports": [], "responseType": "ObjectReport"}
        if self._metadata.get(kind, identifier) is None:
            message = f"{klass.rpartition('.')[2]} with id {identifier} could not be found."
            return as_json(web_message(404, "ERROR", message, code="E1005"), 404)
        if has_data:
            holder = "Changelog" if Change.V243_CHANGE_LOG in self._dialect else "Audit"
            message = (
                f"Object could not be deleted because it is associated with another object: DataValue{holder}"
            )
            error = {
                "message": message,
                "args": [],
                "mainKlass": klass,
                "errorCode": "E4030",
                "errorProperties": [],
            }
            return as_json(
                web_message(409, "WARNING", FAILED, response={**report, "errorReports": [error]}), 409
            )
        self._metadata.delete(kind, identifier)
        return succeeded("", response=report)


def _label(kind: str, item: Item) -> str:
    return f"{item.get('name')} [{item.get('id')}] ({PACKAGES[kind].rpartition('.')[2]})"


def _error(
    klass: str,
    code: str,
    message: str,
    args: list[Any] | None = None,
    prop: str | None = None,
    properties: list[Any] | None = None,
) -> Item:
    error: Item = {"message": message, "mainKlass": klass, "errorCode": code, "args": args or []}
    if prop is not None:
        error |= {"errorProperty": prop, "errorProperties": properties or []}
    return error


def _shape_errors(kind: str, item: Item, klass: str) -> list[Item]:
    found = []
    if not UID.fullmatch(str(item.get("id", ""))):
        message = f"Invalid UID `{item.get('id')}` for property `DataElement`"
        found.append(_error(klass, "E4014", message, [item.get("id"), "id"], "id", ["id"]))
    for name, longest in LENGTHS.items():
        length = len(item.get(name) or "")
        if length > longest:
            message = f"Maximum length of property `{name}`is {longest}, but given length was {length}"
            args = [name, str(longest), str(length)]
            error = _error(klass, "E4001", message, args, name, [name, longest, length])
            found.append(error | {"errorKlass": "java.lang.String"})
    opened, closed = (str(item.get(name) or "")[:10] for name in ("openingDate", "closedDate"))
    if kind == "organisationUnits" and closed and closed < opened:
        message = f"Closing date `{closed}` must be after opening date `{opened}`"  # the words are ours
        found.append(_error(klass, "E4013", message, [closed, opened], "closedDate", [closed, opened]))
    for name in REQUIRED.get(kind, ()):
        if item.get(name) is None or item.get(name) == "":
            message = f"Missing required property `{name}`"
            found.append(_error(klass, "E4000", message, [name], name, [name]))
    return found


def _stats(counts: Counter[str]) -> dict[str, int]:
    stats = {name: counts[name] for name in ("created", "updated", "deleted", "ignored")}
    return {**stats, "total": sum(stats.values())}


def _type_report(
    kind: str, items: list[Item], counts: Counter[str], errors: dict[int, list[Item]]
) -> dict[str, Any]:
    klass = f"org.hisp.dhis.{PACKAGES[kind]}"
    return {
        "klass": klass,
        "stats": _stats(counts),
        "objectReports": [
            {"klass": klass, "index": index, "uid": items[index].get("id"), "errorReports": found}
            for index, found in errors.items()
        ],
    }
