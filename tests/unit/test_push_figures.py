"""Figures: which cells they are, how their elements look, and what a declared decision keeps back."""

from datetime import datetime

import pandas as pd
import pytest

from layidu.dhis2.elements import data_set_uid, element_uid
from layidu.dhis2.figures import (
    DECLARED_FIGURES,
    FIGURE_VALUES,
    described_figures,
    elements_of_figures,
    figure_cells,
    without_small_numbers,
)
from layidu.dhis2.push import without_small_numbers as parts_without_small_numbers
from layidu.dhis2.target import Defaults, target_objects
from layidu.mapping.publishing import Publication, SmallNumbers
from layidu.model.frames import RESULTS

PUBLICATION = Publication(
    target="sandbox",
    name="Engagements",
    short_name="FP2030",
    code="LAYIDU_FP",
    kind="figures",
    period_type="Yearly",
    levels=[1, 2],
    since="2020",
    commitments=["result"],
    round_to=2,
)
DECLARED = DECLARED_FIGURES.frame(
    [
        ("R2", "value", "Prévalence contraceptive moderne " * 9, "Enquêtes.", "abc"),
        ("R2", "colour", "Prévalence contraceptive moderne", "Couleur.", "abc"),
    ]
)
TODAY = datetime(2026, 4, 10)  # noqa: DTZ001 - the server's own clock


def values(*rows: tuple[str, str, str, str, float]) -> pd.DataFrame:
    return FIGURE_VALUES.frame(rows)


def cells(*rows: tuple[str, str, str, str, float]) -> dict[tuple[str, str, str], str]:
    elements = elements_of_figures("FP", PUBLICATION, DECLARED)
    parts = dict(zip(elements["data_element"], elements["part"], strict=True))
    found = figure_cells(
        values(*rows), elements, PUBLICATION, today=TODAY, category_option_combo="default0000"
    )
    assert set(found["data_set"]) <= {data_set_uid(PUBLICATION)}
    return {(parts[row.data_element], row.period, row.org_unit): row.value for row in found.itertuples()}


def test_only_ended_periods_of_the_own_type_rounded_as_declared_and_colours_whole() -> None:
    assert cells(
        ("R2", "value", "2024", "country", 20.896),
        ("R2", "value", "2025", "region", 0.0),
        ("R2", "colour", "2025", "country", 4.0),
        ("R2", "value", "2026", "country", 21.0),
        ("R2", "value", "2025Q4", "country", 21.0),
        ("R2", "value", "2023", "country", float("nan")),
        ("other", "value", "2024", "country", 1.0),
    ) == {
        ("value", "2024", "country"): "20.9",
        ("value", "2025", "region"): "0",
        ("colour", "2025", "country"): "4",
    }


def test_an_element_of_a_figure_shows_each_level_its_own_last_value_and_a_colour_is_never_zero() -> None:
    objects = target_objects(
        "FP",
        PUBLICATION,
        {},
        org_unit_uids=["countryAAAA", "regionAAAAA"],
        defaults=Defaults("bjDvmb4bfuf", "HllvX50cXC0"),
        push_user="pusherAAAAA",
        figures=DECLARED,
        kept_elements=["stillThere1"],
    )
    by_id = {one["id"]: one for one in objects.of("dataElements")}
    value, colour = (by_id[element_uid("FP", "R2", part)] for part in ("value", "colour"))
    for one in (value, colour):
        assert (one["aggregationType"], one["aggregationLevels"]) == ("LAST_IN_PERIOD", [1, 2])
        assert one["zeroIsSignificant"] is True
        assert len(one["name"]) <= 230
        assert len(one["shortName"]) <= 50
    assert (value["valueType"], colour["valueType"]) == ("NUMBER", "INTEGER_POSITIVE")
    [data_set] = objects.of("dataSets")
    assert data_set["periodType"] == "Yearly"
    # An element that still holds cells of ours stays, or nobody could withdraw them.
    held = {one["dataElement"]["id"] for one in data_set["dataSetElements"]}
    assert held == {*by_id, "stillThere1"}
    assert objects.of("indicators") == []


def test_what_an_element_stands_for_is_told_in_french() -> None:
    elements = elements_of_figures("FP", PUBLICATION, DECLARED)
    told = described_figures("FP", elements, DECLARED)
    assert set(told["label"].str.rsplit(", ", n=1).str[-1]) == {"valeur", "couleur"}
    assert set(told["formula"]) == {"abc"}


DECISION = {"below": 5, "decision": "Comité de pilotage, mars 2026", "source": "compte rendu"}


@pytest.mark.parametrize(("action", "left"), [("withhold", {}), ("grey", {"colour": 1.0})])
def test_a_small_figure_is_kept_back_and_zero_is_not(action: str, left: dict[str, float]) -> None:
    decision = {"R2": SmallNumbers.model_validate({**DECISION, "action": action})}
    rows = values(
        ("R2", "value", "2025", "country", 4.0),
        ("R2", "colour", "2025", "country", 4.0),
        ("R2", "value", "2024", "country", 0.0),
        ("R2", "value", "2023", "country", 5.0),
        ("R3", "value", "2025", "country", 4.0),
    )
    kept = without_small_numbers(rows, decision)
    of_2025 = kept[(kept["period"] == "2025") & (kept["figure"] == "R2")]
    assert dict(zip(of_2025["part"], of_2025["value"], strict=True)) == left
    assert {"2024", "2023"} <= set(kept["period"])
    assert "R3" in set(kept["figure"])
    assert len(without_small_numbers(rows, {})) == len(rows)


def test_both_parts_of_a_small_ratio_are_kept_back_together() -> None:
    pairs = [("A", 4, 100), ("A", 0, 3), ("A", 0, 0), ("A", 5, 5), ("A", None, 8), ("B", 1, 2)]
    rows = [
        (indicator, "", 3, f"20260{month}", numerator, denominator, None, "computed", 1.0)
        for month, (indicator, numerator, denominator) in enumerate(pairs, 1)
    ]
    kept = parts_without_small_numbers(RESULTS.frame(rows), {"A": SmallNumbers.model_validate(DECISION)})
    assert list(zip(kept["indicator"], kept["period"], strict=True)) == [
        ("A", "202603"),
        ("A", "202604"),
        ("A", "202605"),
        ("B", "202606"),
    ]
