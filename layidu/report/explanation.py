"""Which source cells, one by one, make this value?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from layidu.mapping.contracts import Indicator
from layidu.model.disaggregation import read
from layidu.model.frames import TEXT, Contract
from layidu.report import french

SOURCE_CELLS = Contract(  # the cells behind one result; one row a cell and term
    "source_cells",
    {
        "part": TEXT,  # numerator | denominator
        "kind": TEXT,  # variable | report
        "name": TEXT,  # variable
        "disaggregation": TEXT,
        "data_element": TEXT,  # missing for reports
        "data_element_name": TEXT,
        "category_option_combo": TEXT,
        "category_option_combo_name": TEXT,
        "org_unit_uid": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "value": TEXT,  # DHIS2's own text
        "number": "float64",
        "coefficient": "float64",
    },
)
POPULATION_TERMS = Contract(  # population of one place and month in one part
    "population_terms",
    {
        "part": TEXT,
        "measure": TEXT,
        "series": TEXT,
        "org_unit_uid": TEXT,
        "org_unit_name": TEXT,
        "period": TEXT,
        "population": "float64",  # the series' own value of the year
        "share": "float64",  # of the measure in the series
        "days": "float64",  # of the period; missing when the measure is taken as it is
        "coefficient": "float64",
    },
)
PARTS = {"numerator": "Numérateur", "denominator": "Dénominateur"}
YEAR_DAYS = 365
REFERENCE = re.compile(r"#\{([^}|]+)(?:\|([^}]*))?\}")
GROUP = ["name", "disaggregation", "data_element", "category_option_combo", "coefficient"]


@dataclass(frozen=True, slots=True)
class Explained:
    """The result that is explained, and the names its explanation needs."""

    code: str
    indicator: Indicator
    org_unit_path: Sequence[str]  # names, from the root down
    org_unit_uid: str
    period: str
    numerator: float | None
    denominator: float | None
    value: float | None
    status: str | None
    completeness: float | None
    disaggregation: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  # variables and measures -> names

    @property
    def parts(self) -> dict[str, float | None]:
        """What compute says each part is worth; a count has no denominator."""
        both = {"numerator": self.numerator, "denominator": self.denominator}
        return both if self.indicator.denominator is not None else {"numerator": self.numerator}


def explain(
    explained: Explained, cells: pd.DataFrame, populations: pd.DataFrame, *, limit: int | None = 60
) -> str:
    """The road back from a value to DHIS2's cells, as text; `limit` rows a part (None: all of them).

    Subtotals and sums are always those of every row, shown or not.
    """
    found = SOURCE_CELLS.check(cells)
    people = POPULATION_TERMS.check(populations)
    lines = list(heading(explained))
    for part, expected in explained.parts.items():
        lines += ["", f"{PARTS[part]} = {french.exact(expected)}"]
        own, theirs = found[found["part"] == part], people[people["part"] == part]
        lines += cell_lines(own, explained.names, limit)
        lines += population_lines(theirs, explained.names, limit)
        lines += sum_lines(part, own, theirs, expected)
    return "\n".join(lines) + "\n"


def heading(explained: Explained) -> Iterator[str]:
    """What is explained: name, formula, place, period, value with its parts."""
    indicator = explained.indicator
    yield f"{explained.code} · {french.plain(indicator.name)}"
    yield f"  définition   {french.plain(indicator.definition)}"
    yield f"  formule      {formula(indicator, explained.names)}"
    if explained.disaggregation:
        yield f"  ventilation  {bands(explained.disaggregation)}"
    yield f"  lieu         {' › '.join(map(french.plain, explained.org_unit_path))} [{explained.org_unit_uid}]"
    yield f"  période      {french.period(explained.period)}"
    yield f"  valeur       {french.number(explained.value, indicator.decimals)} {french.plain(indicator.unit)}"
    parts = f"{french.exact(explained.numerator)}"
    if indicator.denominator is not None:
        parts += f" ÷ {french.exact(explained.denominator)}"
    yield f"  calcul       {parts} × {french.exact(indicator.factor)}"
    yield f"  statut       {french.status(explained.status)}"
    yield f"  complétude   {french.percent(explained.completeness)} des rapports attendus"


def formula(indicator: Indicator, names: Mapping[str, str]) -> str:
    """The declared expressions with the names of their variables."""

    def worded(text: str) -> str:
        return REFERENCE.sub(lambda match: reference(match.group(1), match.group(2), names), text)

    text = worded(indicator.numerator)
    if indicator.numerator_weights is not None:
        text = f"({text}) × facteur de chaque {indicator.numerator_weights.dimension}"
    if indicator.denominator is None:
        return text
    text = f"({text}) ÷ ({worded(indicator.denominator)}) × {french.exact(indicator.factor)}"
    return f"{text}, population en personnes-temps (jours ÷ {YEAR_DAYS})" if indicator.annualised else text


def reference(name: str, bands_: str | None, names: Mapping[str, str]) -> str:
    """One variable of an expression, in words."""
    known = f"« {french.plain(names.get(name, name))} »"
    return f"{known} ({french.plain(bands_)})" if bands_ else known


def bands(disaggregation: str) -> str:
    """`age=15-24|method=pill` -> age : 15-24, method : pill."""
    return french.plain(", ".join(f"{name} : {band}" for name, band in read(disaggregation).items()))


def cell_lines(cells: pd.DataFrame, names: Mapping[str, str], limit: int | None) -> Iterator[str]:
    """The cells, grouped by variable, element and combination, each group with its subtotal."""
    if cells.empty:
        return
    rows = cells.assign(contribution=cells["number"] * cells["coefficient"])
    left = len(rows) if limit is None else limit
    for _, group in rows.groupby(GROUP, sort=True, dropna=False):
        yield from group_head(group, names)
        shown = group.sort_values(["org_unit_name", "org_unit_uid", "period"]).head(max(left, 0))
        left -= len(shown)
        yield from aligned([cell_columns(row) for row in shown.to_dict("records")])
        if len(shown) < len(group):
            hidden = french.count(len(group) - len(shown), "cellule")
            yield f"      … {hidden} de plus (toutes : option --all)"
        total = french.exact(float(group["contribution"].sum()))
        yield f"      sous-total : {total} ({french.count(len(group), 'cellule')})"
        yield from unread(group)


def group_head(group: pd.DataFrame, names: Mapping[str, str]) -> Iterator[str]:
    """Variable, data element, combination and coefficient of a group."""
    first = group.iloc[0]
    split = f" ({bands(str(first['disaggregation']))})" if first["disaggregation"] else ""
    yield f"  {french.plain(names.get(str(first['name']), str(first['name'])))}{split} [{first['name']}]"
    if isinstance(first["data_element"], str):
        element = named(first["data_element_name"], first["data_element"])
        combo = named(first["category_option_combo_name"], first["category_option_combo"])
        yield f"    {element} · {combo} · coefficient {french.exact(float(first['coefficient']))}"


def named(name: object, uid: object) -> str:
    """A name and its uid."""
    return f"{french.plain(name)} [{french.plain(uid)}]".strip()


def cell_columns(row: Mapping[object, object]) -> list[str]:
    """One cell: place, period, text as typed, contribution."""
    contribution = row["contribution"]
    return [
        named(row["org_unit_name"], row["org_unit_uid"]),
        french.plain(row["period"]),
        french.plain(row["value"]),
        french.exact(contribution if isinstance(contribution, float) else None),
    ]


def unread(group: pd.DataFrame) -> Iterator[str]:
    """A cell whose text is no number counts for nothing, and that is said."""
    lost = int(group["number"].isna().sum())
    if lost:
        yield f"      ATTENTION : {french.count(lost, 'cellule')} sans nombre, hors du calcul"


def population_lines(people: pd.DataFrame, names: Mapping[str, str], limit: int | None) -> Iterator[str]:
    """Population terms: series × share × days ÷ 365."""
    if people.empty:
        return
    rows = people.assign(contribution=person_time(people))
    left = len(rows) if limit is None else limit
    for (measure, series), group in rows.groupby(["measure", "series"], sort=True):
        yield f"  {french.plain(names.get(str(measure), str(measure)))} [{measure}], série « {french.plain(series)} »"
        shown = group.sort_values(["org_unit_name", "org_unit_uid", "period"]).head(max(left, 0))
        left -= len(shown)
        yield from aligned([population_columns(row) for row in shown.to_dict("records")])
        if len(shown) < len(group):
            yield f"      … {french.count(len(group) - len(shown), 'ligne')} de plus (toutes : option --all)"
        total = french.exact(float(group["contribution"].sum()))
        yield f"      sous-total : {total} ({french.count(len(group), 'ligne')})"


def person_time(people: pd.DataFrame) -> "pd.Series[float]":
    """Population × share × days ÷ 365; without days the population as it is."""
    time = (people["days"] / YEAR_DAYS).fillna(1.0)
    return people["population"] * people["share"] * time * people["coefficient"]


def population_columns(row: Mapping[object, object]) -> list[str]:
    """One place and period of a population term."""
    population, share, days, contribution = (
        value if isinstance(value := row[name], float) else None
        for name in ("population", "share", "days", "contribution")
    )
    time = "" if days is None or np.isnan(days) else f" × {french.exact(days)} ÷ {YEAR_DAYS}"
    return [
        named(row["org_unit_name"], row["org_unit_uid"]),
        french.plain(row["period"]),
        f"{french.exact(population)} × {french.exact(share)}{time}",
        french.exact(contribution),
    ]


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of text: the first two to the left, the others to the right."""
    if not rows:
        return
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True)]
        yield f"      {'  '.join([*left, *right])}".rstrip()


def sum_lines(part: str, cells: pd.DataFrame, people: pd.DataFrame, expected: float | None) -> Iterator[str]:
    """The sum of everything, and whether it is the part; a difference is shouted."""
    amount = len(cells) + len(people)
    if not amount:
        yield "  aucune cellule dans l'entrepôt : manquant n'est pas zéro"
    total = float((cells["number"] * cells["coefficient"]).sum() + person_time(people).sum())
    known = expected is not None and not np.isnan(expected)
    if not amount and not known:
        return
    label = PARTS[part].lower()
    if known and expected is not None and np.isclose(total, expected, rtol=1e-9, atol=1e-6):
        yield f"  somme : {french.exact(total)} ({french.count(amount, 'ligne')}) = {label}, vérifié"
        return
    gap = f", écart de {french.exact(total - expected)}" if known and expected is not None else ""
    yield f"  ATTENTION : la somme des cellules ({french.exact(total)}) n'est pas le {label} calculé"
    yield f"  ({french.exact(expected)}){gap}. Les données ont changé depuis le calcul, ou le calcul est faux :"
    yield "  relancer « layidu compute », puis signaler l'écart s'il demeure."
