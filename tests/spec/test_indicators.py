"""Worked examples of indicators, computed on the road the night takes."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from layidu.compute.indicators import compute_year
from layidu.mapping.contracts import Disaggregation
from layidu.model import frames
from tests.spec.worked_examples import (
    DISTRICT,
    VECTORS,
    compute_example,
    indicator,
    mapped_frame,
    small_tree,
    table,
)


@pytest.mark.parametrize("example", VECTORS["indicators"], ids=lambda example: example["code"])
def test_worked_example(example: dict[str, Any]) -> None:
    computed = compute_example(example)
    for result in example["results"]:
        line = computed.loc[result["name"]]
        assert line["status"] == "computed"
        assert round(line["value"], result["decimals"]) == result["expected"]
        if "wrong" in result:
            assert round(line["value"], 1) != round(result["wrong"], 1)


@pytest.mark.parametrize("example", VECTORS["completeness"], ids=lambda example: example["code"])
def test_a_zero_that_was_reported_counts_as_received(example: dict[str, Any]) -> None:
    grid = example["values"]
    reports = frames.REPORTS.frame(
        [
            ("dataSet0001", 2 + unit, 202601 + month, 1, int(value is not None), 0)
            for unit, values in enumerate(grid)
            for month, value in enumerate(values)
        ]
    )
    mapped = mapped_frame(
        [
            ("deaths", "", 2 + unit, 202601 + month, float(value))
            for unit, values in enumerate(grid)
            for month, value in enumerate(values)
            if value is not None
        ]
    )
    by_data_set = "data_set=dataSet0001"
    terms = [
        ("DQ-COMPL", row, part, "variable", f"reports_{name}", by_data_set, 1.0)
        for row in ("", by_data_set)
        for part, name in (("numerator", "received"), ("denominator", "expected"))
    ]
    results = compute_year(
        year=2026,
        ended_through=date(2026, 4, 30),
        tree=small_tree(["A", "B", "C"]),
        mapped=mapped,
        reports=reports,
        populations=frames.POPULATIONS.frame(),
        terms=frames.TERMS.frame([*terms, ("DEATHS", "", "numerator", "variable", "deaths", "", 1.0)]),
        indicators={
            "DQ-COMPL": indicator(
                denominator="-", factor=100, disaggregations=[Disaggregation(dimensions=["data_set"])]
            ),
            "DEATHS": indicator(data_sets={"sandbox": ["dataSet0001"]}),
        },
        source="sandbox",
    ).set_index(["indicator", "disaggregation", "org_unit", "period"])
    assert round(results.loc[("DQ-COMPL", "", DISTRICT, "2026"), "value"], 2) == example["expected"]
    assert round(results.loc[("DQ-COMPL", by_data_set, DISTRICT, "2026"), "value"], 2) == example["expected"]
    assert results.loc[("DEATHS", "", DISTRICT, "2026"), "completeness"] == pytest.approx(10 / 12)
    assert results.loc[("DEATHS", "", 3, "202602"), "value"] == 0.0
    assert ("DEATHS", "", 2, "202603") not in results.index
    assert results.loc[("DQ-COMPL", "", 2, "202603"), "value"] == 0.0


def test_the_table_for_the_documentation_has_a_row_for_every_result() -> None:
    rows = table()
    assert len(rows) == sum(len(example["results"]) for example in VECTORS["indicators"])
    assert rows[5][0].startswith("TV24 Paludisme")
    assert rows[5][2:] == ("1050 / 1200 × 100", "87.5")
    assert not any("nan" in text for row in rows for text in row)
    assert np.isfinite([float(row[3]) for row in rows]).all()
