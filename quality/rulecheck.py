"""Whether the rules name variables that exist: a misspelt one would check nothing, and say nothing."""

from layidu.mapping.contracts import Mappings, Places
from layidu.mapping.problems import DeclarationErrors, Problem, unknown_name
from layidu.settings import Settings, shipped
from quality.rules import read_rules

MAPPINGS, RULES = "mappings", "quality/rules"
KEYS = ("variables", "left", "right")


def check_rules(settings: Settings, mappings: Mappings) -> list[Problem]:
    """All problems of the rules.

    The shipped rules know the shipped variables: in somebody's own folder they hold where the names are the same,
    and say nothing elsewhere.
    """
    places: Places = {}
    try:
        rules = read_rules(settings.rules, places)
    except DeclarationErrors as errors:
        return list(errors.problems)
    borrowed = settings.rules == shipped(RULES) and settings.mappings != shipped(MAPPINGS)
    if borrowed or not mappings.variables:
        return []
    kind = "une variable de mappings/variables/"
    return [
        unknown_name(f"{rule}.{key}", name, kind, mappings.variables, places.get((rule, key, position)))
        for rule, declared in rules.items()
        for key in KEYS
        for position, name in enumerate(getattr(declared, key))
        if name not in mappings.variables
    ]
