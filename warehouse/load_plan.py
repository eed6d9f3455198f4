"""Which declarations is the warehouse working with? The schema `plan`, replaced whole when anything changed.

Views and queries read names, labels and the map from here, so that whoever reads the warehouse needs no file.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

import hashlib
import json
from collections.abc import Iterable

import pandas as pd
import psycopg

from layidu.mapping.contracts import Mappings
from layidu.model.frames import TERMS, VARIABLE_CELLS
from warehouse.connect import Warehouse
from warehouse.lock import RunToken
from warehouse.plan_rows import Row, Rows, declared_rows
from warehouse.promise_rows import promised_rows
from warehouse.staging import as_sql, fetch, run_sql, stage


def load_plan(
    warehouse: Warehouse, mappings: Mappings, cells: pd.DataFrame, terms: pd.DataFrame, run: RunToken
) -> bool:
    """Store the declarations, `cells` (VARIABLE_CELLS) and `terms` (TERMS); False when nothing had changed."""
    VARIABLE_CELLS.check(cells)
    rows = declared_rows(mappings, cells, TERMS.check(terms)) | promised_rows(mappings)
    with warehouse.connect("loader") as connection:
        run.guard(connection)
        rows |= mapped_rows(connection, cells)
        everything = [rows, not_in_tables(mappings)]
        digest = hashlib.sha256(
            json.dumps(everything, sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()
        if fetch(connection, "SELECT FROM plan.version WHERE hash = %(hash)s", {"hash": digest}):
            return False
        rows["version"] = [{"hash": digest, "mappings_digest": mappings.digest, "run": run.run_id}]
        for table, content in rows.items():
            replace(connection, table, content)
    return True


def mapped_rows(connection: psycopg.Connection, cells: pd.DataFrame) -> Rows:
    """The map in keys; a cell whose element or combo the source does not have has no values to map.

    It belongs to the fingerprint: a cell that appears at the source later changes it.
    """
    pairs = sorted(set(zip(cells["variable"], cells["disaggregation"], strict=True)))
    numbered = {pair: number + 1 for number, pair in enumerate(pairs)}
    keys = [numbered[pair] for pair in zip(cells["variable"], cells["disaggregation"], strict=True)]
    names = {
        "source": "text",
        "data_element": "text",
        "category_option_combo": "text",
        "variable_disaggregation": "int",
        "valid_from": "int",
        "valid_to": "int",
    }
    stage(connection, "cell", cells.assign(variable_disaggregation=keys), names)
    found = fetch(
        connection,
        "SELECT e.key, c.key, n.variable_disaggregation, n.valid_from, n.valid_to FROM cell n"
        " JOIN source.instance i ON i.name = n.source"
        " JOIN source.data_element e ON e.source = i.key AND e.uid = n.data_element"
        " JOIN source.category_option_combo c ON c.source = i.key AND c.uid = n.category_option_combo"
        " ORDER BY 1, 2, 3, 4",
    )
    columns = ("data_element", "category_option_combo", "variable_disaggregation", "valid_from", "valid_to")
    return {
        "variable_disaggregation": [
            {"key": number, "variable": variable, "disaggregation": text}
            for (variable, text), number in numbered.items()
        ],
        "variable_cell": [dict(zip(columns, row, strict=True)) for row in found],
    }


def replace(connection: psycopg.Connection, table: str, rows: Iterable[Row]) -> None:
    """The table holds these rows and no others."""
    run_sql(connection, f"DELETE FROM plan.{table}")
    listed = list(rows)
    if not listed:
        return
    names = list(listed[0])
    statement = as_sql(f"COPY plan.{table} ({', '.join(names)}) FROM STDIN")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in listed:
            copy.write_row([row[name] for name in names])


def not_in_tables(mappings: Mappings) -> dict[str, object]:
    """What results depend on and no table of the schema shows: states, groups, declared numbers."""
    derived = {
        name: variable.derived.model_dump(mode="json")
        for name, variable in mappings.variables.items()
        if variable.derived is not None
    }
    groups = mappings.org_units.groups if mappings.org_units is not None else {}
    methods = mappings.methods.model_dump(mode="json") if mappings.methods is not None else {}
    return {
        "derived": derived,
        "groups": {name: group.model_dump(mode="json") for name, group in groups.items()},
        "parameters": {name: one.model_dump(mode="json") for name, one in mappings.parameters.items()},
        "methods": methods,
    }
