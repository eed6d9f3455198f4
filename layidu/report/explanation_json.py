"""An explanation for a machine: the same facts as the text, nothing rounded, nothing cut."""

import math
from typing import Any

import pandas as pd

from layidu.report.beside import Beside
from layidu.report.explained import Explained, formula
from layidu.report.explanation import LEFT_OUT, POPULATION_TERMS, SOURCE_CELLS, person_time


def as_json(
    explained: Explained,
    cells: pd.DataFrame,
    populations: pd.DataFrame,
    left_out: pd.DataFrame,
    beside: Beside,
) -> dict[str, Any]:
    """Plain values only; missing is null. `parts.*.sum` is the sum of the listed rows, for the reader to compare."""
    found, people = SOURCE_CELLS.check(cells), POPULATION_TERMS.check(populations)
    return {
        "indicator": {
            "code": explained.code,
            "name": explained.indicator.name,
            "definition": explained.indicator.definition,
            "formula": formula(explained.indicator, explained.names),
            "numerator": explained.indicator.numerator,
            "denominator": explained.indicator.denominator,
            "factor": explained.indicator.factor,
            "unit": explained.indicator.unit,
            "version": explained.version,
        },
        "disaggregation": explained.disaggregation,
        "org_unit": {"uid": explained.org_unit_uid, "path": list(explained.org_unit_path)},
        "period": explained.period,
        "value": number(explained.value),
        "status": explained.status,
        "waiting": explained.waiting or None,
        "completeness": number(explained.completeness),
        "run": explained.run,
        "parts": {part: part_of(part, expected, found, people) for part, expected in explained.parts.items()},
        "left_out": records(LEFT_OUT.check(left_out)),
        "refused": records(beside.refused),
        "remarks": records(beside.remarks),
        "published": records(beside.published),
        "notes": list(beside.notes),
        "sources": [{"what": one.what, "name": one.name, "source": one.source} for one in beside.documents],
    }


def part_of(part: str, expected: float | None, cells: pd.DataFrame, people: pd.DataFrame) -> dict[str, Any]:
    """One part: what compute says, and what it is made of."""
    own, theirs = cells[cells["part"] == part], people[people["part"] == part]
    rows = len(own) + len(theirs)
    total = float((own["number"] * own["coefficient"]).sum() + person_time(theirs).sum())
    return {
        "computed": number(expected),
        "sum": total if rows else None,
        "cells": records(own.drop(columns="part")),
        "populations": records(theirs.drop(columns="part")),
    }


def number(value: float | None) -> float | None:
    """A number, or null."""
    return None if value is None or math.isnan(value) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain values; missing is null."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
