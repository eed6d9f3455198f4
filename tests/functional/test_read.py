"""What compute, publish and people read: the map, the reports, the results, the road backwards."""

import json
import math
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from layidu.mapping.contracts import (
    Band,
    Correction,
    Dimension,
    Indicator,
    Mappings,
    OrgUnits,
    Variable,
)
from layidu.model import frames
from tests.warehouse_world import DEFAULT, Cell, World, checked, load, night, uid
from warehouse import read
from warehouse.connect import Warehouse
from warehouse.corrections import unmatched_corrections
from warehouse.load import load_registrations
from warehouse.load_metadata import load_metadata
from warehouse.load_plan import load_plan
from warehouse.load_results import write_results

WORLD = World()
ONE, TWO = WORLD.element(1), WORLD.element(2)
YOUNG, OLD = uid("Combo", 1), uid("Combo", 2)
HERE, THERE = WORLD.facility(1, 1), WORLD.facility(2, 1)
MONTHS = ("202602", "202603")
INDICATOR = Indicator(
    name="Positivité des tests",
    short_name="Positivité",
    definition="Tests positifs pour cent tests faits.",
    numerator="#{positive}",
    denominator="#{done}",
    factor=100,
    unit="%",
    theme="Paludisme",
    owner="PNLP",
    source="OMS",
)


def mappings(**changed: object) -> Mappings:
    """Two variables by age, one indicator."""
    by_age = {"name": "Tests", "unit": "tests", "dimensions": ["age"], "cells": {}}
    return Mappings(
        folder=Path("mappings"),
        sources={},
        **{
            "digest": "d",
            "variables": {"positive": Variable(**by_age), "done": Variable(**by_age)},
            "dimensions": {
                "age": Dimension(
                    name="Âge", bands={"0-4": Band(name="0-4 ans"), "5+": Band(name="5 ans et plus")}
                )
            },
            "indicators": {"PAL-TPR": INDICATOR},
            "org_units": OrgUnits(levels={"1": "pays", "2": "région sanitaire", "3": "district sanitaire"}),
            **changed,
        },
    )


def cells(valid_to: int = 999912) -> pd.DataFrame:
    """The first element is positive, the second done; the first combo is 0-4, the second 5+."""
    return frames.VARIABLE_CELLS.frame(
        [
            (variable, WORLD.source, element, combo, f"age={band}", 0, valid_to)
            for variable, element in (("positive", ONE), ("done", TWO))
            for combo, band in ((YOUNG, "0-4"), (OLD, "5+"))
        ]
        + [("positive", WORLD.source, "Stranger001", YOUNG, "age=0-4", 0, 999912)]
    )


TERMS = frames.TERMS.frame(
    ("PAL-TPR", "", part, "variable", variable, f"age={band}", 1.0)
    for part, variable in (("numerator", "positive"), ("denominator", "done"))
    for band in ("0-4", "5+")
)
VALUES: dict[Cell, str] = {
    (ONE, "202603", HERE, YOUNG, DEFAULT): "3",
    (ONE, "202603", HERE, OLD, DEFAULT): "4",
    (ONE, "202602", HERE, YOUNG, DEFAULT): "5",
    (TWO, "202603", THERE, YOUNG, DEFAULT): "texte",
    (TWO, "202603", HERE, DEFAULT, DEFAULT): "99",
}


@pytest.fixture
def filled(warehouse: Warehouse) -> Warehouse:
    """Metadata, values and declarations of the small world."""
    return fill(warehouse)


def fill(warehouse: Warehouse) -> Warehouse:
    with night(warehouse) as run:
        load_metadata(warehouse, WORLD.metadata(), run)
    load(warehouse, checked(WORLD, VALUES.items(), periods=MONTHS), WORLD)
    with night(warehouse) as run:
        assert load_plan(warehouse, mappings(), cells(), TERMS, run)
    return warehouse


def sums(warehouse: Warehouse) -> dict[tuple[str, str, str, int], float]:
    """The mapped sums, by uid of the org unit."""
    names = read.tree(warehouse, WORLD.source).set_index("org_unit")["uid"]
    mapped = read.mapped_sums(warehouse, WORLD.source, 2026)
    frames.MAPPED_SUMS.check(mapped)
    return {
        (row.variable, row.disaggregation, names[row.org_unit], row.period): row.sum
        for row in mapped.itertuples()
    }


def test_the_map_sums_what_is_declared_and_nothing_else(any_warehouse: Warehouse) -> None:
    fill(any_warehouse)
    assert sums(any_warehouse) == {
        ("positive", "age=0-4", HERE, 202603): 3,
        ("positive", "age=5+", HERE, 202603): 4,
        ("positive", "age=0-4", HERE, 202602): 5,
    }
    assert read.years(any_warehouse, WORLD.source) == [2026]
    assert read.mapped_sums(any_warehouse, WORLD.source, 2025).empty


def test_two_cells_of_one_variable_are_added_and_a_validity_ends(filled: Warehouse) -> None:
    both = cells(valid_to=202602)
    both.loc[both["data_element"] == TWO, ["variable", "valid_to"]] = ["positive", 999912]
    load(filled, checked(WORLD, [((TWO, "202602", HERE, YOUNG, DEFAULT), "7")], mode="increment"), WORLD)
    with night(filled) as run:
        assert load_plan(filled, mappings(), frames.VARIABLE_CELLS.cast(both), TERMS, run)
    assert sums(filled) == {("positive", "age=0-4", HERE, 202602): 12}


def test_a_yearly_variable_stands_at_yyyy00(filled: Warehouse) -> None:
    load(filled, checked(WORLD, [((ONE, "2026", HERE, YOUNG, DEFAULT), "1000")], periods=("2026",)), WORLD)
    yearly = mappings().variables["positive"].model_copy(update={"period_type": "Yearly"})
    declared = mappings(variables={"positive": yearly, "done": mappings().variables["done"]})
    with night(filled) as run:
        load_plan(filled, declared, cells(), TERMS, run)
    assert sums(filled) == {("positive", "age=0-4", HERE, 202600): 1000}


def test_a_correction_leaves_a_cell_out_while_it_says_the_same(filled: Warehouse) -> None:
    wrong = Correction(
        source=WORLD.source,
        data_element=ONE,
        org_unit=HERE,
        period="202603",
        value="3",
        reason="double saisie",
        date="2026-04-01",
    )
    with night(filled) as run:
        load_plan(filled, mappings(corrections=[wrong]), cells(), TERMS, run)
    assert ("positive", "age=0-4", HERE, 202603) not in sums(filled)
    assert ("positive", "age=5+", HERE, 202603) in sums(filled)
    behind = read.source_cells(filled, WORLD.source, TERMS, WORLD.country, [202603])
    assert behind.set_index("value")["left_out"].to_dict()["3"] == "double saisie"
    assert unmatched_corrections(filled, WORLD.source) == []
    load(filled, checked(WORLD, [((ONE, "202603", HERE, YOUNG, DEFAULT), "2")], mode="increment"), WORLD)
    assert sums(filled)["positive", "age=0-4", HERE, 202603] == 2
    (unmatched,) = unmatched_corrections(filled, WORLD.source)
    assert (unmatched.number, unmatched.value) == (1, "3")
    assert "2" in (unmatched.held or "").split(", ")


def test_a_correction_of_no_cell_is_named(filled: Warehouse) -> None:
    nowhere = Correction(
        source=WORLD.source,
        data_element=ONE,
        org_unit=HERE,
        period="201903",
        value="3",
        reason="double saisie",
        date="2026-04-01",
    )
    with night(filled) as run:
        load_plan(filled, mappings(corrections=[nowhere]), cells(), TERMS, run)
    (unmatched,) = unmatched_corrections(filled, WORLD.source)
    assert (unmatched.period, unmatched.held) == ("201903", None)


def test_the_same_declarations_are_not_loaded_twice(filled: Warehouse) -> None:
    with night(filled) as run:
        assert not load_plan(filled, mappings(), cells(), TERMS, run)
        assert load_plan(filled, mappings(digest="other"), cells(valid_to=202612), TERMS, run)
    frames.TERMS.check(read.terms_of(filled, "PAL-TPR"))
    assert len(read.terms_of(filled, "PAL-TPR")) == 4


def test_the_shipped_mappings_fit_the_tables(filled: Warehouse) -> None:
    from layidu.mapping.reader import read_mappings
    from layidu.settings import shipped

    with night(filled) as run:
        assert load_plan(filled, read_mappings(shipped("mappings")), cells(), TERMS, run)
    with filled.connect() as connection:
        for table in (
            "indicator",
            "commitment",
            "plan_line",
            "population_measure",
            "reference_value",
            "level",
        ):
            assert connection.execute(f"SELECT FROM plan.{table}").rowcount, table


def test_reports_are_expected_where_assigned_open_and_over(filled: Warehouse) -> None:
    metadata = WORLD.metadata()
    units = metadata.org_units.copy()
    units.loc[units["uid"] == THERE, "closed_date"] = pd.Timestamp(2026, 2, 10)
    late = datetime(2026, 4, 17)  # noqa: DTZ001  31 March + 1 + 15 days is 16 April
    registrations = frames.REGISTRATIONS.frame(
        [
            (WORLD.data_set, "202602", HERE, DEFAULT, datetime(2026, 3, 5), True),  # noqa: DTZ001
            (WORLD.data_set, "202603", HERE, DEFAULT, late, True),
            (WORLD.data_set, "202603", THERE, DEFAULT, late, True),
            (WORLD.data_set, "202602", THERE, DEFAULT, late, False),
        ]
    )
    with night(filled) as run:
        from dataclasses import replace

        load_metadata(filled, replace(metadata, org_units=frames.ORG_UNITS.cast(units)), run)
        load_registrations(filled, WORLD.source, WORLD.data_set, MONTHS, registrations, run)
    names = read.tree(filled, WORLD.source).set_index("org_unit")["uid"]
    reports = read.reports(filled, WORLD.source, 2026, date(2026, 3, 31))
    rows = {
        (names[row.org_unit], row.period): (row.expected, row.received, row.on_time)
        for row in reports.itertuples()
    }
    assert len(rows) == 11
    assert rows[HERE, 202602] == (1, 1, 1)
    assert rows[HERE, 202603] == (1, 1, 0)
    assert rows[THERE, 202602] == (1, 0, 0)
    assert (THERE, 202603) not in rows
    assert set(read.reports(filled, WORLD.source, 2026, date(2026, 3, 30))["period"]) == {202602}


def results(warehouse: Warehouse, value: float = 7.0) -> pd.DataFrame:
    """A few results of 2026."""
    unit = {row.uid: row.org_unit for row in read.tree(warehouse, WORLD.source).itertuples()}
    nothing = math.nan
    return frames.RESULTS.frame(
        [
            ("PAL-TPR", "", unit[WORLD.country], "202603", value, 40.0, 100 * value / 40, "computed", 0.5),
            (
                "PAL-TPR",
                "age=0-4",
                unit[HERE],
                "2026Q1",
                3.0,
                nothing,
                nothing,
                "denominator missing",
                nothing,
            ),
        ]
    )


def test_results_are_written_where_they_differ(filled: Warehouse) -> None:
    with night(filled) as run:
        assert write_results(filled, {2026: results(filled)}, run) == 2
        assert write_results(filled, {2026: results(filled)}, run) == 0
        assert write_results(filled, {2026: results(filled, 8.0)}, run) == 1
        fewer = frames.RESULTS.cast(results(filled, 8.0).head(1))
        assert write_results(filled, {2026: fewer, 2025: frames.RESULTS.frame()}, run) == 1
    stored = read.published_results(filled, WORLD.source, ["PAL-TPR"])
    pd.testing.assert_frame_equal(stored, fewer)
    labelled = read.results(filled, indicators=["PAL-TPR"], lowest_level=1)
    assert labelled[["org_unit_name", "level", "value"]].to_numpy().tolist() == [["Mali", 1, 20.0]]
    assert read.results(filled, periods=["2025"]).empty


def test_a_value_carries_the_version_of_its_formula(filled: Warehouse) -> None:
    with night(filled) as run:
        assert write_results(filled, {2026: results(filled)}, run) == 2
        numbered = {2026: {"PAL-TPR": 2}}
        assert write_results(filled, {2026: results(filled)}, run, versions=numbered) == 2
        assert write_results(filled, {2026: results(filled)}, run, versions=numbered) == 0
    with filled.connect("reader") as connection:
        found = connection.execute("SELECT DISTINCT version_formule FROM mart.indicateurs").fetchall()
    assert found == [(2,)]


def test_a_failed_switch_leaves_all_years_as_they_were(filled: Warehouse) -> None:
    with night(filled) as run:
        write_results(filled, {2026: results(filled)}, run)
        broken = frames.RESULTS.frame([("PAL-TPR", "", 1, "202503", 1.0, 1.0, 1.0, "computed", 1.0)])
        with pytest.raises(frames.ContractError):
            write_results(filled, {2026: results(filled, 9.0), 2025: broken.drop(columns="status")}, run)
    assert set(read.published_results(filled, WORLD.source, ["PAL-TPR"])["numerator"]) == {3.0, 7.0}


def test_the_cells_behind_a_value_add_up_to_it(filled: Warehouse) -> None:
    behind = read.source_cells(
        filled, WORLD.source, read.terms_of(filled, "PAL-TPR"), WORLD.district(1), [202603]
    )
    assert behind["org_unit_name"].unique().tolist() == ["CSCom 1.1"]
    assert (behind["number"] * behind["coefficient"]).groupby(behind["part"]).sum().to_dict() == {
        "numerator": 7.0
    }
    assert read.source_cells(filled, WORLD.source, TERMS, WORLD.district(2), [202603]).empty


@pytest.mark.parametrize("text", ["CSCom 1.1", "cscom 1.1", HERE])
def test_an_org_unit_is_found_by_uid_code_or_name(filled: Warehouse, text: str) -> None:
    assert read.find_org_units(filled, WORLD.source, text)["uid"].tolist()[0] == HERE


def test_status_is_json_and_tells_how_fresh_the_copy_is(any_warehouse: Warehouse) -> None:
    fill(any_warehouse)
    status = json.loads(json.dumps(read.status(any_warehouse)))
    [fresh] = status["freshness"]
    assert (fresh["code"], fresh["last_pull"], fresh["newest_period"], fresh["rows"]) == (
        "SRPF",
        "2026-04-08T02:00:00",
        "202603",
        5,
    )
    assert status["slices"][0]["received"] == 5
    assert [run["kind"] for run in status["runs"]] == ["test"] * 3
