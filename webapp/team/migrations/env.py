"""Run the steps on the connection that :func:`geo.exchange.database.migrate` has opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["versions"],
)
context.run_migrations()
