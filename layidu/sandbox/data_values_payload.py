"""What does a push look like on the wire? Bodies and options in, import summaries out."""

import csv
import json
from io import StringIO

from layidu.sandbox.answers import Answer, Request, as_json, refused, web_message
from layidu.sandbox.data_values_check import Import
from layidu.sandbox.metadata import Item

CSV_COLUMNS = (
    "dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value", "storedBy",
    "lastUpdated", "comment", "followup", "deleted",
)  # fmt: skip
FALSE_OPTIONS = (
    "skipExistingCheck", "sharing", "skipNotifications", "skipAudit", "datasetAllowsPeriods", "strictPeriods",
    "strictDataElements", "strictCategoryOptionCombos", "strictAttributeOptionCombos", "strictOrganisationUnits",
    "strictDataSetApproval", "strictDataSetLocking", "strictDataSetInputPeriods", "requireCategoryOptionCombo",
    "requireAttributeOptionCombo", "skipPatternValidation", "ignoreEmptyCollection", "force",
)  # fmt: skip
SCHEMES = (
    "dataElementIdScheme",
    "orgUnitIdScheme",
    "categoryOptionComboIdScheme",
    "dataSetIdScheme",
    "idScheme",
)


def options_of(request: Request) -> Item:
    """The options of an import, as its summary repeats them."""
    schemes = {name: {"type": request.one(name).upper()} for name in SCHEMES if request.one(name)}
    return {
        "idSchemes": schemes,
        "dryRun": request.flag("dryRun"),
        "async": request.flag("async"),
        "importStrategy": request.one("importStrategy", "CREATE_AND_UPDATE").upper(),
        "mergeMode": "REPLACE",
        "reportMode": "FULL",
        **dict.fromkeys(FALSE_OPTIONS, False),
        "firstRowIsHeader": True,
        "skipLastUpdated": False,
        "mergeDataValues": False,
        "skipCache": False,
    }


def payload_of(request: Request) -> Item:
    """The body as one envelope, from JSON or CSV, packed or not.

    Raises:
        ValueError: it cannot be read.
    """
    body = request.body
    kind = request.headers.get("content-type", "")
    if "text/csv" in kind:
        raise refused(415, "Content-Type 'text/csv' is not supported.")
    if "csv" in kind:
        lines = list(csv.reader(StringIO(body.decode())))[1:]
        rows = [dict(zip(CSV_COLUMNS, line, strict=False)) for line in lines if line]
        return {"dataSet": request.one("dataSet") or None, "dataValues": rows}
    payload = json.loads(body)
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004 - answered like malformed JSON
    return payload


def failed(options: Item, description: str, conflicts: list[Item]) -> Answer:
    """An import of which nothing was stored."""
    response = {
        "status": "ERROR",
        "importOptions": options,
        "description": description,
        "importCount": {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0},
        "conflicts": conflicts,
        "rejectedIndexes": [],
        "responseType": "ImportSummary",
    }
    message = "An error occurred, please check import summary."
    return as_json(web_message(409, "ERROR", message, response=response), 409, cache=None)


def summary(run: Import, options: Item, complete: str) -> Answer:
    """What became of an import."""
    conflicts = list(run.conflicts.values())
    response = {
        "status": "WARNING" if conflicts else "SUCCESS",
        "importOptions": options,
        "description": "Import process completed successfully",
        "importCount": run.counts,
        "conflicts": conflicts,
        "rejectedIndexes": run.rejected,
        "dataSetComplete": complete,
        "responseType": "ImportSummary",
    }
    if conflicts:
        message = "One more conflicts encountered, please check import summary."
        answer = as_json(web_message(409, "WARNING", message, response=response), 409)
    else:
        answer = as_json(web_message(200, "OK", "Import was successful.", response=response), cache=None)
    answer.rows = len(run.written)
    return answer
