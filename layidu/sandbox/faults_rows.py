"""How is a body taken apart into rows and put together again? CSV, and every JSON shape that carries a list."""

import csv
import gzip
import json
from dataclasses import dataclass
from io import StringIO
from typing import Any, Self

from layidu.sandbox.answers import Answer, Request, joined

LISTS = ("dataValues", "rows", "completeDataSetRegistrations")


@dataclass(slots=True)
class Rows:
    """The rows of a body: dictionaries (JSON objects) or lists of texts (CSV, analytics), and what is around them."""

    rows: list[Any]
    columns: list[str] | None  # None: each row names its own
    around: dict[str, Any] | None  # None: CSV
    place: str = ""

    @classmethod
    def of(cls, body: bytes) -> Self | None:
        """The rows of a body; None when it has none that we know how to find."""
        try:
            text = body.decode()
            content = json.loads(text) if text[:1] in {"{", "["} else None
        except ValueError:
            return None
        if content is None:
            lines = list(csv.reader(StringIO(text)))
            return cls(lines[1:], lines[0], None) if lines and len(lines[0]) > 1 else None
        if not isinstance(content, dict):
            return None
        found = (name for name in (*LISTS, *content) if _is_rows(content.get(name)))
        place = next(found, None)
        if place is None:
            return None
        headers = [each.get("name", "") for each in content.get("headers", ())] if place == "rows" else None
        return cls(content[place], headers, content, place)

    @classmethod
    def of_answer(cls, answer: Answer) -> Self | None:
        """The rows of a good answer, however it is packed."""
        body = joined(answer)
        return cls.of(gzip.decompress(body) if answer.packed else body) if answer.status == 200 else None

    @classmethod
    def of_request(cls, request: Request) -> Self | None:
        """The rows that a client sent."""
        return cls.of(request.body)

    def column(self, name: str) -> Any:
        """What names a column in a row: CSV and JSON spell the same names with other capitals."""
        names = self.columns if self.columns is not None else [key for row in self.rows[:1] for key in row]
        found = next((each for each in names if each.lower() == name.lower()), None)
        if self.columns is None or found is None:
            return found or (name if self.columns is None else None)
        return self.columns.index(found)

    def get(self, row: Any, name: str) -> Any:
        """A row's value of a column; what stands once for all rows counts for each."""
        column = self.column(name)
        if isinstance(row, dict):
            return row.get(column, (self.around or {}).get(name))
        return None if column is None or column >= len(row) else row[column]

    def changed(self, row: Any, name: str, value: Any) -> Any:
        """A copy of a row with another value."""
        column = self.column(name)
        if isinstance(row, dict):
            return {**row, column: value}
        return [value if at == column else each for at, each in enumerate(row)]

    def written(self) -> bytes:
        """The body again."""
        if self.around is not None:
            content = {**self.around, self.place: self.rows}
            return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.columns or [], *self.rows])
        return text.getvalue().encode()

    def into(self, answer: Answer) -> Answer:
        """Put the rows back into their answer."""
        body = self.written()
        answer.body = gzip.compress(body) if answer.packed else body
        answer.rows = len(self.rows)
        return answer


def other(value: object) -> str:
    """Another value: one more, or another text."""
    try:
        return str(int(str(value)) + 1)
    except ValueError:
        return f"{value}1"


def _is_rows(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(row, dict | list) for row in content)
