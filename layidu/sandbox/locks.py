"""Which expired periods are open all the same? `/api/lockExceptions`; only its GET was recorded."""

from layidu.sandbox.accounts import META_WRITE, User
from layidu.sandbox.answers import Answer, Request, empty, refused, succeeded
from layidu.sandbox.metadata import Metadata
from layidu.sandbox.uids import uid


class Locks:
    """Makes and removes exceptions to the expiry of a data set."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def post(self, request: Request, user: User) -> Answer:
        """Open one period of one data set for org units."""
        data_set, period, units = self._asked(request, user)
        name = self._metadata.objects["dataSets"][data_set].get("name")
        exceptions = [
            {
                "id": uid("lock_exception", f"{data_set}:{period}:{unit}"),
                "name": f"{name} ({self._metadata.objects['organisationUnits'][unit].get('name')}, {period})",
                "dataSet": {"id": data_set},
                "period": {"id": period},
                "organisationUnit": {"id": unit},
            }
            for unit in units
        ]
        self._metadata.save({"lockExceptions": exceptions})
        return succeeded("Lock exceptions created successfully", status=201)

    def delete(self, request: Request, user: User) -> Answer:
        """Close it again."""
        data_set, period, units = self._asked(request, user)
        for unit in units:
            identifier = uid("lock_exception", f"{data_set}:{period}:{unit}")
            if self._metadata.get("lockExceptions", identifier):
                self._metadata.delete("lockExceptions", identifier)
        return empty(204)

    def _asked(self, request: Request, user: User) -> tuple[str, str, list[str]]:
        data_set, period = request.one("ds"), request.one("pe")
        units = request.one("ou").split(",")
        item = self._metadata.get("dataSets", data_set)
        if item is None or not period or any(not self._metadata.get("organisationUnits", u) for u in units):
            raise refused(409, "DataSet or Period or Organisation unit is invalid")
        if not user.may(META_WRITE, item):
            raise refused(403, "You are not allowed to update this data set")
        return data_set, period, units
