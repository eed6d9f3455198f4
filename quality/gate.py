"""A gate, not a report: each record received is kept, a tombstone, or refused, exactly once.

Structure first, in our own code; then the data set's Great Expectations suite over what is left. An empty answer
is an outcome of its own (`empty`), never a success of rules.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layidu.model.alike import Places, alike
from layidu.model.frames import FINDINGS, KEY, REFUSED_VALUES
from layidu.model.metadata import Metadata
from layidu.model.slices import Checked, Pulled
from quality.reasons import REASONS, reason
from quality.rules import Rule
from quality.structure import Refusals, bad_structure

Verdict = Literal["kept", "refused-some", "stopped", "empty"]
# All that a rule about single values sees of a cell.
MOST_LISTED = (
    1000  # findings of a rule in one slice: beyond that it says something of the slice, not of its values
)
CELL_TELLS = ("data_element", "category_option_combo", "period", "value", "touched")


def check(pulled: Pulled, metadata: Metadata, mapped: pd.DataFrame, rules: Mapping[str, Rule]) -> Checked:
    """Judge one slice.

    `mapped` is frames.VARIABLE_CELLS (rules name variables). Raises AssertionError if a record were lost or
    doubled: the slice then fails, it does not pass.
    """
    values = pulled.values
    if values.num_rows == 0:
        return Checked(pulled, values, values, REFUSED_VALUES.frame(), FINDINGS.frame(), "empty")
    data_set = pulled.slice.data_set
    refusals = bad_structure(values, data_set, metadata)
    deleted = values.column("deleted").to_numpy()
    sound = refusals.first == 0
    tombstones = values.filter(pa.array(deleted & sound))
    live = values.filter(pa.array(~deleted & sound))
    structural = refused_rows(values, refusals, rules, period_type(metadata, data_set))
    judged = judge(live, data_set, metadata, mapped, rules)
    kept = live.filter(pa.array(judged.kept))
    refused = REFUSED_VALUES.check(pd.concat([structural, judged.refused], ignore_index=True))
    if kept.num_rows + tombstones.num_rows + len(refused) != values.num_rows:
        raise AssertionError(f"{pulled.slice.name}: a record was lost or doubled by the gate")
    verdict: Verdict = "stopped" if judged.stop_reason else "refused-some" if len(refused) else "kept"
    return Checked(
        pulled,
        kept,
        tombstones,
        refused,
        judged.findings,
        verdict,
        judged.stop_reason,
        judged.rules_run,
        " ; ".join(judged.remarks),
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
        self.remarks: list[str] = []
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

    told = with_days(live)
    of_cells = alike(told[name] for name in CELL_TELLS)
    cells = cells_frame(frame_of(told.take(pa.array(of_cells.first))), metadata)
    cells, expectations = cell_suite(cells, data_set, metadata, mapped, rules)
    failing = of_cells.spread(failing_rows(cells, expectations, data_set))
    judged.rules_run += len(expectations)
    rows: pd.DataFrame = live.select(list(KEY)).to_pandas()
    rows["number"] = cells["number"].to_numpy()[of_cells.group]
    pairs, pair_expectations = pair_suite(rows, mapped, rules)
    if pair_expectations:
        of_pairs = alike(pairs[name] for name in pairs.columns if name != "left_row")
        distinct = pairs.iloc[of_pairs.first].assign(row_id=np.arange(len(of_pairs.first)))
        found = of_pairs.spread(failing_rows(distinct, pair_expectations, f"{data_set}:pairs"))
        failing |= {rule: pairs["left_row"].to_numpy()[places] for rule, places in found.items()}
        judged.rules_run += len(pair_expectations)
    settle(judged, live, failing, rules)
    return judged


def settle(
    judged: Judged,
    live: pa.Table,
    failing: Mapping[str, Places],
    rules: Mapping[str, Rule],
) -> None:
    """Turn failing rows into refusals, findings or a stop; the first refusing rule wins a row."""
    names: list[str | None] = [None]
    first = np.zeros(live.num_rows, dtype=np.int16)
    found: list[pd.DataFrame] = []
    for name in sorted(failing):
        rule = rules.get(name)
        places = np.unique(failing[name])
        if rule is not None and rule.action == "warn":
            found.append(findings_of(live.take(pa.array(listed(judged, live, places, name))), name, rule))
        elif rule is not None and rule.action == "stop":
            judged.stop_reason = f"{rule.reason} (règle « {name} », {len(places)} valeurs)"
        else:
            names.append(name)
            first[places[first[places] == 0]] = len(names) - 1
    judged.kept = first == 0
    judged.refused = refused_rows(live, Refusals(names, first), rules, "")
    if found:
        judged.findings = FINDINGS.check(pd.concat(found, ignore_index=True))


def listed(judged: Judged, live: pa.Table, places: Places, name: str) -> Places:
    """The findings that are put on record, and a word on the others: the same ones whatever order they came in."""
    if len(places) <= MOST_LISTED:
        return places
    judged.remarks.append(
        f"règle « {name} » : {len(places)} valeurs signalées, dont {MOST_LISTED} inscrites au registre"
    )
    cells = live.select(list(KEY)).take(pa.array(places)).to_pandas().astype(str)
    first: Places = places[cells.sort_values(list(KEY)).index.to_numpy()[:MOST_LISTED]]
    return first


def with_days(live: pa.Table) -> pa.Table:
    """What a rule about single values sees of each record; `touched` is the day of its last change."""
    stamps = live.column("last_updated").combine_chunks()
    days = pc.utf8_slice_codeunits(stamps.dictionary, 0, 10).dictionary_encode()
    touched = pa.DictionaryArray.from_arrays(days.indices.take(stamps.indices), days.dictionary)
    return live.select([*KEY, "value"]).append_column("touched", touched)


def frame_of(told: pa.Table) -> pd.DataFrame:
    """Arrow to pandas: ids and `touched` as categories, value as text."""
    text = told.column("value").cast(pa.string())
    frame: pd.DataFrame = told.set_column(told.column_names.index("value"), "value", text).to_pandas()
    return frame


def refused_rows(
    values: pa.Table, refusals: Refusals, rules: Mapping[str, Rule], expected_period_type: str
) -> pd.DataFrame:
    """The rows that have a refusal code, as frames.REFUSED_VALUES, each with its French reason."""
    positions = np.flatnonzero(refusals.first)
    if not len(positions):
        return REFUSED_VALUES.frame()
    rows = values.take(pa.array(positions)).select(["record", *KEY, "value"]).to_pylist()
    refused = []
    for row, place in zip(rows, refusals.first[positions], strict=True):
        code = str(refusals.names[place])
        rule = rules.get(code)
        sentence = rule.reason if rule else reason(code, **row, expected=expected_period_type)
        refused.append({**row, "code": code, "reason": sentence, "rule": code if rule else "structure"})
    return REFUSED_VALUES.frame(refused)


def findings_of(rows: pa.Table, name: str, rule: Rule) -> pd.DataFrame:
    """Records a warning rule flags, as frames.FINDINGS."""
    listed = frame_of(rows.select([*KEY, "value"]))
    return FINDINGS.cast(listed.assign(code=name, severity="warn", variable=None, reason=rule.reason))
