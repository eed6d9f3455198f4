"""How has each indicator moved in the country, month after month?"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from layidu.mapping.contracts import Thresholds
from layidu.report import french
from layidu.report.board import Board, Line, Period, figures
from layidu.report.cell import NOTHING, Cell, cell

WIDTH, HEIGHT = 300.0, 118.0
LEFT, RIGHT, TOP, BOTTOM = 8.0, 8.0, 16.0, 18.0


class Mark(NamedTuple):
    """One month's figure on the drawing."""

    x: float
    y: float
    solid: bool
    words: str


class Tick(NamedTuple):
    """A year's first month on the axis."""

    x: float
    label: str


class Chart(NamedTuple):
    """One indicator's line, broken where a month has no figure."""

    code: str
    name: str
    unit: str
    path: str
    marks: Sequence[Mark]
    ticks: Sequence[Tick]
    highest: str
    last: str
    last_month: str
    width: float = WIDTH
    height: float = HEIGHT


def charts(labelled: pd.DataFrame, shown: Board, thresholds: Thresholds | None) -> list[Chart]:
    """One chart an indicator, of the first place of the board (the country)."""
    totals = labelled[labelled["disaggregation"] == ""]
    if not shown.places or not shown.periods:
        return []
    country = shown.places[0].org_unit
    own = totals[(totals["org_unit"] == country) & totals["period"].str.fullmatch(r"[0-9]{6}")]
    months = months_between(str(own["period"].min()), shown.periods[0].id) if len(own) else []
    periods = [Period("month", month, french.period(month)) for month in months]
    found = figures(totals, periods, [country])
    built = []
    for line in shown.lines:
        results = (found.get((line.code, each.id, country), NOTHING) for each in periods)
        cells = [cell(result, None, line.indicator, thresholds) for result in results]
        built.append(chart(line, periods, cells))
    return built


def months_between(first: str, last: str) -> list[str]:
    """Every month from the first to the last, holes included: a hole must show."""
    start, end = (int(text[:4]) * 12 + int(text[4:]) - 1 for text in (first, last))
    return [f"{count // 12:04d}{count % 12 + 1:02d}" for count in range(start, end + 1)]


def chart(line: Line, periods: Sequence[Period], cells: Sequence[Cell]) -> Chart:
    """The drawing of one line, from zero to its highest figure."""
    values = [each.value for each in cells if each.value is not None]
    highest = max([*values, 0.0])
    lowest = min([*values, 0.0])
    step = (WIDTH - LEFT - RIGHT) / max(len(cells) - 1, 1)
    tall = HEIGHT - TOP - BOTTOM

    def height_of(value: float) -> float:
        return round(TOP + tall * (1 - (value - lowest) / ((highest - lowest) or 1.0)), 1)

    marks: list[Mark] = []
    path = ""
    pen = "M"
    for number, (period, each) in enumerate(zip(periods, cells, strict=True)):
        if each.value is None:
            pen = "M"
            continue
        x, y = round(LEFT + number * step, 1), height_of(each.value)
        path += f"{pen}{x},{y}"
        pen = "L"
        marks.append(Mark(x, y, each.solid, f"{period.name} : {each.words}"))
    ticks = [
        Tick(round(LEFT + number * step, 1), period.id[:4])
        for number, period in enumerate(periods)
        if period.id.endswith("01")
    ]
    last = next((index for index in reversed(range(len(cells))) if cells[index].value is not None), None)
    return Chart(
        line.code,
        line.indicator.name,
        line.indicator.unit,
        path,
        marks,
        ticks,
        french.number(highest, line.indicator.decimals),
        french.DASH if last is None else cells[last].text,
        "" if last is None else periods[last].name,
    )
