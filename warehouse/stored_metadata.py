"""What did a source's metadata say when it was last seen? The copy's own, in the shape of a fresh reading."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import pandas as pd

from layidu.model.frames import (
    CATEGORY_OPTION_COMBOS,
    COMBO_OPTIONS,
    DATA_ELEMENTS,
    DATA_SET_ASSIGNMENTS,
    DATA_SET_ELEMENTS,
    DATA_SETS,
    ORG_UNITS,
    Contract,
)
from layidu.model.metadata import Metadata, ServerInfo
from warehouse.connect import Warehouse
from warehouse.staging import fetch, fetch_frame

OPTION_VALUES = Contract("option_values", {"option_set": "str", "code": "str"}, ("option_set", "code"))
OBJECTS = """
FROM source.{table} o JOIN source.instance i ON i.key = o.source AND i.name = %(source)s WHERE o.gone IS NULL
"""
MEMBERS = """
SELECT s.uid AS data_set, e.uid AS data_element, m.category_combo FROM source.data_set_element m
JOIN source.data_set s ON s.key = m.data_set JOIN source.data_element e ON e.key = m.data_element
JOIN source.instance i ON i.key = s.source AND i.name = %(source)s
WHERE s.gone IS NULL AND e.gone IS NULL ORDER BY 1, 2
"""
ASSIGNED = """
SELECT s.uid AS data_set, o.uid AS org_unit FROM source.data_set_assignment a
JOIN source.data_set s ON s.key = a.data_set JOIN source.org_unit o ON o.key = a.org_unit
JOIN source.instance i ON i.key = s.source AND i.name = %(source)s
WHERE s.gone IS NULL AND o.gone IS NULL ORDER BY 1, 2
"""
OPTIONS = """
SELECT c.uid AS category_option_combo, p.category, p.category_name, p.category_option, p.category_option_code,
 p.category_option_name FROM source.combo_option p
JOIN source.category_option_combo c ON c.key = p.category_option_combo
JOIN source.instance i ON i.key = c.source AND i.name = %(source)s WHERE c.gone IS NULL ORDER BY 1, 4
"""


LEGAL = """
SELECT v.option_set, v.code FROM source.option_value v
JOIN source.instance i ON i.key = v.source AND i.name = %(source)s ORDER BY 1, 2
"""


def known_sources(warehouse: Warehouse) -> list[str]:
    """The sources that were ever read."""
    with warehouse.connect("loader") as connection:
        return [str(name) for (name,) in fetch(connection, "SELECT name FROM source.instance ORDER BY name")]


def stored_metadata(warehouse: Warehouse, source: str, server_date: datetime) -> Metadata:
    """The metadata of a source as the copy has them; `server_date` is the day to speak for."""
    parameters = {"source": source}
    with warehouse.connect("loader") as connection:

        def objects(contract: Contract, table: str) -> pd.DataFrame:
            names = ", ".join(f"o.{name}" for name in contract.columns)
            text = f"SELECT {names} {OBJECTS.format(table=table)} ORDER BY o.uid"
            return fetch_frame(connection, contract, text, parameters)

        row = fetch(
            connection,
            "SELECT coalesce(url, ''), coalesce(version, ''), coalesce(calendar, ''), coalesce(time_zone, ''),"
            " utc_offset_hours, system_id, coalesce(user_org_units, '')"
            " FROM source.instance WHERE name = %(source)s",
            parameters,
        )[0]
        return Metadata(
            source=source,
            server=ServerInfo(
                url=str(row[0]),
                version=str(row[1]),
                calendar=str(row[2]),
                server_date=server_date,
                server_time_zone=str(row[3]),
                utc_offset_hours=float(str(row[4])),
                system_id=None if row[5] is None else str(row[5]),
            ),
            user_org_units=tuple(uid for uid in str(row[6]).split(",") if uid),
            org_units=objects(ORG_UNITS, "org_unit"),
            data_elements=objects(DATA_ELEMENTS, "data_element"),
            category_option_combos=objects(CATEGORY_OPTION_COMBOS, "category_option_combo"),
            combo_options=fetch_frame(connection, COMBO_OPTIONS, OPTIONS, parameters),
            data_sets=objects(DATA_SETS, "data_set"),
            data_set_elements=fetch_frame(connection, DATA_SET_ELEMENTS, MEMBERS, parameters),
            data_set_assignments=fetch_frame(connection, DATA_SET_ASSIGNMENTS, ASSIGNED, parameters),
            option_values=fetch_frame(connection, OPTION_VALUES, LEGAL, parameters),
        )


def with_stored(warehouse: Warehouse, metadata: Metadata, data_sets: Collection[str]) -> Metadata:
    """Fresh metadata, and beside them what the copy last knew of data sets the source no longer shows.

    What hangs on these sets (elements, combos, assignments to units still seen) stays as it was: their values do.
    """
    if metadata.source not in known_sources(warehouse):
        return metadata
    stored = stored_metadata(warehouse, metadata.source, metadata.server.server_date)
    sets = stored.data_sets[stored.data_sets["uid"].isin(data_sets)]
    members = stored.data_set_elements[stored.data_set_elements["data_set"].isin(sets["uid"])]
    elements = stored.data_elements[stored.data_elements["uid"].isin(members["data_element"])]
    used = {*sets["category_combo"], *members["category_combo"], *elements["category_combo"]}
    combos = stored.category_option_combos[stored.category_option_combos["category_combo"].isin(used)]
    options = stored.combo_options[stored.combo_options["category_option_combo"].isin(combos["uid"])]
    assigned = stored.data_set_assignments
    assigned = assigned[assigned["data_set"].isin(sets["uid"])]
    legal = stored.option_values[stored.option_values["option_set"].isin(elements["option_set"])]
    return replace(
        metadata,
        data_sets=beside(DATA_SETS, metadata.data_sets, sets),
        data_set_elements=beside(DATA_SET_ELEMENTS, metadata.data_set_elements, members),
        data_elements=beside(DATA_ELEMENTS, metadata.data_elements, elements),
        category_option_combos=beside(CATEGORY_OPTION_COMBOS, metadata.category_option_combos, combos),
        combo_options=beside(COMBO_OPTIONS, metadata.combo_options, options),
        data_set_assignments=beside(
            DATA_SET_ASSIGNMENTS,
            metadata.data_set_assignments,
            assigned[assigned["org_unit"].isin(metadata.org_units["uid"])],
        ),
        option_values=beside(OPTION_VALUES, metadata.option_values, legal),
    )


def beside(contract: Contract, fresh: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """Both, of each key the fresh row."""
    together = pd.concat([fresh, stored], ignore_index=True)
    return contract.cast(together.drop_duplicates(list(contract.key), ignore_index=True))
