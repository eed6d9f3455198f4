"""What does one figure look like to people, and may its trend be judged?"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import pandas as pd

from layidu.mapping.contracts import Indicator, Thresholds
from layidu.report import french

Colour = Literal["GREEN", "YELLOW", "RED", "GREY"]
COLOURS: dict[Colour, str] = {
    "GREEN": "va dans le bon sens",
    "YELLOW": "stable",
    "RED": "va dans le mauvais sens",
    "GREY": "pas de jugement",
}
WANTED = {"up": "↑", "down": "↓", "none": ""}
INCOMPLETE = "denominator incomplete"


class Result(NamedTuple):
    """One figure, with what it is made of; `status` is None where there is no result at all."""

    numerator: float | None
    denominator: float | None
    value: float | None
    status: str | None
    completeness: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as people see it."""

    value: float | None
    text: str  # 12,3; a dash when there is no value
    short: str  # six characters at most
    arrow: str  # ↑ → ↓, or nothing
    colour: Colour
    judged: str  # why this colour
    words: str  # everything about the figure, one line
    solid: bool  # complete enough to be judged


NOTHING = Result(None, None, None, None, None)


def cell(result: Result, arrow: str | None, indicator: Indicator, thresholds: Thresholds | None) -> Cell:
    """A figure with its arrow ("" when there is nothing to compare) and colour; None: no trend is asked for."""
    value = present(result.value)
    colour, judged = judge(result, arrow, indicator, thresholds)
    arrow = arrow or ""
    if value is None:
        text, short, arrow = french.DASH, french.short_status(result.status), ""
    else:
        text, short = french.number(value, indicator.decimals), french.compact(value, indicator.decimals)
    solid = not weakness(result, thresholds)
    return Cell(
        value, text, short, arrow, colour, judged, describe(result, indicator, judged, thresholds), solid
    )


def present(value: float | None) -> float | None:
    """None for what is missing: a frame says NaN."""
    return None if value is None or pd.isna(value) else value


def judge(
    result: Result, arrow: str | None, indicator: Indicator, thresholds: Thresholds | None
) -> tuple[Colour, str]:
    """The colour of a trend, or grey with the reason why no judgement is fair."""
    refused = weakness(result, thresholds)
    if refused or arrow is None:
        return "GREY", refused
    if not arrow:
        return "GREY", "pas de mois comparable l'an dernier"
    if indicator.direction == "none":
        return "GREY", "ni la hausse ni la baisse n'est un progrès en soi"
    if arrow == "→":
        return "YELLOW", COLOURS["YELLOW"]
    colour: Colour = "GREEN" if arrow == WANTED[indicator.direction] else "RED"
    return colour, COLOURS[colour]


def weakness(result: Result, thresholds: Thresholds | None) -> str:
    """Why a figure may not be judged; empty when it may."""
    if present(result.value) is None or result.status == INCOMPLETE:
        return french.status(result.status)
    if thresholds is None:
        return "seuils non déclarés : compléter thresholds.yaml"
    completeness = present(result.completeness)
    if completeness is None:
        return "complétude inconnue"
    if completeness < thresholds.minimum_completeness:
        least = french.percent(thresholds.minimum_completeness)
        return f"complétude de {french.percent(completeness)}, il en faut {least}"
    return ""


def describe(result: Result, indicator: Indicator, judged: str, thresholds: Thresholds | None) -> str:
    """Value, parts, status and completeness: no ratio is shown without them."""
    if result.status is None:
        return "aucun résultat pour cette période"
    value = present(result.value)
    shown = (
        f"{french.number(value, indicator.decimals)} {indicator.unit}"
        if value is not None
        else "pas de valeur"
    )
    numerator, denominator = french.number(result.numerator, 0), french.number(result.denominator, 0)
    parts = "" if indicator.denominator is None else f" = {numerator} ÷ {denominator}"
    if indicator.denominator is not None and indicator.factor != 1:
        parts += f" × {french.exact(indicator.factor)}"
    words = [f"{shown}{parts}", french.status(result.status)]
    below = present(result.denominator)
    if thresholds is not None and below is not None and below < thresholds.small_denominator:
        words.append("effectif faible")
    words.append(f"complétude {french.percent(present(result.completeness))}")
    return " ; ".join([*words, *([judged] if judged not in words[1] else [])])
