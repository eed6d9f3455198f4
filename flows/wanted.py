"""What does a publication stand by: which elements, and which cells of the last ended periods?"""

from dataclasses import dataclass, field

import pandas as pd

from flows.computing import last_ended_month
from flows.figures import declared_of, values_of
from flows.night import AtHand, Night, Waits
from layidu.dhis2 import elements, figures, push
from layidu.dhis2.client import Client
from layidu.dhis2.provision import read_defaults
from layidu.mapping.publishing import Publication
from layidu.model.periods import month_number
from warehouse import read_sums


@dataclass(frozen=True, slots=True)
class Wanted:
    """One publication, as computed."""

    elements: pd.DataFrame = field(repr=False)  # elements.ELEMENTS
    described: pd.DataFrame = field(repr=False)  # frames.PUBLISHED_ELEMENTS
    results: pd.DataFrame = field(repr=False)  # frames.RESULTS of its indicators, at all levels and periods
    cells: pd.DataFrame = field(repr=False)  # frames.TARGET_CELLS
    withheld: int = 0  # counts that a declared decision keeps back
    waiting: frozenset[tuple[str, str]] = frozenset()  # elements and years whose last published cells stay


def wanted(
    night: Night, source: AtHand, code: str, publication: Publication, client: Client, waits: Waits
) -> Wanted:
    """The cells of a publication, without results that wait.

    `client` only tells what the target calls its default option combo.
    """
    indicators = night.mappings.indicators
    tree = read_sums.tree(night.warehouse, source.name)
    stored = read_sums.published_results(night.warehouse, source.name, sorted(set(publication.indicators)))
    results = without_waiting(stored, waits)
    combo = read_defaults(client).category_option_combo
    today = source.metadata.server.server_date
    if publication.kind == "figures":
        declared = declared_of(night.mappings, publication)
        of_figures = figures.elements_of_figures(code, publication, declared)
        values = values_of(night, source, publication, results, tree)
        kept = figures.without_small_numbers(values, publication.small_numbers)
        return Wanted(
            of_figures,
            figures.described_figures(code, of_figures, declared),
            results,
            figures.figure_cells(kept, of_figures, publication, today=today, category_option_combo=combo),
            len(values) - len(kept),
            waiting_elements(of_figures, waits),
        )
    of_parts = elements.elements_of(code, publication, indicators)
    kept = push.without_small_numbers(results, publication.small_numbers)
    cells, all_cells = (
        push.desired_cells(
            rows,
            tree,
            of_parts,
            level=publication.level,
            ended_through=str(month_number(last_ended_month(today.date()))),
            category_option_combo=combo,
        )
        for rows in (kept, results)
    )
    return Wanted(
        of_parts,
        elements.described_parts(code, of_parts, indicators),
        results,
        cells,
        len(all_cells) - len(cells),
        waiting_elements(of_parts, waits),
    )


def without_waiting(results: pd.DataFrame, waits: Waits) -> pd.DataFrame:
    """The results (RESULTS) that do not wait."""
    years = results["period"].str[:4].astype(int)
    waiting = [key in waits.reasons for key in zip(results["indicator"], years, strict=True)]
    return results[~pd.Series(waiting, index=results.index, dtype=bool)].reset_index(drop=True)


def waiting_elements(of: pd.DataFrame, waits: Waits) -> frozenset[tuple[str, str]]:
    """Elements (elements.ELEMENTS) and years of the results that wait."""
    by_indicator: dict[str, list[str]] = {}
    for indicator, element in zip(of["indicator"].tolist(), of["data_element"].tolist(), strict=True):
        by_indicator.setdefault(indicator, []).append(element)
    return frozenset(
        (element, str(year)) for code, year in waits.reasons for element in by_indicator.get(code, ())
    )
