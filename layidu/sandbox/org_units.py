"""How does an org unit of the sandbox look on the wire? Complete DHIS2 objects with path, level and point."""

from dataclasses import dataclass
from typing import Any

from layidu.sandbox.form_objects import CREATED
from layidu.sandbox.uids import uid

LEVELS = ("Pays", "Région sanitaire", "District sanitaire", "Structure sanitaire")
Point = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """One unit of the tree, before it is written as DHIS2 writes it."""

    uid: str
    code: str
    name: str
    parent: "OrgUnit | None" = None
    point: Point | None = None
    opened: str = "1990-01-01"
    closed: str = ""
    comment: str = ""

    @property
    def path(self) -> str:
        """`/country/…/uid`."""
        return f"{self.parent.path if self.parent else ''}/{self.uid}"

    @property
    def level(self) -> int:
        """1 for the root."""
        return self.parent.level + 1 if self.parent else 1

    def written(self) -> dict[str, Any]:
        """The unit as DHIS2 would export it."""
        text: dict[str, Any] = {
            "id": self.uid,
            "code": self.code,
            "name": self.name,
            "shortName": self.name[:50],
            "openingDate": f"{self.opened}T00:00:00.000",
            "path": self.path,
            "level": self.level,
            "leaf": self.level == len(LEVELS),
            "created": CREATED,
            "lastUpdated": CREATED,
        }
        if self.parent:
            text["parent"] = {"id": self.parent.uid}
        if self.closed:
            text["closedDate"] = f"{self.closed}T00:00:00.000"
        if self.comment:
            text["comment"] = self.comment
        if self.point:
            text["geometry"] = {"type": "Point", "coordinates": list(self.point)}
        return text


def unit_uid(code: str, known: str = "") -> str:
    """The uid of DHIS2 Mali where it is known, else one made from the code."""
    return known or uid("org_unit", code)


def levels() -> list[dict[str, Any]]:
    """The names of the levels."""
    return [
        {
            "id": uid("org_unit_level", str(number)),
            "level": number,
            "name": name,
            "created": CREATED,
            "lastUpdated": CREATED,
        }
        for number, name in enumerate(LEVELS, start=1)
    ]
