"""What does the server show of ids that lie outside the pulled data sets?"""

from collections.abc import Iterable

from layidu.dhis2.client import Client
from layidu.dhis2.listing import read_by_id, read_pages, reference
from layidu.model.inventory import Elsewhere, Inventory

ELEMENT_FIELDS = "id,name,dataSetElements[dataSet[id]]"


def visible_data_sets(client: Client) -> dict[str, str]:
    """Uids and names of every data set the account sees."""
    return {item["id"]: str(item.get("name")) for item in read_pages(client, "dataSets", "id,name")}


def org_unit_levels(client: Client) -> dict[int, str]:
    """Names of the levels of the org-unit tree, where the server has named them."""
    found = read_pages(client, "organisationUnitLevels", "id,level,name")
    return {int(item["level"]): str(item["name"]) for item in found if item.get("level") and item.get("name")}


def take_inventory(client: Client, elements: Iterable[str] = (), org_units: Iterable[str] = ()) -> Inventory:
    """The data sets the account sees, and which of these data elements and org units exist at all."""
    found = read_by_id(client, "dataElements", elements, ELEMENT_FIELDS)
    units = read_by_id(client, "organisationUnits", org_units, "id")
    return Inventory(
        data_sets=visible_data_sets(client),
        elements={
            item["id"]: Elsewhere(
                str(item.get("name")),
                tuple(
                    sorted(
                        {
                            uid
                            for one in item.get("dataSetElements") or []
                            if (uid := reference(one, "dataSet"))
                        }
                    )
                ),
            )
            for item in found
        },
        org_units=frozenset(item["id"] for item in units),
    )
