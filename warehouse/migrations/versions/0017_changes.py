"""Changes of options and of a data set's own split are told, in French."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0017_changes.sql"


def upgrade() -> None:
    """Word the view anew."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
