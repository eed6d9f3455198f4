"""The mart: views with French names for people and their tools."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0003_mart.sql"


def upgrade() -> None:
    """Create the views."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
