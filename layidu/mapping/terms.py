"""Which mapped sums, times what, make which part of which indicator."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pandas as pd

from layidu.mapping.bands import Bands
from layidu.mapping.contracts import Indicator, Mappings, Weights
from layidu.mapping.expressions import Term, parse
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
Row = tuple[str, str, str, str, str, str, float]


def expand_terms(mappings: Mappings, cells: pd.DataFrame) -> pd.DataFrame:
    """TERMS of every indicator: its total, and each band of each declared disaggregation.

    A part one of whose variables has no cell is left out whole (a sum with a silent gap would look like a
    value); without its numerator an indicator has no terms at all.
    """
    present = present_disaggregations(mappings, cells)
    rows: list[Row] = []
    for code, indicator in sorted(mappings.indicators.items()):
        if indicator.missing is not None:
            continue  # its row says what is missing, in place of a value
        expansion = Expansion(mappings, present, code, indicator)
        rows.extend(expansion.rows())
    frame = pd.DataFrame(rows, columns=list(TERMS.columns))
    keys = [column for column in frame.columns if column != "coefficient"]
    if rows:
        frame = frame.groupby(keys, sort=True)["coefficient"].sum().reset_index()
    return TERMS.cast(frame)


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

    @property
    def widened(self) -> Bands:
        """What is asked of a band is asked of the narrower bands inside it."""
        return Bands(self.mappings.dimensions)

    def rows(self) -> Iterator[Row]:
        """All terms: the total first, then the bands."""
        yield from self.band({})
        for declared in self.indicator.disaggregations:
            for bands in product(*(self.bands_of(dimension) for dimension in declared.dimensions)):
                band = dict(zip(declared.dimensions, bands, strict=True))
                yield from self.band(band, whole=declared.share_of_total)

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
        numerator = self.part("numerator", self.indicator.numerator, bands, self.indicator.numerator_weights)
        if not numerator:
            return
        yield from numerator
        if self.indicator.denominator:
            yield from self.part("denominator", self.indicator.denominator, bands, None, whole=whole)

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
                yield (*head, "variable", term.name, text, term.coefficient * weight)

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
        """The factor of a sum; None for a band without one (the checker names it)."""
        if weights is None:
            return 1.0
        methods = self.mappings.methods
        method = methods.methods.get(disaggregation.get(weights.dimension, "")) if methods else None
        if methods is None or method is None:
            return None
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
        numerator = f"somme de ({numerator}) × facteur CAP par produit"
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
