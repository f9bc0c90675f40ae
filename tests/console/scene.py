"""A small centre's morning: real records, real recordings made of synthetic tones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from calls.recordings import RecordingFolder
from calls.records import (
    Agent,
    Call,
    CallEvent,
    EventKind,
    Evidence,
    Finding,
    Outcome,
    Recording,
    Role,
    SampleDraw,
    SamplePlan,
    Transcript,
    Utterance,
    Word,
)
from calls.store import Store
from speech.g711 import alaw_encode

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
RATE = 8000

#: Who says what when, in the call that the tests look at most closely.
LINES = (
    (Role.SYSTEM, 0.4, 2.6, "您好华务客服中心办理退款请按二"),
    (Role.CALLER, 3.2, 6.1, "我要退款等了三个星期还没有到账"),
    (Role.AGENT, 6.8, 9.0, "请您提供一下订单号"),
    (Role.CALLER, 9.6, 13.4, "再不处理我就去消费者协会投诉你们"),
    (Role.AGENT, 14.0, 17.2, "非常抱歉我马上为您升级处理"),
    (Role.CALLER, 17.8, 19.3, "尽快给我答复"),
)


def voice(seconds: float, talking: Iterable[tuple[float, float]], pitch: float) -> np.ndarray:
    """Return int16 samples: a buzzing tone while somebody talks, silence elsewhere."""
    time = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 9))
    syllables = 0.25 + 0.75 * np.abs(np.sin(2 * np.pi * 2.1 * time)) * np.abs(np.sin(2 * np.pi * 0.31 * time))
    on = np.zeros_like(time)
    for start, end in talking:
        on[round(start * RATE) : round(end * RATE)] = 1
    return (buzz * syllables * on * 7000).astype(np.int16)


def record(
    folder: RecordingFolder,
    call_id: str,
    lines: Iterable[tuple[Role, float, float, str]] = LINES,
    *,
    seconds: float = 20.0,
    mono: bool = False,
) -> Recording:
    """Write a recording as the engine does: A-law, 20 ms at a time."""
    spoken = list(lines)
    caller = voice(seconds, [(a, b) for role, a, b, _ in spoken if role is Role.CALLER], 190)
    others = voice(seconds, [(a, b) for role, a, b, _ in spoken if role is not Role.CALLER], 120)
    channels = (Role.UNKNOWN,) if mono else (Role.CALLER, Role.AGENT)
    writer = folder.start(call_id, channels, started=NOON)
    for at in range(0, len(caller), 160):
        left, right = alaw_encode(caller[at : at + 160]), alaw_encode(others[at : at + 160])
        writer.write(left, b"" if mono else right)
    if not mono:
        writer.mask(9.1, 9.5)
    return writer.close()


def transcript(
    call_id: str, recording: Recording, *, model: str = "tiny-cn", **changes: object
) -> Transcript:
    """Return what a recogniser may have made of :data:`LINES`; it is unsure of 星期."""
    said = tuple(
        Utterance(
            number=number,
            role=role,
            start=start,
            end=end,
            text=text,
            channel=0 if role is Role.CALLER else 1,
            words=tuple(
                Word(text=each, start=start, end=end, confidence=0.42 if each == "星期" else 0.98)
                for each in text.replace("星期", " 星期 ").split()
            ),
        )
        for number, (role, start, end, text) in enumerate(LINES)
    )
    made: dict[str, object] = {"recogniser": "vosk", "utterances": said, "created_at": NOON}
    return Transcript(call_id=call_id, recording_id=recording.id, model=model, **{**made, **changes})  # type: ignore[arg-type]


def finding(call_id: str, kind: str, label: str, probability: float, *evidence: Evidence) -> Finding:
    """Return a finding with a readable id."""
    return Finding(
        id=f"{call_id}-{kind}-{label}",
        call_id=call_id,
        kind=kind,
        label=label,
        probability=probability,
        evidence=evidence,
        model="seed-1",
        created_at=NOON,
    )


def refund_findings(call_id: str) -> list[Finding]:
    """Return what the machine makes of :data:`LINES`."""
    refund = Evidence(utterance=1, start=3.2, end=6.1, text="我要退款", span=(0, 4))
    threat = Evidence(utterance=3, start=9.6, end=13.4, text="去消费者协会投诉你们", span=(6, 16))
    return [
        finding(call_id, "topic", "refund", 0.91, refund),
        finding(call_id, "topic", "service", 0.34, threat),
        finding(call_id, "complaint", "重大", 0.87, threat),
        finding(call_id, "sentiment", "negative", 0.78, threat),
    ]


def path_events(call_id: str) -> list[CallEvent]:
    """Return the way through the menu to an agent."""
    steps: list[tuple[float, EventKind, str, dict[str, object]]] = [
        (0.0, EventKind.NODE, "welcome", {}),
        (0.4, EventKind.PROMPT, "welcome", {"name": "welcome"}),
        (2.7, EventKind.DIGIT, "welcome", {"digit": "2"}),
        (2.8, EventKind.NODE, "refund", {}),
        (2.9, EventKind.TRANSFER, "refund", {"number": "13900007777"}),
        (6.7, EventKind.CONNECT, "", {"agent": "A1"}),
        (19.6, EventKind.COMPLETECALLER, "", {}),
    ]
    return [
        CallEvent(id=f"{call_id}-{number}", call_id=call_id, at=at, kind=kind, node=node, data=data)
        for number, (at, kind, node, data) in enumerate(steps)
    ]


def a_call(number: int, **changes: object) -> Call:
    """Return call ``call-<number>``, ``number`` minutes before noon."""
    started = NOON - timedelta(minutes=number)
    known: dict[str, object] = {
        "id": f"call-{number}",
        "door": "script",
        "caller": f"1380000{1000 + number}",
        "callee": "10086",
        "started_at": started,
        "answered_at": started,
        "ended_at": started + timedelta(seconds=20),
        "outcome": Outcome.HANDED_OFF,
        "agent_id": "A1",
    }
    return Call(**{**known, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scene:
    """What the tests need to know of the stored morning."""

    call_ids: tuple[str, ...]
    recording: Recording


def fill(store: Store, folder: RecordingFolder) -> Scene:
    """Store eight calls; ``call-1`` in full, 1, 2, 3 and 5 in the sample ``plan-1`` in that order."""
    calls = [
        a_call(1),
        a_call(2, outcome=Outcome.CONTAINED, agent_id=None),
        a_call(3, agent_id="A2"),
        a_call(4, outcome=Outcome.ABANDONED, agent_id=None, caller=""),
        a_call(5),
        a_call(6, outcome=Outcome.VOICEMAIL, agent_id=None),
        a_call(7, agent_id="A9"),
        a_call(8, outcome=None, ended_at=None, agent_id=None),
    ]
    recordings = {each.id: record(folder, each.id, mono=each.id == "call-3") for each in calls[:3]}
    mono = recordings["call-3"]
    first = recordings["call-1"]
    store.add(
        *calls,
        Agent(id="A1", name="王静", team="一组"),
        Agent(id="A2", name="李强", team="二组"),
        *recordings.values(),
        transcript("call-1", first),
        transcript("call-2", recordings["call-2"], model="vosk-model-small-cn-0.22"),
        transcript("call-3", mono, roles_known=False, roles_note="mono"),
        *refund_findings("call-1"),
        *path_events("call-1"),
        finding("call-2", "topic", "billing", 0.66),
        finding("call-2", "complaint", "none", 0.95),
        finding("call-2", "sentiment", "neutral", 0.8),
        finding("call-3", "topic", "network", 0.7),
        finding("call-3", "complaint", "紧急", 0.71),
        finding("call-3", "sentiment", "negative", 0.9),
        finding("call-5", "topic", "refund", 0.52),
        finding("call-5", "complaint", "一般", 0.61),
        SamplePlan(
            id="plan-1",
            name="2026-03-02",
            seed=7,
            frame_size=8,
            budget=4,
            risk_share=0.5,
            created_at=NOON,
        ),
        *(
            SampleDraw(
                id=f"draw-{position}",
                plan_id="plan-1",
                call_id=f"call-{number}",
                position=position,
                part=part,
                inclusion_probability=probability,
                risk=risk,
                reasons=reasons,
            )
            for position, (number, part, probability, risk, reasons) in enumerate(
                [
                    (1, "risk", 1.0, 0.87, ("投诉 重大 0.87", "情绪负面 0.78")),
                    (2, "random", 0.3333, 0.05, ()),
                    (3, "risk", 1.0, 0.71, ("投诉 紧急 0.71",)),
                    (5, "random", 0.3333, 0.4, ()),
                ]
            )
        ),
    )
    return Scene(tuple(each.id for each in calls), first)
