"""What may not be sent is known before it is sent, on every version, because 2.42 would store it all the same."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from layidu.dhis2.conflicts import meaning
from layidu.dhis2.permitted import needs_form, permit
from layidu.dhis2.push import changes, plan
from layidu.dhis2.target_form import TargetForm, read_approvals, read_form
from layidu.errors import ConfigurationError
from layidu.model.frames import TARGET_CELLS

SET, ELEMENT, WHOLE, UNIT, CLOSED, LATE = (
    *("dataSetAAAA", "elementAAAA", "elementBBBB"),
    *("districtAAA", "districtBBB", "districtCCC"),
)
NOBODY: frozenset[tuple[str, str]] = frozenset()


def form(**more: Any) -> TargetForm:
    given: dict[str, Any] = {
        "data_set": SET,
        "period_type": "Monthly",
        "today": date(2026, 4, 10),
        "expiry_days": 0,
        "workflow": None,
        "input_periods": {},
        "value_types": {ELEMENT: "NUMBER", WHOLE: "INTEGER_ZERO_OR_POSITIVE"},
        "zero_is_lost": frozenset(),
        "org_units": {
            UNIT: (date(2000, 1, 1), None),
            CLOSED: (date(2000, 1, 1), date(2026, 1, 31)),
            LATE: (date(2026, 3, 15), None),
        },
        **more,
    }
    return TargetForm(**given)


def cell(element: str = ELEMENT, period: str = "202603", unit: str = UNIT, value: str = "5") -> pd.DataFrame:
    return TARGET_CELLS.frame([(SET, element, period, unit, "default0000", "default0000", value)])


def code_of(
    cells: pd.DataFrame, known: TargetForm, approved: frozenset[tuple[str, str]] = NOBODY
) -> str | None:
    planned = permit(plan(cells, TARGET_CELLS.frame(), TARGET_CELLS.frame()), known, approved)
    [row] = planned.itertuples()
    assert (row.action == "blocked") is isinstance(row.code, str)
    assert changes(planned).empty is (row.action == "blocked")
    return row.code if isinstance(row.code, str) else None


@pytest.mark.parametrize(
    ("cells", "known", "code"),
    [
        (cell(), form(), None),
        (cell(element="elementZZZZ"), form(), "element-not-in-set"),
        (cell(unit="districtZZZ"), form(), "org-unit-not-assigned"),
        (cell(period="2026Q1"), form(), "period-type"),
        (cell(period="202613"), form(), "period-type"),
        (cell(period="202604"), form(), "future-period"),
        (cell(period="202603"), form(today=date(2026, 3, 31)), "future-period"),
        (cell(period="202603"), form(today=date(2026, 4, 1)), None),
        (cell(period="202603"), form(expiry_days=10), None),
        (cell(period="202603"), form(expiry_days=9), "expired-period"),
        (cell(), form(expiry_days=9, unlocked=frozenset({("202603", UNIT)})), None),
        (cell(), form(expiry_days=9, unlocked=frozenset({("202603", LATE)})), "expired-period"),
        (cell(), form(input_periods={"202602": (None, None)}), "input-window-closed"),
        (cell(), form(input_periods={"202603": (None, date(2026, 4, 9))}), "input-window-closed"),
        (cell(), form(input_periods={"202603": (date(2026, 4, 1), date(2026, 4, 10))}), None),
        (cell(unit=CLOSED), form(), "closed-org-unit"),
        (cell(unit=CLOSED, period="202601"), form(), None),
        (cell(unit=LATE, period="202602"), form(), "closed-org-unit"),
        (cell(unit=LATE), form(), None),
        (cell(element=WHOLE, value="5.5"), form(), "value-type"),
        (cell(element=WHOLE, value="-5"), form(), "value-type"),
        (cell(element=WHOLE, value="2147483648"), form(), "value-type"),
        (cell(value="1e3"), form(), "value-type"),
        (cell(value="٣"), form(), "value-type"),
        (cell(value="0"), form(), None),
        (cell(value="0"), form(zero_is_lost=frozenset({ELEMENT})), "zero-not-significant"),
        (cell(value="5"), form(zero_is_lost=frozenset({ELEMENT})), None),
    ],
)
def test_every_lock_is_known_before_sending(cells: pd.DataFrame, known: TargetForm, code: str | None) -> None:
    assert code_of(cells, known) == code
    if code:
        assert code in meaning(code).reason
        assert "à faire" in meaning(code).reason


def test_an_approved_month_is_left_and_the_next_is_written() -> None:
    approved = frozenset({("202602", UNIT)})
    assert code_of(cell(period="202602"), form(), approved) == "approved"
    assert code_of(cell(period="202603"), form(), approved) is None


def test_one_bad_row_blocks_itself_alone_and_a_withdrawal_is_locked_like_a_write() -> None:
    ours = pd.concat([cell(unit=CLOSED, period="202602"), cell(period="202602")], ignore_index=True)
    planned = permit(plan(TARGET_CELLS.frame(), ours, ours), form(), NOBODY)
    actions = dict(zip(planned["org_unit"], planned["action"], strict=True))
    assert actions == {CLOSED: "blocked", UNIT: "withdraw"}


def test_a_cell_of_an_element_that_left_the_data_set_is_not_taken_for_gone() -> None:
    ours = cell(element="elementZZZZ")
    planned = plan(TARGET_CELLS.frame(), ours, TARGET_CELLS.frame())
    assert planned["action"].tolist() == ["leave"]
    assert needs_form(planned)
    assert permit(planned, form(), NOBODY)["code"].tolist() == ["element-not-in-set"]
    gone = plan(TARGET_CELLS.frame(), cell(), TARGET_CELLS.frame())
    assert permit(gone, form(), NOBODY)["action"].tolist() == ["leave"]
    assert not needs_form(plan(cell(), cell(), cell()))


class Api:
    """Answers as DHIS2 does for a data set with every kind of lock."""

    asked: list[tuple[str, Any]]

    def __init__(self) -> None:
        self.asked = []

    def read_json(self, path: str, params: Any) -> dict[str, Any]:
        """One data set."""
        self.asked.append((path, params))
        if path == "lockExceptions":
            other = {
                "dataSet": {"id": "dataSetBBBB"},
                "period": {"id": "202601"},
                "organisationUnit": {"id": UNIT},
            }
            return {"lockExceptions": [other, {**other, "dataSet": {"id": SET}, "period": {"id": "202602"}}]}
        return {
            "id": SET,
            "periodType": "Monthly",
            "expiryDays": 12.0,
            "workflow": {"id": "workflowAAA"},
            "dataInputPeriods": [
                {"period": {"id": "202603"}, "openingDate": "2026-04-01T00:00:00.000"},
            ],
            "dataSetElements": [
                {"dataElement": {"id": ELEMENT, "valueType": "NUMBER", "zeroIsSignificant": True}},
                {"dataElement": {"id": WHOLE, "valueType": "INTEGER", "zeroIsSignificant": False}},
            ],
            "organisationUnits": [
                {"id": UNIT, "openingDate": "2000-01-01T00:00:00.000"},
                {
                    "id": CLOSED,
                    "openingDate": "2000-01-01T00:00:00.000",
                    "closedDate": "2026-01-31T00:00:00.000",
                },
            ],
        }

    def read_list(self, path: str, params: Any) -> list[dict[str, Any]]:
        """States of approval."""
        self.asked.append((path, params))
        return [
            {"wf": "workflowAAA", "pe": "202603", "ou": UNIT, "state": "APPROVED_HERE"},
            {"wf": "workflowAAA", "pe": "202603", "ou": CLOSED, "state": "UNAPPROVED_READY"},
        ]


def test_a_data_set_is_read_with_its_locks_and_its_approvals() -> None:
    api: Any = Api()
    found = read_form(api, SET, date(2026, 4, 10))
    assert (found.period_type, found.expiry_days, found.workflow) == ("Monthly", 12, "workflowAAA")
    assert found.input_periods == {"202603": (date(2026, 4, 1), None)}
    assert found.value_types == {ELEMENT: "NUMBER", WHOLE: "INTEGER"}
    assert found.zero_is_lost == {WHOLE}
    assert found.unlocked == {("202602", UNIT)}
    assert found.org_units[CLOSED] == (date(2000, 1, 1), date(2026, 1, 31))
    assert read_approvals(api, found, [("202603", UNIT), ("202603", CLOSED)]) == {("202603", UNIT)}
    assert api.asked[-1][1] == [("wf", "workflowAAA"), ("pe", "202603"), ("ou", UNIT), ("ou", CLOSED)]
    before = len(api.asked)
    assert read_approvals(api, form(), [("202603", UNIT)]) == frozenset()
    assert len(api.asked) == before


def test_a_data_set_that_is_not_there_says_what_to_do() -> None:
    from layidu.dhis2.answers import WrongAddressError

    class Empty(Api):
        def read_json(self, path: str, params: Any) -> dict[str, Any]:  # noqa: ARG002
            """Nothing there."""
            raise WrongAddressError("GET", "statut 404", "l'API", "vérifier")

    api: Any = Empty()
    with pytest.raises(ConfigurationError, match="metadata apply"):
        read_form(api, SET, date(2026, 4, 10))
