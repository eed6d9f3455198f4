"""Absent values wait for a second look; reconciliations keep what they found."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0007_second_look.sql"


def upgrade() -> None:
    """Create both tables."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
