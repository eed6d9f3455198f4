"""Workbooks as spreadsheets write them: what is read, and what is a doubt."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_files import plain, read_entry_file
from layidu.mapping.entry_rows import check_entries
from layidu.mapping.entry_shapes import COLUMNS, Checked
from layidu.mapping.entry_templates import HEADERS, template
from layidu.mapping.reader import read_mappings
from layidu.mapping.workbooks import LARGEST
from layidu.settings import shipped

TODAY = date(2026, 4, 8)
TITLES = ("Ligne", "Période", "Réalisé", "Pièce", "Commentaire")


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def workbook(*rows: tuple[object, ...], change: Callable[[Worksheet], object] | None = None) -> bytes:
    """A workbook with the titles and these rows from the second on, saved by the library."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Plan"
    for row in (TITLES, *rows):
        sheet.append(row)
    if change is not None:
        change(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def checked(mappings: Mappings, content: bytes, kind: str = "plan") -> Checked:
    file = read_entry_file("saisie.xlsx", content, COLUMNS[kind])
    return check_entries(kind, file, mappings, [], TODAY)


def refused(mappings: Mappings, content: bytes) -> list[tuple[int, str, str]]:
    """Line, column and what was found, of every refusal; and that nothing else was taken."""
    found = checked(mappings, content)
    assert not found.rows
    return [(one.line_number, one.column_name, one.found) for one in found.refusals]


def test_typed_cells_are_read_as_they_are_seen(mappings: Mappings) -> None:
    def zeros(sheet: Worksheet) -> None:
        sheet["D2"].number_format = "000"

    content = workbook(
        ("CAEB-SR-03", 2025, 12, 7, "007"),
        ("CAEB-SR-04", "2025Q2", 1.234, None, None),
        (None, None, None),
        ("caeb-sr-05", 202501.0, "12,5", None, date(2025, 3, 31)),
        ("CAEB-SR-06", "2025", 0.1 + 0.2, None, datetime(2025, 3, 31, 10, 30)),  # noqa: DTZ001  of a cell
        change=zeros,
    )
    rows = [row for _, row in checked(mappings, content).rows]
    assert [(row["line"], row["period"], row["quantity"]) for row in rows] == [
        ("CAEB-SR-03", "2025", 12),
        ("CAEB-SR-04", "2025Q2", 1.234),  # typed as a number: no thousands to doubt
        ("CAEB-SR-05", "202501", 12.5),
        ("CAEB-SR-06", "2025", 0.3),
    ]
    assert [(row["document"], row["note"]) for row in rows] == [
        ("007", "007"),  # the one a number shown with its zeros, the other a text
        (None, None),
        (None, "2025-03-31"),
        (None, "2025-03-31 10:30:00"),
    ]
    assert [number for number, _ in checked(mappings, content).rows] == [2, 3, 5, 6]


def test_what_was_not_typed_is_a_doubt(mappings: Mappings) -> None:
    def percent(sheet: Worksheet) -> None:
        sheet["C5"].number_format = "0 %"

    content = workbook(
        ("CAEB-SR-03", 2025, "=6*2"),
        ("CAEB-SR-04", 2025, "#REF!"),
        ("CAEB-SR-05", 2025, 3, '=HYPERLINK("x")'),
        ("CAEB-SR-06", 2025, 0.5),
        ("CAEB-SR-07", date(2025, 3, 1), 4),
        ("CAEB-SR-10", 2025, True),
        ("=A2", None, None),  # nothing is filled in: no doubt worth a word
        change=percent,
    )
    assert refused(mappings, content) == [
        (2, "realise", "une formule (=6*2)"),
        (3, "realise", "une erreur du tableur (#REF!)"),
        (4, "piece", 'une formule (=HYPERLINK("x"))'),
        (5, "realise", "« 50 % »"),
        (6, "periode", "« 2025-03-01 »"),
        (7, "realise", "« VRAI »"),
    ]


def test_merged_cells_are_no_row_of_their_own(mappings: Mappings) -> None:
    """Only the first of them holds the value; the others would be silently empty."""

    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("C2:C3")
        sheet.merge_cells("G4:H5")  # beside the table
        sheet.merge_cells("A1:A1")

    content = workbook(
        ("CAEB-SR-03", 2025, 12), ("CAEB-SR-04", 2025, None), ("CAEB-SR-05", 2025, 3), change=merge
    )
    found = checked(mappings, content)
    assert [number for number, _ in found.rows] == [4]
    assert [(one.line_number, one.found) for one in found.refusals] == [
        (2, "des cellules fusionnées (C2:C3)"),
        (3, "des cellules fusionnées (C2:C3)"),
    ]


def test_the_sheet_with_the_titles_is_the_one_that_is_read(mappings: Mappings) -> None:
    book = Workbook()
    notes = book.worksheets[0]
    notes.title = "Notes"
    notes.append(("à lire d'abord",))
    sheet = book.create_sheet("Saisie 2025")
    sheet.append(())
    sheet.append(TITLES)
    sheet.append(("CAEB-SR-03", 2025, "douze"))
    file = read_entry_file("saisie.xlsx", saved(book), COLUMNS["plan"])
    assert file.place == "saisie.xlsx, feuille « Saisie 2025 »"
    assert refused(mappings, saved(book)) == [(3, "realise", "« douze »")]
    book.copy_worksheet(sheet).title = "Copie"
    with pytest.raises(ConfigurationError) as twice:
        checked(mappings, saved(book))
    assert twice.value.found == "2 feuilles de saisie : Copie, Saisie 2025"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PK\x03\x04 rest of a workbook", "n'est pas un classeur .xlsx"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "ancien classeur"),
        (saved(Workbook()), "classeur vide"),
        (workbook()[:-40], "n'est pas un classeur .xlsx"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(mappings: Mappings, content: bytes, found: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        checked(mappings, content)
    assert found in error.value.found
    assert error.value.exit_code == 3


def test_a_title_that_is_none_names_the_sheet(mappings: Mappings) -> None:
    def rename(sheet: Worksheet) -> None:
        sheet["C1"] = "Realize"

    with pytest.raises(ConfigurationError) as error:
        checked(mappings, workbook(("CAEB-SR-03", 2025, 1), change=rename))
    assert error.value.where == "saisie.xlsx, feuille « Plan », ligne 1"
    assert "« realize » : peut-être « realise »" in error.value.found


def test_a_bomb_is_not_unpacked(mappings: Mappings) -> None:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (LARGEST + 1))
    with pytest.raises(ConfigurationError) as error:
        checked(mappings, made.getvalue())
    assert "une fois ouvert" in error.value.found


@pytest.mark.parametrize("kind", HEADERS)
def test_the_template_comes_back_as_it_is(mappings: Mappings, kind: str) -> None:
    content = template(kind, mappings, TODAY, workbook=True)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    heads = [str(cell.value) for cell in sheet[1]]
    assert [plain(head) for head in heads] == list(HEADERS[kind])
    assert sheet["A1"].comment is not None
    assert sheet.freeze_panes == "B2"
    found = checked(mappings, content, kind)
    assert (found.rows, found.refusals) == ([], [])
    assert found.blank == sheet.max_row - 1 > 15


def test_a_filled_template_is_read(mappings: Mappings) -> None:
    book = load_workbook(BytesIO(template("plan", mappings, TODAY, workbook=True)))
    sheet = book.worksheets[0]
    place = {plain(str(cell.value)): cell.column for cell in sheet[1]}
    line = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "CAEB-SR-06")
    number = line[0].row
    assert sheet.cell(number, place["quantite_prevue"]).value == 5000
    assert sheet.cell(number, place["periode"]).number_format == "@"  # or a spreadsheet makes it a date
    sheet.cell(number, place["realise"], 1234.5)
    [(found, row)] = checked(mappings, saved(book)).rows
    assert (found, row["line"], row["quantity"], row["period"]) == (number, "CAEB-SR-06", 1234.5, "2026Q1")
