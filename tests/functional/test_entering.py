"""A person fills in a template and brings it back: the command line, from file to answer and exit code."""

import csv
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from openpyxl import load_workbook

from tests.hamlet import SHIPPED, Person
from warehouse.connect import Warehouse


@pytest.fixture
def person(tmp_path: Path, warehouse_url: str) -> Person:
    return Person(tmp_path, SHIPPED, {"LAYIDU_WAREHOUSE_URL": warehouse_url})


def fill(path: Path, values: Mapping[str, Mapping[str, str]], encoding: str = "utf-8") -> None:
    """Fill in rows of a template by the code in their first column, and save it as a spreadsheet would."""
    rows = list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
    code = next(iter(rows[0]))
    for row in rows:
        row |= values.get(row[code], {})
    out = StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding=encoding)


def test_from_template_to_colour_and_twice_is_once(
    person: Person, warehouse: Warehouse, tmp_path: Path
) -> None:
    path = tmp_path / "saisie.csv"
    assert person.run("template", "plan", "--to", str(path)).returncode == 0
    done = {"CAEB-SR-06": {"periode": "2025", "realise": "1 200", "piece": "Rapport à mi-parcours"}}
    fill(path, done, "cp1252")
    first = person.run("import", "plan", str(path), "--author", "Point focal santé")
    assert (first.returncode, first.stderr) == (0, "")
    assert "reçues 1 = gardées 1 + refusées 0 ; gardées 1 = nouvelles 1" in first.stdout
    assert "lignes non remplies 91" in first.stdout
    again = person.run("import", "plan", str(path))
    assert "gardées 1 = nouvelles 0 + modifiées 0 + inchangées 1" in again.stdout
    with warehouse.connect("reader") as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        [line] = cursor.execute("SELECT * FROM mart.plan WHERE ligne = 'CAEB-SR-06'").fetchall()
        [entry] = cursor.execute("SELECT * FROM mart.saisies").fetchall()
    assert (line["realise"], line["statut_calcule"]) == (1200, "rouge")
    assert (entry["auteur"], entry["fichier"], entry["piece"]) == (
        "Point focal santé",
        "saisie.csv",
        "Rapport à mi-parcours",
    )


def test_a_refused_row_is_told_in_four_parts_and_the_rest_is_kept(person: Person, tmp_path: Path) -> None:
    path = tmp_path / "saisie.csv"
    person.run("template", "plan", "--to", str(path))
    rows = {
        "CAEB-SR-03": {"periode": "2025", "realise": "4"},
        "CAEB-SR-04": {"periode": "2025", "realise": "1.234"},
    }
    fill(path, rows)
    answer = person.run("import", "plan", str(path))
    assert answer.returncode == 1
    assert "reçues 2 = gardées 1 + refusées 1" in answer.stdout
    assert (
        "refusée : saisie.csv, ligne 6, colonne realise\n  trouvé  : « 1.234 »\n  attendu : " in answer.stdout
    )
    assert "  à faire : écrire 1234 si ce sont des milliers" in answer.stdout


def test_a_workbook_is_filled_in_and_its_refusals_name_sheet_and_row(person: Person, tmp_path: Path) -> None:
    path = tmp_path / "saisie.xlsx"
    assert person.run("template", "plan", "--to", str(path)).returncode == 0
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip((cell.value for cell in sheet[1]), row, strict=True))
        if row[0].value in {"CAEB-SR-03", "CAEB-SR-04"}:
            cells["Période"].value = 2025
            cells["Réalisé"].value = 4 if row[0].value == "CAEB-SR-03" else "=2+2"
    book.save(path)
    answer = person.run("import", "plan", str(path))
    assert answer.returncode == 1
    assert "saisie.xlsx : lignes remplies reçues 2 = gardées 1 + refusées 1" in answer.stdout
    assert (
        "refusée : saisie.xlsx, feuille « Saisie », ligne 6, colonne realise\n  trouvé  : une formule (=2+2)"
        in answer.stdout
    )


@pytest.mark.parametrize("kind", ["validation", "evidence"])
def test_the_other_kinds_come_back_untouched_with_nothing(person: Person, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "saisie.csv"
    person.run("template", kind, "--to", str(path))
    answer = person.run("import", kind, str(path))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "reçues 0 = gardées 0 + refusées 0" in answer.stdout


def test_what_cannot_be_read_or_written_is_exit_3(person: Person, tmp_path: Path) -> None:
    workbook = tmp_path / "saisie.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    for arguments, told in (
        (("import", "plan", str(workbook)), "n'est pas un classeur .xlsx entier"),
        (("import", "plan", str(tmp_path / "nulle-part.csv")), "vérifier le chemin"),
        (("import", "plan", str(tmp_path)), "ne peut pas être lu"),
        (("template", "plan", "--to", str(tmp_path / "non" / "x.csv")), "ne peut pas être écrit"),
    ):
        answer = person.run(*arguments)
        assert answer.returncode == 3, arguments
        assert told in answer.stderr
        assert answer.stderr.count("\n") == 4  # where, found, expected, to do


def test_entries_need_no_data_set_and_no_night(tmp_path: Path, warehouse_url: str) -> None:
    """A folder that names a server and the plan is enough; a source without data sets is no reason to fail."""
    folder = tmp_path / "mappings"
    (folder / "commitments").mkdir(parents=True)
    (folder / "sources.yaml").write_text("national: {}\n", encoding="utf-8")
    plan = (SHIPPED / "commitments" / "caeb_2025_2027.yaml").read_text(encoding="utf-8")
    plan = re.sub(r"\n +companions: .*|\ncompanion_group: .*", "", plan)
    (folder / "commitments" / "caeb_2025_2027.yaml").write_text(plan, encoding="utf-8")
    person = Person(tmp_path, folder, {"LAYIDU_WAREHOUSE_URL": warehouse_url})
    path = tmp_path / "saisie.csv"
    assert person.run("template", "plan", "--to", str(path)).returncode == 0
    fill(path, {"CAEB-SR-03": {"periode": "2025", "realise": "4"}})
    answer = person.run("import", "plan", str(path))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "92 gris" in answer.stdout  # no thresholds: nothing can be judged, and nothing fails
