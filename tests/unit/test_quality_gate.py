"""One small data set, one of each error: every record ends up kept, a tombstone, or refused with its reason."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from layidu.model import frames
from layidu.model.metadata import Metadata, ServerInfo
from layidu.model.slices import Checked, Pulled, Slice
from quality.gate import check
from quality.rules import Rule, read_rules

SET, TESTS, POSITIVE, STOCK, WEIGHT = (
    "SetSetSet01",
    "RdtDone0001",
    "RdtPositiv1",
    "StockOut001",
    "Weight00001",
)
DEFAULT_COMBO, DEFAULT = "ComboDefau1", "HllvX50cXC0"
AGE_COMBO, YOUNG, OLD = "ComboAge001", "AgeYoung001", "AgeOld00001"
OPEN, CLOSED, OTHER = "UnitOpen001", "UnitClosed1", "UnitOther01"
RULES = {
    "stock-out-days": Rule(
        check="at-most-days-of-period", variables=["stock"], action="refuse", reason="Trop de jours."
    ),
    "rdt-positive-le-done": Rule(
        check="not-more-than", left=["positive"], right=["done"], action="warn", reason="Plus de positifs."
    ),
    "late-correction": Rule(check="touched-within-days", days=365, action="warn", reason="Très tard."),
}


def element(uid: str, value_type: str, combo: str) -> tuple[object, ...]:
    return (uid, None, uid, uid, value_type, "SUM", False, combo, None)


@pytest.fixture
def metadata() -> Metadata:
    units = [
        ("Root0000001", None, "Pays", "Pays", None, "/Root0000001", 1, "2000-01-01", None, None, None),
        (OPEN, None, "A", "A", "Root0000001", f"/Root0000001/{OPEN}", 2, "2000-01-01", None, None, None),
        (
            CLOSED,
            None,
            "B",
            "B",
            "Root0000001",
            f"/Root0000001/{CLOSED}",
            2,
            "2000-01-01",
            "2025-12-31",
            None,
            None,
        ),
        (OTHER, None, "C", "C", "Root0000001", f"/Root0000001/{OTHER}", 2, "2000-01-01", None, None, None),
    ]
    elements = [
        element(TESTS, "INTEGER_ZERO_OR_POSITIVE", AGE_COMBO),
        element(POSITIVE, "INTEGER_ZERO_OR_POSITIVE", AGE_COMBO),
        element(STOCK, "INTEGER", DEFAULT_COMBO),
        element(WEIGHT, "NUMBER", DEFAULT_COMBO),
    ]
    combos = [
        (DEFAULT, None, "default", DEFAULT_COMBO),
        (YOUNG, None, "0-4", AGE_COMBO),
        (OLD, None, "5+", AGE_COMBO),
    ]
    members = [(SET, str(row[0]), str(row[7])) for row in elements]
    return Metadata(
        source="test",
        server=ServerInfo("http://127.0.0.1", "2.42", "iso8601", datetime(2026, 4, 8), "Etc/UTC", 0, None),  # noqa: DTZ001
        user_org_units=("Root0000001",),
        org_units=frames.ORG_UNITS.frame(units),
        data_elements=frames.DATA_ELEMENTS.frame(elements),
        category_option_combos=frames.CATEGORY_OPTION_COMBOS.frame(combos),
        combo_options=frames.COMBO_OPTIONS.frame(),
        data_sets=frames.DATA_SETS.frame([(SET, None, "Set", "Set", "Monthly", DEFAULT_COMBO, 15, 0, 0)]),
        data_set_elements=frames.DATA_SET_ELEMENTS.frame(members),
        data_set_assignments=frames.DATA_SET_ASSIGNMENTS.frame([(SET, OPEN), (SET, CLOSED)]),
        option_values=pd.DataFrame({"option_set": pd.Series(dtype="str"), "code": pd.Series(dtype="str")}),
    )


MAPPED = frames.VARIABLE_CELLS.frame(
    [
        ("stock", "test", STOCK, DEFAULT, "", 0, 999912),
        ("done", "test", TESTS, YOUNG, "age=0-4", 0, 999912),
        ("positive", "test", POSITIVE, YOUNG, "age=0-4", 0, 999912),
    ]
)


def answer(rows: list[tuple[object, ...]]) -> Pulled:
    """An answer of rows (element, period, unit, option combo, attribute combo, value, touched, comment, deleted)."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    named = dict(zip([*frames.KEY, "value", "last_updated", "comment", "deleted"], columns, strict=True))
    named["record"] = range(1, len(rows) + 1)
    table = pa.table({f.name: pa.array(list(named[f.name])).cast(plain(f.type)) for f in frames.DATA_VALUES})
    table = table.cast(frames.DATA_VALUES)
    at = datetime(2026, 4, 8, 2)  # noqa: DTZ001
    slice_ = Slice("test", SET, ("202603",), "Root0000001")
    return Pulled(slice_, "data" if rows else "empty", table, Path("none"), "", 0, at)


def plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def row(
    element: str,
    value: str | None,
    *,
    unit: str = OPEN,
    combo: str = DEFAULT,
    period: str = "202603",
    **other: object,
) -> tuple[object, ...]:
    touched = other.get("touched", "2026-04-02T10:00:00.000+0000")
    attribute = other.get("attribute", DEFAULT)
    return (
        element,
        period,
        unit,
        combo,
        attribute,
        value,
        touched,
        other.get("comment"),
        other.get("deleted", False),
    )


def judge(rows: list[tuple[object, ...]], metadata: Metadata) -> Checked:
    checked = check(answer(rows), metadata, MAPPED, RULES)
    assert checked.kept.num_rows + checked.tombstones.num_rows + len(checked.refused) == checked.received
    return checked


REFUSED = {
    "integer-expected": row(TESTS, "3,5", combo=YOUNG),
    "negative-not-allowed": row(TESTS, "-4", combo=YOUNG),
    "integer-too-large": row(STOCK, "2147483648"),
    "number-expected": row(WEIGHT, "12,5"),
    "stock-out-days": row(STOCK, "32"),
    "combo-not-of-element": row(TESTS, "3", combo=DEFAULT),
    "org-unit-not-assigned": row(TESTS, "3", combo=YOUNG, unit=OTHER),
    "org-unit-unknown": row(TESTS, "3", combo=YOUNG, unit="Nowhere0001"),
    "org-unit-closed": row(TESTS, "3", combo=YOUNG, unit=CLOSED),
    "period-invalid": row(TESTS, "3", combo=YOUNG, period="202613"),
    "period-type": row(TESTS, "3", combo=YOUNG, period="2026Q1"),
    "comment-only": row(TESTS, None, combo=YOUNG, comment="à vérifier"),
    "value-missing": row(TESTS, None, combo=YOUNG),
    "attribute-combo-not-of-data-set": row(TESTS, "3", combo=YOUNG, attribute=YOUNG),
    "data-element-unknown": row("Elsewhere01", "3"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_bad_record_is_refused_for_its_own_reason_and_the_rest_flows(code: str, metadata: Metadata) -> None:
    checked = judge([REFUSED[code], row(TESTS, "7", combo=OLD)], metadata)
    assert checked.refused["code"].tolist() == [code]
    assert checked.refused["record"].tolist() == [1]
    assert "{" not in checked.refused["reason"].iloc[0]
    assert checked.kept.column("value").to_pylist() == ["7"]
    assert checked.verdict == "refused-some"


def test_all_errors_at_once_are_each_refused_once(metadata: Metadata) -> None:
    apart = [  # a month of its own for each, or they would be one cell many times
        (
            *bad[:1],
            f"2025{number + 1:02d}" if number < 12 and bad[1] == "202603" and bad[2] == OPEN else bad[1],
            *bad[2:],
        )
        for number, bad in enumerate(REFUSED.values())
    ]
    checked = judge(apart, metadata)
    assert sorted(checked.refused["code"]) == sorted(REFUSED)
    assert checked.kept.num_rows == 0


def test_a_doubled_key_refuses_both_rows(metadata: Metadata) -> None:
    checked = judge([row(TESTS, "3", combo=YOUNG), row(TESTS, "3", combo=YOUNG)], metadata)
    assert checked.refused["code"].tolist() == ["key-doubled", "key-doubled"]


def test_two_values_for_one_cell_are_both_refused_as_ambiguous(metadata: Metadata) -> None:
    checked = judge(
        [row(TESTS, "3", combo=YOUNG), row(TESTS, "7", combo=OLD), row(TESTS, "4", combo=YOUNG)], metadata
    )
    assert checked.refused["code"].tolist() == ["ambiguous-source", "ambiguous-source"]
    assert checked.refused["record"].tolist() == [1, 3]
    assert checked.kept.column("value").to_pylist() == ["7"]


def test_a_value_and_its_own_tombstone_in_one_answer_are_both_refused(metadata: Metadata) -> None:
    checked = judge([row(TESTS, "3", combo=YOUNG), row(TESTS, None, combo=YOUNG, deleted=True)], metadata)
    assert checked.refused["code"].tolist() == ["ambiguous-source", "ambiguous-source"]
    assert (checked.kept.num_rows, checked.tombstones.num_rows) == (0, 0)


def test_warnings_keep_the_value_and_name_the_cell(metadata: Metadata) -> None:
    checked = judge(
        [
            row(TESTS, "10", combo=YOUNG),
            row(POSITIVE, "12", combo=YOUNG),
            row(STOCK, "31", period="202501", touched="2026-03-30T08:00:00.000+0000"),
        ],
        metadata,
    )
    assert checked.verdict == "kept"
    assert checked.kept.num_rows == 3
    found = checked.findings.set_index("code")
    assert sorted(found.index) == ["late-correction", "rdt-positive-le-done"]
    assert found.loc["rdt-positive-le-done", "data_element"] == POSITIVE
    assert found.loc["late-correction", "period"] == "202501"


def test_a_rule_that_flags_nearly_everything_lists_some_and_counts_all(
    metadata: Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quality.gate.MOST_LISTED", 2)
    late = {"period": "202501", "touched": "2026-03-30T08:00:00.000+0000"}
    rows = [row(STOCK, "3", **late), row(TESTS, "1", combo=YOUNG, **late), row(TESTS, "2", combo=OLD, **late)]
    there, back = judge(rows, metadata), judge(rows[::-1], metadata)
    assert there.kept.num_rows == 3
    assert "« late-correction » : 3 valeurs signalées, dont 2 inscrites" in there.remarks
    cells = [*frames.KEY, "value", "code"]
    assert len(there.findings) == 2
    assert there.findings[cells].values.tolist() == back.findings[cells].values.tolist()


def test_a_pair_with_one_side_missing_is_not_compared(metadata: Metadata) -> None:
    assert judge([row(POSITIVE, "12", combo=YOUNG)], metadata).findings.empty


def test_a_stop_rule_stops_the_slice_and_says_why(metadata: Metadata) -> None:
    rules = {
        "never-above": Rule(
            check="between", variables=["done"], maximum=100, action="stop", reason="Absurde."
        )
    }
    checked = check(answer([row(TESTS, "101", combo=YOUNG)]), metadata, MAPPED, rules)
    assert checked.verdict == "stopped"
    assert "Absurde." in checked.stop_reason


def test_an_empty_answer_is_not_a_success_of_rules(metadata: Metadata) -> None:
    checked = judge([], metadata)
    assert (checked.verdict, checked.rules_run) == ("empty", 0)


def test_a_tombstone_is_no_refusal(metadata: Metadata) -> None:
    checked = judge([row(TESTS, None, combo=YOUNG, deleted=True)], metadata)
    assert (checked.tombstones.num_rows, len(checked.refused)) == (1, 0)


def test_the_shipped_rules_read() -> None:
    rules = read_rules(Path(__file__).parents[2] / "quality" / "rules")
    assert {"stock-out-days", "rdt-positive-le-done", "late-correction"} <= set(rules)
