"""The gap of a process indicator is to its target."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0009_promise_gap.sql"


def upgrade() -> None:
    """Say so in the comments."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
