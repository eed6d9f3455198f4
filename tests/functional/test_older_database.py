"""A question put to a database that another version of the program has made: four lines, never a traceback."""

import pytest

from flows.session import filled_warehouse
from layidu.errors import ConfigurationError
from tests.servers import settings_of
from warehouse import migrate
from warehouse.connect import Warehouse


def pretend(warehouse: Warehouse, revision: str) -> None:
    with warehouse.connect("owner") as connection:
        connection.execute("UPDATE run.schema_version SET version_num = %s", [revision])


@pytest.mark.parametrize(("revision", "todo"), [("0003", "layidu init"), ("9999", "plus récente")])
def test_an_older_or_newer_database_is_said_and_what_to_do(
    warehouse: Warehouse, warehouse_url: str, revision: str, todo: str
) -> None:
    settings = settings_of(warehouse.home, warehouse_url)
    assert migrate.revision(filled_warehouse(settings)) == migrate.newest()
    pretend(warehouse, revision)
    with pytest.raises(ConfigurationError) as told:
        filled_warehouse(settings)
    assert revision in str(told.value)
    assert todo in str(told.value)
