"""When an estimate begins, and which later years a changed one concerns."""

import pytest

from flows.estimating import first_whole_year, with_later
from layidu.mapping.contracts import Mappings
from layidu.mapping.estimating import MethodUse
from layidu.mapping.reader import read_mappings
from layidu.settings import shipped


@pytest.fixture(scope="module")
def mappings() -> Mappings:
    return read_mappings(shipped("mappings"))


def with_table(mappings: Mappings) -> Mappings:
    """The shipped declarations with one continuation table."""
    assert mappings.methods is not None
    methods = dict(mappings.methods.methods)
    use = MethodUse(duration="long", continuation=[0.9, 0.5], scale=0.0)
    methods["implanon"] = methods["implanon"].model_copy(update={"use": use})
    return mappings.model_copy(update={"methods": mappings.methods.model_copy(update={"methods": methods})})


def test_the_first_whole_year_has_its_twelve_months() -> None:
    months = [*range(202404, 202413), *range(202501, 202513), 202601]
    assert first_whole_year(months) == 2025
    assert first_whole_year(months[:9]) > 2100  # none yet


def test_what_was_inserted_in_a_year_changes_the_users_of_the_next_ones(mappings: Mappings) -> None:
    known = [2022, 2023, 2024, 2025]
    assert with_later({2023}, known, mappings) == [2023]  # no table: nobody goes on from one year to the next
    assert with_later({2023}, known, with_table(mappings)) == [2023, 2024, 2025]
    assert with_later({2025}, known, with_table(mappings)) == [2025]
    assert with_later(set(), known, with_table(mappings)) == []
