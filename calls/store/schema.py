"""The tables, one for each record class, and how a record becomes a row.

A column has the name of its record's field. Nested parts (evidence, words, masked spans) are JSON;
the utterances of a transcript are rows of their own, because search and review address them singly.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from calls import batches, people, records, reviewing


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC time on databases that keep the zone and on those that drop it (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, since nobody could say later which zone they meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without a zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", String(64), primary_key=True)


def _of(parent: str, *, nullable: bool = False) -> Column[Any]:
    return Column(
        f"{parent}_id",
        String(64),
        ForeignKey(f"{parent}.id", ondelete="CASCADE"),
        nullable=nullable,
        index=True,
    )


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Float, nullable=nullable)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False)


call = Table(
    "call",
    metadata,
    _id(),
    _text("door"),
    _text("direction"),
    _text("caller"),
    _text("callee"),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    _time("answered_at", nullable=True),
    Column("ended_at", UtcDateTime, nullable=True, index=True),
    _text("flow"),
    _text("flow_version"),
    _text("node"),
    Column("outcome", Text, nullable=True, index=True),
    _text("hangup_cause"),
    Column("agent_id", String(64), nullable=True, index=True),
    Column("queue_id", String(64), nullable=True, index=True),
    Index(None, "caller", "started_at"),
)
leg = Table(
    "leg",
    metadata,
    _id(),
    _of("call"),
    _text("role"),
    _text("address"),
    _time("started_at"),
    _time("ended_at", nullable=True),
)
call_event = Table(
    "call_event", metadata, _id(), _of("call"), _number("at"), _text("kind"), _text("node"), _json("data")
)
recording = Table(
    "recording",
    metadata,
    _id(),
    _of("call"),
    _text("uri"),
    _json("channels"),
    _text("layout"),
    _count("sample_rate"),
    _number("seconds"),
    Column("sha256", String(64), nullable=False, index=True),
    _json("masked"),
    _json("flags"),
)
transcript = Table(
    "transcript",
    metadata,
    _id(),
    _of("call"),
    _text("recording_id"),
    _text("recogniser"),
    _text("model"),
    Column("roles_known", Boolean, nullable=False),
    _text("roles_note"),
    _time("created_at"),
)
utterance = Table(
    "utterance",
    metadata,
    Column("transcript_id", ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("role"),
    _number("start"),
    _number("end"),
    _text("text"),
    _count("channel"),
    _json("words"),
    _number("level", nullable=True),
)
finding = Table(
    "finding",
    metadata,
    _id(),
    _of("call"),
    _text("kind"),
    _text("label"),
    _number("probability"),
    _json("evidence"),
    _text("model"),
    _time("created_at"),
    Index(None, "kind", "label"),
)
call_risk = Table(
    "call_risk",
    metadata,
    _id(),
    _of("call"),
    _number("probability"),
    _number("base"),
    _json("reasons"),
    _text("model"),
    _time("created_at"),
)
call_metrics = Table(
    "call_metrics",
    metadata,
    _id(),
    _of("call"),
    _json("values"),
    _json("unavailable"),
    _time("created_at"),
)
sample_plan = Table(
    "sample_plan",
    metadata,
    _id(),
    _text("name"),
    _count("seed"),
    _count("frame_size"),
    _count("budget"),
    _number("risk_share"),
    _json("frame"),
    _time("created_at"),
)
sample_draw = Table(
    "sample_draw",
    metadata,
    _id(),
    Column("plan_id", ForeignKey("sample_plan.id", ondelete="CASCADE"), nullable=False, index=True),
    _of("call"),
    _count("position"),
    _text("part"),
    _number("inclusion_probability"),
    _number("risk"),
    _json("reasons"),
    _text("stratum"),
)
review = Table(
    "review",
    metadata,
    _id(),
    _of("call"),
    _text("reviewer"),
    Column("complaint", Boolean, nullable=True),
    _text("severity", nullable=True),
    _text("topic", nullable=True),
    _text("sentiment", nullable=True),
    _number("score", nullable=True),
    Column("fatal", Boolean, nullable=True),
    _text("comment"),
    Column("plan_id", String(64), nullable=True, index=True),
    _text("scorecard"),
    _text("form"),
    Column("replaces", String(64), nullable=True),
    _time("created_at"),
)
score = Table(
    "score",
    metadata,
    _id(),
    _of("call"),
    _text("item"),
    _number("points", nullable=True),
    _text("by"),
    _of("review", nullable=True),
    _text("comment"),
    _number("at", nullable=True),
)
appeal = Table(
    "appeal",
    metadata,
    _id(),
    _of("review"),
    Column("agent_id", String(64), nullable=False, index=True),
    _text("comment"),
    Column("state", Text, nullable=False, index=True),
    _text("inspector", nullable=True),
    _text("decided_by", nullable=True),
    _time("created_at"),
)
appeal_step = Table(
    "appeal_step",
    metadata,
    _id(),
    _of("appeal"),
    _text("by"),
    _text("action"),
    _text("comment"),
    _time("at"),
)
acknowledgement = Table(
    "acknowledgement",
    metadata,
    _id(),
    _of("review"),
    Column("agent_id", String(64), nullable=False, index=True),
    _text("comment"),
    _time("created_at"),
)
calibration = Table(
    "calibration",
    metadata,
    _id(),
    _of("call"),
    _text("name"),
    _json("raters"),
    _json("review_ids"),
    _text("state"),
    _time("created_at"),
)
case = Table(
    "complaint_case",
    metadata,
    _id(),
    _of("call"),
    _text("level"),
    _text("owner"),
    _time("deadline", nullable=True),
    _text("cause"),
    _text("department"),
    _text("reply"),
    Column("state", Text, nullable=False, index=True),
    _time("closed_at", nullable=True),
    _time("created_at"),
)
case_step = Table(
    "complaint_case_step",
    metadata,
    _id(),
    Column(
        "case_id",
        String(64),
        ForeignKey("complaint_case.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    _text("by"),
    _text("action"),
    _text("text"),
    _time("at"),
)
assignment = Table(
    "assignment",
    metadata,
    _id(),
    Column("plan_id", ForeignKey("sample_plan.id", ondelete="CASCADE"), nullable=False, index=True),
    _of("call"),
    Column("inspector", String(64), nullable=False, index=True),
    _text("assigned_by"),
    _time("due_at", nullable=True),
    _text("state"),
    _time("created_at"),
)
review_draft = Table(
    "review_draft",
    metadata,
    Column("id", String(160), primary_key=True),
    _of("call"),
    Column("user_id", String(64), nullable=False, index=True),
    _json("content"),
    _count("revision"),
    _time("updated_at"),
)
form_version = Table(
    "form_version",
    metadata,
    Column("id", String(160), primary_key=True),
    _text("content"),
    _time("created_at"),
)
survey = Table(
    "survey",
    metadata,
    _id(),
    _of("call"),
    _count("score"),
    Column("agent_id", String(64), nullable=True, index=True),
    _time("created_at"),
)
callback = Table(
    "callback",
    metadata,
    _id(),
    _of("call"),
    _text("number"),
    _text("queue_id"),
    _text("state"),
    _time("created_at"),
    Index(None, "queue_id", "state"),
)
agent = Table("agent", metadata, _id(), _text("name"), _text("team"), _json("skills"), _text("address"))
queue = Table(
    "queue",
    metadata,
    _id(),
    _text("name"),
    _json("skills"),
    _number("ring_seconds", nullable=True),
    _number("wrap_up_seconds", nullable=True),
)
agent_state_change = Table(
    "agent_state_change",
    metadata,
    _id(),
    Column("agent_id", String(64), nullable=False),
    _text("state"),
    _text("reason"),
    _time("at"),
    Index(None, "agent_id", "at"),
)
user = Table(
    "desk_user",
    metadata,
    _id(),
    _text("name"),
    _text("role"),
    _text("password"),
    _text("stamp"),
    _text("team"),
    Column("agent_id", String(64), nullable=True, index=True),
    Column("disabled", Boolean, nullable=False),
    _count("failures"),
    _time("locked_until", nullable=True),
    _time("created_at"),
)
api_token = Table(
    "api_token",
    metadata,
    _id(),
    Column("user_id", ForeignKey("desk_user.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("name"),
    Column("digest", String(64), nullable=False, unique=True),
    _time("expires_at", nullable=True),
    _time("created_at"),
)
# No reference to the call: the entry stays when a person's data are erased.
audit_entry = Table(
    "audit_entry",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("user_id", String(64), nullable=False, index=True),
    Column("action", String(64), nullable=False, index=True),
    _text("subject"),
    Column("call_id", String(64), nullable=True, index=True),
    _json("data"),
)
saved_search = Table(
    "saved_search",
    metadata,
    _id(),
    Column("user_id", String(64), nullable=False, index=True),
    _text("name"),
    _json("query"),
    _time("created_at"),
)
webhook = Table(
    "webhook",
    metadata,
    _id(),
    _text("url"),
    _text("secret"),
    _json("events"),
    Column("active", Boolean, nullable=False),
    _time("created_at"),
)
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    _id(),
    _of("webhook"),
    _text("event"),
    Column("call_id", String(64), nullable=True, index=True),
    _json("payload"),
    _text("state"),
    _count("attempts"),
    _time("due_at"),
    _text("error"),
    _time("created_at"),
    Index(None, "state", "due_at"),
)
# No reference to the call: a file whose call was erased is not taken up again.
batch_file = Table(
    "batch_file",
    metadata,
    _id(),
    _text("place"),
    Column("batch", String(200), nullable=False),
    Column("step", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    _text("reason"),
    _count("attempts"),
    Column("size", BigInteger, nullable=True),
    _text("modified"),
    Column("sha256", String(64), nullable=False, index=True),
    _number("seconds"),
    Column("call_id", String(64), nullable=True, index=True),
    Column("recording_id", String(64), nullable=True),
    _time("found_at"),
    _time("changed_at"),
    Index(None, "batch", "state", "step", "id"),
)
batch_lock = Table("batch_lock", metadata, _id(), _text("owner"), _text("doing"), _time("beat_at"))

#: Record class → its table.
TABLES: dict[type[Any], Table] = {
    records.Call: call,
    records.Leg: leg,
    records.CallEvent: call_event,
    records.Recording: recording,
    records.Transcript: transcript,
    records.Finding: finding,
    records.CallRisk: call_risk,
    records.CallMetrics: call_metrics,
    records.SamplePlan: sample_plan,
    records.SampleDraw: sample_draw,
    records.Review: review,
    records.Score: score,
    records.Appeal: appeal,
    records.Calibration: calibration,
    records.Case: case,
    records.Survey: survey,
    records.Callback: callback,
    records.Agent: agent,
    records.Queue: queue,
    records.AgentStateChange: agent_state_change,
    reviewing.AppealStep: appeal_step,
    reviewing.Acknowledgement: acknowledgement,
    reviewing.CaseStep: case_step,
    reviewing.Assignment: assignment,
    reviewing.ReviewDraft: review_draft,
    reviewing.FormVersion: form_version,
    people.User: user,
    people.ApiToken: api_token,
    people.AuditEntry: audit_entry,
    people.SavedSearch: saved_search,
    people.Webhook: webhook,
    people.WebhookDelivery: webhook_delivery,
    batches.BatchFile: batch_file,
    batches.BatchLock: batch_lock,
}
