"""Figures of promises as people read them, and the latest values in the catalogue."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0015_rounded_promises.sql"


def upgrade() -> None:
    """Replace three views by ones with the same columns, and one more."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
