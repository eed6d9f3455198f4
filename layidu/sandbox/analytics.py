"""What does /api/analytics show? Only what the last build saw, in the grid 2.42 answers with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layidu.sandbox import analytics_build
from layidu.sandbox.accounts import User
from layidu.sandbox.analytics_build import Facts, Numbers
from layidu.sandbox.analytics_grid import LASTS, SUMS, Grid
from layidu.sandbox.answers import JSON, Answer, Request, as_json, refused
from layidu.sandbox.clock import Clock
from layidu.sandbox.dialects import Dialect
from layidu.sandbox.indicators import evaluate
from layidu.sandbox.metadata import Item, Metadata
from layidu.sandbox.periods import parse
from layidu.sandbox.store import Store
from layidu.sandbox.value_types import NUMERIC

METRICS = {
    "REPORTING_RATE", "REPORTING_RATE_ON_TIME", "ACTUAL_REPORTS", "ACTUAL_REPORTS_ON_TIME", "EXPECTED_REPORTS",
}  # fmt: skip
CACHE = "max-age=60, public"
MOST_ROWS = 100_000
HEADERS = [
    {"name": name, "column": column, "valueType": kind, "type": java, "hidden": False, "meta": kind == "TEXT"}
    for name, column, kind, java in (
        ("dx", "Data", "TEXT", "java.lang.String"),
        ("pe", "Period", "TEXT", "java.lang.String"),
        ("ou", "Organisation unit", "TEXT", "java.lang.String"),
        ("value", "Value", "NUMBER", "java.lang.Double"),
    )
]
NO_TABLE = "Query failed because a referenced table does not exist. Please ensure analytics job was run"


@dataclass(frozen=True, slots=True)
class Shown:
    """One dx item on the grid, and how its numbers are written."""

    name: str
    values: Numbers
    decimals: int
    java_double: bool  # "26.0" rather than "26"


class Analytics:
    """Answers analytics queries from the last build."""

    def __init__(
        self, folder: Path, store: Store, metadata: Metadata, clock: Clock, dialect: Dialect
    ) -> None:
        self._folder = folder
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._dialect = dialect
        self._facts: Facts | None = None

    def rebuild(self) -> None:
        """Build the tables anew, in place of the old ones."""
        facts = analytics_build.build(self._store, self._metadata, self._dialect)
        analytics_build.save(facts, self._folder)
        self._facts = facts

    def _built(self) -> Facts:
        if self._facts is None:
            self._facts = analytics_build.load(self._folder)
        if self._facts is None:
            raise refused(409, NO_TABLE, "E7144")
        return self._facts

    def get(self, request: Request, user: User) -> Answer:
        """`GET /api/analytics`."""
        rows = list(self._rows(request, user))
        body = {
            "headers": HEADERS,
            "metaData": {} if request.flag("skipMeta") else self._meta(rows),
            "rowContext": {},
            "width": 4 if rows else 0,
            "rows": rows,
            "headerWidth": 4,
            "height": len(rows),
        }
        return Answer(200, JSON, json.dumps(body).encode(), {"Cache-Control": CACHE}, rows=len(rows))

    def value_set(self, request: Request, user: User) -> Answer:
        """`GET /api/analytics/dataValueSet.json`: the same cells in the form of data values."""
        today = self._clock.now().date().isoformat()
        rows = [
            {
                "dataElement": dx,
                "period": pe,
                "orgUnit": ou,
                "value": value,
                "created": today,
                "lastUpdated": today,
                "comment": "[aggregated]",
                "followup": False,
            }
            for dx, pe, ou, value in self._rows(request, user)
        ]
        return as_json({"dataValues": rows}, cache=CACHE)

    def _rows(self, request: Request, user: User) -> Iterator[list[str]]:
        dimensions = {
            name: items.split(";")
            for name, _, items in (text.partition(":") for text in request.many("dimension"))
        }
        names = self._known_data(dimensions.get("dx", []))
        periods = [known for text in dimensions.get("pe", []) if (known := parse(text))]
        units = self._units(dimensions.get("ou", []), user)
        for name, items in (("dx", names), ("pe", periods), ("ou", units)):
            if not items:
                message = f"Dimension is present in query without any valid dimension options: `{name}`"
                raise refused(409, message, "E7124")
        facts = self._built()
        grid = Grid(facts, self._metadata, self._store.words, periods, units)
        shown = [self._shown(name, grid) for name in names]
        count = sum(int(np.isfinite(item.values).sum()) for item in shown)
        if count > MOST_ROWS and not request.flag("ignoreLimit"):
            raise refused(409, f"Query result set exceeded max limit: `{MOST_ROWS}`", "E7128")
        for item in shown:
            yield from _written(item, grid, exact=request.flag("skipRounding"))

    def _known_data(self, names: list[str]) -> list[str]:
        known = [name for name in dict.fromkeys(names) if self._kind(name) is not None]
        barred = [
            name
            for name in known
            if (item := self._metadata.get("dataElements", name))
            and (item["aggregationType"] not in SUMS | LASTS or item["valueType"] not in NUMERIC)
        ]
        if barred:
            listed = ", ".join(barred)
            message = (
                f"Data elements must be of a value and aggregation type that allow aggregation: `[{listed}]`"
            )
            error = refused(409, message, "E7115")
            error.answer.headers["Cache-Control"] = CACHE
            raise error
        return known

    def _kind(self, name: str) -> str | None:
        head, _, tail = name.partition(".")
        if tail in METRICS:
            return "dataSets" if self._metadata.get("dataSets", head) else None
        if tail:
            known = self._metadata.get("dataElements", head) and self._metadata.get(
                "categoryOptionCombos", tail
            )
            return "operands" if known else None
        return next((kind for kind in ("dataElements", "indicators") if self._metadata.get(kind, name)), None)

    def _units(self, items: list[str], user: User) -> list[str]:
        levels = {int(item[6:]) for item in items if item.startswith("LEVEL-") and item[6:].isdigit()}
        named = [item for item in items if self._metadata.get("organisationUnits", item)]
        for unit in named:
            if not user.superuser and not self._metadata.is_inside(unit, user.account.org_units):
                message = f"User: `{user.name}` is not allowed to view org unit: `{unit}`"
                raise refused(409, message, "E7120")
        if not levels:
            return list(dict.fromkeys(named))
        roots = tuple(named or user.account.org_units)
        return [
            unit
            for unit in self._metadata.objects["organisationUnits"]
            if len(self._metadata.path(unit)) in levels
            and (not roots or self._metadata.is_inside(unit, roots))
        ]

    def _shown(self, name: str, grid: Grid) -> Shown:
        head, _, tail = name.partition(".")
        kind = self._kind(name)
        if kind == "indicators":
            item = self._metadata.objects["indicators"][name]
            values = evaluate(item, self._factor(item), grid)
            decimals = item.get("decimals")
            return Shown(name, values, 2 if decimals is None else int(decimals), java_double=True)
        if kind == "dataSets":
            if self._store.words.key_of.get(head, -1) not in grid.facts.registrations[:, 0]:
                raise refused(409, NO_TABLE, "E7144")
            return Shown(name, grid.metric(head, tail), 2, java_double=False)
        return Shown(name, grid.element(head, tail or None), 2, java_double=False)

    def _factor(self, item: Item) -> float:
        kind = self._metadata.get("indicatorTypes", item["indicatorType"]["id"]) or {}
        return float(kind.get("factor", 1))

    def _meta(self, rows: list[list[str]]) -> Item:
        columns = {
            name: list(dict.fromkeys(row[at] for row in rows)) for at, name in enumerate(("dx", "pe", "ou"))
        }
        names = {}
        for identifier in (*columns["dx"], *columns["ou"]):
            for kind in ("dataElements", "indicators", "organisationUnits"):
                item = self._metadata.get(kind, identifier)
                if item:
                    names[identifier] = {"name": item.get("name")}
        return {"items": names, "dimensions": {**columns, "co": []}}


def _written(item: Shown, grid: Grid, *, exact: bool) -> Iterator[list[str]]:
    decimals = 10 if exact else item.decimals
    scale = 10.0**decimals
    # Half up on the decimal picture of the number, as Java rounds; the small addend stands for that picture.
    rounded = np.sign(item.values) * np.floor(np.abs(item.values) * scale + 0.5 + 1e-6) / scale
    if exact:
        rounded = item.values
    double = exact or item.java_double
    for at, period in enumerate(grid.periods):
        for to, unit in enumerate(grid.units):
            value = rounded[at, to]
            if np.isfinite(value):
                yield [item.name, period.iso, unit, _text(float(value), decimals, double=double)]


def _text(value: float, decimals: int, *, double: bool) -> str:
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text == "-0":
        text = "0"
    return f"{text}.0" if double and "." not in text else text
