"""A spreadsheet that a person filled in: what is read, what is refused and why; nothing is guessed."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_cells import CellError, day, period, quantity, status
from layidu.mapping.entry_files import read_entry_file
from layidu.mapping.entry_rows import check_entries
from layidu.mapping.entry_shapes import COLUMNS, Checked
from layidu.mapping.entry_templates import HEADERS, template
from layidu.mapping.reader import read_mappings
from layidu.settings import shipped

TODAY = date(2026, 4, 8)
NUL = b"\x00"


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def checked(
    mappings: Mappings, text: str | bytes, kind: str = "plan", known: list[dict[str, object]] | None = None
) -> Checked:
    content = text if isinstance(text, bytes) else text.encode()
    file = read_entry_file("saisie.csv", content, COLUMNS[kind])
    return check_entries(kind, file, mappings, known or [], TODAY)


PLAIN = "ligne;periode;realise;piece\nCAEB-SR-03;2025;12;Rapport à mi-parcours\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("latin-1"),
        PLAIN.encode("cp1252"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(";", ",").encode(),
        PLAIN.replace(";", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("ligne;periode;realise", "Ligne ; PÉRIODE;Réalisé").encode(),
        f"\n\n{PLAIN}\n;;;\n".encode(),
    ],
)
def test_whatever_a_spreadsheet_writes_is_read(mappings: Mappings, content: bytes) -> None:
    [(_, row)] = checked(mappings, content).rows
    assert (row["line"], row["period"], row["quantity"]) == ("CAEB-SR-03", "2025", 12.0)
    assert row["document"] == "Rapport à mi-parcours"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PK\x03\x04 rest of a workbook", "n'est pas un classeur"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "classeur"),
        (b"", "fichier vide"),
        (b" \n;;\n", "fichier vide"),
        (b"ligne;periode;realise\n" + NUL, "n'est pas une feuille de saisie"),
        (b"ligne;periode;realize\n", "« realize » : peut-être « realise »"),
        (b"ligne;periode\n", "colonnes absentes : realise"),
        (b"ligne;periode;realise;realise\n", "colonnes répétées : realise"),
        (b'ligne;periode;realise\n"' + b"x" * 200_000, "que le format CSV ne permet pas"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(mappings: Mappings, content: bytes, found: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        checked(mappings, content)
    assert found in refused.value.found
    assert refused.value.exit_code == 3
    assert refused.value.todo


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("0", 0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1 234", 1234),
        ("1\u202f234\u202f567,5", 1234567.5),
        ("1\u00a0200", 1200),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "-3",
        "1.234",
        "1,234",
        "12 34",
        "1e3",
        "inf",
        "nan",
        "douze",
        "٣",
        "12%",
        "1 2345",
        "=A1",
        "1" * 13,
        "12,",
    ],
)
def test_a_number_that_can_be_read_two_ways_is_refused(text: str) -> None:
    with pytest.raises(CellError):
        quantity(text)


@given(st.integers(0, 999_999_999_999), st.sampled_from(["", " ", "\u00a0", "\u202f"]))
def test_grouping_never_changes_a_number(number: int, blank: str) -> None:
    assert quantity(f"{number:,}".replace(",", blank)) == number


@given(st.text(max_size=12))
def test_any_text_is_a_number_of_zero_or_more_or_an_error_for_people(text: str) -> None:
    with suppress(CellError):
        assert 0 <= quantity(text) < 1e12


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("202603", "202603"), ("2026-03", "202603"), ("03/2026", "202603")),
        *(
            ("2026Q1", "2026Q1"),
            ("T1 2026", "2026Q1"),
            ("2026-T1", "2026Q1"),
            ("2026", "2026"),
            ("2025S2", "2025S2"),
        ),
    ],
)
def test_periods_as_people_write_them(text: str, found: str) -> None:
    assert period(text, 2025, 2027, TODAY).id == found


@pytest.mark.parametrize(
    "text", ["2024", "2028", "2026Q3", "202613", "mars-26", "2026W05", "20260301", "2026T5"]
)
def test_periods_outside_the_plan_or_not_begun_are_refused(text: str) -> None:
    with pytest.raises(CellError):
        period(text, 2025, 2027, TODAY)


def test_days_and_statuses() -> None:
    assert day("14/03/2026", TODAY) == day("2026-03-14", TODAY) == date(2026, 3, 14)
    for text in ("09/04/2026", "31/02/2026", "03/14/2026", "14 mars"):
        with pytest.raises(CellError):
            day(text, TODAY)
    words = ("Réalisé", "vert", "En bonne voie", "sur la bonne voie", "Pas sur la bonne voie", "ROUGE")
    assert [status(word) for word in words] == ["GREEN", "GREEN", "YELLOW", "YELLOW", "RED", "RED"]
    with pytest.raises(CellError):
        status("bof")


def test_every_filled_row_is_kept_or_refused_and_says_where(mappings: Mappings) -> None:
    text = (
        "ligne;periode;realise;statut\n"
        "CAEB-SR-03;2025;12;\n"  # kept
        "caeb-sr-04;2025;12;vert\n"  # kept: the case of a code does not matter
        "CAEB-SR-99;2025;12;\n"
        "CAEB-SR-05;;12;\n"
        "CAEB-SR-05;2025;;vert\n"
        "CAEB-SR-05;2025;1;peut-être\n"
        "CAEB-SR-06;2025Q1;;\n"  # prefilled, untouched
        "CAEB-SR-07;2025;1;vert;de trop\n"
    )
    found = checked(mappings, text)
    assert [number for number, _ in found.rows] == [2, 3]
    assert [(one.line_number, one.column_name) for one in found.refusals] == [
        (4, "ligne"),
        (5, "periode"),
        (6, "realise"),
        (7, "statut"),
        (9, "(au-delà)"),
    ]
    assert found.blank == 1
    first = str(found.refusals[0])
    assert "trouvé  : « CAEB-SR-99 »" in first
    assert "proche : CAEB-SR-0" in first
    assert "à faire :" in first


def test_two_rows_that_contradict_are_both_refused_and_two_alike_are_one_entry(mappings: Mappings) -> None:
    head = "ligne;periode;realise\n"
    found = checked(mappings, f"{head}CAEB-SR-03;2025;12\nCAEB-SR-03;2025;13\nCAEB-SR-05;2025;1\n")
    assert [row["line"] for _, row in found.rows] == ["CAEB-SR-05"]
    assert [one.found for one in found.refusals] == [
        "la même saisie, autrement, ligne 3",
        "la même saisie, autrement, ligne 2",
    ]
    alike = checked(mappings, f"{head}CAEB-SR-03;2025;12\nCAEB-SR-03;2025;12\n")
    assert len(alike.rows) == 2
    assert not alike.refusals


def test_a_quarter_of_an_entered_year_would_count_twice(mappings: Mappings) -> None:
    known: list[dict[str, object]] = [{"line": "CAEB-SR-03", "period": "2025", "quantity": 12.0}]
    head = "ligne;periode;realise\n"
    across = checked(mappings, f"{head}CAEB-SR-03;2025Q1;3\n", known=known)
    assert across.rows == []
    assert across.refusals[0].found == "2025Q1, qui chevauche 2025 (déjà saisi)"
    replaced = checked(
        mappings, f"{head}CAEB-SR-03;2025Q1;3\nCAEB-SR-03;2025Q2;4\nCAEB-SR-03;2025;retirer\n", known=known
    )
    assert [row["quantity"] for _, row in replaced.rows] == [3.0, 4.0, None]
    inside = checked(mappings, f"{head}CAEB-SR-03;2025S1;3\nCAEB-SR-03;202506;1\n")
    assert [one.found for one in inside.refusals] == ["202506, qui chevauche 2025S1 (ligne 2)"]


def test_nothing_is_taken_back_that_was_never_entered(mappings: Mappings) -> None:
    found = checked(mappings, "ligne;periode;realise\nCAEB-SR-03;2025;retirer\n")
    assert found.rows == []
    assert "qui n'existe pas" in found.refusals[0].found


def test_evidence_is_about_the_parts_where_there_are_parts_and_its_milestones(mappings: Mappings) -> None:
    head = "objet;jalon;date_preuve;document;valide_par;valide_le\n"
    rows = [
        "FP2030-I4.1;validé;2026-01-10;Plan;;",  # has parts: evidence is about them
        "FP2030-I4.1A;Validé;2026-01-10;Plan;Comité;2026-02-01",
        "FP2030-I4.1A;exécutée;2026-01-10;Plan;;",  # a milestone of another scale
        "FP2030-I5.2;démarrée;2026-01-10;Note;Comité;",  # validated, but when?
    ]
    found = checked(mappings, head + "\n".join(rows), "evidence")
    assert [row["milestone"] for _, row in found.rows] == ["validé"]
    assert [(one.line_number, one.column_name) for one in found.refusals] == [
        (2, "objet"),
        (4, "jalon"),
        (5, "valide_le"),
    ]


@pytest.mark.parametrize("kind", ["plan", "validation", "evidence"])
def test_the_template_opens_in_french_spreadsheets_and_names_every_object(
    mappings: Mappings, kind: str
) -> None:
    content = template(kind, mappings, TODAY)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == ";".join(HEADERS[kind])
    assert len(lines) - 2 == {"plan": 92, "validation": 117, "evidence": 17}[kind]
    if kind == "plan":
        assert lines[1].split(";")[5] == "2026Q1"
    # A file that spreadsheets would run as a formula is an attack on whoever opens it.
    assert not any(cell.lstrip('"').startswith(("=", "+", "@")) for line in lines for cell in line.split(";"))
