"""The tables of the copy, the declarations, the results and the accounting."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0002_tables.sql"


def upgrade() -> None:
    """Create the tables; frozen here, while `warehouse/tables` moves on."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
