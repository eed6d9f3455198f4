"""What stands out, and which reports are sound: by hand, and against loops over every series."""

import math
from datetime import date
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layidu.compute.facility_months import FacilityMonths
from layidu.compute.indicators import compute_year
from layidu.compute.outliers import fastr_flag
from layidu.compute.plausible import outlying_values, stand_out
from layidu.compute.ratio import FloatArray
from layidu.compute.tree_sums import Branches
from layidu.compute.year_periods import YearPeriods
from layidu.mapping.contracts import Indicator, Outliers, State, Variable
from layidu.mapping.states import ResolvedState, Sum
from layidu.model.frames import MAPPED_SUMS, POPULATIONS, REPORTS, TERMS, TREE

RULE = Outliers(deviations=10, share=0.8, minimum=100, months=7, coherent=["pair"], source="FASTR")
TWELVE = [100, 102, 98, 101, 99, 103, 97, 100, 102, 98, 101, 260]
Months = list[float | None]


def matrix(*series: Months) -> FloatArray:
    return np.array([[math.nan if value is None else value for value in one] for one in series])


def flags(*series: Months) -> list[list[int]]:
    """Of each value: 1 where it stands out, 0 where it does not, -1 where that cannot be told."""
    said = stand_out(matrix(*series), RULE)
    found = np.where(said.judged, said.outlying.astype(int), -1)
    listed: list[list[int]] = found.tolist()
    return listed


def test_by_hand() -> None:
    none: Months = [None]
    assert flags(TWELVE) == [[0] * 11 + [1]]  # 107.6 deviations from the median
    assert flags([0.0] * 11 + [300]) == [[-1] * 11 + [1]]  # no spread; all of the twelve months' sum
    assert flags([0.0] * 11 + [90]) == [[-1] * 12]  # the same, and small
    assert flags([5.0] * 12) == [[-1] * 12]  # constant: not assessable, never infinite
    # Six values cannot tell; seven can, whatever is missing between them.
    assert flags(TWELVE[6:] + none * 6) == [[-1] * 12]
    assert flags(TWELVE[5:] + none * 5)[0][:7] == [0] * 6 + [1]
    # A facility's first month is all of its first month: a window that short is no share.
    assert flags([400.0, 401, 399, 400, 402, 398, 400, 401, 399, 400, 402, 398]) == [[0] * 12]


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 3), st.integers(90, 2000)), min_size=24, max_size=24),
        min_size=1,
        max_size=4,
    )
)
def test_the_loops_agree(series: list[Months]) -> None:
    assert flags(*series) == [slowly(one) for one in series]


def slowly(series: Months) -> list[int]:
    """One series, one month at a time."""
    present = [value for value in series if value is not None]
    if len(present) < RULE.months:
        return [-1] * len(series)
    middle = median(present)
    upper = [value for value in present if value >= middle]
    deviation = 1.4826 * median(abs(value - median(upper)) for value in upper)
    said = []
    for place, value in enumerate(series):
        window = [one for one in series[max(place - 11, 0) : place + 1] if one is not None]
        far = value is not None and deviation > 0 and abs(value - middle) > 10 * deviation
        most = value is not None and len(window) >= RULE.months and value > 0.8 * sum(window)
        out = value is not None and (far or most) and value > 100
        said.append(-1 if value is None or not (deviation > 0 or out) else int(out))
    return said


@given(st.lists(st.integers(0, 2000), min_size=12, max_size=12))
def test_fastrs_own_rule_agrees_where_nothing_is_missing(values: list[int]) -> None:
    """Its last month, whose window is whole."""
    last = flags([float(value) for value in values])[0][-1]
    assert (last == 1) is fastr_flag(np.array(values, dtype=np.float64), 11)


# A district (2) with three facilities; the year 2026 has three ended months, 2025 twelve.
DATA_SET = "abcdefghijk"
SERIES: dict[int, Months] = {
    3: [*TWELVE[:11], 99, 100, 260, 101],  # stands out in February
    4: [*TWELVE[:11], 99, 100, 98, 101],
    5: [7.0, 8, 9],  # opened in January: too short to tell
}


LAST_YEAR, THIS_YEAR = range(202501, 202513), range(202601, 202604)
FACILITIES = (3, 4, 5)
Came = dict[tuple[int, int], bool]  # facility, month -> whether its report came


def mapped(variable: str, series: dict[int, Months]) -> pd.DataFrame:
    """The last months up to March 2026 of each facility, half of each value in either of two bands."""
    months = [*LAST_YEAR, *THIS_YEAR]
    rows = [
        (variable, f"age={band}", unit, month, value / 2)
        for unit, values in series.items()
        for month, value in zip(months[-len(values) :], values, strict=True)
        if value is not None
        for band in ("0-4", "5+")
    ]
    return MAPPED_SUMS.frame(rows)


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    second: dict[int, Months] = {3: [50.0] * 3, 4: [50.0] * 3, 5: [90.0, 90, 1000]}
    came = {(unit, month): (unit, month) != (4, 202603) for unit in FACILITIES for month in THIS_YEAR}
    return computed(SERIES, second, came)


def computed(cases: dict[int, Months], second: dict[int, Months], came: Came) -> pd.DataFrame:
    """DQ-OUT and DQ-SCORE of the first quarter of 2026, by indicator, org unit and period."""
    sums = pd.concat(
        [
            frame.astype({"variable": "str", "disaggregation": "str"})
            for frame in (mapped("cases", cases), mapped("second", second))
        ]
    )
    year = sums["period"] // 100
    texts = dict.fromkeys(("name", "short_name", "definition", "theme", "owner", "source"), "x")
    shared = {**texts, "factor": 100, "unit": "%", "data_sets": {"s": [DATA_SET]}}
    pair = State(of="#{cases}", other="#{second}", test="ratio", minimum=0.95, level=2)
    both = {name: (Sum(name, "age=0-4", 1.0), Sum(name, "age=5+", 1.0)) for name in ("cases", "second")}
    indicators = {
        "DQ-OUT": Indicator(numerator="#{values_plausible}", denominator="#{values_judged}", **shared),
        "DQ-SCORE": Indicator(numerator="#{reports_sound}", denominator="#{reports_expected}", **shared),
    }
    terms = [
        (code, "", part, "variable", name[2:-1], f"data_set={DATA_SET}", 1.0)
        for code, one in indicators.items()
        for part, name in (("numerator", one.numerator), ("denominator", str(one.denominator)))
    ]
    days = {"opening_date": None, "closed_date": None}
    tree = [(1, -1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 3), (5, 2, 3)]
    units = pd.DataFrame(
        [
            {"org_unit": key, "parent": above, "level": level, "uid": f"u{key}", "name": f"n{key}", **days}
            for key, above, level in tree
        ]
    )
    reports = [(DATA_SET, unit, month, 1, int(here), 0) for (unit, month), here in came.items()]
    made = compute_year(
        year=2026,
        ended_through=date(2026, 3, 31),
        tree=TREE.cast(units),
        mapped=MAPPED_SUMS.cast(sums[year == 2026]),
        before=MAPPED_SUMS.cast(sums[year == 2025]),
        reports=REPORTS.frame(reports),
        populations=POPULATIONS.frame(),
        terms=TERMS.frame(terms),
        indicators=indicators,
        source="s",
        variables={name: Variable(name="x", unit="x", cells={}) for name in ("cases", "second")},
        states={"pair": ResolvedState(pair, {"": {"": both["cases"]}}, {"": both["second"]}, {}, {})},
        outliers=RULE,
        fed={DATA_SET: ["cases", "second"]},
    )
    return made.set_index(["indicator", "org_unit", "period"])


def test_what_stands_out_is_named() -> None:
    """The largest first, with the median it stands out of."""
    tree = TREE.cast(
        pd.DataFrame(
            [
                {"org_unit": key, "parent": -1, "level": 1, "uid": f"u{key}", "name": "n"}
                | dict.fromkeys(("opening_date", "closed_date"))
                for key in (3, 4)
            ]
        )
    )
    both = {3: [*TWELVE[:11], 99, 100, 260, 101], 4: [*TWELVE[:11], 99, 9000, 98, 300]}
    sums = mapped("cases", both)
    year = sums["period"] // 100
    branches, periods = Branches.of(tree), YearPeriods.of(2026, date(2026, 3, 31))
    facts = FacilityMonths.of(branches, periods, sums[year == 2026], REPORTS.frame(), POPULATIONS.frame())
    stock = {"cases": Variable(name="x", unit="x", cells={})}
    found = outlying_values(facts, sums[year == 2025], {DATA_SET: ["cases"]}, RULE, stock)
    assert [(one.unit, one.month, one.value, one.median) for one in found] == [
        (1, 0, 9000, 100),
        (1, 2, 300, 100),
        (0, 1, 260, 100),
    ]
    last = {"cases": Variable(name="x", unit="x", over_time="last", cells={})}
    assert outlying_values(facts, sums[year == 2025], {DATA_SET: ["cases"]}, RULE, last) == []


def parts(results: pd.DataFrame, *key: object) -> tuple[float, float] | None:
    if key not in results.index:
        return None
    row = results.loc[key]
    return float(row["numerator"]), float(row["denominator"])


def test_plausible_values_by_month_quarter_and_level(results: pd.DataFrame) -> None:
    assert parts(results, "DQ-OUT", 3, "202601") == (1, 1)
    assert parts(results, "DQ-OUT", 3, "202602") == (0, 1)
    assert parts(results, "DQ-OUT", 3, "2026Q1") == (2, 3)
    assert parts(results, "DQ-OUT", 5, "2026") is None  # three values of each variable: nothing can be told
    assert parts(results, "DQ-OUT", 1, "202602") == parts(results, "DQ-OUT", 2, "202602") == (1, 2)
    assert results.loc[("DQ-OUT", 1, "2026"), "value"] == pytest.approx(100 * 5 / 6)


a_series = st.lists(st.one_of(st.none(), st.integers(0, 3), st.integers(90, 2000)), min_size=15, max_size=15)
a_country = st.fixed_dictionaries(dict.fromkeys(FACILITIES, a_series))
reports_of = st.fixed_dictionaries(
    {(unit, month): st.booleans() for unit in FACILITIES for month in THIS_YEAR}
)


@settings(max_examples=40, deadline=None)
@given(a_country, a_country, reports_of)
def test_one_facility_and_month_at_a_time_agrees(
    cases: dict[int, Months], second: dict[int, Months], came: Came
) -> None:
    results = computed(cases, second, came)
    said = {
        (one, unit): slowly(series[unit])[12:]
        for one, series in enumerate((cases, second))
        for unit in FACILITIES
    }
    for place, month in enumerate(THIS_YEAR):
        flagged = {unit: [said[(one, unit)][place] for one in (0, 1)] for unit in FACILITIES}
        judged = {unit: sum(each >= 0 for each in flags) for unit, flags in flagged.items()}
        plausible = {unit: sum(each == 0 for each in flags) for unit, flags in flagged.items()}
        above, below = (
            [value for unit in FACILITIES if (value := series[unit][12 + place]) is not None]
            for series in (cases, second)
        )
        asked = bool(above)  # the pair is asked where there are cases
        agrees = asked and bool(below) and sum(below) > 0 and sum(above) / sum(below) >= 0.95
        sound = {
            unit: came[(unit, month)] and 1 not in flagged[unit] and (agrees or not asked)
            for unit in FACILITIES
        }
        for root, branch in ((1, FACILITIES), *((unit, (unit,)) for unit in FACILITIES)):
            expected = (sum(plausible[unit] for unit in branch), sum(judged[unit] for unit in branch))
            assert parts(results, "DQ-OUT", root, str(month)) == (expected if expected[1] else None)
            score = (sum(sound[unit] for unit in branch), len(branch))
            assert parts(results, "DQ-SCORE", root, str(month)) == score


def test_sound_reports_by_month_and_level(results: pd.DataFrame) -> None:
    """January: three good reports; February: one stands out; March: one is missing and the pair does not agree.

    It is 101 + 101 + 9 over 50 + 50 + 1000 in the whole district.
    """
    assert parts(results, "DQ-SCORE", 1, "202601") == (3, 3)
    assert parts(results, "DQ-SCORE", 1, "202602") == (2, 3)
    assert parts(results, "DQ-SCORE", 3, "202602") == (0, 1)
    assert parts(results, "DQ-SCORE", 1, "202603") == (0, 3)
    assert parts(results, "DQ-SCORE", 5, "2026Q1") == (2, 3)
    assert results.loc[("DQ-SCORE", 1, "2026"), "value"] == pytest.approx(100 * 5 / 9)
