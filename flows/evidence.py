"""What a result is made of: its cells, its reports, its populations, exactly those that compute counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from layidu.compute.cascade import share_of
from layidu.compute.populations import population_values
from layidu.mapping.contracts import Populations
from layidu.model.frames import MAPPED_SUMS
from layidu.model.periods import days_in_month
from layidu.report.explanation import LEFT_OUT, POPULATION_TERMS, SOURCE_CELLS
from warehouse import read
from warehouse.connect import Warehouse

REPORTS = ("reports_received", "reports_expected", "reports_on_time")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One indicator at one org unit in some ended months."""

    warehouse: Warehouse
    source: str
    terms: pd.DataFrame  # frames.TERMS of the indicator's total
    tree: pd.DataFrame  # frames.TREE
    uid: str
    months: tuple[int, ...]  # yyyymm, all of one year

    def branch(self) -> set[int]:
        """The keys of the unit and everything below it."""
        inside = set(self.tree.loc[self.tree["uid"] == self.uid, "org_unit"])
        for _ in range(int(self.tree["level"].max())):
            inside |= set(self.tree.loc[self.tree["parent"].isin(inside), "org_unit"])
        return inside

    def value_cells(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The data values that count (SOURCE_CELLS), and those a correction leaves out (LEFT_OUT)."""
        terms = self.terms[~self.terms["name"].isin(REPORTS)]
        found = read.source_cells(self.warehouse, self.source, terms, self.uid, self.months)
        named = found.assign(kind="variable").rename(
            columns={"variable": "name", "org_unit": "org_unit_uid", "left_out": "reason"}
        )
        counted = named["reason"].isna()
        return SOURCE_CELLS.cast(named[counted]), LEFT_OUT.cast(named[~counted])

    def reports(self) -> pd.DataFrame:
        """Expected and received reports of the year's months up to the last one (REPORTS), of the whole tree."""
        last = self.months[-1]
        through = date(last // 100, last % 100, days_in_month(last))
        return read.reports(self.warehouse, self.source, last // 100, through)

    def report_cells(self) -> pd.DataFrame:
        """Reports received and expected, a row an org unit and month, where the indicator counts reports."""
        counted = self.terms[self.terms["name"].isin(REPORTS)]
        if counted.empty or not self.months:
            return SOURCE_CELLS.frame()
        units = self.tree[["org_unit", "uid", "name"]].rename(
            columns={"uid": "org_unit_uid", "name": "org_unit_name"}
        )
        reports = self.reports()
        inside = reports["org_unit"].isin(self.branch()) & reports["period"].isin(self.months)
        reports = reports[inside].merge(units, on="org_unit")
        rows = [self.counted_reports(reports, term) for term in counted.itertuples(index=False)]
        return SOURCE_CELLS.cast(pd.concat(rows, ignore_index=True))

    @staticmethod
    def counted_reports(reports: pd.DataFrame, term: Any) -> pd.DataFrame:
        """One term's reports; a report that did not come is no row."""
        some = reports[("data_set=" + reports["data_set"]) == term.filter]
        number = some[term.name.removeprefix("reports_")].astype("float64")
        absent = dict.fromkeys(
            ("data_element", "data_element_name", "category_option_combo", "category_option_combo_name")
        )
        made = some.assign(
            part=term.part,
            kind="report",
            name=term.name,
            disaggregation=term.filter,
            period=some["period"].astype("str"),
            value=number.map("{:.0f}".format),
            number=number,
            coefficient=term.coefficient,
            **absent,
        )
        came: pd.DataFrame = made[number != 0]
        return came

    def population_terms(
        self, declared: Populations | None, data_sets: Sequence[str], *, annualised: bool
    ) -> pd.DataFrame:
        """Population × share × days / 365 of each place and month, where a part is a population."""
        wanted = self.terms[self.terms["kind"] == "population"]
        if wanted.empty or declared is None or not self.months:
            return POPULATION_TERMS.frame()
        year = self.months[0] // 100
        codes = read.org_unit_codes(self.warehouse, self.source)
        sums = self.yearly_sums(year)
        values = population_values(declared, sums, self.tree, year, org_unit_codes=codes)
        inside = values[values["org_unit"].isin(self.branch())].merge(self.tree, on="org_unit")
        months = pd.DataFrame({"month": self.counted_months(data_sets)})
        open_then = opened(inside.merge(months, how="cross"))
        if not annualised:
            open_then = open_then.drop_duplicates(["measure", "org_unit"], keep="last")
        rows = []
        for term in wanted.to_dict("records"):
            some = open_then[open_then["measure"] == term["name"]]
            share = share_of(declared, str(term["name"]), year) or float("nan")
            days = some["month"].map(days_in_month).astype("float64")
            rows.append(
                some.assign(
                    part=term["part"],
                    org_unit_uid=some["uid"],
                    org_unit_name=some["name"],
                    period=some["month"].astype("str") if annualised else str(year),
                    population=some["value"] / share,
                    share=share,
                    days=days if annualised else float("nan"),
                    coefficient=term["coefficient"],
                )
            )
        return POPULATION_TERMS.cast(pd.concat(rows, ignore_index=True))

    def yearly_sums(self, year: int) -> pd.DataFrame:
        """Yearly totals of this year and those before it (MAPPED_SUMS)."""
        years = [known for known in read.years(self.warehouse, self.source) if known <= year]
        frames = [read.mapped_sums(self.warehouse, self.source, known) for known in years]
        plain = [
            frame[frame["period"] % 100 == 0].astype({"variable": "str", "disaggregation": "str"})
            for frame in frames
        ]
        return MAPPED_SUMS.cast(pd.concat(plain)) if plain else MAPPED_SUMS.frame()

    def reported_months(self, data_sets: Sequence[str]) -> list[str]:
        """The months in which somebody of the branch reported on the indicator's data sets."""
        reports = self.reports() if self.months else None
        if reports is None:
            return []
        wanted = reports["data_set"].isin(data_sets) & reports["org_unit"].isin(self.branch())
        months = set(reports.loc[wanted & (reports["received"] > 0), "period"])
        return [str(month) for month in self.months if month in months]

    def counted_months(self, data_sets: Sequence[str]) -> list[int]:
        """The months in which a report of the indicator's data sets was expected; all where none is known."""
        reports = self.reports()
        known = set(reports.loc[reports["data_set"].isin(data_sets) & (reports["expected"] > 0), "period"])
        return [month for month in self.months if month in known or not known]


def opened(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose org unit was open on a day of their month."""
    begins = pd.to_datetime(rows["month"].astype("str"), format="%Y%m")
    ends = begins + pd.offsets.MonthEnd(0)
    early = rows["opening_date"].isna() | (rows["opening_date"] <= ends)
    late = rows["closed_date"].isna() | (rows["closed_date"] >= begins)
    return rows[early & late]
