"""Whether what compute counts of the data's quality has its rule, and the rule its pairs."""

from collections.abc import Iterator

from layidu.mapping.contracts import Mappings
from layidu.mapping.problems import Problem, unknown_name
from layidu.mapping.terms import QUALITY_VARIABLES
from layidu.mapping.unusedcheck import names_used


def check_quality(mappings: Mappings) -> Iterator[Problem]:
    """Plausible values and sound reports need thresholds.yaml's rule, and its pairs are states of a level."""
    rule = mappings.thresholds.outliers if mappings.thresholds else None
    for code, indicator in mappings.indicators.items():
        asked = sorted(names_used(indicator) & QUALITY_VARIABLES.keys())
        if asked and rule is None:
            yield Problem(
                code="outliers-without-rule",
                path=code,
                found=f"« {asked[0]} », et pas de « outliers » dans thresholds.yaml",
                expected="les seuils d'après lesquels une valeur est aberrante",
                todo="compléter thresholds.yaml, ou retirer l'indicateur",
                place=mappings.places.get(("indicators", code)),
            )
    pairs = [
        name
        for name, variable in mappings.variables.items()
        if variable.derived is not None and variable.derived.level is not None and not variable.derived.by
    ]
    for position, name in enumerate(rule.coherent if rule else ()):
        if name not in pairs:
            place = mappings.places.get(("thresholds", "outliers", "coherent", position))
            kind = "un état jugé à un niveau (level), sans tranches"
            yield unknown_name(f"outliers.coherent[{position}]", name, kind, pairs, place)
