"""Which cells of a quarter or a year count, and by how much, where a variable is not added up over months?"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from layidu.mapping.contracts import Indicator, Variable
from layidu.report import french

WORDS = {"last": "dernière valeur connue", "average": "moyenne des mois connus"}


def in_time(
    cells: pd.DataFrame,
    indicator: Indicator,
    variables: Mapping[str, Variable],
    reported: Collection[str],
) -> tuple[pd.DataFrame, list[str]]:
    """The cells that count, each with what it counts for, and a note a part where that is no plain sum.

    As compute does: the terms of one part that add up alike over time share their months; `last` takes the last
    month in which any of them is present, `average` divides by the number of those months. `reported` are the months
    with a report, in which an absent cell may mean zero.
    """
    kept: list[pd.DataFrame] = []
    notes: list[str] = []
    ways = cells["name"].map(lambda name: way_of(str(name), indicator, variables))
    for (part, way), group in cells.groupby([cells["part"], ways], sort=True):
        months = sorted(present_months(group, variables, reported))
        if way == "last" and months:
            kept.append(group[group["period"] == months[-1]])
            notes.append(f"{PARTS[str(part)]} : {WORDS['last']}, {french.period(months[-1])}")
        elif way == "average" and months:
            kept.append(group.assign(coefficient=group["coefficient"] / len(months)))
            notes.append(
                f"{PARTS[str(part)]} : {WORDS['average']} ({french.count(len(months), 'mois', 'mois')})"
            )
        else:
            kept.append(group)
    found = pd.concat(kept).sort_index() if kept else cells
    return found.reset_index(drop=True), notes


PARTS = {"numerator": "numérateur", "denominator": "dénominateur"}


def way_of(name: str, indicator: Indicator, variables: Mapping[str, Variable]) -> str:
    """How one name is added over time: as its variable says, unless the indicator takes the last month."""
    variable = variables.get(name)
    return (
        variable.over_time if indicator.over_time == "sum" and variable is not None else indicator.over_time
    )


def present_months(
    cells: pd.DataFrame, variables: Mapping[str, Variable], reported: Collection[str]
) -> set[str]:
    """The months with a cell, and those with a report where absence means zero."""
    names: Sequence[str] = sorted(set(cells["name"]))
    zeros = any(name in variables and variables[name].absence == "zero-if-reported" for name in names)
    return set(cells["period"]) | (set(reported) if zeros else set())
