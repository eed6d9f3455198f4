"""A gate, not a report: each record received is kept, a tombstone, or refused, exactly once.

Structure first, in our own code; then the data set's Great Expectations suite over what is left. An empty answer
is an outcome of its own (`empty`), never a success of rules.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from layidu.model.frames import FINDINGS, KEY, REFUSED_VALUES
from layidu.model.metadata import Metadata
from layidu.model.slices import Checked, Pulled
from quality.reasons import REASONS, reason
from quality.rules import Rule
from quality.structure import bad_structure

Verdict = Literal["kept", "refused-some", "stopped", "empty"]


def check(pulled: Pulled, metadata: Metadata, mapped: pd.DataFrame, rules: Mapping[str, Rule]) -> Checked:
    """Judge one slice.

    `mapped` is frames.VARIABLE_CELLS (rules name variables). Raises AssertionError if a record were lost or
    doubled: the slice then fails, it does not pass.
    """
    values = pulled.values
    if values.num_rows == 0:
        return Checked(pulled, values, values, REFUSED_VALUES.frame(), FINDINGS.frame(), "empty")
    data_set = pulled.slice.data_set
    codes = bad_structure(values, data_set, metadata)
    deleted = values.column("deleted").to_numpy()
    sound = codes.isna().to_numpy()
    tombstones = values.filter(pa.array(deleted & sound))
    live = values.filter(pa.array(~deleted & sound))
    structural = refused_rows(values, codes, rules, period_type(metadata, data_set))
    judged = judge(live, data_set, metadata, mapped, rules)
    kept = live.filter(pa.array(judged.kept))
    refused = REFUSED_VALUES.check(pd.concat([structural, judged.refused], ignore_index=True))
    if kept.num_rows + tombstones.num_rows + len(refused) != values.num_rows:
        raise AssertionError(f"{pulled.slice.name}: a record was lost or doubled by the gate")
    verdict: Verdict = "stopped" if judged.stop_reason else "refused-some" if len(refused) else "kept"
    return Checked(
        pulled, kept, tombstones, refused, judged.findings, verdict, judged.stop_reason, judged.rules_run
    )


def period_type(metadata: Metadata, data_set: str) -> str:
    """The period type of a data set."""
    return str(metadata.data_sets.set_index("uid").loc[data_set, "period_type"])


class Judged:
    """What the suites said of the structurally sound, live rows of a slice."""

    def __init__(self, rows: int, structural_checks: int) -> None:
        self.kept = np.ones(rows, dtype=bool)
        self.refused = REFUSED_VALUES.frame()
        self.findings = FINDINGS.frame()
        self.stop_reason = ""
        self.rules_run = structural_checks


def judge(
    live: pa.Table, data_set: str, metadata: Metadata, mapped: pd.DataFrame, rules: Mapping[str, Rule]
) -> Judged:
    """Run the data set's suites over rows with sound structure."""
    judged = Judged(live.num_rows, len(REASONS))
    if live.num_rows == 0:
        return judged
    from quality.evaluation import failing_rows  # seconds to import: only when there is something to check
    from quality.suites import cell_suite, cells_frame, pair_suite

    cells = cells_frame(frame_of(live), metadata)
    cells, expectations = cell_suite(cells, data_set, metadata, mapped, rules)
    failing = failing_rows(cells, expectations, data_set)
    judged.rules_run += len(expectations)
    pairs, pair_expectations = pair_suite(cells, mapped, rules)
    if pair_expectations:
        failing |= failing_rows(pairs, pair_expectations, f"{data_set}:pairs")
        judged.rules_run += len(pair_expectations)
    settle(judged, live, cells, failing, rules)
    return judged


def settle(
    judged: Judged,
    live: pa.Table,
    cells: pd.DataFrame,
    failing: Mapping[str, list[int]],
    rules: Mapping[str, Rule],
) -> None:
    """Turn failing rows into refusals, findings or a stop; the first refusing rule wins a row."""
    codes = pd.Series([None] * live.num_rows, dtype="str")
    found: list[pd.DataFrame] = []
    for name in sorted(failing):
        rule = rules.get(name)
        rows = np.array(sorted(set(failing[name])), dtype=np.int64)
        if rule is not None and rule.action == "warn":
            found.append(findings_of(cells.iloc[rows], name, rule))
        elif rule is not None and rule.action == "stop":
            judged.stop_reason = f"{rule.reason} (règle « {name} », {len(rows)} valeurs)"
        else:
            fresh = rows[codes.iloc[rows].isna().to_numpy()]
            codes.iloc[fresh] = name
    judged.kept = codes.isna().to_numpy()
    judged.refused = refused_rows(live, codes, rules, "")
    if found:
        judged.findings = FINDINGS.check(pd.concat(found, ignore_index=True))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas: dictionary columns as categories, text as str."""
    frame: pd.DataFrame = table.drop_columns(["comment", "stored_by"]).to_pandas()
    return frame


def refused_rows(
    values: pa.Table, codes: pd.Series, rules: Mapping[str, Rule], expected_period_type: str
) -> pd.DataFrame:
    """The rows that have a refusal code, as frames.REFUSED_VALUES, each with its French reason."""
    positions = np.flatnonzero(codes.notna().to_numpy())
    if not len(positions):
        return REFUSED_VALUES.frame()
    rows = values.take(pa.array(positions)).select(["record", *KEY, "value"]).to_pylist()
    refused = []
    for row, code in zip(rows, codes.iloc[positions], strict=True):
        rule = rules.get(code)
        sentence = rule.reason if rule else reason(code, **row, expected=expected_period_type)
        refused.append({**row, "code": code, "reason": sentence, "rule": code if rule else "structure"})
    return REFUSED_VALUES.frame(refused)


def findings_of(rows: pd.DataFrame, name: str, rule: Rule) -> pd.DataFrame:
    """Rows a warning rule flags, as frames.FINDINGS."""
    return FINDINGS.cast(
        rows[[*KEY, "value"]].assign(code=name, severity="warn", variable=None, reason=rule.reason)
    )
