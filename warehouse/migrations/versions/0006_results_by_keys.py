"""Results by keys instead of texts."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0006_results_by_keys.sql"


def upgrade() -> None:
    """Change the tables and the views on them."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
