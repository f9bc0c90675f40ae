"""What the API takes and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from analytics.labels import SENTIMENTS, SEVERITIES, TOPICS
from calls.records import Direction, Outcome

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Model(BaseModel):
    """What is neither known nor meant is refused."""

    model_config = ConfigDict(extra="forbid")


class Problem(Model):
    """Why a request was refused."""

    error: str
    field: str = ""
    hint: str = ""


class CallsQuery(Model):
    """Which calls: all fields that are given must match. ``from`` is included, ``to`` is not."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")
    agent: Id | None = None
    queue: Id | None = None
    outcome: Outcome | None = None
    after: Id | None = Field(None, description="The id of the last call of the page before.")
    limit: int = Field(50, ge=1, le=500)


class CallSummary(Model):
    """A call. Numbers are masked but for their last four digits, unless the user may see them."""

    id: str
    door: str
    direction: Direction
    caller: str
    callee: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    flow: str
    outcome: Outcome | None
    agent: str | None
    queue: str | None


class CallPage(Model):
    """Calls, the last made first; ``next`` is what ``after`` asks for the following page with."""

    calls: list[CallSummary]
    next: str | None


class FindingOut(Model):
    """What the machine found."""

    kind: str
    label: str
    probability: float
    model: str
    evidence: list[dict[str, Any]]


class ReasonOut(Model):
    """A part of the risk: ``share`` of its logit."""

    words: str
    share: float


class RiskOut(Model):
    """How probable it is that somebody should hear the call, and why."""

    probability: float
    base: float
    reasons: list[ReasonOut]
    model: str


class ReviewOut(Model):
    """What a person judged."""

    id: str
    reviewer: str
    complaint: bool | None
    severity: str | None
    topic: str | None
    sentiment: str | None
    score: float | None
    fatal: bool | None
    comment: str
    replaces: str | None
    created_at: datetime


class CallOut(CallSummary):
    """A call with what is known of it. ``reviews`` are there for those who may see verdicts."""

    recordings: list[str]
    transcribed: bool
    findings: list[FindingOut]
    risk: RiskOut | None
    metrics: dict[str, float | None]
    reviews: list[ReviewOut]


class UtteranceOut(Model):
    """What one party said; ``start`` and ``end`` in seconds."""

    number: int
    role: str
    start: float
    end: float
    text: str


class TranscriptOut(Model):
    """The words of a call; personal data are ▇ unless the user may see them."""

    recogniser: str
    model: str
    roles_known: bool
    masked: bool
    utterances: list[UtteranceOut]


class ReviewIn(Model):
    """A verdict; what is left out is not judged."""

    complaint: bool | None = None
    severity: str | None = Field(None, json_schema_extra={"enum": [*SEVERITIES, None]})
    topic: str | None = Field(None, json_schema_extra={"enum": [*TOPICS, None]})
    sentiment: str | None = Field(None, json_schema_extra={"enum": [*SENTIMENTS, None]})
    comment: str = Field("", max_length=4000)
    plan: Id | None = None


class CallFacts(Model):
    """What is known of an uploaded call; ``channels`` says who is on the first and on the second channel."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] | None = None
    started_at: AwareDatetime | None = None
    direction: Direction = Direction.INBOUND
    caller: str = Field("", max_length=64)
    callee: str = Field("", max_length=64)
    agent: Id | None = None
    queue: Id | None = None
    channels: list[str] = Field(
        ["caller", "agent"],
        min_length=1,
        max_length=2,
        json_schema_extra={"items": {"enum": ["caller", "agent"]}},
    )


class Uploaded(Model):
    """The call that was made of a recording."""

    call: str
    recording: str
    seconds: float
    layout: str


class CasesQuery(Model):
    """Which complaint cases."""

    state: str | None = Field(None, pattern="^(open|working|closed)$")
    limit: int = Field(100, ge=1, le=500)


class CaseOut(Model):
    """A complaint case."""

    id: str
    call: str
    level: str
    owner: str
    department: str
    cause: str
    state: str
    deadline: datetime | None
    closed_at: datetime | None
    created_at: datetime


class CaseList(Model):
    """Cases, newest first."""

    cases: list[CaseOut]


class SampleOut(Model):
    """A QA sample: its size, and how many of its calls are reviewed."""

    id: str
    name: str
    frame_size: int
    budget: int
    risk_share: float
    drawn: int
    reviewed: int
    created_at: datetime


class SampleList(Model):
    """Samples, newest first; the last fifty."""

    samples: list[SampleOut]


class Drawn(Model):
    """One call of a sample."""

    call: str
    position: int
    part: str
    inclusion_probability: float
    risk: float
    reviewed: bool


class DrawnList(Model):
    """The calls of a sample in their order."""

    calls: list[Drawn]
