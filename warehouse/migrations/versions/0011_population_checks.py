"""Other population totals beside ours, and two statuses in French."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0011_population_checks.sql"


def upgrade() -> None:
    """Create the table and the view, and word the statuses."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
