"""Estimates say in French why a year has none."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0016_estimates.sql"


def upgrade() -> None:
    """One more status in the results people read."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
