"""Which org units may this account see? Its roots and all that lies below them, with dates and places."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from layidu.dhis2.answers import RightsError
from layidu.dhis2.client import Client
from layidu.dhis2.listing import Item, read_pages, reference
from layidu.model.frames import ORG_UNITS

FIELDS = "id,code,name,shortName,path,level,openingDate,closedDate,parent[id],geometry"


def read_org_units(client: Client, roots: Sequence[Item]) -> tuple[tuple[str, ...], pd.DataFrame]:
    """The uids of the roots, none inside another, and ORG_UNITS under them; without roots, the whole tree."""
    items = read_branches(client, roots)
    by_uid = {item["id"]: item for item in items}
    wanted = [root["id"] for root in roots] or [
        uid for uid, item in by_uid.items() if not reference(item, "parent")
    ]
    unseen = sorted(set(wanted) - set(by_uid))
    if unseen or not wanted:
        raise RightsError(
            f"unités d'organisation de {client}",
            f"introuvables : {', '.join(unseen)}" if unseen else "aucune unité d'organisation",
            "les unités attribuées au compte, et ce qui est au-dessous",
            "faire vérifier les unités d'organisation du compte",
        )
    paths = sorted(str(by_uid[uid]["path"]) for uid in set(wanted))
    outermost = [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]
    kept = [item for item in items if any(inside(str(item["path"]), path) for path in outermost)]
    seen = frozenset(item["id"] for item in kept)
    rows = [row(item, seen) for item in sorted(kept, key=lambda item: str(item["path"]))]
    return tuple(path.rsplit("/", 1)[1] for path in outermost), ORG_UNITS.frame(rows)


def read_branches(client: Client, roots: Sequence[Item]) -> list[Item]:
    """The tree as it comes: whole when a root is the country, else branch by branch."""
    paths = [str(root.get("path") or "") for root in roots]
    if not roots or any(path.count("/") < 2 for path in paths):
        return read_pages(client, "organisationUnits", FIELDS)
    found: dict[str, Item] = {}
    for root in roots:
        branch = read_pages(client, "organisationUnits", FIELDS, [f"path:like:{root['id']}"])
        found.update((item["id"], item) for item in branch)
    return list(found.values())


def inside(path: str, root: str) -> bool:
    """Whether a unit's path is the root's or lies below it."""
    return path == root or path.startswith(f"{root}/")


def row(item: Item, seen: frozenset[str]) -> tuple[object, ...]:
    """One row of ORG_UNITS; a parent the account does not see is no parent here."""
    parent = reference(item, "parent")
    longitude, latitude = point(item.get("geometry"))
    return (
        item["id"],
        item.get("code"),
        item.get("name") or item["id"],
        item.get("shortName"),
        parent if parent in seen else None,
        item["path"],
        item["level"],
        day(item.get("openingDate")),
        day(item.get("closedDate")),
        longitude,
        latitude,
    )


def day(text: object) -> datetime | None:
    """The day of `2000-01-01T00:00:00.000`."""
    return datetime.fromisoformat(text[:10]) if isinstance(text, str) and text else None


def point(geometry: object) -> tuple[float | None, float | None]:
    """Longitude and latitude of a GeoJSON point; a surface has none."""
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            return float(coordinates[0]), float(coordinates[1])
    return None, None
