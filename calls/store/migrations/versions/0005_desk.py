"""The desk: users and what they did, assignments, drafts, forms, and what follows a review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: Columns that tables have gained, in the order of their addition.
_GAINED = (
    ("review", sa.Column("scorecard", sa.Text(), nullable=False, server_default="")),
    ("review", sa.Column("form", sa.Text(), nullable=False, server_default="")),
    ("review", sa.Column("replaces", sa.String(64), nullable=True)),
    ("score", sa.Column("at", sa.Float(), nullable=True)),
    ("appeal", sa.Column("inspector", sa.Text(), nullable=True)),
    ("calibration", sa.Column("name", sa.Text(), nullable=False, server_default="")),
    ("calibration", sa.Column("raters", sa.JSON(), nullable=False, server_default="[]")),
    ("calibration", sa.Column("state", sa.Text(), nullable=False, server_default="open")),
    ("complaint_case", sa.Column("cause", sa.Text(), nullable=False, server_default="")),
    ("complaint_case", sa.Column("department", sa.Text(), nullable=False, server_default="")),
    ("complaint_case", sa.Column("reply", sa.Text(), nullable=False, server_default="")),
    ("complaint_case", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True)),
)
_INDEXED = (("appeal", "state"), ("complaint_case", "state"))
_TABLES = (
    "webhook_delivery",
    "webhook",
    "saved_search",
    "audit_entry",
    "api_token",
    "desk_user",
    "form_version",
    "review_draft",
    "assignment",
    "complaint_case_step",
    "acknowledgement",
    "appeal_step",
)


def upgrade() -> None:
    """Add the tables and the columns; the steps of a case, which nothing wrote yet, become rows."""
    for table, column in _GAINED:
        op.add_column(table, column)
    for table, name in _INDEXED:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])
    op.create_index(op.f("ix_call_caller_started_at"), "call", ["caller", "started_at"])
    with op.batch_alter_table("complaint_case") as changed:
        changed.drop_column("steps")
    _table("appeal_step", _of("appeal"), _text("by"), _text("action"), _text("comment"), _time("at"))
    _table("acknowledgement", _of("review"), _key("agent_id"), _text("comment"), _time("created_at"))
    _table(
        "complaint_case_step",
        _of("complaint_case", "case_id"),
        _text("by"),
        _text("action"),
        _text("text"),
        _time("at"),
    )
    _table(
        "assignment",
        _of("sample_plan", "plan_id"),
        _of("call"),
        _key("inspector"),
        _text("assigned_by"),
        _time("due_at", nullable=True),
        _text("state"),
        _time("created_at"),
    )
    _table(
        "review_draft",
        _of("call"),
        _key("user_id"),
        _json("content"),
        _count("revision"),
        _time("updated_at"),
        id_length=160,
    )
    _table("form_version", _text("content"), _time("created_at"), id_length=160)
    _table(
        "desk_user",
        _text("name"),
        _text("role"),
        _text("password"),
        _text("stamp"),
        _text("team"),
        _key("agent_id", nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _count("failures"),
        _time("locked_until", nullable=True),
        _time("created_at"),
    )
    _table(
        "api_token",
        _of("desk_user", "user_id"),
        _text("name"),
        sa.Column("digest", sa.String(64), nullable=False),
        _time("expires_at", nullable=True),
        _time("created_at"),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    _table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        _key("user_id"),
        _key("action"),
        _text("subject"),
        _key("call_id", nullable=True),
        _json("data"),
    )
    _table("saved_search", _key("user_id"), _text("name"), _json("query"), _time("created_at"))
    _table(
        "webhook",
        _text("url"),
        _text("secret"),
        _json("events"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _time("created_at"),
    )
    _table(
        "webhook_delivery",
        _of("webhook"),
        _text("event"),
        _key("call_id", nullable=True),
        _json("payload"),
        _text("state"),
        _count("attempts"),
        _time("due_at"),
        _text("error"),
        _time("created_at"),
    )
    op.create_index(op.f("ix_webhook_delivery_state_due_at"), "webhook_delivery", ["state", "due_at"])


def _table(name: str, *parts: sa.Column[object] | sa.UniqueConstraint, id_length: int = 64) -> None:
    indexed = [part.name for part in parts if isinstance(part, sa.Column) and part.index]
    for part in parts:
        if isinstance(part, sa.Column):
            part.index = None
    op.create_table(
        name,
        sa.Column("id", sa.String(id_length), nullable=False),
        *parts,
        *(
            sa.ForeignKeyConstraint(
                [part.name],
                [part.info["of"] + ".id"],
                name=op.f(f"fk_{name}_{part.name}_{part.info['of']}"),
                ondelete="CASCADE",
            )
            for part in parts
            if isinstance(part, sa.Column) and "of" in part.info
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for column in indexed:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def _of(parent: str, name: str = "") -> sa.Column[object]:
    return sa.Column(name or f"{parent}_id", sa.String(64), nullable=False, index=True, info={"of": parent})


def _key(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(64), nullable=nullable, index=True)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _count(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def downgrade() -> None:
    """Drop them."""
    for name in _TABLES:
        op.drop_table(name)
    op.drop_index(op.f("ix_call_caller_started_at"), table_name="call")
    for table, name in _INDEXED:
        op.drop_index(op.f(f"ix_{table}_{name}"), table_name=table)
    with op.batch_alter_table("complaint_case") as changed:
        changed.add_column(sa.Column("steps", sa.JSON(), nullable=False, server_default="[]"))
    for table, column in reversed(_GAINED):
        with op.batch_alter_table(table) as changed:
            changed.drop_column(column.name)
