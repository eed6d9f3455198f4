"""Whether the tables of Estimated Modern Use, and the parameters of formulas, can be computed with."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.estimating import EstimatedUse, MethodUse
from layidu.mapping.expressions import ExpressionError, parse
from layidu.mapping.problems import Problem, unknown_name
from layidu.mapping.yaml_places import Path_, spelled

SHARE = "une part, de 0 à 1"
ROUNDING = 0.01  # what printed shares may add up to beyond 1
YEAR_DIGITS = 4


def problem(mappings: Mappings, path: Path_, code: str, found: str, expected: str, todo: str) -> Problem:
    """An error at the nearest place that is written."""
    lengths = range(len(path), 0, -1)
    place = next((at for n in lengths if (at := mappings.places.get(path[:n])) is not None), None)
    return Problem(code=code, path=spelled(path[1:]), found=found, expected=expected, todo=todo, place=place)


def check_use(mappings: Mappings) -> Iterator[Problem]:
    """The methods, what they share, and the indicators that are estimated from them."""
    methods = mappings.methods
    if methods is None:
        return
    for name, method in methods.methods.items():
        if method.use is not None:
            yield from check_method(mappings, name, method.use)
    if methods.estimated_use is not None:
        yield from check_shared(mappings, methods.estimated_use)
    for code, indicator in mappings.indicators.items():
        if indicator.numerator_weights is not None and indicator.numerator_weights.table == "use":
            yield from check_estimate(mappings, code, indicator)


def check_method(mappings: Mappings, name: str, use: MethodUse) -> Iterator[Problem]:
    """One method: its own table and no other, shares that never rise."""
    path: Path_ = ("methods", "methods", name, "use")
    other = "continuation" if use.duration == "short" else "users_per_unit"
    if getattr(use, other) is not None:
        yield problem(
            mappings,
            (*path, other),
            "use-of-another-duration",
            f"{other}, pour une méthode « {use.duration} »",
            "users_per_unit pour une méthode « short », continuation et scale pour une méthode « long »",
            "corriger duration, ou retirer cette clé",
        )
    if use.continuation is not None:
        yield from check_continuation(mappings, (*path, "continuation"), use.continuation)
    if use.users_per_unit is not None and use.users_per_unit <= 0:
        found = f"{use.users_per_unit:g} utilisatrice par unité"
        yield problem(
            mappings, (*path, "users_per_unit"), "use-range", found, "un nombre positif", "corriger"
        )
    if use.scale is not None and not 0 <= use.scale <= 1:
        expected = "de 0 (introduite la première année) à 1 (aussi répandue avant)"
        found = f"un multiplicateur de {use.scale:g}"
        yield problem(mappings, (*path, "scale"), "use-range", found, expected, "corriger le multiplicateur")
    declared = mappings.methods.estimated_use if mappings.methods else None
    if use.supply is not None and declared is not None and use.supply not in declared.supply:
        place = mappings.places.get((*path, "supply"))
        kind = "des parts par secteur de estimated_use.supply"
        yield unknown_name(f"methods.{name}.use.supply", use.supply, kind, declared.supply, place)


def check_continuation(mappings: Mappings, path: Path_, table: Sequence[float]) -> Iterator[Problem]:
    """Shares of those who began: of the year of insertion first, none above 1, none above the year before."""
    todo = "corriger la table : année de l'insertion, année suivante, et ainsi de suite"
    if not table:
        expected = "une part par année, ou null tant que la table n'est pas connue"
        yield problem(mappings, path, "continuation-empty", "une table de continuation vide", expected, todo)
    for place, share in enumerate(table):
        if not 0 <= share <= 1:
            yield problem(
                mappings,
                (*path, place),
                "continuation-range",
                f"{share:g} à l'année {place + 1}",
                SHARE,
                todo,
            )
    for place, (before, after) in enumerate(pairwise(table), start=1):
        if after > before:
            found = f"{after:g} à l'année {place + 1}, après {before:g}"
            expected = "une part qui ne remonte pas : personne ne recommence sans nouvelle insertion"
            yield problem(mappings, (*path, place), "continuation-rises", found, expected, todo)


def check_shared(mappings: Mappings, declared: EstimatedUse) -> Iterator[Problem]:
    """Sectors, surveys, what is left out."""
    path: Path_ = ("methods", "estimated_use")
    if not 0 <= declared.minimum_reporting <= 1:
        found = f"minimum_reporting: {declared.minimum_reporting:g}"
        yield problem(
            mappings, (*path, "minimum_reporting"), "use-range", found, SHARE, "écrire 0.6 pour 60 %"
        )
    for sector, presence in declared.presence.items():
        if presence is not None and not 0 <= presence <= 1:
            expected = "1 (tout le secteur rapporte), 0.5 (une partie), 0 (aucun), null (inconnu)"
            at: Path_ = (*path, "presence", sector)
            yield problem(mappings, at, "use-range", f"une présence de {presence:g}", expected, "corriger")
    known = mappings.methods.methods if mappings.methods else {}
    for place, name in enumerate(declared.excluded):
        if name not in known:
            where = mappings.places.get((*path, "excluded", place))
            yield unknown_name(
                f"estimated_use.excluded[{place}]", name, "une méthode de methods.yaml", known, where
            )
    for supply, surveys in declared.supply.items():
        for year in surveys:
            yield from check_survey(mappings, declared, (*path, "supply", supply, year))


def check_survey(mappings: Mappings, declared: EstimatedUse, path: Path_) -> Iterator[Problem]:
    """The sectors' shares of one method in one survey."""
    supply, year = str(path[-2]), str(path[-1])
    if not (year.isdigit() and len(year) == YEAR_DIGITS):
        yield problem(
            mappings, path, "use-year", f"« {year} »", "l'année de l'enquête, comme 2023", "écrire l'année"
        )
    shares = declared.supply[supply][year]
    for sector, share in shares.items():
        if sector not in declared.presence:
            kind, place = "un secteur de estimated_use.presence", mappings.places.get((*path, sector))
            yield unknown_name(spelled((*path[1:], sector)), sector, kind, declared.presence, place)
        if share is not None and not 0 <= share <= 1:
            yield problem(
                mappings, (*path, sector), "use-range", f"{share:g}", SHARE, "écrire 0.7649 pour 76,49 %"
            )
    total = sum(share for share in shares.values() if share is not None)
    if total > 1 + ROUNDING and all(share is None or share <= 1 for share in shares.values()):
        found, expected = f"des parts qui font {total:g}", "des parts des utilisatrices, 1 au plus ensemble"
        yield problem(mappings, path, "shares-above-one", found, expected, "relever les parts dans l'enquête")


def check_estimate(mappings: Mappings, code: str, indicator: Indicator) -> Iterator[Problem]:
    """An estimate is of whole years, from one statistic, over methods that say how they are used."""
    path, methods = ("indicators", code), mappings.methods
    if methods is None or methods.estimated_use is None:
        expected = "estimated_use dans methods.yaml : statistique, secteurs, taux de rapports"
        yield problem(
            mappings,
            (*path, "numerator_weights"),
            "no-estimated-use",
            "table: use, sans estimated_use",
            expected,
            "le déclarer",
        )
        return
    if indicator.periods != ["Yearly"] or not indicator.ended_only:
        yield problem(
            mappings,
            (*path, "periods"),
            "estimate-not-of-years",
            "un emploi estimé pour une période qui n'est pas une année échue",
            "periods: [Yearly] et ended_only: true",
            "l'écrire",
        )
    try:
        terms = parse(indicator.numerator)
    except ExpressionError:
        return  # named by IndicatorCheck
    if len({term.name for term in terms}) > 1:
        yield problem(
            mappings,
            (*path, "numerator"),
            "statistics-added",
            f"{len(terms)} variables au numérateur",
            "une seule statistique de service (étape 1) : clients, facilities, visits ou users",
            "garder la variable que dit estimated_use.statistic",
        )
    dimension = (
        mappings.dimensions.get(indicator.numerator_weights.dimension)
        if indicator.numerator_weights
        else None
    )
    for band in dimension.bands if dimension else ():
        method = methods.methods.get(band)
        if band not in methods.estimated_use.excluded and (method is None or method.use is None):
            yield problem(
                mappings,
                (*path, "numerator_weights"),
                "no-use",
                f"« {band} » sans emploi (use) dans methods.yaml",
                "un emploi pour chaque tranche, avec null pour ce qui n'est pas connu",
                f"ajouter use à « {band} », ou la mettre dans estimated_use.excluded",
            )


def check_parameters(mappings: Mappings) -> Iterator[Problem]:
    """Every parameter a formula names is declared; what is subtracted once is subtracted at the country only."""
    for code, indicator in mappings.indicators.items():
        yield from check_named(mappings, code, indicator)
    for name, one in mappings.parameters.items():
        if one.value is not None and one.by_year:
            yield problem(
                mappings,
                ("parameters", name, "value"),
                "parameter-twice",
                "value et by_year",
                "l'une des deux",
                "garder by_year si la valeur change d'une année à l'autre, sinon value",
            )
        for year in one.by_year:
            if not (year.isdigit() and len(year) == YEAR_DIGITS):
                path: Path_ = ("parameters", name, "by_year", year)
                expected, todo = "une année, comme 2025", "écrire l'année"
                yield problem(mappings, path, "use-year", f"« {year} »", expected, todo)


def check_named(mappings: Mappings, code: str, indicator: Indicator) -> Iterator[Problem]:
    """The parameters of one indicator."""
    minus, at = indicator.numerator_minus, ("indicators", code)
    named: list[tuple[Path_, str]] = [(("numerator_minus",), minus)] if minus else []
    named += [(("denominator_times", place), name) for place, name in enumerate(indicator.denominator_times)]
    for path, name in named:
        if name not in mappings.parameters:
            place = mappings.places.get((*at, *path))
            kind = "un nombre de parameters.yaml"
            yield unknown_name(spelled((code, *path)), name, kind, mappings.parameters, place)
    if minus is not None and (indicator.lowest_level != 1 or indicator.disaggregations):
        yield problem(
            mappings,
            (*at, "numerator_minus"),
            "constant-below-country",
            "un nombre du pays, retranché à d'autres niveaux ou à des tranches",
            "lowest_level: 1, et aucune ventilation",
            "l'écrire : retranché à chaque unité, il le serait plusieurs fois",
        )
