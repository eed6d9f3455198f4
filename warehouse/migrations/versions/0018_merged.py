"""A merge is told by both names, in French."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0018_merged.sql"


def upgrade() -> None:
    """Word the view anew."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
