"""The views people read: French, complete, and only for reading."""

import pandas as pd
import psycopg
import pytest

from layidu.mapping.contracts import Band, Dimension, ReferenceIndicator, ReferenceValue
from layidu.model import frames
from tests.functional.test_read import INDICATOR, ONE, TERMS, WORLD, cells, fill, mappings, results
from tests.warehouse_world import DEFAULT, checked, load, night, uid
from warehouse import read
from warehouse.connect import Warehouse
from warehouse.load_plan import load_plan
from warehouse.load_results import switching, write_results

VIEWS = (
    *("indicateurs", "valeurs", "engagements", "plan", "decomptes", "contradictions", "saisies"),
    *("qualite", "fraicheur", "rejets", "historique_valeurs", "changements", "rapports", "chevauchements"),
    *("hierarchies", "catalogue", "valeurs_reference"),
)


@pytest.fixture
def published(any_warehouse: Warehouse) -> Warehouse:
    """A small world with results, a refusal and a finding."""
    warehouse = fill(any_warehouse)
    cell = (ONE, "202603", WORLD.facility(2, 2), uid("Combo", 1), DEFAULT)
    load(warehouse, checked(WORLD, [], refused=[(cell, "1,5")], mode="increment"), WORLD)
    finding = (
        "spike",
        "warn",
        None,
        "positive",
        "202603",
        WORLD.facility(1, 1),
        None,
        None,
        "3",
        "Cent fois la médiane.",
    )
    with night(warehouse) as run:
        write_results(
            warehouse,
            {2026: results(warehouse)},
            run,
            data_quality=frames.FINDINGS.frame([finding]).assign(source=WORLD.source),
        )
    return warehouse


def rows(warehouse: Warehouse, query: str) -> list[dict[str, object]]:
    """What a reader sees."""
    with warehouse.connect("reader") as connection:
        return connection.cursor(row_factory=psycopg.rows.dict_row).execute(query.encode()).fetchall()


def test_a_person_reads_the_mart(published: Warehouse) -> None:
    country, facility = rows(published, "SELECT * FROM mart.indicateurs ORDER BY rang_niveau")
    assert country["code"] == "PAL-TPR"
    assert country["indicateur"] == INDICATOR.name
    assert (country["unite_organisation"], country["niveau"], country["region"]) == ("Mali", "pays", None)
    assert (country["periode"], country["type_periode"], country["desagregation"]) == (
        "202603",
        "mois",
        "Total",
    )
    shown = [
        str(country[name]) for name in ("numerateur", "denominateur", "valeur", "unite", "completude_pct")
    ]
    assert shown == ["7", "40", "17.5", "%", "50.0"]
    assert country["statut"] == "calculé"
    assert (facility["region"], facility["type_periode"], facility["desagregation"]) == (
        "District 1",
        "trimestre",
        "0-4 ans",
    )
    assert (facility["valeur"], facility["statut"]) == (None, "dénominateur manquant")

    [refused] = rows(published, "SELECT * FROM mart.rejets")
    assert (refused["unite_organisation"], refused["valeur"], refused["code"]) == (
        "CSCom 2.2",
        "1,5",
        "integer-expected",
    )
    [finding] = rows(published, "SELECT * FROM mart.qualite")
    assert (finding["gravite"], finding["objet"], finding["origine"]) == (
        "à vérifier",
        "Tests",
        "statistique",
    )
    [fresh] = rows(published, "SELECT * FROM mart.fraicheur")
    assert (fresh["periode_la_plus_recente"], fresh["refus_ouverts"]) == ("202603", 1)
    assert len(rows(published, "SELECT * FROM mart.valeurs")) == 5
    assert read.open_issues(published)["code"].tolist() == ["spike"]


def test_a_few_rows_need_no_sort_of_all_of_them(published: Warehouse) -> None:
    """LIMIT answers at once only if nothing above the results has to see them all first."""
    with published.connect("owner") as connection:
        plan = connection.execute("EXPLAIN SELECT * FROM mart.indicateurs LIMIT 5").fetchall()
    assert not any("Sort" in line or "Aggregate" in line for (line,) in plan)


@pytest.mark.parametrize("view", VIEWS)
def test_the_reader_reads_and_writes_nothing(warehouse: Warehouse, view: str) -> None:
    assert rows(warehouse, f"SELECT * FROM mart.{view}") == []  # noqa: S608
    with warehouse.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM source.data_value")


def test_two_hierarchies_stand_side_by_side_and_are_never_added_up(published: Warehouse) -> None:
    then = results(published).head(1).assign(numerator=4.0, value=10.0)
    with night(published) as run, switching(published, run) as switch:
        switch.year(2026, [(results(published), False), (then, True)])
    assert switch.written == 1  # today's results are as they were
    [row] = rows(published, "SELECT * FROM mart.hierarchies")
    shown = [
        str(row[name])
        for name in ("code", "unite_organisation", "valeur_actuelle", "valeur_de_la_periode", "ecart")
    ]
    assert shown == ["PAL-TPR", "Mali", "17.5", "10.0", "7.5"]
    assert [one["hierarchie"] for one in rows(published, "SELECT hierarchie FROM mart.indicateurs")] == [
        "actuelle"
    ] * 2


def test_the_catalogue_shows_what_has_no_row_anywhere(published: Warehouse) -> None:
    """An indicator without any source has no result; people must see it all the same, and why."""
    declared = mappings()
    nowhere = declared.variables["done"].model_copy(update={"name": "Nulle part", "cells": {"sandbox": None}})
    unfed = INDICATOR.model_copy(update={"name": "Sans source", "denominator": "#{nowhere}"})
    told = {"definition": "d", "unit": "%", "theme": "Z", "owner": "o", "source": "s"}
    overlapping = Dimension(
        name="Âge",
        bands={
            "0-4": Band(name="0-4 ans", overlaps=["5+"]),
            "5+": Band(name="5 ans et plus", overlaps=["0-4"], printed="4 ans et plus"),
        },
    )
    terms = pd.concat([TERMS, TERMS.assign(disaggregation="age=0-4")], ignore_index=True)
    whole = mappings(
        indicators={"PAL-TPR": INDICATOR, "X-1": unfed},
        variables={**declared.variables, "nowhere": nowhere},
        dimensions={"age": overlapping},
        reference_indicators={
            "Y-1": ReferenceIndicator(name="Enquête", short_name="E", **told),
            "Y-2": ReferenceIndicator(name="Budget", short_name="B", missing="jamais donnée", **told),
        },
        reference_values=[
            ReferenceValue(indicator="Y-1", year=year, value=15.3, population="toutes", source="EDS")
            for year in (2018, 2013)
        ],
    )
    with night(published) as run:
        assert load_plan(published, whole, cells(), terms, run)
    shown = {str(row["code"]): row for row in rows(published, "SELECT * FROM mart.catalogue")}
    states = {code: (row["etat"], row["derniere_periode"]) for code, row in shown.items()}
    assert states == {
        "PAL-TPR": ("renseigné", "202603"),
        "X-1": ("gris", None),
        "Y-1": ("renseigné", "2018"),
        "Y-2": ("gris", None),
    }
    assert shown["X-1"]["pourquoi_gris"] == (
        "source inconnue, dénominateur : « Nulle part » n'a pas de cellule déclarée"
    )
    assert [shown[code]["dernieres_valeurs"] for code in states] == ["17,5", None, "15,3 (toutes)", None]
    assert shown["Y-2"]["pourquoi_gris"] == "jamais donnée"
    assert [row["annee"] for row in rows(published, "SELECT * FROM mart.valeurs_reference")] == [2013, 2018]
    remarks = {
        row["code_desagregation"]: row["remarque"]
        for row in rows(published, "SELECT * FROM mart.indicateurs")
    }
    assert remarks == {
        "": None,
        "age=0-4": "tranches qui se chevauchent dans la source : « 0-4 ans » et « 4 ans et plus »",
    }
