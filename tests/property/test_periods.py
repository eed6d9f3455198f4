"""Laws of periods: ids read back, neighbours touch, a year is covered once."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layidu.model.periods import PERIOD_TYPES, containing, next_period, overlapping, parse

TYPES = [name for name in PERIOD_TYPES if name not in ("Daily", "BiWeekly")]
DAYS = st.dates(date(1996, 1, 1), date(2045, 12, 31))


@given(st.sampled_from(TYPES), DAYS)
def test_the_period_of_a_day_reads_back_and_touches_the_next(period_type: str, day: date) -> None:
    period = containing(period_type, day)
    assert parse(period.id) == period
    assert period.start <= day <= period.end
    assert next_period(period).start == period.end + timedelta(days=1)


@given(st.sampled_from(TYPES), DAYS, st.integers(0, 800))
def test_a_window_is_covered_without_gap_or_overlap(period_type: str, start: date, length: int) -> None:
    end = start + timedelta(days=length)
    periods = overlapping(period_type, start, end)
    assert periods[0].start <= start
    assert periods[-1].end >= end
    assert all(a.end + timedelta(days=1) == b.start for a, b in pairwise(periods))


@pytest.mark.parametrize("period_type", ["Monthly", "Weekly", "Yearly"])
def test_types_are_tried_in_an_order_that_does_not_confuse_ids(period_type: str) -> None:
    for period in overlapping(period_type, date(2019, 1, 1), date(2027, 12, 31)):
        assert parse(period.id).type == period_type
