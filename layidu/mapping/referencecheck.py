"""Whether every reference value is of a declared indicator, and every such indicator has one or says why not."""

from collections.abc import Iterator

from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import Problem, unknown_name


def check_references(mappings: Mappings) -> Iterator[Problem]:
    """The problems of reference_indicators.yaml and reference_values.yaml together."""
    known = mappings.reference_indicators
    for position, value in enumerate(mappings.reference_values):
        if value.indicator not in known:
            place = mappings.places.get(("reference_values", position, "indicator"))
            kind = "un indicateur de reference_indicators.yaml"
            yield unknown_name(f"[{position}].indicator", value.indicator, kind, known, place)
    valued = {value.indicator for value in mappings.reference_values}
    for code, indicator in known.items():
        place = mappings.places.get(("reference_indicators", code))
        if code in mappings.indicators:
            yield Problem(
                code="name-not-unique",
                path=code,
                found=f"« {code} », déjà un indicateur de mappings/indicators/",
                expected="un code par indicateur",
                todo="garder une seule des deux déclarations",
                place=place,
            )
        if (indicator.missing is None) is (code not in valued):
            has = "des valeurs, et missing" if indicator.missing else "ni valeur de référence, ni missing"
            yield Problem(
                code="reference-without-value" if indicator.missing is None else "reference-not-missing",
                path=f"{code}.missing",
                found=has,
                expected="une valeur dans reference_values.yaml, ou missing : pourquoi il n'y en a pas encore",
                todo="écrire l'une avec sa source, ou l'autre",
                place=place,
            )
