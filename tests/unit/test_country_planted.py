"""Is every planted error really there, and nothing else that would look like one?"""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from layidu.sandbox.country import Country
from tests.loaded_countries import loaded

KEY = ["data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo"]


@pytest.fixture(scope="module", params=["hamlet", "mali"])
def country(request: pytest.FixtureRequest) -> Country:
    return loaded(request.param)


@pytest.fixture(scope="module")
def monthly(country: Country) -> pd.DataFrame:
    """Live monthly values with their element and number."""
    elements = pd.DataFrame(country.metadata["dataElements"]).set_index("id")
    values = country.values
    rows = values[~values["deleted"] & (values["period"].str.len() == 6)]
    return rows.assign(
        code=rows["data_element"].map(elements["code"]),
        type=rows["data_element"].map(elements["valueType"]),
        number=pd.to_numeric(rows["value"], errors="coerce"),
    )


def expected(country: Country, *codes: str) -> list[tuple[object, ...]]:
    return sorted(
        (one.data_element, one.period, one.org_unit, one.category_option_combo)
        for one in country.planted
        if one.code in codes
    )


def found(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return sorted(rows[KEY[:4]].itertuples(index=False, name=None))


def test_all_kinds_are_planted(country: Country) -> None:
    kinds = Counter(one.code for one in country.planted)
    wanted = {
        *("comma-decimal", "decimal-in-integer", "negative-count", "stock-out-days", "combo-not-of-element"),
        *("org-unit-not-assigned", "org-unit-closed", "spike", "copied-month", "rdt-positive-le-done"),
        *("comment-only", "tombstone", "moved"),
    }
    assert set(kinds) == wanted | ({"late-correction"} if country.name == "mali" else set())
    assert max(kinds.values()) <= 3


def test_every_planted_value_is_in_the_country_as_the_list_says(country: Country) -> None:
    places = [one.org_unit for one in country.planted]
    cells = country.values[country.values["org_unit"].isin(places)].set_index(KEY)
    for one in country.planted:
        if one.category_option_combo:
            key = (
                one.data_element,
                one.period,
                one.org_unit,
                one.category_option_combo,
                one.attribute_option_combo,
            )
            row = cells.loc[[key]]
            assert len(row) == 1
            assert row["value"].isna().all() if one.value is None else row["value"].tolist() == [one.value]
            assert bool(row["deleted"].iloc[0]) == (one.code == "tombstone")
            assert (row["comment"].notna().tolist() == [True]) == (one.code == "comment-only")


def test_keys_are_unique_and_nothing_else_is_deleted(country: Country) -> None:
    assert not country.values.duplicated(KEY).any()
    assert found(country.values[country.values["deleted"]]) == expected(country, "tombstone")


def test_only_planted_texts_break_the_type_of_their_element(country: Country, monthly: pd.DataFrame) -> None:
    number = monthly["value"].str.fullmatch(r"-?[0-9]+(\.[0-9]+)?").fillna(value=False)
    whole = monthly["value"].str.fullmatch(r"-?[0-9]+").fillna(value=False)
    assert found(monthly[monthly["value"].isna()]) == expected(country, "comment-only")
    assert found(monthly[~number & monthly["value"].notna()]) == expected(country, "comma-decimal")
    bad = number & ~whole & (monthly["type"] != "NUMBER")
    assert found(monthly[bad]) == expected(country, "decimal-in-integer")
    assert found(monthly[monthly["number"] < 0]) == expected(country, "negative-count")


def test_only_planted_stock_outs_outlast_their_month(country: Country, monthly: pd.DataFrame) -> None:
    rows = monthly[monthly["code"].str.endswith("stock_out_days")]
    days = pd.to_datetime(rows["period"], format="%Y%m").dt.days_in_month
    assert found(rows[rows["number"] > days]) == expected(country, "stock-out-days")


def test_only_planted_values_are_out_of_place(country: Country, monthly: pd.DataFrame) -> None:
    elements = {one["id"]: one["categoryCombo"]["id"] for one in country.metadata["dataElements"]}
    combos = {one["id"]: one["categoryCombo"]["id"] for one in country.metadata["categoryOptionCombos"]}
    foreign = monthly["category_option_combo"].map(combos) != monthly["data_element"].map(elements)
    assert found(monthly[foreign]) == expected(country, "combo-not-of-element")
    closing = {
        one["id"]: one["closedDate"][:7]
        for one in country.metadata["organisationUnits"]
        if "closedDate" in one
    }
    closed = monthly["org_unit"].map(closing).fillna("9999-99").str.replace("-", "") < monthly["period"]
    assert found(monthly[closed]) == expected(country, "org-unit-closed")
    pairs = {
        (element["dataElement"]["id"], unit["id"])
        for one in country.metadata["dataSets"]
        for element in one["dataSetElements"]
        for unit in one["organisationUnits"]
    }
    distinct = monthly[["data_element", "org_unit"]].drop_duplicates()
    outside = {pair for pair in distinct.itertuples(index=False, name=None) if pair not in pairs}
    planted = [one for one in country.planted if one.code == "org-unit-not-assigned"]
    assert outside == {(one.data_element, one.org_unit) for one in planted}


def test_only_planted_months_are_spikes(country: Country, monthly: pd.DataFrame) -> None:
    good = monthly[monthly["number"].notna()]
    totals = good.groupby(["code", "org_unit", "period"])["number"].sum().reset_index()
    ranked = totals.sort_values("number", ascending=False)
    series = ranked.groupby(["code", "org_unit"])["number"]
    highest = ranked[series.cumcount() == 0].set_index(["code", "org_unit"])
    second = ranked[series.cumcount() == 1].set_index(["code", "org_unit"])["number"]
    spikes = highest[(highest["number"] > 10 * second.reindex(highest.index)) & (highest["number"] > 100)]
    wanted = {(one.org_unit, one.period) for one in country.planted if one.code == "spike"}
    assert set(zip(spikes.index.get_level_values("org_unit"), spikes["period"], strict=True)) == wanted


def test_only_the_planted_month_is_a_copy(country: Country, monthly: pd.DataFrame) -> None:
    forms = {
        element["dataElement"]["id"]: one["code"]
        for one in country.metadata["dataSets"]
        for element in one["dataSetElements"]
    }
    months = sorted(monthly["period"].unique())
    rows = monthly.assign(
        form=monthly["data_element"].map(forms),
        month=monthly["period"].map({month: index for index, month in enumerate(months)}),
        cell=pd.util.hash_array(
            (monthly["data_element"] + monthly["category_option_combo"]).to_numpy(dtype=object)
        ),
        number=monthly["number"].fillna(-1).astype("int64"),
    )
    # A sheet's fingerprint: its cells with their counts, summed, so that equal sheets are equal numbers.
    with np.errstate(over="ignore"):
        mixed = (
            rows["cell"] ^ (rows["number"].to_numpy(dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        ) * np.uint64(0xBF58476D1CE4E5B9)
    sheets = rows.assign(print=mixed).groupby(["form", "org_unit", "month"])["print"].agg(["size", "sum"])
    before = sheets.reset_index().assign(month=lambda frame: frame["month"] + 1)
    before = before.set_index(["form", "org_unit", "month"]).reindex(sheets.index)
    same = sheets[
        (sheets["size"] >= 10) & (sheets["sum"] == before["sum"]) & (sheets["size"] == before["size"])
    ]
    found_copies = {(unit, months[month]) for _, unit, month in same.index}
    assert found_copies == {
        (one.org_unit, one.period) for one in country.planted if one.code == "copied-month"
    }


PAIRS = (
    ("malaria_rdt_positive", "malaria_rdt_done"),
    ("malaria_microscopy_positive", "malaria_microscopy_done"),
    ("anc4_visits", "anc1_visits"),
    ("anc8_visits", "anc4_visits"),
    ("deliveries_skilled", "deliveries"),
    ("postpartum_fp", "deliveries"),
    ("postabortion_fp", "postabortion_care"),
    ("iptp3", "iptp1"),
    ("malaria_deaths", "malaria_severe"),
)


@pytest.mark.parametrize(("part", "whole"), PAIRS)
def test_only_planted_parts_exceed_their_wholes(
    country: Country, monthly: pd.DataFrame, part: str, whole: str
) -> None:
    totals = monthly[monthly["number"].notna()].groupby(["code", "org_unit", "period"])["number"].sum()
    codes = totals.index.get_level_values(0)
    parts = totals[codes == part].droplevel(0)
    wholes = totals[codes == whole].droplevel(0).reindex(parts.index)
    over = set(parts.index[(parts > wholes).to_numpy()])  # nothing where the hamlet leaves the line out
    wanted = [one for one in country.planted if one.code == "rdt-positive-le-done"]
    assert over == (
        {(one.org_unit, one.period) for one in wanted} if part == "malaria_rdt_positive" else set()
    )


def test_only_planted_values_were_touched_more_than_a_year_after_their_period(country: Country) -> None:
    values = country.values
    end = pd.to_datetime(values["period"].str.ljust(6, "1").str.slice(0, 4) + "1231", format="%Y%m%d")
    monthly = values["period"].str.len() == 6
    ends = pd.to_datetime(values.loc[monthly, "period"], format="%Y%m") + pd.offsets.MonthEnd(0)
    end = end.mask(monthly, ends)
    late = pd.to_datetime(values["last_updated"]) > end + pd.Timedelta(days=366)
    assert found(values[late]) == expected(country, "late-correction")
