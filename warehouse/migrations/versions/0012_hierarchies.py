"""Results up two hierarchies, side by side."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0012_hierarchies.sql"


def upgrade() -> None:
    """Create the one, narrow the other."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
