"""Which numbers stand for DHIS2's identifiers? Looked up once for each identifier, never for each row."""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Collection

import numpy as np
import psycopg
import pyarrow as pa
from numpy.typing import NDArray

from layidu.errors import FailedSafeError
from layidu.model import periods
from warehouse.staging import fetch, run_sql

UNKNOWN = -1
TABLE_OF = {
    "data_element": "data_element",
    "org_unit": "org_unit",
    "category_option_combo": "category_option_combo",
    "attribute_option_combo": "category_option_combo",
}


def source_number(connection: psycopg.Connection, name: str) -> int:
    """The key of a source; its metadata must have been loaded."""
    rows = fetch(connection, "SELECT key FROM source.instance WHERE name = %(name)s", {"name": name})
    if not rows:
        raise FailedSafeError(
            where=f"source « {name} »",
            found="aucune métadonnée de cette source dans la base",
            expected="les métadonnées lues avant les valeurs",
            todo="relancer « layidu pull », qui lit les métadonnées d'abord",
        )
    return int(str(rows[0][0]))


def keys_of(connection: psycopg.Connection, table: str, source: int, uids: Collection[str]) -> dict[str, int]:
    """The keys of those uids that the metadata know."""
    rows = fetch(
        connection,
        f"SELECT uid, key FROM source.{table} WHERE source = %(source)s AND uid = ANY(%(uids)s)",
        {"source": source, "uids": list(uids)},
    )
    return {str(uid): int(str(key)) for uid, key in rows}


def period_keys(connection: psycopg.Connection, ids: Collection[str]) -> dict[str, int]:
    """The keys of DHIS2 periods; a period that was never met is added to the dimension."""
    read = [periods.parse(text) for text in sorted(ids)]
    run_sql(
        connection,
        "INSERT INTO source.period (id, type, start_date, end_date, number)"
        " SELECT * FROM unnest(%(id)s::text[], %(type)s::text[], %(start)s::date[], %(end)s::date[],"
        " %(number)s::int[]) AS n(id, type, start_date, end_date, number)"
        " WHERE NOT EXISTS (SELECT FROM source.period p WHERE p.id = n.id) ON CONFLICT (id) DO NOTHING",
        {
            "id": [period.id for period in read],
            "type": [period.type for period in read],
            "start": [period.start for period in read],
            "end": [period.end for period in read],
            "number": [number_of(period) for period in read],
        },
    )
    rows = fetch(connection, "SELECT id, key FROM source.period WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
    return {str(text): int(str(key)) for text, key in rows}


def number_of(period: periods.Period) -> int:
    """The integer compute knows a period by: yyyymm of its first month; yyyy00 for a year."""
    month = periods.month_number(period.start)
    return month - month % 100 if period.type == "Yearly" else month


def dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A coded column as one array with one dictionary."""
    whole = column.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def indices(column: pa.DictionaryArray) -> NDArray[np.int32]:
    """Which entry of the dictionary each row has; a missing one is an error of the gate."""
    if column.null_count:
        raise AssertionError("a kept record without a part of its key reached the load")
    found: NDArray[np.int32] = column.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return found


def used(column: pa.DictionaryArray) -> list[str]:
    """The entries that occur: the dictionary may still hold those of refused records."""
    words = column.dictionary
    return [words[int(index)].as_py() for index in np.unique(indices(column))]


def coded(
    connection: psycopg.Connection, name: str, column: pa.ChunkedArray, source: int
) -> NDArray[np.int32]:
    """A column of identifiers as keys; raises when the metadata do not know one of them."""
    array = dictionary(column)
    words = used(array)
    table = TABLE_OF.get(name)
    known = period_keys(connection, words) if table is None else keys_of(connection, table, source, words)
    missing = sorted(set(words) - known.keys())
    if missing:
        raise FailedSafeError(
            where=f"chargement, {name}",
            found=f"{len(missing)} identifiant(s) absent(s) des métadonnées, dont {missing[0]}",
            expected="des identifiants que les métadonnées de la source connaissent",
            todo="relancer : les métadonnées sont lues de nouveau avant les valeurs ; rien n'a été écrit",
        )
    by_entry = np.array(
        [known.get(str(word), UNKNOWN) for word in array.dictionary.to_pylist()], dtype=np.int32
    )
    return by_entry[indices(array)] if len(array) else np.empty(0, dtype=np.int32)
