"""The write ledger tells what it knows of each cell and what each run changed."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0004_publishing.sql"


def upgrade() -> None:
    """Widen the ledger; add its changes, its elements and the pinned servers."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
