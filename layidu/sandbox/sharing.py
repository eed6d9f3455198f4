"""Who may see and write an object? `/api/sharing`, the older spelling of an object's `sharing`."""

import json

from layidu.sandbox.accounts import META_WRITE, User
from layidu.sandbox.answers import Answer, Request, as_json, refused, succeeded
from layidu.sandbox.metadata import PACKAGES, Item, Metadata


class Sharing:
    """Reads and sets access to one object."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def _find(self, request: Request) -> tuple[str, Item]:
        wanted = request.one("type")
        for kind, package in PACKAGES.items():
            klass = package.rpartition(".")[2]
            if wanted == klass[0].lower() + klass[1:]:
                item = self._metadata.get(kind, request.one("id"))
                if item is not None:
                    return kind, item
        raise refused(404, f"Object of type {wanted} with id {request.one('id')} was not found.", "E1005")

    def get(self, request: Request) -> Answer:
        """An object's access."""
        _, item = self._find(request)
        sharing = item.get("sharing") or {}
        content = {
            "meta": {"allowPublicAccess": True, "allowExternalAccess": False},
            "object": {
                "id": item["id"],
                "name": item.get("name"),
                "displayName": item.get("name"),
                "publicAccess": sharing.get("public"),
                "externalAccess": sharing.get("external", False),
                "user": {"id": sharing.get("owner")},
                "userAccesses": list(sharing.get("users", {}).values()),
                "userGroupAccesses": list(sharing.get("userGroups", {}).values()),
            },
        }
        return as_json(content)

    def put(self, request: Request, user: User) -> Answer:
        """Replace an object's access."""
        kind, item = self._find(request)
        if not user.may(META_WRITE, item):
            raise refused(403, "You do not have manage access to this object.")
        asked: Item = json.loads(request.body).get("object", {})
        sharing = {
            **(item.get("sharing") or {}),
            "public": asked.get("publicAccess", "--------"),
            "external": asked.get("externalAccess", False),
            "users": {each["id"]: _access(each) for each in asked.get("userAccesses", ())},
            "userGroups": {each["id"]: _access(each) for each in asked.get("userGroupAccesses", ())},
        }
        self._metadata.save({kind: [{**item, "sharing": sharing}]})
        return succeeded("Access control set")


def _access(entry: Item) -> Item:
    return {"id": entry["id"], "access": entry["access"]}
