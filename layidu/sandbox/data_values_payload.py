"""What does a push look like on the wire? Bodies and options in, import summaries out."""

import csv
import json
from io import StringIO
from typing import Any

from layidu.sandbox.answers import Answer, Request, as_json, refused, web_message
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.metadata import Item

CSV_COLUMNS = (
    "dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value", "storedBy",
    "lastUpdated", "comment", "followup", "deleted",
)  # fmt: skip
#: 2.43 finds columns by their header; `followUp` is what it reads, `followup` what it writes.
BY_HEADER = {name.lower(): name for name in (*CSV_COLUMNS, "followUp") if name != "followup"}
FALSE_OPTIONS = (
    "skipExistingCheck", "sharing", "skipNotifications", "skipAudit", "datasetAllowsPeriods", "strictPeriods",
    "strictDataElements", "strictCategoryOptionCombos", "strictAttributeOptionCombos", "strictOrganisationUnits",
    "strictDataSetApproval", "strictDataSetLocking", "strictDataSetInputPeriods", "requireCategoryOptionCombo",
    "requireAttributeOptionCombo", "skipPatternValidation", "ignoreEmptyCollection",
)  # fmt: skip
SCHEMES = (
    "dataElementIdScheme",
    "orgUnitIdScheme",
    "categoryOptionComboIdScheme",
    "dataSetIdScheme",
    "idScheme",
)
MESSAGES = {
    "SUCCESS": "Import was successful.",
    "WARNING": "Import completed with warnings, please check import summary.",
    "ERROR": "An error occurred, please check import summary.",
}
NOTHING = {"imported": 0, "updated": 0, "ignored": 0, "deleted": 0}


def options_of(request: Request, dialect: Dialect) -> Item:
    """The options of an import, as its summary repeats them."""
    schemes = {name: {"type": request.one(name).upper()} for name in SCHEMES if request.one(name)}
    atomic = {"atomic": request.flag("atomic")} if Change.V243_GROUP_REFUSED in dialect else {}
    return {
        "idSchemes": schemes,
        **atomic,
        "dryRun": request.flag("dryRun"),
        "async": request.flag("async"),
        "importStrategy": request.one("importStrategy", "CREATE_AND_UPDATE").upper(),
        "mergeMode": "REPLACE",
        "reportMode": "FULL",
        **dict.fromkeys(FALSE_OPTIONS, False),
        "force": request.flag("force"),
        "firstRowIsHeader": True,
        "skipLastUpdated": False,
        "mergeDataValues": False,
        "skipCache": False,
    }


def payload_of(request: Request, dialect: Dialect) -> Item:
    """The body as one envelope, from JSON or CSV, packed or not.

    Raises:
        ValueError: it cannot be read.
    """
    kind = request.headers.get("content-type", "")
    if "text/csv" in kind:
        raise refused(415, "Content-Type 'text/csv' is not supported.")
    if "csv" in kind:
        return _from_csv(request, by_header=Change.V243_GROUP_REFUSED in dialect)
    payload = json.loads(request.body)
    if payload == [] and Change.V243_STRINGS_ONLY in dialect:
        return {}
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004 - answered like malformed JSON
    return payload


def _from_csv(request: Request, *, by_header: bool) -> Item:
    header, *lines = csv.reader(StringIO(request.body.decode()))
    columns: Any = (
        [BY_HEADER.get(name.strip().lower(), name) for name in header] if by_header else CSV_COLUMNS
    )
    rows = [dict(zip(columns, line, strict=False)) for line in lines if line]
    return {"dataSet": request.one("dataSet") or None, "dataValues": rows}


def unreadable(request: Request, options: Item, dialect: Dialect) -> Answer:
    """A body that cannot be read."""
    text = request.body.decode(errors="replace")
    if Change.V243_STRINGS_ONLY in dialect:
        end = "Unexpected character at position 0,\n\n^ expected a JSON value but found EOI"
        raise refused(400, f"Expected ] but reach EOI: {text}" if text else end)
    if Change.V242_PARSER_IS_SILENT in dialect:
        words = "Post-condition was null"
    elif text:
        words = "com.fasterxml.jackson.databind.JsonMappingException: Unexpected end-of-input"
    else:
        words = "com.fasterxml.jackson.databind.exc.MismatchedInputException: No content to map due to end-of-input"
    return failed(options, f"The import process failed: {words}", [])


def failed(options: Item, description: str, conflicts: list[Item]) -> Answer:
    """An import of which nothing was stored, as told up to 2.42."""
    response = {
        "status": "ERROR",
        "importOptions": options,
        "description": description,
        "importCount": NOTHING,
        "conflicts": conflicts,
        "rejectedIndexes": [],
        "responseType": "ImportSummary",
    }
    return as_json(web_message(409, "ERROR", MESSAGES["ERROR"], response=response), 409, cache=None)


def summary(
    options: Item, counts: dict[str, int], conflicts: list[Item], rejected: list[int], complete: str
) -> Answer:
    """What became of an import, as told up to 2.42: a warning is 409."""
    response = {
        "status": "WARNING" if conflicts else "SUCCESS",
        "importOptions": options,
        "description": "Import process completed successfully",
        "importCount": counts,
        "conflicts": conflicts,
        "rejectedIndexes": rejected,
        "dataSetComplete": complete,
        "responseType": "ImportSummary",
    }
    if conflicts:
        message = "One more conflicts encountered, please check import summary."
        return as_json(web_message(409, "WARNING", message, response=response), 409)
    return as_json(web_message(200, "OK", MESSAGES["SUCCESS"], response=response), cache=None)


def group_summary(
    options: Item, counts: dict[str, int], conflicts: list[Item], rejected: list[int], complete: str | None
) -> Answer:
    """What became of an import, as told by 2.43: a warning is 200, an error means that nothing was stored."""
    stored = counts["updated"] + counts["deleted"]
    status = "SUCCESS" if not conflicts else "WARNING" if stored else "ERROR"
    response = {
        "status": status,
        "importOptions": options,
        "importCount": counts,
        "conflicts": conflicts,
        "rejectedIndexes": rejected,
        **({} if complete is None else {"dataSetComplete": complete}),
        "responseType": "ImportSummary",
    }
    code = 409 if status == "ERROR" else 200
    level = "OK" if status == "SUCCESS" else status
    return as_json(web_message(code, level, MESSAGES[status], response=response), code, cache=None)
