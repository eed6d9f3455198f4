"""Which formulas is the warehouse working with, and what is to be known of the bands they take?"""

from warehouse.connect import Warehouse
from warehouse.staging import fetch


def stored_formulas(warehouse: Warehouse) -> dict[tuple[str, int], dict[str, object]]:
    """(indicator, version) -> numerator, denominator, factor, annualised, as they are loaded."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT indicator, version, numerator, denominator, factor, annualised FROM plan.formula ORDER BY 1, 2",
        )
    return {
        (str(code), int(str(version))): {
            "numerator": numerator,
            "denominator": denominator,
            "factor": factor,
            "annualised": annualised,
        }
        for code, version, numerator, denominator, factor, annualised in rows
    }


def loaded_digest(warehouse: Warehouse) -> str | None:
    """The fingerprint of the declaration files that are loaded; None before the first computation."""
    with warehouse.connect("loader") as connection:
        rows = fetch(connection, "SELECT mappings_digest FROM plan.version")
    return str(rows[0][0]) if rows else None


def remark(warehouse: Warehouse, indicator: str, disaggregation: str) -> str | None:
    """What is to be known of the bands a series rests on, in French."""
    with warehouse.connect("loader") as connection:
        rows = fetch(
            connection,
            "SELECT remark FROM plan.remark"
            " WHERE indicator = %(indicator)s AND disaggregation = %(disaggregation)s",
            {"indicator": indicator, "disaggregation": disaggregation},
        )
    return str(rows[0][0]) if rows else None
