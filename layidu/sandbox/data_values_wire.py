"""How are data values written? CSV and JSON, in the manner of each version."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from layidu.sandbox.data_values_cells import NO_FLAG
from layidu.sandbox.dialects import Change, Dialect

HEADER = (
    "dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value,storedby,lastupdated,comment,"
    "followup,deleted\n"
)
KEYS = "period, data_element, org_unit, category_option_combo, attribute_option_combo"
COLUMNS = f"{KEYS}, value, stored_by, created, last_updated, comment, followup, deleted"
#: Rows that need neither quotes nor flags are most of them, and written four times faster.
PLAIN = (
    "comment IS NULL AND followup < 1 AND deleted = 0 AND value NOT GLOB '*[^0-9.-]*' "
    "AND stored_by NOT GLOB '*[^a-zA-Z0-9._-]*'"
)
STAMP = "substr(last_updated || '.000', 1, 23) || '+0000"
#: What follows the five ids in a CSV record. SQLite joins the plain texts: fewer objects, twice as fast.
TAIL = f"CASE WHEN {PLAIN} THEN ',' || value || ',' || stored_by || ',' || {{plain}} ELSE careful({{careful}}) END"
CAREFUL = "value, stored_by, last_updated, comment, followup, deleted"

Row = tuple[Any, ...]
Naming = tuple[Callable[[int], str | None], ...]  # data element, org unit, option combo, attribute combo


class Wire:
    """Writes batches of rows; `words` gives the text of a key."""

    def __init__(self, words: dict[int, str], names: Naming, dialect: Dialect) -> None:
        self._words = words
        self._names = names
        self._lean = Change.V243_NULLS_LEFT_OUT in dialect

    @property
    def csv_columns(self) -> str:
        """What a statement must select for `csv`."""
        plain = f"{STAMP},,false,null'"
        if self._lean:
            plain = f"{STAMP},,' || CASE followup WHEN {NO_FLAG} THEN ',false' ELSE 'false,false' END"
        return f"{KEYS}, {TAIL.format(plain=plain, careful=CAREFUL)}"

    def csv(self, batches: Iterator[list[Row]]) -> Iterator[bytes]:
        """The header line and one record a row."""
        element, unit, option, attribute = self._names
        word = self._words
        yield HEADER.encode()
        for batch in batches:
            lines = [
                f"{element(de)},{word[pe]},{unit(ou)},{option(co)},{attribute(ao)}{tail}\n"
                for pe, de, ou, co, ao, tail in batch
            ]
            yield "".join(lines).encode()

    def careful(
        self, value: str | None, by: str | None, at: str, note: str | None, flag: int, gone: int
    ) -> str:
        """The end of a record that needs quotes or flags."""
        followup = "true" if flag == 1 else "" if self._lean and flag == NO_FLAG else "false"
        deleted = "true" if gone else "false" if self._lean else "null"
        return f",{_quoted(value)},{_quoted(by)},{stamp(at)},{_quoted(note)},{followup},{deleted}"

    def json(
        self, batches: Iterator[list[Row]], top: dict[str, Any], lifted: frozenset[str]
    ) -> Iterator[bytes]:
        """One document: `top` before the rows, the `lifted` columns in no row."""
        start = json.dumps(top, ensure_ascii=False)[:-1]
        yield f'{start}{", " if top else ""}"dataValues":['.encode()
        separator = ""
        for batch in batches:
            yield (separator + ",".join([self._json_row(row, lifted) for row in batch])).encode()
            separator = ","
        yield b"]}"

    def _json_row(self, row: Row, lifted: frozenset[str]) -> str:
        pe, de, ou, co, ao, value, by, made, at, note, flag, gone = row
        element, unit, option, attribute = self._names
        content = {
            "dataElement": element(de),
            "period": self._words[pe],
            "orgUnit": unit(ou),
            "categoryOptionCombo": option(co),
            "attributeOptionCombo": attribute(ao),
            "value": value if self._lean else value or None,
            "storedBy": by,
            "created": stamp(made),
            "lastUpdated": stamp(at),
            "comment": note,
            "followup": None if self._lean and flag == NO_FLAG else flag == 1,
        }
        if self._lean:
            content = {k: v for k, v in content.items() if v is not None and k not in lifted}
        return json.dumps({**content, "deleted": True} if gone else content, ensure_ascii=False)


def stamp(moment: str) -> str:
    """A time of the store as values carry it: milliseconds and an offset."""
    return f"{(moment + '.000')[:23]}+0000"


def _quoted(text: str | None) -> str:
    if not text:
        return ""
    if text != text.strip() or any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
