"""Callbacks: callers who are to be rung when a queue has an agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "callback",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("queue_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_callback_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    op.create_index(op.f("ix_callback_call_id"), "callback", ["call_id"], unique=False)
    op.create_index(op.f("ix_callback_queue_id_state"), "callback", ["queue_id", "state"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_index(op.f("ix_callback_queue_id_state"), table_name="callback")
    op.drop_index(op.f("ix_callback_call_id"), table_name="callback")
    op.drop_table("callback")
