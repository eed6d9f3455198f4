"""What a person reads of the promises: three statuses that never overwrite each other, and why one is grey."""

from datetime import date
from typing import Any

import psycopg
import pytest

from flows.promising import assess
from layidu.mapping.contracts import Mappings
from layidu.mapping.entry_files import read_entry_file, written
from layidu.mapping.entry_rows import check_entries
from layidu.mapping.entry_shapes import COLUMNS
from layidu.mapping.entry_templates import HEADERS, template
from layidu.mapping.promises import GroupMember, MeasuredBy
from layidu.mapping.reader import read_mappings
from layidu.model import frames
from layidu.settings import shipped
from tests.warehouse_world import World, night
from warehouse import entries
from warehouse.connect import Warehouse
from warehouse.entries import Accounts, Brought
from warehouse.load_metadata import load_metadata
from warehouse.load_plan import load_plan
from warehouse.load_results import write_results
from warehouse.read_sums import tree as read_tree

TODAY = date(2026, 4, 8)
SOURCE = "sandbox"


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def assessed(warehouse: Warehouse, mappings: Mappings, on: date = TODAY) -> int:
    """Declare and assess, as a night does; how many rows of promises were written."""
    with night(warehouse) as run:
        load_plan(warehouse, mappings, frames.VARIABLE_CELLS.frame(), frames.TERMS.frame(), run)
        commitments, plan = assess(warehouse, mappings, SOURCE, on)
        return write_results(warehouse, {}, run, commitment_status=commitments, plan_progress=plan)


def brought(
    warehouse: Warehouse, mappings: Mappings, kind: str, *rows: dict[str, str], author: str = "CAEB"
) -> tuple[Accounts, list[str]]:
    """Import rows as a file does; the accounts, and the columns of the refusals."""
    header = HEADERS[kind]
    content = written(header, [[row.get(column, "") for column in header] for row in rows])
    file = read_entry_file("saisie.csv", content, COLUMNS[kind])
    checked = check_entries(kind, file, mappings, entries.current(warehouse, kind), TODAY)
    with night(warehouse) as run:
        done = entries.record(
            warehouse,
            Brought(
                kind,
                file.name,
                file.sha256,
                author,
                [row for _, row in checked.rows],
                [
                    {name: getattr(refusal, name) for name in refusal.__slots__}
                    for refusal in checked.refusals
                ],
            ),
            run,
        )
    return done, [refusal.column_name for refusal in checked.refusals]


def read(warehouse: Warehouse, query: str) -> list[dict[str, Any]]:
    """What a reader sees."""
    with warehouse.connect("reader") as connection:
        return connection.cursor(row_factory=psycopg.rows.dict_row).execute(query.encode()).fetchall()


def test_every_promise_has_a_row_and_every_grey_its_reason(
    any_warehouse: Warehouse, mappings: Mappings
) -> None:
    assessed(any_warehouse, mappings)
    rows = read(any_warehouse, "SELECT * FROM mart.engagements")
    kinds = [row["genre"] for row in rows]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "engagement": 6,
        "résultat": 7,  # TPCm stands for two populations
        "indicateur de processus": 15,
        "sous-indicateur": 4,
    }
    assert all(row["raison"] and row["document"] for row in rows)
    by_code = {row["code"]: row for row in rows}
    plan = read(any_warehouse, "SELECT * FROM mart.plan")
    assert len(plan) == 92
    assert all(row["raison"] and row["document"] and row["statut_calcule"] for row in plan)
    assert by_code["FP2030-E2"]["statut_calcule"] == "rouge"
    assert by_code["FP2030-E6"]["statut_calcule"] == "gris"
    assert "il manque : la valeur annuelle des besoins" in by_code["FP2030-R6"]["raison"]
    assert by_code["FP2030-R6"]["echeance_depassee"]
    assert "échéance de 2025 dépassée, cible à renouveler" in by_code["FP2030-R6"]["raison"]
    assert "donnée trop ancienne : 2018" in by_code["FP2030-R3A"]["raison"]
    assert by_code["FP2030-E1"]["statut_declare"].startswith("synthèse : « beaucoup d'actions")
    assert by_code["FP2030-I1.1"]["statut_declare"] == "titre : Réalisé ; récapitulatif : En bonne voie"
    assert by_code["FP2030-I2.2"]["statut_declare"] == "titre : sans statut ; récapitulatif : absent"
    conflicts = {row["code"] for row in rows if row["declaration_contradictoire"]}
    assert conflicts == {"FP2030-I1.1", "FP2030-I5.1", "FP2030-I2.2"}
    assert by_code["FP2030-I2.2"]["contradictions"] == "C05, C18, C23"
    figures = ("valeur", "valeur_attendue", "attendu_aujourd_hui", "ecart", "realise")
    shown = [row[name] for row in (*rows, *plan) for name in figures if row.get(name) is not None]
    assert {26.2, 12.5} <= set(shown)  # and not 26.200000000000003, nor 12.499995 of a third each year
    assert all(figure == round(figure, 2) for figure in shown)


def test_the_tallies_stand_beside_each_other(warehouse: Warehouse, mappings: Mappings) -> None:
    assessed(warehouse, mappings)
    found = read(
        warehouse, "SELECT endroit, vert, jaune, rouge, sans_statut, lignes, origine FROM mart.decomptes"
    )
    tallies = {row.pop("endroit"): tuple(row.values()) for row in found}
    assert tallies == {
        "titres de section": (8, 3, 0, 4, 15, "compté"),
        "récapitulatif, lignes imprimées": (6, 9, 0, 0, 15, "compté"),
        "résumé (tableau)": (10, 2, 2, 0, 14, "imprimé"),
        "statuts calculés": (0, 0, 0, 15, 15, "compté"),
        "statuts validés": (0, 0, 0, 15, 15, "compté"),
    }
    [printed] = read(warehouse, "SELECT remarque FROM mart.decomptes WHERE origine = 'imprimé'")
    assert printed["remarque"].startswith("non reproductible")
    assert len(read(warehouse, "SELECT * FROM mart.contradictions")) == 25 + 9


def test_three_statuses_and_none_overwrites_another(warehouse: Warehouse, mappings: Mappings) -> None:
    evidence = {
        "objet": "FP2030-I6.1",
        "jalon": "ligne créée",
        "date_preuve": "14/02/2026",
        "document": "Arrêté",
    }
    validated = {"valide_par": "Comité de suivi", "valide_le": "2026-03-02"}
    assert brought(warehouse, mappings, "evidence", evidence)[0].new == 1
    assessed(warehouse, mappings)
    query = "SELECT * FROM mart.engagements WHERE code = 'FP2030-I6.1'"
    [waiting] = read(warehouse, query)
    assert (waiting["statut_calcule"], waiting["statut_valide"]) == ("gris", None)
    assert "1 saisie(s) en attente de validation" in waiting["raison"]

    assert brought(warehouse, mappings, "evidence", {**evidence, **validated})[0].changed == 1
    verdict = {"objet": "fp2030-i6.1", "statut_valide": "Pas sur la bonne voie", **validated}
    assert brought(warehouse, mappings, "validation", verdict)[0].new == 1
    assessed(warehouse, mappings)
    [row] = read(warehouse, query)
    assert row["declare_titre"] == "Réalisé"
    assert row["statut_calcule"] == "jaune"
    assert "jalon « ligne créée » atteint (0,6)" in row["raison"]
    assert (row["statut_valide"], row["valide_par"], row["valide_le"]) == (
        "rouge",
        "Comité de suivi",
        date(2026, 3, 2),
    )
    assert (row["valeur"], row["date_valeur"], row["cible"]) == (0.6, "2026-02-14", 1.0)
    assert "Arrêté ; validé par Comité de suivi" in row["source_valeur"]

    # A later meeting replaces an earlier one; taken back, the earlier one holds again.
    later = {**verdict, "statut_valide": "vert", "valide_le": "2026-04-01"}
    brought(warehouse, mappings, "validation", later)
    assert read(warehouse, query)[0]["statut_valide"] == "vert"
    brought(warehouse, mappings, "validation", {**later, "statut_valide": "retirer"})
    assert read(warehouse, query)[0]["statut_valide"] == "rouge"
    history = read(warehouse, "SELECT valeur, en_vigueur FROM mart.saisies WHERE genre = 'validation'")
    assert [tuple(one.values()) for one in history] == [("rouge", True), ("vert", False), (None, False)]


def test_a_plan_line_from_template_to_colour(warehouse: Warehouse, mappings: Mappings) -> None:
    """TV18's line: 1200 then 1900 of 5000; imported twice nothing changes; a correction keeps what it replaces."""
    first = {"ligne": "CAEB-SR-06", "periode": "2025", "realise": "1 200", "piece": "Rapport 2025"}
    second = {"ligne": "CAEB-SR-06", "periode": "2026Q1", "realise": "190,5", "statut": "En bonne voie"}
    done, refused = brought(warehouse, mappings, "plan", first, second, {"ligne": "CAEB-SR-07"})
    assert (done, refused) == (Accounts(2, 2, 2, 0, 0, 0), [])
    assert brought(warehouse, mappings, "plan", first, second)[0] == Accounts(2, 2, 0, 0, 2, 0)
    assessed(warehouse, mappings)
    query = "SELECT * FROM mart.plan WHERE ligne = 'CAEB-SR-06'"
    [line] = read(warehouse, query)
    assert (line["realise"], line["derniere_periode"]) == (1390.5, "2026Q1")
    assert line["attendu_aujourd_hui"] == pytest.approx(5000 * (1 / 3 + 1 / 12), abs=0.01)
    assert (line["statut_declare"], line["statut_calcule"], line["statut_valide"]) == ("jaune", "jaune", None)
    assert (line["phasage"], line["statut_phasage"]) == ("un tiers par an", "proposé")
    assert line["declare_par"] == "CAEB"

    corrected = {**second, "realise": "1000"}
    assert brought(warehouse, mappings, "plan", corrected, author="Point focal")[0].changed == 1
    assessed(warehouse, mappings)
    assert read(warehouse, query)[0]["statut_calcule"] == "vert"
    history = read(warehouse, "SELECT valeur, auteur, en_vigueur FROM mart.saisies WHERE periode = '2026Q1'")
    assert [tuple(one.values()) for one in history] == [
        ("190.5", "CAEB", False),
        ("1000", "Point focal", True),
    ]
    with warehouse.connect("loader") as connection:
        [(files,)] = connection.execute("SELECT count(*) FROM plan.import_file").fetchall()
    assert files == 2


def test_refused_rows_are_counted_kept_and_explained(warehouse: Warehouse, mappings: Mappings) -> None:
    rows = [
        {"ligne": "CAEB-SR-06", "periode": "2025", "realise": "-3"},
        {"ligne": "CAEB-SR-O6", "periode": "2025", "realise": "3"},
        {"ligne": "CAEB-SR-03", "periode": "2031", "realise": "3"},
        {"ligne": "CAEB-SR-03", "periode": "2025", "realise": "3"},
    ]
    done, columns = brought(warehouse, mappings, "plan", *rows)
    assert done == Accounts(received=4, kept=1, new=1, changed=0, unchanged=0, refused=3)
    assert columns == ["realise", "ligne", "periode"]
    with warehouse.connect("loader") as connection:
        kept = connection.execute(
            "SELECT line_number, column_name, found FROM plan.import_refusal ORDER BY line_number"
        ).fetchall()
    assert kept == [(2, "realise", "« -3 »"), (3, "ligne", "« CAEB-SR-O6 »"), (4, "periode", "« 2031 »")]
    # The same bytes again: the refusals are counted, but not written down a second time.
    assert brought(warehouse, mappings, "plan", *rows)[0].refused == 3
    with warehouse.connect("loader") as connection:
        assert connection.execute("SELECT FROM plan.import_file").rowcount == 1


def test_what_was_entered_cannot_be_changed_or_deleted(warehouse: Warehouse, mappings: Mappings) -> None:
    brought(warehouse, mappings, "plan", {"ligne": "CAEB-SR-03", "periode": "2025", "realise": "3"})
    for statement in (
        "UPDATE plan.progress_entry SET quantity = 30",
        "DELETE FROM plan.progress_entry",
        "TRUNCATE plan.import_file",
    ):
        with warehouse.connect("owner") as connection, pytest.raises(psycopg.errors.RaiseException):
            connection.execute(statement.encode())
    with night(warehouse) as run:
        load_plan(warehouse, mappings, frames.VARIABLE_CELLS.frame(), frames.TERMS.frame(), run)
    assert len(read(warehouse, "SELECT * FROM mart.saisies")) == 1


def test_an_assessment_of_the_same_day_writes_nothing(warehouse: Warehouse, mappings: Mappings) -> None:
    assert assessed(warehouse, mappings) == 32 + 92
    assert assessed(warehouse, mappings) == 0
    assert assessed(warehouse, mappings, date(2026, 4, 9)) == 32 + 92


@pytest.mark.parametrize("kind", ["plan", "validation", "evidence"])
def test_an_untouched_template_brings_nothing(warehouse: Warehouse, mappings: Mappings, kind: str) -> None:
    content = template(kind, mappings, TODAY)
    file = read_entry_file("modele.csv", content, COLUMNS[kind])
    checked = check_entries(kind, file, mappings, entries.current(warehouse, kind), TODAY)
    assert (checked.rows, checked.refusals) == ([], [])
    assert checked.blank == {"plan": 92, "validation": 6 + 15 + 4 + 92, "evidence": 13 + 4}[kind]


def with_places(mappings: Mappings, *codes: str) -> Mappings:
    """The shipped declarations once somebody has given both lists, and measures I5.3 by a DHIS2 indicator."""
    assert mappings.org_units is not None
    listed = {
        name: group.model_copy(update={"members": [GroupMember(code=code) for code in codes]})
        for name, group in mappings.org_units.groups.items()
    }
    by = MeasuredBy(indicator="PAL-TEST", group="ZONE_CRISE", aim=20, source="exemple")
    fifth = mappings.commitments["FP2030-E5"]
    measured = fifth.processes["FP2030-I5.3"].model_copy(update={"measured_by": by})
    fifth = fifth.model_copy(update={"processes": {**fifth.processes, "FP2030-I5.3": measured}})
    return mappings.model_copy(
        update={
            "org_units": mappings.org_units.model_copy(update={"groups": listed}),
            "commitments": {**mappings.commitments, "FP2030-E5": fifth},
        }
    )


def test_a_group_of_places_is_summed_from_what_is_stored(warehouse: Warehouse, mappings: Mappings) -> None:
    """9 of 10 and 10 of 90 are 19 of 100; the mean of 90 % and 11 % would be 51 %."""
    world = World()
    with night(warehouse) as run:
        load_metadata(warehouse, world.metadata(), run)
    keys = read_tree(warehouse, world.source).set_index("uid")["org_unit"]
    here, there, country = (keys[one] for one in (world.facility(1, 1), world.facility(2, 1), world.country))
    months = [
        ("PAL-TEST", "", here, "202603", 9.0, 10.0, 90.0, "computed", 1.0),
        ("PAL-TEST", "", there, "202603", 10.0, 90.0, 11.1, "computed", 0.9),
        ("PAL-TEST", "", country, "202603", 50.0, 100.0, 50.0, "computed", 0.9),
        ("PF-NU", "", here, "202603", 30.0, None, 30.0, "computed", 1.0),
        ("PF-NU", "", here, "202503", 40.0, None, 40.0, "computed", 1.0),
    ]
    by_year = {
        year: frames.RESULTS.frame([row for row in months if row[3].startswith(str(year))])
        for year in (2025, 2026)
    }
    with night(warehouse) as run:
        write_results(warehouse, by_year, run)
    assessed(warehouse, with_places(mappings, world.facility(1, 1), world.facility(2, 1)))
    by_code = {row["code"]: row for row in read(warehouse, "SELECT * FROM mart.engagements")}
    measured = by_code["FP2030-I5.3"]
    assert (measured["statut_calcule"], measured["valeur"], measured["cible"]) == ("vert", 19.0, 20.0)
    assert (measured["numerateur"], measured["denominateur"], measured["completude_pct"]) == (19, 100, 90)
    assert (measured["population"], measured["date_valeur"]) == ("Zones de crise", "202603")
    continuity = by_code["FP2030-R5"]
    assert (continuity["valeur"], continuity["statut_calcule"]) == (75.0, "gris")
    assert "il manque : une cible chiffrée pour l'engagement 5" in continuity["raison"]
    [line] = read(warehouse, "SELECT indicateurs_a_cote FROM mart.plan WHERE ligne = 'CAEB-PAL-02'")
    assert line["indicateurs_a_cote"] == (
        "Structures appuyées par CAEB : PAL-TEST : 19 % (202603) ; PAL-CTA : aucune période calculée pour PAL-CTA"
    )
    # This run's results come before the stored ones.
    fresh = by_year[2026].assign(numerator=[9.0, 2.0, 50.0, 30.0])
    with night(warehouse):
        found, _ = assess(
            warehouse,
            with_places(mappings, world.facility(1, 1), world.facility(2, 1)),
            SOURCE,
            TODAY,
            {2026: frames.RESULTS.cast(fresh)},
        )
    assert found.set_index("code").loc["FP2030-I5.3", "value"] == 11.0
