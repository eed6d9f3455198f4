"""Which DHIS2 objects are Lakeland's forms and tree? The same lines written as DHIS2 exports them."""

from itertools import product
from typing import Any

from layidu.sandbox.lakeland_forms import COMBOS, DEFAULT, FORMS, INDICATORS, OPTION_SETS, SPLITS, Form, Line
from layidu.sandbox.metadata import DEFAULT_COMBO
from layidu.sandbox.org_units import OrgUnit
from layidu.sandbox.uids import uid

Object = dict[str, Any]
Objects = list[Object]

STAMP = {"created": "2024-11-04T09:30:00.000", "lastUpdated": "2024-11-04T09:30:00.000"}
LEVELS = ("Country", "Province", "County", "Facility")
DEFAULT_CATEGORY_COMBO = "bjDvmb4bfuf"


def own(kind: str, code: str) -> str:
    """An id that no other country of the sandbox has."""
    return uid(f"lakeland {kind}", code)


def combo_id(code: str) -> str:
    """The category combo of a code."""
    return DEFAULT_CATEGORY_COMBO if code == DEFAULT else own("combo", code)


def cells(combo: str) -> dict[str, float]:
    """The option combos of a combo and the share of a total that falls on each; the shares sum to one."""
    if combo == DEFAULT:
        return {DEFAULT_COMBO: 1.0}
    return {own("cell", f"{combo} {' '.join(options)}"): share for options, share in _shares(combo)}


def _shares(combo: str) -> list[tuple[tuple[str, ...], float]]:
    splits = [SPLITS[code] for code in _splits(combo)]
    found = []
    for options in product(*(split.options for split in splits)):
        share = 1.0
        for split, option in zip(splits, options, strict=True):
            share *= split.options[option][1]
        found.append((options, share))
    return found


def _splits(combo: str) -> tuple[str, ...]:
    return COMBOS[combo][1] if combo in COMBOS else (combo,)


def category_objects() -> dict[str, Objects]:
    """Categories, their options, combos and option combos; `default` is every server's own."""
    combos = {**{code: name for code, (name, _) in COMBOS.items()}, "AGE": "Age band", "SEX": "Sex"}
    return {
        "categoryOptions": [
            _named("option", f"{code}_{option}", name)
            for code, split in SPLITS.items()
            for option, (name, _) in split.options.items()
        ],
        "categories": [
            {
                **_named("category", code, split.name),
                "dataDimensionType": _dimension(code),
                "categoryOptions": [{"id": own("option", f"{code}_{option}")} for option in split.options],
            }
            for code, split in SPLITS.items()
        ],
        "categoryCombos": [
            {
                **_named("combo", code, name),
                "dataDimensionType": _dimension(code),
                "skipTotal": False,
                "categories": [{"id": own("category", split)} for split in _splits(code)],
            }
            for code, name in combos.items()
        ],
        "categoryOptionCombos": [each for code in combos for each in _option_combos(code)],
    }


def _dimension(code: str) -> str:
    return "ATTRIBUTE" if code in SPLITS and SPLITS[code].attribute else "DISAGGREGATION"


def _option_combos(combo: str) -> Objects:
    splits = _splits(combo)
    return [
        {
            "id": own("cell", f"{combo} {' '.join(options)}"),
            "name": ", ".join(
                SPLITS[split].options[option][0] for split, option in zip(splits, options, strict=True)
            ),
            "categoryCombo": {"id": combo_id(combo)},
            "categoryOptions": [
                {"id": own("option", f"{split}_{option}")}
                for split, option in zip(splits, options, strict=True)
            ],
            **STAMP,
        }
        for options, _ in _shares(combo)
    ]


def form_objects(assigned: dict[str, list[str]]) -> dict[str, Objects]:
    """Data elements, option sets, data sets (form code -> org unit ids) and indicators."""
    return {
        "optionSets": [
            {
                **_named("option set", code, name),
                "valueType": "TEXT",
                "version": 1,
                "options": [{"id": own("choice", f"{code}_{choice}")} for choice in choices],
            }
            for code, (name, choices) in OPTION_SETS.items()
        ],
        "options": [
            {
                **_named("choice", f"{code}_{choice}", label),
                "code": choice,
                "sortOrder": at,
                "optionSet": {"id": own("option set", code)},
            }
            for code, (_, choices) in OPTION_SETS.items()
            for at, (choice, label) in enumerate(choices.items(), start=1)
        ],
        "dataElements": [_data_element(line) for form in FORMS for line in form.lines],
        "dataSets": [_data_set(form, assigned[form.code]) for form in FORMS],
        "indicatorTypes": [
            {
                "id": own("indicator type", str(factor)),
                "name": f"Per {factor}",
                "factor": factor,
                "number": False,
                **STAMP,
            }
            for factor in sorted({factor for *_, factor in INDICATORS})
        ],
        "indicators": [
            {
                **_named("indicator", code, name),
                "numerator": f"#{{{own('element', above)}}}",
                "numeratorDescription": above,
                "denominator": f"#{{{own('element', below)}}}",
                "denominatorDescription": below,
                "indicatorType": {"id": own("indicator type", str(factor))},
                "annualized": code == "IND_NEW_FP",
            }
            for code, name, above, below, factor in INDICATORS
        ],
    }


def _data_element(line: Line) -> Object:
    found = {
        **_named("element", line.code, line.name),
        "domainType": "AGGREGATE",
        "valueType": line.value_type,
        "aggregationType": line.aggregation_type,
        "zeroIsSignificant": line.code == "COM_DAYS_OUT",
        "categoryCombo": {"id": combo_id(line.combo)},
        "aggregationLevels": [],
    }
    return {**found, "optionSet": {"id": own("option set", line.option_set)}} if line.option_set else found


def _data_set(form: Form, org_units: list[str]) -> Object:
    identifier = own("form", form.code)
    return {
        **_named("form", form.code, form.name),
        "periodType": form.period_type,
        "categoryCombo": {"id": combo_id(form.attribute_combo)},
        "timelyDays": form.timely_days,
        "expiryDays": 0,
        "openFuturePeriods": 0,
        "dataSetElements": [
            {"dataElement": {"id": own("element", line.code)}, "dataSet": {"id": identifier}}
            for line in form.lines
        ],
        "organisationUnits": [{"id": unit} for unit in org_units],
        "sharing": {"public": "r-------", "external": False, "users": {}, "userGroups": {}},
    }


def unit_objects(units: list[OrgUnit], kind_of: dict[str, str]) -> dict[str, Objects]:
    """The tree, its levels, and groups of facilities by kind."""
    kinds = sorted(set(kind_of.values()))
    return {
        "organisationUnitLevels": [
            {"id": own("level", str(number)), "level": number, "name": name, **STAMP}
            for number, name in enumerate(LEVELS, start=1)
        ],
        "organisationUnits": [{**unit.written(), "leaf": unit.uid in kind_of, **STAMP} for unit in units],
        "organisationUnitGroups": [
            {
                **_named("group", kind, f"{kind}s"),
                "organisationUnits": [{"id": unit} for unit, its in kind_of.items() if its == kind],
            }
            for kind in kinds
        ],
        "organisationUnitGroupSets": [
            {
                **_named("group set", "KIND", "Facility kind"),
                "compulsory": True,
                "dataDimension": True,
                "organisationUnitGroups": [{"id": own("group", kind)} for kind in kinds],
            }
        ],
    }


def _named(kind: str, code: str, name: str) -> Object:
    return {"id": own(kind, code), "code": code, "name": name, "shortName": name[:50], **STAMP}
