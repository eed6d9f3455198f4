"""What becomes of values when objects are merged? They are given to the target as they are, stamps and all.

Data elements and category option combos since 2.42, org units before as well; after the documentation, not recorded.
No stamp moves and no tombstone stays, so that an increment by `lastUpdated` never sees a merge.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import Answer, Request, refused, succeeded
from layidu.sandbox.metadata import Item, Metadata
from layidu.sandbox.store import Store

#: For each kind: the column of the values, and the authority.
KINDS = {
    "categoryOptionCombos": ("category_option_combo", "F_CATEGORY_OPTION_COMBO_MERGE"),
    "dataElements": ("data_element", "F_DATA_ELEMENT_MERGE"),
    "organisationUnits": ("org_unit", "F_ORGANISATION_UNIT_MERGE"),
}
COLUMNS = (
    "period", "data_element", "org_unit", "category_option_combo", "attribute_option_combo", "value", "stored_by",
    "created", "last_updated", "comment", "followup", "deleted",
)  # fmt: skip
FORMULAS = ("numerator", "denominator")
LAST_UPDATED = COLUMNS.index("last_updated")


class Merges:
    """Answers POST /api/KIND/merge."""

    def __init__(self, store: Store, metadata: Metadata) -> None:
        self._store = store
        self._metadata = metadata

    def post(self, kind: str, request: Request, user: User) -> Answer:
        """Give the sources' values to the target, then delete the sources."""
        column, authority = KINDS[kind]
        user.must_have(authority)
        asked: Item = json.loads(request.body or b"{}")
        sources, target = [str(each) for each in asked.get("sources", ())], str(asked.get("target"))
        unknown = [each for each in (*sources, target) if self._metadata.get(kind, each) is None]
        if not sources or unknown or target in sources:
            raise refused(409, f"Sources and a target are needed, and must exist: {unknown or sources}")
        strategy = str(
            asked.get("dataMergeStrategy") or asked.get("dataValueMergeStrategy") or "LAST_UPDATED"
        )
        with self._store.writing() as connection:
            for each in (*sources, target):
                self._store.words.intern(connection, each)
            self._move_values(connection, kind, column, sources, target, keep=strategy != "DISCARD")
        self._repoint(kind, set(sources), target)
        if asked.get("deleteSources", True):
            for each in sources:
                self._metadata.delete(kind, each)
        name = {"organisationUnits": "Organisation unit", "dataElements": "DataElement"}.get(
            kind, "CategoryOptionCombo"
        )
        return succeeded(f"{name} merge complete")

    def _move_values(
        self,
        connection: sqlite3.Connection,
        kind: str,
        column: str,
        sources: list[str],
        target: str,
        *,
        keep: bool,
    ) -> None:
        *from_keys, to_key = self._store.words.keys([*sources, target])
        if kind == "organisationUnits" and keep:
            # The target's own values go first: those of the sources stand in their place.
            connection.execute("DELETE FROM data_value WHERE org_unit = ?", [to_key])
            keys = from_keys
        else:
            keys = [*from_keys, to_key]
        selected = f"SELECT {', '.join(COLUMNS)} FROM data_value WHERE {_among(column, keys)}"  # noqa: S608 - ours
        at = COLUMNS.index(column)
        newest: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for row in connection.execute(selected, keys) if keep else ():
            moved = (*row[:at], to_key, *row[at + 1 :])
            held = newest.get(moved[:5])
            if held is None or held[LAST_UPDATED] < moved[LAST_UPDATED]:
                newest[moved[:5]] = moved
        gone = keys if keep else from_keys
        connection.execute(f"DELETE FROM data_value WHERE {_among(column, gone)}", gone)  # noqa: S608 - ours
        connection.executemany("INSERT INTO data_value VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", newest.values())
        if kind == "organisationUnits":
            connection.executemany(
                "UPDATE OR REPLACE registration SET org_unit = ? WHERE org_unit = ?",
                [(to_key, key) for key in from_keys],
            )

    def _repoint(self, kind: str, sources: set[str], target: str) -> None:
        """What pointed to a source (data sets, children, formulas) points to the target; its own stamp stays."""
        changed: dict[str, list[Item]] = {}
        if kind != "organisationUnits":
            changed["indicators"] = [
                {**item, **{part: _renamed(item[part], sources, target) for part in FORMULAS}}
                for item in self._metadata.objects["indicators"].values()
                if any(_renamed(item[part], sources, target) != item[part] for part in FORMULAS)
            ]
        if kind == "dataElements":
            changed["dataSets"] = self._changed("dataSets", "dataSetElements", sources, target, _element_of)
        if kind == "organisationUnits":
            changed["dataSets"] = self._changed("dataSets", "organisationUnits", sources, target, _itself)
            changed[kind] = [
                {**item, "parent": {"id": target}}
                for item in self._metadata.objects[kind].values()
                if (item.get("parent") or {}).get("id") in sources
            ]
        self._metadata.save({name: items for name, items in changed.items() if items})

    def _changed(
        self, kind: str, name: str, sources: set[str], target: str, of: Callable[[Item], Item]
    ) -> list[Item]:
        found = []
        for item in self._metadata.objects[kind].values():
            members = item.get(name, ())
            if not any(of(each)["id"] in sources for each in members):
                continue
            kept: dict[str, Item] = {}
            for each in members:
                identifier = target if of(each)["id"] in sources else of(each)["id"]
                again = (
                    {**each, "dataElement": {"id": identifier}} if of is _element_of else {"id": identifier}
                )
                kept.setdefault(identifier, again)
            found.append({**item, name: list(kept.values())})
        return found


def _among(column: str, keys: list[int]) -> str:
    return f"{column} IN ({','.join('?' * len(keys))})"


def _renamed(formula: str, sources: set[str], target: str) -> str:
    for source in sources:
        formula = formula.replace(source, target)
    return formula


def _element_of(member: Item) -> Item:
    element: Item = member["dataElement"]
    return element


def _itself(member: Item) -> Item:
    return member
