"""Which DHIS2 objects does a publication need? Complete, with the same uids on every server, in passes.

A count, and each part of a ratio, is a SUM element at one level, the lowest published; DHIS2 sums it over units
and months, and an indicator divides the sums: right at every level and for every coarser period. Elements have
`zeroIsSignificant`, because without it 2.42 turns a pushed zero into a deletion.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pandas as pd

from layidu.dhis2.elements import FRENCH_PART, LETTER, code_of, data_set_uid, element_uid, parts_of
from layidu.dhis2.publishable import LONGEST, DhisObject, published, refuse_too_long
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.ids import result_uid

Pass = dict[str, list[DhisObject]]  # DHIS2's plural name -> objects that may be imported together

TYPE_NAMES = {
    1: "LYD rapport",
    100: "LYD pour cent",
    1000: "LYD pour mille",
    10_000: "LYD pour dix mille",
    100_000: "LYD pour cent mille",
}
READ_METADATA, READ_DATA, WRITE_DATA = "r-------", "r-r-----", "r-rw----"
PUBLIC: DhisObject = {"public": READ_METADATA, "users": {}, "userGroups": {}}
COLOUR_SCALE = "LYD_COULEURS"  # code of the legend set
#: From, to (not included), French, as on layidu's own page.
COLOUR_STEPS = (
    (1, 2, "gris", "#66707c"),
    (2, 3, "rouge", "#b3261e"),
    (3, 4, "jaune", "#c98a00"),
    (4, 5, "vert", "#1d7a43"),
)


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
    org_unit_names: Mapping[str, str] = field(default_factory=dict, repr=False)  # uid -> name, for people

    def of(self, kind: str) -> list[DhisObject]:
        """All objects of one kind (DHIS2's plural name)."""
        return list(chain.from_iterable(one.get(kind, []) for one in self.passes))


def target_objects(
    publication_code: str,
    publication: Publication,
    indicators: Mapping[str, Indicator],
    *,
    org_unit_uids: Sequence[str],
    defaults: Defaults,
    push_user: str,
    data_readers: Sequence[str] = (),
    reader_groups: Sequence[str] = (),
    org_unit_names: Mapping[str, str] | None = None,
    figures: pd.DataFrame | None = None,
    kept_elements: Sequence[str] = (),
) -> TargetObjects:
    """What holds a publication's data; `push_user` and `data_readers` are uids of users, `reader_groups` of groups.

    `figures`: DECLARED_FIGURES of a publication of figures. `kept_elements`: uids of elements that still hold
    cells of ours; they stay in the data set until these are withdrawn, or nobody could withdraw them.
    """
    if not org_unit_uids:
        raise ConfigurationError(
            where=f"publications.yaml, {publication_code}",
            found=f"aucune unité d'organisation de niveau {publication.level}",
            expected="au moins une, où déposer les résultats",
            todo="corriger « level » de la publication, ou donner au compte de lecture des unités de ce niveau",
        )
    chosen = {} if publication.kind == "figures" else published(publication_code, publication, indicators)
    elements = [
        figure_element(publication_code, publication, row, defaults)
        for row in ([] if figures is None else figures.to_dict("records"))
    ] + [
        data_element(publication_code, publication, code, indicator, part, defaults)
        for code, indicator in chosen.items()
        for part in parts_of(indicator)
    ]
    ratios = {code: indicator for code, indicator in chosen.items() if indicator.denominator is not None}
    factors = sorted({int(indicator.factor) for indicator in ratios.values()})
    users = {uid: {"id": uid, "access": READ_DATA} for uid in data_readers}
    users[push_user] = {"id": push_user, "access": WRITE_DATA}
    groups = {uid: {"id": uid, "access": READ_DATA} for uid in reader_groups}
    coloured = any("legendSets" in one for one in elements)
    objects = TargetObjects(
        publication_code,
        data_set_uid(publication),
        defaults,
        (
            *([{"legendSets": [colour_scale()]}] if coloured else []),
            {"dataElements": elements},
            {
                "indicatorTypes": [indicator_type(factor) for factor in factors],
                "indicators": [
                    dhis2_indicator(publication_code, publication, code, indicator)
                    for code, indicator in ratios.items()
                ],
            },
            {
                "dataSets": [
                    data_set(
                        publication,
                        sorted({*(one["id"] for one in elements), *kept_elements}),
                        sorted(set(org_unit_uids)),
                        defaults,
                        {"public": READ_METADATA, "users": users, "userGroups": groups},
                    )
                ]
            },
        ),
        org_unit_names or {},
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
        "id": element_uid(publication_code, code, part),
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
        "sharing": PUBLIC,
    }


def figure_element(
    publication_code: str, publication: Publication, row: Mapping[Hashable, Any], defaults: Defaults
) -> DhisObject:
    """The element that holds one part of a figure: each published level and each period shows its own value."""
    code, part = str(row["figure"]), str(row["part"])
    own_code = code_of(publication_code, code, part)
    return {
        "id": element_uid(publication_code, code, part),
        "code": own_code,
        "name": shortened(str(row["name"]), f" : {FRENCH_PART[part]} ({publication.short_name})", "name"),
        "shortName": shortened(f"{publication_code} {code}", f" {FRENCH_PART[part]}", "shortName"),
        "description": f"{row['description']} Calculé par layidu ; ne pas saisir.",
        "domainType": "AGGREGATE",
        "valueType": "INTEGER_POSITIVE" if part == "colour" else "NUMBER",
        "aggregationType": "LAST_IN_PERIOD",
        # All levels down to the lowest: a level left out would show the sum of the one below.
        "aggregationLevels": list(range(1, max(publication.shown_levels) + 1)),
        "zeroIsSignificant": True,
        "categoryCombo": {"id": defaults.category_combo},
        **({"legendSets": [{"id": colour_scale()["id"]}]} if part == "colour" else {}),
        "sharing": PUBLIC,
    }


def colour_scale() -> DhisObject:
    """The legend set of colours, shared by all publications."""
    return {
        "id": result_uid("legendSet", COLOUR_SCALE),
        "code": COLOUR_SCALE,
        "name": "layidu — couleurs",
        "legends": [
            {
                "id": result_uid("legend", f"{COLOUR_SCALE}/{name}"),
                "name": name,
                "startValue": float(first),
                "endValue": float(end),
                "color": colour,
            }
            for first, end, name, colour in COLOUR_STEPS
        ],
        "sharing": PUBLIC,
    }


def shortened(text: str, ending: str, name: str) -> str:
    """A text that DHIS2 takes, its ending kept."""
    room = LONGEST[name] - len(ending)
    return f"{text if len(text) <= room else text[: room - 1].rstrip() + '…'}{ending}"


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
        f"#{{{element_uid(publication_code, code, part)}}}" for part in parts_of(indicator)
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
        "sharing": PUBLIC,
    }


def data_set(
    publication: Publication,
    element_uids: Sequence[str],
    org_unit_uids: Sequence[str],
    defaults: Defaults,
    sharing: DhisObject,
) -> DhisObject:
    """The data set, assigned to the published levels only: parts pushed at two levels are counted twice."""
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
        "dataSetElements": [{"dataElement": {"id": one}, "dataSet": {"id": uid}} for one in element_uids],
        "organisationUnits": [{"id": org_unit} for org_unit in org_unit_uids],
        "sharing": sharing,
    }


def describe(indicator: Indicator, formula: str) -> str:
    """What a person reads about an object in DHIS2."""
    return (
        f"{indicator.definition} {formula} Source : {indicator.source}. Calculé par layidu ; ne pas saisir."
    )
