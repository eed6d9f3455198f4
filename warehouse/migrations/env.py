"""What Alembic runs for each migration: on the connection that `warehouse.migrate` hands over."""  # noqa: INP001  Alembic's folder

from alembic import context
from sqlalchemy import Connection, text

connection: Connection = context.config.attributes["connection"]
connection.execute(text(f"SET lock_timeout = '{context.config.attributes['lock_timeout']}'"))
connection.commit()
context.configure(
    connection=connection,
    version_table=context.config.attributes["version_table"],
    version_table_schema=context.config.attributes["version_schema"],
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
