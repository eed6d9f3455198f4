"""How does a spreadsheet saved as CSV become rows of text, whatever wrote it?

Semicolons, commas or tabs; UTF-8 with or without its mark, UTF-16, or Windows' western encoding.
"""

import csv
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from layidu.errors import ConfigurationError
from layidu.mapping.nearest import listed, nearest

DELIMITERS = (";", ",", "\t")
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
LARGEST = 5_000_000  # bytes: a plan has 92 lines


@dataclass(frozen=True, slots=True)
class EntryFile:
    """The filled-in cells of a file: line number (1 is the header) and column -> text, blanks left out."""

    name: str
    sha256: str
    rows: Sequence[tuple[int, Mapping[str, str]]]
    too_long: Sequence[int]  # lines with more cells than the header


def read_entry_file(name: str, content: bytes, columns: Mapping[str, bool]) -> EntryFile:
    """Read a file whose header has these columns (name -> whether it must be there), in any order.

    Raises:
        ConfigurationError: the file is a workbook, cannot be read as text, or its header is not the expected one.
    """
    text = decoded(name, content)
    table, header = parsed(name, text, columns)
    names = checked_header(name, header, columns)
    rows: list[tuple[int, Mapping[str, str]]] = []
    too_long: list[int] = []
    for number, cells in table:
        if any(cell.strip() for cell in cells[len(names) :]):
            too_long.append(number)
            continue
        filled = {
            column: cell.strip()
            for column, cell in zip(names, cells, strict=False)
            if cell.strip() and column
        }
        if filled:
            rows.append((number, filled))
    return EntryFile(name, hashlib.sha256(content).hexdigest(), rows, too_long)


def decoded(name: str, content: bytes) -> str:
    """The text of a file, or what to do instead."""
    if content.startswith((ZIP, OLD_OFFICE)):
        raise ConfigurationError(
            where=name,
            found="un classeur (.xlsx, .xls ou .ods)",
            expected="un fichier CSV",
            todo="dans le tableur : Fichier, Enregistrer sous, « CSV UTF-8 (délimité par des virgules) » ou « CSV »,"
            " puis relancer avec ce fichier",
        )
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if len(content) > LARGEST or (b"\x00" in content and not wide):
        raise ConfigurationError(
            where=name,
            found=f"un fichier de {len(content)} octets qui n'est pas une feuille de saisie",
            expected="un fichier CSV de quelques centaines de lignes",
            todo="partir du modèle : layidu template plan --to saisie.csv",
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
            todo="partir du modèle : layidu template plan --to saisie.csv",
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
