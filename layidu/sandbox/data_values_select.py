"""Which data values does a GET mean? Parameters checked in 2.42's order, rights, and the condition they become."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from layidu.sandbox.accounts import DATA_READ, META_READ, User
from layidu.sandbox.answers import Request, refused
from layidu.sandbox.clock import Clock
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.periods import parse
from layidu.sandbox.store import Store

DURATION = re.compile(r"(\d+)([dhms])")
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
FEW = 20
AMONG_FEW = "org_unit IN (SELECT value FROM json_each(?))"
#: The plus keeps SQLite from a seek per org unit where a scan of the period's rows is cheaper.
AMONG_MANY = "+org_unit IN (SELECT value FROM json_each(?))"
MESSAGES = {
    "E2001": "At least one data element, data set or data element group must be specified",
    "E2002": "At least one period, start/end dates, last updated or last updated duration must be specified",
    "E2004": "Start date must be before end date",
    "E2005": "Duration is not valid: `{0}`",
    "E2006": "At least one organisation unit or organisation unit group must be specified",
    "E2007": "Organisation unit children cannot be included for organisation unit groups",
    "E2008": "At least one organisation unit must be specified when children are included",
    "E2009": "Limit cannot be less than zero: `{0}`",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for, with everything unknown already dropped as 2.42 drops it."""

    data_sets: list[str]
    elements: list[str]
    periods: list[str]
    dates: tuple[date, date] | None
    org_units: list[str]
    children: bool
    since: str | None
    include_deleted: bool
    limit: int | None


class Selector:
    """Turns a request's parameters into a selection, and a selection into SQL."""

    def __init__(self, store: Store, metadata: Metadata, clock: Clock) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock

    def selection(self, request: Request, user: User) -> Selection:
        """What was asked for.

        Raises:
            RefusedError: a parameter is missing or contradicts another.
        """
        by_code = "CODE" in {
            request.one("inputIdScheme").upper(),
            request.one("inputDataSetIdScheme").upper(),
        }
        sets = [
            known
            for text in request.many("dataSet")
            if (known := self._metadata.by_code("dataSets", text) if by_code else text)
            and user.may(META_READ, self._metadata.get("dataSets", known) or {"sharing": {}})
            and self._metadata.get("dataSets", known)
        ]
        named = [text for text in request.many("dataElement") if self._metadata.get("dataElements", text)]
        periods = [text for text in request.many("period") if parse(text)]
        units = [text for text in request.many("orgUnit") if self._metadata.get("organisationUnits", text)]
        dates = _dates(request) if not periods else None
        what = [*sets, *named]
        self._refuse_if_invalid(request, what=what, periods=periods, dates=dates, units=units)
        elements = list(
            dict.fromkeys([*(e for one in sets for e in self._metadata.elements_of(one)), *named])
        )
        limit = request.one("limit")
        return Selection(
            sets,
            elements,
            periods,
            dates,
            units,
            request.flag("children"),
            self._since(request),
            request.flag("includeDeleted"),
            int(limit) if limit else None,
        )

    @staticmethod
    def _refuse_if_invalid(
        request: Request,
        *,
        what: list[str],
        periods: list[str],
        dates: tuple[date, date] | None,
        units: list[str],
    ) -> None:
        """Refuse by the last check that fails: 2.42 keeps only that one."""
        duration = request.one("lastUpdatedDuration")
        has_when = bool(periods) or dates is not None or bool(request.one("lastUpdated")) or bool(duration)
        groups = bool(request.many("orgUnitGroup"))
        children = request.flag("children")
        limit = request.one("limit")
        failures = {
            "E2001": not what,
            "E2002": not has_when,
            "E2004": dates is not None and dates[0] > dates[1],
            "E2005": bool(duration) and DURATION.fullmatch(duration) is None,
            "E2006": not units and not groups,
            "E2007": children and groups,
            "E2008": children and not units,
            "E2009": limit.startswith("-"),
        }
        failed = [code for code, fails in failures.items() if fails]
        if failed:
            raise refused(409, MESSAGES[failed[-1]], failed[-1])

    def _since(self, request: Request) -> str | None:
        duration = DURATION.fullmatch(request.one("lastUpdatedDuration"))
        if duration:
            moment = self._clock.now() - timedelta(**{UNITS[duration[2]]: int(duration[1])})
            return moment.isoformat()
        text = request.one("lastUpdated")
        return parse_moment(text).isoformat() if text else None

    def allows(self, selection: Selection, user: User) -> bool:
        """Whether the user may read the data sets and see the org units he named."""
        sets = [self._metadata.get("dataSets", one) or {} for one in selection.data_sets]
        inside = user.superuser or all(
            self._metadata.is_inside(unit, user.account.org_units) for unit in selection.org_units
        )
        return inside and all(user.may(DATA_READ, item) for item in sets)

    def where(self, selection: Selection) -> tuple[str, list[str | int]]:
        """The condition on the table of values, and its parameters."""
        words = self._store.words
        wheres = ["data_element IN (SELECT value FROM json_each(?))"]
        parameters: list[str | int] = [json.dumps(words.keys(selection.elements))]
        periods = self._period_keys(selection)
        if periods is not None:
            wheres.append("period IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(periods))
        units = selection.org_units
        if selection.children:
            units = list(dict.fromkeys(chain.from_iterable(self._metadata.subtree(unit) for unit in units)))
        if len(units) < len(self._metadata.objects["organisationUnits"]):
            wheres.append(AMONG_MANY if len(units) > FEW else AMONG_FEW)
            parameters.append(json.dumps(words.keys(units)))
        if selection.since:
            wheres.append("last_updated >= ?")
            parameters.append(selection.since)
        if not selection.include_deleted:
            wheres.append("deleted = 0")
        where = " AND ".join(wheres)
        if selection.limit is not None:
            where += " LIMIT ?"
            parameters.append(selection.limit)
        return where, parameters

    def _period_keys(self, selection: Selection) -> list[int] | None:
        if selection.periods:
            return self._store.words.keys(selection.periods)
        if selection.dates is None:
            return None
        start, end = selection.dates
        return [
            key
            for text, key in list(self._store.words.key_of.items())
            if (period := parse(text)) and start <= period.start and period.end <= end
        ]


def _dates(request: Request) -> tuple[date, date] | None:
    try:
        return date.fromisoformat(request.one("startDate")), date.fromisoformat(request.one("endDate"))
    except ValueError:
        return None


def parse_moment(text: str) -> datetime:
    """A time a client wrote, in the server's zone; without an offset it is the server's already."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refused(400, f"Invalid date format: {text}") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
