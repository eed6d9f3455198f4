"""Settings that are read where they are used, each given once."""

from pathlib import Path

import pytest

from flows.access import client_for
from flows.service import prefect_url
from layidu.errors import ConfigurationError
from layidu.mapping.contracts import Source
from layidu.settings import read_settings

ACCOUNT = {"LAYIDU_NATIONAL_URL": "http://dhis2.example", "LAYIDU_NATIONAL_TOKEN": "d2p_secret"}


@pytest.mark.parametrize(("allowed", "passes"), [("1", True), ("oui", True), ("0", False), ("", False)])
def test_http_to_another_machine_is_allowed_by_its_setting_alone(
    tmp_path: Path, allowed: str, *, passes: bool
) -> None:
    settings = read_settings({**ACCOUNT, "LAYIDU_ALLOW_HTTP": allowed}, tmp_path)
    if passes:
        assert (
            client_for(settings, "national", Source(data_sets=[])).address("me").startswith("http://dhis2.")
        )
        return
    with pytest.raises(ConfigurationError, match="LAYIDU_ALLOW_HTTP"):
        client_for(settings, "national", Source(data_sets=[]))


def test_prefect_keeps_its_records_where_its_setting_says(tmp_path: Path) -> None:
    own = "postgresql+asyncpg://prefect:secret@db.example/prefect"
    settings = read_settings({"LAYIDU_PREFECT_DATABASE_URL": own}, tmp_path)
    assert prefect_url(settings) == own
    assert own not in repr(settings)
