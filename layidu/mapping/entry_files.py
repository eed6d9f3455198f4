"""How does a spreadsheet become rows of text, whatever wrote it: a workbook (.xlsx), or a CSV?

Of a CSV: semicolons, commas or tabs; UTF-8 with or without its mark, UTF-16, or Windows' western encoding.
"""

import csv
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING

from layidu.errors import ConfigurationError
from layidu.mapping.entry_shapes import Refusal
from layidu.mapping.nearest import listed, nearest

DELIMITERS = (";", ",", "\t")
if TYPE_CHECKING:
    from layidu.mapping.workbooks import Sheet

ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
LARGEST = 5_000_000  # bytes: a plan has 92 lines


@dataclass(frozen=True, slots=True)
class EntryFile:
    """The filled-in cells of a file: line number (1 is the header) and column -> text, blanks left out."""

    name: str
    sha256: str
    rows: Sequence[tuple[int, Mapping[str, str]]]
    refusals: Sequence[Refusal] = ()  # lines that are refused whatever they say
    doubts: Mapping[int, Refusal] = field(
        default_factory=dict
    )  # line -> refusal, should the line be filled in
    sheet: str = ""  # of a workbook

    @property
    def place(self) -> str:
        """The file, and the sheet it was read from."""
        return f"{self.name}, feuille « {self.sheet} »" if self.sheet else self.name


def read_entry_file(name: str, content: bytes, columns: Mapping[str, bool]) -> EntryFile:
    """Read a file whose header has these columns (name -> whether it must be there), in any order.

    Raises:
        ConfigurationError: the file cannot be read, or its header is not the expected one.
    """
    if content.startswith(ZIP):
        return workbook_file(name, content, columns)
    text = decoded(name, content)
    table, header = parsed(name, text, columns)
    names = checked_header(name, header, columns)
    rows, refusals = filled_rows(table, names)
    return EntryFile(name, hashlib.sha256(content).hexdigest(), rows, refusals)


def filled_rows(
    table: Iterable[tuple[int, Sequence[str]]], names: Sequence[str]
) -> tuple[list[tuple[int, Mapping[str, str]]], list[Refusal]]:
    """The filled-in cells of each row, by column; rows with more cells than there are titles."""
    rows: list[tuple[int, Mapping[str, str]]] = []
    too_long: list[Refusal] = []
    for number, cells in table:
        if any(cell.strip() for cell in cells[len(names) :]):
            too_long.append(
                Refusal(
                    number,
                    "(au-delà)",
                    "plus de cellules que de titres",
                    "une cellule par titre",
                    "mettre entre guillemets un texte qui contient le séparateur",
                )
            )
            continue
        filled = {
            column: cell.strip()
            for column, cell in zip(names, cells, strict=False)
            if cell.strip() and column
        }
        if filled:
            rows.append((number, filled))
    return rows, too_long


def workbook_file(name: str, content: bytes, columns: Mapping[str, bool]) -> EntryFile:
    """A workbook: the one sheet whose first row has the expected titles."""
    from layidu.mapping import workbooks

    try:
        sheets = workbooks.read_workbook(content)
    except workbooks.NotAWorkbookError as error:
        raise ConfigurationError(
            where=name,
            found=str(error),
            expected="un classeur .xlsx de quelques centaines de lignes, ou un fichier CSV",
            todo="dans le tableur : Fichier, Enregistrer sous, « Classeur Excel (.xlsx) » ; ou repartir du modèle :"
            " layidu template plan --to saisie.xlsx",
        ) from error
    sheet = chosen_sheet(name, sheets, columns)
    place = f"{name}, feuille « {sheet.name} »"
    (_, header), *table = sheet.rows
    names = checked_header(place, header, columns)
    known = {position for position, column in enumerate(names) if column}
    rows, refusals = filled_rows(table, names)
    first = table[0][0] if table else 0
    merged = {
        number: Refusal(
            number,
            "(ligne)",
            f"des cellules fusionnées ({span})",
            "une valeur dans chaque cellule",
            "annuler la fusion, et remplir chaque ligne",
        )
        for number, (span, places) in sheet.merged.items()
        if places & known and number >= first
    }
    doubts = {
        number: Refusal(number, names[position], doubt.found, doubt.expected, doubt.todo)
        for (number, position), doubt in reversed(sheet.doubts.items())
        if position in known
    }
    return EntryFile(
        name,
        hashlib.sha256(content).hexdigest(),
        [row for row in rows if row[0] not in merged],
        [*refusals, *merged.values()],
        doubts,
        sheet.name,
    )


def chosen_sheet(name: str, sheets: Sequence["Sheet"], columns: Mapping[str, bool]) -> "Sheet":
    """The sheet to read: the only one, or the only one with every title that must be there."""
    needed = {column for column, must in columns.items() if must}
    fitting = [sheet for sheet in sheets if needed <= {plain(cell) for cell in sheet.rows[0][1]}]
    if len(fitting) == 1 or len(sheets) == 1:
        return (fitting or list(sheets))[0]
    found = (
        f"{len(fitting)} feuilles de saisie : {listed(sheet.name for sheet in fitting)}"
        if fitting
        else f"aucune feuille avec ces titres : {listed(sheet.name for sheet in sheets)}"
        if sheets
        else "un classeur vide"
    )
    raise ConfigurationError(
        where=name,
        found=found,
        expected=f"une seule feuille dont la première ligne porte : {', '.join(columns)}",
        todo="garder une seule feuille de saisie par classeur, ou partir du modèle (layidu template)",
    )


def decoded(name: str, content: bytes) -> str:
    """The text of a file, or what to do instead."""
    if content.startswith(OLD_OFFICE):
        raise ConfigurationError(
            where=name,
            found="un ancien classeur (.xls), ou un classeur protégé par un mot de passe",
            expected="un classeur .xlsx ou un fichier CSV",
            todo="dans le tableur : Fichier, Enregistrer sous, « Classeur Excel (.xlsx) », sans mot de passe",
        )
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if len(content) > LARGEST or (b"\x00" in content and not wide):
        raise ConfigurationError(
            where=name,
            found=f"un fichier de {len(content)} octets qui n'est pas une feuille de saisie",
            expected="un classeur .xlsx ou un fichier CSV de quelques centaines de lignes",
            todo="partir du modèle : layidu template plan --to saisie.xlsx",
        )
    if wide:
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Every byte means something in it but five, which no spreadsheet writes.
        return content.decode("cp1252", errors="replace")


def parsed(
    name: str, text: str, columns: Mapping[str, bool]
) -> tuple[list[tuple[int, list[str]]], Sequence[str]]:
    """Rows with the number of the line each begins on, by the delimiter under which the header makes most sense."""
    best: tuple[int, list[tuple[int, list[str]]]] = (-1, [])
    for delimiter in DELIMITERS:
        try:
            table = numbered_rows(text, delimiter)
        except csv.Error as error:
            raise ConfigurationError(
                where=name,
                found=f"un texte que le format CSV ne permet pas ({error})",
                expected="un fichier CSV tel que les tableurs l'enregistrent",
                todo="chercher un guillemet qui ne se ferme pas, ou repartir du modèle (layidu template)",
            ) from error
        known = sum(plain(cell) in columns for cell in table[0][1]) if table else 0
        if known > best[0]:
            best = (known, table)
    if not best[1]:
        raise ConfigurationError(
            where=name,
            found="un fichier vide",
            expected=f"une ligne de titres : {', '.join(columns)}",
            todo="partir du modèle : layidu template plan --to saisie.xlsx",
        )
    return best[1][1:], best[1][0][1]


def numbered_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on (a quoted cell may hold line breaks)."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows.append((begins, cells))
        begins = reader.line_num + 1
    return rows


def checked_header(name: str, header: Sequence[str], columns: Mapping[str, bool]) -> list[str]:
    """The columns in the order of the file; a missing, unknown or repeated one is an error with the nearest name."""
    found = [plain(cell) for cell in header]
    unknown = [cell for cell in found if cell and cell not in columns]
    missing = [column for column, needed in columns.items() if needed and column not in found]
    repeated = sorted({cell for cell in found if cell and found.count(cell) > 1})
    if unknown or missing or repeated:
        near = [
            f"« {cell} » : peut-être « {nearest(cell, columns)} »"
            for cell in unknown
            if nearest(cell, columns)
        ]
        said = [
            *([f"colonnes inconnues : {listed(unknown)}"] if unknown else []),
            *([f"colonnes absentes : {listed(missing)}"] if missing else []),
            *([f"colonnes répétées : {listed(repeated)}"] if repeated else []),
            *near,
        ]
        raise ConfigurationError(
            where=f"{name}, ligne 1",
            found=" ; ".join(said),
            expected=f"les titres du modèle : {', '.join(columns)}",
            todo="corriger la première ligne, ou partir du modèle (layidu template)",
        )
    return found


def plain(text: str) -> str:
    """A title without accents, case or surrounding blanks: « Réalisé » is `realise`."""
    split = unicodedata.normalize("NFKD", text.strip().casefold())
    return "_".join(
        "".join(each for each in split if not unicodedata.combining(each)).replace("'", " ").split()
    )


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV that French spreadsheets open by a double click: semicolons, and UTF-8 with its mark."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
