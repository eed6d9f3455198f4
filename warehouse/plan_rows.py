"""What does each table of the schema `plan` hold for these declarations? Rows as plain values, nothing written."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import pandas as pd
from sqlalchemy import Table

from layidu.mapping.catalogue import catalogue, parameter_missing
from layidu.mapping.contracts import Mappings, Measure
from layidu.mapping.remarks import remarks
from layidu.mapping.terms import missing_series
from layidu.mapping.versions import FIRST, formulas_of
from layidu.model import disaggregation
from warehouse.tables import plan

Row = dict[str, object]
Rows = dict[str, list[Row]]  # table name -> rows


def declared_rows(mappings: Mappings, cells: pd.DataFrame, terms: pd.DataFrame) -> Rows:
    """The rows of every table that needs no key of the warehouse."""
    missing = {key: parameter_missing(words) for key, words in missing_series(mappings, cells).items()}
    splits = {text for _, text in missing}
    texts = sorted({*cells["disaggregation"], *terms["disaggregation"], *terms["filter"], *splits})
    return {
        "variable": variables(mappings),
        "indicator": indicators(mappings),
        "formula": formulas(mappings),
        "term": [
            {"position": place, **row}
            for place, row in enumerate(records(terms.sort_values(list(terms.columns), ignore_index=True)))
        ],
        "disaggregation": [{"disaggregation": text, "label": label(mappings, text)} for text in texts],
        "level": levels(mappings),
        "population_series": population_series(mappings),
        "population_measure": population_measures(mappings),
        "reference_value": [
            picked(names_of(plan.REFERENCE_VALUE), vars(v)) for v in mappings.reference_values
        ],
        "catalogue": [asdict(entry) for entry in catalogue(mappings, cells)],
        "remark": [
            {"indicator": code, "disaggregation": text, "remark": words}
            for (code, text), words in {**remarks(mappings, cells, terms), **missing}.items()
        ],
        "correction": [
            {"number": place + 1, **vars(correction)} for place, correction in enumerate(mappings.corrections)
        ],
    }


def records(frame: pd.DataFrame) -> list[Row]:
    """A frame's rows as dicts of plain values, missing as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def picked(names: Iterable[str], values: Mapping[str, object]) -> Row:
    """Only these columns."""
    return {name: values[name] for name in names}


def names_of(table: Table) -> list[str]:
    """The columns of a table, in order; the first is the code."""
    return [column.name for column in table.columns]


def variables(mappings: Mappings) -> list[Row]:
    """One row a variable."""
    return [
        {
            "code": code,
            **picked(("name", "unit", "over_time", "period_type", "absence"), vars(variable)),
            "dimensions": ",".join(variable.dimensions),
        }
        for code, variable in sorted(mappings.variables.items())
    ]


def indicators(mappings: Mappings) -> list[Row]:
    """One row an indicator."""
    names = names_of(plan.INDICATOR)[1:]
    return [
        {"code": code, **picked(names, vars(indicator))}
        for code, indicator in sorted(mappings.indicators.items())
    ]


def formulas(mappings: Mappings) -> list[Row]:
    """One row a formula."""
    names = ("version", "numerator", "denominator", "factor", "annualised")
    return [
        {
            "indicator": code,
            **picked(names, vars(formula)),
            "valid_from": int(formula.valid_from or FIRST),
            "valid_to": int(formula.valid_to),
            "reason": formula.reason or None,
        }
        for code, indicator in sorted(mappings.indicators.items())
        for formula in formulas_of(indicator)
    ]


def label(mappings: Mappings, text: str) -> str:
    """A disaggregation in French, as in « 15-24 ans, Implant »; the total is called so."""
    if not text:
        return "Total"
    return ", ".join(
        band_name(mappings, dimension, band) for dimension, band in disaggregation.read(text).items()
    )


def band_name(mappings: Mappings, dimension: str, band: str) -> str:
    """The French name of a band; products are methods; a band nobody declared is its own name."""
    declared = mappings.dimensions.get(dimension)
    if declared is not None and band in declared.bands:
        return declared.bands[band].name
    if mappings.methods is not None and band in mappings.methods.methods:
        return mappings.methods.methods[band].name
    return band


def levels(mappings: Mappings) -> list[Row]:
    """One row a level that has a name."""
    declared = mappings.org_units.levels if mappings.org_units is not None else {}
    return [{"level": int(level), "name": name} for level, name in sorted(declared.items())]


def population_series(mappings: Mappings) -> list[Row]:
    """One row a series."""
    declared = mappings.populations.series if mappings.populations is not None else {}
    names = names_of(plan.POPULATION_SERIES)[1:]
    return [{"code": code, **picked(names, vars(series))} for code, series in sorted(declared.items())]


def population_measures(mappings: Mappings) -> list[Row]:
    """One row a measure."""
    declared = mappings.populations.measures if mappings.populations is not None else {}
    return [
        {
            "code": code,
            **picked(("name", "level", "source", "note"), vars(measure)),
            "series": ",".join(measure.series),
            "share": share_text(measure),
        }
        for code, measure in sorted(declared.items())
    ]


def share_text(measure: Measure) -> str:
    """`0.22`, a share a year, or the measure and the step of the cascade it comes from."""
    share = pairs(measure.share) if isinstance(measure.share, dict) else repr(measure.share)
    return share if measure.of is None else f"{share} x {measure.of}: {measure.cascade}"


def pairs(values: Mapping[str, float | None]) -> str:
    """`2025: 0.3, 2026: 0.7`; a year without a share is left out."""
    known = {key: value for key, value in values.items() if value is not None}
    return ", ".join(f"{key}: {value!r}" for key, value in sorted(known.items()))
