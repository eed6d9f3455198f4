"""How does an object on the server differ from ours? In what we own of it, whatever way the server writes it.

Servers vary in the order of lists, in null for empty, in 0.0 for 0 and in what they add. What people gave of sharing,
and what they put on a dashboard, is theirs and no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layidu.dhis2.publishable import DhisObject

FRENCH_KIND = {
    "legendSets": "légende",
    "dataElements": "élément de données",
    "indicatorTypes": "type d'indicateur",
    "indicators": "indicateur",
    "dataSets": "jeu de données",
    "visualizations": "graphique ou tableau",
    "maps": "carte",
    "dashboards": "tableau de bord",
}
ITEMS = "dataDimensionItemType,dataElement[id],indicator[id]"
VIEW = (
    "layer,thematicMapType,renderingStrategy,classes,method,opacity,hidden,columnDimensions,rowDimensions,"
    "filterDimensions,userOrganisationUnit,organisationUnitLevels,rawPeriods,relativePeriods,aggregationType"
)
NESTED = {
    "categoryCombo": "categoryCombo[id]",
    "indicatorType": "indicatorType[id]",
    "dataSetElements": "dataSetElements[dataElement[id]]",
    "organisationUnits": "organisationUnits[id]",
    "legendSets": "legendSets[id]",
    "legends": "legends[name,startValue,endValue,color]",
    "dataDimensionItems": f"dataDimensionItems[{ITEMS}]",
    "dashboardItems": "dashboardItems[id,type,visualization[id],map[id]]",
    "mapViews": f"mapViews[{VIEW},dataDimensionItems[{ITEMS}]]",
}
#: Objects that only show: a server may leave out of its answer what it has no value for.
SHOWING = frozenset({"visualizations", "maps", "dashboards", "legendSets"})
NAMED_UNITS = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not on the server as it should be."""

    kind: str
    wanted: DhisObject
    found: DhisObject | None
    fields: tuple[str, ...]
    org_unit_names: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def line(self) -> str:
        """The difference in French."""
        name = f"{FRENCH_KIND[self.kind]} {self.wanted['code']} « {self.wanted['name']} »"
        if self.found is None:
            return f"{name} : à créer{self.assigned}"
        changes = ", ".join(change(name, self.wanted[name], self.found.get(name)) for name in self.fields)
        return f"{name} : à mettre à jour ({changes}){self.assigned}"

    @property
    def assigned(self) -> str:
        """The org units a data set is newly assigned to, by name."""
        before = {str(one.get("id")) for one in (self.found or {}).get("organisationUnits") or []}
        new = [one["id"] for one in self.wanted.get("organisationUnits", []) if one["id"] not in before]
        if self.kind != "dataSets" or not new:
            return ""
        names = sorted(self.org_unit_names.get(uid, uid) for uid in new)
        more = f" et {len(names) - NAMED_UNITS} autres" if len(names) > NAMED_UNITS else ""
        return f" ; {len(names)} unité(s) nouvellement affectée(s) : {', '.join(names[:NAMED_UNITS])}{more}"


def fields_of(wanted: DhisObject) -> str:
    """The `fields` that give back all we own of an object."""
    return ",".join(NESTED.get(name, name) for name in wanted)


def differing(wanted: DhisObject, found: DhisObject, kind: str = "") -> tuple[str, ...]:
    """The fields in which the server's object is not ours; of sharing only the accounts we name."""
    return tuple(name for name, value in wanted.items() if not same(kind, name, value, found))


def same(kind: str, name: str, value: Any, found: DhisObject) -> bool:
    """Whether one field is as wanted."""
    held = found.get(name)
    if name == "sharing":
        return shared_as_wanted(value, held or {})
    if name == "dashboardItems":  # people may add items and move ours
        return all(any(agrees(placeless(one), other) for other in held or []) for one in value)
    if kind in SHOWING:
        return held is None or agrees(value, held)
    return bool(comparable(value) == comparable(held))


def placeless(item: DhisObject) -> DhisObject:
    """A dashboard item without its place and its id (a server may give another)."""
    return {name: value for name, value in item.items() if name not in {"id", "x", "y", "width", "height"}}


def agrees(wanted: Any, held: Any) -> bool:
    """Whether what a server holds says the same; what it adds or leaves out says nothing."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        if wanted and all(value is True for value in wanted.values()):  # relative periods
            return {name for name, on in held.items() if on is True} == set(wanted)
        return all(agrees(value, held[name]) for name, value in wanted.items() if held.get(name) is not None)
    if isinstance(wanted, list) and isinstance(held, list):
        if any(isinstance(one, dict) for one in wanted):
            return len(wanted) == len(held) and all(
                any(agrees(one, other) for other in held) for one in wanted
            )
        return bool(wanted == held)
    return bool(wanted == held)


def shared_as_wanted(wanted: DhisObject, found: DhisObject) -> bool:
    """Whether every account and group we name has at least what we give it."""
    return all(
        covers(((found.get(who) or {}).get(uid) or {}).get("access", ""), entry["access"])
        for who in ("users", "userGroups")
        for uid, entry in wanted[who].items()
    )


def covers(held: str, wanted: str) -> bool:
    """Whether an access string allows all another one does."""
    return all(
        letter in ("-", have) for letter, have in zip(wanted, held.ljust(len(wanted), "-"), strict=False)
    )


def wider(held: str, wanted: str) -> str:
    """All that either access string allows."""
    padded = held.ljust(len(wanted), "-")
    return "".join(have if letter == "-" else letter for letter, have in zip(wanted, padded, strict=False))


def comparable(value: Any) -> Any:
    """A value without what servers vary in: order of lists, null for empty, references as objects."""
    if isinstance(value, dict):
        return reference(value)
    if isinstance(value, list):
        return frozenset(reference(item) if isinstance(item, dict) else item for item in value) or None
    return None if value == "" else value


def reference(value: DhisObject) -> Any:
    """The uid an object stands for: its own, or its data element's (a row of dataSetElements)."""
    return value["dataElement"]["id"] if "dataElement" in value else value.get("id")


def change(field: str, wanted: Any, found: Any) -> str:
    """One change in a few words; lists as counts, because a list of 75 districts is not read by anybody."""
    if field == "sharing":
        return "sharing : droits de nos comptes à donner"
    if field in {"dashboardItems", "mapViews", "legends", "dataDimensionItems"}:
        return f"{field} : {len(found or [])} sur le serveur, {len(wanted)} à remettre"
    if isinstance(wanted, list):
        before, after = comparable(found) or frozenset(), comparable(wanted) or frozenset()
        return f"{field} : {len(after - before)} à ajouter, {len(before - after)} à retirer"
    return f"{field} : {shown(found)} -> {shown(wanted)}"


def shown(value: Any) -> str:
    """A value short enough for a line."""
    text = str(reference(value) if isinstance(value, dict) and "id" in value else value)
    return f"« {text if len(text) <= 60 else text[:59] + '…'} »"


def merged_sharing(wanted: DhisObject, found: DhisObject) -> DhisObject:
    """Ours over what the server holds; an access wider than ours stays."""
    if "sharing" not in wanted:
        return {}
    ours, theirs = wanted["sharing"], found.get("sharing") or {}
    named = {}
    for who in ("users", "userGroups"):
        named[who] = dict(theirs.get(who) or {})
        for uid, entry in ours[who].items():
            held = (named[who].get(uid) or {}).get("access", "")
            named[who][uid] = {"id": uid, "access": wider(held, entry["access"])}
    return {"sharing": {"public": ours["public"], **theirs, **named}}
