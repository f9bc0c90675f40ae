"""What is known of a call, as plain dataclasses without behaviour.

Times are aware UTC :class:`datetime.datetime`; offsets within a recording are seconds as
``float`` from its first sample; probabilities lie in ``[0, 1]``. Records are immutable: change
one with :func:`dataclasses.replace` and store it again under the same id.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


def new_id() -> str:
    """Return a 32-digit hexadecimal id that sorts by creation time: 64 bits of clock, 64 of chance."""
    return f"{time.time_ns():016x}{os.urandom(8).hex()}"


def utc_now() -> datetime:
    """Return the present moment as aware UTC time."""
    return datetime.now(UTC)


class Role(StrEnum):
    """Who is heard on a channel."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Which side started the call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Outcome(StrEnum):
    """How a call ended, as the dialog saw it."""

    CONTAINED = "contained"  # the caller got an answer from the menus alone
    HANDED_OFF = "handed-off"  # the caller spoke with an agent
    VOICEMAIL = "voicemail"  # the caller left a message
    ABANDONED = "abandoned"  # the caller hung up before any of these
    FAILED = "failed"  # the retries ran out, or something broke
    INTERRUPTED = "interrupted"  # the process died; closed by `huawu recover`


class EventKind(StrEnum):
    """What a :class:`CallEvent` tells. Queue events are named as in Asterisk's ``queue_log``."""

    NODE = "node"
    PROMPT = "prompt"
    DIGIT = "digit"
    RECOGNITION = "recognition"
    BARGE_IN = "barge-in"
    NO_INPUT = "no-input"
    NO_MATCH = "no-match"
    MESSAGE = "message"
    TRANSFER = "transfer"
    CALLBACK = "callback"
    SURVEY = "survey"
    WEB = "web"
    QUALITY = "quality"
    HOLD = "hold"
    HANGUP = "hangup"
    ERROR = "error"
    ENTERQUEUE = "ENTERQUEUE"
    CONNECT = "CONNECT"
    ABANDON = "ABANDON"
    RINGNOANSWER = "RINGNOANSWER"
    RINGCANCELED = "RINGCANCELED"
    COMPLETEAGENT = "COMPLETEAGENT"
    COMPLETECALLER = "COMPLETECALLER"
    EXITWITHKEY = "EXITWITHKEY"
    EXITWITHTIMEOUT = "EXITWITHTIMEOUT"
    EXITEMPTY = "EXITEMPTY"
    BLINDTRANSFER = "BLINDTRANSFER"


class AgentState(StrEnum):
    """What an agent is doing."""

    OFFLINE = "offline"  # not logged in
    AVAILABLE = "available"  # waits for a call
    RINGING = "ringing"  # the phone rings with one
    TALKING = "talking"
    WRAP_UP = "wrap-up"  # finishes the last one's work
    PAUSED = "paused"  # takes no calls, for a reason


class Layout(StrEnum):
    """How the voices of a call lie on the channels of its recording."""

    STEREO = "stereo"  # one role per channel
    MONO = "mono"  # both voices on one channel: roles unknown
    TWIN = "twin"  # two channels that carry the same sound: roles unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One telephone call from its arrival to its end.

    ``ended_at`` is ``None`` while the call runs. ``flow`` and ``flow_version`` name the menu that
    answered it (the version is the SHA-256 of the flow file, first 12 digits). ``node`` is the machine that
    took it, where several share a database.
    """

    id: str = field(default_factory=new_id)
    door: str
    direction: Direction = Direction.INBOUND
    caller: str = ""
    callee: str = ""
    started_at: datetime = field(default_factory=utc_now)
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    flow: str = ""
    flow_version: str = ""
    node: str = ""
    outcome: Outcome | None = None
    hangup_cause: str = ""
    agent_id: str | None = None
    queue_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party's connection within a call: the caller's, or the agent's after a hand-off."""

    id: str = field(default_factory=new_id)
    call_id: str
    role: Role
    address: str = ""
    started_at: datetime = field(default_factory=utc_now)
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing that happened in a call, ``at`` seconds after its first recorded sample."""

    id: str = field(default_factory=new_id)
    call_id: str
    at: float
    kind: EventKind
    node: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The sound of a call.

    ``channels`` names the role heard on each channel, first channel first. ``masked`` holds spans
    (start, end) in seconds that were written as silence because a secret was entered or the caller had
    not been told of the recording yet.
    ``flags`` says what is wrong with it, if anything: ``recovered``, ``disk-full``, ``gaps`` (the disk was
    too slow: silence stands for what it could not take), ``unfinished``.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    uri: str
    channels: tuple[Role, ...]
    layout: Layout = Layout.STEREO
    sample_rate: int = 8000
    seconds: float = 0.0
    sha256: str = ""
    masked: tuple[tuple[float, float], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word with its time span in seconds and its confidence in [0, 1].

    Confidence is ``None`` where the recogniser gives none.
    """

    text: str
    start: float
    end: float
    confidence: float | None = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What one party said without a longer pause. ``number`` counts from 0 within the transcript.

    ``level`` is its active speech level in dBov (:mod:`speech.levels`); ``None`` where
    that was not measured, or where there is no sound at its time.
    """

    number: int
    role: Role
    start: float
    end: float
    text: str
    channel: int = 0
    words: tuple[Word, ...] = ()
    level: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was recognised in a recording, in order of time, and by what.

    ``roles_known`` is false where the recording is mono or has twin channels; then ``roles_note``
    says why, and everything derived from roles is *not available* rather than zero.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    recording_id: str = ""
    recogniser: str
    model: str
    utterances: tuple[Utterance, ...] = ()
    roles_known: bool = True
    roles_note: str = ""
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a finding can be heard and read.

    ``utterance`` is its number, ``span`` the characters in its text, ``text`` those characters, and
    ``start`` to ``end`` when they are said.
    """

    utterance: int
    start: float
    end: float
    text: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One machine judgement about a call, with its evidence and a calibrated probability.

    ``kind`` is ``topic``, ``complaint``, ``cause``, ``responsible``, ``resolved``, ``sentiment``, ``abuse``
    or ``rule``; ``label`` the judged class, or the rule's id; ``model`` the rule set or model version that
    judged. A person's verdict is stored beside it, never over it.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    kind: str
    label: str
    probability: float
    evidence: tuple[Evidence, ...] = ()
    model: str = ""
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReason:
    """One part of a call's risk, in words: ``share`` is what it adds to the logit, negative where it calms.

    ``evidence`` is where it can be heard, for parts that were said.
    """

    words: str
    share: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRisk:
    """How probable it is that a call needs a person's ear, and why.

    ``base`` and the shares of all ``reasons`` add up to the logit of ``probability``.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    probability: float
    base: float
    reasons: tuple[RiskReason, ...] = ()
    model: str = ""
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMetrics:
    """What was measured in a call, by the names of :data:`analytics.conversation.FEATURES`.

    A value of ``None`` is *not available*, never zero; ``unavailable`` says why.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    values: dict[str, float | None] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """How a QA sample was drawn: enough to draw it again and to estimate from it."""

    id: str = field(default_factory=new_id)
    name: str
    seed: int
    frame_size: int
    budget: int
    risk_share: float
    frame: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDraw:
    """One call drawn into a sample, with the probability that the plan would include it.

    ``part`` is ``risk`` or ``random``; ``stratum`` names the stratum of the random part, as the plan's
    ``frame`` does.
    """

    id: str = field(default_factory=new_id)
    plan_id: str
    call_id: str
    position: int
    part: str
    inclusion_probability: float
    risk: float
    reasons: tuple[str, ...] = ()
    stratum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's verdict on a call. ``None`` means *not judged*, never *no*.

    ``score`` is that of the scorecard, 0 to 100; ``fatal`` tells whether an item failed that may not fail.
    ``scorecard`` names the form and ``form`` the rule file with its version, the id of a
    :class:`calls.reviewing.FormVersion`. ``reviewer`` is the id of a user, or the name that was typed at a
    desk without accounts. ``replaces`` is the review for which this one, the final verdict after an appeal,
    stands.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    reviewer: str
    complaint: bool | None = None
    severity: str | None = None
    topic: str | None = None
    sentiment: str | None = None
    score: float | None = None
    fatal: bool | None = None
    comment: str = ""
    plan_id: str | None = None
    scorecard: str = ""
    form: str = ""
    replaces: str | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One answered item of a scorecard, by a person or by the machine; ``at`` is the second it speaks of."""

    id: str = field(default_factory=new_id)
    call_id: str
    item: str
    points: float | None
    by: str
    review_id: str | None = None
    comment: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An agent's objection to a review and what became of it.

    ``state`` is ``open``, ``declined`` (by the team's supervisor), ``forwarded``, ``assigned`` (to
    ``inspector``), ``upheld`` or ``dismissed``; the last two are decided by ``decided_by``.
    """

    id: str = field(default_factory=new_id)
    review_id: str
    agent_id: str
    comment: str
    state: str = "open"
    inspector: str | None = None
    decided_by: str | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One call judged by several ``raters``, to compare them; ``state`` is ``open`` or ``closed``."""

    id: str = field(default_factory=new_id)
    call_id: str
    name: str = ""
    raters: tuple[str, ...] = ()
    review_ids: tuple[str, ...] = ()
    state: str = "open"
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A complaint being worked on; its history is in :class:`calls.reviewing.CaseStep`.

    ``state`` is ``open``, ``working`` or ``closed``; ``reply`` is what the caller was told.
    """

    id: str = field(default_factory=new_id)
    call_id: str
    level: str
    owner: str = ""
    deadline: datetime | None = None
    cause: str = ""
    department: str = ""
    reply: str = ""
    state: str = "open"
    closed_at: datetime | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A caller's satisfaction score, 1 (worst) to 5 (best)."""

    id: str = field(default_factory=new_id)
    call_id: str
    score: int
    agent_id: str | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A promise to ring a caller back when a queue has an agent. ``state`` is ``open`` or ``done``."""

    id: str = field(default_factory=new_id)
    call_id: str
    number: str
    queue_id: str
    state: str = "open"
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person who answers calls.

    ``address`` is the SIP URI of the phone, ``sip:1001@10.0.0.5``; an agent without one is never rung.
    """

    id: str
    name: str = ""
    team: str = ""
    skills: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A line in which callers wait for agents who have all its ``skills``.

    ``ring_seconds`` is how long a phone rings for it, ``wrap_up_seconds`` how long an agent is left alone
    after one of its calls; ``None`` leaves it to the centre.
    """

    id: str
    name: str = ""
    skills: tuple[str, ...] = ()
    ring_seconds: float | None = None
    wrap_up_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChange:
    """From when on an agent did what; ``reason`` says why one is paused."""

    id: str = field(default_factory=new_id)
    agent_id: str
    state: AgentState
    reason: str = ""
    at: datetime = field(default_factory=utc_now)
