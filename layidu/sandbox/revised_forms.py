"""What do the lines say that the forms of October 2025 added? Stocks, totals, early visits, growth, vaccination.

Drawn by a chance of their own, so that every older figure stays what it was. Rates are assumed.
"""

from dataclasses import replace

import numpy as np

from layidu.sandbox import seasons
from layidu.sandbox.forms import CATEGORIES
from layidu.sandbox.places import Counts, Flags, World

#: the revised forms ask these lines since this month (assumed)
REVISED_SINCE = "202510"
SEED = 20_251_001
METHODS = tuple(next(one for one in CATEGORIES if one.code == "METHOD").options)
#: methods a health area keeps in stock and the units a month's stock is about; kits for sterilisation
STOCKS = {"PILL": 60, "INJECTABLE": 45, "IMPLANT": 12, "IUD": 5, "CONDOM": 300, "EMERGENCY": 6}
STOCKED = {"PILL": 0.97, "INJECTABLE": 0.97, "IMPLANT": 0.93, "IUD": 0.62, "CONDOM": 0.95, "EMERGENCY": 0.55}
SMC_MONTHS = (7, 8, 9, 10)
Cell = tuple[str, tuple[str, ...]]
Sheets = dict[Cell, Counts]


def revised(world: World, sheets: Sheets) -> Sheets:
    """The added lines of every form; -1 where nothing is written."""
    own = replace(world, chance=np.random.default_rng(SEED + len(world.places)))
    asked = np.array(world.months) >= REVISED_SINCE
    added = {**stocks(own), ("fp_new_users_total", ()): totals(own, sheets), **counts(own, sheets)}
    lines = {cell: np.where(asked, line, -1) for cell, line in added.items()}
    return {**lines, ("smc_treated", ()): smc(own)}


def stocks(world: World) -> Sheets:
    """Usable stock at the end of the month, zeros written, of the methods the facility keeps."""
    big, shape = world.places.of_kind("csref", "hospital"), world.shape
    risk = np.where(seasons.access(world) < 1, 0.14, 0.06)[:, None]
    found: Sheets = {}
    for method in METHODS:
        kept: Flags = big if method == "STERILISATION" else big | offers(world, method)
        usual = STOCKS.get(method, 4) * np.where(big, 3.0, 1.0)[:, None]
        stock = 1 + world.chance.poisson(np.broadcast_to(usual, shape))
        stock = np.where(world.chance.random(shape) < risk, 0, stock)
        found["fp_stock", (method,)] = np.where(kept[:, None], stock, -1)
    return found


def offers(world: World, method: str) -> Flags:
    """Which facilities keep a method; nobody keeps natural methods in a store."""
    return world.chance.random(len(world.places)) < STOCKED.get(method, 0.0)


def totals(world: World, sheets: Sheets) -> Counts:
    """The total of new users as the clerk adds it up: wrong now and then, empty where there are none."""
    parts = [np.maximum(line, 0) for (element, _), line in sheets.items() if element == "fp_new_users"]
    total = np.sum(parts, axis=0)
    wrong = world.chance.random(world.shape) < 0.07
    total = np.where(wrong, total + world.chance.integers(1, 4, world.shape), total)
    return np.where(np.sum(parts, axis=0) > 0, total, -1)


def counts(world: World, sheets: Sheets) -> Sheets:
    """Single lines: written when they are more than zero."""
    reach = seasons.access(world)
    first, deliveries = (np.maximum(sheets[name, ()], 0) for name in ("anc1_visits", "deliveries"))
    surgery = world.places.of_kind("csref", "hospital")
    seen = world.chance.poisson(world.expected(0.016 * reach))
    weighed = world.chance.poisson(world.expected(0.1 * reach))
    measles = world.chance.poisson(world.expected(0.026 * reach))
    lines = {
        "anc1_early": world.part(first, 0.34),
        "postnatal_visits": world.part(deliveries, 0.78),
        "caesareans": np.where(surgery[:, None], world.part(deliveries, 0.16), 0),
        "maternal_deaths": world.part(deliveries, np.where(surgery, 0.006, 0.0007)[:, None]),
        "measles1": measles,
        "artesunate_stock_out_days": world.days_out(0.05),
        "infants_seen": seen,
        "infants_exclusively_breastfed": world.part(seen, 0.58),
        "children_weighed": weighed,
        "children_underweight": world.part(weighed, 0.14),
    }
    return {(element, ()): np.where(line > 0, line, -1) for element, line in lines.items()}


def smc(world: World) -> Counts:
    """Children of 3-59 months treated in the month's pass, by the health areas, in the season only."""
    passes = np.isin(world.calendar_months(), SMC_MONTHS)
    treated = world.part(np.round(world.places.population * 0.163).astype(np.int64)[:, None], 0.9)
    return np.where(passes & (treated > 0), treated, -1)
