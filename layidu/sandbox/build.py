"""How does a country become a store? Prepared tuples with integer keys, sorted as the table is."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.sandbox.accounts import user_id, with_secrets
from layidu.sandbox.clock import java_text
from layidu.sandbox.country import CLOCK_START, Account, Country
from layidu.sandbox.metadata import DEFAULT_COMBO, Item, with_defaults, write_objects
from layidu.sandbox.metadata_import import FILLED
from layidu.sandbox.store import building

PLANTED = "planted.json"
CHUNK = 50_000
KEYS = ("period", "data_element", "org_unit", "category_option_combo", "attribute_option_combo")
TEXTS = ("value", "stored_by", "created", "last_updated", "comment")


def build(folder: Path, country: Country, marker: str) -> None:
    """Write a country into a folder: its store, its accounts with fresh secrets, what was planted."""
    folder.mkdir(parents=True, exist_ok=True)
    with building(folder) as connection:
        write_objects(connection, _shared(country))
        words: dict[str, int] = {}
        connection.executemany(
            "INSERT INTO data_value VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            _value_rows(country.values, words),
        )
        _registrations(connection, country.registrations, words)
        connection.executemany("INSERT INTO word (text, key) VALUES (?, ?)", words.items())
        connection.execute("INSERT INTO note VALUES ('built', ?)", (marker,))
    with_secrets(folder, country.accounts)
    planted = [asdict(each) for each in country.planted]
    (folder / PLANTED).write_text(json.dumps(planted, ensure_ascii=False, indent=1), encoding="utf-8")


def _shared(country: Country) -> dict[str, list[Item]]:
    """The metadata with everything a server adds: defaults that all may read, stamps, users, rights as sharing."""
    stamp = java_text(CLOCK_START)
    metadata = {
        kind: [_complete(kind, item, country.accounts, stamp) for item in items]
        for kind, items in with_defaults(country.metadata).items()
    }
    users = [
        {"id": user_id(account.username), "username": account.username, "name": account.username}
        for account in country.accounts
    ]
    return {**metadata, "users": [*metadata.get("users", []), *users]}


def _complete(kind: str, item: Item, accounts: tuple[Account, ...], stamp: str) -> Item:
    public = "r-------" if kind == "dataSets" else "rw------"
    sharing = {
        "external": False,
        "users": {},
        "userGroups": {},
        "public": public,
        **(item.get("sharing") or {}),
    }
    users = dict(sharing["users"])
    for account in accounts:
        data = "r" if item["id"] in (*account.data_read, *account.data_write) else "-"
        data += "w" if item["id"] in account.data_write else "-"
        if data != "--":
            users[user_id(account.username)] = {"id": user_id(account.username), "access": f"r-{data}----"}
    return {
        "created": stamp,
        "lastUpdated": stamp,
        **FILLED.get(kind, {}),
        **item,
        "sharing": {**sharing, "users": users},
    }


def _keys(column: pd.Series, words: dict[str, int]) -> npt.NDArray[np.int64]:
    codes, uniques = pd.factorize(column)
    keys = np.array([words.setdefault(str(text), len(words) + 1) for text in uniques], dtype=np.int64)
    return keys[codes] if len(keys) else np.empty(0, dtype=np.int64)


def _value_rows(values: pd.DataFrame, words: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    keys = [_keys(values[name], words) for name in KEYS]
    order = np.lexsort(keys[::-1])
    keys = [key[order] for key in keys]
    texts = [values[name].array.to_numpy(dtype=object, na_value=None)[order] for name in TEXTS]
    deleted = values["deleted"].to_numpy(dtype=bool)[order].astype(int)
    for start in range(0, len(order), CHUNK):
        rows = slice(start, start + CHUNK)
        yield from zip(*(part[rows].tolist() for part in (*keys, *texts, deleted)), strict=True)


def _registrations(connection: sqlite3.Connection, frame: pd.DataFrame, words: dict[str, int]) -> None:
    keys = [_keys(frame[name], words).tolist() for name in ("data_set", "period", "org_unit")]
    combo = words.setdefault(DEFAULT_COMBO, len(words) + 1)
    rows = zip(*keys, frame["date"].astype(str).tolist(), frame["stored_by"].tolist(), strict=True)
    connection.executemany(
        "INSERT INTO registration VALUES (?, ?, ?, ?, ?, ?, 1)",
        ((data_set, period, unit, combo, day, by) for data_set, period, unit, day, by in rows),
    )
