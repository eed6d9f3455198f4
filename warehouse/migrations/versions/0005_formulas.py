"""Formulas with their versions, and each value's version."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0005_formulas.sql"


def upgrade() -> None:
    """Create the table, the column and the view, and show the column in the mart."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
