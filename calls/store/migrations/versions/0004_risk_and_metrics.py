"""What analytics finds beside labels: a call's risk with its reasons, and what was measured in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the columns."""
    _of_call(
        "call_risk",
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
    )
    _of_call(
        "call_metrics",
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("unavailable", sa.JSON(), nullable=False),
    )
    op.add_column("sample_draw", sa.Column("stratum", sa.Text(), nullable=False, server_default=""))
    op.add_column("review", sa.Column("score", sa.Float(), nullable=True))
    op.add_column("review", sa.Column("fatal", sa.Boolean(), nullable=True))


def _of_call(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        *columns,
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f(f"fk_{name}_call_id_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_call_id"), name, ["call_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for table, column in (("review", "fatal"), ("review", "score"), ("sample_draw", "stratum")):
        with op.batch_alter_table(table) as changed:
            changed.drop_column(column)
    for name in ("call_metrics", "call_risk"):
        op.drop_index(op.f(f"ix_{name}_call_id"), table_name=name)
        op.drop_table(name)
