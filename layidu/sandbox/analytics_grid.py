"""What number belongs into each cell? Facts summed, averaged or taken last over the asked periods and org units."""

from dataclasses import dataclass, field

import numpy as np

from layidu.sandbox.analytics_build import Facts, Integers, Numbers
from layidu.sandbox.metadata import Item, Metadata
from layidu.sandbox.periods import Period, containing, count_inside, parse
from layidu.sandbox.store import Words

LOOK_BACK = 10 * 366
SUMS = {"SUM", "AVERAGE", "AVERAGE_SUM_ORG_UNIT", "COUNT"}
LASTS = {"LAST", "LAST_IN_PERIOD", "LAST_AVERAGE_ORG_UNIT", "LAST_IN_PERIOD_AVERAGE_ORG_UNIT"}


@dataclass(slots=True)
class Grid:
    """The asked periods and org units, and everything needed to place a fact among them."""

    facts: Facts
    metadata: Metadata
    words: Words
    periods: list[Period]
    units: list[str]
    above: dict[int, Integers] = field(init=False)  # level -> org unit key -> position of its asked ancestor
    level_of: Integers = field(init=False)
    starts: Integers = field(init=False)
    ends: Integers = field(init=False)
    inside: dict[str, Integers] = field(
        init=False
    )  # period type -> period key -> position of the asked period
    has_column: Numbers = field(init=False)  # 1 for an asked period whose type the tables have, else 0
    _elements: dict[tuple[str, str | None], Numbers] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index org units and periods by the integers of the facts."""
        size = len(self.words.text_of) + 2
        self._index_units(size)
        self._index_periods(size)
        self.has_column = np.array([float(p.period_type in self.facts.period_types) for p in self.periods])

    def _index_units(self, size: int) -> None:
        position = {unit: at for at, unit in enumerate(self.units)}
        levels = {len(self.metadata.path(unit)) for unit in self.units}
        self.above = {level: np.full(size, -1, dtype=np.int64) for level in levels}
        self.level_of = np.zeros(size, dtype=np.int64)
        for unit in self.metadata.objects["organisationUnits"]:
            key = self.words.key_of.get(unit)
            if key is None:
                continue
            path = self.metadata.path(unit)
            self.level_of[key] = len(path)
            for level in levels:
                if level <= len(path):
                    self.above[level][key] = position.get(path[level - 1], -1)

    def _index_periods(self, size: int) -> None:
        self.starts = np.zeros(size, dtype=np.int64)
        self.ends = np.zeros(size, dtype=np.int64)
        position = {period.iso: at for at, period in enumerate(self.periods)}
        self.inside = {
            kind: np.full(size, -1, dtype=np.int64) for kind in {p.period_type for p in self.periods}
        }
        for key in self._period_keys():
            known = parse(self.words.text_of[key])
            if known is None:
                continue
            self.starts[key], self.ends[key] = known.start.toordinal(), known.end.toordinal()
            for kind, positions in self.inside.items():
                around = containing(kind, known.start)
                if known.end <= around.end:
                    positions[key] = position.get(around.iso, -1)

    def _period_keys(self) -> set[int]:
        return {
            *np.unique(self.facts.keys[:, 1]).tolist(),
            *np.unique(self.facts.registrations[:, 1]).tolist(),
        }

    def blank(self) -> Numbers:
        """A grid of zeros, periods down, org units across."""
        return np.zeros((len(self.periods), len(self.units)))

    def element(self, name: str, option: str | None = None) -> Numbers:
        """A data element, or one option combo of it; NaN where there is nothing."""
        known = self._elements.get((name, option))
        if known is None:
            item = self.metadata.objects["dataElements"][name]
            rows = self.facts.of(self.words.key_of.get(name, -1))
            keys, values = self.facts.keys[rows], self.facts.values[rows]
            if option is not None:
                chosen = keys[:, 3] == self.words.key_of.get(option, -1)
                keys, values = keys[chosen], values[chosen]
            known = self._aggregate(item, keys, values)
            self._elements[name, option] = known
        return known

    def _aggregate(self, item: Item, keys: Integers, values: Numbers) -> Numbers:
        how = item["aggregationType"]
        if how in LASTS:
            return self._last(item, keys, values)
        totals, counts = self.blank(), self.blank()
        for positions in self.inside.values():
            at = positions[keys[:, 1]]
            weights = values
            if how == "AVERAGE_SUM_ORG_UNIT":
                days = self.ends[keys[:, 1]] - self.starts[keys[:, 1]] + 1
                weights = values * days / np.array([period.days for period in self.periods])[at]
            more = self._climb(item, at, keys, weights)
            totals, counts = totals + more[0], counts + more[1]
        if how == "COUNT":
            totals = counts
        counts = counts * self.has_column[:, None]
        divisor = counts if how == "AVERAGE" else np.ones_like(counts)
        return np.where(counts > 0, totals / np.where(divisor > 0, divisor, 1), np.nan)

    def _climb(self, item: Item, at: Integers, keys: Integers, values: Numbers) -> tuple[Numbers, Numbers]:
        """Sums and counts by asked period (position `at`) and by every asked org unit above or at the fact's."""
        levels = sorted(item.get("aggregationLevels") or ())
        hidden = np.zeros(64, dtype=np.int64)
        for level in levels:
            hidden[level + 1 :] = level  # a value below a level is not seen at that level or higher up
        totals, counts = self.blank().ravel(), self.blank().ravel()
        own = hidden[self.level_of[keys[:, 2]]]
        for level, positions in self.above.items():
            to = positions[keys[:, 2]]
            seen = (at >= 0) & (to >= 0) & (level > own)
            cells = at[seen] * len(self.units) + to[seen]
            totals += np.bincount(cells, weights=values[seen], minlength=totals.size)
            counts += np.bincount(cells, minlength=totals.size)
        shape = (len(self.periods), len(self.units))
        return totals.reshape(shape), counts.reshape(shape)

    def _last(self, item: Item, keys: Integers, values: Numbers) -> Numbers:
        how = item["aggregationType"]
        order = np.argsort(-self.ends[keys[:, 1]], kind="stable")
        keys, values = keys[order], values[order]
        starts, ends = self.starts[keys[:, 1]], self.ends[keys[:, 1]]
        result = np.full((len(self.periods), len(self.units)), np.nan)
        for at, period in enumerate(self.periods):
            first = period.start.toordinal() if "IN_PERIOD" in how else period.end.toordinal() - LOOK_BACK
            chosen = np.flatnonzero((starts >= first) & (ends <= period.end.toordinal()))
            _, newest = np.unique(keys[chosen][:, 2:], axis=0, return_index=True)
            rows = chosen[newest]
            totals, counts = self._climb(item, np.full(len(rows), at), keys[rows], values[rows])
            divisor = counts[at] if how.endswith("AVERAGE_ORG_UNIT") else np.ones(len(self.units))
            result[at] = np.where(counts[at] > 0, totals[at] / np.where(divisor > 0, divisor, 1), np.nan)
        return result

    def reports(self, data_set: str, *, on_time: bool) -> Numbers:
        """Registrations of a data set."""
        rows = self.facts.registrations
        rows = rows[rows[:, 0] == self.words.key_of.get(data_set, -1)]
        if on_time:
            rows = rows[rows[:, 3] == 1]
        keys = np.column_stack([rows, np.zeros(len(rows), dtype=np.int64)])
        total = self.blank()
        for positions in self.inside.values():
            total += self._climb({}, positions[keys[:, 1]], keys, np.ones(len(rows)))[0]
        return total

    def expected(self, data_set: str) -> Numbers:
        """Assigned org units open in the period, times the data set's periods in it."""
        item = self.metadata.objects["dataSets"][data_set]
        result = self.blank()
        position = {unit: at for at, unit in enumerate(self.units)}
        for entry in item.get("organisationUnits", ()):
            unit = self.metadata.get("organisationUnits", entry["id"]) or {}
            opened, closed = str(unit.get("openingDate", ""))[:10], str(unit.get("closedDate") or "9999")[:10]
            targets = [position[above] for above in self.metadata.path(entry["id"]) if above in position]
            for at, period in enumerate(self.periods):
                if targets and opened <= period.end.isoformat() and closed >= period.start.isoformat():
                    result[at, targets] += count_inside(item["periodType"], period.start, period.end)
        return result

    def metric(self, data_set: str, name: str) -> Numbers:
        """A data set's reporting rate, or one of its parts; NaN where no report came."""
        expected = self.expected(data_set)
        if name == "EXPECTED_REPORTS":
            return np.where(expected > 0, expected, np.nan)
        actual = self.reports(data_set, on_time=name.endswith("ON_TIME"))
        if name.startswith("REPORTING_RATE"):
            actual = np.minimum(100, np.where(expected > 0, actual * 100 / np.maximum(expected, 1), 0))
        return np.where(actual > 0, actual, np.nan)
