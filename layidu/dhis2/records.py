"""What records does a CSV answer hold, and do they all lie inside what was asked?

A cut CSV looks like a whole one, so a record with the wrong number of columns, a foreign one or a doubled one
makes the whole answer doubtful. What a value means is no matter of transport: that is checked later.
"""

import gzip
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from layidu.dhis2.dialects import DELETED_MARK, LIVE_MARKS
from layidu.model.alike import alike
from layidu.model.frames import CODED, DATA_VALUES, KEY

#: DHIS2's header -> our column; the order is that of the answer.
HEADER = {
    "dataelement": "data_element",
    "period": "period",
    "orgunit": "org_unit",
    "categoryoptioncombo": "category_option_combo",
    "attributeoptioncombo": "attribute_option_combo",
    "value": "value",
    "storedby": "stored_by",
    "lastupdated": "last_updated",
    "comment": "comment",
    "followup": "followup",
    "deleted": "deleted",
}
PLAIN_TEXT = frozenset({"comment"})
BLOCK_BYTES = 2 << 20
# Arrow's default keeps what a slice took for each thread that worked on it; jemalloc gives it back.
if "jemalloc" in pa.supported_memory_backends():
    pa.set_memory_pool(pa.jemalloc_memory_pool())
SHOWN = 3


class DoubtfulError(Exception):
    """An answer that came whole, as far as the transport can tell, and is not what was asked for."""


def read_records(path: Path) -> pa.Table:
    """Read an answer from disk, block by block, into DATA_VALUES."""
    read_header(path)
    columns = list(HEADER.values())
    try:
        with pa.input_stream(str(path), compression="gzip") as stream:
            reader = pv.open_csv(
                stream,
                read_options=pv.ReadOptions(block_size=BLOCK_BYTES, column_names=columns, skip_rows=1),
                parse_options=pv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                convert_options=pv.ConvertOptions(
                    column_types={name: pa.string() if name in PLAIN_TEXT else CODED for name in columns},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
            table = reader.read_all().unify_dictionaries().combine_chunks()
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return DATA_VALUES.empty_table()
        raise DoubtfulError(f"un enregistrement illisible ({str(error).splitlines()[0][:160]})") from None
    return shaped(table)


def read_header(path: Path) -> None:
    """Require exactly the columns DHIS2 writes, whatever their case."""
    with gzip.open(path, "rb") as file:
        first = file.readline(4096).decode("utf-8-sig", errors="replace").rstrip("\r\n")
    if first.lower() != ",".join(HEADER):
        raise DoubtfulError(f"une première ligne inattendue : {first[:120]}")


def shaped(table: pa.Table) -> pa.Table:
    """Number the records and read `deleted`, as each version spells it."""
    marks = table["deleted"].combine_chunks()
    unknown = {mark for mark in marks.dictionary.to_pylist() if mark not in LIVE_MARKS | {DELETED_MARK}}
    if unknown:
        raise DoubtfulError(f"une marque de suppression inconnue : {sorted(unknown)[0]}")
    deleted = pc.fill_null(pc.equal(marks.cast(pa.string()), DELETED_MARK), fill_value=False)
    columns = {
        "record": pa.array(np.arange(1, table.num_rows + 1, dtype=np.int32)),
        **{name: table[name] for name in table.column_names},
        "deleted": deleted,
    }
    return pa.table([columns[name] for name in DATA_VALUES.names], schema=DATA_VALUES)


def require_inside(
    values: pa.Table, *, data_elements: Collection[str], periods: Collection[str], org_units: Collection[str]
) -> None:
    """Require that every record is one that was asked for."""
    require_known(values, "data_element", data_elements, "un élément hors du jeu de données")
    require_known(values, "period", periods, "une période qui n'était pas demandée")
    require_known(values, "org_unit", org_units, "une unité d'organisation hors de la branche demandée")


def require_single(values: pa.Table, *, contradictions: bool) -> None:
    """Require that no key comes twice; with `contradictions`, two records that differ are let through.

    The check refuses both of them. The same record twice is a body sent twice, and no matter of its records.
    """
    of_key = alike(values[column] for column in KEY)
    if of_key.all_differ:
        return
    places = np.flatnonzero(of_key.sizes()[of_key.group] > 1)
    said: dict[int, list[tuple[object, object]]] = {}
    rows = values.select(["value", "deleted"]).take(pa.array(places)).to_pylist()
    for number, row in zip(of_key.group[places].tolist(), rows, strict=True):
        said.setdefault(number, []).append((row["value"], row["deleted"]))
    repeated = [key for key, contents in said.items() if len(set(contents)) < len(contents)]
    if repeated or not contradictions:
        place = int(of_key.first[(repeated or list(said))[0]])
        key = values.slice(place, 1).select(list(KEY)).to_pylist()[0]
        raise DoubtfulError(f"deux fois la même clé : {' / '.join(str(part) for part in key.values())}")


def require_known(values: pa.Table, column: str, asked: Collection[str], what: str) -> None:
    """Require that a column holds nothing but what was asked for."""
    chunk = values[column].combine_chunks()
    foreign = sorted({text for text in chunk.dictionary.to_pylist() if text not in asked}, key=str)
    if foreign:
        raise DoubtfulError(f"{what} : {', '.join(map(str, foreign[:SHOWN]))}")
    if chunk.null_count:
        raise DoubtfulError(f"{what} : une colonne {column} vide")
