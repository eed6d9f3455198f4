"""Metadata, registrations and values as three real server versions told them."""

from datetime import datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from layidu.dhis2.answers import (
    CredentialsError,
    LoginPageError,
    RightsError,
    UnsupportedServerError,
    WrongAddressError,
)
from layidu.dhis2.metadata import read_metadata, read_server
from layidu.dhis2.pull import pull_slice
from layidu.dhis2.registrations import read_registrations
from layidu.model.slices import Slice
from tests.contract.recorded_server import COMBO, COUNTRY, DEFAULT, SET, VERSIONS, Recorded


@pytest.fixture(params=VERSIONS)
def recorded(httpserver: HTTPServer, request: pytest.FixtureRequest) -> Recorded:
    return Recorded(httpserver, request.param)


def test_who_answers(recorded: Recorded) -> None:
    server = read_server(recorded.client)
    said = recorded.body("system-info")
    assert server.version == said["version"]
    assert server.server_date == datetime.fromisoformat(said["serverDate"])
    assert (server.calendar, server.server_time_zone, server.utc_offset_hours) == ("iso8601", "Etc/UTC", 0.0)
    assert server.system_id is None


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Africa/Bamako", 0.0),
        ("Africa/Nairobi", 3.0),
        ("America/Lima", -5.0),
        ("GMT+05:30", 5.5),
        ("GMT", 0.0),
    ],
)
def test_the_zone_of_the_server(recorded: Recorded, zone: str, hours: float) -> None:
    recorded.changed["system/info"] = {**recorded.body("system-info"), "serverTimeZoneId": zone}
    assert read_server(recorded.client).utc_offset_hours == hours


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"calendar": "ethiopian"}, "ethiopian"),
        ({"version": "2.39.1"}, r"2\.39\.1"),
        ({"version": "unknown"}, "unknown"),
        ({"serverTimeZoneId": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_a_server_we_cannot_read_is_refused(recorded: Recorded, change: dict[str, str], found: str) -> None:
    recorded.changed["system/info"] = {**recorded.body("system-info"), **change}
    with pytest.raises(UnsupportedServerError, match=found) as raised:
        read_server(recorded.client)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        ("me-no-auth", LoginPageError),
        ("me-wrong-password", CredentialsError),
        ("token-wrong", CredentialsError),
        ("unknown-path", WrongAddressError),
        ("complete-get-empty", WrongAddressError),
    ],
)
def test_first_contact_that_fails(recorded: Recorded, exchange: str, expected: type[Exception]) -> None:
    recorded.changed["system/info"] = recorded.exactly(exchange)
    with pytest.raises(expected):
        read_server(recorded.client)
    assert len(recorded.requests) == 1


def test_the_metadata_of_a_data_set(recorded: Recorded) -> None:
    metadata = read_metadata(recorded.client, "national", [SET])
    units = metadata.org_units.set_index("uid")
    assert metadata.user_org_units == (COUNTRY,)
    assert list(units["level"].sort_index()) == [1, 2, 3, 3, 4, 4, 4]
    assert units.loc["Lyd00000007", "closed_date"] == datetime(2026, 2, 28)  # noqa: DTZ001
    assert units.loc["Lyd00000005", "opening_date"] == datetime(2000, 1, 1)  # noqa: DTZ001
    assert units["parent"].isna().sum() == 1
    data_set = metadata.data_sets.iloc[0]
    assert (data_set["uid"], data_set["period_type"], data_set["timely_days"]) == (SET, "Monthly", 15.0)
    elements = metadata.data_set_elements.set_index("data_element")["category_combo"]
    assert len(elements) == 10
    assert elements["Lyd00000023"] == COMBO
    assert elements["Lyd00000020"] == DEFAULT
    assert len(metadata.data_elements) == 10
    assert len(metadata.data_set_assignments) == 6
    combos = metadata.category_option_combos
    assert list(combos["category_combo"].value_counts().sort_index()) == [4, 1]
    options = metadata.combo_options
    assert len(options) == 8
    assert set(options["category_name"]) == {"Sexe", "Âge"}
    assert set(options.loc[options["category_name"] == "Sexe", "category_option_name"]) == {
        "LYD Féminin",
        "LYD Masculin",
    }


def test_pages_are_read_to_their_announced_end(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layidu.dhis2.listing.PAGE_SIZE", 3)
    assert len(read_metadata(recorded.client, "national", [SET]).org_units) == 7
    pages = [request.args["page"] for request in recorded.requests if "page" in request.args]
    assert pages == ["1", "2", "3"]


def test_an_unknown_data_set_is_named_with_those_that_exist(recorded: Recorded) -> None:
    with pytest.raises(RightsError, match=r"Lyd00000034(.|\n)*Lyd00000033 \(LYD rapport mensuel\)") as raised:
        read_metadata(recorded.client, "national", ["Lyd00000034"])
    assert raised.value.exit_code == 3


def test_a_branch_of_the_country(recorded: Recorded) -> None:
    district, below = "Lyd00000003", "Lyd00000005"
    recorded.changed["me"] = {"username": "a", "organisationUnits": [{"id": below}, {"id": district}]}
    metadata = read_metadata(recorded.client, "national", [SET])
    assert metadata.user_org_units == (district,)
    assert set(metadata.org_units["uid"]) == {district, "Lyd00000005", "Lyd00000006"}
    assert metadata.org_units.set_index("uid")["parent"].isna()[district]
    assert set(metadata.data_set_assignments["org_unit"]) <= set(metadata.org_units["uid"])


def test_a_superuser_without_units_sees_the_country(recorded: Recorded) -> None:
    recorded.changed["me"] = {"username": "admin", "organisationUnits": [], "authorities": ["ALL"]}
    assert read_metadata(recorded.client, "national", [SET]).user_org_units == (COUNTRY,)


def test_units_of_analysis_stand_in_for_those_of_entry(recorded: Recorded) -> None:
    recorded.changed["me"] = {"organisationUnits": [], "dataViewOrganisationUnits": [{"id": "Lyd00000002"}]}
    assert read_metadata(recorded.client, "national", [SET]).user_org_units == ("Lyd00000002",)


def test_an_account_without_units_is_told_so(recorded: Recorded) -> None:
    recorded.changed["me"] = {"username": "awa", "organisationUnits": [], "authorities": []}
    with pytest.raises(RightsError, match="awa"):
        read_metadata(recorded.client, "national", [SET])


def test_registrations(recorded: Recorded) -> None:
    metadata = read_metadata(recorded.client, "national", [SET])
    found = read_registrations(recorded.client, metadata, SET, ["202601"])
    assert list(found["org_unit"]) == ["Lyd00000005", "Lyd00000006"]
    assert list(found["date"]) == [datetime(2026, 2, 10), datetime(2026, 2, 20)]  # noqa: DTZ001
    assert found["completed"].all()
    recorded.changed["completeDataSetRegistrations"] = recorded.exactly("complete-get-empty")
    assert read_registrations(recorded.client, metadata, SET, ["202601"]).empty


def test_registrations_are_asked_24_periods_at_a_time(recorded: Recorded) -> None:
    metadata = read_metadata(recorded.client, "national", [SET])
    recorded.changed["completeDataSetRegistrations"] = {}
    recorded.requests.clear()
    read_registrations(recorded.client, metadata, SET, [str(period) for period in range(50)])
    assert [len(request.args.getlist("period")) for request in recorded.requests] == [24, 24, 2]


def test_values(recorded: Recorded, tmp_path: Path) -> None:
    metadata = read_metadata(recorded.client, "national", [SET])
    wanted = Slice("national", SET, ("202601", "202602", "202603"), COUNTRY)
    pulled = pull_slice(recorded.client, wanted, metadata, tmp_path)
    lines = recorded.said["pull-csv-suffix-deleted"]["body"].splitlines()[1:]
    assert pulled.values.num_rows == len(lines)
    assert pulled.values["value"].to_pylist() == [line.split(",")[5] or None for line in lines]
    assert pulled.values["deleted"].to_pylist() == [line.endswith(",true") for line in lines]
    assert 0 < sum(pulled.values["deleted"].to_pylist()) < len(lines)


def test_an_empty_slice_and_a_refused_one(recorded: Recorded, tmp_path: Path) -> None:
    metadata = read_metadata(recorded.client, "national", [SET])
    wanted = Slice("national", SET, ("201001",), COUNTRY)
    recorded.changed["dataValueSets.csv"] = recorded.exactly("pull-empty-csv")
    assert pull_slice(recorded.client, wanted, metadata, tmp_path).outcome == "empty"
    recorded.changed["dataValueSets.csv"] = recorded.exactly("pull-as-puller-forbidden-set")
    with pytest.raises(RightsError, match="LYD rapport mensuel"):
        pull_slice(recorded.client, wanted, metadata, tmp_path)
