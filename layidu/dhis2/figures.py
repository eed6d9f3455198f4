"""How are figures shown that nothing may add up: survey values, targets, colours, stocks, estimates of users?

Each is an element with aggregation type LAST_IN_PERIOD whose aggregation levels are all published levels: each
level shows its own value, a period without a value shows nothing, and a longer period shows the last one inside it
(measured on 2.41, 2.42 and 2.43). A colour is a number from 1 to 4, never 0, because zeros are left out of
analytics.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from layidu.dhis2.canonical import texts
from layidu.dhis2.elements import ELEMENTS, FRENCH_PART, data_set_uid, element_uid
from layidu.mapping.publishing import Publication, SmallNumbers
from layidu.model.frames import PUBLISHED_ELEMENTS, TARGET_CELLS, TEXT, Contract
from layidu.model.periods import containing, ended, parse

COLOURS = {"GREY": 1, "RED": 2, "YELLOW": 3, "GREEN": 4}
#: What is longer than a period type and made of whole periods of it.
COARSER = {
    "Monthly": ("BiMonthly", "Quarterly", "SixMonthly", "Yearly"),
    "Quarterly": ("SixMonthly", "Yearly"),
    "SixMonthly": ("Yearly",),
    "Yearly": (),
}

DECLARED_FIGURES = Contract(  # what a publication of figures shows
    "declared_figures",
    {
        "figure": TEXT,  # code: of an indicator, a promise and its population, a plan line
        "part": TEXT,  # value | expected | target | colour
        "name": TEXT,  # French
        "description": TEXT,
        "formula": TEXT,  # version of what it is computed by
    },
    ("figure", "part"),
)
FIGURE_VALUES = Contract(
    "figure_values",
    {
        "figure": TEXT,
        "part": TEXT,
        "period": TEXT,  # of the publication's own type, or it is left out
        "org_unit": TEXT,  # uid
        "value": "float64",
    },
    ("figure", "part", "period", "org_unit"),
)


def elements_of_figures(
    publication_code: str, publication: Publication, declared: pd.DataFrame
) -> pd.DataFrame:
    """One element a figure and part (`ELEMENTS`)."""
    rows = [
        (figure, part, element_uid(publication_code, figure, part), None, 1.0)
        for figure, part in zip(declared["figure"].tolist(), declared["part"].tolist(), strict=True)
    ]
    names = ["indicator", "part", "data_element", "indicator_uid", "factor"]
    return ELEMENTS.cast(pd.DataFrame(rows, columns=names).assign(data_set=data_set_uid(publication)))


def figure_cells(
    values: pd.DataFrame,
    elements: pd.DataFrame,
    publication: Publication,
    *,
    today: datetime,
    category_option_combo: str,
) -> pd.DataFrame:
    """The cells a publication of figures stands by (`TARGET_CELLS`): ended periods of its own type, rounded.

    A missing value gives no cell; a value that is none of the declared figures is left out.
    """
    rows = FIGURE_VALUES.check(values).dropna(subset="value")
    known = {text: parse(text) for text in rows["period"].unique()}
    fit = [
        text
        for text, period in known.items()
        if period.type == publication.period_type and ended(period, today.date())
    ]
    rows = rows[rows["period"].isin(fit)].rename(columns={"figure": "indicator"})
    cells = rows.merge(elements, on=["indicator", "part"])
    whole = cells["part"] == "colour"
    rounded = cells["value"].round(publication.round_to).mask(whole, cells["value"].round(0))
    return TARGET_CELLS.cast(
        cells.assign(
            category_option_combo=category_option_combo,
            attribute_option_combo=category_option_combo,
            value=texts(rounded),
        ).sort_values(list(TARGET_CELLS.key))
    )


def without_small_numbers(values: pd.DataFrame, decisions: Mapping[str, SmallNumbers]) -> pd.DataFrame:
    """The values that a declared decision does not keep back (`FIGURE_VALUES`); zero tells of nobody.

    With `grey` the colour of the figure stays, and is grey.
    """
    below = values["figure"].map({code: one.below for code, one in decisions.items()})
    small = (values["part"] == "value") & (values["value"] > 0) & (values["value"] < below)
    hidden = values.loc[small, ["figure", "period", "org_unit"]].assign(hidden=True)
    rows = values.merge(hidden, on=["figure", "period", "org_unit"], how="left")
    concerned = rows["hidden"].notna()
    greyed = rows["figure"].isin([code for code, one in decisions.items() if one.action == "grey"])
    colour = rows["part"] == "colour"
    rows["value"] = rows["value"].mask(concerned & greyed & colour, COLOURS["GREY"])
    return FIGURE_VALUES.cast(rows[~(concerned & ((rows["part"] == "value") | (colour & ~greyed)))])


def shown_at_coarser(cells: pd.DataFrame, period_type: str) -> pd.DataFrame:
    """What every longer period must show of LAST_IN_PERIOD cells: the last one inside it (`TARGET_CELLS`)."""
    known = {text: parse(text) for text in cells["period"].unique()}
    frames = [cells]
    for coarser in COARSER[period_type]:
        inside = {text: containing(coarser, period.start).id for text, period in known.items()}
        order = cells["period"].map({text: period.start for text, period in known.items()})
        longer = cells.assign(order=order, period=cells["period"].map(inside)).sort_values("order")
        frames.append(longer.drop_duplicates(list(TARGET_CELLS.key), keep="last").drop(columns="order"))
    return TARGET_CELLS.cast(pd.concat(frames, ignore_index=True))


def described_figures(publication_code: str, elements: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """What each element stands for, for the warehouse (`PUBLISHED_ELEMENTS`)."""
    named = declared.rename(columns={"figure": "indicator"})[["indicator", "part", "name", "formula"]]
    rows = elements.merge(named, on=["indicator", "part"], validate="1:1")
    labels = rows["name"] + ", " + rows["part"].map(FRENCH_PART)
    return PUBLISHED_ELEMENTS.cast(rows.assign(publication=publication_code, label=labels))


def declared_figures(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Figures of several kinds as one frame (`DECLARED_FIGURES`)."""
    return DECLARED_FIGURES.cast(pd.concat([DECLARED_FIGURES.frame(), *frames], ignore_index=True))
