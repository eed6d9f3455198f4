"""What does one of our data sets accept today, as the account that pushes sees it? Read before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from layidu.dhis2.answers import RightsError, WrongAddressError
from layidu.dhis2.client import Client
from layidu.errors import ConfigurationError

FIELDS = (
    "id,periodType,openFuturePeriods,expiryDays,workflow[id],dataInputPeriods[period[id],openingDate,closingDate],"
    "dataSetElements[dataElement[id,valueType,zeroIsSignificant]],"
    "organisationUnits[id,openingDate,closedDate]"
)
ORG_UNITS_PER_REQUEST = 100  # 1,500 characters of address
Span = tuple[date | None, date | None]  # first and last day; None: without an end


@dataclass(frozen=True, slots=True)
class TargetForm:
    """A data set with its locks, its elements and the org units it is assigned to."""

    data_set: str
    period_type: str
    today: date  # of the server
    expiry_days: float  # 0: never
    workflow: str | None  # of the approvals, where there is one
    input_periods: dict[str, Span] = field(repr=False)  # empty: every period is open
    value_types: dict[str, str] = field(repr=False)  # data element -> DHIS2's value type
    zero_is_lost: frozenset[str] = field(repr=False)  # elements whose zero is not significant
    org_units: dict[str, Span] = field(repr=False)  # open from, closed after
    unlocked: frozenset[tuple[str, str]] = frozenset()  # (period, org unit) open although expired


def read_form(client: Client, data_set: str, today: date) -> TargetForm:
    """Read one data set.

    Raises:
        ConfigurationError: the account does not see it, or it is not there yet.
    """
    try:
        found = client.read_json(f"dataSets/{data_set}", {"fields": FIELDS})
    except WrongAddressError as error:  # 404
        raise ConfigurationError(
            where=f"{client}, jeu de données {data_set}",
            found="il n'existe pas, ou le compte d'envoi ne le voit pas",
            expected="le jeu de données de la publication",
            todo="faire passer « layidu metadata apply » par l'administrateur, puis relancer",
        ) from error
    expiry_days = float(found.get("expiryDays") or 0)
    elements = [one["dataElement"] for one in found.get("dataSetElements", [])]
    return TargetForm(
        data_set=data_set,
        period_type=str(found.get("periodType")),
        today=today,
        expiry_days=expiry_days,
        workflow=(found.get("workflow") or {}).get("id"),
        input_periods={
            one["period"]["id"]: (day(one.get("openingDate")), day(one.get("closingDate")))
            for one in found.get("dataInputPeriods") or []
        },
        value_types={one["id"]: str(one.get("valueType")) for one in elements},
        zero_is_lost=frozenset(one["id"] for one in elements if one.get("zeroIsSignificant") is False),
        org_units={
            one["id"]: (day(one.get("openingDate")), day(one.get("closedDate")))
            for one in found.get("organisationUnits", [])
        },
        unlocked=read_unlocked(client, data_set) if expiry_days else frozenset(),
    )


def read_unlocked(client: Client, data_set: str) -> frozenset[tuple[str, str]]:
    """What an administrator opened again of expired periods; nothing where the account may not ask.

    Then such a cell is held back, and says why: better than one that is refused.
    """
    fields = "dataSet[id],period[id],organisationUnit[id]"
    try:
        answer = client.read_json("lockExceptions", {"fields": fields, "paging": "false"})
    except RightsError:
        return frozenset()
    return frozenset(
        (one["period"]["id"], one["organisationUnit"]["id"])
        for one in answer.get("lockExceptions", [])
        if (one.get("dataSet") or {}).get("id") == data_set
    )


def day(text: Any) -> date | None:
    """The day of a DHIS2 time stamp."""
    return date.fromisoformat(str(text)[:10]) if text else None


def read_approvals(
    client: Client, form: TargetForm, cells: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Which of these (period, org unit) are approved; nothing is asked of a data set without a workflow."""
    if form.workflow is None:
        return frozenset()
    units: dict[str, list[str]] = {}
    for period, org_unit in sorted(set(cells)):
        units.setdefault(period, []).append(org_unit)
    approved: set[tuple[str, str]] = set()
    for period, all_of_it in units.items():
        for start in range(0, len(all_of_it), ORG_UNITS_PER_REQUEST):
            asked = all_of_it[start : start + ORG_UNITS_PER_REQUEST]
            params = [("wf", form.workflow), ("pe", period), *(("ou", unit) for unit in asked)]
            approved |= {
                (period, str(one.get("ou")))
                for one in client.read_list("dataApprovals/approvals", params)
                if str(one.get("state")).startswith(("APPROVED", "ACCEPTED"))
            }
    return frozenset(approved)
