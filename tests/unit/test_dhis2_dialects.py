"""Which versions are spoken, and how far back an increment looks."""

from datetime import timedelta

import pytest

from layidu.dhis2.answers import UnsupportedServerError
from layidu.dhis2.dialects import Dialect, last_updated_text


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.40.12", (2, 40)),
        ("2.41.9.1", (2, 41)),
        ("2.43-SNAPSHOT", (2, 43)),
        ("2.50.0", (2, 50)),
        ("3.0", (3, 0)),
    ],
)
def test_a_known_or_newer_version_is_spoken(text: str, version: tuple[int, int]) -> None:
    assert Dialect.of(text).version == version


@pytest.mark.parametrize("text", ["2.39.9", "1.9", "", "master", "43"])
def test_an_older_or_unreadable_version_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedServerError) as raised:
        Dialect.of(text)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(("offset", "hours"), [(0.0, 26), (3.0, 29), (-5.0, 31), (5.5, 31.5)])
def test_an_increment_looks_back_over_the_longest_import_and_the_zone(offset: float, hours: float) -> None:
    assert Dialect.of("2.42.0").look_back(offset) == timedelta(hours=hours)


def test_zeros_stay_out_of_analytics_up_to_2_41() -> None:
    assert [Dialect.of(text).keeps_zeros for text in ("2.40.12", "2.41.9.1", "2.42.0", "2.43.1")] == [
        False,
        False,
        True,
        True,
    ]


def test_a_mark_has_whole_seconds_because_2_42_stamps_those() -> None:
    assert last_updated_text("2026-04-06T23:00:00.987000") == "2026-04-06T23:00:00"
