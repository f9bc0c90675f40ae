"""A call in which the caller says who they are."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

from calls.recordings import RecordingFolder
from calls.records import (
    CallMetrics,
    CallRisk,
    Evidence,
    Finding,
    Recording,
    RiskReason,
    Role,
    Survey,
    Transcript,
    Utterance,
    Word,
)
from calls.store import Store
from tests.console.scene import NOON, a_call, finding, record

CALL = "call-private"
NUMBER = "幺三八零零幺三八零零零"
NAME = "张三丰"
#: Who says what when; a character takes 0.2 s.
SAID = (
    (Role.AGENT, 0.5, "您好请问您贵姓"),
    (Role.CALLER, 2.5, f"我叫{NAME}我的手机号是{NUMBER}"),
    (Role.AGENT, 15.0, "好的请稍等"),
    (Role.CALLER, 16.5, "我要投诉你们"),
)
SECONDS = 20.0
#: When the caller's name and number are said, with the margin that is silent around them.
SILENT = ((2.75, 3.65), (4.55, 7.05))


def utterances() -> tuple[Utterance, ...]:
    """Return :data:`SAID` with a word for each character."""
    said = []
    for number, (role, start, text) in enumerate(SAID):
        begins = [start, *accumulate((0.2 for _ in text), initial=start)][1:]
        words = tuple(
            Word(text=each, start=round(at, 3), end=round(at + 0.2, 3), confidence=0.95)
            for each, at in zip(text, begins, strict=False)
        )
        channel = 0 if role is Role.CALLER else 1
        said.append(
            Utterance(
                number=number,
                role=role,
                start=start,
                end=words[-1].end,
                text=text,
                channel=channel,
                words=words,
            )
        )
    return tuple(said)


def cite(utterance: int, start: int, end: int) -> Evidence:
    """Return the characters of an utterance of :data:`SAID` as evidence."""
    _, begins, text = SAID[utterance]
    return Evidence(
        utterance=utterance,
        start=begins + 0.2 * start,
        end=begins + 0.2 * end,
        text=text[start:end],
        span=(start, end),
    )


def findings() -> list[Finding]:
    """Return findings one of which cites the caller's number, another a part of it."""
    return [
        finding(CALL, "complaint", "一般", 0.8, cite(3, 0, 6)),
        finding(CALL, "topic", "account", 0.6, cite(1, 5, 22)),
        finding(CALL, "rule", "closing", 1.0, cite(1, 8, 16)),
    ]


def add_private_call(store: Store, folder: RecordingFolder) -> Recording:
    """Store the call: of agent A1 of 一组, heard throughout, with its words, findings and risk."""
    talking = [(role, start, start + 0.2 * len(text), text) for role, start, text in SAID]
    recording = record(folder, CALL, [(Role.CALLER, 0.0, SECONDS, ""), *talking], seconds=SECONDS)
    part = cite(1, 8, 16)
    store.add(
        a_call(9, id=CALL, caller="13800139999"),
        a_call(9, id="call-again", caller="13800139999", started_at=NOON - timedelta(days=3)),
        a_call(
            9, id="call-long-ago", caller="13800139999", started_at=NOON - timedelta(days=12), agent_id="A2"
        ),
        recording,
        Transcript(
            id="transcript-private",
            call_id=CALL,
            recording_id=recording.id,
            recogniser="vosk",
            model="tiny-cn",
            utterances=utterances(),
            created_at=NOON,
        ),
        *findings(),
        CallRisk(
            call_id=CALL,
            probability=0.7310585786300049,
            base=-1.0,
            reasons=(
                RiskReason(words=f"客户说“{part.text}”", share=2.5, evidence=(part,)),
                RiskReason(words="客户没有提到监管", share=-0.5),
            ),
        ),
        CallMetrics(
            call_id=CALL,
            values={"agent_talk_share": 0.25, "caller_sentiment_quarter_1": -0.5, "hold_seconds": None},
            unavailable={"hold_seconds": "no events of the call were given"},
        ),
        Survey(call_id=CALL, score=2, agent_id="A1"),
    )
    return recording
