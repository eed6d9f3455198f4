"""Promises: declared, entered, computed and validated, in tables and views of their own."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0008_promises.sql"


def upgrade() -> None:
    """Replace the tables and views of promises, add those of entries."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
