"""May values of a period be entered today? Expiry, future periods, input windows and exceptions to locks."""

from datetime import date, datetime

from layidu.sandbox.metadata import Item, Metadata
from layidu.sandbox.periods import Period, latest_open


def latest(data_set: Item, today: date) -> Period:
    """The last period a data set takes values for."""
    return latest_open(data_set["periodType"], today, int(data_set.get("openFuturePeriods") or 0))


def is_expired(data_set: Item, period: Period, today: date) -> bool:
    """Whether the days after the period's end are over; 0 days is never."""
    days = float(data_set.get("expiryDays") or 0)
    return days > 0 and (today - period.end).days > days


def has_exception(metadata: Metadata, data_set: str, period: str, org_unit: str) -> bool:
    """Whether an exception unlocks an expired period for one org unit."""
    wanted = (data_set, period, org_unit)
    return any(
        (item["dataSet"]["id"], item["period"]["id"], item["organisationUnit"]["id"]) == wanted
        for item in metadata.objects["lockExceptions"].values()
    )


def input_window(data_set: Item, period: str, now: datetime) -> bool | None:
    """Whether a data set's input period is open now; None when it lists none for this period."""
    found = [entry for entry in data_set.get("dataInputPeriods", ()) if entry["period"].get("id") == period]
    if not found:
        return None
    moment = now.isoformat()
    return any(
        str(entry.get("openingDate") or "") <= moment <= str(entry.get("closingDate") or "9999")
        for entry in found
    )
