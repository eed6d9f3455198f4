"""Whether the formulas of an indicator follow one another: one a year, each change numbered and explained."""

from collections.abc import Iterator

from layidu.mapping.contracts import Formula, Indicator, Mappings
from layidu.mapping.indicatorcheck import IndicatorCheck
from layidu.mapping.problems import Problem
from layidu.mapping.versions import FIRST, LAST, formulas_of, with_formula
from layidu.mapping.yaml_places import Path_, spelled


def check_versions(mappings: Mappings) -> Iterator[Problem]:
    """Every indicator's earlier formulas, as carefully as today's, and the order of them all."""
    for code, indicator in mappings.indicators.items():
        formulas = formulas_of(indicator)
        for position, formula in enumerate(formulas):
            at: Path_ = ("earlier", position) if position < len(indicator.earlier) else ()
            yield from whole_years(mappings, code, at, formula)
            if position:
                yield from follows(mappings, code, at, formulas[position - 1], formula)
            if at:
                yield from earlier_formula(mappings, code, at, indicator, formula)


def problem(
    mappings: Mappings, code: str, at: Path_, key: str, found: str, expected: str, todo: str
) -> Problem:
    """A problem at a key of one formula."""
    places = mappings.places
    return Problem(
        code="formula-version",
        path=spelled((code, *at, key)),
        found=found,
        expected=expected,
        todo=todo,
        place=places.get(("indicators", code, *at, key))
        or places.get(("indicators", code, *at))
        or places.get(("indicators", code)),
    )


def whole_years(mappings: Mappings, code: str, at: Path_, formula: Formula) -> Iterator[Problem]:
    """A formula begins in a January and ends in a December, in this order."""
    todo = "changer de formule au 1er janvier ; pour un formulaire qui change en cours d'année, dater les cellules"
    if formula.valid_from is not None and not formula.valid_from.endswith("01"):
        yield problem(
            mappings, code, at, "valid_from", formula.valid_from, "un mois de janvier, comme 202501", todo
        )
    if not formula.valid_to.endswith("12"):
        yield problem(
            mappings, code, at, "valid_to", formula.valid_to, "un mois de décembre, comme 202412", todo
        )
    if (formula.valid_from or FIRST) > formula.valid_to:
        found = f"valid_from {formula.valid_from} après valid_to {formula.valid_to}"
        yield problem(
            mappings,
            code,
            at,
            "valid_from",
            found,
            "un premier mois qui précède le dernier",
            "corriger l'un des deux",
        )


def follows(mappings: Mappings, code: str, at: Path_, before: Formula, formula: Formula) -> Iterator[Problem]:
    """A formula has a higher number than the one before, and begins when that one has ended."""
    if formula.version <= before.version:
        found = f"version {formula.version}, après la version {before.version}"
        yield problem(
            mappings,
            code,
            at,
            "version",
            found,
            "un numéro plus grand à chaque changement",
            "numéroter la formule",
        )
    if (formula.valid_from or FIRST) <= before.valid_to:
        starts = formula.valid_from or "aucun valid_from"
        yield problem(
            mappings,
            code,
            at,
            "valid_from",
            f"{starts}, alors que la version {before.version} vaut jusqu'en {before.valid_to}",
            "des formules qui ne se recouvrent pas",
            "écrire le janvier qui suit",
        )


def earlier_formula(
    mappings: Mappings, code: str, at: Path_, indicator: Indicator, formula: Formula
) -> Iterator[Problem]:
    """An earlier formula names what exists, and says why it was given up."""
    if not formula.reason.strip():
        yield problem(
            mappings,
            code,
            at,
            "reason",
            "aucune raison",
            "pourquoi la formule a changé, et qui l'a décidé",
            "l'écrire",
        )
    if formula.valid_to == LAST:
        return
    then = with_formula(indicator, formula)
    if then is not indicator:
        yield from IndicatorCheck(mappings, code, then, at).formula()
