"""Results up the tree of their own period: a worked example, one district that was moved."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from layidu.compute.groups import Member, memberships
from layidu.compute.hierarchies import differing, moved_in, regrouped, touched
from layidu.compute.indicators import Inputs, compute_year
from layidu.compute.tree_sums import Branches, BranchesThen
from layidu.compute.year_periods import YearPeriods
from layidu.model import frames
from tests.spec.worked_examples import indicator, mapped_frame

COUNTRY, KAYES, KITA, DISTRICT, A, B = 1, 2, 3, 4, 5, 6
# The district hangs under Kita today; until February 2026 it hung under Kayes. A is one of its two facilities.
EARLIER = frames.EARLIER_PARENTS.frame([(DISTRICT, KAYES, 0, 202602)])


def tree() -> pd.DataFrame:
    parents = {COUNTRY: -1, KAYES: COUNTRY, KITA: COUNTRY, DISTRICT: KITA, A: DISTRICT, B: DISTRICT}
    levels = {COUNTRY: 1, KAYES: 2, KITA: 2, DISTRICT: 3, A: 4, B: 4}
    return frames.TREE.frame(
        (unit, parent, levels[unit], str(unit), str(unit), pd.NaT, pd.NaT) for unit, parent in parents.items()
    )


def inputs(**more: object) -> Inputs:
    given: Inputs = {
        "year": 2026,
        "ended_through": date(2026, 3, 31),
        "tree": tree(),
        "mapped": mapped_frame(
            [("visits", "", A, 202601, 10.0), ("visits", "", B, 202602, 5.0), ("visits", "", A, 202603, 2.0)]
        ),
        "reports": frames.REPORTS.frame(),
        "populations": frames.POPULATIONS.frame([("people", DISTRICT, 2026, 3650.0, "x")]),
        "terms": frames.TERMS.frame(
            [
                ("I", "", "numerator", "variable", "visits", "", 1.0),
                ("I", "", "denominator", "population", "people", "", 1.0),
            ]
        ),
        "indicators": {"I": indicator(denominator="-", annualised=True)},
        "source": "s",
    }
    return {**given, **more}  # type: ignore[typeddict-item]


def numerators(results: pd.DataFrame, unit: int) -> dict[str, tuple[float, float]]:
    rows = results[results["org_unit"] == unit]
    return dict(zip(rows["period"], zip(rows["numerator"], rows["denominator"], strict=True), strict=True))


def test_a_moved_district_counts_where_it_hung_at_each_months_end() -> None:
    then = compute_year(**inputs(earlier=EARLIER))
    # 3650 people are 310 person-years of January's 31 days, 280 of February's 28, 310 of March's 31.
    assert numerators(then, KAYES) == {
        "202601": (10.0, pytest.approx(310.0)),
        "202602": (5.0, pytest.approx(280.0)),
        "2026Q1": (15.0, pytest.approx(590.0)),
        "2026": (15.0, pytest.approx(590.0)),
    }
    assert numerators(then, KITA) == {
        "202603": (2.0, pytest.approx(310.0)),
        "2026Q1": (2.0, pytest.approx(310.0)),
        "2026": (2.0, pytest.approx(310.0)),
    }


def test_only_what_differs_is_kept_and_what_did_not_exist_is_said() -> None:
    assert touched(tree(), moved_in(EARLIER, 2026)) == {COUNTRY, KAYES, KITA}
    found = differing([compute_year(**inputs())], [compute_year(**inputs(earlier=EARLIER))])
    assert set(found["org_unit"]) == {KAYES, KITA}  # the country and everything below add up to the same
    kita = found[found["org_unit"] == KITA].set_index("period")
    assert (
        kita.loc["202601", "status"] == "numerator missing"
    )  # today's tree has a value there, that of then none
    assert np.isnan(kita.loc["202601", "numerator"])
    assert kita.loc["2026", "numerator"] == 2.0
    assert "202603" not in kita.index


def test_a_move_after_a_year_or_before_it_is_nothing_to_it() -> None:
    assert moved_in(EARLIER, 2027).empty
    assert len(moved_in(EARLIER, 2025)) == 1
    assert differing([compute_year(**inputs())], [compute_year(**inputs(earlier=EARLIER.head(0)))]).empty


def test_people_counted_once_a_year_stand_where_they_stood_last() -> None:
    periods = YearPeriods.of(2026, date(2026, 3, 31))
    branches = BranchesThen.then(Branches.of(tree()), EARLIER, periods)
    people = np.zeros((6, len(periods.names)))
    people[3] = 100.0
    totals, _ = branches.sum_up(people, people > 0)
    by_period = dict(zip(periods.names, totals[1].tolist(), strict=True))
    assert by_period == {"202601": 100.0, "202602": 100.0, "202603": 0.0, "2026Q1": 0.0, "2026": 0.0}


def test_a_unit_is_in_the_group_of_what_it_hung_under_then() -> None:
    groups = {"CRISIS": [Member(KAYES, 0, 999912)]}
    periods = YearPeriods.of(2026, date(2026, 3, 31))
    then = memberships(groups, BranchesThen.then(Branches.of(tree()), EARLIER, periods), periods.months)
    assert then["CRISIS"][A - 1].tolist() == [True, True, False]  # until February its district was Kayes's
    assert not memberships(groups, Branches.of(tree()), periods.months)["CRISIS"][A - 1].any()
    assert regrouped(tree(), EARLIER, groups, periods) == {DISTRICT, A, B}
    assert regrouped(tree(), EARLIER, {}, periods) == set()
