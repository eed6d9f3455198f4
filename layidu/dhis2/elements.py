"""Which data element of a target holds which part of which result? The same uids on every server."""

from collections.abc import Mapping

import pandas as pd

from layidu.dhis2.publishable import formula_version, published
from layidu.mapping.contracts import Indicator
from layidu.mapping.publishing import Publication
from layidu.model.frames import PUBLISHED_ELEMENTS, TEXT, Contract
from layidu.model.ids import result_uid

ELEMENTS = Contract(
    "elements",
    {
        "indicator": TEXT,  # code of the indicator, or of the figure
        "part": TEXT,  # numerator | denominator; of a figure value | expected | target | colour
        "data_element": TEXT,  # uid
        "data_set": TEXT,  # uid
        "indicator_uid": TEXT,  # of the DHIS2 indicator; missing for a count and for a figure
        "factor": "float64",
    },
    ("data_element",),
)
LETTER = {"numerator": "N", "denominator": "D", "value": "V", "expected": "A", "target": "T", "colour": "C"}
FRENCH_PART = {
    "numerator": "numérateur",
    "denominator": "dénominateur",
    "value": "valeur",
    "expected": "attendu",
    "target": "cible",
    "colour": "couleur",
}


def code_of(publication_code: str, indicator_code: str, part: str = "") -> str:
    """`LYD_<publication>_<indicator>`, with a letter for a part."""
    return "_".join(["LYD", publication_code, indicator_code, *([LETTER[part]] if part else [])])


def element_uid(publication_code: str, indicator_code: str, part: str) -> str:
    """The uid of the element of one part."""
    return result_uid("dataElement", code_of(publication_code, indicator_code, part))


def data_set_uid(publication: Publication) -> str:
    """The uid of a publication's data set."""
    return result_uid("dataSet", publication.code)


def parts_of(indicator: Indicator) -> tuple[str, ...]:
    """What of an indicator is pushed."""
    return ("numerator",) if indicator.denominator is None else ("numerator", "denominator")


def elements_of(
    publication_code: str, publication: Publication, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """One row per element of a publication of parts (`ELEMENTS`)."""
    rows = [
        (
            code,
            part,
            element_uid(publication_code, code, part),
            data_set_uid(publication),
            result_uid("indicator", code_of(publication_code, code)) if indicator.denominator else None,
            float(indicator.factor),
        )
        for code, indicator in published(publication_code, publication, indicators).items()
        for part in parts_of(indicator)
    ]
    return ELEMENTS.frame(rows)


def described_parts(
    publication_code: str, elements: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """What each element of parts stands for, for the warehouse (`PUBLISHED_ELEMENTS`)."""
    codes, parts = elements["indicator"].tolist(), elements["part"].tolist()
    labels = [
        f"{indicators[code].short_name}, {FRENCH_PART[part]}" for code, part in zip(codes, parts, strict=True)
    ]
    formulas = [formula_version(indicators[code]) for code in codes]
    return PUBLISHED_ELEMENTS.cast(
        elements.assign(publication=publication_code, label=labels, formula=formulas)
    )
