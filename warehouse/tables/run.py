"""What is in the schema `run`? What happened: slices, cursors, refusals, holds and the write ledger.

`run.run` and `run.lock` belong to `warehouse.runs` and `warehouse.lock`.
"""

from collections.abc import Iterator

from sqlalchemy import ARRAY, Column, DateTime, Index, Table, Text, text

from warehouse.tables.columns import (
    BIG,
    INT,
    METADATA,
    SERVER_CLOCK,
    TEXT,
    numbered,
    optional,
    part,
    required,
)

SLICE = Table(
    "slice",
    METADATA,
    numbered("key", "number of the row"),
    required("run", INT, "run that loaded it"),
    required("name", TEXT, "stable name of the slice"),
    required("source", TEXT, "name of the source"),
    required("data_set", TEXT, "uid of the data set"),
    Column("periods", ARRAY(Text), nullable=False, comment="DHIS2 period ids that were asked for"),
    required("org_unit", TEXT, "uid of the branch; with ! the unit alone"),
    required("mode", TEXT, "full (what is missing has vanished) or increment (only what was touched)"),
    optional("last_updated", TEXT, "lastUpdated asked for, of an increment"),
    required("outcome", TEXT, "loaded, empty, stopped, held, failed, or halved (too large for the server)"),
    required("message", TEXT, "French sentence when it did not load"),
    required("received", INT, "records in the answer = new + changed + closed + unchanged + refused"),
    required("new", INT, "cells not known before"),
    required("changed", INT, "cells whose value differs"),
    required("closed", INT, "tombstones that closed a value"),
    required("unchanged", INT, "cells that were already so"),
    required("refused", INT, "records kept out, with a reason"),
    required("vanished", INT, "values absent from a full answer; beside the equation"),
    required("newly_refused", INT, "of refused: not open before this run"),
    Column("changed_years", ARRAY(INT), nullable=False, comment="years whose values changed"),
    required("rules_run", INT, "rules that were evaluated"),
    required("sha256", TEXT, "of the uncompressed answer"),
    required("body", TEXT, "file of the untouched answer"),
    required("bytes_received", BIG, "size of the uncompressed answer"),
    optional("server_date", SERVER_CLOCK, "server's clock, in its own zone, just before the request"),
    Index("slice_run", "run"),
    schema="run",
    comment="The accounting of every slice: what was received and what became of it",
)

CURSOR = Table(
    "cursor",
    METADATA,
    part("source", TEXT, "name of the source"),
    part("data_set", TEXT, "uid of the data set"),
    part("org_unit", TEXT, "uid of the branch; with ! the unit alone"),
    part("period", TEXT, "DHIS2 period id"),
    required(
        "server_date",
        SERVER_CLOCK,
        "what was touched before this, on the server's clock and in its zone, is in the copy",
    ),
    required("run", INT, "run that moved it"),
    schema="run",
    comment="How far the copy is complete, by data set, branch and period; moves with the rows, never alone",
)

CELL_NAMES = ("data_element", "period", "org_unit", "category_option_combo", "attribute_option_combo")


def cell() -> Iterator[Column[str]]:
    """The five parts of a cell as they were received: never empty, so that they can be compared."""
    for name in CELL_NAMES:
        said = "DHIS2 period id" if name == "period" else "uid"
        yield required(name, TEXT, f"{said}, as received; empty text when it had none")


OPEN = text("resolved_run IS NULL")

REFUSED_VALUE = Table(
    "refused_value",
    METADATA,
    numbered("key", "number of the row"),
    required("source", TEXT, "name of the source"),
    required("data_set", TEXT, "uid of the data set it came in"),
    required("branch", TEXT, "uid of the branch the slice asked for; with ! the unit alone"),
    *cell(),
    required("code", TEXT, "stable code of the reason"),
    optional("value", TEXT, "the text that was refused"),
    required("reason", TEXT, "French sentence, with what to do"),
    required("rule", TEXT, "structure, or the name of the rule"),
    required("first_run", INT, "run that first refused it"),
    required("last_run", INT, "run that last refused it"),
    optional("resolved_run", INT, "run that found it cured or gone; empty: open"),
    optional(
        "resolution", TEXT, "cured (accepted), gone (no longer in the source) or replaced (another reason)"
    ),
    Index("refused_value_open", "source", *CELL_NAMES, "code", unique=True, postgresql_where=OPEN),
    schema="run",
    comment="Records kept out of the copy, with the reason; one open row a cell and reason",
)

ISSUE = Table(
    "issue",
    METADATA,
    numbered("key", "number of the row"),
    required("source", TEXT, "name of the source"),
    required("data_set", TEXT, "uid of the data set it came in"),
    required("branch", TEXT, "uid of the branch the slice asked for; with ! the unit alone"),
    *cell(),
    required("code", TEXT, "code of the rule"),
    optional("value", TEXT, "the value that was kept"),
    required("reason", TEXT, "French sentence"),
    required("severity", TEXT, "warn or info"),
    optional("variable", TEXT, "code of plan.variable, when it is about one"),
    required("first_run", INT, "run that first found it"),
    required("last_run", INT, "run that last found it"),
    optional("resolved_run", INT, "run that no longer found it; empty: open"),
    optional("resolution", TEXT, "cured or gone"),
    Index("issue_open", "source", *CELL_NAMES, "code", unique=True, postgresql_where=OPEN),
    schema="run",
    comment="Values that were kept and that a person should look at",
)

HOLD = Table(
    "hold",
    METADATA,
    numbered("id", "number a person decides by"),
    required("kind", TEXT, "vanished, scope, mapping, first-push, …"),
    required("subject", TEXT, "what is held: the slice's name, the publication's hash"),
    required("summary", TEXT, "French sentence: what waits and why"),
    required("rows", INT, "how many rows it is about"),
    required("run", INT, "run that opened it"),
    optional("decision", TEXT, "accepted or rejected; empty: waiting"),
    optional("reason", TEXT, "why it was decided so"),
    optional("decided_by", TEXT, "who decided"),
    Column("decided_at", DateTime(timezone=True), comment="when it was decided"),
    optional("applied_run", INT, "run that carried an accepted hold out"),
    Index("hold_waiting", "kind", "subject", unique=True, postgresql_where=text("decision IS NULL")),
    schema="run",
    comment="What waits for a person's decision, and what was decided",
)

DRIFT = Table(
    "drift",
    METADATA,
    numbered("key", "number of the row"),
    required("run", INT, "reconciliation that found it"),
    required("source", TEXT, "name of the source"),
    required("data_set", TEXT, "uid of the data set"),
    required("slice", TEXT, "name of the slice"),
    required("kind", TEXT, "only-here, only-there, different or tombstone-only-here"),
    required("cause", TEXT, "merged, late-commit, unstamped, purged or unseen-deletion"),
    required("cells", INT, "how many cells"),
    required(
        "example", TEXT, "one of the cells: element / period / org unit / option combo / attribute combo"
    ),
    Index("drift_run", "run"),
    schema="run",
    comment="What a reconciliation found to differ between the copy and the source, by cause; it should stay empty",
)

METADATA_EVENT = Table(
    "metadata_event",
    METADATA,
    numbered("key", "number of the row"),
    required("run", INT, "run that saw it"),
    required("source", TEXT, "name of the source"),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="server's clock when it was seen"),
    required("kind", TEXT, "added, gone, merged, moved, renamed, closed, reopened or changed"),
    required(
        "object_type",
        TEXT,
        "org_unit, data_element, category_option_combo, combo_option, data_set, data_set_element, data_set_assignment",
    ),
    optional("uid", TEXT, "uid of the object; empty when the row counts objects"),
    optional("name", TEXT, "its name"),
    optional("before", TEXT, "how it was"),
    optional("after", TEXT, "how it is, or how many"),
    Index("metadata_event_run", "run"),
    schema="run",
    comment="What changed in a source's metadata, one row a change; at first contact one row a kind, with their number",
)
