"""What metadata does the sandbox hold? Objects by kind and id, in memory and in the store."""

import json
import sqlite3
from collections import defaultdict
from itertools import product
from threading import RLock
from typing import Any

from layidu.sandbox.store import Store, as_rows
from layidu.sandbox.uids import uid

Item = dict[str, Any]

PACKAGES = {
    "attributes": "attribute.Attribute",
    "categories": "category.Category",
    "categoryCombos": "category.CategoryCombo",
    "categoryOptionCombos": "category.CategoryOptionCombo",
    "categoryOptionGroupSets": "category.CategoryOptionGroupSet",
    "categoryOptionGroups": "category.CategoryOptionGroup",
    "categoryOptions": "category.CategoryOption",
    "constants": "constant.Constant",
    "dashboards": "dashboard.Dashboard",
    "dataApprovalLevels": "dataapproval.DataApprovalLevel",
    "dataApprovalWorkflows": "dataapproval.DataApprovalWorkflow",
    "dataElementGroupSets": "dataelement.DataElementGroupSet",
    "dataElementGroups": "dataelement.DataElementGroup",
    "dataElements": "dataelement.DataElement",
    "dataSets": "dataset.DataSet",
    "indicatorGroups": "indicator.IndicatorGroup",
    "indicatorTypes": "indicator.IndicatorType",
    "indicators": "indicator.Indicator",
    "legendSets": "legend.LegendSet",
    "lockExceptions": "dataset.LockException",
    "maps": "mapping.Map",
    "optionSets": "option.OptionSet",
    "options": "option.Option",
    "organisationUnitGroupSets": "organisationunit.OrganisationUnitGroupSet",
    "organisationUnitGroups": "organisationunit.OrganisationUnitGroup",
    "organisationUnitLevels": "organisationunit.OrganisationUnitLevel",
    "organisationUnits": "organisationunit.OrganisationUnit",
    "predictors": "predictor.Predictor",
    "sections": "dataset.Section",
    "userGroups": "user.UserGroup",
    "userRoles": "user.UserRole",
    "users": "user.User",
    "validationRules": "validation.ValidationRule",
    "visualizations": "visualization.Visualization",
}
#: Which kind a property points to, by the property's name; the same name means the same kind everywhere.
REFERENCES = {
    "categories": "categories",
    "categoryCombo": "categoryCombos",
    "categoryOption": "categoryOptions",
    "categoryOptionCombo": "categoryOptionCombos",
    "categoryOptionCombos": "categoryOptionCombos",
    "categoryOptions": "categoryOptions",
    "children": "organisationUnits",
    "dataApprovalLevels": "dataApprovalLevels",
    "dataElement": "dataElements",
    "dataElements": "dataElements",
    "dataSet": "dataSets",
    "dataSets": "dataSets",
    "indicator": "indicators",
    "indicatorType": "indicatorTypes",
    "indicators": "indicators",
    "legendSet": "legendSets",
    "legendSets": "legendSets",
    "map": "maps",
    "optionSet": "optionSets",
    "options": "options",
    "organisationUnits": "organisationUnits",
    "parent": "organisationUnits",
    "userGroups": "userGroups",
    "visualization": "visualizations",
    "workflow": "dataApprovalWorkflows",
}
DEFAULT: dict[str, tuple[str, Item]] = {
    "categoryOptions": ("xYerKDKCefk", {}),
    "categories": ("GLevLNI9wkl", {"categoryOptions": [{"id": "xYerKDKCefk"}]}),
    "categoryCombos": ("bjDvmb4bfuf", {"categories": [{"id": "GLevLNI9wkl"}]}),
    "categoryOptionCombos": (
        "HllvX50cXC0",
        {"categoryCombo": {"id": "bjDvmb4bfuf"}, "categoryOptions": [{"id": "xYerKDKCefk"}]},
    ),
}
DEFAULT_COMBO = "HllvX50cXC0"


def with_defaults(metadata: dict[str, list[Item]]) -> dict[str, list[Item]]:
    """A country's metadata plus the objects named `default` that every server has."""
    full = {kind: list(items) for kind, items in metadata.items()}
    for kind, (identifier, properties) in DEFAULT.items():
        items = full.setdefault(kind, [])
        if all(item["id"] != identifier for item in items):
            own = {"id": identifier, "name": "default", "code": "default"}
            items.append({**own, "sharing": {"public": "rw------"}, **properties})
    return full


class Metadata:
    """All objects, with the little that DHIS2 derives from them: paths, levels, combos' option combos."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = RLock()
        self.objects: dict[str, dict[str, Item]] = {kind: {} for kind in PACKAGES}
        with store.reading() as connection:
            for kind, identifier, text in connection.execute("SELECT kind, id, json FROM object"):
                self.objects.setdefault(kind, {})[identifier] = json.loads(text)
        self._forget()

    def _forget(self) -> None:
        self._paths: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, list[str]] | None = None
        self._combos: dict[str, list[str]] | None = None
        self._sets_of: dict[str, list[str]] | None = None
        self._codes: dict[str, dict[str, str]] = {}

    def get(self, kind: str, identifier: str) -> Item | None:
        """One object, or None."""
        return self.objects.get(kind, {}).get(identifier)

    def save(self, changed: dict[str, list[Item]]) -> None:
        """Keep new or changed objects, all or none."""
        with self._lock, self._store.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", as_rows(changed))
            for kind, items in changed.items():
                held = dict(self.objects.get(kind, {}))
                held.update({item["id"]: item for item in items})
                self.objects[kind] = held
            self._forget()

    def delete(self, kind: str, identifier: str) -> None:
        """Forget one object."""
        with self._lock, self._store.writing() as connection:
            connection.execute("DELETE FROM object WHERE kind = ? AND id = ?", (kind, identifier))
            held = dict(self.objects[kind])
            held.pop(identifier)
            self.objects[kind] = held
            self._forget()

    def path(self, org_unit: str) -> tuple[str, ...]:
        """The ids from the root down to an org unit, itself last."""
        known = self._paths.get(org_unit)
        if known is None:
            item = self.get("organisationUnits", org_unit) or {}
            parent = (item.get("parent") or {}).get("id")
            known = (*(self.path(parent) if parent else ()), org_unit)
            self._paths[org_unit] = known
        return known

    def is_inside(self, org_unit: str, roots: tuple[str, ...]) -> bool:
        """Whether an org unit lies in the subtree of one of the roots."""
        return not set(roots).isdisjoint(self.path(org_unit))

    def children(self, org_unit: str) -> list[str]:
        """The org units directly below one."""
        if self._children is None:
            found: dict[str, list[str]] = defaultdict(list)
            for identifier, item in self.objects["organisationUnits"].items():
                if item.get("parent"):
                    found[item["parent"]["id"]].append(identifier)
            self._children = found
        return self._children.get(org_unit, [])

    def subtree(self, org_unit: str) -> list[str]:
        """An org unit and all below it."""
        found = [org_unit]
        for identifier in found:
            found.extend(self.children(identifier))
        return found

    def option_combos(self, category_combo: str) -> list[str]:
        """The option combos of a category combo that exist so far."""
        if self._combos is None:
            found: dict[str, list[str]] = defaultdict(list)
            for identifier, item in self.objects["categoryOptionCombos"].items():
                found[item["categoryCombo"]["id"]].append(identifier)
            self._combos = found
        return self._combos.get(category_combo, [])

    def elements_of(self, data_set: str) -> list[str]:
        """The data elements of a data set."""
        item = self.get("dataSets", data_set) or {}
        return [member["dataElement"]["id"] for member in item.get("dataSetElements", ())]

    def sets_of(self, data_element: str) -> list[str]:
        """The data sets an element is in."""
        if self._sets_of is None:
            found: dict[str, list[str]] = defaultdict(list)
            for identifier in self.objects["dataSets"]:
                for element in self.elements_of(identifier):
                    found[element].append(identifier)
            self._sets_of = found
        return self._sets_of.get(data_element, [])

    def option_codes(self, data_element: str) -> set[str] | None:
        """The codes a value may be, or None where there is no option set."""
        named = (self.objects["dataElements"][data_element].get("optionSet") or {}).get("id")
        found = self.get("optionSets", named) if named else None
        if found is None:
            return None
        return {str(self.objects["options"][each["id"]].get("code")) for each in found.get("options", ())}

    def by_code(self, kind: str, code: str) -> str | None:
        """The id of the object with a code."""
        if kind not in self._codes:
            self._codes[kind] = {
                item["code"]: identifier
                for identifier, item in self.objects[kind].items()
                if item.get("code")
            }
        return self._codes[kind].get(code)

    def update_option_combos(self, created: str) -> int:
        """Make the option combos that category combos lack, as the maintenance job does; ids follow the options."""
        missing: list[Item] = []
        for combo in self.objects["categoryCombos"].values():
            held = {
                frozenset(
                    option["id"] for option in self.objects["categoryOptionCombos"][known]["categoryOptions"]
                )
                for known in self.option_combos(combo["id"])
            }
            categories = [self.objects["categories"][entry["id"]] for entry in combo.get("categories", ())]
            choices = [[option["id"] for option in each.get("categoryOptions", ())] for each in categories]
            missing.extend(
                self._option_combo(combo["id"], options, created)
                for options in product(*choices)
                if options and frozenset(options) not in held
            )
        if missing:
            self.save({"categoryOptionCombos": missing})
        return len(missing)

    def _option_combo(self, combo: str, options: tuple[str, ...], created: str) -> Item:
        names = [self.objects["categoryOptions"][option]["name"] for option in options]
        return {
            "id": uid("category_option_combo", f"{combo}:{','.join(sorted(options))}"),
            "name": ", ".join(names),
            "categoryCombo": {"id": combo},
            "categoryOptions": [{"id": option} for option in options],
            "created": created,
            "lastUpdated": created,
        }


def write_objects(connection: sqlite3.Connection, metadata: dict[str, list[Item]]) -> None:
    """Put a country's metadata into a new store."""
    connection.executemany("INSERT INTO object VALUES (?, ?, ?)", as_rows(with_defaults(metadata)))
