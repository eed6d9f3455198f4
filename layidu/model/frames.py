"""The exact columns of every frame that passes between rooms.

A frame is checked where it enters a room and where it leaves one. Text is pandas' `str` (missing is NaN),
dates are `datetime64[us]` without a zone, keys are never missing and never repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from layidu.model.alike import all_differ


class ContractError(AssertionError):
    """A frame does not have the columns its contract declares: an error of ours, never of the data."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The exact columns of one frame, in order, with their types; a key column is never missing."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame unchanged, or raise with what was found and what was declared."""
        self.check_columns(frame)
        key = [frame[name] for name in self.key]
        if key and (any(column.hasnans for column in key) or not all_differ(key)):
            raise ContractError(f"{self.name}: found a missing or repeated key, expected unique {self.key}")
        return frame

    def check_columns(self, frame: pd.DataFrame) -> None:
        """Raise unless the frame has these columns, in this order, with these types."""
        found = [(str(column), str(dtype)) for column, dtype in frame.dtypes.items()]
        if found != list(self.columns.items()):
            raise ContractError(f"{self.name}: found {found}, expected {list(self.columns.items())}")

    def frame(self, rows: Any = ()) -> pd.DataFrame:
        """Build a frame with these columns and types from rows (tuples in column order, or dicts)."""
        built = pd.DataFrame(list(rows), columns=list(self.columns))
        return self.cast(built)

    def cast(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Take these columns, in this order, with these types, from a frame that has at least them."""
        return self.check(frame[list(self.columns)].astype(dict(self.columns)).reset_index(drop=True))


TEXT, DATE = "str", "datetime64[us]"

# --- metadata, as one DHIS2 instance holds it (uids are that instance's) --------------------------
ORG_UNITS = Contract(
    "org_units",
    {
        "uid": TEXT,
        "code": TEXT,
        "name": TEXT,
        "short_name": TEXT,
        "parent": TEXT,  # uid; missing for a root
        "path": TEXT,  # /country/…/uid
        "level": "int16",
        "opening_date": DATE,
        "closed_date": DATE,
        "longitude": "float64",
        "latitude": "float64",
    },
    ("uid",),
)
DATA_ELEMENTS = Contract(
    "data_elements",
    {
        "uid": TEXT,
        "code": TEXT,
        "name": TEXT,
        "short_name": TEXT,
        "value_type": TEXT,
        "aggregation_type": TEXT,
        "zero_is_significant": "bool",
        "category_combo": TEXT,
        "option_set": TEXT,
    },
    ("uid",),
)
CATEGORY_OPTION_COMBOS = Contract(  # disaggregation and attribute combos alike
    "category_option_combos",
    {"uid": TEXT, "code": TEXT, "name": TEXT, "category_combo": TEXT},
    ("uid",),
)
COMBO_OPTIONS = Contract(  # one row per option of a category option combo
    "combo_options",
    {
        "category_option_combo": TEXT,
        "category": TEXT,
        "category_name": TEXT,
        "category_option": TEXT,
        "category_option_code": TEXT,
        "category_option_name": TEXT,
    },
    ("category_option_combo", "category_option"),
)
DATA_SETS = Contract(
    "data_sets",
    {
        "uid": TEXT,
        "code": TEXT,
        "name": TEXT,
        "short_name": TEXT,
        "period_type": TEXT,  # DHIS2's enum name: Monthly, Yearly, Weekly, …
        "category_combo": TEXT,  # of the attribute option combos
        "timely_days": "float64",
        "expiry_days": "float64",
        "open_future_periods": "int16",
    },
    ("uid",),
)
DATA_SET_ELEMENTS = Contract(  # category_combo: the override of the set, else the element's own
    "data_set_elements",
    {"data_set": TEXT, "data_element": TEXT, "category_combo": TEXT},
    ("data_set", "data_element"),
)
DATA_SET_ASSIGNMENTS = Contract(
    "data_set_assignments", {"data_set": TEXT, "org_unit": TEXT}, ("data_set", "org_unit")
)
REGISTRATIONS = Contract(  # completeness registrations
    "registrations",
    {
        "data_set": TEXT,
        "period": TEXT,
        "org_unit": TEXT,
        "attribute_option_combo": TEXT,
        "date": DATE,
        "completed": "bool",
    },
    ("data_set", "period", "org_unit", "attribute_option_combo"),
)
METADATA_EVENTS = Contract(  # a change of metadata a person can read
    "metadata_events",
    {
        "kind": TEXT,  # added, gone, moved, renamed, closed, reopened, changed, merged
        "object_type": TEXT,  # org_unit, data_element, category_option_combo, combo_option, data_set, …
        "uid": TEXT,
        "name": TEXT,
        "before": TEXT,
        "after": TEXT,
    },
)

# --- data values: Arrow, dictionary-coded, one slice at a time ------------------------------------
CODED = pa.dictionary(pa.int32(), pa.string())
DATA_VALUES = pa.schema(
    [
        ("record", pa.int32()),  # 1-based record number in the answer, header not counted
        ("data_element", CODED),
        ("period", CODED),
        ("org_unit", CODED),
        ("category_option_combo", CODED),
        ("attribute_option_combo", CODED),
        ("value", CODED),  # DHIS2's own text; null when the record has none
        ("last_updated", CODED),  # DHIS2's own text
        ("comment", pa.string()),
        ("deleted", pa.bool_()),
    ]
)
KEY = ("data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo")
REFUSED_VALUES = Contract(  # one row per record that does not go on
    "refused_values",
    {
        "record": "int32",
        "data_element": TEXT,
        "period": TEXT,
        "org_unit": TEXT,
        "category_option_combo": TEXT,
        "attribute_option_combo": TEXT,
        "value": TEXT,
        "code": TEXT,  # stable, English: integer-expected, combo-not-of-element, …
        "reason": TEXT,  # a French sentence, with what to do
        "rule": TEXT,  # structure, or the rule's name in quality/rules
    },
    ("record",),
)
FINDINGS = Contract(  # kept, but a person should look (warnings of rules and of data-quality statistics)
    "findings",
    {
        "code": TEXT,  # rule code
        "severity": TEXT,  # warn, info
        "data_element": TEXT,  # may be missing when the finding is about a variable
        "variable": TEXT,
        "period": TEXT,
        "org_unit": TEXT,
        "category_option_combo": TEXT,
        "attribute_option_combo": TEXT,
        "value": TEXT,
        "reason": TEXT,  # French sentence
    },
)

# --- plan: declarations expanded against metadata -------------------------------------------------
VARIABLE_CELLS = Contract(  # source cell -> variable x disaggregation
    "variable_cells",
    {
        "variable": TEXT,
        "source": TEXT,
        "data_element": TEXT,
        "category_option_combo": TEXT,
        "disaggregation": TEXT,  # "age=15-24|method=implant", sorted by dimension; "" when none
        "valid_from": "int32",  # 0 or yyyymm, inclusive
        "valid_to": "int32",  # 999912 or yyyymm, inclusive
    },
    ("source", "data_element", "category_option_combo", "variable", "valid_from"),
)
TERMS = Contract(  # indicator part = sum over terms of coefficient x variable (filtered)
    "terms",
    {
        "indicator": TEXT,
        "disaggregation": TEXT,  # "" for the total, else the band the row is for
        "part": TEXT,  # numerator | denominator
        "kind": TEXT,  # variable | population | insufficient: sums that only overlap what is asked
        "name": TEXT,  # variable or population measure
        "filter": TEXT,  # disaggregation of the mapped sum this term takes: exact "age=…|method=…"
        "coefficient": "float64",
    },
)

# --- map and compute ------------------------------------------------------------------------------
TREE = Contract(  # today's tree; org_unit and parent are the warehouse's int keys
    "tree",
    {
        "org_unit": "int32",
        "parent": "int32",  # -1 for a root
        "level": "int16",
        "uid": TEXT,
        "name": TEXT,
        "opening_date": DATE,
        "closed_date": DATE,
    },
    ("org_unit",),
)
EARLIER_PARENTS = Contract(  # where org units hung that hang elsewhere today
    "earlier_parents",
    {
        "org_unit": "int32",
        "parent": "int32",
        "first_month": "int32",  # 0 or yyyymm, inclusive
        "last_month": "int32",  # yyyymm, inclusive
    },
    ("org_unit", "first_month"),
)
MAPPED_SUMS = Contract(  # one year of source cells, mapped and summed
    "mapped_sums",
    {
        "variable": "category",
        "disaggregation": "category",
        "org_unit": "int32",
        "period": "int32",  # yyyymm; for a yearly variable yyyy00
        "sum": "float64",
    },
    ("variable", "disaggregation", "org_unit", "period"),
)
REPORTS = Contract(  # completeness of one data set at one org unit and month (as expected by assignment)
    "reports",
    {
        "data_set": TEXT,  # uid
        "org_unit": "int32",
        "period": "int32",  # yyyymm
        "expected": "int32",
        "received": "int32",
        "on_time": "int32",
    },
    ("data_set", "org_unit", "period"),
)
POPULATIONS = Contract(  # the value of a measure at its lowest declared level, for one year
    "populations",
    {"measure": TEXT, "org_unit": "int32", "year": "int32", "value": "float64", "series": TEXT},
    ("measure", "org_unit", "year"),
)
RESULTS = Contract(
    "results",
    {
        "indicator": TEXT,
        "disaggregation": TEXT,
        "org_unit": "int32",
        "period": TEXT,  # 202603, 2026Q1, 2026
        "numerator": "float64",
        "denominator": "float64",
        "value": "float64",
        "status": TEXT,  # computed | numerator missing | denominator missing | denominator zero | …
        "completeness": "float64",  # reports received / expected, 0-1; NaN where nothing was expected
    },
    ("indicator", "disaggregation", "org_unit", "period"),
)

# --- publish --------------------------------------------------------------------------------------
TARGET_CELLS = Contract(  # desired cells, the ledger and the server's answer all have these columns
    "target_cells",
    {
        "data_set": TEXT,
        "data_element": TEXT,
        "period": TEXT,
        "org_unit": TEXT,
        "category_option_combo": TEXT,
        "attribute_option_combo": TEXT,
        "value": TEXT,  # canonical decimal text
    },
    ("data_set", "data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo"),
)
PUSH_PLAN = Contract(
    "push_plan",
    {
        **dict(TARGET_CELLS.columns),
        "before": TEXT,  # what the server holds; missing when nothing
        "action": TEXT,  # write | rewrite | withdraw | leave | foreign | blocked
        "code": TEXT,  # why a change is blocked; missing for the others
    },
    TARGET_CELLS.key,
)
LEDGER = Contract(  # what the warehouse knows of the cells of one of our data sets
    "ledger",
    {
        **dict(TARGET_CELLS.columns),  # value: what we wrote and read back; missing: nothing of ours
        "in_flight": "bool",  # sent by an earlier run, and not known what became of it
        "sent": TEXT,  # what was last sent; missing: a withdrawal, or nothing yet
        "before": TEXT,  # what the server held when it was sent
        "state": TEXT,  # sent | confirmed | withdrawn | rejected | unknown | blocked | foreign
        "code": TEXT,  # why it is not as wanted; missing when it is
        "wanted": TEXT,  # what should stand there, when it does not; missing: nothing should
        "tries": "int32",  # times in a row that the server refused this
        "run": "int64",  # that last changed any of it
    },
    TARGET_CELLS.key,
)
LEDGER_OUTCOME = Contract(  # what a run found out about each cell
    "ledger_outcome",
    {
        **dict(TARGET_CELLS.columns),  # value: ours from now on
        "in_flight": "bool",
        "state": TEXT,
        "code": TEXT,
        "wanted": TEXT,
        "found": TEXT,  # what the server holds, where that is not ours
        "tries": "int32",
    },
    TARGET_CELLS.key,
)
LEDGER_CHANGES = Contract(  # what the server was made to hold, cell by cell: what a roll-back needs
    "ledger_changes",
    {
        **dict.fromkeys(TARGET_CELLS.key, TEXT),
        "before": TEXT,  # missing: nothing
        "after": TEXT,  # missing: nothing
        "run": "int64",  # that sent it
    },
    TARGET_CELLS.key,
)
PUBLISHED_ELEMENTS = Contract(  # what one of our data elements in a target stands for
    "published_elements",
    {
        "data_element": TEXT,  # uid
        "data_set": TEXT,  # uid
        "publication": TEXT,
        "indicator": TEXT,
        "part": TEXT,
        "label": TEXT,  # French
        "formula": TEXT,  # version of what it is computed by
    },
    ("data_element",),
)
