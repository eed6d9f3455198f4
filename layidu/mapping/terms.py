"""Which mapped sums, times what, make which part of which indicator."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import pandas as pd

from layidu.mapping.bands import Bands
from layidu.mapping.contracts import Indicator, Mappings, Weights
from layidu.mapping.estimating import lacking
from layidu.mapping.expressions import Term, parse
from layidu.mapping.parameters import missing_parameters
from layidu.mapping.states import ResolvedState, resolve_states
from layidu.model.disaggregation import read, spell
from layidu.model.frames import TERMS

#: Variables computed from completeness registrations; their only dimension is the data set, a band is its uid.
REPORT_VARIABLES = {
    "reports_received": "rapports reçus",
    "reports_expected": "rapports attendus",
    "reports_on_time": "rapports reçus à temps",
}
#: Variables that compute counts itself, by the rule of thresholds.yaml; split like reports.
QUALITY_VARIABLES = {
    "values_judged": "valeurs mensuelles qui peuvent être jugées",
    "values_plausible": "valeurs mensuelles jugées et non aberrantes",
    "reports_sound": "rapports reçus, sans valeur aberrante, de district cohérent",
}
BUILT_IN = REPORT_VARIABLES | QUALITY_VARIABLES
DATA_SET = "data_set"
INSUFFICIENT = "insufficient"  # kind of a term whose sums only overlap what is asked: the part has no value
USERS = "users"  # kind of a term whose units are users of their method, this year and the years after
CONSTANT = "constant"  # kind of a term that is a declared number, once for the whole country
Row = tuple[str, str, str, str, str, str, float]


def expand_terms(mappings: Mappings, cells: pd.DataFrame, year: int | None = None) -> pd.DataFrame:
    """TERMS of every indicator: its total, and each band of each declared disaggregation.

    A part one of whose variables has no cell is left out whole (a sum with a silent gap would look like a
    value); without its numerator an indicator has no terms at all. What lacks a declared number has none
    either (`missing_series` says which). `year`: whose parameters are taken; the last known ones without it.
    """
    rows = [row for one in expansions(mappings, cells, year) for row in one.rows()]
    frame = pd.DataFrame(rows, columns=list(TERMS.columns))
    keys = [column for column in frame.columns if column != "coefficient"]
    if rows:
        frame = frame.groupby(keys, sort=True)["coefficient"].sum().reset_index()
    return TERMS.cast(frame)


def missing_series(
    mappings: Mappings, cells: pd.DataFrame, year: int | None = None
) -> dict[tuple[str, str], str]:
    """Indicator and disaggregation -> the numbers nobody has given (that year), in French: it has no value."""
    return {
        (one.code, text): words
        for one in expansions(mappings, cells, year)
        for text, words in one.missing().items()
    }


def expansions(mappings: Mappings, cells: pd.DataFrame, year: int | None) -> Iterator["Expansion"]:
    """Every indicator, ready to be expanded."""
    present = present_disaggregations(mappings, cells)
    for code, indicator in sorted(mappings.indicators.items()):
        yield Expansion(mappings, present, code, indicator, year)


def present_disaggregations(mappings: Mappings, cells: pd.DataFrame) -> dict[str, list[str] | None]:
    """Every variable with the disaggregations its cells give; None where nothing says what it is made of."""
    present: dict[str, list[str] | None] = {
        name: [] if any(listed is not None for listed in variable.cells.values()) else None
        for name, variable in mappings.variables.items()
    }
    for name, texts in cells.groupby("variable")["disaggregation"]:
        present[str(name)] = sorted(set(texts))
    for name, variable in mappings.variables.items():
        if any(variable.cells.values()) and not present[name]:
            present[name] = None  # cells are declared, and the server knows none of them
    states = resolve_states(mappings, present)
    for name, variable in mappings.variables.items():
        if variable.derived is not None:
            present[name] = states[name].disaggregations() if name in states else None
    return present


def expand_states(mappings: Mappings, cells: pd.DataFrame) -> dict[str, ResolvedState]:
    """The derived variables that these cells can answer."""
    return resolve_states(mappings, present_disaggregations(mappings, cells))


@dataclass(frozen=True, slots=True)
class Expansion:
    """One indicator being expanded."""

    mappings: Mappings
    present: Mapping[str, list[str] | None]
    code: str
    indicator: Indicator
    year: int | None = None

    @property
    def widened(self) -> Bands:
        """What is asked of a band is asked of the narrower bands inside it."""
        return Bands(self.mappings.dimensions)

    def rows(self) -> Iterator[Row]:
        """All terms: the total first, then the bands; none of what lacks a number."""
        missing = self.missing()
        for bands, whole in self.series():
            if spell(bands) not in missing:
                yield from self.band(bands, whole=whole)

    def series(self) -> Iterator[tuple[Mapping[str, str], bool]]:
        """The total ({}), then each band of each declared disaggregation; and whether it is a share of the total."""
        yield {}, False
        for declared in self.indicator.disaggregations:
            for bands in product(*(self.bands_of(dimension) for dimension in declared.dimensions)):
                yield dict(zip(declared.dimensions, bands, strict=True)), declared.share_of_total

    def missing(self) -> dict[str, str]:
        """Disaggregation -> the numbers nobody has given, in words."""
        if self.indicator.missing is not None:
            return {"": self.indicator.missing}
        minus = self.indicator.numerator_minus
        names = [*([minus] if minus else []), *self.indicator.denominator_times]
        always = tuple(missing_parameters(self.mappings.parameters, names, self.year))
        found = {}
        for bands, _ in self.series():
            numerator = self.numerator(bands) if always or self.weights_are_users else []
            words = (*always, *self.tables_missing(numerator))
            if numerator and words:
                found[spell(bands)] = " ; ".join(words)
        return found

    @property
    def weights_are_users(self) -> bool:
        """Whether units are weighted by how many women they make users."""
        weights = self.indicator.numerator_weights
        return weights is not None and weights.table == "use"

    def tables_missing(self, numerator: list[Row]) -> tuple[str, ...]:
        """The tables of the methods counted that nobody has given."""
        weights, methods = self.indicator.numerator_weights, self.mappings.methods
        if weights is None or methods is None or not self.weights_are_users:
            return ()
        counted = dict.fromkeys(read(row[5]).get(weights.dimension, "") for row in numerator)
        uses = {name: one.use for name, one in methods.methods.items()}
        return lacking(methods.estimated_use, uses, counted)

    def bands_of(self, dimension: str) -> list[str]:
        """The bands of a dimension, as declared."""
        if dimension == DATA_SET:
            return self.data_sets()
        declared = self.mappings.dimensions.get(dimension)
        return list(declared.bands) if declared else []

    def band(self, bands: Mapping[str, str], *, whole: bool = False) -> Iterator[Row]:
        """The terms of the total ({}) or of one band; none when the numerator has nothing to add up.

        With `whole` the denominator is not restricted to the band: the value is the band's share.
        """
        numerator = self.numerator(bands)
        if not numerator:
            return
        yield from numerator
        minus = self.indicator.numerator_minus
        if minus is not None:
            head = (self.code, spell(bands), "numerator", CONSTANT, minus, "")
            yield (*head, -(self.mappings.parameters[minus].of(self.year) or 0.0))
        if self.indicator.denominator:
            times = prod(
                self.mappings.parameters[name].of(self.year) or 0.0
                for name in self.indicator.denominator_times
            )
            for *row, coefficient in self.part(
                "denominator", self.indicator.denominator, bands, None, whole=whole
            ):
                yield (*row, coefficient * times)  # type: ignore[misc]  # a row of the same seven

    def numerator(self, bands: Mapping[str, str]) -> list[Row]:
        """The numerator's terms; empty when it has nothing to add up."""
        return self.part("numerator", self.indicator.numerator, bands, self.indicator.numerator_weights)

    def part(
        self,
        part: str,
        expression: str,
        bands: Mapping[str, str],
        weights: Weights | None,
        *,
        whole: bool = False,
    ) -> list[Row]:
        """One part's terms; empty when any of its references has nothing to add up."""
        rows: list[Row] = []
        for term in parse(expression):
            found = list(self.reference(part, term, bands, weights, whole=whole))
            if not found and (overlapping := self.overlapping(term, bands)):
                head = (self.code, spell(bands), part)
                return [(*head, INSUFFICIENT, term.name, text, term.coefficient) for text in overlapping]
            if not found and not self.known_absent(term.name):
                return []
            rows.extend(found)
        return rows

    def overlapping(self, term: Term, bands: Mapping[str, str]) -> list[str]:
        """The sums whose bands only overlap the asked ones: they cannot tell, and nothing is estimated from them."""
        asked: dict[str, tuple[str, ...]] = {dimension: (band,) for dimension, band in bands.items()}
        asked |= {one.dimension: one.bands for one in term.filters if not one.excluded}
        return [
            text
            for text in self.present.get(term.name) or ()
            if any(
                self.widened.overlap(dimension, wanted, read(text).get(dimension, ""))
                for dimension, names in asked.items()
                for wanted in names
            )
        ]

    def known_absent(self, name: str) -> bool:
        """Whether a source says outright (`[]`) that it does not collect a variable."""
        variable = self.mappings.variables.get(name)
        return variable is not None and self.present.get(name) == []

    def reference(
        self, part: str, term: Term, bands: Mapping[str, str], weights: Weights | None, *, whole: bool
    ) -> Iterator[Row]:
        """The exact sums one reference takes."""
        head = (self.code, spell(bands), part)
        if self.mappings.populations and term.name in self.mappings.populations.measures:
            yield (*head, "population", term.name, "", term.coefficient)
            return
        restricting = {} if whole else self.restricting(part, term, bands)
        asked = restricting.keys() | {one.dimension for one in term.filters}
        for text in self.sums(term):
            disaggregation = read(text)
            weight = self.weight(weights, disaggregation)
            if weight is None or not self.widened.keeps(term, disaggregation):
                continue
            if self.zones_of(term.name) & disaggregation.keys() != self.zones_of(term.name) & asked:
                continue  # a state is there with and without its zones
            if self.widened.restricts(restricting, disaggregation):
                kind = USERS if weights is not None and weights.table == "use" else "variable"
                yield (*head, kind, term.name, text, term.coefficient * weight)

    def restricting(self, part: str, term: Term, bands: Mapping[str, str]) -> Mapping[str, str]:
        """A numerator is restricted to the whole band, a denominator to the dimensions it knows."""
        if part == "numerator":
            return bands
        known = self.dimensions_of(term.name)
        return {dimension: band for dimension, band in bands.items() if dimension in known}

    def dimensions_of(self, name: str) -> list[str]:
        """The dimensions a variable is declared with."""
        if name in BUILT_IN:
            return [DATA_SET]
        variable = self.mappings.variables.get(name)
        return variable.dimensions if variable else []

    def zones_of(self, name: str) -> set[str]:
        """The dimensions of a state that are groups of org units."""
        variable = self.mappings.variables.get(name)
        return set(variable.derived.zones) if variable and variable.derived else set()

    def sums(self, term: Term) -> list[str]:
        """The disaggregations of a variable that exist."""
        if term.name in BUILT_IN:
            return [spell({DATA_SET: uid}) for uid in self.data_sets()]
        return self.present.get(term.name) or []

    def data_sets(self) -> list[str]:
        """The data sets whose reports this indicator counts: its own, else all that sources pull."""
        own = {uid for uids in self.indicator.data_sets.values() for uid in uids}
        pulled = {one.uid for source in self.mappings.sources.values() for one in source.data_sets}
        return sorted(own or pulled)

    def weight(self, weights: Weights | None, disaggregation: Mapping[str, str]) -> float | None:
        """The factor of a sum; None for a band without one (the checker names it), or one that is left out."""
        if weights is None:
            return 1.0
        methods = self.mappings.methods
        band = disaggregation.get(weights.dimension, "")
        method = methods.methods.get(band) if methods else None
        if methods is None or method is None:
            return None
        if weights.table == "use":
            return None if methods.estimated_use and band in methods.estimated_use.excluded else 1.0
        return method.cyp.get(weights.factor_set or methods.default_factor_set)


def looks_back(indicators: Mapping[str, Indicator]) -> bool:
    """Whether any of these is computed from the year before too: what stands out is judged by it."""
    return any(
        term.name in QUALITY_VARIABLES
        for one in indicators.values()
        for part in (one.numerator, one.denominator)
        if part
        for term in parse(part)
    )


def terms_digest(terms: pd.DataFrame) -> str:
    """A fingerprint of TERMS: when it changes, every year must be computed again."""
    ordered = terms.sort_values(list(terms.columns), ignore_index=True)
    return hashlib.sha256(ordered.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def explain_formula(indicator: Indicator, mappings: Mappings | None = None) -> str:
    """The formula as a French sentence; with the mappings, variables go by their labels."""
    numerator = explain_part(indicator.numerator, mappings)
    if indicator.numerator_weights:
        users = indicator.numerator_weights.table == "use"
        numerator = f"somme de ({numerator}) × {'utilisatrices' if users else 'facteur CAP'} par produit"
    if indicator.denominator is None:
        return numerator
    denominator = explain_part(indicator.denominator, mappings)
    if indicator.annualised:
        denominator += " (personnes-temps : population × jours / 365)"
    factor = "" if indicator.factor == 1 else f" × {indicator.factor:g}"
    return f"({numerator}) ÷ ({denominator}){factor}"


def explain_part(expression: str, mappings: Mappings | None) -> str:
    """One part in words."""
    text = ""
    for term in parse(expression):
        sign = "−" if term.coefficient < 0 else "+" if text else ""
        size = abs(term.coefficient)
        times = "" if size == 1 else f"{size:g} × "
        filters = ", ".join(
            f"{one.dimension} {'hors' if one.excluded else ':'} {' ou '.join(one.bands)}"
            for one in term.filters
        )
        words = f"{times}{label_of(term.name, mappings)}{f' [{filters}]' if filters else ''}"
        text += " ".join(["", sign, words] if text else [sign, words] if sign else [words])
    return text


def label_of(name: str, mappings: Mappings | None) -> str:
    """A variable's or measure's French label, or its name when it has none."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    if mappings and name in mappings.variables:
        return mappings.variables[name].name
    if mappings and mappings.populations and name in mappings.populations.measures:
        return mappings.populations.measures[name].name
    return name
