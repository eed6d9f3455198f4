"""How does a workbook (.xlsx) become rows of text, and what is one to fill in? The only module that knows openpyxl.

A cell is taken as the person sees it typed. What a person cannot see typed is a doubt, and its row is refused: a
formula (what it gave when the file was last saved may be old, or nothing), an error, merged cells.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

LARGEST = 50_000_000  # bytes, unpacked: a workbook of a few hundred lines has less than one million
ZEROS = re.compile(r"0{2,}")  # the format of a number shown with its leading zeros
UNREADABLE = (BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, IndexError)
COMMENT = (360, 110)  # width and height, in pixels
WIDEST = 60


class NotAWorkbookError(ValueError):
    """Bytes that are no .xlsx, or one too large to be an entry file."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a cell, or a row, is not taken."""

    found: str
    expected: str
    todo: str


@dataclass(slots=True)
class Sheet:
    """The cells of one sheet as text, from its first row that is not blank; rows by their number in the sheet."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    doubts: dict[tuple[int, int], Doubt] = field(default_factory=dict)  # row and place of the cell in it
    merged: dict[int, tuple[str, set[int]]] = field(default_factory=dict)  # row -> range and places


def read_workbook(content: bytes) -> list[Sheet]:
    """Every sheet that holds anything.

    Raises:
        NotAWorkbookError: what is wrong with the file, in French.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            refuse_large(archive)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of parts of a workbook that are not kept: nothing is written back
            book = load_workbook(BytesIO(content))
    except NotAWorkbookError:
        raise
    except UNREADABLE as error:
        raise NotAWorkbookError("un fichier qui n'est pas un classeur .xlsx entier") from error
    sheets = [read_sheet(sheet) for sheet in book.worksheets]
    return [sheet for sheet in sheets if sheet.rows]


def refuse_large(archive: ZipFile) -> None:
    """A few kilobytes can unpack to gigabytes."""
    size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST:
        raise NotAWorkbookError(f"un classeur de {size} octets une fois ouvert")


def read_sheet(sheet: Worksheet) -> Sheet:
    """One sheet; what is merged, computed or wrong is kept aside."""
    found = Sheet(sheet.title)
    for row in sheet.iter_rows():
        texts = []
        for place, cell in enumerate(row):
            text, doubt = typed(cell)
            texts.append(text)
            if doubt is not None:
                found.doubts[(cell.row or 0, place)] = doubt
        if any(texts):
            found.rows.append((row[0].row or 0, texts))
    for span in sheet.merged_cells.ranges:
        places = set(range(span.min_col - 1, span.max_col))
        for number in range(span.min_row, span.max_row + 1):
            found.merged[number] = (span.coord, places | found.merged.get(number, ("", set()))[1])
    return found


def typed(cell: Cell | MergedCell) -> tuple[str, Doubt | None]:
    """The text of a cell as a person sees it typed, and why it may not be taken."""
    value = cell.value
    if value is None or isinstance(cell, MergedCell):
        return "", None
    if cell.data_type == "f":
        text = value if isinstance(value, str) else "="
        return text, Doubt(
            f"une formule ({text[:40]})",
            "une valeur saisie",
            "copier la cellule, puis collage spécial « valeurs »",
        )
    if cell.data_type == "e":
        return str(value), Doubt(
            f"une erreur du tableur ({value})", "une valeur saisie", "corriger la cellule"
        )
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX", None
    if isinstance(value, int | float):
        return number(value, cell.number_format or ""), None
    if isinstance(value, datetime | date):
        return as_day(value), None
    return str(value).strip(), None


def number(value: float, shown_as: str) -> str:
    """A number as it is shown, and never one that could be read two ways: 12, 12.5, 007, 50 %."""
    if "%" in shown_as:
        return f"{value * 100:.15g} %"
    if value == int(value) and abs(value) < 10**15:
        text = str(int(value))
        return text.zfill(len(shown_as)) if ZEROS.fullmatch(shown_as) else text
    text = f"{value:.15g}"
    return f"{text}0" if re.fullmatch(r"-?[0-9]{1,3}\.[0-9]{3}", text) else text  # 1.234 typed is no 1 234


def as_day(value: date) -> str:
    """A day, with its hour only where it has one."""
    if isinstance(value, datetime) and (value.hour or value.minute or value.second):
        return value.isoformat(sep=" ")
    return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()


@dataclass(frozen=True, slots=True)
class Column:
    """How a column of the workbook to fill in looks."""

    title: str
    kind: str  # text, number or day
    given: bool  # filled in already: grey, not to be changed


FORMATS: Mapping[str, str] = {"text": "@", "number": "General", "day": "DD/MM/YYYY"}
GREY, WHITE = PatternFill("solid", fgColor="EEF0F3"), PatternFill("solid", fgColor="FFFFFF")


def written(title: str, columns: Sequence[Column], rows: Iterator[Sequence[str]], help_text: str) -> bytes:
    """A workbook of one sheet: typed columns, a header that stays in sight, and one comment that says how."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    widths = [len(column.title) for column in columns]
    for place, column in enumerate(columns, 1):
        head = sheet.cell(1, place, column.title)
        head.font = Font(bold=True)
        head.fill = GREY if column.given else WHITE
    sheet.cell(1, 1).comment = Comment(help_text, "layidu", width=COMMENT[0], height=COMMENT[1])
    for line, cells in enumerate(rows, 2):
        for place, (column, text) in enumerate(zip(columns, cells, strict=True), 1):
            cell = sheet.cell(line, place)
            cell.number_format = FORMATS[column.kind]
            if column.given:
                cell.fill = GREY
            if text:
                cell.value = float(text) if column.kind == "number" else text
                cell.data_type = (
                    "n" if column.kind == "number" else "s"
                )  # a text that begins with = stays one
            widths[place - 1] = max(widths[place - 1], len(text))
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(width + 2, WIDEST)
    sheet.freeze_panes = "B2"
    made = BytesIO()
    book.save(made)
    return made.getvalue()
