"""Which data values does a GET mean? Parameters checked as each version does, rights, and the condition they become."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from layidu.sandbox.accounts import DATA_READ, META_READ, User
from layidu.sandbox.answers import Request, refused
from layidu.sandbox.clock import Clock
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.periods import parse
from layidu.sandbox.store import Store

UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
DURATION = re.compile(r"(\d+)([dhms])")
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
FEW = 20
AMONG_FEW = "org_unit IN (SELECT value FROM json_each(?))"
#: The plus keeps SQLite from a seek per org unit where a scan of the period's rows is cheaper.
AMONG_MANY = "+org_unit IN (SELECT value FROM json_each(?))"
MESSAGES = {
    "E2001": "At least one data element, data set or data element group must be specified",
    "E2002": "At least one period, start/end dates, last updated or last updated duration must be specified",
    "E2003": "Both periods and start/end date cannot be specified",
    "E2004": "Start date must be before end date",
    "E2005": "Duration is not valid: `{0}`",
    "E2006": "At least one organisation unit or organisation unit group must be specified",
    "E2007": "Organisation unit children cannot be included for organisation unit groups",
    "E2008": "At least one organisation unit must be specified when children are included",
    "E2009": "Limit cannot be less than zero: `{0}`",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for; up to 2.42 without what is unknown, from 2.43 on with it."""

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

    def __init__(self, store: Store, metadata: Metadata, clock: Clock, dialect: Dialect) -> None:
        self._store = store
        self._metadata = metadata
        self._clock = clock
        self._dialect = dialect

    def selection(self, request: Request, user: User) -> Selection:
        """What was asked for.

        Raises:
            RefusedError: a parameter is missing or contradicts another.
        """
        sets = self._sets(request, user)
        named = self._known("dataElements", request.many("dataElement"))
        periods = self._periods(request)
        units = self._known("organisationUnits", request.many("orgUnit"))
        dates = _dates(request)
        if periods and Change.V243_PERIOD_NEEDED not in self._dialect:
            dates = None
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

    def _sets(self, request: Request, user: User) -> list[str]:
        schemes = {request.one("inputIdScheme").upper(), request.one("inputDataSetIdScheme").upper()}
        texts = request.many("dataSet")
        if "CODE" in schemes:
            texts = [known for text in texts if (known := self._metadata.by_code("dataSets", text))]
        found = self._known("dataSets", texts)
        if Change.V243_UNKNOWN_IS_EMPTY in self._dialect:
            return found
        # A data set that the user may not even see is unknown to him.
        return [one for one in found if user.may(META_READ, self._metadata.objects["dataSets"][one])]

    def _known(self, kind: str, texts: list[str]) -> list[str]:
        """The ids that exist; from 2.43 on all that are well formed."""
        if Change.V243_UNKNOWN_IS_EMPTY not in self._dialect:
            return [text for text in texts if self._metadata.get(kind, text)]
        for text in texts:
            if not UID.fullmatch(text):  # the text is ours, the status documented
                raise refused(400, f"UID must be 11 alphanumeric characters beginning with a letter: {text}")
        return list(texts)

    def _periods(self, request: Request) -> list[str]:
        texts = request.many("period")
        if Change.V243_UNKNOWN_IS_EMPTY in self._dialect:
            for text in texts:
                if parse(text) is None:
                    raise refused(400, f"Invalid Period `{text}`, failed to create date interval")
        return [text for text in texts if parse(text)]

    def _refuse_if_invalid(
        self,
        request: Request,
        *,
        what: list[str],
        periods: list[str],
        dates: tuple[date, date] | None,
        units: list[str],
    ) -> None:
        """Refuse by the last check that fails, which is what 2.42 keeps; by the first from 2.43 on."""
        duration = request.one("lastUpdatedDuration")
        strict = Change.V243_PERIOD_NEEDED in self._dialect
        changed = (bool(request.one("lastUpdated")) or bool(duration)) and not strict
        groups = bool(request.many("orgUnitGroup"))
        children = request.flag("children")
        failures = {
            "E2001": not what,
            "E2002": not periods and dates is None and not changed,
            "E2003": strict and bool(periods) and dates is not None,
            "E2004": dates is not None and dates[0] > dates[1],
            "E2005": bool(duration) and DURATION.fullmatch(duration) is None and not strict,
            "E2006": not units and not groups,
            "E2007": children and groups,
            "E2008": children and not units and not strict,
            "E2009": request.one("limit").startswith("-"),
        }
        failed = [code for code, fails in failures.items() if fails]
        if failed:
            code = failed[0 if Change.V243_FIRST_CHECK_WINS in self._dialect else -1]
            raise refused(409, MESSAGES[code], code)

    def _since(self, request: Request) -> str | None:
        duration = DURATION.fullmatch(request.one("lastUpdatedDuration"))
        if duration:
            moment = self._clock.now() - timedelta(**{UNITS[duration[2]]: int(duration[1])})
        elif request.one("lastUpdated"):
            moment = parse_moment(request.one("lastUpdated"))
        else:
            return None
        if Change.V243_DAY_ONLY in self._dialect:
            return moment.date().isoformat()
        # The store's stamps are seconds or milliseconds; the shorter text sorts first.
        return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")

    def missing_right(self, selection: Selection, user: User) -> tuple[str, str] | None:
        """The code and the text of what the user lacks among what he named."""
        if user.superuser:
            return None
        sets = [(one, self._metadata.get("dataSets", one)) for one in selection.data_sets]
        barred = [one for one, item in sets if item is not None and not user.may(DATA_READ, item)]
        if barred:
            listed = ", ".join(barred)
            return "E2010", f"User is not allowed to read data for data set(s): `[{listed}]`"
        outside = [
            unit
            for unit in selection.org_units
            if self._metadata.get("organisationUnits", unit)
            and not self._metadata.is_inside(unit, user.account.org_units)
        ]
        if outside:  # the text is ours
            return "E2012", f"User is not allowed to view org unit(s): `[{', '.join(outside)}]`"
        return None

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
        return " AND ".join(wheres), parameters

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
