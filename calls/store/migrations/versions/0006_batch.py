"""Batches: how far each file of an archive has come, and how loud each utterance is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXED = (("sha256",), ("call_id",), ("batch", "state", "step", "id"))


def upgrade() -> None:
    """Add the tables and the column."""
    op.add_column("utterance", sa.Column("level", sa.Float(), nullable=True))
    op.create_table(
        "batch_file",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("batch", sa.String(200), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=True),
        sa.Column("recording_id", sa.String(64), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_file")),
    )
    for names in _INDEXED:
        op.create_index(op.f(f"ix_batch_file_{'_'.join(names)}"), "batch_file", list(names))
    op.create_table(
        "batch_lock",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_lock")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("batch_lock")
    op.drop_table("batch_file")
    with op.batch_alter_table("utterance") as changed:
        changed.drop_column("level")
