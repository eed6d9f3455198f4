"""How do a slice's checked records become rows of integer keys in a temporary table?

Codes and texts are looked up once for each dictionary entry; what travels for each row is eight numbers.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from layidu.model.slices import Checked
from warehouse.keys import coded, dictionary
from warehouse.staging import LARGE, run_sql, stage, stage_numbers

KEY_LIST = "period, data_element, org_unit, category_option_combo, attribute_option_combo"
NOWHERE = -1
# DHIS2's own grammar of numbers; Python's float() would also take "1_0", "nan" and Arabic digits.
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Staged:
    """How many records went to the staging table, and how many belong to another data set."""

    kept: int
    tombstones: int
    foreign: int


def stage_values(
    connection: psycopg.Connection, checked: Checked, source: int, owned_elements: frozenset[str]
) -> Staged:
    """Fill `staging` with the kept records and the tombstones of the elements this data set owns.

    `staging` holds numbers only: keys, lastUpdated (-infinity for none), and the place of the value in
    `staged_text`, which holds each distinct text once.
    """
    received = checked.kept.num_rows + checked.tombstones.num_rows
    kept, tombstones = owned(checked.kept, owned_elements), owned(checked.tombstones, owned_elements)
    # Staging stays in memory as long as it fits; the setting must come before the first temporary table.
    run_sql(connection, "SET LOCAL temp_buffers = '128MB'")
    stage_records(connection, kept, tombstones, source)
    if kept.num_rows + tombstones.num_rows >= LARGE:
        # The tables of a first night have no statistics yet, and a nested loop over them never ends; a merge
        # sorts both sides, which takes three times as long as hashing one.
        run_sql(connection, "SET LOCAL enable_nestloop = off")
        run_sql(connection, "SET LOCAL enable_mergejoin = off")
    return Staged(kept.num_rows, tombstones.num_rows, received - kept.num_rows - tombstones.num_rows)


def stage_records(connection: psycopg.Connection, kept: pa.Table, tombstones: pa.Table, source: int) -> None:
    """Kept records and tombstones as rows of numbers; comment and storedBy stay behind."""
    both = pa.concat_tables([kept, tombstones])
    columns = {name: coded(connection, name, both[name], source) for name in KEY_LIST.split(", ")}
    texts = dictionary(both["value"])
    written = dictionary(both["last_updated"])
    is_tombstone = np.zeros(both.num_rows, dtype=np.int32)
    is_tombstone[kept.num_rows :] = 1
    stage_numbers(
        connection,
        "staging",
        {
            **columns,
            "text": places(texts),
            "last_updated": moments(written.dictionary)[places(written)],
            "tombstone": is_tombstone,
        },
    )
    stage(
        connection,
        "staged_text",
        with_place(texts.dictionary),
        {"text": "int", "value": "text", "number": "double precision"},
    )
    run_sql(connection, "ANALYZE staged_text")


def places(column: pa.DictionaryArray) -> NDArray[np.int32]:
    """Which entry of its dictionary each row has; -1 for none (a tombstone may have no value)."""
    found: NDArray[np.int32] = pc.fill_null(column.indices, NOWHERE).to_numpy(zero_copy_only=False)
    return found


def with_place(texts: pa.Array) -> pa.Table:
    """The entries of a dictionary with their places and numbers, and one without anything for those that have none."""
    return pa.table(
        {
            "text": pa.array([*range(len(texts)), NOWHERE], pa.int32()),
            "value": pa.concat_arrays([texts, pa.nulls(1, texts.type)]),
            "number": pa.array([*map(number, texts.to_pylist()), None], pa.float64()),
        }
    )


def owned(values: pa.Table, owned_elements: frozenset[str]) -> pa.Table:
    """Only the records of elements that this data set owns."""
    if not values.num_rows:
        return values
    elements = dictionary(values["data_element"])
    ours = np.array([word in owned_elements for word in elements.dictionary.to_pylist()], dtype=bool)
    if ours.all():
        return values
    return values.filter(pa.array(ours[elements.indices.to_numpy(zero_copy_only=False)]))


def number(text: str) -> float | None:
    """A number in DHIS2's grammar, or nothing."""
    if NUMBER.fullmatch(text) is None:
        return None
    read = float(text)
    return read if math.isfinite(read) else None


def moments(texts: pa.Array) -> NDArray[np.datetime64]:
    """DHIS2's lastUpdated as moments in UTC, and NaT at the end, for place -1."""
    words = pd.Series(texts.to_pylist(), dtype="str")
    read = pd.to_datetime(words, utc=True, format="ISO8601").dt.tz_localize(None)
    return np.append(read.to_numpy("datetime64[us]"), np.datetime64("NaT", "us"))
