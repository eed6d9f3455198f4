"""What is an estimate of modern use made of: the units of each year, what each of them counts for, and the steps?"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from flows.estimating import basis
from flows.evidence import Evidence
from layidu.compute.estimated_use import reported, reported_share, weights
from layidu.mapping.contracts import Indicator, Mappings, Methods
from layidu.mapping.estimating import EstimatedUse, MethodUse
from layidu.mapping.terms import CONSTANT, USERS
from layidu.model.disaggregation import read as read_bands
from layidu.report import french
from layidu.report.explanation import LEFT_OUT, SOURCE_CELLS
from warehouse import read

STATISTICS = {
    "clients": "unités remises aux clientes",
    "facilities": "unités remises aux structures",
    "visits": "visites",
    "users": "utilisatrices",
}


@dataclass(frozen=True, slots=True)
class Steps:
    """One estimate: which methods are counted, since when, and in which year."""

    methods: Methods
    declared: EstimatedUse
    counted: dict[str, str]  # disaggregation of the sums -> method
    first_year: int
    year: int

    def use(self, text: str) -> MethodUse:
        """How one method is used; its term is there because it is declared."""
        found = self.methods.methods[self.counted[text]].use
        if found is None:
            raise ValueError(f"found no use of {self.counted[text]}, expected one")
        return found

    def years(self) -> list[int]:
        """The years whose units count."""
        found = {one for text in self.counted for one in self.by_year(text)}
        return sorted(found)

    def by_year(self, text: str) -> dict[int, float]:
        """Year of the units -> users for each; nothing in a year before the first whole one."""
        if self.year < self.first_year:
            return {}
        return weights(self.declared, self.use(text), self.first_year, self.year)


def steps_of(where: Evidence, mappings: Mappings) -> Steps | None:
    """The estimate behind these terms; None where they are no estimate."""
    of_users = where.terms[where.terms["kind"] == USERS].reset_index(drop=True)
    methods = mappings.methods
    if of_users.empty or methods is None or methods.estimated_use is None or not where.months:
        return None
    dimension, first = basis(where.warehouse, mappings, where.source, of_users)
    counted = {text: read_bands(text)[dimension] for text in sorted(set(of_users["filter"]))}
    return Steps(methods, methods.estimated_use, counted, first, where.months[0] // 100)


def units_of(where: Evidence, steps: Steps) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of every year whose units count (SOURCE_CELLS), each by what a unit of it counts for.

    And those of them that a correction leaves out (LEFT_OUT).
    """
    of_users = where.terms[where.terms["kind"] == USERS].reset_index(drop=True)
    found, left_out = [SOURCE_CELLS.frame()], [LEFT_OUT.frame()]
    for year in steps.years():
        weight = of_users["filter"].map(lambda text, year=year: steps.by_year(text).get(year, float("nan")))
        terms = of_users.assign(coefficient=of_users["coefficient"] * weight, kind="variable")
        terms = terms[weight.notna()].reset_index(drop=True)
        months = where.months if year == steps.year else [year * 100 + month for month in range(1, 13)]
        cells = read.source_cells(where.warehouse, where.source, terms, where.uid, months)
        named = cells.assign(kind="variable").rename(
            columns={"variable": "name", "org_unit": "org_unit_uid", "left_out": "reason"}
        )
        counted = named["reason"].isna()
        found.append(SOURCE_CELLS.cast(named[counted]))
        left_out.append(LEFT_OUT.cast(named[~counted]))
    return (
        SOURCE_CELLS.cast(pd.concat(found, ignore_index=True)),
        LEFT_OUT.cast(pd.concat(left_out, ignore_index=True)),
    )


def told(steps: Steps, cells: pd.DataFrame, completeness: float | None) -> Iterator[str]:
    """The five steps in words, with the figures of this place; `cells` as of `units_of`."""
    yield f"étape 1 : une seule statistique, {STATISTICS[steps.declared.statistic]}"
    if steps.year < steps.first_year:
        yield f"{steps.year} n'est pas entière dans la copie, qui commence avec {steps.first_year} : rien n'est estimé"
        return
    own = cells.assign(year=cells["period"].str[:4].astype("int64"))
    for text, method in steps.counted.items():
        units = own[own["disaggregation"] == text].groupby("year")["number"].sum()
        yield from told_of(steps, text, method, dict(zip(units.index.tolist(), units.tolist(), strict=True)))
    least = french.percent(steps.declared.minimum_reporting)
    yield f"étape 5 : utilisatrices de toutes les méthodes comptées ÷ femmes ; exclues : {excluded(steps)}"
    yield f"rapports de l'année : {french.percent(completeness)}, il en faut {least}"


def told_of(steps: Steps, text: str, method: str, units: dict[int, float]) -> Iterator[str]:
    """One method: its users by year of the units, then the sectors that do not report."""
    use = steps.use(text)
    step = "étape 2" if use.duration == "short" else "étape 3"
    by_unit = reported(steps.declared, use, steps.first_year, steps.year)
    parts = [
        f"{french.exact(units[year])} ({year}) × {french.exact(weight)}"
        for year, weight in sorted(by_unit.items())
        if year in units
    ]
    users = sum(units[year] * weight for year, weight in by_unit.items() if year in units)
    if not parts:
        return
    yield f"{step}, {method} : {' + '.join(parts)} = {french.exact(users)}"
    share = reported_share(steps.declared, use, steps.year)
    if use.supply is None:
        yield f"étape 4, {method} : aucune part de secteur déclarée, sans correction"
    else:
        yield (
            f"étape 4, {method} : ÷ {french.exact(share)} (part rapportée, « {use.supply} »)"
            f" = {french.exact(users / share)}"
        )


def excluded(steps: Steps) -> str:
    """The methods left out, or none."""
    return ", ".join(steps.declared.excluded) or "aucune"


def factors_of(mappings: Mappings, indicator: Indicator, year: int) -> Iterator[str]:
    """The declared numbers the denominator is multiplied by, in words."""
    for name in indicator.denominator_times:
        one = mappings.parameters[name]
        yield f"dénominateur : × {french.exact(one.of(year))}, {one.name} [{name}]"


def constants_of(where: Evidence) -> pd.DataFrame:
    """The declared numbers that are added once (SOURCE_CELLS)."""
    rows = where.terms[where.terms["kind"] == CONSTANT]
    unit = where.tree.loc[where.tree["uid"] == where.uid, "name"].iloc[0]
    year = str(where.months[0] // 100) if where.months else ""
    absent = (None, None, None, None)
    return SOURCE_CELLS.frame(
        (
            *(row["part"], "parameter", row["name"], "", *absent, where.uid, unit, year),
            *(french.exact(abs(row["coefficient"])), abs(row["coefficient"])),
            -1.0 if row["coefficient"] < 0 else 1.0,
        )
        for row in rows.to_dict("records")
    )
