"""Is Lakeland a country of its own, whole, and served like any other?"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from layidu.sandbox.countries import load
from layidu.sandbox.country import CLOCK_START, Country
from layidu.sandbox.lakeland_objects import cells, own
from layidu.sandbox.metadata import DEFAULT_COMBO, with_defaults
from layidu.sandbox.periods import parse
from layidu.sandbox.server import serving
from layidu.sandbox.value_types import why_not
from tests.contract.sandbox_faults import Bench, records
from tests.loaded_countries import loaded
from tests.unit.test_sandbox_server import People

UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
ROOT, FUND = own("unit", "LK"), own("cell", "PARTNER FUND")


@pytest.fixture(scope="module")
def lakeland() -> Country:
    return loaded("lakeland")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, lakeland: Country) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("lac")
    with serving(lakeland, folder) as server:
        yield Bench(server, folder)


def ids(country: Country) -> set[str]:
    return {item["id"] for items in country.metadata.values() for item in items}


def test_nothing_of_it_is_known_from_another_country(lakeland: Country) -> None:
    shared = {item["id"] for items in with_defaults({}).values() for item in items}
    assert ids(lakeland) & ids(loaded("hamlet")) <= shared
    names = [item["name"] for items in lakeland.metadata.values() for item in items]
    assert all(name.isascii() for name in names)


def test_its_tree_is_uneven_and_has_groups(lakeland: Country) -> None:
    units = lakeland.metadata["organisationUnits"]
    assert Counter(unit["level"] for unit in units) == {1: 1, 2: 3, 3: 8 + 1, 4: 8 * 6}
    (referral,) = [unit for unit in units if "Referral" in unit["name"]]
    assert (referral["level"], referral["leaf"]) == (3, True)
    groups = {
        group["code"]: len(group["organisationUnits"])
        for group in lakeland.metadata["organisationUnitGroups"]
    }
    assert groups == {"Clinic": 8, "Health centre": 32, "Hospital": 9}


def test_every_reference_leads_somewhere(lakeland: Country) -> None:
    known = {item["id"] for items in with_defaults(lakeland.metadata).values() for item in items}

    def references(content: Any) -> Iterator[str]:
        if isinstance(content, dict):
            yield from (content[key] for key in ("id",) if key in content)
            yield from (found for value in content.values() for found in references(value))
        if isinstance(content, list):
            yield from (found for value in content for found in references(value))

    everything = set(references(lakeland.metadata))
    assert everything <= known
    assert all(UID.fullmatch(identifier) for identifier in everything)
    indicators = " ".join(each["numerator"] + each["denominator"] for each in lakeland.metadata["indicators"])
    assert set(re.findall(r"#\{(\w+)\}", indicators)) <= {
        one["id"] for one in lakeland.metadata["dataElements"]
    }


@pytest.mark.parametrize(
    "combo", ["default", "METHOD_AGE", "SEX_AGE", "SEX_CHILD", "ACCEPTOR_AGE", "PARTNER", "AGE"]
)
def test_shares_deal_out_the_whole(combo: str) -> None:
    assert sum(cells(combo).values()) == pytest.approx(1)


def test_values_fit_their_elements_and_lie_where_they_may(lakeland: Country) -> None:
    elements = {one["id"]: one for one in lakeland.metadata["dataElements"]}
    combos: dict[str, set[str]] = {}
    for one in with_defaults(lakeland.metadata)["categoryOptionCombos"]:
        combos.setdefault(one["categoryCombo"]["id"], set()).add(one["id"])
    sets = {
        member["dataElement"]["id"]: form
        for form in lakeland.metadata["dataSets"]
        for member in form["dataSetElements"]
    }
    values = lakeland.values
    assert not values.duplicated(
        ["data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo"]
    ).any()
    assert values["last_updated"].max() < CLOCK_START.isoformat()
    for key, rows in values.groupby("data_element"):
        element, form = elements[str(key)], sets[str(key)]
        assert not [text for text in rows["value"].unique() if why_not(element["valueType"], text)]
        assert set(rows["category_option_combo"]) <= combos[element["categoryCombo"]["id"]]
        assert set(rows["attribute_option_combo"]) <= combos[form["categoryCombo"]["id"]]
        assert set(rows["org_unit"]) <= {unit["id"] for unit in form["organisationUnits"]}
        kinds = {period.period_type for text in rows["period"].unique() if (period := parse(text))}
        assert kinds == {form["periodType"]}
    assert set(values["data_element"]) == set(elements)


def test_the_same_seed_gives_the_same_country(lakeland: Country) -> None:
    pd.testing.assert_frame_equal(load("lakeland").values, lakeland.values)
    assert not load("lakeland", seed=2).values.equals(lakeland.values)


def test_funding_partners_are_attribute_option_combos_on_the_wire(bench: Bench) -> None:
    params = {"dataSet": own("form", "MOH_COM"), "orgUnit": ROOT, "children": "true", "period": "202603"}
    rows = records(bench.get(role="pull", params=params))
    by_partner = Counter(row["attributeoptioncombo"] for row in rows)
    assert len(by_partner) == 3
    assert DEFAULT_COMBO not in by_partner
    with bench.server.faults.on("without", id=FUND):
        assert len(records(bench.get(role="pull", params=params))) == len(rows) - by_partner[FUND]


def test_options_of_a_set_and_quarters(bench: Bench) -> None:
    params = {"dataSet": own("form", "MOH_RDY"), "orgUnit": ROOT, "children": "true", "period": "2026Q1"}
    rows = records(bench.get(role="pull", params=params))
    water = {row["value"] for row in rows if row["dataelement"] == own("element", "RDY_WATER")}
    assert water <= {"PIPED", "BOREHOLE", "RAIN", "NONE"}
    found = bench.json(
        "/api/dataElements", params={"filter": "optionSet.id:!null", "fields": "id,optionSet[id]"}
    )
    assert [one["optionSet"]["id"] for one in found["dataElements"]] == [own("option set", "WATER")]


def test_its_indicators_divide_sums(bench: Bench) -> None:
    people = People(bench.server.url, bench.folder)
    people.build_tables()
    names = [own("indicator", "IND_HTS_YIELD"), own("element", "HTS_POSITIVE"), own("element", "HTS_TESTED")]
    found = {
        row[0]: float(row[3]) for row in people.rows(";".join(names), "202603", ROOT, skipRounding="true")
    }
    people.close()
    assert found[names[0]] == pytest.approx(100 * found[names[1]] / found[names[2]])


def test_the_pull_account_reads_values_but_writes_none(bench: Bench) -> None:
    body = json.dumps({"dataValues": []}).encode()
    assert bench.send("POST", "/api/dataValueSets", body, role="pull").status == 403
