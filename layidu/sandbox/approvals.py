"""Is this report approved already? Approvals of a workflow, period and org unit, which close its data sets.

Written after the documentation: no approval was recorded. One level is enough to see what an approval does.
"""

import json
from dataclasses import replace
from typing import Any

from layidu.sandbox.accounts import User
from layidu.sandbox.answers import Answer, Request, as_json, empty, not_found_page, refused
from layidu.sandbox.metadata import DEFAULT_COMBO, Metadata
from layidu.sandbox.store import Store

NOTE = "approvals"
Approval = tuple[str, str, str, str]  # workflow, period, org unit, attribute option combo


class Approvals:
    """Answers /api/dataApprovals, and tells imports what is closed."""

    def __init__(self, store: Store, metadata: Metadata) -> None:
        self._store = store
        self._metadata = metadata
        self._given = {tuple(each) for each in json.loads(store.note(NOTE) or "[]")}

    def is_approved(self, data_set: str, period: str, org_unit: str, attribute: str) -> bool:
        """Whether a report is approved, at its org unit or above it."""
        item = self._metadata.get("dataSets", data_set) or {}
        workflow = (item.get("workflow") or {}).get("id")
        return workflow is not None and any(
            (workflow, period, above, attribute) in self._given for above in self._metadata.path(org_unit)
        )

    def get(self, request: Request, user: User, rest: list[str]) -> Answer:
        """The state of one report, or of many by `/approvals`."""
        if not rest:
            return as_json(self._state(self._asked(request), user))
        if rest != ["approvals"]:
            return not_found_page(request.path)
        states = []
        for unit in request.many("ou"):
            for period in request.many("pe"):
                one = replace(request, params={**request.params, "ou": [unit], "pe": [period]})
                workflow, _, _, attribute = wanted = self._asked(one)
                permissions = self._state(wanted, user)
                states.append(
                    {
                        "wf": workflow,
                        "pe": period,
                        "ou": unit,
                        "aoc": attribute,
                        "state": permissions["state"],
                        "permissions": permissions,
                    }
                )
        return as_json(states)

    def _state(self, wanted: Approval, user: User) -> dict[str, Any]:
        here = wanted in self._given
        above = any((*wanted[:2], unit, wanted[3]) in self._given for unit in self._metadata.path(wanted[2]))
        state = "APPROVED_HERE" if here else "APPROVED_ABOVE" if above else "UNAPPROVED_READY"
        may = user.has("F_APPROVE_DATA")
        return {"state": state, "mayApprove": may and not above, "mayUnapprove": may and here}

    def post(self, request: Request, user: User) -> Answer:
        """Approve one report."""
        self._change(self._asked(request), user, approved=True)
        return empty(204)

    def delete(self, request: Request, user: User) -> Answer:
        """Take an approval back."""
        self._change(self._asked(request), user, approved=False)
        return empty(204)

    def _change(self, wanted: Approval, user: User, *, approved: bool) -> None:
        if not user.has("F_APPROVE_DATA"):
            raise refused(403, "Access is denied, requires one Authority from [F_APPROVE_DATA]")
        self._given = self._given | {wanted} if approved else self._given - {wanted}
        self._store.set_note(NOTE, json.dumps(sorted(self._given)))

    def _asked(self, request: Request) -> Approval:
        workflow = request.one("wf")
        if not workflow:
            item = self._metadata.get("dataSets", request.one("ds")) or {}
            workflow = (item.get("workflow") or {}).get("id", "")
        if not self._metadata.get("dataApprovalWorkflows", workflow):
            raise refused(409, f"Data approval workflow does not exist: {workflow or request.one('ds')}")
        if not self._metadata.get("organisationUnits", request.one("ou")):
            raise refused(409, f"Illegal organisation unit identifier: {request.one('ou')}")
        return workflow, request.one("pe"), request.one("ou"), request.one("aoc") or DEFAULT_COMBO
