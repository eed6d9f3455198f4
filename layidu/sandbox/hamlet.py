"""What is in the hamlet? Twelve org units and three months, cut from the same forms, for quick tests.

Two monthly data sets, SRPF and PALU cut down, and a third, small and yearly, POP: without a population no rate
could be computed.
"""

import numpy as np

from layidu.sandbox import population
from layidu.sandbox.assembly import assemble
from layidu.sandbox.country import Country
from layidu.sandbox.org_units import OrgUnit, unit_uid
from layidu.sandbox.places import Places, World
from layidu.sandbox.planted import Ground, Spot

MONTHS = ("202601", "202602", "202603")
CLOSED = "2026-01-31"
ELEMENTS = (
    *("fp_new_users", "fp_units", "anc1_visits", "anc4_visits", "anc8_visits", "deliveries"),
    *("malaria_suspected", "malaria_rdt_done", "malaria_microscopy_done"),
    *("malaria_rdt_positive", "malaria_microscopy_positive", "malaria_presumed", "malaria_treated_act"),
    *("iptp1", "iptp3", "llin_pregnant", "llin_children", "rdt_stock_out_days", "population_total"),
)

ROOT = OrgUnit(
    unit_uid("HA"), "HA", "Hameau", point=(-6.0, 13.0), comment="Pays d'essai, entièrement synthétique."
)
NORTH = OrgUnit(unit_uid("HA-01"), "HA-01", "Région Nord", ROOT, (-6.0, 13.4))
SOUTH = OrgUnit(unit_uid("HA-02"), "HA-02", "Région Sud", ROOT, (-6.0, 12.6))
#: the third district hangs under the North though mappings/org_units.yaml expects the South
DISTRICTS = (
    OrgUnit(unit_uid("HA-0101"), "HA-0101", "District du Fleuve", NORTH, (-6.3, 13.4)),
    OrgUnit(unit_uid("HA-0201"), "HA-0201", "District de la Plaine", SOUTH, (-6.3, 12.6)),
    OrgUnit(unit_uid("HA-0202"), "HA-0202", "District de la Colline", NORTH, (-5.7, 12.6)),
)
MOVED = DISTRICTS[2]
#: name, district, kind, people in 2024, closing date
FACILITIES = (
    ("CSCom du Fleuve", 0, "cscom", 21_000, ""),
    ("CSCom du Pont", 0, "cscom", 17_000, ""),
    ("CSRéf de la Plaine", 1, "csref", 0, ""),
    ("CSCom de la Plaine", 1, "cscom", 26_000, ""),
    ("CSCom de la Colline", 2, "cscom", 19_000, ""),
    ("Clinique de la Colline", 2, "clinic", 0, CLOSED),
)

TEXTS = (
    Spot("comma-decimal", "number-expected", "fp_units", ("DMPA_SC",), "202602", "Virgule décimale", "7,5"),
    Spot("decimal-in-integer", "integer-expected", "llin_pregnant", (), "202601", "Décimale", "12.5"),
    Spot("negative-count", "negative-not-allowed", "llin_children", (), "202603", "Compte négatif", "-6"),
)
TOO_LONG = Spot(
    "stock-out-days",
    "stock-out-days",
    "rdt_stock_out_days",
    (),
    "202602",
    "31 jours de rupture en février",
    "31",
)
SPIKE = Spot("spike", "spike", "anc1_visits", (), "202602", "Valeur multipliée par cent", "", "finding", 20)
COPY = Spot(
    "copied-month", "copied-month", "malaria_suspected", ("0_4",), "202603", "Mois recopié", "", "finding"
)
POSITIVE = Spot(
    "rdt-positive-le-done",
    "rdt-positive-le-done",
    "malaria_rdt_positive",
    ("0_4",),
    "202602",
    "Plus de TDR positifs que de TDR faits",
    "",
    "finding",
    2,
)
COMMENT = Spot("comment-only", "comment-only", "anc8_visits", (), "202602", "Commentaire sans valeur")
DELETED = Spot("tombstone", "tombstone", "iptp3", (), "202601", "Valeur supprimée", "", "closed")
WRONG_COMBO = Spot(
    "combo-not-of-element", "combo-not-of-element", "deliveries", (), "202602", "Étrangère", "9"
)
UNASSIGNED = Spot(
    "org-unit-not-assigned", "org-unit-not-assigned", "anc1_visits", (), "202601", "Non affectée", "5"
)
AFTER = Spot("org-unit-closed", "org-unit-closed", "llin_children", (), "202603", "Après la fermeture", "11")


def country(seed: int) -> Country:
    """Build the hamlet."""
    chance = np.random.default_rng(seed)
    codes = [f"HA-F{number}" for number in range(1, len(FACILITIES) + 1)]
    facilities = [
        OrgUnit(
            unit_uid(code),
            code,
            name,
            DISTRICTS[district],
            (round(-6.4 + 0.1 * number, 2), 12.9),
            "2005-01-01",
            closed,
        )
        for number, (code, (name, district, _, _, closed)) in enumerate(zip(codes, FACILITIES, strict=True))
    ]
    people = np.array([float(one[3]) for one in FACILITIES])
    places = Places(
        uid=tuple(unit.uid for unit in facilities),
        code=tuple(codes),
        name=tuple(unit.name for unit in facilities),
        kind=tuple(one[2] for one in FACILITIES),
        region=tuple("Ségou" if one[1] == 0 else "Sikasso" for one in FACILITIES),
        population=people,
        opened=tuple(unit.opened for unit in facilities),
        closed=tuple(unit.closed for unit in facilities),
    )
    area = places.of_kind("cscom")
    total = {"HA": int(people.sum())}
    return assemble(
        "hamlet",
        [ROOT, NORTH, SOUTH, *DISTRICTS, *facilities],
        World(places, MONTHS, chance),
        {"SRPF": ~places.of_kind("clinic"), "PALU": np.ones(len(places), dtype=np.bool_), "POP": area},
        population.by_year(total, ["HA"] * len(places), people, dict.fromkeys(population.YEARS, area)),
        _plant,
        ELEMENTS,
    )


def _plant(ground: Ground) -> None:
    """One of each error that fits; a correction 14 months back does not fit three months."""
    ground.copied_month(COPY)
    for spot in TEXTS:
        ground.text(spot)
    ground.outside(TOO_LONG, ground.world.places.name.index("CSRéf de la Plaine"))
    ground.spike(SPIKE)
    ground.positive_over_done(POSITIVE)
    ground.comment_only(COMMENT)
    ground.tombstone(DELETED)
    ground.wrong_combo(WRONG_COMBO, "MALARIA_AGE", ("0_4",))
    clinic = ground.world.places.name.index("Clinique de la Colline")
    ground.outside(UNASSIGNED, clinic)
    ground.outside(AFTER, clinic)
    ground.event("moved", MOVED.uid, f"{MOVED.name} : attendu sous {SOUTH.name}, trouvé sous {NORTH.name}")
