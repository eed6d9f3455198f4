"""Which cells of a quarter count when a variable is not added up over months, and what stands beside the sum."""

import json

import pandas as pd
import pytest

from flows.over_time import in_time
from layidu.mapping.contracts import Indicator, Variable
from layidu.report.beside import KEPT_OUT, PUBLISHED, Beside, Document
from layidu.report.explained import Explained
from layidu.report.explanation import LEFT_OUT, POPULATION_TERMS, SOURCE_CELLS, explain
from layidu.report.explanation_json import as_json


def variable(over_time: str, absence: str = "missing") -> Variable:
    return Variable.model_validate(
        {"name": "V", "unit": "u", "over_time": over_time, "absence": absence, "cells": {}}
    )


def indicator(over_time: str = "sum") -> Indicator:
    texts = dict.fromkeys(("name", "short_name", "definition", "unit", "theme", "owner", "source"), "x")
    return Indicator.model_validate({**texts, "numerator": "#{v} + #{w}", "over_time": over_time})


def cells(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Cells of the numerator: variable, month, number."""
    return SOURCE_CELLS.frame(
        ("numerator", "variable", name, "", "e", "E", "c", "C", "u", "U", month, str(number), number, 1.0)
        for name, month, number in rows
    )


CELLS = cells(("v", "202601", 5.0), ("v", "202602", 7.0), ("w", "202601", 100.0))


def total(found: pd.DataFrame) -> float:
    return float((found["number"] * found["coefficient"]).sum())


def test_a_stock_counts_by_its_last_known_month() -> None:
    found, notes = in_time(CELLS, indicator(), {"v": variable("last"), "w": variable("sum")}, ())
    assert total(found) == 107
    assert notes == ["numérateur : dernière valeur connue, février 2026"]


def test_terms_that_take_the_last_month_share_it() -> None:
    found, _ = in_time(CELLS, indicator("last"), {"v": variable("sum"), "w": variable("sum")}, ())
    assert total(found) == 7


def test_a_report_without_a_value_may_be_the_last_month() -> None:
    found, _ = in_time(CELLS, indicator(), {"v": variable("last", "zero-if-reported")}, ["202603"])
    assert total(found[found["name"] == "v"]) == 0


def test_an_average_divides_by_the_months_that_are_known() -> None:
    found, notes = in_time(CELLS, indicator(), {"v": variable("average"), "w": variable("sum")}, ())
    assert total(found) == pytest.approx(106)
    assert notes == ["numérateur : moyenne des mois connus (2\u00a0mois)"]


def test_what_stands_beside_is_told_and_carried_to_machines() -> None:
    told = Explained(
        "A", indicator(), ("Mali",), "uMali", "202602", 7.0, None, 7.0, "computed", 0.5, version=2
    )
    refused = KEPT_OUT.frame(
        [("e", "Stock", "c", "Pilule", "u", "CSCom", "202602", "7,5", "number-expected", "Corriger.", 3)]
    )
    published = PUBLISHED.frame([("cible", "numerator", "7", "confirmed", None, None, "2", 4)])
    beside = Beside(
        refused,
        published=published,
        notes=("une note",),
        documents=(Document("définition", "A", "OMS"),),
        rules={"number-expected": "paquet OMS"},
    )
    people, left_out = POPULATION_TERMS.frame(), LEFT_OUT.frame()
    found = cells(("v", "202602", 7.0))
    text = explain(told, found, people, left_out=left_out, beside=beside)
    for words in (
        "(version 2)",
        "Refusées, hors de la copie : 1\u00a0cellule",
        "« 7,5 »",
        "number-expected : Corriger.",
        "règle de : paquet OMS",
        "cible : numérateur 7, relu et confirmé, passage 4",
        "définition « A » : OMS",
        "une note",
    ):
        assert words in text, words
    machine = json.loads(json.dumps(as_json(told, found, people, left_out, beside)))
    assert machine["parts"] == {
        "numerator": {
            "computed": 7.0,
            "sum": 7.0,
            "cells": [{key: value for key, value in found.iloc[0].to_dict().items() if key != "part"}],
            "populations": [],
        }
    }
    assert machine["refused"][0]["reason"] == "Corriger."
    assert machine["published"][0]["wanted"] is None
    assert machine["indicator"]["version"] == 2
