"""What is in the schema `source`? The copy of DHIS2, as DHIS2 holds it; keys are numbers of our own.

The rows of the dimension tables are never deleted: an object the source no longer shows is marked `gone`,
because the values that refer to it stay. In every `…_history` table stand the earlier versions only.
"""

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint

from warehouse.tables.columns import (
    BOOL,
    DATE,
    INT,
    METADATA,
    NUMBER,
    SMALL,
    TEXT,
    TIME,
    numbered,
    optional,
    part,
    required,
)

INSTANCE = Table(
    "instance",
    METADATA,
    numbered("key", "number of the source in this warehouse", SMALL),
    required("name", TEXT, "name of the source in sources.yaml"),
    optional("url", TEXT, "address that answered, without secrets"),
    optional("version", TEXT, "DHIS2 version"),
    optional("calendar", TEXT, "DHIS2 calendar; only iso8601 is read"),
    optional("time_zone", TEXT, "time zone of the server"),
    required("utc_offset_hours", NUMBER, "hours the server's clock is ahead of UTC"),
    optional("system_id", TEXT, "identity of the server, where it gives one"),
    optional("user_org_units", TEXT, "uids of the org units our user may read, comma separated"),
    optional("run", INT, "run that last changed this row"),
    UniqueConstraint("name"),
    schema="source",
    comment="DHIS2 instances that are copied",
)

PERIOD = Table(
    "period",
    METADATA,
    numbered("key", "number of the period in this warehouse"),
    required("id", TEXT, "DHIS2 period id, as in 202603, 2026Q1, 2026, 2026W5"),
    required("type", TEXT, "DHIS2 period type, as in Monthly"),
    required("start_date", DATE, "first day"),
    required("end_date", DATE, "last day"),
    required("number", INT, "yyyymm of the first day; yyyy00 for a year"),
    UniqueConstraint("id"),
    schema="source",
    comment="Periods that values were received for, with their days",
)


def dimension(name: str, comment: str, *columns: Column[object]) -> Table:
    """A table of metadata objects: our key, the source, DHIS2's uid, what it says, and whether it is gone."""
    return Table(
        name,
        METADATA,
        numbered("key", "number of the object in this warehouse"),
        required("source", SMALL, "key of source.instance"),
        required("uid", TEXT, "DHIS2 uid"),
        optional("code", TEXT, "DHIS2 code"),
        required("name", TEXT, "DHIS2 name"),
        *columns,
        required(
            "valid_from", TIME, "since when it reads like this; -infinity: since before the first contact"
        ),
        required("first_seen_run", INT, "run that first saw it"),
        required("run", INT, "run that last changed this row"),
        optional("gone", TIME, "since when the source no longer shows it to our user; empty: it does"),
        UniqueConstraint("source", "uid"),
        schema="source",
        comment=comment,
    )


ORG_UNIT = dimension(
    "org_unit",
    "Org units, as today's tree has them",
    optional("short_name", TEXT, "DHIS2 short name"),
    optional("parent", TEXT, "uid of the parent; empty for a root"),
    required("path", TEXT, "uids from the root to this unit, as in /country/district/unit"),
    required("level", SMALL, "depth in the tree; 1 is the country"),
    optional("opening_date", DATE, "day it opened"),
    optional("closed_date", DATE, "day it closed"),
    optional("longitude", NUMBER, "degrees east"),
    optional("latitude", NUMBER, "degrees north"),
)

ORG_UNIT_HISTORY = Table(
    "org_unit_history",
    METADATA,
    part("org_unit", INT, "key of source.org_unit"),
    part("valid_to", TIME, "server's clock when the next version was seen"),
    required("valid_from", TIME, "server's clock when this version was first seen; -infinity: before that"),
    required("name", TEXT, "name in that time"),
    required("path", TEXT, "path in that time"),
    optional("opening_date", DATE, "opening date in that time"),
    optional("closed_date", DATE, "closing date in that time"),
    required("run", INT, "run that saw the change"),
    schema="source",
    comment="Earlier versions of org units: where a unit hung, what it was called, when it was open",
)

DATA_ELEMENT = dimension(
    "data_element",
    "Data elements",
    optional("short_name", TEXT, "DHIS2 short name"),
    required("value_type", TEXT, "DHIS2 value type, as in INTEGER_ZERO_OR_POSITIVE"),
    optional("aggregation_type", TEXT, "DHIS2 aggregation type"),
    optional("zero_is_significant", BOOL, "whether DHIS2 stores zeros of this element"),
    optional("category_combo", TEXT, "uid of its category combination"),
    optional("option_set", TEXT, "uid of its option set"),
)

CATEGORY_OPTION_COMBO = dimension(
    "category_option_combo",
    "Category option combos; attribute option combos are of the same kind and stand here too",
    optional("category_combo", TEXT, "uid of the category combination"),
)

DATA_SET = dimension(
    "data_set",
    "Data sets",
    optional("short_name", TEXT, "DHIS2 short name"),
    required("period_type", TEXT, "DHIS2 period type"),
    optional("category_combo", TEXT, "uid of the category combination of its attribute option combos"),
    optional("timely_days", NUMBER, "days after the period's end within which a report is on time"),
    optional("expiry_days", NUMBER, "days after which entry is closed; 0: never"),
    optional("open_future_periods", SMALL, "how many future periods are open for entry"),
)

COMBO_OPTION = Table(
    "combo_option",
    METADATA,
    part("category_option_combo", INT, "key of source.category_option_combo"),
    part("category_option", TEXT, "uid of the option"),
    optional("category", TEXT, "uid of the option's category"),
    optional("category_name", TEXT, "name of the category"),
    optional("category_option_code", TEXT, "code of the option"),
    optional("category_option_name", TEXT, "name of the option"),
    required("run", INT, "run that last changed this row"),
    schema="source",
    comment="The category options each category option combo is made of",
)

OPTION_VALUE = Table(
    "option_value",
    METADATA,
    part("source", SMALL, "key of source.instance"),
    part("option_set", TEXT, "uid of the option set"),
    part("code", TEXT, "legal code"),
    required("run", INT, "run that last changed this row"),
    schema="source",
    comment="The legal codes of option sets",
)

DATA_SET_ELEMENT = Table(
    "data_set_element",
    METADATA,
    part("data_set", INT, "key of source.data_set"),
    part("data_element", INT, "key of source.data_element"),
    optional("category_combo", TEXT, "uid of the category combination used in this data set"),
    required("run", INT, "run that last changed this row"),
    schema="source",
    comment="Which data elements a data set holds",
)

DATA_SET_ASSIGNMENT = Table(
    "data_set_assignment",
    METADATA,
    part("data_set", INT, "key of source.data_set"),
    part("org_unit", INT, "key of source.org_unit"),
    required("valid_from", TIME, "server's clock when it was first seen; -infinity: at the first contact"),
    required("run", INT, "run that last changed this row"),
    schema="source",
    comment="Which org units are expected to report which data set, today",
)

DATA_SET_ASSIGNMENT_HISTORY = Table(
    "data_set_assignment_history",
    METADATA,
    part("data_set", INT, "key of source.data_set"),
    part("org_unit", INT, "key of source.org_unit"),
    part("valid_to", TIME, "server's clock when the assignment was seen gone"),
    required("valid_from", TIME, "server's clock when it was first seen; -infinity: at the first contact"),
    required("run", INT, "run that saw the end"),
    schema="source",
    comment="Assignments of data sets to org units that have ended",
)

REPORT = Table(
    "report",
    METADATA,
    part("data_set", INT, "key of source.data_set"),
    part("period", INT, "key of source.period"),
    part("org_unit", INT, "key of source.org_unit"),
    part("attribute_option_combo", INT, "key of source.category_option_combo"),
    optional("date", DATE, "day the report was declared complete, server's local time"),
    required("completed", BOOL, "whether it is complete"),
    required("run", INT, "run that last changed this row"),
    schema="source",
    comment="Completeness registrations: who declared which report complete, and when",
)

REPORT_HISTORY = Table(
    "report_history",
    METADATA,
    numbered("version", "number of the closed version"),
    required("data_set", INT, "key of source.data_set"),
    required("period", INT, "key of source.period"),
    required("org_unit", INT, "key of source.org_unit"),
    required("attribute_option_combo", INT, "key of source.category_option_combo"),
    optional("date", DATE, "day the report was declared complete, in this version"),
    required("completed", BOOL, "whether it was complete"),
    required("reason", TEXT, "changed, or withdrawn (no longer registered)"),
    required("run", INT, "run that loaded this version"),
    required("closed_run", INT, "run that closed it"),
    Index("report_history_report", "data_set", "period", "org_unit"),
    schema="source",
    comment="Earlier versions of completeness registrations, and those that were withdrawn",
)

KEY_COMMENTS = {
    "period": "key of source.period",
    "data_element": "key of source.data_element",
    "org_unit": "key of source.org_unit",
    "category_option_combo": "key of source.category_option_combo: the disaggregation",
    "attribute_option_combo": "key of source.category_option_combo: the attribute",
}

DATA_VALUE = Table(
    "data_value",
    METADATA,
    # The order of the key: slices, the vanished and a year's sums are all found by period first.
    *[
        Column(name, Integer, primary_key=True, autoincrement=False, comment=text)
        for name, text in KEY_COMMENTS.items()
    ],
    part("source", SMALL, "key of source.instance"),
    required("value", TEXT, "DHIS2's own text"),
    optional("number", NUMBER, "the value as a number; empty when the text is none"),
    optional("last_updated", TIME, "DHIS2's lastUpdated of this version"),
    required("first_seen_run", INT, "run that first loaded this cell"),
    required("run", INT, "run that loaded this version"),
    schema="source",
    comment="Data values, exactly as DHIS2 holds them now: one row a cell",
)

TOMBSTONE = Table(
    "tombstone",
    METADATA,
    *[
        Column(name, Integer, primary_key=True, autoincrement=False, comment=text)
        for name, text in KEY_COMMENTS.items()
    ],
    part("source", SMALL, "key of source.instance"),
    optional("value", TEXT, "DHIS2's text beside the mark, if any"),
    optional("last_updated", TIME, "DHIS2's lastUpdated of the deletion"),
    required("run", INT, "run that first saw it"),
    schema="source",
    comment="Values that DHIS2 keeps marked as deleted, whether or not they were ever seen alive",
)

ABSENT_VALUE = Table(
    "absent_value",
    METADATA,
    *[
        Column(name, Integer, primary_key=True, autoincrement=False, comment=text)
        for name, text in KEY_COMMENTS.items()
    ],
    part("source", SMALL, "key of source.instance"),
    required("first_run", INT, "run whose answer first lacked it"),
    required("seen_at", TIME, "when it was first found to be missing"),
    optional("hold", INT, "id of the run.hold that asks a person about it; empty: nobody needs to be asked"),
    schema="source",
    comment="Live values that a full answer no longer had: closed once a second look agrees, or a person",
)

DATA_VALUE_HISTORY = Table(
    "data_value_history",
    METADATA,
    numbered("version", "number of the closed version"),
    *[Column(name, Integer, nullable=False, comment=text) for name, text in KEY_COMMENTS.items()],
    required("source", SMALL, "key of source.instance"),
    required("value", TEXT, "DHIS2's text in this version"),
    optional("number", NUMBER, "this version as a number"),
    optional("valid_from", TIME, "DHIS2's lastUpdated of this version"),
    optional("valid_to", TIME, "lastUpdated of what replaced it; the server's clock when it vanished"),
    required(
        "reason", TEXT, "changed (a newer value), deleted (a tombstone), vanished (absent from a full answer)"
    ),
    required("run", INT, "run that loaded this version"),
    required("closed_run", INT, "run that closed it"),
    Index("data_value_history_cell", *KEY_COMMENTS),
    schema="source",
    comment="Earlier versions of data values, and values that are no longer in DHIS2",
)
