"""Which DHIS2 objects do the forms become? Category model, data elements, data sets, with stable uids."""

from collections.abc import Collection, Iterable
from itertools import product
from typing import Any

from layidu.sandbox.forms import (
    BY_CODE,
    CATEGORIES,
    COMBO_NAMES,
    COMBOS,
    DATA_ELEMENTS,
    DATA_SETS,
    DEFAULT,
    Category,
    DataElement,
    DataSet,
)
from layidu.sandbox.uids import uid

Objects = list[dict[str, Any]]

DEFAULT_COMBO = "bjDvmb4bfuf"
DEFAULT_OPTION_COMBO = "HllvX50cXC0"
DEFAULT_CATEGORY = "GLevLNI9wkl"
DEFAULT_OPTION = "xYerKDKCefk"
CREATED = "2024-01-15T08:00:00.000"
STAMP = {"created": CREATED, "lastUpdated": CREATED}

_CATEGORY = {category.code: category for category in CATEGORIES}


def option_code(category: str, option: str) -> str:
    """Code of a category option, unique over all categories."""
    return f"{category}_{option}"


def option_uid(category: str, option: str) -> str:
    """Uid of a category option."""
    return uid("category_option", option_code(category, option))


def combo_uid(combo: str) -> str:
    """Uid of a category combo."""
    return DEFAULT_COMBO if combo == DEFAULT else uid("category_combo", combo)


def option_combo_uid(combo: str, options: Iterable[str] = ()) -> str:
    """Uid of the category option combo of these option codes, in the order of the combo's categories."""
    return (
        DEFAULT_OPTION_COMBO
        if combo == DEFAULT
        else uid("category_option_combo", ":".join([combo, *options]))
    )


def cell_uid(element: str, options: Iterable[str] = ()) -> str:
    """Uid of the category option combo of one data element's cell."""
    return option_combo_uid(BY_CODE[element].combo, options)


def category_model() -> dict[str, Objects]:
    """All category objects, the default ones included."""
    combos: Objects = [
        {
            "id": DEFAULT_COMBO,
            "code": DEFAULT,
            "name": DEFAULT,
            "dataDimensionType": "DISAGGREGATION",
            "skipTotal": False,
            "categories": [{"id": DEFAULT_CATEGORY}],
            **STAMP,
        }
    ]
    for combo, categories in COMBOS.items():
        combos.append(
            {
                "id": combo_uid(combo),
                "code": combo,
                "name": COMBO_NAMES[combo],
                "dataDimensionType": "DISAGGREGATION",
                "skipTotal": False,
                "categories": [{"id": uid("category", category)} for category in categories],
                **STAMP,
            }
        )
    return {
        "categoryOptions": _category_options(),
        "categories": _categories(),
        "categoryCombos": combos,
        "categoryOptionCombos": _category_option_combos(),
    }


def _category_options() -> Objects:
    default = {"id": DEFAULT_OPTION, "code": DEFAULT, "name": DEFAULT, "shortName": DEFAULT, **STAMP}
    return [default] + [
        {
            "id": option_uid(category.code, option),
            "code": option_code(category.code, option),
            "name": label,
            "shortName": label[:50],
            **STAMP,
        }
        for category in CATEGORIES
        for option, label in category.options.items()
    ]


def _categories() -> Objects:
    def one(code: str, identifier: str, name: str, options: list[str]) -> dict[str, Any]:
        return {
            "id": identifier,
            "code": code,
            "name": name,
            "shortName": name,
            "dataDimensionType": "DISAGGREGATION",
            "categoryOptions": [{"id": option} for option in options],
            **STAMP,
        }

    return [one(DEFAULT, DEFAULT_CATEGORY, DEFAULT, [DEFAULT_OPTION])] + [
        one(
            category.code,
            uid("category", category.code),
            category.name,
            [option_uid(category.code, option) for option in category.options],
        )
        for category in CATEGORIES
    ]


def _category_option_combos() -> Objects:
    made: Objects = [
        {
            "id": DEFAULT_OPTION_COMBO,
            "code": DEFAULT,
            "name": DEFAULT,
            "categoryCombo": {"id": DEFAULT_COMBO},
            "categoryOptions": [{"id": DEFAULT_OPTION}],
            **STAMP,
        }
    ]
    for combo, codes in COMBOS.items():
        categories: list[Category] = [_CATEGORY[code] for code in codes]
        for options in product(*(category.options for category in categories)):
            pairs = list(zip(categories, options, strict=True))
            made.append(
                {
                    "id": option_combo_uid(combo, options),
                    "name": ", ".join(category.options[option] for category, option in pairs),
                    "categoryCombo": {"id": combo_uid(combo)},
                    "categoryOptions": [
                        {"id": option_uid(category.code, option)} for category, option in pairs
                    ],
                    **STAMP,
                }
            )
    return made


def data_elements(codes: Collection[str] | None = None) -> Objects:
    """Data elements as DHIS2 objects; only these codes when given."""
    return [_data_element(one) for one in DATA_ELEMENTS if codes is None or one.code in codes]


def _data_element(element: DataElement) -> dict[str, Any]:
    return {
        "id": uid("data_element", element.code),
        "code": element.code,
        "name": element.name,
        "shortName": element.short_name,
        "formName": element.name.split(" - ", 1)[1],
        "description": element.description or element.name,
        "domainType": "AGGREGATE",
        "valueType": element.value_type,
        "aggregationType": element.aggregation_type,
        "zeroIsSignificant": element.zero_is_significant,
        "categoryCombo": {"id": combo_uid(element.combo)},
        "aggregationLevels": [],
        **STAMP,
    }


def data_sets(assigned: dict[str, list[str]], codes: Collection[str] | None = None) -> Objects:
    """Data sets as DHIS2 objects: `assigned` is data set code -> org unit uids."""
    return [_data_set(one, assigned[one.code], codes) for one in DATA_SETS if one.code in assigned]


def _data_set(form: DataSet, org_units: list[str], codes: Collection[str] | None) -> dict[str, Any]:
    identifier = uid("data_set", form.code)
    elements = [one for one in DATA_ELEMENTS if one.data_set == form.code]
    return {
        "id": identifier,
        "code": form.code,
        "name": form.name,
        "shortName": form.short_name,
        "description": form.description,
        "periodType": form.period_type,
        "categoryCombo": {"id": DEFAULT_COMBO},
        "timelyDays": 15,
        "expiryDays": 0,
        "openFuturePeriods": 0,
        "dataSetElements": [
            {"dataElement": {"id": uid("data_element", one.code)}, "dataSet": {"id": identifier}}
            for one in elements
            if codes is None or one.code in codes
        ],
        "organisationUnits": [{"id": org_unit} for org_unit in org_units],
        "sharing": {"public": "r-------", "external": False, "users": {}, "userGroups": {}},
        **STAMP,
    }
