"""Which figures does a publication of figures declare, and what are they worth in each ended period?"""

import pandas as pd

from flows.night import AtHand, Night
from flows.promised_figures import declared_plan, declared_promises, promised_values
from layidu.dhis2.figures import DECLARED_FIGURES, FIGURE_VALUES, declared_figures
from layidu.dhis2.publishable import figure_indicators, formula_version
from layidu.mapping.contracts import Mappings
from layidu.mapping.publishing import Publication


def declared_of(mappings: Mappings, publication: Publication) -> pd.DataFrame:
    """Every figure of a publication (`DECLARED_FIGURES`), whether it has a value yet or not."""
    frames = [indicator_figures(mappings, publication)]
    if publication.commitments:
        frames.append(declared_promises(mappings, publication))
    if publication.plan:
        frames.append(declared_plan(mappings))
    return declared_figures(frames)


def values_of(
    night: Night, source: AtHand, publication: Publication, results: pd.DataFrame, tree: pd.DataFrame
) -> pd.DataFrame:
    """What the figures are worth (`FIGURE_VALUES`), of indicators, promises and plan lines."""
    of_indicators = indicator_values(publication, results, tree)
    country = tree.loc[tree["parent"] == -1, "uid"].tolist()
    if not (publication.commitments or publication.plan) or len(country) != 1:
        return of_indicators
    promised = promised_values(night, source, publication, country[0])
    return FIGURE_VALUES.cast(pd.concat([of_indicators, promised], ignore_index=True))


def indicator_figures(mappings: Mappings, publication: Publication) -> pd.DataFrame:
    """Indicators that are no ratio of sums, each with its value."""
    chosen = figure_indicators(publication, mappings.indicators)
    return DECLARED_FIGURES.frame(
        [
            (
                code,
                "value",
                one.name,
                f"{one.definition} Unité : {one.unit}. Source : {one.source}.",
                formula_version(one),
            )
            for code, one in chosen.items()
        ]
    )


def indicator_values(publication: Publication, results: pd.DataFrame, tree: pd.DataFrame) -> pd.DataFrame:
    """The computed totals of the indicators at the published levels."""
    units = tree.loc[tree["level"].isin(publication.shown_levels), ["org_unit", "uid"]]
    rows = results[(results["disaggregation"] == "") & results["value"].notna()].merge(units, on="org_unit")
    return FIGURE_VALUES.cast(
        rows.assign(figure=rows["indicator"], part="value", org_unit=rows["uid"]).sort_values(
            list(FIGURE_VALUES.key)
        )
    )
