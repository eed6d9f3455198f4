"""Which data values does a GET give, and how are they written? CSV and JSON in the manner of 2.42."""

import json
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import CSV, JSON, NO_STORE, Answer, Request
from layidu.sandbox.clock import Clock
from layidu.sandbox.data_values_select import Selection, Selector
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.store import Store

HEADER = (
    "dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value,storedby,lastupdated,comment,"
    "followup,deleted\n"
)
COLUMNS = (
    "period, data_element, org_unit, category_option_combo, attribute_option_combo, value, stored_by, created, "
    "last_updated, comment, followup, deleted"
)
#: Rows that need neither quotes nor flags are most of them, and written four times faster.
PLAIN = (
    "comment IS NULL AND followup = 0 AND deleted = 0 AND value NOT GLOB '*[^0-9.-]*' "
    "AND stored_by NOT GLOB '*[^a-zA-Z0-9._-]*'"
)
#: What follows the five ids in a CSV record. SQLite joins the plain texts: fewer objects, twice as fast.
TAIL = (
    f"CASE WHEN {PLAIN} THEN ',' || value || ',' || stored_by || ',' || last_updated || '.000+0000,,false,null' "
    "ELSE careful(value, stored_by, last_updated, comment, followup, deleted) END"
)
KEYS = "period, data_element, org_unit, category_option_combo, attribute_option_combo"
BATCH = 20_000
SMALL = 8192  # the servlet container's buffer: what fits is sent with its length


class DataValueReader:
    """Answers GET /api/dataValueSets."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock) -> None:
        self._store = store
        self._metadata = metadata
        self._selector = Selector(store, metadata, clock)

    def get(self, request: Request, user: User) -> Answer:
        """One answer; a right that is missing gives 200 and not one byte, as on 2.42."""
        as_csv = _wants_csv(request)
        selection = self._selector.selection(request, user)
        content_type = CSV if as_csv else JSON
        if not self._selector.allows(selection, user):
            return Answer(200, content_type, b"", {"Cache-Control": NO_STORE}, chunked=False)
        answer = Answer(200, content_type, b"", {"Cache-Control": NO_STORE})
        rows = self._rows(selection, answer, f"{KEYS}, {TAIL}" if as_csv else COLUMNS)
        text = self._csv(rows, request) if as_csv else self._json(rows, selection, request)
        if request.one("compression") == "gzip":
            name = "dataValues.csv.gz" if as_csv else "dataValues.json.gz"
            answer.headers["Content-Disposition"] = f"attachment; filename={name}"
            answer.body = gzipped(text)
            answer.packed = True
            return answer
        answer.body = text
        return answer if as_csv else _with_length_if_small(answer, text)

    def _rows(self, selection: Selection, answer: Answer, columns: str) -> Iterator[list[tuple[Any, ...]]]:
        where, parameters = self._selector.where(selection)
        statement = f"SELECT {columns} FROM data_value WHERE {where}"  # noqa: S608 - texts of this module
        with self._store.reading() as connection:
            connection.create_function("careful", 6, _careful, deterministic=True)
            cursor = connection.execute(statement, parameters)
            while batch := cursor.fetchmany(BATCH):
                answer.rows += len(batch)
                yield batch

    def _names(self, request: Request, parameter: str, kind: str) -> Callable[[int], str | None]:
        words = self._store.words.text_of
        scheme = (request.one(parameter) or request.one("idScheme")).upper()
        if scheme not in {"CODE", "NAME"}:
            return words.__getitem__
        items = self._metadata.objects[kind]
        return lambda key: items.get(words[key], {}).get(scheme.lower())

    def _csv(self, batches: Iterator[list[tuple[Any, ...]]], request: Request) -> Iterator[bytes]:
        element = self._names(request, "dataElementIdScheme", "dataElements")
        unit = self._names(request, "orgUnitIdScheme", "organisationUnits")
        option = self._names(request, "categoryOptionComboIdScheme", "categoryOptionCombos")
        attribute = self._names(request, "attributeOptionComboIdScheme", "categoryOptionCombos")
        word = self._store.words.text_of
        yield HEADER.encode()
        for batch in batches:
            lines = [
                f"{element(de)},{word[pe]},{unit(ou)},{option(co)},{attribute(ao)}{tail}\n"
                for pe, de, ou, co, ao, tail in batch
            ]
            yield "".join(lines).encode()

    def _json(
        self, batches: Iterator[list[tuple[Any, ...]]], selection: Selection, request: Request
    ) -> Iterator[bytes]:
        names = (
            self._names(request, "dataElementIdScheme", "dataElements"),
            self._names(request, "orgUnitIdScheme", "organisationUnits"),
            self._names(request, "categoryOptionComboIdScheme", "categoryOptionCombos"),
            self._names(request, "attributeOptionComboIdScheme", "categoryOptionCombos"),
        )
        yield self._json_start(selection, request).encode()
        separator = ""
        for batch in batches:
            yield (separator + ",".join([self._json_row(row, names) for row in batch])).encode()
            separator = ","
        yield b"]}"

    def _json_row(self, row: tuple[Any, ...], names: tuple[Callable[[int], str | None], ...]) -> str:
        pe, de, ou, co, ao, value, by, made, at, note, flag, gone = row
        element, unit, option, attribute = names
        content = {
            "dataElement": element(de),
            "period": self._store.words.text_of[pe],
            "orgUnit": unit(ou),
            "categoryOptionCombo": option(co),
            "attributeOptionCombo": attribute(ao),
            "value": value or None,
            "storedBy": by,
            "created": f"{made}.000+0000",
            "lastUpdated": f"{at}.000+0000",
            "comment": note,
            "followup": bool(flag),
        }
        return json.dumps({**content, "deleted": True} if gone else content, ensure_ascii=False)

    def _json_start(self, selection: Selection, request: Request) -> str:
        if not len(selection.data_sets) == len(selection.periods) == len(selection.org_units) == 1:
            return '{"dataValues":['
        data_set, period, unit = selection.data_sets[0], selection.periods[0], selection.org_units[0]
        top = {
            "dataSet": data_set,
            "completeDate": self._complete_date(data_set, period, unit),
            "period": period,
            "orgUnit": unit,
        }
        if request.one("idScheme").upper() == "CODE":
            top["dataSet"] = (self._metadata.get("dataSets", data_set) or {}).get("code")
            top["orgUnit"] = (self._metadata.get("organisationUnits", unit) or {}).get("code")
        return json.dumps(top, ensure_ascii=False)[:-1] + ',"dataValues":['

    def _complete_date(self, data_set: str, period: str, org_unit: str) -> str | None:
        keys = self._store.words.keys([data_set, period, org_unit])
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT date FROM registration WHERE data_set = ? AND period = ? AND org_unit = ?",
                keys if len(keys) == 3 else [0, 0, 0],
            ).fetchone()
        return None if row is None else str(row[0])


def _wants_csv(request: Request) -> bool:
    suffix = request.path.rpartition("/")[2].partition(".")[2]
    wanted = suffix or request.one("format") or request.headers.get("accept", "")
    return "csv" in wanted


def _careful(value: str | None, by: str | None, at: str, note: str | None, flag: int, gone: int) -> str:
    followup = "true" if flag else "false"
    deleted = "true" if gone else "null"
    return f",{_quoted(value)},{_quoted(by)},{at}.000+0000,{_quoted(note)},{followup},{deleted}"


def _quoted(text: str | None) -> str:
    if not text:
        return ""
    if text != text.strip() or any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes as one gzip member, as they come."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()


def _with_length_if_small(answer: Answer, chunks: Iterator[bytes]) -> Answer:
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > SMALL:
            answer.body = chain(held, chunks)
            return answer
    answer.body = b"".join(held)
    answer.chunked = False
    return answer
