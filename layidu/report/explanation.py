"""Which source cells, one by one, make this value?"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from layidu.model.frames import TEXT, Contract
from layidu.report import french
from layidu.report.beside import Beside, beside_lines
from layidu.report.explained import YEAR_DAYS, Explained, bands, heading

__all__ = ["LEFT_OUT", "POPULATION_TERMS", "SOURCE_CELLS", "Explained", "explain"]

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
LEFT_OUT = Contract(  # cells a correction keeps out of compute, with its reason
    "left_out", {**dict(SOURCE_CELLS.columns), "reason": TEXT}
)
PARTS = {"numerator": "Numérateur", "denominator": "Dénominateur"}
GROUP = ["name", "disaggregation", "data_element", "category_option_combo", "coefficient"]


def explain(
    explained: Explained,
    cells: pd.DataFrame,
    populations: pd.DataFrame,
    *,
    left_out: pd.DataFrame | None = None,
    beside: Beside | None = None,
    limit: int | None = 60,
) -> str:
    """The road back from a value to DHIS2's cells, as text; `limit` rows a part (None: all of them).

    Subtotals and sums are always those of every row, shown or not. `left_out` (LEFT_OUT) are cells a correction
    keeps out of compute: counted and listed, never added; `beside` is what else a reader must know.
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
    lines += [f"  {note}" for note in (beside.notes if beside else ())]
    lines += left_out_lines(LEFT_OUT.frame() if left_out is None else LEFT_OUT.check(left_out))
    lines += beside_lines(beside, limit) if beside else ()
    return "\n".join(lines) + "\n"


def left_out_lines(cells: pd.DataFrame) -> Iterator[str]:
    """Cells that a correction keeps out of the sums, each with its reason."""
    if cells.empty:
        return
    yield ""
    yield f"Hors du calcul, par correction déclarée : {french.count(len(cells), 'cellule')}"
    rows = cells.sort_values(["part", "org_unit_name", "org_unit_uid", "period"]).to_dict("records")
    for row in rows:
        element = named(row["data_element_name"], row["data_element"])
        place = named(row["org_unit_name"], row["org_unit_uid"])
        period, value, reason = (french.plain(row[name]) for name in ("period", "value", "reason"))
        yield f"      {element}, {place}, {period} : « {value} » ; {reason}"


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
            yield f"      … {hidden} de plus, comprises dans le sous-total"
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
            yield f"      … {french.count(len(group) - len(shown), 'ligne')} de plus, comprises dans le sous-total"
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
