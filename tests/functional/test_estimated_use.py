"""Estimated Modern Use from the sandbox to the result, with tables that only this test has."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from layidu.sandbox import accounts
from layidu.sandbox.country import Country
from layidu.sandbox.server import serve_in_thread
from layidu.sandbox.uids import uid
from tests.hamlet import Person, hamlet_mappings
from tests.loaded_countries import loaded
from tests.spec.estimated_use_example import GIVEN, SILENT, STEPS, fill_tables
from warehouse.connect import Warehouse

COUNTRY, FLEUVE, PLAINE = "Hameau", "District du Fleuve", "District de la Plaine"
EXPECTED = {name.split(" ")[0]: figure for name, _, _, figure in STEPS}


def hamlet_of_two_years() -> Country:
    """The hamlet with the example's units, and the reports of all but one of its structures."""
    hamlet = loaded("hamlet")
    names = {one["id"]: one["name"] for one in hamlet.metadata["organisationUnits"]}
    uids = {name: key for key, name in names.items()}
    units = hamlet.values[hamlet.values["data_element"] == uid("data_element", "fp_units")]
    combos = {one["id"]: one["name"] for one in hamlet.metadata["categoryOptionCombos"]}
    of_product = {"IMPLANON": "Implanon", "DMPA_SC": "DMPA-SC"}
    head = units.iloc[0].to_dict()
    rows = [
        {
            **head,
            "period": month,
            "org_unit": uids[place],
            "category_option_combo": next(key for key, name in combos.items() if of_product[product] in name),
            "value": str(number),
        }
        for (place, product, month), number in GIVEN.items()
    ]
    srpf = uid("data_set", "SRPF")
    reporting = set(hamlet.registrations.query("data_set == @srpf")["org_unit"]) - {uids[SILENT]}
    reports = [
        (srpf, f"{year}{month:02d}", place, f"{year + month // 12}-{month % 12 + 1:02d}-05", "saisie")
        for year in (2024, 2025)
        for month in range(1, 13)
        for place in sorted(reporting)
    ]
    columns = list(hamlet.registrations.columns)
    return replace(
        hamlet,
        values=pd.concat([hamlet.values, pd.DataFrame(rows)[list(hamlet.values.columns)]], ignore_index=True),
        registrations=pd.concat(
            [hamlet.registrations, pd.DataFrame(reports, columns=columns)], ignore_index=True
        ),
    )


@pytest.fixture
def person(tmp_path: Path, warehouse_url: str) -> Iterator[Person]:
    """Someone whose copy goes back to January 2024."""
    mappings = hamlet_mappings(tmp_path / "mappings")
    sources = mappings / "sources.yaml"
    sources.write_text(sources.read_text(encoding="utf-8") + '  since: "202401"\n', encoding="utf-8")
    with serve_in_thread(hamlet_of_two_years(), tmp_path / "site") as url:
        token = accounts.read(tmp_path / "site")["pull"].token
        settings = {
            "LAYIDU_WAREHOUSE_URL": warehouse_url,
            "LAYIDU_SANDBOX_URL": url,
            "LAYIDU_SANDBOX_TOKEN": token,
        }
        yield Person(tmp_path / "home", mappings, settings)


def results(
    warehouse: Warehouse, where: str = "desagregation = 'Total'"
) -> dict[tuple[str, str], dict[str, object]]:
    """Place and year -> what people read of PF-EMU."""
    query = f"SELECT * FROM mart.indicateurs WHERE code = 'PF-EMU' AND {where}"  # noqa: S608
    with warehouse.connect("reader") as connection:
        rows = connection.cursor(row_factory=psycopg.rows.dict_row).execute(query.encode()).fetchall()
    return {(str(row["unite_organisation"]), str(row["periode"])): row for row in rows}


def test_from_the_sandbox_to_the_result(person: Person, warehouse: Warehouse) -> None:
    pulled = person.run("pull")
    assert pulled.returncode in (0, 1), pulled.stderr
    computed = person.run("compute")
    assert computed.returncode == 0, computed.stderr

    # As shipped: no value, and the tables that are missing are named.
    found = results(warehouse)
    assert set(found) == {(COUNTRY, "2024"), (COUNTRY, "2025"), (COUNTRY, "2026")}
    assert {row["valeur"] for row in found.values()} == {None}
    assert "table de continuation : implanon" in str(found[COUNTRY, "2025"]["remarque"])
    told = person.run("explain", "PF-EMU", COUNTRY, "2025")
    assert told.returncode == 0, told.stderr
    assert "utilisatrices par unité : coc" in told.stdout

    fill_tables(person.mappings / "methods.yaml")
    assert person.run("check").returncode == 0
    computed = person.run("compute")
    assert computed.returncode == 0, computed.stderr
    found = results(warehouse)
    now, before = found[COUNTRY, "2025"], found[COUNTRY, "2024"]
    assert now["numerateur_brut"] == pytest.approx(EXPECTED["EMU4"], abs=1e-5)
    assert now["denominateur_brut"] == pytest.approx(EXPECTED["EMU5"])
    assert now["valeur_brute"] == pytest.approx(EXPECTED["EMU6"], abs=1e-5)
    assert before["valeur_brute"] == pytest.approx(EXPECTED["EMU7"], abs=1e-5)
    assert (now["statut"], now["completude_pct"]) == ("calculé", 80)
    plaine = found[PLAINE, "2025"]  # one of its two structures never reports
    assert (plaine["valeur"], plaine["statut"]) == (
        None,
        "trop peu de rapports dans l'année pour une estimation",
    )
    assert found[FLEUVE, "2025"]["numerateur_brut"] == pytest.approx(600 / 0.7649 + 120 / 0.8764)
    assert not any(period == "2026" for _, period in found)  # it has not ended
    by_method = results(warehouse, "code_desagregation = 'product=implanon'")
    assert by_method[COUNTRY, "2025"]["numerateur_brut"] == pytest.approx(120 / 0.8764)

    told = person.run("explain", "PF-EMU", COUNTRY, "2025")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("vérifié") == 2
    assert "étape 3, implanon : 100 (2024) × 0,75 + 50 (2025) × 0,9 = 120" in told.stdout
    assert "étape 4, dmpa_sc : ÷ 0,7649" in told.stdout
    told = person.run("explain", "PF-EMU", FLEUVE, "2024", "--json")
    assert told.returncode == 0, told.stderr
