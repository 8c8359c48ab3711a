"""Alembic's entrance: run the revisions on the connection that the store has opened."""

from alembic import context

from digest.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Our SQLite connections begin transactions by themselves, so DDL is undone with them.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
