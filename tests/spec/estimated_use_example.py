"""Estimated Modern Use by hand: tables of an example (nobody's), units of two years, and every step as a figure.

The functional test serves these units from the sandbox and finds the results in the warehouse; the documentation
prints them.
"""

import re
from pathlib import Path

import numpy as np

from layidu.compute import emu
from layidu.compute.ratio import divide

#: Units given out: facility, product, month -> number. 2024 is the first whole year.
GIVEN = {
    ("CSCom du Fleuve", "IMPLANON", "202401"): 40,
    ("CSCom du Fleuve", "IMPLANON", "202407"): 60,
    ("CSCom du Fleuve", "IMPLANON", "202503"): 50,
    ("CSCom du Fleuve", "DMPA_SC", "202502"): 1400,
    ("CSCom du Fleuve", "DMPA_SC", "202511"): 1000,
    ("CSCom de la Plaine", "DMPA_SC", "202506"): 1600,
}
CONTINUATION, SCALE, PER_DOSE = [0.9, 0.6, 0.3], 0.5, 0.25
SILENT = "CSRéf de la Plaine"  # sends no report: its district has half of them
WOMEN = 0.22  # share of the population (populations.yaml)
PEOPLE = {2024: (21_000, 17_000, 26_000, 19_000), 2025: (21_693, 17_561, 26_858, 19_627)}
IMPLANT, INJECTABLE = 0.8764, 0.7649  # public shares of 2023, the last survey

#: What is asked, the calculation by hand, and the figure.
STEPS = (
    (
        "EMU1 implants, fin 2024",
        "100 × 0,9 + 100 × 0,5 × (0,6 + 0,3)",
        100 * 0.9 + 100 * 0.5 * (0.6 + 0.3),
        135.0,
    ),
    (
        "EMU2 implants, fin 2025",
        "50 × 0,9 + 100 × 0,6 + 100 × 0,5 × 0,3",
        50 * 0.9 + 100 * 0.6 + 100 * 0.5 * 0.3,
        120.0,
    ),
    ("EMU3 injectables, 2025", "(2400 + 1600) × 0,25", (2400 + 1600) * 0.25, 1000.0),
    (
        "EMU4 secteurs, 2025",
        "120 ÷ 0,8764 + 1000 ÷ 0,7649",
        120 / IMPLANT + 1000 / INJECTABLE,
        1444.284218,
    ),
    ("EMU5 femmes de 15-49 ans, 2025", "0,22 × 85 739", WOMEN * sum(PEOPLE[2025]), 18862.58),
    ("EMU6 EMU 2025, pays", "1444,284 ÷ 18 862,58 × 100", 1444.284218 / 18862.58 * 100, 7.656876),
    ("EMU7 EMU 2024, pays", "135 ÷ 0,8764 ÷ 18 260 × 100", 135 / IMPLANT / 18260 * 100, 0.843588),
)


def fill_tables(methods: Path) -> None:
    """Write the example's tables into a copy of methods.yaml, whose own are not known."""
    text = methods.read_text(encoding="utf-8")
    text = text.replace("users_per_unit: null", f"users_per_unit: {PER_DOSE}")
    text = text.replace("continuation: null, scale: null", f"continuation: {CONTINUATION}, scale: {SCALE}")
    methods.write_text(re.sub(r"presence: \{.*\}", presence(), text), encoding="utf-8")


def presence() -> str:
    """Only the public sector reports."""
    return "presence: {public: 1, ngo: 0, private: 0, pharmacy: 0, shop: 0}"


def found() -> list[float]:
    """What the program's own steps give, in the order of STEPS."""
    implants = emu.users_of_long_method([100, 50], CONTINUATION, SCALE)
    doses = emu.users_of_short_method(2400 + 1600, PER_DOSE)
    sectors = {"public": 1.0}
    implant = emu.reported_share({"public": IMPLANT}, sectors)
    users = implants[1] / implant + doses / emu.reported_share({"public": INJECTABLE}, sectors)
    women = {year: WOMEN * sum(people) for year, people in PEOPLE.items()}
    now, _ = divide(np.array([users]), np.array([women[2025]]), 100)
    before, _ = divide(np.array([implants[0] / implant]), np.array([women[2024]]), 100)
    return [*implants, doses, users, women[2025], float(now[0]), float(before[0])]


def table() -> list[tuple[str, str, str, str]]:
    """The rows the documentation prints: example, calculation, agreed, found."""
    rows = zip(STEPS, found(), strict=True)
    return [(name, road, f"{figure:.10g}", f"{one:.10g}") for (name, road, _, figure), one in rows]
