"""Can DHIS2 show this publication rightly, and will it take its texts? Known before anything is sent."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication

DhisObject = dict[str, Any]  # one metadata object, as DHIS2's own JSON

LONGEST = {"code": 50, "shortName": 50, "name": 230}


def published(
    publication_code: str, publication: Publication, indicators: Mapping[str, Indicator]
) -> dict[str, Indicator]:
    """The indicators of a publication, in its order; an error for one that sums cannot show."""
    chosen: dict[str, Indicator] = {}
    for code in publication.indicators:
        indicator = indicators.get(code)
        if indicator is None:
            found, todo = (
                "un code qu'aucun fichier d'indicators/ ne déclare",
                "corriger le code ou le retirer",
            )
        elif indicator.over_time != "sum":
            found = f"over_time: {indicator.over_time} ; DHIS2 additionnerait les mois"
            todo = "retirer cet indicateur de la publication mensuelle"
        elif indicator.published_as != "parts":
            found = f"published_as: {indicator.published_as} ; ses parties ne s'additionnent pas"
            todo = "retirer cet indicateur de la publication mensuelle"
        elif indicator.factor != int(indicator.factor) or indicator.factor < 1:
            found, todo = (
                f"factor: {indicator.factor}",
                "donner un facteur entier, le seul que DHIS2 sait tenir",
            )
        elif indicator.denominator is None and indicator.factor != 1:
            found, todo = (
                f"un compte avec factor: {indicator.factor:g}",
                "mettre factor: 1, DHIS2 montre le compte",
            )
        else:
            chosen[code] = indicator
            continue
        raise ConfigurationError(
            where=f"publications.yaml, {publication_code}, indicateur « {code} »",
            found=found,
            expected="un indicateur déclaré, dont les parties s'additionnent sur le temps et les unités",
            todo=todo,
        )
    return chosen


def figure_indicators(publication: Publication, indicators: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The indicators of a publication of figures; an error for one whose parts are sums."""
    chosen: dict[str, Indicator] = {}
    for code in publication.indicators:
        indicator = indicators.get(code)
        if indicator is None:
            found, todo = (
                "un code qu'aucun fichier d'indicators/ ne déclare",
                "corriger le code ou le retirer",
            )
        elif indicator.published_as != "figure":
            found = f"published_as: {indicator.published_as}"
            todo = "le publier par ses parties (kind: parts), ou écrire published_as: figure"
        elif publication.period_type not in indicator.periods:
            found = f"aucune valeur par période {publication.period_type}"
            todo = "changer period_type de la publication, ou periods de l'indicateur"
        else:
            chosen[code] = indicator
            continue
        raise ConfigurationError(
            where=f"publications.yaml, {publication.code}, indicateur « {code} »",
            found=found,
            expected="un indicateur déclaré published_as: figure, calculé pour ce type de période",
            todo=todo,
        )
    return chosen


def formula_version(indicator: Indicator) -> str:
    """Its declared version and eight characters that change when what is computed changes, whatever it is called."""
    parts = (
        indicator.numerator,
        indicator.denominator,
        indicator.numerator_weights,
        indicator.factor,
        indicator.annualised,
        indicator.over_time,
        indicator.earlier,
    )
    return f"{indicator.version}.{hashlib.sha256(repr(parts).encode('utf-8')).hexdigest()[:8]}"


def refuse_too_long(publication_code: str, objects: Sequence[DhisObject]) -> None:
    """Raise for a text DHIS2 would refuse (E4001), before anything is sent."""
    for one in objects:
        for name, longest in LONGEST.items():
            if len(one.get(name, "")) > longest:
                raise ConfigurationError(
                    where=f"publications.yaml, {publication_code}, objet {one['code']}",
                    found=f"{name} de {len(one[name])} caractères : « {one[name]} »",
                    expected=f"{longest} caractères au plus",
                    todo="raccourcir le nom ou le code de la publication ou de l'indicateur",
                )
