"""How is metadata asked for? `fields`, `filter`, `order` and paging, on any collection."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from layidu.sandbox.accounts import META_READ, User
from layidu.sandbox.answers import Answer, Request, as_json, not_found_page, refused, web_message
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import PACKAGES, REFERENCES, Item, Metadata

Fields = list[tuple[str, "Fields"]]

IDENTIFIABLE = ("id", "name", "code", "created", "lastUpdated")
NAMEABLE = ("id", "name", "shortName", "description", "code", "created", "lastUpdated")
DERIVED = {
    "organisationUnits": ("path", "level", "children", "leaf", "ancestors"),
    "categoryCombos": ("categoryOptionCombos", "isDefault"),
    "dataElements": ("dataSetElements",),
}
UNSHARED = {"lockExceptions"}  # have no sharing: whoever asks is answered
DATES = {"openingDate", "closedDate"}
OPERATORS = {
    "eq", "!eq", "ne", "neq", "ieq", "in", "!in", "like", "!like", "ilike", "!ilike", "$like", "like$", "$ilike",
    "ilike$", "token", "null", "!null", "empty", "ge", "gte", "gt", "le", "lte", "lt",
}  # fmt: skip


def parse_fields(text: str) -> Fields:
    """The tree of a `fields` parameter."""
    tokens = iter(re.findall(r"[^,\[\]]+|[\[\],]", text))
    return _parse(tokens)


def _parse(tokens: Iterator[str]) -> Fields:
    found: Fields = []
    for part in tokens:
        if part == "[":
            found[-1] = (found[-1][0], _parse(tokens))
        elif part == "]":
            break
        elif part != ",":
            found.append((part.strip(), []))
    return found


class Reader:
    """Answers questions about metadata from the catalogue."""

    def __init__(self, metadata: Metadata, dialect: Dialect) -> None:
        self._metadata = metadata
        self._decimal_expiry = Change.V242_DECIMAL_EXPIRY in dialect
        self._external = (
            Change.V242_EXTERNAL_SHARING in dialect and Change.V243_NO_EXTERNAL_SHARING not in dialect
        )

    def value(self, kind: str | None, item: Item, name: str) -> Any:
        """One property of an object, stored or derived."""
        if kind == "organisationUnits":
            derived = self._of_org_unit(item["id"], name)
            if derived is not None:
                return derived
        if kind == "categoryCombos" and name == "categoryOptionCombos":
            return [{"id": combo} for combo in self._metadata.option_combos(item["id"])]
        if kind == "categoryCombos" and name == "isDefault":
            return item.get("name") == "default"
        if kind == "dataElements" and name == "dataSetElements":
            return [{"dataSet": {"id": data_set}} for data_set in self._metadata.sets_of(item["id"])]
        if name in {"displayName", "displayShortName"}:
            return item.get(name, item.get(name[7].lower() + name[8:]))
        return self._stored(name, item.get(name))

    def _stored(self, name: str, found: Any) -> Any:
        """A stored property as this version writes it."""
        if name == "sharing" and isinstance(found, dict) and not self._external:
            return {key: part for key, part in found.items() if key != "external"}
        if name == "expiryDays" and found is not None and not self._decimal_expiry:
            return int(found)
        return f"{found}T00:00:00.000" if name in DATES and found and len(str(found)) == 10 else found

    def _of_org_unit(self, identifier: str, name: str) -> Any:
        path = self._metadata.path(identifier)
        if name == "path":
            return "/" + "/".join(path)
        if name == "level":
            return len(path)
        if name == "children":
            return [{"id": child} for child in self._metadata.children(identifier)]
        if name == "ancestors":
            return [{"id": above} for above in path[:-1]]
        return not self._metadata.children(identifier) if name == "leaf" else None

    def select(self, kind: str | None, item: Item, fields: Fields) -> Item:
        """The asked fields of an object; unknown ones are left out without a word."""
        chosen: Item = {}
        dropped = {name[1:] for name, _ in fields if name.startswith("!")}
        for name, nested in self._expanded(kind, item, fields):
            value = self.value(kind, item, name)
            if value is not None and name not in dropped:
                chosen[name] = self._nested(name, value, nested)
        return chosen

    def _expanded(self, kind: str | None, item: Item, fields: Fields) -> Iterator[tuple[str, Fields]]:
        for name, nested in fields:
            if name in {"*", ":all"}:
                yield from ((each, []) for each in (*item, "displayName", *DERIVED.get(kind or "", ())))
            elif name in {":owner", ":persisted", ":simple"}:
                yield from ((each, []) for each in item)
            elif name in {":identifiable", ":nameable"}:
                yield from ((each, []) for each in (NAMEABLE if name == ":nameable" else IDENTIFIABLE))
            elif not name.startswith("!"):
                yield name, nested

    def _nested(self, name: str, value: Any, fields: Fields) -> Any:
        if isinstance(value, list):
            return [self._nested(name, entry, fields) for entry in value]
        kind = REFERENCES.get("organisationUnits" if name == "ancestors" else name)
        if not isinstance(value, dict):
            return value
        if kind is None:
            return self.select(None, value, fields) if fields else value
        if not fields:
            return {"id": value["id"]} if "id" in value else value
        target = self._metadata.get(kind, value.get("id", "")) or value
        return self.select(kind, target, fields)

    def collection(self, kind: str, request: Request, user: User) -> Answer:
        """A list of objects, one page of it or all."""
        found = self.matching(kind, request.many("filter"), user, either=request.one("rootJunction") == "OR")
        found = self.ordered(kind, found, request.one("order"))
        fields = parse_fields(",".join(request.many("fields")) or "id,displayName")
        if request.one("paging").lower() == "false":
            return as_json({kind: [self.select(kind, item, fields) for item in found]})
        size = max(1, int(request.one("pageSize", "50")))
        page = max(1, int(request.one("page", "1")))
        part = found[(page - 1) * size : page * size]
        content = {
            "pager": self._pager(request, page, size, len(found)),
            kind: [self.select(kind, item, fields) for item in part],
        }
        return as_json(content)

    @staticmethod
    def _pager(request: Request, page: int, size: int, total: int) -> Item:
        pages = max(1, -(-total // size))
        pager: Item = {"page": page, "total": total, "pageSize": size, "pageCount": pages}
        others = "".join(
            f"&{name}={quote(value, safe='')}"
            for name, values in request.params.items()
            if name not in {"page", "pageSize"}
            for value in values
        )
        if page < pages:
            pager["nextPage"] = f"{request.base_url}{request.path}?page={page + 1}&pageSize={size}{others}"
        if page > 1:
            pager["prevPage"] = f"{request.base_url}{request.path}?page={page - 1}&pageSize={size}{others}"
        return pager

    def matching(self, kind: str, filters: list[str], user: User, *, either: bool = False) -> list[Item]:
        """The objects a user may see that pass all filters (or any)."""
        tests = [_test(text) for text in filters]
        join = any if either and tests else all
        return [
            item
            for item in self._metadata.objects[kind].values()
            if (kind in UNSHARED or user.may(META_READ, item))
            and join(self._passes(kind, item, *test) for test in tests)
        ]

    def ordered(self, kind: str, items: list[Item], order: str) -> list[Item]:
        """Objects in the asked order; by name when none is asked."""
        for part in reversed((order or "name").split(",")):
            name, _, direction = part.partition(":")
            items = sorted(
                items,
                key=lambda item, name=name: str(self.value(kind, item, name) or "").casefold(),  # type: ignore[misc]
                reverse=direction.endswith("desc"),
            )
        return items

    def _passes(self, kind: str, item: Item, path: str, operator: str, wanted: str) -> bool:
        values = list(self._at(kind, item, path.split(".")))
        if operator in {"null", "empty"}:
            return not values
        if operator == "!null":
            return bool(values)
        if operator.startswith("!") or operator in {"ne", "neq"}:
            positive = operator.removeprefix("!").replace("neq", "eq").replace("ne", "eq")
            return not any(_holds(value, positive, wanted) for value in values)
        return any(_holds(value, operator, wanted) for value in values)

    def _at(self, kind: str | None, item: Item, path: list[str]) -> Iterator[Any]:
        value = self.value(kind, item, "displayName" if path[0] == "displayName" else path[0])
        for entry in value if isinstance(value, list) else [value]:
            if entry is None:
                continue
            if not isinstance(entry, dict):
                yield entry
            elif len(path) > 1:
                child_kind = REFERENCES.get(path[0])
                target = self._metadata.get(child_kind, entry.get("id", "")) if child_kind else None
                yield from self._at(child_kind, target or entry, path[1:])
            else:
                yield entry.get("id", entry)

    def one(self, kind: str, identifier: str, request: Request, user: User) -> Answer:
        """A single object."""
        item = self._metadata.get(kind, identifier)
        if item is None or not user.may(META_READ, item):
            klass = PACKAGES[kind].rpartition(".")[2]
            message = f"{klass} with id {identifier} could not be found."
            return as_json(web_message(404, "ERROR", message, code="E1005"), 404)
        fields = parse_fields(",".join(request.many("fields")) or ":all")
        return as_json(self.select(kind, item, fields))

    def export(self, request: Request, user: User, version: str, date: str) -> Answer:
        """`GET /api/metadata`: the asked kinds, each with its own fields and filter."""
        asked = {name.partition(":")[0] for name in request.params if name.partition(":")[0] in PACKAGES}
        wanted = [kind for kind in PACKAGES if kind in asked and request.one(kind, "true") != "false"]
        content: Item = {"system": {"id": None, "version": version, "date": f"{date}+0000"}}
        for kind in wanted if asked else PACKAGES:
            filters = request.many(f"{kind}:filter") or request.many("filter")
            fields = parse_fields(request.one(f"{kind}:fields") or request.one("fields") or ":owner")
            found = self.ordered(kind, self.matching(kind, filters, user), "")
            if found:
                content[kind] = [self.select(kind, item, fields) for item in found]
        return as_json(content, cache=None)

    def unknown(self, request: Request) -> Answer:
        """What is answered for a path that is no collection."""
        return not_found_page(request.path)


def _test(text: str) -> tuple[str, str, str]:
    path, _, rest = text.partition(":")
    operator, _, wanted = rest.partition(":")
    if operator not in OPERATORS:
        raise refused(400, f"`{operator}` is not a valid operator.", "E1003")
    return path, operator, wanted


def _holds(value: Any, operator: str, wanted: str) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if operator in {"eq", "ieq"}:
        return text == wanted or (operator == "ieq" and text.lower() == wanted.lower())
    if operator == "in":
        return text in wanted.strip("[]").split(",")
    if operator in {"ge", "gte", "gt", "le", "lte", "lt"}:
        return _compares(text, operator, wanted)
    if "ilike" in operator or operator == "token":
        text, wanted = text.lower(), wanted.lower()
    if operator.startswith("$"):
        return text.startswith(wanted)
    return text.endswith(wanted) if operator.endswith("$") else wanted in text


def _compares(text: str, operator: str, wanted: str) -> bool:
    try:
        difference = float(text) - float(wanted)
    except ValueError:
        difference = (text > wanted) - (text < wanted)
    if operator.startswith("g"):
        return difference > 0 or (difference == 0 and operator != "gt")
    return difference < 0 or (difference == 0 and operator != "lt")
