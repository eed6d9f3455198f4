"""Whether each record is a data value at all: ids, period, org unit, combos, key, and its value's grammar.

Works on dictionary-coded columns: each distinct id is judged once, each record only looks its judgement up.
The first check a record fails gives the code of its refusal. Tombstones carry no value and are judged by load,
which knows whether there is anything to close.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layidu.model.alike import alike
from layidu.model.frames import KEY
from layidu.model.metadata import Metadata
from layidu.model.periods import Period, parse
from quality.grammar import failures

#: Codes that a tombstone may have too: beside a live record of its cell it cannot say which of the two is true.
DOUBLES = ("ambiguous-source", "key-doubled")
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


def coded(values: pa.Table, column: str) -> tuple[Codes, list[str]]:
    """The integer code of each record (-1 where missing) and the distinct texts the codes stand for."""
    array = values.column(column).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    codes = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, array.dictionary.to_pylist()


def judged(codes: Codes, judgements: Iterator[bool] | list[bool]) -> Mask:
    """Spread a judgement of each distinct text over the records; a missing text is judged False."""
    table = np.append(np.fromiter(judgements, dtype=bool), [False])
    return table[codes]


@dataclass(frozen=True, slots=True)
class Refusals:
    """Which refusal each record of a table has, if any."""

    names: list[str | None]  # codes; none at place 0
    first: npt.NDArray[np.int16]  # for each record a place in `names`


def bad_structure(values: pa.Table, data_set: str, metadata: Metadata) -> Refusals:
    """The code of the first check each record fails."""
    names: list[str | None] = [None]
    first = np.zeros(values.num_rows, dtype=np.int16)
    live = pc.invert(values.column("deleted")).to_numpy()
    for code, failed in checks(values, data_set, metadata):
        names.append(code)
        judged_here = failed if code in DOUBLES else failed & live
        first[judged_here & (first == 0)] = len(names) - 1
    return Refusals(names, first)


def checks(values: pa.Table, data_set: str, metadata: Metadata) -> Iterator[tuple[str, Mask]]:
    """Each structural check's code with the records that fail it, in order."""
    columns = {column: coded(values, column) for column in KEY}
    yield "key-missing", np.logical_or.reduce([codes < 0 for codes, _ in columns.values()])
    yield from element_checks(columns, data_set, metadata)
    yield from period_and_org_unit_checks(columns, data_set, metadata)
    yield from combo_checks(columns, data_set, metadata)
    twice, ambiguous = doubled(columns, values)
    yield "ambiguous-source", ambiguous
    yield "key-doubled", twice
    yield from value_checks(values, columns, metadata)


Columns = dict[str, tuple[Codes, list[str]]]


def element_checks(columns: Columns, data_set: str, metadata: Metadata) -> Iterator[tuple[str, Mask]]:
    """The data element belongs to the data set."""
    members = metadata.data_set_elements
    elements = set(members.loc[members["data_set"].eq(data_set), "data_element"])
    codes, texts = columns["data_element"]
    yield "data-element-unknown", ~judged(codes, [text in elements for text in texts])


def readable(text: str) -> Period | None:
    """The period a text stands for, or nothing."""
    try:
        return parse(text)
    except ValueError:
        return None


def period_and_org_unit_checks(
    columns: Columns, data_set: str, metadata: Metadata
) -> Iterator[tuple[str, Mask]]:
    """The period is one of the set's type; the org unit is known, assigned, and open then."""
    row = metadata.data_sets.set_index("uid").loc[data_set]
    period_codes, period_texts = columns["period"]
    periods = [readable(text) for text in period_texts]
    yield "period-invalid", ~judged(period_codes, [period is not None for period in periods])
    right_type = [period is not None and period.type == row["period_type"] for period in periods]
    yield "period-type", ~judged(period_codes, right_type)

    unit_codes, unit_texts = columns["org_unit"]
    units = metadata.org_units.set_index("uid")
    assigned = metadata.data_set_assignments
    members = set(assigned.loc[assigned["data_set"].eq(data_set), "org_unit"])
    yield "org-unit-unknown", ~judged(unit_codes, [text in units.index for text in unit_texts])
    yield "org-unit-not-assigned", ~judged(unit_codes, [text in members for text in unit_texts])

    starts = np.array(
        [np.datetime64(p.start if p else "NaT", "D") for p in periods] + ["NaT"], "datetime64[D]"
    )
    ends = np.array([np.datetime64(p.end if p else "NaT", "D") for p in periods] + ["NaT"], "datetime64[D]")
    dates = units.reindex(unit_texts)
    opened = np.append(dates["opening_date"].to_numpy("datetime64[D]"), np.datetime64("NaT"))
    closed = np.append(dates["closed_date"].to_numpy("datetime64[D]"), np.datetime64("NaT"))
    yield "org-unit-closed", starts[period_codes] > closed[unit_codes]
    yield "org-unit-not-open", ends[period_codes] < opened[unit_codes]


def combo_checks(columns: Columns, data_set: str, metadata: Metadata) -> Iterator[tuple[str, Mask]]:
    """The option combo is one of the element's (or of the set's override of it); so for the attribute."""
    members = metadata.data_set_elements
    members = members[members["data_set"].eq(data_set)]
    own = metadata.data_elements.set_index("uid")["category_combo"]
    allowed = {
        uid: {combo, own.get(uid)}
        for uid, combo in zip(members["data_element"], members["category_combo"], strict=True)
    }
    combo_of = metadata.category_option_combos.set_index("uid")["category_combo"].to_dict()
    element_codes, element_texts = columns["data_element"]
    option_codes, option_texts = columns["category_option_combo"]
    fits = np.zeros((len(element_texts) + 1, len(option_texts) + 1), dtype=bool)
    for i, element in enumerate(element_texts):
        combos = allowed.get(element, set())
        fits[i, :-1] = [combo_of.get(option) in combos for option in option_texts]
    yield "combo-not-of-element", ~fits[element_codes, option_codes]

    set_combo = metadata.data_sets.set_index("uid").loc[data_set, "category_combo"]
    attribute_codes, attribute_texts = columns["attribute_option_combo"]
    known = [combo_of.get(text) == set_combo for text in attribute_texts]
    yield "attribute-combo-not-of-data-set", ~judged(attribute_codes, known)


def doubled(columns: Columns, values: pa.Table) -> tuple[Mask, Mask]:
    """Records whose five-part key another record has too, and those of them that do not all say the same."""
    of_key = alike(values[name] for name in columns)
    twice: Mask = of_key.sizes()[of_key.group] > 1
    places = np.flatnonzero(twice)
    said: dict[int, set[tuple[object, object]]] = {}
    rows = values.select(["value", "deleted"]).take(pa.array(places)).to_pylist()
    for place, row in zip(places, rows, strict=True):
        said.setdefault(int(of_key.group[place]), set()).add((row["value"], row["deleted"]))
    ambiguous = np.zeros(values.num_rows, dtype=bool)
    ambiguous[places] = [len(said[int(of_key.group[place])]) > 1 for place in places]
    return twice, ambiguous


def value_checks(values: pa.Table, columns: Columns, metadata: Metadata) -> Iterator[tuple[str, Mask]]:
    """There is a value, and its text is what the element's value type (or option set) allows."""
    codes, words = coded(values, "value")
    texts = pa.array([*words, None], pa.string())  # the last one is the text of a record without any
    absent = np.array([not word for word in words] + [True], dtype=bool)[codes]
    comment = values.column("comment")
    noted = pc.fill_null(pc.greater(pc.utf8_length(comment), 0), fill_value=False)
    yield "comment-only", absent & noted.to_numpy(zero_copy_only=False)
    yield "value-missing", absent

    version = version_of(metadata)
    elements = metadata.data_elements.set_index("uid")
    element_codes, element_texts = columns["data_element"]
    types = elements["value_type"].reindex(element_texts).tolist()
    for value_type in sorted({str(value_type) for value_type in types}):
        concerned = judged(element_codes, [value_type == found for found in types]) & ~absent
        for code, failed in failures(value_type, texts, version):
            of_word = pc.fill_null(failed, fill_value=False).to_numpy(zero_copy_only=False)
            yield code, concerned & of_word[codes]
    unknown = unknown_option(words, codes, element_codes, elements.reindex(element_texts), metadata)
    yield "option-unknown", unknown & ~absent


def version_of(metadata: Metadata) -> tuple[int, int]:
    """The server's version as two numbers: 2.9 comes before 2.40, as text it would not."""
    major, minor, *_ = (*(re.findall(r"[0-9]+", metadata.server.version)), "0", "0")
    return int(major), int(minor)


def unknown_option(
    words: list[str], codes: Codes, element_codes: Codes, elements: pd.DataFrame, metadata: Metadata
) -> Mask:
    """Values of an element with an option set that are not one of its codes."""
    unknown = np.zeros(len(codes), dtype=bool)
    legal = metadata.option_values.groupby("option_set")["code"].agg(frozenset).to_dict()
    option_sets = elements["option_set"].tolist()
    multiple = elements["value_type"].eq("MULTI_TEXT").tolist()
    for option_set in {text for text in option_sets if isinstance(text, str)}:
        known = legal.get(option_set, frozenset())
        for many in (False, True):
            of_set = [
                found == option_set and many == is_many
                for found, is_many in zip(option_sets, multiple, strict=True)
            ]
            if any(of_set):
                passed = [all_known(known, word) if many else word in known for word in words]
                unknown |= judged(element_codes, of_set) & ~judged(codes, passed)
    return unknown


def all_known(legal: frozenset[str], text: str) -> bool:
    """Whether each of the codes of a MULTI_TEXT value, joined by commas, is one of its option set."""
    return all(code.strip() in legal for code in text.split(","))
