"""Whether one indicator names things that exist, and asks of them what they can give."""

from collections.abc import Iterator

from layidu.mapping.contracts import Indicator, Mappings
from layidu.mapping.expressions import ExpressionError, Filter, Term, parse
from layidu.mapping.problems import Place, Problem, unknown_name
from layidu.mapping.terms import BUILT_IN, DATA_SET
from layidu.mapping.yaml_places import Path_, spelled


def measures(mappings: Mappings) -> set[str]:
    """The names of the population measures."""
    return set(mappings.populations.measures) if mappings.populations else set()


class IndicatorCheck:
    """The problems of one indicator."""

    def __init__(self, mappings: Mappings, code: str, indicator: Indicator, at: Path_ = ()) -> None:
        self.mappings = mappings
        self.code = spelled((code, *at))
        self.indicator = indicator
        self.at = ("indicators", code, *at)

    def place(self, *path: str | int) -> Place | None:
        """Where something of this indicator stands."""
        return self.mappings.places.get((*self.at, *path))

    def problem(self, code: str, key: str, found: str, expected: str, todo: str) -> Problem:
        """An error at one of the indicator's keys."""
        place = self.place(key) or self.place()
        return Problem(
            code=code, path=f"{self.code}.{key}", found=found, expected=expected, todo=todo, place=place
        )

    def problems(self) -> Iterator[Problem]:
        """All of them."""
        yield from self.formula()
        yield from self.data_sets()
        yield from self.texts()

    def formula(self) -> Iterator[Problem]:
        """Those of how it is computed."""
        terms: dict[str, tuple[Term, ...]] = {}
        for key in ("numerator", "denominator"):
            expression = getattr(self.indicator, key)
            if expression is None:
                continue
            try:
                terms[key] = parse(expression)
            except ExpressionError as error:
                yield self.not_understood(key, error)
                continue
            for term in terms[key]:
                yield from self.term(key, term)
        yield from self.annualisation(terms.get("denominator", ()))
        yield from self.publication(terms)
        yield from self.disaggregations(terms.get("numerator", ()))
        yield from self.weights(terms.get("numerator", ()))

    def not_understood(self, key: str, error: ExpressionError) -> Problem:
        """A part that is no expression, at the column of what is not understood (one more for the quote)."""
        place = self.place(key)
        if place:
            place = place._replace(column=place.column + error.column)
        return Problem(
            code="expression",
            path=f"{self.code}.{key}",
            found=error.found,
            expected=error.expected,
            todo="corriger l'expression, entre guillemets ; puis relancer « layidu check »",
            place=place,
        )

    def term(self, key: str, term: Term) -> Iterator[Problem]:
        """A reference: its name, its filters, its time rule."""
        if term.name in BUILT_IN:
            for one in term.filters:
                yield from self.known_dimension(key, one, [DATA_SET])
            return
        variable = self.mappings.variables.get(term.name)
        if variable is None:
            if term.name not in measures(self.mappings):
                valid = set(self.mappings.variables) | measures(self.mappings) | set(BUILT_IN)
                expected = "une variable de mappings/variables/ ou une population de populations.yaml"
                yield unknown_name(
                    f"{self.code}.{key}", f"#{{{term.name}}}", expected, valid, self.place(key)
                )
            return
        for one in term.filters:
            yield from self.known_dimension(key, one, variable.dimensions)
            yield from self.known_bands(key, one)
        if variable.period_type != "Monthly":
            yield self.problem(
                "yearly-variable",
                key,
                f"« {term.name} », une variable annuelle",
                "une variable mensuelle, ou une population",
                "passer par une population de populations.yaml",
            )
        if variable.over_time != "sum" and self.indicator.over_time == "sum":
            yield self.problem(
                "summed-over-time",
                key,
                f"« {term.name} » ne s'additionne pas dans le temps ({variable.over_time})",
                "over_time: last pour cet indicateur",
                "déclarer over_time: last, ou employer une variable qui s'additionne",
            )

    def known_dimension(self, key: str, one: Filter, valid: list[str]) -> Iterator[Problem]:
        """A filter's dimension is one of the variable's."""
        if one.dimension not in valid:
            kind = "une dimension de cette variable"
            yield unknown_name(f"{self.code}.{key}", one.dimension, kind, valid, self.place(key))

    def known_bands(self, key: str, one: Filter) -> Iterator[Problem]:
        """A filter's bands are declared."""
        dimension = self.mappings.dimensions.get(one.dimension)
        for band in one.bands:
            if dimension is not None and band not in dimension.bands:
                kind = f"une tranche de « {one.dimension} »"
                yield unknown_name(f"{self.code}.{key}", band, kind, dimension.bands, self.place(key))

    def annualisation(self, denominator: tuple[Term, ...]) -> Iterator[Problem]:
        """Person-time needs a population, and a population wants person-time unless someone said no."""
        of_population = any(term.name in measures(self.mappings) for term in denominator)
        if self.indicator.annualised and not of_population:
            yield self.problem(
                "annualised-without-population",
                "annualised",
                "annualised: true, sans population au dénominateur",
                "une population (le dénominateur annualisé est du personnes-temps)",
                "retirer annualised, ou mettre une population au dénominateur",
            )
        if of_population and "annualised" not in self.indicator.model_fields_set:
            yield self.problem(
                "population-not-annualised",
                "denominator",
                "une population au dénominateur, et rien sur l'annualisation",
                "annualised: true (taux annuel) ou annualised: false, écrit",
                "écrire l'un des deux",
            )

    def publication(self, terms: dict[str, tuple[Term, ...]]) -> Iterator[Problem]:
        """Parts may be published as sums only when they are sums over org units and months."""
        if self.indicator.published_as != "parts":
            return
        reason = self.not_a_sum(terms)
        if reason:
            yield self.problem(
                "parts-are-no-sums",
                "published_as",
                f"published_as: parts, et {reason}",
                "published_as: figure (une valeur par niveau et par période) ou nothing",
                "écrire l'un des deux",
            )

    def not_a_sum(self, terms: dict[str, tuple[Term, ...]]) -> str:
        """Why DHIS2 must not add the parts up over months; empty when it may."""
        if self.indicator.over_time != "sum":
            return f"over_time: {self.indicator.over_time}"
        if "Monthly" not in self.indicator.periods:
            return "aucune valeur mensuelle à additionner"
        for term in (term for part in terms.values() for term in part):
            variable = self.mappings.variables.get(term.name)
            if variable is not None and variable.over_time != "sum":
                return f"« {term.name} » ne s'additionne pas dans le temps"
            if term.name in measures(self.mappings) and not self.indicator.annualised:
                return f"« {term.name} », une population qui n'est pas du personnes-temps"
        return ""

    def disaggregations(self, numerator: tuple[Term, ...]) -> Iterator[Problem]:
        """Each declared dimension exists, and every variable of the numerator knows it."""
        for position, declared in enumerate(self.indicator.disaggregations):
            path = f"{self.code}.disaggregations[{position}]"
            place = self.place("disaggregations", position)
            for dimension in declared.dimensions:
                known = [*self.mappings.dimensions, DATA_SET]
                if dimension not in known:
                    yield unknown_name(path, dimension, "une dimension de disaggregations.yaml", known, place)
                    continue
                for term in numerator:
                    yield from self.splits(path, dimension, term, place)

    def splits(self, path: str, dimension: str, term: Term, place: Place | None) -> Iterator[Problem]:
        """A numerator's variable can be split along a dimension."""
        variable = self.mappings.variables.get(term.name)
        valid = variable.dimensions if variable else [DATA_SET] if term.name in BUILT_IN else None
        if valid is not None and dimension not in valid:
            yield unknown_name(path, dimension, f"une dimension de « {term.name} »", valid, place)

    def weights(self, numerator: tuple[Term, ...]) -> Iterator[Problem]:
        """A weighted numerator has a factor for every band of its dimension."""
        weights = self.indicator.numerator_weights
        if weights is None:
            return
        place, methods = self.place("numerator_weights"), self.mappings.methods
        if methods is None:
            yield self.problem(
                "no-methods",
                "numerator_weights",
                "des facteurs par méthode, sans methods.yaml",
                "un fichier methods.yaml",
                "l'ajouter",
            )
            return
        for term in numerator:
            yield from self.splits(f"{self.code}.numerator_weights", weights.dimension, term, place)
        if weights.table == "use":
            return  # check_use names what is lacking
        chosen = weights.factor_set or methods.default_factor_set
        dimension = self.mappings.dimensions.get(weights.dimension)
        for band in dimension.bands if dimension else ():
            method = methods.methods.get(band)
            if method is None or method.cyp.get(chosen) is None:
                yield self.problem(
                    "no-factor",
                    "numerator_weights",
                    f"« {band} » sans facteur CAP {chosen}",
                    "un facteur pour chaque tranche",
                    f"ajouter le facteur de « {band} » à methods.yaml, ou retirer la tranche",
                )

    def data_sets(self) -> Iterator[Problem]:
        """The data sets named for completeness are pulled."""
        for source, uids in self.indicator.data_sets.items():
            declared = self.mappings.sources.get(source)
            path, place = f"{self.code}.data_sets.{source}", self.place("data_sets", source)
            if declared is None:
                yield unknown_name(path, source, "une source de sources.yaml", self.mappings.sources, place)
                continue
            pulled = [one.uid for one in declared.data_sets]
            for uid in uids:
                if uid not in pulled:
                    yield unknown_name(path, uid, f"un jeu de données de « {source} »", pulled, place)

    def texts(self) -> Iterator[Problem]:
        """Definition, owner and the like say something; of sources, every declaration is asked."""
        for key in ("name", "short_name", "definition", "unit", "theme", "owner"):
            if not str(getattr(self.indicator, key)).strip():
                yield self.problem(
                    "empty-text",
                    key,
                    "un texte vide",
                    "un texte",
                    "écrire ce texte : personne ne peut le deviner",
                )
