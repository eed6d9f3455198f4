"""Results that wait keep their last value, and say so."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0014_waiting.sql"


def upgrade() -> None:
    """Create the table and its view, and add the reason to the results people read."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
