"""What is in the schema `run` about publishing? Which cells of which targets are ours, and how they came there."""

from collections.abc import Iterator

from sqlalchemy import Column, Index, Table

from warehouse.tables.columns import BIG, BOOL, INT, METADATA, TEXT, numbered, optional, part, required

CELL = {
    "data_set": "uid of our data set",
    "data_element": "uid of our data element",
    "period": "DHIS2 period id",
    "org_unit": "uid",
    "category_option_combo": "uid",
    "attribute_option_combo": "uid",
}


def cell_key() -> Iterator[Column[str]]:
    """The six parts of a cell of a target, as a key."""
    for name, said in CELL.items():
        yield part(name, TEXT, said)


PUBLISHED_CELL = Table(
    "published_cell",
    METADATA,
    part("target", TEXT, "name of the target in sources.yaml"),
    *cell_key(),
    optional("value", TEXT, "what we wrote and read back, in canonical decimal text; empty: nothing of ours"),
    required("in_flight", BOOL, "sent, and not yet known what became of it"),
    optional("sent", TEXT, "what was sent; empty: a withdrawal"),
    optional("before", TEXT, "what the server held when it was sent; empty: nothing"),
    required("state", TEXT, "sent, confirmed (read back), withdrawn, rejected, unknown, blocked or foreign"),
    optional("code", TEXT, "why it is not as wanted: the server's error code, or ours"),
    optional("wanted", TEXT, "what should stand there when it does not; empty: nothing should"),
    optional("found", TEXT, "what the server holds where that is not ours"),
    required("tries", INT, "times in a row that the server refused it"),
    optional("first_refused_run", INT, "run since which it is not as wanted; empty: it is"),
    required("run", INT, "run that last wrote this row"),
    schema="run",
    comment="The write ledger: every cell we put into a target, and what became of it",
)

PUBLISHED_CHANGE = Table(
    "published_change",
    METADATA,
    numbered("key", "number of the row", BIG),
    required("target", TEXT, "name of the target in sources.yaml"),
    *(required(name, TEXT, said) for name, said in CELL.items()),
    optional("before", TEXT, "what the server held; empty: nothing"),
    optional("after", TEXT, "what was read back; empty: nothing any more"),
    optional("formula", TEXT, "version of the formula it was computed by"),
    required("run", INT, "run that sent it"),
    Index("published_change_run", "run"),
    schema="run",
    comment="Every change we made in a target, with what stood there before: what a roll-back restores",
)

PUBLISHED_ELEMENT = Table(
    "published_element",
    METADATA,
    part("target", TEXT, "name of the target in sources.yaml"),
    part("data_element", TEXT, "uid of our data element"),
    required("data_set", TEXT, "uid of our data set"),
    required("publication", TEXT, "code of the publication"),
    required("indicator", TEXT, "code of the indicator, result or plan line"),
    required("part", TEXT, "numerator, denominator, value, target, expected or colour"),
    required("label", TEXT, "French label"),
    required("formula", TEXT, "version of what it is computed by"),
    required("run", INT, "run that last published it"),
    schema="run",
    comment="What each of our data elements in a target stands for",
)

TARGET_SERVER = Table(
    "target_server",
    METADATA,
    part("target", TEXT, "name of the target in sources.yaml"),
    required("identity", TEXT, "its system id, else its address and the uids of its root org units"),
    required("run", INT, "run that pinned it"),
    schema="run",
    comment="Which server each target was when we first wrote there: another one is never written to unasked",
)
