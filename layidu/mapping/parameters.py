"""Which declared number does a formula take, and what is said where nobody has given it?"""

from collections.abc import Iterator, Mapping

from layidu.mapping.declared import Declared


class Parameter(Declared):
    """A number a formula asks for and no DHIS2 holds; null where it is not known."""

    name: str
    unit: str
    value: float | None = None  # the same every year
    by_year: dict[str, float | None] = {}  # year -> value; instead of `value`
    source: str
    note: str | None = None

    def of(self, year: int | None) -> float | None:
        """The value of a year; of the last known one when none is asked."""
        if not self.by_year:
            return self.value
        if year is not None:
            return self.by_year.get(str(year))
        known = {one: value for one, value in self.by_year.items() if value is not None}
        return known[max(known)] if known else None


def missing_parameters(
    declared: Mapping[str, Parameter], names: list[str], year: int | None
) -> Iterator[str]:
    """The names in words of those that have no value that year."""
    for name in names:
        one = declared.get(name)
        if one is None or one.of(year) is None:
            yield f"{one.name if one else name} ({name})"
