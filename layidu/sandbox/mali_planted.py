"""Which errors are planted in Mali, in which month? The facility is found among those that reported."""

from layidu.sandbox.mali_units import MOVED, Tree
from layidu.sandbox.planted import Ground, Spot

OPENED_SINCE = "2024-10-01"
CLOSED_BEFORE = "2023-12-31"
CLOSED_SINCE = "2025-06-30"

COMMA = "Virgule décimale au lieu d'un point"
DECIMAL = "Décimale dans un entier"
NEGATIVE = "Compte négatif"
TOO_LONG = "Plus de jours de rupture que de jours dans le mois"

TEXTS = (
    Spot("comma-decimal", "number-expected", "fp_units", ("DMPA_SC",), "202602", COMMA, "7,5"),
    Spot("comma-decimal", "number-expected", "fp_units", ("COC",), "202509", COMMA, "12,25"),
    Spot("decimal-in-integer", "integer-expected", "llin_pregnant", (), "202601", DECIMAL, "12.5"),
    Spot("decimal-in-integer", "integer-expected", "llin_pregnant", (), "202411", DECIMAL, "8.25"),
    Spot("negative-count", "negative-not-allowed", "llin_children", (), "202603", NEGATIVE, "-6"),
    Spot("negative-count", "negative-not-allowed", "vitamin_a", (), "202507", NEGATIVE, "-31"),
    # 31 days in February: a rule that says "at most 31" would let it pass.
    Spot("stock-out-days", "stock-out-days", "rdt_stock_out_days", (), "202602", TOO_LONG, "31"),
    Spot("stock-out-days", "stock-out-days", "act_stock_out_days", (), "202512", TOO_LONG, "45"),
)
SPIKES = (
    Spot("spike", "spike", "anc1_visits", (), "202511", "Valeur multipliée par cent", "", "finding", 20),
    Spot("spike", "spike", "vitamin_a", (), "202503", "Valeur multipliée par cent", "", "finding", 20),
)
COPIES = (
    Spot(
        "copied-month",
        "copied-month",
        "malaria_suspected",
        ("0_4",),
        "202602",
        "Mois recopié",
        "",
        "finding",
        5,
    ),
)
POSITIVES = tuple(
    Spot(
        "rdt-positive-le-done",
        "rdt-positive-le-done",
        "malaria_rdt_positive",
        (age,),
        month,
        "Plus de TDR positifs que de TDR faits",
        "",
        "finding",
        3,
    )
    for age, month in (("0_4", "202603"), ("15_PLUS", "202508"))
)
COMMENTS = tuple(
    Spot("comment-only", "comment-only", "anc8_visits", (), month, "Commentaire sans valeur")
    for month in ("202602", "202510")
)
DELETED = tuple(
    Spot("tombstone", "tombstone", element, (), month, "Valeur supprimée", "", "closed")
    for element, month in (("postpartum_fp", "202601"), ("iptp2", "202602"))
)
LATE = tuple(
    Spot(
        "late-correction",
        "late-correction",
        element,
        (),
        "202501",
        "Correction 14 mois après",
        "",
        "finding",
        5,
    )
    for element in ("deliveries", "iptp1")
)
WRONG_COMBO = (
    Spot(
        "combo-not-of-element",
        "combo-not-of-element",
        "deliveries",
        (),
        "202602",
        "Désagrégation étrangère",
        "9",
    ),
    Spot(
        "combo-not-of-element", "combo-not-of-element", "iptp1", (), "202601", "Désagrégation étrangère", "14"
    ),
)
UNASSIGNED = (
    Spot(
        "org-unit-not-assigned", "org-unit-not-assigned", "sam_admissions", (), "202602", "Non affectée", "5"
    ),
    Spot(
        "org-unit-not-assigned", "org-unit-not-assigned", "muac_screened", (), "202512", "Non affectée", "48"
    ),
)
CLOSED = (
    Spot("org-unit-closed", "org-unit-closed", "iptp1", (), "202509", "Saisie après la fermeture", "11"),
    Spot(
        "org-unit-closed", "org-unit-closed", "anc1_visits", (), "202510", "Saisie après la fermeture", "17"
    ),
)


def plant(ground: Ground, tree: Tree) -> None:
    """Put every error in."""
    ways = (
        (ground.copied_month, COPIES),
        (ground.text, TEXTS),
        (ground.spike, SPIKES),
        (ground.positive_over_done, POSITIVES),
        (ground.comment_only, COMMENTS),
        (ground.tombstone, DELETED),
        (ground.late_correction, LATE),
    )
    for put, spots in ways:
        for spot in spots:
            put(spot)
    for spot in WRONG_COMBO:
        ground.wrong_combo(spot, "MALARIA_AGE", ("0_4",))
    _outside(ground)
    moved = next(unit for unit in tree.districts.values() if unit.name == MOVED[0])
    home = tree.region_of[moved.code]
    ground.event("moved", moved.uid, f"District de {MOVED[0]} : attendu sous {home}, trouvé sous {MOVED[1]}")


def _outside(ground: Ground) -> None:
    """Values of a clinic that has no such form, and of health centres that closed."""
    places = ground.world.places
    clinics = [index for index, kind in enumerate(places.kind) if kind == "clinic"]
    closed = [index for index, end in enumerate(places.closed) if end == CLOSED_SINCE]
    for spot, place in zip(UNASSIGNED, clinics[3::20], strict=False):
        ground.outside(spot, place)
    for spot, place in zip(CLOSED, closed, strict=False):
        ground.outside(spot, place)
