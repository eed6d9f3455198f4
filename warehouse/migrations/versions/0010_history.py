"""History that people can read: values of a day, changes of metadata, reports, overlaps of sources."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0010_history.sql"


def upgrade() -> None:
    """Create the tables, the views and the function."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
