"""Live calls: on which node; where agents are rung, how long, and what they did when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("call", sa.Column("node", sa.Text(), nullable=False, server_default=""))
    op.add_column("agent", sa.Column("address", sa.Text(), nullable=False, server_default=""))
    op.add_column("queue", sa.Column("ring_seconds", sa.Float(), nullable=True))
    op.add_column("queue", sa.Column("wrap_up_seconds", sa.Float(), nullable=True))
    op.create_table(
        "agent_state_change",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_state_change")),
    )
    op.create_index(
        op.f("ix_agent_state_change_agent_id_at"), "agent_state_change", ["agent_id", "at"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_agent_state_change_agent_id_at"), table_name="agent_state_change")
    op.drop_table("agent_state_change")
    for table, column in (
        ("queue", "wrap_up_seconds"),
        ("queue", "ring_seconds"),
        ("agent", "address"),
        ("call", "node"),
    ):
        with op.batch_alter_table(table) as changed:
            changed.drop_column(column)
