"""Which changes would this server refuse, or store wrongly without a word? Known before anything is sent.

2.40 to 2.42 store, with status 200, values of closed org units, of foreign elements and of units that are not
assigned; 2.43 refuses a whole group for one such row. So neither is ever sent one.
"""

import re
from collections.abc import Callable
from datetime import date

import pandas as pd

from layidu.dhis2.push import CHANGES, KEY, changes
from layidu.dhis2.target_form import Span, TargetForm
from layidu.model.frames import PUSH_PLAN
from layidu.model.periods import Period, parse

#: DHIS2's own grammars, ASCII digits only.
WHOLE = r"(?:0|-?[1-9][0-9]*)"
GRAMMARS = {
    "NUMBER": r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?",
    "PERCENTAGE": r"(?:100(?:\.0+)?|[1-9]?[0-9](?:\.[0-9]+)?)",
    "UNIT_INTERVAL": r"(?:1(?:\.0+)?|0(?:\.[0-9]+)?)",
    "INTEGER": WHOLE,
    "INTEGER_POSITIVE": r"[1-9][0-9]*",
    "INTEGER_NEGATIVE": r"-[1-9][0-9]*",
    "INTEGER_ZERO_OR_POSITIVE": r"(?:0|[1-9][0-9]*)",
}
COMPILED = {name: re.compile(pattern) for name, pattern in GRAMMARS.items()}
LARGEST_INTEGER = 2**31 - 1


def permit(planned: pd.DataFrame, form: TargetForm, approved: frozenset[tuple[str, str]]) -> pd.DataFrame:
    """The plan with `blocked` for every change that may not be sent, and why (`PUSH_PLAN`).

    `approved` holds (period, org unit) whose data are approved. A withdrawal is blocked by a lock too: the value
    stays, and stays ours.
    """
    todo = changes(planned)
    questions: tuple[tuple[list[str], Callable[..., str | None]], ...] = (
        (["data_element"], lambda element: None if element in form.value_types else "element-not-in-set"),
        (["period"], lambda period: of_period(form, period)),
        (["period", "org_unit"], lambda period, unit: of_org_unit(form, period, unit, approved)),
        (["data_element", "value"], lambda element, value: of_value(form, element, value)),
    )
    codes = pd.Series(None, index=todo.index, dtype="object")
    for columns, ask in questions:  # each distinct combination is asked about once
        distinct = todo[columns].drop_duplicates()
        said = [ask(*row) for row in distinct.itertuples(index=False, name=None)]
        answered = todo[columns].merge(
            distinct.assign(said=pd.Series(said, index=distinct.index)), how="left"
        )
        codes = codes.where(codes.notna(), answered["said"].set_axis(todo.index))
    blocked = codes.dropna()
    result = planned.copy()
    unseen = out_of_sight(planned, form)
    result.loc[unseen, ["action", "code"]] = ["blocked", "element-not-in-set"]
    result.loc[blocked.index, "action"] = "blocked"
    result.loc[blocked.index, "code"] = blocked.astype("str")
    return PUSH_PLAN.cast(result.sort_values(KEY))


def out_of_sight(planned: pd.DataFrame, form: TargetForm) -> pd.Series:
    """Which rows only the ledger knows, of elements that have left the data set: they may still be shown.

    Reading the data set no longer shows them, so that they seem gone; on the dashboards they are not.
    """
    nowhere = planned["value"].isna() & planned["before"].isna()
    return nowhere & ~planned["data_element"].isin(form.value_types)


def needs_form(planned: pd.DataFrame) -> bool:
    """Whether the data set must be read: there is something to send, or something only the ledger knows."""
    return bool(
        planned["action"].isin(CHANGES).any() or (planned["value"].isna() & planned["before"].isna()).any()
    )


def of_period(form: TargetForm, text: str) -> str | None:
    """Why nothing may be written for a period."""
    period = known(text)
    if period is None or period.type != form.period_type:
        return "period-type"
    if period.end >= form.today:
        return "future-period"
    if form.input_periods and not within(form.input_periods.get(text), form.today):
        return "input-window-closed"
    return None


def is_expired(form: TargetForm, period: Period) -> bool:
    """Whether the days after a period's end are over; 0 days is never."""
    return bool(form.expiry_days) and (form.today - period.end).days > form.expiry_days


def known(text: str) -> Period | None:
    """A period, or nothing for a text that is none."""
    try:
        return parse(text)
    except ValueError:
        return None


def within(span: Span | None, today: date) -> bool:
    """Whether a day lies in a window; no window is a closed one."""
    if span is None:
        return False
    first, last = span
    return (first is None or first <= today) and (last is None or today <= last)


def of_org_unit(form: TargetForm, text: str, unit: str, approved: frozenset[tuple[str, str]]) -> str | None:
    """Why nothing may be written for an org unit in a period."""
    if unit not in form.org_units:
        return "org-unit-not-assigned"
    if (text, unit) in approved:
        return "approved"
    opened, closed = form.org_units[unit]
    period = known(text)
    if period and is_expired(form, period) and (text, unit) not in form.unlocked:
        return "expired-period"
    if period and ((opened and opened > period.end) or (closed and closed < period.start)):
        return "closed-org-unit"
    return None


def of_value(form: TargetForm, element: str, value: object) -> str | None:
    """Why a text is not a value of an element; a withdrawal has none."""
    if not isinstance(value, str):
        return None
    kind = form.value_types.get(element, "NUMBER")
    grammar = COMPILED.get(kind)
    if grammar is None or not grammar.fullmatch(value):
        return "value-type"
    if kind.startswith("INTEGER") and abs(int(value)) > LARGEST_INTEGER:
        return "value-type"
    if element in form.zero_is_lost and float(value) == 0:
        return "zero-not-significant"
    return None
