"""What may an administrator ask about the sandbox itself? Its ledger and its faults, under /sandbox/."""

import json
from typing import TYPE_CHECKING

from layidu.errors import ConfigurationError
from layidu.sandbox.answers import Answer, RefusedError, Request, as_json, empty, refused
from layidu.sandbox.ledger import LedgerTruncatedError

if TYPE_CHECKING:
    from layidu.sandbox.site import Site


class Desk:
    """Answers `/sandbox/faults` and `/sandbox/ledger`; whatever else there is belongs to the API."""

    def __init__(self, site: "Site") -> None:
        self._site = site

    def answer(self, request: Request) -> Answer | None:
        """The answer, or None when this is not the place to ask."""
        place, *rest = request.path.strip("/").split("/")
        if place != "sandbox" or rest[:1] not in (["faults"], ["ledger"]):
            return None
        try:
            if not self._site.api.door.who(request).superuser:
                raise refused(403, "Access is denied, requires one Authority from [ALL]")
            return self._faults(request, rest[1:]) if rest[0] == "faults" else self._ledger(request, rest[1:])
        except RefusedError as error:
            return error.answer
        except ConfigurationError as error:
            return refused(400, f"{error.where} : {error.found} ; attendu : {error.expected}").answer

    def _faults(self, request: Request, rest: list[str]) -> Answer:
        faults = self._site.faults
        if request.method == "GET":
            return as_json([fault.written() for fault in faults.switched_on()])
        if request.method == "POST" and not rest:
            try:
                asked = json.loads(request.body)
                name = asked.pop("name")
            except (ValueError, KeyError, AttributeError, TypeError):
                raise refused(400, 'a fault is a JSON object with at least a "name"') from None
            return as_json({"id": faults.switch_on(name, **asked).number}, 201)
        if request.method == "DELETE" and not rest:
            faults.switch_all_off()
            return empty(204)
        if request.method == "DELETE" and rest[0].isdigit() and faults.switch_off(int(rest[0])):
            return empty(204)
        raise refused(404, "no such fault")

    def _ledger(self, request: Request, rest: list[str]) -> Answer:
        after = request.one("after", "0")
        try:
            if rest == ["values"]:
                return as_json(self._site.ledger.values(int(after)))
            if not rest:
                return as_json(self._site.ledger.requests(int(after)))
        except LedgerTruncatedError as error:
            raise refused(409, f"{error}; ask for what came after, with after=") from None
        except ValueError:
            raise refused(400, f"after={after} is not a number") from None
        raise refused(404, "the ledger has /sandbox/ledger and /sandbox/ledger/values")
