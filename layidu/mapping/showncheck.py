"""Would DHIS2 show a number that nobody computed, or nothing at all? Known from the declarations alone.

Parts are summed over districts and months and divided there, so they must be sums; figures are shown as they are,
so they must be computed for the very period type and levels they are published for.
"""

from collections.abc import Iterator

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.problems import Problem
from layidu.mapping.publishing import Publication


def check_shown(mappings: Mappings) -> Iterator[Problem]:
    """Every indicator fits the way its publication shows it."""
    for name, publication in mappings.publications.items():
        if publication.kind == "figures" and (not publication.levels or min(publication.levels) < 1):
            yield Problem(
                code="publication-without-levels",
                path=f"{name}.levels",
                found=f"levels: {publication.levels}",
                expected="au moins un niveau, à partir de 1 (le pays)",
                todo="écrire levels: [1], ou les niveaux à montrer",
                place=mappings.places.get(("publications", name, "levels")),
            )
        for position, code in enumerate(publication.indicators):
            indicator = mappings.indicators.get(code)
            found = "" if indicator is None else misfit(publication, indicator)
            if found:
                yield Problem(
                    code="shown-otherwise-than-computed",
                    path=f"{name}.indicators",
                    found=f"« {code} » : {found}",
                    expected=EXPECTED[publication.kind],
                    todo=TODO[publication.kind],
                    place=mappings.places.get(("publications", name, "indicators", position)),
                )


EXPECTED = {
    "parts": "des parties que DHIS2 peut additionner sur les mois et les unités, calculées au niveau publié",
    "figures": "published_as: figure, calculé pour le type de période et les niveaux publiés",
}
TODO = {
    "parts": "le retirer, ou le publier dans une publication kind: figures",
    "figures": "le publier par ses parties (kind: parts), ou changer period_type ou levels",
}


def misfit(publication: Publication, indicator: Indicator) -> str:
    """Why dashboards would show something else than what is computed; empty when they would not."""
    lowest = max(publication.shown_levels, default=1)
    if lowest > indicator.lowest_level:
        return f"publié au niveau {lowest}, calculé seulement jusqu'au niveau {indicator.lowest_level}"
    if publication.kind == "figures":
        if indicator.published_as != "figure":
            return f"published_as: {indicator.published_as}"
        missing = publication.period_type not in indicator.periods
        return f"aucune valeur par période {publication.period_type}" if missing else ""
    if indicator.published_as != "parts":
        return f"published_as: {indicator.published_as}, ses parties ne s'additionnent pas"
    if indicator.factor != int(indicator.factor) or indicator.factor < 1:
        return f"factor: {indicator.factor:g}, que DHIS2 ne sait pas tenir (un entier)"
    if indicator.denominator is None and indicator.factor != 1:
        return f"un compte avec factor: {indicator.factor:g}, que DHIS2 montrerait sans le facteur"
    return ""
