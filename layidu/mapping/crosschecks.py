"""Whether variables, populations, publications, commitments and corrections name things that exist."""

from collections.abc import Iterable, Iterator

from layidu.mapping.contracts import Cell, Mappings, Populations, Series, Variable
from layidu.mapping.problems import Problem, unknown_name
from layidu.mapping.publishing import Publication

FIRST, LAST = "000000", "999912"


def check_variables(mappings: Mappings) -> Iterator[Problem]:
    """Dimensions, sources and bands of every variable, and cells declared twice."""
    owners: dict[tuple[str, str], str] = {}
    for name, variable in mappings.variables.items():
        for dimension in variable.dimensions:
            if dimension not in mappings.dimensions:
                place = mappings.places.get(("variables", name, "dimensions"))
                kind = "une dimension de disaggregations.yaml"
                yield unknown_name(f"{name}.dimensions", dimension, kind, mappings.dimensions, place)
        for source, cells in variable.cells.items():
            if source not in mappings.sources and cells:
                place = mappings.places.get(("variables", name, "cells", source))
                kind = "une source de sources.yaml"
                yield unknown_name(f"{name}.cells.{source}", source, kind, mappings.sources, place)
            yield from check_cells(mappings, name, variable, source)
            for cell in cells or ():
                owner = owners.setdefault((source, cell.data_element), name)
                if owner != name:
                    yield in_two_variables(mappings, name, source, cell, owner)


def check_cells(mappings: Mappings, name: str, variable: Variable, source: str) -> Iterator[Problem]:
    """The cells of one variable and source."""
    cells = variable.cells[source] or []
    for position, cell in enumerate(cells):
        path = f"{name}.cells.{source}[{position}]"
        place = mappings.places.get(("variables", name, "cells", source, position))
        for dimension, bands in cell.bands.items():
            at = mappings.places.get(
                ("variables", name, "cells", source, position, "bands", dimension), place
            )
            if dimension not in variable.dimensions:
                kind = "une dimension de cette variable"
                yield unknown_name(f"{path}.bands", dimension, kind, variable.dimensions, at)
                continue
            declared = mappings.dimensions.get(dimension)
            for band in sorted(set(bands.values())):
                if declared is not None and band not in declared.bands:
                    kind = f"une tranche de « {dimension} »"
                    yield unknown_name(f"{path}.bands.{dimension}", band, kind, declared.bands, at)
        for dimension in variable.dimensions:
            if dimension not in cell.bands:
                yield Problem(
                    code="cell-without-dimension",
                    path=f"{path}.bands",
                    found=f"aucune tranche pour la dimension « {dimension} » de la variable",
                    expected="les options de chaque dimension de la variable",
                    todo="ajouter ces options ; sinon ces valeurs ne comptent que dans le total",
                    place=place,
                    severity="warning",
                )
        yield from overlapping(mappings, path, cells, position, (name, source))


def overlapping(
    mappings: Mappings, path: str, cells: list[Cell], position: int, owner: tuple[str, str]
) -> Iterator[Problem]:
    """A cell declared twice for the same months counts twice."""
    cell = cells[position]
    place = mappings.places.get(("variables", owner[0], "cells", owner[1], position))
    if (cell.valid_from or FIRST) > (cell.valid_to or LAST):
        yield Problem(
            code="validity",
            path=path,
            found=f"valid_from {cell.valid_from} après valid_to {cell.valid_to}",
            expected="un premier mois qui précède le dernier",
            todo="corriger l'un des deux",
            place=place,
        )
    for before in cells[:position]:
        starts = max(before.valid_from or FIRST, cell.valid_from or FIRST)
        ends = min(before.valid_to or LAST, cell.valid_to or LAST)
        if before.data_element == cell.data_element and starts <= ends:
            yield Problem(
                code="cell-twice",
                path=path,
                found=f"{cell.data_element} deux fois pour les mêmes mois",
                expected="chaque élément une fois par mois et par variable",
                todo="retirer l'une des deux lignes, ou dater valid_from et valid_to",
                place=place,
            )


def in_two_variables(mappings: Mappings, name: str, source: str, cell: Cell, owner: str) -> Problem:
    """One data element in two variables: sometimes meant, more often a copied line."""
    return Problem(
        code="cell-in-two-variables",
        path=f"{name}.cells.{source}",
        found=f"{cell.data_element}, déjà dans « {owner} »",
        expected="un élément de données dans une seule variable",
        todo="vérifier l'identifiant ; rien à faire si c'est voulu",
        place=mappings.places.get(("variables", name, "cells", source)),
        severity="warning",
    )


def check_methods(mappings: Mappings) -> Iterator[Problem]:
    """The default factor set is one that methods have."""
    methods = mappings.methods
    if methods is None:
        return
    sets = {factor_set for method in methods.methods.values() for factor_set in method.cyp}
    if methods.default_factor_set not in sets:
        place = mappings.places.get(("methods", "default_factor_set"))
        yield unknown_name(
            "default_factor_set", methods.default_factor_set, "un jeu de facteurs déclaré", sets, place
        )


def check_populations(mappings: Mappings) -> Iterator[Problem]:
    """Series name yearly variables, measures name series, and no measure bears a variable's name."""
    populations = mappings.populations
    if populations is None:
        return
    yearly = [key for key, variable in mappings.variables.items() if variable.period_type == "Yearly"]
    for name, series in populations.series.items():
        yield from check_series(mappings, name, series, yearly)
    for name, measure in populations.measures.items():
        yield from check_cascade(mappings, populations, name)
        place = mappings.places.get(("populations", "measures", name, "series"))
        for one in measure.series:
            if one not in populations.series:
                kind = "une série déclarée"
                yield unknown_name(f"measures.{name}.series", one, kind, populations.series, place)
        if name in mappings.variables:
            yield Problem(
                code="name-not-unique",
                path=f"measures.{name}",
                found=f"« {name} », déjà le nom d'une variable",
                expected="des noms différents",
                todo="renommer la population",
                place=mappings.places.get(("populations", "measures", name)),
            )


def check_cascade(mappings: Mappings, populations: Populations, name: str) -> Iterator[Problem]:
    """A step of the cascade starts from a measure that is none itself, and has its rates."""
    measure = populations.measures[name]
    place = mappings.places.get(("populations", "measures", name))
    start = populations.measures.get(measure.of) if measure.of is not None else None
    if measure.of is not None and start is None:
        others = [one for one in populations.measures if one != name]
        yield unknown_name(f"measures.{name}.of", measure.of, "une autre population", others, place)
    found = ""
    if start is not None and start.of is not None:
        found = f"of: {measure.of}, qui part elle-même de « {start.of} »"
    elif (measure.of is None) is not (measure.cascade is None):
        found = "of sans cascade, ou cascade sans of"
    elif measure.cascade is not None and populations.cascade is None:
        found = f"cascade: {measure.cascade}, et aucun taux dans populations.yaml"
    if found:
        yield Problem(
            code="cascade",
            path=f"measures.{name}",
            found=found,
            expected="of: la population des naissances vivantes, cascade: l'étape, et les taux sous « cascade »",
            todo="corriger la population",
            place=place,
        )


def check_series(mappings: Mappings, name: str, series: Series, yearly: list[str]) -> Iterator[Problem]:
    """A series is a yearly variable, or totals with their year."""
    if series.variable is not None and series.variable not in yearly:
        place = mappings.places.get(("populations", "series", name, "variable"))
        kind = "une variable annuelle de mappings/variables/"
        yield unknown_name(f"series.{name}.variable", series.variable, kind, yearly, place)
    for hierarchy, regions in series.maps.items():
        parts = sorted(one for listed_ in regions.values() for one in listed_)
        if parts != sorted(series.totals):
            yield Problem(
                code="region-map",
                path=f"series.{name}.maps.{hierarchy}",
                found=f"{len(parts)} codes de totals répartis, dont {len(set(parts))} différents",
                expected=f"chacun des {len(series.totals)} codes de totals, une fois",
                todo="compléter la carte : un total oublié ou compté deux fois fausse le pays",
                place=mappings.places.get(("populations", "series", name, "maps", hierarchy)),
            )
    typed = series.yearly or (series.totals and series.base_year is not None)
    if series.variable is None and not typed and series.obtained:
        yield Problem(
            code="empty-series",
            path=f"series.{name}",
            found="ni variable, ni totaux avec leur année de base",
            expected="l'un des deux",
            todo="nommer une variable annuelle, ou écrire totals et base_year",
            place=mappings.places.get(("populations", "series", name)),
        )


def check_publications(mappings: Mappings) -> Iterator[Problem]:
    """Publications name a known target and known indicators, each indicator once a target."""
    owners: dict[tuple[str, str], str] = {}
    codes: dict[tuple[str, str], str] = {}
    for name, publication in mappings.publications.items():
        places = mappings.places
        if publication.target not in mappings.sources:
            place = places.get(("publications", name, "target"))
            kind = "une source de sources.yaml"
            yield unknown_name(f"{name}.target", publication.target, kind, mappings.sources, place)
        yield from known_indicators(
            mappings, name, ("publications", name, "indicators"), publication.indicators
        )
        yield from check_source(mappings, name)
        yield from check_kind(mappings, name)
        for position, code in enumerate(publication.indicators):
            owner = owners.setdefault((publication.target, code), name)
            first = publication.indicators.index(code) == position
            if owner != name and at_other_level(mappings.publications[owner], publication):
                yield at_two_levels(mappings, name, position, owner)
            elif owner != name or not first:
                yield Problem(
                    code="published-twice",
                    path=f"{name}.indicators",
                    found=f"« {code} », déjà publié par « {owner} »",
                    expected="chaque indicateur dans une seule publication par cible",
                    todo="le retirer de l'une des deux",
                    place=places.get(("publications", name, "indicators", position)),
                )
        for key in ("name", "short_name", "code"):
            text = str(getattr(publication, key))
            owner = codes.setdefault((key, text), name)
            if owner != name:
                yield Problem(
                    code="name-not-unique",
                    path=f"{name}.{key}",
                    found=f"« {text} », déjà dans « {owner} »",
                    expected="un nom par publication",
                    todo="donner un autre nom",
                    place=places.get(("publications", name, key)),
                )


def at_other_level(one: Publication, other: Publication) -> bool:
    """Whether two publications of parts would be added up into each other."""
    return one.kind == other.kind == "parts" and one.level != other.level


def check_source(mappings: Mappings, name: str) -> Iterator[Problem]:
    """Whose results are published: a source that has data sets to compute from."""
    publication = mappings.publications[name]
    source = publication.results_of or publication.target
    if publication.results_of is not None and source not in mappings.sources:
        place = mappings.places.get(("publications", name, "results_of"))
        yield unknown_name(
            f"{name}.results_of", source, "une source de sources.yaml", mappings.sources, place
        )
    elif source in mappings.sources and not mappings.sources[source].data_sets:
        yield Problem(
            code="publication-without-source",
            path=f"{name}.results_of",
            found=f"« {source} », qui n'a aucun jeu de données à lire",
            expected="results_of: le nom de l'instance dont les résultats sont publiés",
            todo="écrire results_of",
            place=mappings.places.get(("publications", name)),
        )


def check_kind(mappings: Mappings, name: str) -> Iterator[Problem]:
    """Parts are monthly sums of indicators; promises and plan lines are figures, from a first period on."""
    publication = mappings.publications[name]
    promises = bool(publication.commitments or publication.plan)
    found = todo = ""
    if publication.kind == "parts" and promises:
        found, todo = "kind: parts, avec commitments ou plan", "écrire kind: figures"
    elif publication.kind == "parts" and publication.period_type != "Monthly":
        found, todo = f"kind: parts, period_type: {publication.period_type}", "écrire period_type: Monthly"
    elif not promises and not publication.indicators:
        found, todo = "rien à publier", "donner indicators, commitments ou plan"
    elif promises and publication.since is None:
        found, todo = "commitments ou plan, sans since", "écrire since: la première période publiée"
    if found:
        yield Problem(
            code="publication-of-nothing-that-fits",
            path=name,
            found=found,
            expected="des parties d'indicateurs par mois, ou des figures (commitments et plan depuis une période)",
            todo=todo,
            place=mappings.places.get(("publications", name)),
        )
    for code in publication.small_numbers:
        if code not in publication.indicators:
            place = mappings.places.get(("publications", name, "small_numbers", code))
            kind = "un indicateur de cette publication"
            yield unknown_name(f"{name}.small_numbers", code, kind, publication.indicators, place)


def at_two_levels(mappings: Mappings, name: str, position: int, owner: str) -> Problem:
    """Parts sent at two levels: the server sums the lower one upwards, and then counts everything twice."""
    publication, other = mappings.publications[name], mappings.publications[owner]
    code = publication.indicators[position]
    return Problem(
        code="published-at-two-levels",
        path=f"{name}.indicators",
        found=f"« {code} » au niveau {publication.level}, et par « {owner} » au niveau {other.level}",
        expected="un seul niveau par indicateur : DHIS2 l'additionne vers le haut, et compterait deux fois",
        todo="garder la publication du niveau le plus bas",
        place=mappings.places.get(("publications", name, "indicators", position)),
    )


def known_indicators(
    mappings: Mappings, path: str, at: tuple[str | int, ...], codes: Iterable[str]
) -> Iterator[Problem]:
    """Codes that no indicator bears."""
    for position, code in enumerate(codes):
        if code not in mappings.indicators:
            place = mappings.places.get((*at, position))
            kind = "un indicateur de mappings/indicators/"
            yield unknown_name(f"{path}.{at[-1]}", code, kind, mappings.indicators, place)


def check_corrections(mappings: Mappings) -> Iterator[Problem]:
    """Corrections name a known source."""
    for position, correction in enumerate(mappings.corrections):
        if correction.source not in mappings.sources:
            place = mappings.places.get(("corrections", position, "source"))
            kind = "une source de sources.yaml"
            yield unknown_name(f"[{position}].source", correction.source, kind, mappings.sources, place)
