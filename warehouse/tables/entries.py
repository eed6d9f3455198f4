"""What people entered, in the schema `plan`: rows are added, never changed or deleted (a trigger says so)."""

from sqlalchemy import Table

from warehouse.tables.columns import (
    BOOL,
    DATE,
    INT,
    METADATA,
    NUMBER,
    TEXT,
    TIME,
    numbered,
    optional,
    part,
    required,
)

IMPORT_FILE = Table(
    "import_file",
    METADATA,
    numbered("key", "number of the file"),
    required("kind", TEXT, "plan, validation or evidence"),
    required("name", TEXT, "name of the file"),
    required("sha256", TEXT, "of its bytes"),
    required("author", TEXT, "who brought it"),
    required("imported_at", TIME, "the database's clock"),
    required("received", INT, "filled-in rows: kept + refused"),
    required("kept", INT, "new + changed + unchanged"),
    required("new", INT, "rows about something not entered before"),
    required("changed", INT, "rows that replace an entry"),
    required("unchanged", INT, "rows that say what was known"),
    required("refused", INT, "rows that were not taken"),
    schema="plan",
    comment="Files of entries that brought something new, or were refused in part",
)

IMPORT_REFUSAL = Table(
    "import_refusal",
    METADATA,
    part("import_file", INT, "key of plan.import_file"),
    part("line_number", INT, "line of the file; 1 is the header"),
    required("column_name", TEXT, "column of the file"),
    required("found", TEXT, "French: what was found"),
    required("expected", TEXT, "French: what was expected"),
    required("todo", TEXT, "French: what to do"),
    schema="plan",
    comment="Rows of those files that were not taken",
)

PROGRESS_ENTRY = Table(
    "progress_entry",
    METADATA,
    numbered("key", "order of entry: of the same line and period the last one holds"),
    required("line", TEXT, "code of plan.plan_line"),
    required("period", TEXT, "DHIS2 period id"),
    optional("quantity", NUMBER, "achieved in that period, not cumulated; empty: the entry is withdrawn"),
    optional("declared_status", TEXT, "what the responsible says: GREEN, YELLOW, RED"),
    optional("document", TEXT, "what shows it"),
    optional("place", TEXT, "where"),
    optional("note", TEXT, "comment"),
    required("import_file", INT, "key of plan.import_file"),
    required("author", TEXT, "who entered it"),
    required("entered_at", TIME, "the database's clock"),
    schema="plan",
    comment="Achievements of plan lines as entered; every version is kept",
)

VALIDATION = Table(
    "validation",
    METADATA,
    numbered("key", "order of entry"),
    required("object", TEXT, "commitment, process indicator, part or plan line"),
    optional("colour", TEXT, "validated status: GREEN, YELLOW, RED; empty: the validation is withdrawn"),
    required("validated_by", TEXT, "role or organisation, as entered"),
    required("validated_on", DATE, "day of the meeting"),
    optional("document", TEXT, "minutes"),
    optional("note", TEXT, "comment"),
    required("import_file", INT, "key of plan.import_file"),
    required("author", TEXT, "who entered it"),
    required("entered_at", TIME, "the database's clock"),
    schema="plan",
    comment="Statuses that a meeting validated; every version is kept",
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    numbered("key", "order of entry"),
    required("object", TEXT, "process indicator or part"),
    required("milestone", TEXT, "step of its scale"),
    required("evidence_on", DATE, "date of what it shows"),
    required("document", TEXT, "what shows it"),
    required("withdrawn", BOOL, "whether the entry is withdrawn"),
    optional("validated_by", TEXT, "role or organisation; empty: not validated, so it counts for nothing"),
    optional("validated_on", DATE, "when it was validated"),
    optional("note", TEXT, "comment"),
    required("import_file", INT, "key of plan.import_file"),
    required("author", TEXT, "who entered it"),
    required("entered_at", TIME, "the database's clock"),
    schema="plan",
    comment="Documents that show a milestone; every version is kept",
)
