"""The whole catalogue, and what to know of the bands a series rests on."""  # noqa: INP001  Alembic's folder

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = Path(__file__).parent.parent / "sql" / "0013_catalogue.sql"


def upgrade() -> None:
    """Two tables of the plan and the views on them."""
    # A driver takes a lone percent sign for a parameter.
    op.get_bind().exec_driver_sql(STATEMENTS.read_text(encoding="utf-8").replace("%", "%%"))
