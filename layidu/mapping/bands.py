"""Which bands of a source answer a question about a band: those that lie inside it, never those that only overlap."""

from collections.abc import Mapping
from dataclasses import dataclass

from layidu.mapping.contracts import Band, Dimension
from layidu.mapping.expressions import Term

OLDEST = 200


@dataclass(frozen=True, slots=True)
class Bands:
    """The declared dimensions, asked about containment."""

    dimensions: Mapping[str, Dimension]

    def inside(self, dimension: str, band: str) -> frozenset[str]:
        """The band itself and every narrower one: 15-24 holds 15-19 and 20-24."""
        declared = self.dimensions.get(dimension)
        asked = span(declared.bands[band]) if declared and band in declared.bands else None
        if declared is None or asked is None:
            return frozenset({band})
        spans = {name: span(one) for name, one in declared.bands.items()}
        return frozenset({band}) | {
            name for name, one in spans.items() if one and asked[0] <= one[0] and one[1] <= asked[1]
        }

    def overlap(self, dimension: str, first: str, second: str) -> bool:
        """Whether two bands share an age, as far as both say which ages they hold."""
        declared = self.dimensions.get(dimension)
        spans = [
            span(declared.bands[name]) for name in (first, second) if declared and name in declared.bands
        ]
        if len(spans) < 2 or spans[0] is None or spans[1] is None:
            return False
        return spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]

    def keeps(self, term: Term, disaggregation: Mapping[str, str]) -> bool:
        """Whether a sum of this disaggregation is one the term asks for."""
        return all(
            (disaggregation.get(one.dimension) in self.wanted(one.dimension, one.bands)) is not one.excluded
            for one in term.filters
        )

    def wanted(self, dimension: str, bands: tuple[str, ...]) -> frozenset[str]:
        """The bands inside any of these."""
        return frozenset().union(*(self.inside(dimension, band) for band in bands))

    def restricts(self, bands: Mapping[str, str], disaggregation: Mapping[str, str]) -> bool:
        """Whether a sum belongs to the row of these bands."""
        return all(
            disaggregation.get(dimension) in self.inside(dimension, band) for dimension, band in bands.items()
        )


def span(band: Band) -> tuple[int, int] | None:
    """First and last year of age of a band; None for one that is no range of ages."""
    if band.minimum is None and band.maximum is None:
        return None
    return band.minimum or 0, OLDEST if band.maximum is None else band.maximum
