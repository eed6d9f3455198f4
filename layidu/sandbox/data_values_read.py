"""Which data values does a GET give? The rows of a selection as they are read, with the headers each version sends."""

import zlib
from collections.abc import Callable, Iterator
from itertools import chain

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import CSV, JSON, NO_STORE, Answer, Request, refused
from layidu.sandbox.clock import Clock
from layidu.sandbox.data_values_select import Selection, Selector
from layidu.sandbox.data_values_wire import COLUMNS, Row, Wire
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.store import Store

BATCH = 20_000
SMALL = 8192  # the servlet container's buffer: what fits is sent with its length
IN_ORDER = (
    " ORDER BY (SELECT text FROM word WHERE key = period), created, "
    "(SELECT text FROM word WHERE key = data_element)"
)
#: Output schemes: the parameter, the kind, the place of its key in a row, the code and the words of its refusal.
SCHEMES = (
    ("dataElementIdScheme", "dataElements", 1, "E8201", "data element(s)"),
    ("orgUnitIdScheme", "organisationUnits", 2, "E8202", "org unit(s)"),
    ("categoryOptionComboIdScheme", "categoryOptionCombos", 3, "E8203", "category option combo(s)"),
    ("attributeOptionComboIdScheme", "categoryOptionCombos", 4, "E8204", "attribute option combo(s)"),
)


class DataValueReader:
    """Answers GET /api/dataValueSets."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock, dialect: Dialect) -> None:
        self._store = store
        self._metadata = metadata
        self._dialect = dialect
        self._selector = Selector(store, metadata, clock, dialect)

    def get(self, request: Request, user: User) -> Answer:
        """One answer; up to 2.42 a right that is missing gives 200 and not one byte."""
        as_csv = self._wants_csv(request)
        selection = self._selector.selection(request, user)
        lacking = self._selector.missing_right(selection, user)
        if lacking and Change.V243_READ_REFUSED in self._dialect:
            code, message = lacking
            raise refused(409, message, code)
        content_type = CSV if as_csv else JSON
        if lacking:
            return Answer(200, content_type, b"", {"Cache-Control": NO_STORE}, chunked=False)
        answer = Answer(200, content_type, b"", {"Cache-Control": NO_STORE})
        self._name_file(answer, request, selection, "csv" if as_csv else "json")
        wire = Wire(
            self._store.words.text_of,
            tuple(self._names(request, parameter, kind) for parameter, kind, *_ in SCHEMES),
            self._dialect,
        )
        rows = self._rows(selection, answer, wire.csv_columns if as_csv else COLUMNS, wire)
        if Change.V243_CODES_REQUIRED in self._dialect:
            rows = self._with_codes(rows, request)
        text = wire.csv(rows) if as_csv else wire.json(rows, *self._top(selection, request))
        if request.one("compression") == "gzip":
            answer.body = gzipped(text)
            answer.packed = True
            return answer
        answer.body = text
        chunked = as_csv or Change.V243_ATTACHMENT in self._dialect
        return answer if chunked else _with_length_if_small(answer, text)

    def _wants_csv(self, request: Request) -> bool:
        suffix = request.path.rpartition("/")[2].partition(".")[2]
        accepted = "" if Change.V243_ACCEPT_IGNORED in self._dialect else request.headers.get("accept", "")
        return "csv" in (suffix or request.one("format") or accepted)

    def _name_file(self, answer: Answer, request: Request, selection: Selection, suffix: str) -> None:
        packed = ".gz" if request.one("compression") == "gzip" else ""
        if Change.V243_ATTACHMENT in self._dialect:
            days = "".join(f"_{day}" for day in selection.dates or ())
            name = f'attachment; filename="dataValues{days}.{suffix}{packed}"'
            answer.headers["Content-Disposition"] = name
        elif packed:
            answer.headers["Content-Disposition"] = f"attachment; filename=dataValues.{suffix}.gz"

    def _rows(self, selection: Selection, answer: Answer, columns: str, wire: Wire) -> Iterator[list[Row]]:
        where, parameters = self._selector.where(selection)
        order = IN_ORDER if Change.V243_ROWS_ORDERED in self._dialect else ""
        statement = f"SELECT {columns} FROM data_value WHERE {where}{order}"  # noqa: S608 - texts of our own
        if selection.limit is not None:
            statement += f" LIMIT {selection.limit}"
        with self._store.reading() as connection:
            connection.create_function("careful", 6, wire.careful, deterministic=True)
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

    def _with_codes(self, batches: Iterator[list[Row]], request: Request) -> Iterator[list[Row]]:
        """The rows, all read before the first is written if codes are asked for that some object lacks."""
        asked = [scheme for scheme in SCHEMES if self._scheme(request, scheme[0]) == "CODE"]
        if not asked:
            return batches
        held = list(batches)
        for _, kind, at, code, what in asked:
            names = dict.fromkeys(self._store.words.text_of[row[at]] for batch in held for row in batch)
            lacking = [name for name in names if not (self._metadata.get(kind, name) or {}).get("code")]
            if lacking:
                listed = ", ".join(lacking)
                message = f"Export as CODE not possible as the property is undefined for {what}: `[{listed}]`"
                raise refused(409, message, code)
        return iter(held)

    @staticmethod
    def _scheme(request: Request, parameter: str) -> str:
        return (request.one(parameter) or request.one("idScheme")).upper()

    def _top(self, selection: Selection, request: Request) -> tuple[dict[str, str | None], frozenset[str]]:
        """What stands above the rows, and what of it the rows leave out."""
        asked = {
            "dataSet": request.many("dataSet"),
            "period": request.many("period"),
            "orgUnit": request.many("orgUnit"),
        }
        if Change.V243_COLUMNS_LIFTED in self._dialect:
            if selection.children or request.many("orgUnitGroup"):
                del asked["orgUnit"]
            top: dict[str, str | None] = {k: v[0] for k, v in asked.items() if len(v) == 1}
            return top, frozenset(top)
        if not len(selection.data_sets) == len(selection.periods) == len(selection.org_units) == 1:
            return {}, frozenset()
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
        return top, frozenset()

    def _complete_date(self, data_set: str, period: str, org_unit: str) -> str | None:
        keys = self._store.words.keys([data_set, period, org_unit])
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT date FROM registration WHERE data_set = ? AND period = ? AND org_unit = ?",
                keys if len(keys) == 3 else [0, 0, 0],
            ).fetchone()
        return None if row is None else str(row[0])


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
