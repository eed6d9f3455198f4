"""What is in Lakeland? An invented English-speaking country that no mapping has seen, with funding partners."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from layidu.sandbox.country import CLOCK_START, VALUE_COLUMNS, Country
from layidu.sandbox.lakeland_forms import DEFAULT, FORMS, OPTION_SETS, SPLITS, Form, Line
from layidu.sandbox.lakeland_objects import category_objects, cells, form_objects, own, unit_objects
from layidu.sandbox.org_units import OrgUnit
from layidu.sandbox.people import accounts

PROVINCES = {
    "Northshore": ("Kettle", "Upper Reed", "Lower Reed"),
    "Eastbank": ("Heron", "Ferry Hill"),
    "Islands": ("Great Island", "Sand Islands", "Far Pier"),
}
#: A county's facilities: health centres, then one hospital or clinic. The referral hospital hangs under its province.
PER_COUNTY = (("Health centre", 4), ("Hospital", 1), ("Clinic", 1))
REFERRAL = ("Lakeland National Referral Hospital", "Eastbank")
PLACES = ("Bridge", "Market", "Mission", "Old Town", "Weir", "Orchard")
SIZE = {"Health centre": 1.0, "Hospital": 3.2, "Clinic": 0.5}
REPORTED = 0.9
MONTHS = tuple(f"{year}{month:02d}" for year in (2025, 2026) for month in range(1, 13))[:15]
PERIODS = {
    "Monthly": MONTHS,
    "Quarterly": ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1"),
    "Yearly": ("2025", "2026"),
}

Facility = tuple[OrgUnit, str]  # with its kind


def country(seed: int) -> Country:
    """Build Lakeland."""
    chance = np.random.default_rng(seed)
    upper, facilities = _tree()
    kind_of = {unit.uid: kind for unit, kind in facilities}
    assigned = {form.code: [unit.uid for unit, kind in facilities if kind in form.kinds] for form in FORMS}
    sizes = {unit.uid: SIZE[kind] * float(chance.lognormal(-0.08, 0.4)) for unit, kind in facilities}
    rows: list[tuple[object, ...]] = []
    reports: list[tuple[str, ...]] = []
    for form in FORMS:
        for unit in assigned[form.code]:
            for period in PERIODS[form.period_type]:
                if chance.random() < REPORTED:
                    day = _typed(period, form, chance)
                    rows.extend(_report(form, unit, period, day, sizes[unit], chance))
                    reports.append((own("form", form.code), period, unit, day[:10], "data.clerk"))
    partners = [own("option", f"PARTNER_{option}") for option in SPLITS["PARTNER"].options]
    values = pd.DataFrame(rows, columns=list(VALUE_COLUMNS))
    return Country(
        name="lakeland",
        metadata={
            **unit_objects([*upper, *(unit for unit, _ in facilities)], kind_of),
            **category_objects(),
            **form_objects(assigned),
        },
        values=values.astype({name: "str" for name in VALUE_COLUMNS if name not in ("comment", "deleted")}),
        registrations=pd.DataFrame(reports, columns=["data_set", "period", "org_unit", "date", "stored_by"]),
        accounts=accounts(upper[0].uid, [*(own("form", form.code) for form in FORMS), *partners]),
    )


def _tree() -> tuple[list[OrgUnit], list[Facility]]:
    root = OrgUnit(
        own("unit", "LK"), "LK", "Lakeland", comment="An invented country; every number is made up."
    )
    upper, facilities = [root], []
    for province, counties in PROVINCES.items():
        above = _unit(province, f"{province} Province", root)
        upper.append(above)
        if province == REFERRAL[1]:
            facilities.append((_unit("LK-REF", REFERRAL[0], above), "Hospital"))
        for county in counties:
            middle = _unit(county, f"{county} County", above)
            upper.append(middle)
            names = iter(PLACES)
            facilities += [
                (_unit(f"{county} {place}", f"{county} {place} {kind}", middle), kind)
                for kind, number in PER_COUNTY
                for _, place in zip(range(number), names, strict=False)
            ]
    return upper, facilities


def _unit(code: str, name: str, parent: OrgUnit) -> OrgUnit:
    return OrgUnit(own("unit", code), code.upper().replace(" ", "_"), name, parent)


def _typed(period: str, form: Form, chance: np.random.Generator) -> str:
    """The second a report was typed in: mostly in time, never after the server's clock."""
    end = _end(period) if form.period_type != "Yearly" else date(int(period), 1, 31)
    late = int(chance.integers(1, form.timely_days + 8))
    latest = (CLOCK_START.date() - end).days - 1
    moment = np.datetime64(end, "s") + np.timedelta64(max(1, min(late, latest)), "D")
    moment += np.timedelta64(int(chance.integers(8 * 3600, 17 * 3600)), "s")
    return str(moment)


def _end(period: str) -> date:
    year, rest = int(period[:4]), period[4:]
    month = 3 * int(rest[1]) if rest.startswith("Q") else int(rest or "12")
    return date(year, month, monthrange(year, month)[1])


def _report(
    form: Form, unit: str, period: str, typed: str, size: float, chance: np.random.Generator
) -> Iterator[tuple[object, ...]]:
    """One form of one facility and period: the cells somebody filled in. An empty box is no row."""
    for attribute, share in cells(form.attribute_combo).items():
        for line in form.lines:
            for cell, value in _line(line, size * share, chance):
                yield (
                    own("element", line.code), period, unit, cell, attribute, value, "data.clerk", typed, typed, None,
                    False,
                )  # fmt: skip


def _line(line: Line, size: float, chance: np.random.Generator) -> Iterator[tuple[str, str]]:
    texts = tuple(OPTION_SETS[line.option_set][1]) if line.option_set else line.texts
    if texts:
        yield next(iter(cells(DEFAULT))), str(chance.choice(texts))
        return
    shares = cells(line.combo)
    if line.value_type == "PERCENTAGE":
        yield next(iter(shares)), f"{min(100.0, float(chance.normal(line.mean, 11))):.1f}"
        return
    if line.value_type == "NUMBER":
        yield next(iter(shares)), f"{line.mean * size * float(chance.gamma(20, 1 / 20)):.1f}"
        return
    counts = chance.poisson(line.mean * size * np.array(list(shares.values())))
    if line.code == "COM_DAYS_OUT":
        counts = np.where(chance.random(len(counts)) < 0.12, chance.integers(1, 15, len(counts)), 0)
    yield from (
        (cell, str(count))
        for cell, count in zip(shares, counts, strict=True)
        if count or line.code == "COM_DAYS_OUT"
    )
