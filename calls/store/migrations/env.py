"""Entry point for Alembic's own commands; huawu itself migrates through ``calls.store.migration``."""

from __future__ import annotations

from alembic import context

from calls.store.engine import database_url, open_engine
from calls.store.schema import metadata

url = context.get_x_argument(as_dictionary=True).get("db", "huawu.db")
with open_engine(database_url(url), writer=True).begin() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()
