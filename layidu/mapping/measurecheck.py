"""Whether what is added may be added: same units, no ratio summed, no percentage averaged, nothing counted twice."""

import re
from collections.abc import Iterator
from itertools import combinations

from layidu.mapping.contracts import Cell, Indicator, Mappings
from layidu.mapping.expressions import ExpressionError, Term, parse
from layidu.mapping.problems import Problem
from layidu.mapping.terms import BUILT_IN

#: A unit that divides something by something: its values cannot be added, nor averaged without their parts.
RATIO = re.compile(r"%|‰|\b(pour 100|pour 1.?000|taux|ratio|proportion|pourcentage|part)\b", re.IGNORECASE)
#: How an indicator's unit begins, and the factor it asks for.
FACTORS = ((re.compile(r"^\s*%"), 100.0), (re.compile(r"^\s*‰"), 1000.0))
PER = re.compile(r"\bpour (1(?:[ \u00a0\u202f]?000)+|100)\b")
FIRST, LAST = "000000", "999912"


def check_measures(mappings: Mappings) -> Iterator[Problem]:
    """Every variable by its unit, then every part of every indicator by what it adds."""
    yield from ratio_variables(mappings)
    for code, indicator in mappings.indicators.items():
        yield from factor_and_unit(mappings, code, indicator)
        for key in ("numerator", "denominator"):
            terms = readable(getattr(indicator, key))
            yield from units_of_part(mappings, code, key, terms)
            yield from counted_twice(mappings, code, key, terms)


def readable(expression: str | None) -> tuple[Term, ...]:
    """The terms of a part; none of one that cannot be read (IndicatorCheck names it)."""
    try:
        return parse(expression) if expression else ()
    except ExpressionError:
        return ()


def ratio_variables(mappings: Mappings) -> Iterator[Problem]:
    """A variable whose values are ratios."""
    for name, variable in mappings.variables.items():
        if not RATIO.search(variable.unit) or variable.over_time == "last":
            continue
        summed = variable.over_time == "sum"
        yield Problem(
            code="ratio-summed" if summed else "percentage-averaged",
            path=f"{name}.over_time",
            found=f"une variable en « {variable.unit} », "
            + ("additionnée" if summed else "dont on prend la moyenne"),
            expected="son numérateur et son dénominateur, chacun dans sa variable",
            todo="relever les deux parts dans DHIS2 ; un indicateur les divise, à chaque niveau et période",
            place=mappings.places.get(("variables", name, "over_time"))
            or mappings.places.get(("variables", name, "unit")),
        )


def factor_and_unit(mappings: Mappings, code: str, indicator: Indicator) -> Iterator[Problem]:
    """A ratio's factor is the one its unit says; what is counted has no factor."""
    asked = next((factor for pattern, factor in FACTORS if pattern.search(indicator.unit)), None)
    per = PER.search(indicator.unit)
    if asked is None and per:
        asked = float(re.sub(r"\D", "", per.group(1)))
    place = mappings.places.get(("indicators", code, "factor")) or mappings.places.get(
        ("indicators", code, "unit")
    )
    if asked is not None and indicator.factor != asked:
        yield Problem(
            code="factor-and-unit",
            path=f"{code}.factor",
            found=f"« {indicator.unit} » avec factor: {indicator.factor:g}",
            expected=f"factor: {asked:g}, que dit l'unité",
            todo="corriger le facteur, ou l'unité",
            place=place,
        )
    if asked is not None and indicator.denominator is None:
        yield Problem(
            code="ratio-without-denominator",
            path=f"{code}.unit",
            found=f"« {indicator.unit} », sans dénominateur",
            expected="un dénominateur, ou l'unité de ce qui est compté",
            todo="ajouter denominator, ou corriger l'unité",
            place=mappings.places.get(("indicators", code, "unit")),
        )


def unit_of(mappings: Mappings, name: str) -> str | None:
    """What a name counts; None for a name nobody declares."""
    if name in BUILT_IN:
        return "valeurs" if name.startswith("values_") else "rapports"
    if mappings.populations and name in mappings.populations.measures:
        return "habitants"
    variable = mappings.variables.get(name)
    return variable.unit if variable else None


def units_of_part(mappings: Mappings, code: str, key: str, terms: tuple[Term, ...]) -> Iterator[Problem]:
    """What one part adds has one unit, and is no ratio."""
    units = {term.name: unit for term in terms if (unit := unit_of(mappings, term.name)) is not None}
    place = mappings.places.get(("indicators", code, key))
    if len(set(units.values())) > 1:
        yield Problem(
            code="units-differ",
            path=f"{code}.{key}",
            found=" + ".join(f"{name} ({unit})" for name, unit in sorted(units.items())),
            expected="des termes de la même unité",
            todo="n'additionner que ce qui se compte de la même façon, ou corriger l'unité d'une variable",
            place=place,
        )
    for name, unit in sorted(units.items()):
        if name in mappings.variables and RATIO.search(unit) and mappings.variables[name].over_time == "last":
            yield Problem(
                code="ratio-summed",
                path=f"{code}.{key}",
                found=f"« {name} », en « {unit} », qui serait additionnée dans l'arbre",
                expected="des variables qui se comptent",
                todo="relever son numérateur et son dénominateur, et les employer à sa place",
                place=place,
            )


def counted_twice(mappings: Mappings, code: str, key: str, terms: tuple[Term, ...]) -> Iterator[Problem]:
    """Two terms of one sign that take the same cells count them twice."""
    for first, second in combinations(terms, 2):
        if first.coefficient * second.coefficient <= 0 or not meet(first, second):
            continue
        shared = (
            first.name if first.name == second.name else shared_element(mappings, first.name, second.name)
        )
        if shared is None:
            continue
        yield Problem(
            code="counted-twice",
            path=f"{code}.{key}",
            found=f"« {shared} » dans deux termes qui prennent les mêmes cellules",
            expected="chaque cellule dans un seul terme de la part",
            todo="retirer l'un des deux termes, ou les séparer par leurs tranches",
            place=mappings.places.get(("indicators", code, key)),
        )


def meet(first: Term, second: Term) -> bool:
    """Whether no filter of the two terms keeps them apart: a dimension where nothing passes both."""
    for one in first.filters:
        for other in second.filters:
            if one.dimension != other.dimension:
                continue
            if not one.excluded and not other.excluded and not set(one.bands) & set(other.bands):
                return False
            if one.excluded is not other.excluded:
                kept, left_out = (other, one) if one.excluded else (one, other)
                if set(kept.bands) <= set(left_out.bands):
                    return False
    return True


def shared_element(mappings: Mappings, first: str, second: str) -> str | None:
    """A data element that two variables both count in the same months, with bands in common."""
    one, other = mappings.variables.get(first), mappings.variables.get(second)
    if one is None or other is None:
        return None
    for source, cells in one.cells.items():
        for cell in cells or ():
            for counterpart in other.cells.get(source) or ():
                if same_cells(cell, counterpart):
                    return cell.data_element
    return None


def same_cells(cell: Cell, other: Cell) -> bool:
    """Whether two declared cells have a month and an option of every common dimension in common."""
    if cell.data_element != other.data_element:
        return False
    starts = max(cell.valid_from or FIRST, other.valid_from or FIRST)
    ends = min(cell.valid_to or LAST, other.valid_to or LAST)
    common = set(cell.bands) & set(other.bands)
    return starts <= ends and all(set(cell.bands[name]) & set(other.bands[name]) for name in common)
