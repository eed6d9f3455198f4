"""Is the sandbox's Mali the country issue and sources describe?"""

import re

import pandas as pd
import pytest

from layidu.sandbox import inputs
from layidu.sandbox.country import CLOCK_START, VALUE_COLUMNS, Country
from tests.loaded_countries import loaded


@pytest.fixture(scope="module")
def mali() -> Country:
    return loaded("mali")


@pytest.fixture(scope="module")
def units(mali: Country) -> pd.DataFrame:
    return pd.DataFrame(mali.metadata["organisationUnits"]).set_index("id")


def test_tree_has_eleven_regions_and_75_districts_and_each_district_a_facility(units: pd.DataFrame) -> None:
    counts = units["level"].value_counts()
    assert (counts[1], counts[2], counts[3]) == (1, 11, 75)
    assert counts[4] >= 1400
    parents = units.loc[units["level"] == 4, "path"].str.split("/").str[3]
    assert set(parents) == set(units.index[units["level"] == 3])
    assert units["name"].is_unique
    assert units["code"].is_unique
    assert units["shortName"].str.len().max() <= 50


def test_paths_follow_parents(units: pd.DataFrame) -> None:
    for identifier, row in units.iterrows():
        parent = row["parent"]["id"] if isinstance(row["parent"], dict) else None
        above = units.loc[parent, "path"] if parent else ""
        assert row["path"] == f"{above}/{identifier}"
        assert row["level"] == row["path"].count("/")
        assert re.fullmatch("[a-zA-Z][a-zA-Z0-9]{10}", str(identifier))


def test_bamako_is_dealt_evenly(units: pd.DataFrame) -> None:
    communes = units[units["code"].str.fullmatch(r"ML-000[1-6]")]
    facilities = units.loc[units["level"] == 4, "path"].str.split("/").str[3].value_counts()
    assert facilities[communes.index].max() - facilities[communes.index].min() <= 1


def test_a_district_without_facility_got_a_synthetic_one_that_says_so(units: pd.DataFrame) -> None:
    synthetic = units[units["code"].str.startswith("MLS")]
    assert 0 < len(synthetic) < 25
    assert synthetic["comment"].str.contains("SYNTHÉTIQUE").all()
    assert synthetic["name"].str.contains("synthétique").all()


def test_every_district_has_a_point(units: pd.DataFrame) -> None:
    assert units.loc[units["level"] <= 3, "geometry"].notna().all()


def test_values_are_text_and_numerous(mali: Country) -> None:
    assert tuple(mali.values.columns) == VALUE_COLUMNS
    assert all(str(mali.values[column].dtype) == "str" for column in VALUE_COLUMNS if column != "deleted")
    assert 1_200_000 <= len(mali.values) <= 1_900_000
    months = mali.values.loc[mali.values["period"].str.len() == 6, "period"]
    assert (months.min(), months.max(), months.nunique()) == ("202404", "202603", 24)
    assert mali.values["last_updated"].max() < CLOCK_START.isoformat()


def test_population_of_a_cercle_is_the_published_one(mali: Country) -> None:
    element = next(one["id"] for one in mali.metadata["dataElements"] if one["code"] == "population_total")
    people = mali.values[mali.values["data_element"] == element]
    totals = pd.to_numeric(people["value"]).groupby(people["period"]).sum()
    published = int(inputs.population_2024().sum())
    assert totals["2024"] == published
    assert totals["2026"] == pytest.approx(published * 1.033**2, abs=60)


def test_malaria_has_the_published_level_and_season(mali: Country) -> None:
    codes = {one["id"]: one["code"] for one in mali.metadata["dataElements"]}
    wanted = [identifier for identifier, code in codes.items() if code == "malaria_suspected"]
    rows = mali.values[mali.values["data_element"].isin(wanted)]
    months = pd.to_numeric(rows["value"]).groupby(rows["period"]).sum()
    year = months.loc["202501":"202512"]
    assert 4_000_000 < year.sum() < 6_500_000
    assert year.idxmax() in ("202509", "202510")
    assert 2 < year.max() / year.min() < 6


def test_completeness_is_low_where_it_was_published_low(mali: Country, units: pd.DataFrame) -> None:
    form = next(one for one in mali.metadata["dataSets"] if one["code"] == "PALU")
    expected = pd.Series([one["id"] for one in form["organisationUnits"]])
    region = units["path"].str.split("/").str[2].map(units["name"])
    came = mali.registrations[mali.registrations["data_set"] == form["id"]]
    rate = came["org_unit"].map(region).value_counts() / (expected.map(region).value_counts() * 24)
    assert rate["Kidal"] < 0.7
    assert rate["Ménaka"] < 0.85
    assert rate["Kayes"] > 0.9
    assert rate["Ségou"] > 0.9


def test_who_did_not_report_has_neither_values_nor_registration(mali: Country) -> None:
    forms = {
        element["dataElement"]["id"]: one["id"]
        for one in mali.metadata["dataSets"]
        for element in one["dataSetElements"]
        if one["periodType"] == "Monthly"
    }
    rows = mali.values.assign(data_set=mali.values["data_element"].map(forms))
    written = rows[["data_set", "period", "org_unit"]].dropna().drop_duplicates()
    sheets = set(written.itertuples(index=False, name=None))
    registered = set(
        mali.registrations[["data_set", "period", "org_unit"]].itertuples(index=False, name=None)
    )
    outside = {
        (forms[str(one.data_element)], one.period, one.org_unit)
        for one in mali.planted
        if one.code in ("org-unit-closed", "org-unit-not-assigned")
    }
    assert sheets - registered == outside


def test_uids_match_the_mappings_kinds(mali: Country) -> None:
    identifiers = [one["id"] for objects in mali.metadata.values() for one in objects]
    assert len(identifiers) == len(set(identifiers))
    assert [account.username for account in mali.accounts] == ["admin", "pull", "push", "analytics"]
