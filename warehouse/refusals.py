"""Which records are refused, and which kept values should a person look at?

One open row a cell and code, with its first and last run. A row is closed when its cell is accepted, when the
source no longer has it, or when another reason takes over.
"""
# ruff: noqa: S608  the SQL is put together from constants of this room; data travel as parameters

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import psycopg

from layidu.model.frames import KEY
from layidu.model.slices import Checked, Slice
from warehouse.slices import branch_of
from warehouse.staging import fetch_number, run_sql, stage

CELL = ", ".join(KEY)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One of the two lists: its table and what it says beyond cell and code."""

    table: str
    extra: tuple[str, ...]


REFUSED = Ledger("refused_value", ("value", "reason", "rule"))
ISSUES = Ledger("issue", ("value", "reason", "severity", "variable"))


def same_cell(left: str, right: str) -> str:
    """SQL: both sides are about one cell."""
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in KEY)


def stage_refused_cells(connection: psycopg.Connection, checked: Checked, source: int) -> None:
    """Fill `refused_cell` with the keys of refused records; those the metadata do not know have no value."""
    stage(connection, "refused_uid", cells(checked.refused), dict.fromkeys(KEY, "text"))
    run_sql(
        connection,
        "CREATE TEMP TABLE refused_cell ON COMMIT DROP AS SELECT DISTINCT p.key AS period,"
        " e.key AS data_element, o.key AS org_unit, c.key AS category_option_combo,"
        " a.key AS attribute_option_combo FROM refused_uid r JOIN source.period p ON p.id = r.period"
        " JOIN source.data_element e ON e.source = %(source)s AND e.uid = r.data_element"
        " JOIN source.org_unit o ON o.source = %(source)s AND o.uid = r.org_unit"
        " JOIN source.category_option_combo c ON c.source = %(source)s AND c.uid = r.category_option_combo"
        " JOIN source.category_option_combo a ON a.source = %(source)s AND a.uid = r.attribute_option_combo",
        {"source": source},
    )


def cells(rows: pd.DataFrame) -> pd.DataFrame:
    """The five parts as text, empty where the record had none."""
    return rows.assign(**{name: rows[name].fillna("") for name in KEY})


def update_ledger(
    connection: psycopg.Connection, ledger: Ledger, rows: pd.DataFrame, asked: Slice, run: int
) -> int:
    """Open what is new, prolong what is known; how many records were not known before."""
    staged = f"{ledger.table}_now"
    stage(connection, staged, cells(rows), dict.fromkeys((*KEY, "code", *ledger.extra), "text"))
    parameters = parameters_of(asked, run)
    known = (
        f"SELECT FROM run.{ledger.table} k WHERE {is_open('k')} AND {same_cell('k', 'n')} AND k.code = n.code"
    )
    new = fetch_number(
        connection,
        f"SELECT count(*) FROM {staged} n WHERE NOT EXISTS ({known})",
        parameters,
    )
    extra = ", ".join(ledger.extra)
    run_sql(
        connection,
        f"UPDATE run.{ledger.table} k SET ({extra}, last_run) = ({prefixed('n', ledger.extra)}, %(run)s)"
        f" FROM {staged} n WHERE {is_open('k')} AND {same_cell('k', 'n')} AND k.code = n.code",
        parameters,
    )
    run_sql(
        connection,
        f"INSERT INTO run.{ledger.table} (source, data_set, branch, {CELL}, code, {extra}, first_run, last_run)"
        f" SELECT DISTINCT ON ({CELL}, code) %(name)s, %(data_set)s, %(branch)s, {CELL}, code, {extra},"
        f" %(run)s, %(run)s FROM {staged} n WHERE NOT EXISTS ({known}) ORDER BY {CELL}, code, value",
        parameters,
    )
    return new


def resolve(connection: psycopg.Connection, ledger: Ledger, asked: Slice, source: int, run: int) -> int:
    """Close what this answer shows to be over; call after `update_ledger`, with `staging` filled."""
    staged = f"{ledger.table}_now"
    in_scope = (
        "(%(full)s AND CASE WHEN o.key IS NULL THEN k.branch = %(branch)s"
        " ELSE o.key = b.key OR (%(children)s AND o.path LIKE b.path || '/%%') END)"
    )
    return run_sql(
        connection,
        f"UPDATE run.{ledger.table} t SET resolved_run = %(run)s, resolution = f.resolution FROM ("
        " SELECT k.key, CASE WHEN s.tombstone = 0 THEN 'cured' WHEN n.code IS NOT NULL THEN 'replaced'"
        f" ELSE 'gone' END AS resolution FROM run.{ledger.table} k"
        " LEFT JOIN source.org_unit b ON b.source = %(source)s AND b.uid = %(org_unit)s"
        " LEFT JOIN source.org_unit o ON o.source = %(source)s AND o.uid = k.org_unit"
        " LEFT JOIN source.period p ON p.id = k.period"
        " LEFT JOIN source.data_element e ON e.source = %(source)s AND e.uid = k.data_element"
        " LEFT JOIN source.category_option_combo c ON c.source = %(source)s AND c.uid = k.category_option_combo"
        " LEFT JOIN source.category_option_combo a ON a.source = %(source)s AND a.uid = k.attribute_option_combo"
        " LEFT JOIN staging s ON s.period = p.key AND s.data_element = e.key AND s.org_unit = o.key"
        " AND s.category_option_combo = c.key AND s.attribute_option_combo = a.key"
        f" LEFT JOIN (SELECT DISTINCT ON ({CELL}) * FROM {staged}) n ON {same_cell('k', 'n')}"
        # Whatever this answer can say of a cell, it says of a period that was asked for.
        f" WHERE {is_open('k')} AND k.data_set = %(data_set)s AND k.period = ANY(%(periods)s) AND NOT EXISTS ("
        f" SELECT FROM {staged} m WHERE {same_cell('k', 'm')} AND m.code = k.code)"
        f" AND (s.period IS NOT NULL OR n.code IS NOT NULL OR {in_scope})) f WHERE t.key = f.key",
        {
            **parameters_of(asked, run),
            "source": source,
            "full": asked.mode == "full",
            "org_unit": asked.org_unit,
            "children": asked.children,
            "periods": list(asked.periods),
        },
    )


def date_cured(connection: psycopg.Connection, source: int, asked: Slice, run: int) -> None:
    """A value that loads because its refusal was lifted was first seen when it was first refused."""
    run_sql(
        connection,
        "UPDATE source.data_value d SET first_seen_run = r.first_run FROM (SELECT p.key AS period,"
        " e.key AS data_element, o.key AS org_unit, c.key AS category_option_combo,"
        " a.key AS attribute_option_combo, min(r.first_run) AS first_run FROM run.refused_value r"
        " JOIN source.period p ON p.id = r.period"
        " JOIN source.data_element e ON e.source = %(source)s AND e.uid = r.data_element"
        " JOIN source.org_unit o ON o.source = %(source)s AND o.uid = r.org_unit"
        " JOIN source.category_option_combo c ON c.source = %(source)s AND c.uid = r.category_option_combo"
        " JOIN source.category_option_combo a ON a.source = %(source)s AND a.uid = r.attribute_option_combo"
        " WHERE r.source = %(name)s AND r.data_set = %(data_set)s AND r.resolved_run = %(run)s"
        " AND r.resolution = 'cured' GROUP BY 1, 2, 3, 4, 5) r"
        f" WHERE {same_cell('d', 'r')} AND d.first_seen_run = %(run)s",
        {**parameters_of(asked, run), "source": source},
    )


def is_open(alias: str) -> str:
    """SQL: an open row of this source."""
    return f"{alias}.source = %(name)s AND {alias}.resolved_run IS NULL"


def prefixed(alias: str, names: tuple[str, ...]) -> str:
    """Columns of one alias."""
    return ", ".join(f"{alias}.{name}" for name in names)


def parameters_of(asked: Slice, run: int) -> Mapping[str, object]:
    """The slice as SQL parameters."""
    return {"name": asked.source, "data_set": asked.data_set, "branch": branch_of(asked), "run": run}
