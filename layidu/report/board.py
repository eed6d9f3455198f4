"""What does each indicator say in the country and each region, and which way does it go?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from layidu.mapping.contracts import Indicator, Thresholds
from layidu.model.frames import RESULTS, TEXT, Contract
from layidu.model.periods import quarter_id
from layidu.report import french
from layidu.report.cell import NOTHING, WANTED, Cell, Result, cell

LABELLED = Contract(  # results with the names of their places
    "labelled",
    {
        "indicator": TEXT,
        "disaggregation": TEXT,
        "org_unit": "int32",
        "org_unit_name": TEXT,
        "uid": TEXT,
        "level": "int16",
        "parent_name": TEXT,  # missing for a root
        "period": TEXT,
        "numerator": "float64",
        "denominator": "float64",
        "value": "float64",
        "status": TEXT,
        "completeness": "float64",
    },
    RESULTS.key,
)
ARROWS = Contract(  # what this room reads of compute's trends
    "arrows",
    {"indicator": TEXT, "org_unit": "int32", "months": "int32", "trend": TEXT},
    ("indicator", "org_unit"),
)


class Place(NamedTuple):
    """A column of the board."""

    org_unit: int
    uid: str
    name: str
    level: int


class Period(NamedTuple):
    """One of the board's three periods: the latest ended month, its quarter, its year."""

    kind: str  # month, quarter or year
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator: its cells by period kind, one a place."""

    code: str
    indicator: Indicator
    cells: Mapping[str, Sequence[Cell]]
    remark: str = ""  # what to know of the bands it rests on
    grey: str = ""  # why the country has no value at all

    @property
    def wanted(self) -> str:
        """The arrow that is good news."""
        return WANTED[self.indicator.direction]


@dataclass(frozen=True, slots=True)
class Board:
    """Indicators by theme, in the country and its regions, for a month, its quarter and its year."""

    periods: Sequence[Period]
    places: Sequence[Place]
    themes: Mapping[str, Sequence[Line]]

    @property
    def lines(self) -> list[Line]:
        """Every line, theme after theme."""
        return [line for lines in self.themes.values() for line in lines]


Figures = dict[tuple[str, str, int], Result]  # indicator, period, org unit
Arrows = dict[tuple[str, int], str]


def board(
    results: pd.DataFrame,
    trends: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    thresholds: Thresholds | None,
    *,
    month: str | None = None,
    catalogue: Sequence[Mapping[str, object]] = (),
) -> Board:
    """The board of the country and its regions; `month` is the latest ended one (else the latest with results).

    `catalogue` (rows of mart.catalogue) says of each indicator what to know of it, and why it has no value.

    The arrow says whether this year's months stand above the same months of last year, so it is the same
    for the three periods; the colour is grey where the period's own value is missing or not complete enough.
    """
    totals = LABELLED.check(results)
    totals = totals[totals["disaggregation"] == ""]
    shown = periods_of(month or latest_month(totals))
    places = places_of(totals)
    found = figures(totals, shown, [place.org_unit for place in places])
    pointing = arrows(trends)
    said = {str(row["code"]): row for row in catalogue}
    themes: dict[str, list[Line]] = {}
    for code, indicator in indicators.items():
        entry = said.get(code, {})
        cells = {
            period.kind: [
                cell(
                    found.get((code, period.id, place.org_unit), NOTHING),
                    pointing.get((code, place.org_unit), ""),
                    indicator,
                    thresholds,
                )
                for place in places
            ]
            for period in shown
        }
        themes.setdefault(indicator.theme, []).append(
            Line(
                code,
                indicator,
                cells,
                str(entry.get("remarque") or ""),
                str(entry.get("pourquoi_gris") or ""),
            )
        )
    return Board(shown, places, themes)


def latest_month(totals: pd.DataFrame) -> str | None:
    """The newest month any result speaks of."""
    months = totals.loc[totals["period"].str.fullmatch(r"[0-9]{6}"), "period"]
    return None if months.empty else str(months.max())


def periods_of(month: str | None) -> list[Period]:
    """The month, its quarter and its year; nothing before the first month."""
    if month is None:
        return []
    quarter = quarter_id(int(month))
    return [
        Period("month", month, french.period(month)),
        Period("quarter", quarter, french.running(quarter, month)),
        Period("year", month[:4], french.running(month[:4], month)),
    ]


def places_of(totals: pd.DataFrame) -> list[Place]:
    """The root (or roots) and the level below it, each level in alphabetical order."""
    units = totals[["org_unit", "uid", "org_unit_name", "level"]].drop_duplicates("org_unit")
    levels = sorted(set(units["level"].tolist()))[:2]
    rows = units[units["level"].isin(levels)].itertuples(index=False, name=None)
    places = [Place(int(unit), str(uid), str(name), int(level)) for unit, uid, name, level in rows]
    return sorted(places, key=lambda place: (place.level, french.alphabetical(place.name), place.uid))


def figures(totals: pd.DataFrame, shown: Sequence[Period], org_units: Sequence[int]) -> Figures:
    """The results of these periods and places, by key."""
    kept = totals[totals["period"].isin([each.id for each in shown]) & totals["org_unit"].isin(org_units)]
    keys = zip(kept["indicator"].tolist(), kept["period"].tolist(), kept["org_unit"].tolist(), strict=True)
    columns = (
        kept[name].tolist() for name in ("numerator", "denominator", "value", "status", "completeness")
    )
    return dict(zip(keys, (Result(*row) for row in zip(*columns, strict=True)), strict=True))


def arrows(trends: pd.DataFrame) -> Arrows:
    """The arrow of each indicator and place that has one."""
    known = ARROWS.cast(trends).dropna(subset=["trend"])
    keys = zip(known["indicator"].tolist(), known["org_unit"].tolist(), strict=True)
    return dict(zip(keys, known["trend"].tolist(), strict=True))
