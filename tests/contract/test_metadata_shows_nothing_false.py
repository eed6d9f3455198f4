"""No dashboard shows a number nobody computed: everything is asked of analytics, and a slow hand sum answers too.

Elements and indicators at every level of the tree, for months and everything longer; then every item of the
dashboards, as three readers see it.
"""

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from layidu.dhis2.analytics import read_figures, run_and_wait
from layidu.dhis2.client import Client, connect
from layidu.dhis2.dashboards import dashboard_objects
from layidu.dhis2.elements import element_uid
from layidu.dhis2.figures import DECLARED_FIGURES
from layidu.dhis2.provision import apply_target, read_defaults
from layidu.dhis2.target import TargetObjects, target_objects
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.ids import result_uid
from layidu.sandbox import accounts, countries
from layidu.sandbox.server import serve_in_thread
from layidu.settings import Credentials

MONTHS = [f"2025{month:02d}" for month in range(1, 13)] + ["202601", "202602", "202603"]
#: What is longer than a month, from the shortest on.
LONGER = ("BiMonthly", "Quarterly", "SixMonthly", "Yearly")
#: What is made of whole periods of a type.
HOLDS = {"Monthly": LONGER, "Quarterly": ("SixMonthly", "Yearly"), "Yearly": ()}
#: The relative periods of the dashboards on the sandbox's day, 2026-04-08.
RELATIVE = {
    "LAST_MONTH": ["202603"],
    "LAST_12_MONTHS": MONTHS[3:],
    "LAST_4_QUARTERS": ["2025Q2", "2025Q3", "2025Q4", "2026Q1"],
    "LAST_5_YEARS": ["2021", "2022", "2023", "2024", "2025"],
}
Figures = dict[tuple[str, str, str], float]  # dx, period, org unit
Row = tuple[str, str, str, str, float]  # publication, element, period, org unit, value
COUNT, RATIO, INCIDENCE = "PAL-CONF", "PAL-TPR", "PAL-INC"


def indicator(code: str, denominator: str | None, factor: float) -> Indicator:
    return Indicator(
        name=code,
        short_name=code,
        definition="x",
        numerator="#{malaria_rdt_positive}",
        denominator=denominator,
        factor=factor,
        unit="u",
        theme="t",
        owner="o",
        source="s",
    )


INDICATORS = {
    COUNT: indicator(COUNT, None, 1),
    RATIO: indicator(RATIO, "#{malaria_rdt_done}", 100),
    INCIDENCE: indicator(INCIDENCE, "#{population_at_risk}", 1000),
}
PARTS_OF = {
    COUNT: ("numerator",),
    RATIO: ("numerator", "denominator"),
    INCIDENCE: ("numerator", "denominator"),
}


def publication(code: str, **options: Any) -> Publication:
    return Publication(
        target="sandbox", name=f"layidu {code}", short_name=code, code=f"LYD_{code}", **options
    )


PUBLICATIONS: dict[str, Publication] = {
    "PALU": publication("PALU", indicators=list(INDICATORS)),
    "STOCK": publication("STOCK", kind="figures", levels=[1, 3]),  # regions show nothing of it
    "PROM": publication("PROM", kind="figures", period_type="Quarterly", levels=[1]),
    "PLAN": publication("PLAN", kind="figures", period_type="Yearly", levels=[1, 2]),
}
PARTS = ("value", "expected", "target", "colour")
DECLARED = DECLARED_FIGURES.frame([("E1", part, "E1 Prévalence", "x", "") for part in PARTS])


class World:
    """A server with four publications full of numbers, and what each figure must be."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.people = url, accounts.read(folder)
        self.admin = self.client("admin")
        told = self.admin.read_json("organisationUnits", {"fields": "id,level,path", "paging": "false"})
        self.units = {one["id"]: one for one in told["organisationUnits"]}
        self.data: dict[str, TargetObjects] = {}
        self.shown: dict[str, TargetObjects] = {}
        for code, declared in PUBLICATIONS.items():
            figures = DECLARED if declared.kind == "figures" else None
            defaults = read_defaults(self.admin)
            self.data[code] = target_objects(
                code,
                declared,
                INDICATORS,
                org_unit_uids=[unit for level in declared.shown_levels for unit in self.level(level)],
                defaults=defaults,
                push_user=str(self.client("push").read_json("me", {"fields": "id"})["id"]),
                figures=figures,
            )
            self.shown[code] = dashboard_objects(code, declared, INDICATORS, defaults, figures)
        for objects in (*self.data.values(), *self.shown.values()):
            apply_target(self.admin, objects)
        self.admin.send_empty("systemSettings/keyIncludeZeroValuesInAnalytics", {"value": "true"})
        self.expected: Figures = {}
        self.fill(random.Random(7))  # noqa: S311 - numbers of a world, not a secret

    def client(self, name: str) -> Client:
        """One of the sandbox's accounts."""
        return connect(Credentials(self.url, token=self.people[name].token))

    def level(self, level: int) -> list[str]:
        """The org units of a level."""
        return sorted(uid for uid, one in self.units.items() if one["level"] == level)

    def above(self, unit: str) -> list[str]:
        """A unit and what it lies in."""
        return [one for one in str(self.units[unit]["path"]).split("/") if one]

    def fill(self, chance: random.Random) -> None:
        """Push numbers (some missing, none zero), and write down what each figure must be."""
        rows = list(self.parts(chance))
        for name, declared in PUBLICATIONS.items():
            if declared.kind == "figures":
                rows += self.figures(name, declared, chance)
        for name, objects in self.data.items():
            values = [
                {"dataElement": element, "period": period, "orgUnit": unit, "value": f"{value:g}"}
                for owner, element, period, unit, value in rows
                if owner == name
            ]
            self.push(objects, values)

    def parts(self, chance: random.Random) -> Iterator[Row]:
        """Parts on districts by month, added up by hand to everything above and longer, and divided there."""
        sums: Figures = {}
        elements = [element_uid("PALU", code, part) for code, parts in PARTS_OF.items() for part in parts]
        for element, unit, month in product(elements, self.level(3), MONTHS):
            if chance.random() < 0.2:
                continue
            value = float(chance.randrange(1, 300))
            for key in product([element], [month, *longer(month)], self.above(unit)):
                sums[key] = sums.get(key, 0.0) + value
            yield "PALU", element, month, unit, value
        self.expected |= sums
        for code in (RATIO, INCIDENCE):
            numerator, denominator = (element_uid("PALU", code, part) for part in PARTS_OF[code])
            uid = result_uid("indicator", f"LYD_PALU_{code}")
            for (element, period, place), value in sums.items():
                below = sums.get((denominator, period, place))
                if element == numerator and below is not None:
                    self.expected[uid, period, place] = value / below * INDICATORS[code].factor

    def figures(self, name: str, declared: Publication, chance: random.Random) -> Iterator[Row]:
        """Values nothing may add up: each period and level its own, a longer period the last one inside it."""
        own = declared.period_type
        units = [unit for level in declared.levels for unit in self.level(level)]
        ends = {"Monthly": 1, "Quarterly": 3, "Yearly": 12}[own]
        for part, unit, month in product(PARTS, units, MONTHS):
            if int(month[4:]) % ends or chance.random() < 0.3:
                continue  # not the last month of a period, or no value
            value = float(chance.randrange(1, 5))
            names = dict(zip(LONGER, longer(month), strict=True))
            element, period = element_uid(name, "E1", part), names.get(own, month)
            for around in (period, *(names[one] for one in HOLDS[own])):
                self.expected[element, around, unit] = value
            yield name, element, period, unit, value

    def push(self, objects: TargetObjects, values: list[dict[str, str]]) -> None:
        """Write values into one data set."""
        answer = self.client("push").send_json(
            "dataValueSets", {"dataSet": objects.data_set, "dataValues": values}
        )
        assert answer.status == 200, answer.body

    def build(self) -> Client:
        """Have the tables built."""
        analyst = self.client("analytics")
        run_and_wait(analyst, poll_s=0.05, timeout_s=60)
        return analyst

    def everything(self) -> Figures:
        """All that analytics shows of ours, at every level, for every period."""
        analyst = self.build()
        periods = sorted({*MONTHS, *(one for month in MONTHS for one in longer(month))})
        elements = [item["id"] for one in self.data.values() for item in one.of("dataElements")]
        ratios = [item["id"] for one in self.data.values() for item in one.of("indicators")]
        assert {self.units[unit]["level"] for unit in self.units} == {1, 2, 3, 4}
        return as_figures(read_figures(analyst, [*elements, *ratios], periods, sorted(self.units)))


def longer(month: str) -> list[str]:
    """Every longer period a month lies in, written down rather than asked of the code under test."""
    year, number = month[:4], int(month[4:])
    return [
        f"{year}{(number + 1) // 2:02d}B",
        f"{year}Q{(number + 2) // 3}",
        f"{year}S{(number + 5) // 6}",
        year,
    ]


def as_figures(frame: pd.DataFrame) -> Figures:
    """Rows of analytics by what they are of; each once."""
    rows = list(frame[["dx", "period", "org_unit", "value"]].itertuples(index=False, name=None))
    found = {(dx, period, unit): value for dx, period, unit, value in rows}
    assert len(found) == len(rows)
    return found


def differing(shown: Figures, expected: Figures) -> list[tuple[str, str, str]]:
    """What is shown and false, shown and never computed, or computed and not shown."""
    return sorted(
        key
        for key in shown.keys() | expected.keys()
        if key not in shown or key not in expected or shown[key] != pytest.approx(expected[key], rel=1e-9)
    )


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    dialect = getattr(request, "param", "2.42")
    with serve_in_thread(countries.load("hamlet"), tmp_path / "sandbox", dialect=dialect) as url:
        yield World(url, tmp_path / "sandbox")


@pytest.mark.parametrize("world", ["2.40", "2.41", "2.42", "2.43"], indirect=True)
def test_every_level_and_every_period_shows_what_was_computed_and_nothing_else(world: World) -> None:
    shown = world.everything()
    assert differing(shown, world.expected) == []
    assert len(shown) > 1000
    levels = {(world.units[unit]["level"]) for _, _, unit in shown}
    assert levels == {1, 2, 3}  # nothing on the facilities


def test_every_item_of_the_dashboards_shows_what_was_computed(world: World) -> None:
    analyst = world.build()
    seen = 0
    for objects in world.shown.values():
        views = [view for item in objects.of("maps") for view in item["mapViews"]]
        for item in [*objects.of("visualizations"), *views]:
            dx = [
                (one.get("dataElement") or one.get("indicator"))["id"] for one in item["dataDimensionItems"]
            ]
            periods = [period for one in item["rawPeriods"] for period in RELATIVE[one]]
            shown: Figures = {}
            for reader in (world.level(1)[0], world.level(2)[0], world.level(3)[0]):
                levels = item["organisationUnitLevels"]
                units = [one for level in levels for one in world.level(level)]
                if item["userOrganisationUnit"]:
                    units = [reader, *(one for one in units if reader in world.above(one))]
                assert "ou" not in item["filterDimensions"] or len(units) == 1
                assert "pe" not in item["filterDimensions"] or len(periods) == 1
                shown |= as_figures(read_figures(analyst, dx, periods, sorted(set(units))))
            assert shown, item["id"]
            assert {key: world.expected.get(key) for key in shown} == pytest.approx(shown, rel=1e-9)
            seen += 1
    assert seen >= 4 + 1 + 3 * 3


def test_months_averaged_into_a_quarter_would_be_seen(world: World) -> None:
    change(world, "PALU", "dataElements", {"aggregationType": "AVERAGE"})
    assert differing(world.everything(), world.expected)


def test_districts_summed_into_a_region_would_be_seen(world: World) -> None:
    change(world, "STOCK", "dataElements", {"aggregationLevels": [1, 3]})
    wrong = differing(world.everything(), world.expected)
    assert wrong
    assert {world.units[unit]["level"] for _, _, unit in wrong} == {2}


def test_an_annualised_indicator_would_be_seen(world: World) -> None:
    change(world, "PALU", "indicators", {"annualized": True})
    assert differing(world.everything(), world.expected)


def test_a_part_pushed_at_two_levels_would_be_seen(world: World) -> None:
    [data_set] = world.data["PALU"].of("dataSets")
    region = world.level(2)[0]
    units = [*data_set["organisationUnits"], {"id": region}]
    world.admin.send_json("metadata", {"dataSets": [{**data_set, "organisationUnits": units}]})
    element = world.data["PALU"].of("dataElements")[0]["id"]
    world.push(
        world.data["PALU"],
        [{"dataElement": element, "period": "202603", "orgUnit": region, "value": "5"}],
    )
    wrong = differing(world.everything(), world.expected)
    assert {unit for _, _, unit in wrong} == {region, *world.level(1)}


def change(world: World, code: str, kind: str, fields: dict[str, Any]) -> None:
    """Somebody changes how our objects add up."""
    items = [{**item, **fields} for item in world.data[code].of(kind)]
    assert world.admin.send_json("metadata", {kind: items}).status == 200
