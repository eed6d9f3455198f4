"""How many new users, cases and admissions does each facility count? One generator per form.

Parts are drawn from their wholes, so positive tests never exceed tests nor fourth visits first visits, except
where an error is planted afterwards.
"""

import numpy as np

from layidu.sandbox import inputs, seasons
from layidu.sandbox.forms import CATEGORIES
from layidu.sandbox.places import Counts, Flags, Floats, World
from layidu.sandbox.revised_forms import revised

#: one cell of a form: data element code, option codes in the order of its combo's categories
Cell = tuple[str, tuple[str, ...]]
#: counts per facility and month; -1 where nothing is written
Sheets = dict[Cell, Counts]

OPTIONS = {category.code: tuple(category.options) for category in CATEGORIES}
#: users of each method among users, assumed; pills and condoms are mostly bought outside the public sector
METHOD_SHARES = (0.14, 0.41, 0.33, 0.045, 0.055, 0.006, 0.010, 0.004)
METHOD_OFFERED = (0.8, 0.97, 0.93, 0.28, 0.35, 0.06, 0.05, 0.0)  # share of CSCom that offer it, assumed
AGE_SHARES = (0.006, 0.444, 0.55)
#: the form counts active users since this month; before it the section did not exist (assumed)
ACTIVE_SINCE = "202510"
#: products of a month per active user of their method, assumed: method index, units, share of CSCom that stock it
PRODUCTS: dict[str, tuple[int, float, float]] = {
    "COC": (0, 0.95, 0.95),
    "POP": (0, 0.45, 0.3),
    "CONDOM_M": (4, 12.0, 0.95),
    "CONDOM_F": (4, 1.5, 0.1),
    "DMPA_IM": (1, 0.18, 0.85),
    "DMPA_SC": (1, 0.16, 0.8),
}
#: insertions and acts of a month per new user of their method, assumed: method index, share, share that stock it
INSERTIONS: dict[str, tuple[int, float, float]] = {
    "IMPLANON": (2, 0.35, 0.5),
    "JADELLE": (2, 0.6, 0.9),
    "LEVOPLANT": (2, 0.3, 0.35),
    "IUD_CU": (3, 0.9, 1.0),
    "IUD_LNG": (3, 0.2, 0.15),
    "EC": (5, 1.0, 1.0),
    "STER_F": (7, 0.95, 1.0),
    "LAM": (6, 0.7, 1.0),
}
MALARIA_AGES = (0.38, 0.29, 0.28, 0.05)
EXIT_SHARES = {
    "sam_exits": (0.86, 0.012, 0.075, 0.025, 0.028),
    "mam_exits": (0.88, 0.001, 0.08, 0.025, 0.014),
}


def written(counts: Counts, where: Flags | None = None, *, zeros: bool = False) -> Counts:
    """What the clerk writes: nothing where the line is not asked, nothing for zero unless zeros count."""
    kept = counts if zeros else np.where(counts > 0, counts, -1)
    return kept if where is None else np.where(where[:, None], kept, -1)


def reproductive_health(world: World) -> Sheets:
    """The SR/PF form: users, products, stock-outs, antenatal care, deliveries."""
    return {**_family_planning(world), **_maternal(world)}


def _family_planning(world: World) -> Sheets:
    chance, reach = world.chance, seasons.access(world)
    big = world.places.of_kind("csref", "hospital")
    offered = (chance.random((len(world.places), 8)) < METHOD_OFFERED) | big[:, None]
    sheets: Sheets = {}
    new_by_method, active_by_method = [], []
    for index, method in enumerate(OPTIONS["METHOD"]):
        usual = 0.0215 * reach * METHOD_SHARES[index] * offered[:, index]
        new = chance.poisson(world.expected(usual, spread=0.4))
        active = chance.poisson(world.expected(usual * 12 * 1.4, spread=0.4)) + new
        new_by_method.append(new)
        active_by_method.append(active)
        for counts, element in ((new, "fp_new_users"), (active, "fp_active_users")):
            for age, part in zip(OPTIONS["FP_AGE"], world.split(counts, AGE_SHARES), strict=True):
                since = np.array(world.months) >= ACTIVE_SINCE if element == "fp_active_users" else True
                sheets[element, (method, age)] = np.where(since, written(part), -1)
        out = np.where(offered[:, index, None], world.days_out(0.05), 0)
        sheets["fp_stock_out_days", (method,)] = written(out)
    for code, (index, units, stocked) in PRODUCTS.items():
        has = big | (chance.random(len(world.places)) < stocked)
        sheets["fp_units", (code,)] = written(chance.poisson(active_by_method[index] * units), has)
    for code, (index, share, stocked) in INSERTIONS.items():
        has = big | (chance.random(len(world.places)) < stocked)
        sheets["fp_units", (code,)] = written(world.part(new_by_method[index], share), has)
    return sheets


def _maternal(world: World) -> Sheets:
    reach, rains = seasons.access(world), np.where(np.isin(world.calendar_months(), (7, 8, 9)), 0.93, 1.02)
    anc1 = _first_visits(world, reach, rains)
    anc4 = world.part(anc1, 0.52)
    deliveries = world.chance.poisson(world.expected(0.0285 * reach, rains))
    abortions = world.chance.poisson(world.expected(0.0009 * reach))
    counts = {
        "anc1_visits": anc1,
        "anc4_visits": anc4,
        "anc8_visits": world.part(anc4, 0.09),
        "deliveries": deliveries,
        "deliveries_skilled": world.part(deliveries, 0.83),
        "postabortion_care": abortions,
        "postabortion_fp": world.part(abortions, 0.45),
        "postpartum_fp": world.part(deliveries, 0.11),
    }
    return {(element, ()): written(count) for element, count in counts.items()}


def _first_visits(world: World, reach: Floats, rains: Floats) -> Counts:
    return world.chance.poisson(world.expected(0.034 * reach, rains))


def malaria(world: World, first_visits: Counts) -> Sheets:
    """The malaria form: from suspected cases down to deaths, by age; IPTp of the first visits; nets; stock-outs."""
    national, season = inputs.malaria_levels(), seasons.malaria(world)
    prevalence = seasons.prevalence(world)
    incidence = 0.3 + 0.7 * prevalence / 19.0  # facilities see fevers where parasites are rare, too
    suspected = world.chance.poisson(
        world.expected(
            float(national["suspected"] / national["population"])
            * incidence
            * np.sqrt(seasons.access(world)),
            0.35 + 0.65 * season,
            spread=0.35,
        )
        + 1.5
    )
    lab = world.places.of_kind("csref", "hospital") | (world.chance.random(len(world.places)) < 0.15)
    remote = seasons.access(world) <= 0.5
    tested = np.where(remote, 0.72, 0.955)[:, None]
    slides = np.where(lab, 0.55, 0.0)[:, None]
    positivity = np.clip((0.30 + 0.012 * prevalence)[:, None] + 0.12 * (season - 1), 0.12, 0.85)
    sheets: Sheets = {}
    for age, cases in zip(OPTIONS["MALARIA_AGE"], world.split(suspected, MALARIA_AGES), strict=True):
        rdt = world.part(cases, tested * (1 - slides))
        slide = world.part(cases - rdt, np.where(lab, 0.8, 0.0)[:, None])
        presumed = world.part(cases - rdt - slide, 0.45)
        rdt_positive, slide_positive = world.part(rdt, positivity), world.part(slide, positivity)
        ill = rdt_positive + slide_positive
        severe = world.part(ill, np.where(world.places.of_kind("cscom", "clinic"), 0.18, 0.5)[:, None])
        by_age = {
            "malaria_rdt_positive": rdt_positive,
            "malaria_microscopy_positive": slide_positive,
            "malaria_presumed": presumed,
            "malaria_treated_act": world.part(ill + presumed, 0.93),
            "malaria_severe": severe,
            "malaria_deaths": world.part(severe, 0.0016),
        }
        sheets["malaria_suspected", (age,)] = written(cases, zeros=True)
        sheets["malaria_rdt_done", (age,)] = written(rdt, zeros=True)
        sheets["malaria_microscopy_done", (age,)] = written(slide, lab, zeros=True)
        sheets.update({(element, (age,)): written(count) for element, count in by_age.items()})
    return {**sheets, **_prevention(world, np.maximum(first_visits, 0))}


def _prevention(world: World, first_visits: Counts) -> Sheets:
    iptp1 = world.part(first_visits, 0.88)
    iptp2 = world.part(iptp1, 0.8)
    counts = {
        "iptp1": iptp1,
        "iptp2": iptp2,
        "iptp3": world.part(iptp2, 0.68),
        "llin_pregnant": world.part(first_visits, 0.82),
        "llin_children": world.chance.poisson(world.expected(0.024 * seasons.access(world))),
        "rdt_stock_out_days": world.days_out(0.06),
        "act_stock_out_days": world.days_out(0.06),
        "sp_stock_out_days": world.days_out(0.04),
    }
    return {(element, ()): written(count) for element, count in counts.items()}


def nutrition(world: World) -> Sheets:
    """The nutrition form: admissions of the lean season, exits near admissions, screening, vitamin A."""
    chance, need, season = world.chance, seasons.malnutrition(world), seasons.lean(world)
    reach = np.sqrt(seasons.access(world)) * ~world.places.of_kind("clinic")
    treats = chance.random(len(world.places)) < 0.65  # facilities with an URENAS or URENI, assumed
    moderate = treats & (chance.random(len(world.places)) < 0.6)  # and those with an URENAM as well
    sheets: Sheets = {}
    for kind, rate in (("sam", 0.0155 * treats), ("mam", 0.024 * moderate)):
        flow = world.expected(rate * need * reach, season)
        sheets[f"{kind}_admissions", ()] = written(chance.poisson(flow))
        exits = chance.poisson(flow * 0.97)
        shares = EXIT_SHARES[f"{kind}_exits"]
        for how, part in zip(OPTIONS["EXIT"], world.split(exits, shares), strict=True):
            sheets[f"{kind}_exits", (how,)] = written(part)
    screened = chance.poisson(world.expected(0.16 * reach, season))
    red = world.part(screened, (0.028 * need)[:, None])
    counts = {
        "muac_screened": screened,
        "muac_sam": red,
        "muac_mam": world.part(screened - red, (0.075 * need)[:, None]),
        "vitamin_a": chance.poisson(world.expected(0.11 * reach)),
    }
    sheets.update({(element, ()): written(count) for element, count in counts.items()})
    return sheets


def generate(world: World) -> Sheets:
    """All monthly forms."""
    first = reproductive_health(world)
    forms = {**first, **malaria(world, first["anc1_visits", ()]), **nutrition(world)}
    return {**forms, **revised(world, forms)}
