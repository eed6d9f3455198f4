"""Which charts, tables and maps show a publication, and on which dashboard? No item adds anything up by itself.

Everything asked for is something the proof of a night compares: our own elements and indicators, by period types
they are published or summed for. Totals of tables are off. Figures that nothing may add up never have periods or
org units as a filter, because DHIS2 would aggregate over a filter of several.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from layidu.dhis2.elements import code_of, data_set_uid, element_uid
from layidu.dhis2.publishable import DhisObject, published, refuse_too_long
from layidu.dhis2.target import PUBLIC, Defaults, TargetObjects
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import PeriodType, Publication
from layidu.model.ids import result_uid

#: The last ended periods of a type: DHIS2's word in `rawPeriods`, and in `relativePeriods` of older servers.
RECENT: dict[PeriodType, tuple[str, str]] = {
    "Monthly": ("LAST_12_MONTHS", "last12Months"),
    "Quarterly": ("LAST_4_QUARTERS", "last4Quarters"),
    "SixMonthly": ("LAST_2_SIXMONTHS", "last2SixMonths"),
    "Yearly": ("LAST_5_YEARS", "last5Years"),
}
LATEST = ("LAST_MONTH", "lastMonth")
USER_UNIT: DhisObject = {"userOrganisationUnit": True, "organisationUnitLevels": []}
MOST_CHARTS = 12  # of figures: more is a wall nobody reads; the tables show them all
WIDTH, HEIGHT = 30, 16  # of an item; a dashboard is 60 wide
SCALES = {
    1: "rapports",
    100: "pour cent",
    1000: "pour mille",
    10_000: "pour dix mille",
    100_000: "pour cent mille",
}
CHARTED = ("value", "expected", "target")
COLOUR_KEY = {"strategy": "BY_DATA_ITEM", "style": "FILL", "showKey": False}


class Layout(NamedTuple):
    """How a chart or a table is laid out; `dx`, `pe` and `ou` are DHIS2's words for data, periods and org units."""

    type: str
    columns: list[str]
    rows: list[str]
    filters: list[str]
    where: DhisObject  # which org units
    when: tuple[str, str]  # a relative period


def dashboard_objects(
    publication_code: str,
    publication: Publication,
    indicators: Mapping[str, Indicator],
    defaults: Defaults,
    figures: pd.DataFrame | None = None,
) -> TargetObjects:
    """The dashboard of a publication and its items; `figures`: DECLARED_FIGURES of a publication of figures."""
    if publication.kind == "figures":
        declared = pd.DataFrame({"figure": [], "part": [], "name": []}) if figures is None else figures
        charts, maps = list(of_figures(publication_code, publication, declared)), []
    else:
        chosen = published(publication_code, publication, indicators)
        charts = list(of_parts(publication_code, publication, chosen))
        maps = [map_of(publication_code, publication, chosen)]
    objects = TargetObjects(
        publication_code,
        data_set_uid(publication),
        defaults,
        (
            {"visualizations": charts, "maps": maps},
            {"dashboards": [dashboard(publication_code, publication, charts, maps)]},
        ),
    )
    for kind in ("visualizations", "maps", "dashboards"):
        refuse_too_long(publication_code, objects.of(kind))
    return objects


def of_parts(
    publication_code: str, publication: Publication, chosen: Mapping[str, Indicator]
) -> Iterator[DhisObject]:
    """A chart a scale of ratios, one of counts, and two tables: by month, and by unit of the published level."""
    factors = sorted({int(one.factor) for one in chosen.values() if one.denominator is not None})
    over_time = Layout("LINE", ["dx"], ["pe"], ["ou"], USER_UNIT, RECENT["Monthly"])
    for factor in factors:
        scale = SCALES.get(factor, f"pour {factor}")
        ratios = [
            item(publication_code, code, one)
            for code, one in chosen.items()
            if one.denominator is not None and int(one.factor) == factor
        ]
        name = f"{publication.name} : taux ({scale}), 12 derniers mois"
        yield visualization(f"LYD_{publication_code}_TAUX_{factor}", name, ratios, over_time)
    counts = [item(publication_code, code, one) for code, one in chosen.items() if one.denominator is None]
    if counts:
        name = f"{publication.name} : nombres, 12 derniers mois"
        layout = over_time._replace(type="COLUMN")
        yield visualization(f"LYD_{publication_code}_NOMBRES", name, counts, layout)
    everything = [item(publication_code, code, one) for code, one in chosen.items()]
    name = f"{publication.name} : tableau des 12 derniers mois"
    layout = over_time._replace(type="PIVOT_TABLE", columns=["pe"], rows=["dx"])
    yield visualization(f"LYD_{publication_code}_MOIS", name, everything, layout)
    name = f"{publication.name} : tableau par unité, dernier mois"
    layout = Layout("PIVOT_TABLE", ["dx"], ["ou"], ["pe"], below(publication), LATEST)
    yield visualization(f"LYD_{publication_code}_UNITES", name, everything, layout)


def of_figures(
    publication_code: str, publication: Publication, declared: pd.DataFrame
) -> Iterator[DhisObject]:
    """Tables of colours and of numbers, and a chart a figure that has value, expected and target."""
    where = {"userOrganisationUnit": False, "organisationUnitLevels": publication.shown_levels}
    table = Layout("PIVOT_TABLE", ["pe"], ["ou", "dx"], [], where, RECENT[publication.period_type])
    pairs = list(zip(declared["figure"].tolist(), declared["part"].tolist(), strict=True))
    colours = [element(publication_code, figure, part) for figure, part in pairs if part == "colour"]
    numbers = [element(publication_code, figure, part) for figure, part in pairs if part != "colour"]
    if colours:
        name = f"{publication.name} : couleurs (1 gris, 2 rouge, 3 jaune, 4 vert)"
        made = visualization(f"LYD_{publication_code}_COULEURS", name, colours, table)
        yield {**made, "legend": COLOUR_KEY}
    if numbers:
        name = f"{publication.name} : valeurs, attendus et cibles"
        yield visualization(f"LYD_{publication_code}_VALEURS", name, numbers, table)
    names = dict(zip(declared["figure"].tolist(), declared["name"].tolist(), strict=True))
    complete = [one for one in names if {(one, part) for part in CHARTED} <= set(pairs)]
    layout = table._replace(type="LINE", columns=["dx"], rows=["ou", "pe"])
    for figure in complete if len(complete) <= MOST_CHARTS else ():
        items = [element(publication_code, figure, part) for part in CHARTED]
        name = f"{names[figure]} ({publication.short_name})"
        yield visualization(f"{code_of(publication_code, figure)}_G", name, items, layout)


def below(publication: Publication) -> DhisObject:
    """The org units of the published level under the reader's own."""
    return {"userOrganisationUnit": True, "organisationUnitLevels": [publication.level]}


def item(publication_code: str, code: str, indicator: Indicator) -> DhisObject:
    """What is shown of an indicator: a count's element, a ratio's DHIS2 indicator."""
    if indicator.denominator is None:
        return element(publication_code, code, "numerator")
    uid = result_uid("indicator", code_of(publication_code, code))
    return {"dataDimensionItemType": "INDICATOR", "indicator": {"id": uid}}


def element(publication_code: str, code: str, part: str) -> DhisObject:
    """An element as an item."""
    uid = element_uid(publication_code, code, part)
    return {"dataDimensionItemType": "DATA_ELEMENT", "dataElement": {"id": uid}}


def visualization(code: str, name: str, items: Sequence[DhisObject], layout: Layout) -> DhisObject:
    """A chart or a table; every way DHIS2 has of adding up what it shows is off."""
    return {
        "id": result_uid("visualization", code),
        "code": code,
        "name": shortened_name(name),
        "description": "Fait par layidu ; en faire une copie avant de la modifier.",
        "type": layout.type,
        "dataDimensionItems": list(items),
        "columnDimensions": layout.columns,
        "rowDimensions": layout.rows,
        "filterDimensions": layout.filters,
        **layout.where,
        **periods(layout.when),
        "aggregationType": "DEFAULT",
        "cumulativeValues": False,
        "rowTotals": False,
        "colTotals": False,
        "rowSubTotals": False,
        "colSubTotals": False,
        "regressionType": "NONE",
        "sharing": PUBLIC,
    }


def periods(when: tuple[str, str]) -> DhisObject:
    """A relative period as newer servers read it, and as older ones do."""
    return {"rawPeriods": [when[0]], "relativePeriods": {when[1]: True}}


def map_of(publication_code: str, publication: Publication, chosen: Mapping[str, Indicator]) -> DhisObject:
    """The first ratio (else the first count) of the last month, at the published level."""
    first = next(
        (pair for pair in chosen.items() if pair[1].denominator is not None), next(iter(chosen.items()))
    )
    code = f"LYD_{publication_code}_CARTE"
    return {
        "id": result_uid("map", code),
        "code": code,
        "name": shortened_name(f"{publication.name} : {first[1].short_name}, dernier mois"),
        "description": "Fait par layidu ; en faire une copie avant de la modifier.",
        "basemap": "osmLight",
        "mapViews": [
            {
                "id": result_uid("mapView", code),
                "layer": "thematic",
                "thematicMapType": "CHOROPLETH",
                "renderingStrategy": "SINGLE",
                "classes": 5,
                "method": 3,  # classes of equal counts
                "opacity": 0.9,
                "hidden": False,
                "dataDimensionItems": [item(publication_code, *first)],
                "columnDimensions": ["dx"],
                "rowDimensions": ["ou"],
                "filterDimensions": ["pe"],
                **below(publication),
                **periods(LATEST),
                "aggregationType": "DEFAULT",
            }
        ],
        "sharing": PUBLIC,
    }


def dashboard(
    publication_code: str, publication: Publication, charts: Sequence[DhisObject], maps: Sequence[DhisObject]
) -> DhisObject:
    """All of it on one page, two items a row."""
    code = f"LYD_{publication_code}_TABLEAU"
    shown: list[tuple[str, Any]] = [("visualization", one["id"]) for one in charts]
    shown += [("map", one["id"]) for one in maps]
    return {
        "id": result_uid("dashboard", code),
        "code": code,
        "name": publication.name,
        "description": "Résultats calculés par layidu chaque nuit, relus et comparés. Rien ne se saisit ici.",
        "dashboardItems": [
            {
                "id": result_uid("dashboardItem", f"{code}/{uid}"),
                "type": kind.upper(),
                kind: {"id": uid},
                "x": WIDTH * (position % 2),
                "y": HEIGHT * (position // 2),
                "width": WIDTH,
                "height": HEIGHT,
            }
            for position, (kind, uid) in enumerate(shown)
        ],
        "sharing": PUBLIC,
    }


def shortened_name(text: str) -> str:
    """A name DHIS2 takes."""
    return text if len(text) <= 230 else f"{text[:229].rstrip()}…"
