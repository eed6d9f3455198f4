"""Which cells a publication stands by."""

import pandas as pd

from flows.publishing import plan_lines
from layidu.dhis2.elements import ELEMENTS
from layidu.dhis2.push import desired_cells, elements_hash, plan
from layidu.model.frames import PUBLISHED_ELEMENTS, RESULTS, TARGET_CELLS, TREE

TREE_FRAME = TREE.frame(
    [
        (1, -1, 1, "countryAAAA", "Mali", "2000-01-01", None),
        (2, 1, 2, "regionAAAAA", "Kayes", "2000-01-01", None),
        (3, 2, 3, "districtAAA", "Kita", "2000-01-01", None),
        (4, 2, 3, "districtBBB", "Nioro", "2000-01-01", None),
    ]
)
ELEMENTS_FRAME = ELEMENTS.frame(
    [
        ("PAL-CONF", "numerator", "confirmedAA", "dataSetAAAA", None, 1),
        ("PAL-TPR", "numerator", "positiveAAA", "dataSetAAAA", "rateAAAAAAA", 100),
        ("PAL-TPR", "denominator", "testedAAAAA", "dataSetAAAA", "rateAAAAAAA", 100),
    ]
)


def result(
    indicator: str, unit: int, period: str, numerator: float, denominator: float, split: str = ""
) -> tuple:
    return (indicator, split, unit, period, numerator, denominator, None, "computed", 1.0)


RESULTS_FRAME = RESULTS.frame(
    [
        result("PAL-CONF", 3, "202601", 0, None),
        result("PAL-CONF", 4, "202601", 7, None),
        result("PAL-CONF", 2, "202601", 7, None),
        result("PAL-CONF", 3, "202604", 5, None),
        result("PAL-CONF", 3, "2026Q1", 5, None),
        result("PAL-CONF", 3, "2026", 5, None),
        result("PAL-CONF", 3, "202602", 5, None, "age=5-14"),
        result("PAL-TPR", 3, "202603", None, 84.9315068493150685),
        result("PAL-TPR", 4, "202603", 1, 3),
        result("NOT-PUBLISHED", 3, "202601", 1, 1),
    ]
)


def desired() -> pd.DataFrame:
    return desired_cells(
        RESULTS_FRAME,
        TREE_FRAME,
        ELEMENTS_FRAME,
        level=3,
        ended_through="202603",
        category_option_combo="default0000",
    )


def test_only_ended_months_of_the_published_level_and_zero_is_a_value() -> None:
    cells = desired()
    assert sorted(
        zip(cells["data_element"], cells["period"], cells["org_unit"], cells["value"], strict=True)
    ) == [
        ("confirmedAA", "202601", "districtAAA", "0"),
        ("confirmedAA", "202601", "districtBBB", "7"),
        ("positiveAAA", "202603", "districtBBB", "1"),
        ("testedAAAAA", "202603", "districtAAA", "84.9315068493151"),
        ("testedAAAAA", "202603", "districtBBB", "3"),
    ]
    assert set(cells["data_set"]) == {"dataSetAAAA"}
    assert set(cells["category_option_combo"]) == set(cells["attribute_option_combo"]) == {"default0000"}


def test_nothing_computed_withdraws_what_was_ours_and_only_that() -> None:
    ours = desired()
    typed = ours.head(1).assign(value="99", period="202512")
    server = pd.concat([ours, typed], ignore_index=True)
    planned = plan(TARGET_CELLS.frame(), ours, server)
    assert planned.groupby("action").size().to_dict() == {"withdraw": len(ours), "foreign": 1}
    assert planned.loc[planned["action"] == "foreign", "before"].tolist() == ["99"]
    assert planned["value"].isna().all()


def test_another_element_or_another_formula_needs_a_new_consent_and_a_label_does_not() -> None:
    def described(*rows: tuple[str, str, str]) -> pd.DataFrame:
        return PUBLISHED_ELEMENTS.frame(
            [(uid, "dataSetAAAA", "P", "I", "numerator", label, formula) for uid, label, formula in rows]
        )

    known = elements_hash(described(("one", "Un", "1.a"), ("two", "Deux", "1.b")))
    assert elements_hash(described(("two", "Deux !", "1.b"), ("one", "Un", "1.a"))) == known
    assert elements_hash(described(("one", "Un", "2.c"), ("two", "Deux", "1.b"))) != known
    assert elements_hash(described(("one", "Un", "1.a"))) != known


def test_a_plan_is_shown_by_element_and_action() -> None:
    before = cells("confirmedAA", ["202601", "202602"], "1")
    planned = plan(cells("confirmedAA", ["202602", "202603"], "2"), before, before)
    described = PUBLISHED_ELEMENTS.frame(
        [("confirmedAA", "dataSetAAAA", "P", "PAL-CONF", "numerator", "Cas confirmés", "1.a")]
    )
    assert list(plan_lines(planned, described)) == [
        "  rewrite 1 : Cas confirmés, 202602 à 202602 (par exemple districtAAA 202602 : 1 -> 2)",
        "  withdraw 1 : Cas confirmés, 202601 à 202601 (par exemple districtAAA 202601 : 1 -> rien)",
        "  write 1 : Cas confirmés, 202603 à 202603 (par exemple districtAAA 202603 : rien -> 2)",
    ]


def cells(element: str, periods: list[str], value: str) -> pd.DataFrame:
    return TARGET_CELLS.frame(
        [
            ("dataSetAAAA", element, period, "districtAAA", "default0000", "default0000", value)
            for period in periods
        ]
    )
