"""A country of three levels for the tests of the sandbox: small enough to add up by hand."""

import pandas as pd

from layidu.sandbox.country import VALUE_COLUMNS, Account, Country, Planted
from layidu.sandbox.metadata import DEFAULT_COMBO
from layidu.sandbox.uids import uid

ROOT, DISTRICT, OTHER = (uid("org_unit", name) for name in ("pays", "district", "autre"))
FACILITIES = tuple(uid("org_unit", name) for name in ("a", "b", "c"))
VISITS, STOCK, RATE = (uid("data_element", name) for name in ("visits", "stock", "rate"))
SOURCE, RESULT = (uid("data_set", name) for name in ("source", "result"))
COMBO = {"id": "bjDvmb4bfuf"}


def element(identifier: str, name: str, how: str, **more: object) -> dict[str, object]:
    return {
        "id": identifier,
        "name": name,
        "shortName": name,
        "code": name.upper(),
        "domainType": "AGGREGATE",
        "valueType": "NUMBER",
        "aggregationType": how,
        "zeroIsSignificant": True,
        "categoryCombo": COMBO,
        **more,
    }


def unit(identifier: str, name: str, parent: str | None) -> dict[str, object]:
    found: dict[str, object] = {
        "id": identifier,
        "name": name,
        "shortName": name,
        "openingDate": "2000-01-01",
    }
    return found if parent is None else {**found, "parent": {"id": parent}}


def data_set(identifier: str, name: str, elements: list[str], units: list[str]) -> dict[str, object]:
    return {
        "id": identifier,
        "name": name,
        "shortName": name,
        "code": name.upper(),
        "periodType": "Monthly",
        "categoryCombo": COMBO,
        "organisationUnits": [{"id": each} for each in units],
        "dataSetElements": [
            {"dataElement": {"id": each}, "dataSet": {"id": identifier}} for each in elements
        ],
    }


def row(element_id: str, period: str, org_unit: str, value: str, **more: object) -> dict[str, object]:
    return {
        "data_element": element_id,
        "period": period,
        "org_unit": org_unit,
        "category_option_combo": DEFAULT_COMBO,
        "attribute_option_combo": DEFAULT_COMBO,
        "value": value,
        "stored_by": "saisie",
        "created": "2026-02-01T08:00:00",
        "last_updated": "2026-02-01T08:00:00",
        "comment": None,
        "deleted": False,
        **more,
    }


def country(name: str = "petit") -> Country:
    a, b, c = FACILITIES
    values = [
        row(VISITS, "202601", a, "10"),
        row(VISITS, "202601", b, "5", comment='vu, «ok» "oui"\nmerci'),
        row(VISITS, "202602", a, "7", last_updated="2026-03-05T10:00:00"),
        row(VISITS, "202601", c, "4", deleted=True),
        row(STOCK, "202601", a, "3"),
        row(STOCK, "202602", a, "8"),
    ]
    return Country(
        name,
        {
            "organisationUnits": [
                unit(ROOT, "Pays", None),
                unit(DISTRICT, "District", ROOT),
                unit(OTHER, "Autre district", ROOT),
                *(unit(one, label, DISTRICT) for one, label in zip(FACILITIES[:2], "AB", strict=True)),
                unit(c, "C", OTHER),
            ],
            "dataElements": [
                element(VISITS, "visits", "SUM"),
                element(STOCK, "stock", "LAST"),
                element(RATE, "rate", "LAST_IN_PERIOD", aggregationLevels=[1, 2, 3]),
            ],
            "dataSets": [
                data_set(SOURCE, "source", [VISITS, STOCK], [*FACILITIES]),
                data_set(RESULT, "result", [RATE], [DISTRICT, OTHER, ROOT]),
            ],
        },
        pd.DataFrame(values, columns=list(VALUE_COLUMNS)),
        pd.DataFrame(
            [
                {
                    "data_set": SOURCE,
                    "period": "202601",
                    "org_unit": a,
                    "date": "2026-02-10",
                    "stored_by": "saisie",
                }
            ]
        ),
        (
            Account("admin", "", "", ("ALL",), ()),
            Account("tire", "", "", (), (DISTRICT,), data_read=(SOURCE,)),
            Account("pousse", "", "", ("F_DATAVALUE_ADD",), (ROOT,)),
            Account("analyse", "", "", ("F_PERFORM_MAINTENANCE",), (DISTRICT,)),
        ),
        (Planted("negative-count", "refused", "negative", VISITS, "202601", a, None, None, "-1", "exemple"),),
    )
