"""What does a source's metadata say? That of the data sets we pull, in the shape of `layidu.model.metadata`."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import pandas as pd

from layidu.dhis2.answers import UnseenDataSetsError
from layidu.dhis2.client import Client
from layidu.dhis2.listing import Item, read_all_by_id, read_by_id, reference
from layidu.dhis2.org_units import read_org_units
from layidu.dhis2.server import read_roots, read_server
from layidu.model.frames import (
    CATEGORY_OPTION_COMBOS,
    COMBO_OPTIONS,
    DATA_ELEMENTS,
    DATA_SET_ASSIGNMENTS,
    DATA_SET_ELEMENTS,
    DATA_SETS,
    Contract,
)
from layidu.model.metadata import Metadata

__all__ = ["read_metadata", "read_server"]

DATA_SET_FIELDS = (
    "id,code,name,shortName,periodType,timelyDays,expiryDays,openFuturePeriods,categoryCombo[id],"
    "dataSetElements[dataElement[id],categoryCombo[id]],organisationUnits[id]"
)
DATA_ELEMENT_FIELDS = (
    "id,code,name,shortName,valueType,aggregationType,zeroIsSignificant,categoryCombo[id],optionSet[id]"
)
COMBO_FIELDS = (
    "id,name,categories[id,name,categoryOptions[id,code,name]],"
    "categoryOptionCombos[id,code,name,categoryOptions[id]]"
)
OPTION_VALUES = Contract("option_values", {"option_set": "str", "code": "str"}, ("option_set", "code"))


def read_metadata(client: Client, source_name: str, data_set_uids: Sequence[str]) -> Metadata:
    """Read all that pull, check and load need to know of these data sets.

    Raises:
        UnseenDataSetsError: the account does not see all of them.
    """
    server = read_server(client)
    user_org_units, org_units = read_org_units(client, read_roots(client))
    data_sets = read_data_sets(client, source_name, data_set_uids)
    element_uids = [element for item in data_sets for element, _ in elements_of(item)]
    elements = read_all_by_id(
        client, "dataElements", element_uids, DATA_ELEMENT_FIELDS, "éléments de données"
    )
    own_combo = {item["id"]: reference(item, "categoryCombo") for item in elements}
    combos = read_combos(client, data_sets, own_combo.values())
    return Metadata(
        source=source_name,
        server=server,
        user_org_units=user_org_units,
        org_units=org_units,
        data_elements=DATA_ELEMENTS.frame(map(data_element_row, elements)),
        category_option_combos=combo_frame(combos),
        combo_options=option_frame(combos),
        data_sets=DATA_SETS.frame(map(data_set_row, data_sets)),
        data_set_elements=DATA_SET_ELEMENTS.frame(
            (item["id"], element, override or own_combo[element])
            for item in data_sets
            for element, override in elements_of(item)
        ),
        data_set_assignments=assignments(data_sets, org_units),
        option_values=read_option_values(client, elements),
    )


def read_data_sets(client: Client, source_name: str, uids: Sequence[str]) -> list[Item]:
    """The declared data sets; one the account does not see is a declaration to correct, or a right to give."""
    found = read_by_id(client, "dataSets", uids, DATA_SET_FIELDS)
    missing = [uid for uid in uids if uid not in {item["id"] for item in found}]
    if not missing:
        return found
    names = {item["id"]: str(item.get("name")) for item in list_data_sets(client)}
    near = [match for uid in missing for match in get_close_matches(uid, names, n=3, cutoff=0.5)]
    shown = list(dict.fromkeys([*near, *names]))[:5]
    raise UnseenDataSetsError(
        f"source « {source_name} », jeu de données {', '.join(missing)}",
        "jeu de données inconnu ou non lisible",
        "l'identifiant d'un jeu de données que ce compte voit"
        + (", par exemple " + " ; ".join(f"{uid} ({names[uid]})" for uid in shown) if shown else ""),
        "corriger l'identifiant dans sources.yaml, ou faire partager le jeu de données (métadonnées et données) "
        "avec le compte",
        body={"missing": missing},
    )


def list_data_sets(client: Client) -> list[Item]:
    """The data sets the account sees, for a suggestion."""
    answer = client.read_json("dataSets", {"fields": "id,name", "paging": "false"})
    return [item for item in answer.get("dataSets") or [] if "id" in item]


def elements_of(data_set: Item) -> list[tuple[str, str | None]]:
    """The elements of a data set, each with the category combo the set overrides, if it does."""
    pairs = (
        (reference(item, "dataElement"), reference(item, "categoryCombo"))
        for item in data_set.get("dataSetElements") or []
    )
    return sorted({element: override for element, override in pairs if element}.items())


def data_set_row(item: Item) -> tuple[object, ...]:
    """One row of DATA_SETS."""
    return (
        item["id"],
        item.get("code"),
        item.get("name"),
        item.get("shortName"),
        item.get("periodType"),
        reference(item, "categoryCombo"),
        item.get("timelyDays"),
        item.get("expiryDays"),
        item.get("openFuturePeriods") or 0,
    )


def data_element_row(item: Item) -> tuple[object, ...]:
    """One row of DATA_ELEMENTS."""
    return (
        item["id"],
        item.get("code"),
        item.get("name"),
        item.get("shortName"),
        item.get("valueType"),
        item.get("aggregationType"),
        bool(item.get("zeroIsSignificant")),
        reference(item, "categoryCombo"),
        reference(item, "optionSet"),
    )


def read_combos(client: Client, data_sets: Iterable[Item], own: Iterable[str | None]) -> list[Item]:
    """The category combos of the elements, of the sets' overrides and of the sets themselves (attributes)."""
    uids = set(own)
    for item in data_sets:
        uids |= {reference(item, "categoryCombo"), *(override for _, override in elements_of(item))}
    wanted = sorted(uid for uid in uids if uid)
    return read_all_by_id(client, "categoryCombos", wanted, COMBO_FIELDS, "combinaisons de catégories")


def combo_frame(combos: Iterable[Item]) -> pd.DataFrame:
    """CATEGORY_OPTION_COMBOS."""
    return CATEGORY_OPTION_COMBOS.frame(
        (option_combo["id"], option_combo.get("code"), option_combo.get("name"), combo["id"])
        for combo in combos
        for option_combo in sorted(combo.get("categoryOptionCombos") or [], key=uid_of)
    )


def option_frame(combos: Iterable[Item]) -> pd.DataFrame:
    """COMBO_OPTIONS; an option that left its category keeps its uid and has no name."""
    rows: list[tuple[object, ...]] = []
    for combo in combos:
        known = {
            option["id"]: (category["id"], category.get("name"), option)
            for category in combo.get("categories") or []
            for option in category.get("categoryOptions") or []
        }
        for option_combo in sorted(combo.get("categoryOptionCombos") or [], key=uid_of):
            for uid in sorted(option["id"] for option in option_combo.get("categoryOptions") or []):
                category, name, option = known.get(uid, (None, None, {}))
                rows.append((option_combo["id"], category, name, uid, option.get("code"), option.get("name")))
    return COMBO_OPTIONS.frame(rows)


def assignments(data_sets: Iterable[Item], org_units: pd.DataFrame) -> pd.DataFrame:
    """DATA_SET_ASSIGNMENTS, of the units the account sees."""
    seen = set(org_units["uid"])
    return DATA_SET_ASSIGNMENTS.frame(
        (item["id"], uid)
        for item in data_sets
        for uid in sorted({unit["id"] for unit in item.get("organisationUnits") or []} & seen)
    )


def read_option_values(client: Client, elements: Iterable[Item]) -> pd.DataFrame:
    """The legal codes of each option set the elements use."""
    uids = sorted({uid for item in elements if (uid := reference(item, "optionSet"))})
    sets = read_all_by_id(client, "optionSets", uids, "id,options[id,code]", "listes d'options")
    codes = {(item["id"], option.get("code")) for item in sets for option in item.get("options") or []}
    return OPTION_VALUES.frame(sorted((uid, code) for uid, code in codes if code))


def uid_of(item: Mapping[str, str]) -> str:
    """What metadata are sorted by, so that the same server gives the same frames."""
    return item["id"]
