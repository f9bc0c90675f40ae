from __future__ import annotations

import numpy as np
import pytest

from calls.records import Outcome, Role
from ivr.doors import RATE, Samples
from ivr.doors.timeline import Pace, Placed, SpokenLine, Timeline
from ivr.script import AgentPart, CallerPart, Expectation, Scenario, Step, Truth, Turn

pytestmark = pytest.mark.unit

PACE = Pace(breath=0.5, reply=(0.25, 0.25), last_word=2.0)


def voice_of(voice: str, text: str) -> Samples:
    """Take a second for each character, in a voice whose samples tell whose it is."""
    return np.full(len(text) * RATE, 1 if voice == "caller-1" else 2, np.int16)


def timeline(*turns: Turn) -> Timeline:
    scenario = Scenario(
        id="a",
        title="",
        heldout=False,
        caller=CallerPart(voice="caller-1", number="19900010001", snr_db=60),
        agent=AgentPart(voice="agent-1", id="1001", name="林晓", answers_after=1.0),
        steps=(),
        conversation=turns,
        truth=Truth(topics=(), complaint="none", sentiment="neutral"),
        expect=Expectation(outcome=Outcome.CONTAINED),
    )
    return Timeline(scenario, voice_of, np.random.default_rng(1), PACE)


def when(lines: list[Placed]) -> list[tuple[Role, float, float]]:
    return [(each.role, each.at / RATE, each.end / RATE) for each in lines]


def test_a_caller_breathes_between_lines_and_before_the_keys() -> None:
    lines, over = timeline().turn(Step(at="menu", say=("你好", "喂"), press="1"), 3 * RATE)
    assert when(lines) == [(Role.CALLER, 3.0, 5.0), (Role.CALLER, 5.5, 6.5)]
    assert over == 7 * RATE


def test_parties_reply_after_a_pause_or_over_each_other() -> None:
    line = timeline(Turn(agent="您好"), Turn(caller="好", pause=1.0), Turn(agent="再见", overlap=0.5))
    lines, over = line.conversation(RATE, begin=0.5)
    assert when(lines) == [(Role.AGENT, 1.75, 3.75), (Role.CALLER, 4.75, 5.75), (Role.AGENT, 5.25, 7.25)]
    assert [int(each.sound[0]) for each in lines] == [2, 1, 2]
    assert over == 9.25 * RATE


def test_nobody_speaks_before_they_are_brought_together() -> None:
    lines, _ = timeline(Turn(agent="您好", overlap=3.0)).conversation(RATE)
    assert when(lines) == [(Role.AGENT, 1.0, 3.0)]


def test_what_was_not_said_to_its_end_is_cut_and_what_was_not_begun_is_dropped() -> None:
    line = timeline(Turn(agent="您好", pause=0.0), Turn(caller="好", pause=0.5), Turn(agent="嗯", pause=0.5))
    line.conversation(0)
    line.end(3.0)
    assert line.spoken == [
        SpokenLine(Role.AGENT, "您好", 0.0, 2.0),
        SpokenLine(Role.CALLER, "好", 2.5, 3.0, cut=True),
    ]
