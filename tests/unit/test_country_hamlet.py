"""Is the hamlet small, complete and the same every time?"""

import pandas as pd
import pytest

from layidu.errors import ConfigurationError
from layidu.sandbox.countries import load
from layidu.sandbox.form_objects import data_elements


def test_the_hamlet_is_small() -> None:
    hamlet = load("hamlet")
    levels = pd.DataFrame(hamlet.metadata["organisationUnits"])["level"].value_counts().to_dict()
    assert levels == {1: 1, 2: 2, 3: 3, 4: 6}
    assert {one["code"]: one["periodType"] for one in hamlet.metadata["dataSets"]} == {
        "SRPF": "Monthly",
        "PALU": "Monthly",
        "POP": "Yearly",
    }
    assert 400 < len(hamlet.values) < 3000
    assert set(hamlet.values["period"]) == {"202601", "202602", "202603", "2024", "2025", "2026"}


def test_the_same_seed_gives_the_same_country_and_another_another() -> None:
    first, second, other = load("hamlet"), load("hamlet"), load("hamlet", seed=2)
    pd.testing.assert_frame_equal(first.values, second.values)
    pd.testing.assert_frame_equal(first.registrations, second.registrations)
    assert first.metadata == second.metadata
    assert first.planted == second.planted
    assert not first.values["value"].equals(other.values["value"])


def test_elements_of_both_countries_have_the_same_uids() -> None:
    hamlet = {one["code"]: one["id"] for one in load("hamlet").metadata["dataElements"]}
    mali = {one["code"]: one["id"] for one in data_elements()}
    assert hamlet == {code: mali[code] for code in hamlet}


def test_an_unknown_country_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="hamlet, lakeland, mali"):
        load("wakanda")
