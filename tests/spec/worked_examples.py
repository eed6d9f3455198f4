"""The worked examples of the arithmetic, as data: examples.json, and one small world for each example.

The documentation prints the same rows; `table` gives them as (example, what, calculation, result).
"""

import json
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from layidu.compute.indicators import compute_year
from layidu.mapping.contracts import Indicator, Thresholds
from layidu.mapping.promises import Milestones, RollUp
from layidu.model import frames

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
)
DISTRICT = 1
THRESHOLDS = Thresholds(
    progress_green=0.90,
    progress_yellow=0.60,
    unstable_gap=0.5,
    floor_yellow=0.5,
    milestones=Milestones(
        green=0.8,
        yellow=0.4,
        scales={
            "document": {"planifié": 0.1, "élaboré": 0.4, "validé": 0.7, "mis en œuvre": 1.0},
            "activité": {"planifiée": 0.2, "démarrée": 0.5, "réalisée avec preuve": 1.0},
            "budget": {"plaidoyer": 0.2, "ligne créée": 0.6, "ligne dotée": 0.8, "exécutée": 1.0},
        },
    ),
    roll_up=RollUp(red_share=1 / 3, green_share=2 / 3, minimum_judged=0.5),
    minimum_completeness=0.60,
    maximum_age_months={"SURVEY": 72, "MODEL": 18, "DHIS2": 4, "BUDGET": 18, "QUEST": 13},
    small_denominator=20,
    completeness_good=0.90,
    completeness_watch=0.80,
    spike_modified_z=3.5,
    spike_minimum=100,
    copied_minimum_cells=5,
    source="exemples",
)


def cell(name: str) -> tuple[str, str]:
    """`variable|dimension=band` as variable and disaggregation."""
    variable, _, disaggregation = name.partition("|")
    return variable, disaggregation


def small_tree(names: list[str]) -> pd.DataFrame:
    """One district (org unit 1) and its facilities (2, 3, …)."""
    units = [(DISTRICT, -1, 3, "district", "District", pd.NaT, pd.NaT)]
    units += [(2 + n, DISTRICT, 4, name, name, pd.NaT, pd.NaT) for n, name in enumerate(names)]
    return frames.TREE.frame(units)


def mapped_frame(rows: list[tuple[str, str, int, int, float]]) -> pd.DataFrame:
    """Rows of variable, disaggregation, org unit, period, sum."""
    return frames.MAPPED_SUMS.frame(rows)


def indicator(**declared: Any) -> Indicator:
    """An indicator of which only the arithmetic matters."""
    texts = dict.fromkeys(("name", "short_name", "definition", "unit", "theme", "owner", "source"), "exemple")
    return Indicator(**{**texts, "numerator": "-", **declared})


def term_rows(code: str, part: str, coefficients: Mapping[str, str] | None) -> list[tuple[Any, ...]]:
    """The terms of one part; a name `population:x` stands for a population measure."""
    rows: list[tuple[Any, ...]] = []
    for name, coefficient in (coefficients or {}).items():
        kind, (variable, disaggregation) = "variable", cell(name)
        if name.startswith("population:"):
            kind, variable = "population", name.removeprefix("population:")
        rows.append((code, "", part, kind, variable, disaggregation, float(Fraction(coefficient))))
    return rows


def compute_example(example: Mapping[str, Any]) -> pd.DataFrame:
    """The district's month, one row for each result of the example, in its order."""
    names, month = list(example["facilities"]), example["month"]
    year = month // 100
    mapped = mapped_frame(
        [
            (*cell(name), 2 + names.index(facility), month, float(value))
            for facility, values in example["facilities"].items()
            for name, value in values.items()
        ]
    )
    populations = frames.POPULATIONS.frame(
        [
            ("people", 2 + names.index(facility), year, float(people), "exemple")
            for facility, people in example["populations"].items()
        ]
    )
    terms, indicators = [], {}
    for result in example["results"]:
        code = result["name"]
        terms += term_rows(code, "numerator", result["numerator"])
        terms += term_rows(code, "denominator", result["denominator"])
        indicators[code] = indicator(
            denominator=None if result["denominator"] is None else "-",
            factor=result["factor"],
            annualised=result["annualised"],
        )
    results = compute_year(
        year=year,
        ended_through=date(year, 12, 31),
        tree=small_tree(names),
        mapped=mapped,
        reports=frames.REPORTS.frame(),
        populations=populations,
        terms=frames.TERMS.frame(terms),
        indicators=indicators,
        source="exemple",
    )
    district = results[(results["org_unit"] == DISTRICT) & (results["period"] == str(month))]
    return district.set_index("indicator").loc[[result["name"] for result in example["results"]]]


def table() -> list[tuple[str, str, str, str]]:
    """Rows for people: example, result, calculation, value."""
    rows = []
    for example in VECTORS["indicators"]:
        computed = compute_example(example)
        for result in example["results"]:
            line = computed.loc[result["name"]]
            calculation = f"{line['numerator']:.10g}"
            if result["denominator"] is not None:
                calculation += f" / {line['denominator']:.10g} × {result['factor']:g}"
            value = f"{line['value']:.{result['decimals']}f}"
            rows.append((f"{example['code']} {example['title']}", result["name"], calculation, value))
    return rows
