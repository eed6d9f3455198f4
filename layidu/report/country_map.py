"""Where does each district stand on the map, and in which class is its figure?"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from layidu.mapping.contracts import Indicator, Thresholds
from layidu.model.frames import TEXT, Contract
from layidu.report import french
from layidu.report.board import Board, Figures, Period, figures
from layidu.report.cell import NOTHING, Cell, cell

DISTRICTS = Contract(  # the points of the map
    "districts",
    {
        "org_unit": "int32",
        "uid": TEXT,
        "name": TEXT,
        "parent_name": TEXT,
        "longitude": "float64",
        "latitude": "float64",
    },
    ("org_unit",),
)
WIDTH = 760.0
MARGIN = 14.0
RADIUS = 6.5
APART = 2 * RADIUS + 1.5
CLASSES = 5
UNSURE = 0  # the class of a figure that is missing or not complete enough
FloatArray = npt.NDArray[np.float64]
Ring = Sequence[Sequence[float]]


class Outline(NamedTuple):
    """A region's shape, as an SVG path, and where its name goes."""

    name: str
    path: str
    x: float
    y: float


class Point(NamedTuple):
    """A district on the drawing; `x` is NaN-free: districts without coordinates are not points."""

    place: int  # row of the districts
    name: str
    parent: str
    x: float
    y: float


class Shade(NamedTuple):
    """One class of the legend."""

    number: int  # 1 is the palest
    words: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One indicator in one period: a cell and a class for each district."""

    cells: Sequence[Cell]
    classes: Sequence[int]
    legend: Sequence[Shade]


@dataclass(frozen=True, slots=True)
class CountryMap:
    """Outlines, points and every theme by indicator code and period kind."""

    width: float
    height: float
    outlines: Sequence[Outline]
    points: Sequence[Point]
    without_point: Sequence[str]
    themes: Mapping[str, Mapping[str, Theme]]


def country_map(
    labelled: pd.DataFrame,
    districts: pd.DataFrame,
    shown: Board,
    thresholds: Thresholds | None,
    outline_names: Iterable[str],
) -> CountryMap:
    """The map of the board's three periods; outlines are those of these regions that layidu ships."""
    places = DISTRICTS.check(districts)
    shapes = read_outlines(outline_names)
    known = places["longitude"].notna() & places["latitude"].notna()
    spots = places.loc[known, ["longitude", "latitude"]].to_numpy(np.float64)
    frame = Projection.of(spots, shapes)
    drawn = spread(frame.place(spots))
    points = [
        Point(
            int(row),
            str(name),
            "" if pd.isna(parent) else str(parent),
            round(float(x), 1),
            round(float(y), 1),
        )
        for row, name, parent, (x, y) in zip(
            np.flatnonzero(known.to_numpy()),
            places.loc[known, "name"],
            places.loc[known, "parent_name"],
            drawn.tolist(),
            strict=True,
        )
    ]
    totals = labelled[labelled["disaggregation"] == ""]
    units = places["org_unit"].tolist()
    found = figures(totals, shown.periods, units)
    themes = {
        line.code: {
            period.kind: theme(found, line.code, line.indicator, period, units, thresholds)
            for period in shown.periods
        }
        for line in shown.lines
    }
    outlines = [frame.outline(name, rings) for name, rings in shapes.items()]
    without = places.loc[~known, "name"].tolist()
    return CountryMap(WIDTH, frame.height, outlines, points, without, themes)


def read_outlines(names: Iterable[str]) -> dict[str, list[Ring]]:
    """The rings of the named regions, longitude and latitude; a name layidu has no outline for is left out."""
    text = files("layidu.report").joinpath("data/mali_regions.json").read_text(encoding="utf-8")
    regions = json.loads(text)["regions"]
    return {name: regions[name] for name in sorted(set(names)) if name in regions}


@dataclass(frozen=True, slots=True)
class Projection:
    """Equirectangular, true to scale at the middle latitude."""

    west: float
    north: float
    scale: float  # units of the drawing by degree of latitude
    narrowing: float
    height: float

    @classmethod
    def of(cls, spots: FloatArray, shapes: Mapping[str, Sequence[Ring]]) -> "Projection":
        """The projection that fits points and outlines into the drawing."""
        corners = [spots, *(np.asarray(ring, np.float64) for rings in shapes.values() for ring in rings)]
        every = np.concatenate([each for each in corners if len(each)] or [np.zeros((1, 2))])
        (west, south), (east, north) = every.min(axis=0), every.max(axis=0)
        narrowing = float(np.cos(np.radians((south + north) / 2)))
        wide, tall = max((east - west) * narrowing, 0.2), max(north - south, 0.2)
        scale = (WIDTH - 2 * MARGIN) / max(wide, tall)
        return cls(float(west), float(north), float(scale), narrowing, round(tall * scale + 2 * MARGIN, 1))

    def place(self, spots: FloatArray) -> FloatArray:
        """Longitude, latitude -> x, y."""
        x = (spots[:, 0] - self.west) * self.narrowing * self.scale + MARGIN
        y = (self.north - spots[:, 1]) * self.scale + MARGIN
        return np.column_stack([x, y])

    def outline(self, name: str, rings: Sequence[Ring]) -> Outline:
        """The path of a region, and the middle of its largest ring's box."""
        drawn = [self.place(np.asarray(ring, np.float64)) for ring in rings]
        path = "".join(f"M{' '.join(f'{x:.1f},{y:.1f}' for x, y in ring)}Z" for ring in drawn)
        largest = max(drawn, key=lambda ring: float(np.prod(np.ptp(ring, axis=0))))
        x, y = (largest.min(axis=0) + largest.max(axis=0)) / 2
        return Outline(name, path, round(float(x), 1), round(float(y), 1))


def spread(drawn: FloatArray, rounds: int = 60) -> FloatArray:
    """Push points that cover each other apart, the same way every time."""
    moved = drawn.copy()
    turn = np.arange(len(moved)) * 2.399963  # the golden angle: points on one spot leave in all directions
    moved += 0.05 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(rounds):
        gaps = moved[:, None, :] - moved[None, :, :]
        distances = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(distances, np.inf)
        push = np.clip(APART - distances, 0, None) / 2 / np.maximum(distances, 1e-9)
        if not push.any():
            break
        moved += (gaps * push[..., None]).sum(axis=1) * 0.6
    return moved


def theme(
    found: Figures,
    code: str,
    indicator: Indicator,
    period: Period,
    units: Sequence[int],
    thresholds: Thresholds | None,
) -> Theme:
    """Every district's figure, shaded by fifths of what is solid."""
    cells = [cell(found.get((code, period.id, unit), NOTHING), None, indicator, thresholds) for unit in units]
    solid = [each.value for each in cells if each.solid and each.value is not None]
    cuts = limits(solid)
    classes = [
        1 + int(np.searchsorted(cuts, each.value, side="right"))
        if each.solid and each.value is not None
        else UNSURE
        for each in cells
    ]
    return Theme(cells, classes, legend(solid, classes, cells, indicator))


def limits(values: Sequence[float]) -> list[float]:
    """The inner limits of five classes with about as many districts each; fewer when values repeat."""
    if len(set(values)) < 2:
        return []
    shares = [step / CLASSES for step in range(1, CLASSES)]
    cuts = np.quantile(np.asarray(values, np.float64), shares).tolist()
    return sorted({cut for cut in cuts if cut > min(values)})


def legend(
    values: Sequence[float], classes: Sequence[int], cells: Sequence[Cell], indicator: Indicator
) -> list[Shade]:
    """What each class holds: the smallest and the largest of its figures."""
    shades = []
    for number in sorted(set(classes) - {UNSURE}):
        held = [
            each.value
            for each, of in zip(cells, classes, strict=True)
            if of == number and each.value is not None
        ]
        low, high = (french.number(end, indicator.decimals) for end in (min(held), max(held)))
        shades.append(Shade(number, low if low == high else f"{low} à {high}"))
    return shades if values else []
