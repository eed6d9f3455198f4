"""Which DHIS2 objects does a publication need? Complete, with the same uids on every server, in passes.

A count, and each part of a ratio, is a SUM element at one level, the lowest published; DHIS2 sums it over units
and months, and an indicator divides the sums: right at every level and for every coarser period. Elements have
`zeroIsSignificant`, because without it 2.42 turns a pushed zero into a deletion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import pandas as pd

from layidu.dhis2.publishable import LONGEST, DhisObject, formula_version, published, refuse_too_long
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Indicator, Publication
from layidu.model.frames import PUBLISHED_ELEMENTS, TEXT, Contract
from layidu.model.ids import result_uid

Pass = dict[str, list[DhisObject]]  # DHIS2's plural name -> objects that may be imported together

ELEMENTS = Contract(  # which element of the target holds which part of which indicator
    "elements",
    {
        "indicator": TEXT,
        "part": TEXT,  # numerator | denominator
        "data_element": TEXT,  # uid
        "data_set": TEXT,  # uid
        "indicator_uid": TEXT,  # of the DHIS2 indicator; missing for a count
        "factor": "float64",
    },
    ("data_element",),
)

LETTER = {"numerator": "N", "denominator": "D"}
FRENCH_PART = {"numerator": "numérateur", "denominator": "dénominateur"}
TYPE_NAMES = {
    1: "LYD rapport",
    100: "LYD pour cent",
    1000: "LYD pour mille",
    10_000: "LYD pour dix mille",
    100_000: "LYD pour cent mille",
}
READ_METADATA, READ_DATA, WRITE_DATA = "r-------", "r-r-----", "r-rw----"


@dataclass(frozen=True, slots=True)
class Defaults:
    """The default category combo of one server and its only option combo; asked from it, never assumed."""

    category_combo: str
    category_option_combo: str


@dataclass(frozen=True, slots=True)
class TargetObjects:
    """What one publication needs: passes to import one after the other."""

    publication: str
    data_set: str  # uid
    defaults: Defaults
    passes: tuple[Pass, ...] = field(repr=False)

    def of(self, kind: str) -> list[DhisObject]:
        """All objects of one kind (DHIS2's plural name)."""
        return list(chain.from_iterable(one.get(kind, []) for one in self.passes))


def code_of(publication_code: str, indicator_code: str, part: str = "") -> str:
    """`LYD_<publication>_<indicator>`, with `_N` or `_D` for a part."""
    return "_".join(["LYD", publication_code, indicator_code, *([LETTER[part]] if part else [])])


def data_set_uid(publication: Publication) -> str:
    """The uid of a publication's data set."""
    return result_uid("dataSet", publication.code)


def parts_of(indicator: Indicator) -> tuple[str, ...]:
    """What of an indicator is pushed."""
    return ("numerator",) if indicator.denominator is None else ("numerator", "denominator")


def elements_of(
    publication_code: str, publication: Publication, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """One row per element of a publication (`ELEMENTS`)."""
    rows = [
        (
            code,
            part,
            result_uid("dataElement", code_of(publication_code, code, part)),
            data_set_uid(publication),
            result_uid("indicator", code_of(publication_code, code)) if indicator.denominator else None,
            float(indicator.factor),
        )
        for code, indicator in published(publication_code, publication, indicators).items()
        for part in parts_of(indicator)
    ]
    return ELEMENTS.frame(rows)


def published_elements(
    publication_code: str, elements: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """What each element of a publication stands for, for the warehouse (`PUBLISHED_ELEMENTS`)."""
    codes, parts = elements["indicator"].tolist(), elements["part"].tolist()
    labels = [
        f"{indicators[code].short_name}, {FRENCH_PART[part]}" for code, part in zip(codes, parts, strict=True)
    ]
    formulas = [formula_version(indicators[code]) for code in codes]
    return PUBLISHED_ELEMENTS.cast(
        elements.assign(publication=publication_code, label=labels, formula=formulas)
    )


def target_objects(
    publication_code: str,
    publication: Publication,
    indicators: Mapping[str, Indicator],
    *,
    org_unit_uids: Sequence[str],
    defaults: Defaults,
    push_user: str,
    data_readers: Sequence[str] = (),
) -> TargetObjects:
    """Every object a publication needs; `push_user` and `data_readers` are uids of DHIS2 users."""
    if not org_unit_uids:
        raise ConfigurationError(
            where=f"publications.yaml, {publication_code}",
            found=f"aucune unité d'organisation de niveau {publication.level}",
            expected="au moins une, où déposer les résultats",
            todo="corriger « level » de la publication, ou donner au compte de lecture des unités de ce niveau",
        )
    chosen = published(publication_code, publication, indicators)
    elements = [
        data_element(publication_code, publication, code, indicator, part, defaults)
        for code, indicator in chosen.items()
        for part in parts_of(indicator)
    ]
    ratios = {code: indicator for code, indicator in chosen.items() if indicator.denominator is not None}
    factors = sorted({int(indicator.factor) for indicator in ratios.values()})
    users = {uid: {"id": uid, "access": READ_DATA} for uid in data_readers}
    users[push_user] = {"id": push_user, "access": WRITE_DATA}
    objects = TargetObjects(
        publication_code,
        data_set_uid(publication),
        defaults,
        (
            {"dataElements": elements},
            {
                "indicatorTypes": [indicator_type(factor) for factor in factors],
                "indicators": [
                    dhis2_indicator(publication_code, publication, code, indicator)
                    for code, indicator in ratios.items()
                ],
            },
            {"dataSets": [data_set(publication, elements, sorted(set(org_unit_uids)), defaults, users)]},
        ),
    )
    for kind in ("dataElements", "indicators", "dataSets"):
        refuse_too_long(publication_code, objects.of(kind))
    return objects


def data_element(
    publication_code: str,
    publication: Publication,
    code: str,
    indicator: Indicator,
    part: str,
    defaults: Defaults,
) -> DhisObject:
    """The element that holds one part."""
    own_code = code_of(publication_code, code, part)
    is_count = indicator.denominator is None
    suffix = "" if is_count else f", {FRENCH_PART[part]}"
    formula = indicator.numerator if part == "numerator" else indicator.denominator
    letter = "" if is_count else f" {LETTER[part]}"
    person_time = (
        " Population en personnes-temps (P × jours / 365)."
        if part == "denominator" and indicator.annualised
        else ""
    )
    return {
        "id": result_uid("dataElement", own_code),
        "code": own_code,
        "name": f"{indicator.name}{suffix} ({publication.short_name})",
        "shortName": f"{publication_code} {code}{letter} {indicator.short_name}"[
            : LONGEST["shortName"]
        ].rstrip(),
        "description": describe(indicator, f"Formule : {formula}.{person_time}"),
        "domainType": "AGGREGATE",
        "valueType": "NUMBER",
        "aggregationType": "SUM",
        "aggregationLevels": [],
        "zeroIsSignificant": True,
        "categoryCombo": {"id": defaults.category_combo},
        "sharing": {"public": READ_METADATA, "users": {}, "userGroups": {}},
    }


def indicator_type(factor: int) -> DhisObject:
    """What DHIS2 multiplies a ratio by; shared by all publications."""
    code = f"LYD_FACTEUR_{factor}"
    return {
        "id": result_uid("indicatorType", code),
        "code": code,
        "name": TYPE_NAMES.get(factor, f"LYD pour {factor}"),
        "factor": factor,
        "number": False,
    }


def dhis2_indicator(
    publication_code: str, publication: Publication, code: str, indicator: Indicator
) -> DhisObject:
    """DHIS2's own division of the two parts; never annualised, person-time has done it."""
    own_code = code_of(publication_code, code)
    numerator, denominator = (
        f"#{{{result_uid('dataElement', code_of(publication_code, code, part))}}}"
        for part in parts_of(indicator)
    )
    return {
        "id": result_uid("indicator", own_code),
        "code": own_code,
        "name": f"{indicator.name} ({publication.short_name})",
        "shortName": f"{publication_code} {code} {indicator.short_name}"[: LONGEST["shortName"]].rstrip(),
        "description": describe(
            indicator,
            f"Formule : ({indicator.numerator}) / ({indicator.denominator}) × {indicator.factor:g}.",
        ),
        "indicatorType": {"id": indicator_type(int(indicator.factor))["id"]},
        "numerator": numerator,
        "numeratorDescription": f"{indicator.short_name} : {FRENCH_PART['numerator']}",
        "denominator": denominator,
        "denominatorDescription": f"{indicator.short_name} : {FRENCH_PART['denominator']}",
        "annualized": False,
        "decimals": indicator.decimals,
        "sharing": {"public": READ_METADATA, "users": {}, "userGroups": {}},
    }


def data_set(
    publication: Publication,
    elements: Sequence[DhisObject],
    org_unit_uids: Sequence[str],
    defaults: Defaults,
    users: Mapping[str, DhisObject],
) -> DhisObject:
    """The data set, assigned to the published level only: parts pushed at two levels are counted twice."""
    uid = data_set_uid(publication)
    return {
        "id": uid,
        "code": publication.code,
        "name": publication.name,
        "shortName": publication.short_name,
        "description": "Résultats calculés et déposés par layidu chaque nuit ; ne rien saisir ici.",
        "periodType": publication.period_type,
        "categoryCombo": {"id": defaults.category_combo},
        "openFuturePeriods": 0,
        "expiryDays": 0,
        "dataSetElements": [{"dataElement": {"id": one["id"]}, "dataSet": {"id": uid}} for one in elements],
        "organisationUnits": [{"id": org_unit} for org_unit in org_unit_uids],
        "sharing": {"public": READ_METADATA, "users": dict(users), "userGroups": {}},
    }


def describe(indicator: Indicator, formula: str) -> str:
    """What a person reads about an object in DHIS2."""
    return (
        f"{indicator.definition} {formula} Source : {indicator.source}. Calculé par layidu ; ne pas saisir."
    )
