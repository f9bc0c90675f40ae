from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from calls.records import EventKind, Outcome, Role
from ivr.actions import Note
from ivr.doors import FRAME, RATE, Exchange, PlayedOut
from ivr.doors.script import ScriptDoor
from ivr.events import AgentAnswered, Digit, HungUp
from ivr.script import AgentPart, CallerPart, Expectation, Scenario, Step, Truth, Turn
from speech.voices import Speaker

pytestmark = pytest.mark.integration

CALLER = CallerPart(voice="caller-1", number="19900010001", snr_db=60)
AGENT = AgentPart(voice="agent-1", id="1001", name="林晓", answers_after=1.0)


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as opened:
        yield opened


def door(speaker: Speaker, *steps: Step, turns: tuple[Turn, ...] = ()) -> ScriptDoor:
    scenario = Scenario(
        id="a",
        title="",
        heldout=False,
        caller=CALLER,
        agent=AGENT,
        steps=steps,
        conversation=turns,
        truth=Truth(topics=(), complaint="none", sentiment="neutral"),
        expect=Expectation(outcome=Outcome.CONTAINED),
    )
    return ScriptDoor(scenario, speaker, np.random.default_rng(1))


def until_signal(door: ScriptDoor) -> tuple[float, Exchange]:
    seconds = 0.0
    while True:
        exchange = door.exchange(RATE)
        seconds += len(exchange.caller) / RATE
        if exchange.signals:
            return seconds, exchange


def loud(sound: np.ndarray) -> bool:
    return bool(np.abs(sound).max() > 1000)


def test_a_prompt_is_played_in_whole_frames(speaker: Speaker) -> None:
    quiet = door(speaker)
    prompt = np.full(1000, 5000, np.int16)
    quiet.play(prompt)
    seconds, exchange = until_signal(quiet)
    assert (seconds, exchange.signals) == (7 * FRAME / RATE, (PlayedOut(),))
    assert np.array_equal(exchange.far[:1000], prompt) and not exchange.far[1000:].any()


def test_a_stopped_prompt_is_not_reported(speaker: Speaker) -> None:
    quiet = door(speaker)
    quiet.play(np.full(RATE, 5000, np.int16))
    quiet.exchange(FRAME)
    quiet.stop()
    exchange = quiet.exchange(2 * RATE)
    assert not exchange.far.any() and not exchange.signals


def test_the_caller_speaks_and_presses_keys_in_his_turn(speaker: Speaker) -> None:
    busy = door(speaker, Step(at="menu", say=("话费", "谢谢"), press="1#", pause=0.5))
    busy.caller.hear(Note(EventKind.PROMPT, "menu"), 0.0)
    busy.play(np.zeros(FRAME, np.int16))
    assert until_signal(busy)[1].signals == (PlayedOut(),)
    said, exchange = until_signal(busy)
    assert exchange.signals == (Digit("1"),)
    assert until_signal(busy)[0] == pytest.approx(0.25, abs=0.02)
    assert [(line.role, line.text, line.cut) for line in busy.spoken] == [
        (Role.CALLER, "话费", False),
        (Role.CALLER, "谢谢", False),
    ]
    assert busy.spoken[0].start == pytest.approx(0.52, abs=0.02)
    assert said == pytest.approx(busy.spoken[1].end + 0.35, abs=0.04)


def test_the_agent_answers_talks_and_the_call_ends(speaker: Speaker) -> None:
    turns = (Turn(agent="您好"), Turn(caller="你好", pause=1.0), Turn(agent="再见", overlap=0.2))
    busy = door(speaker, turns=turns)
    busy.enqueue(3, "general")
    seconds, exchange = until_signal(busy)
    assert (seconds, exchange.signals) == (1.0, (AgentAnswered(3, "1001"),))
    talk = [busy.exchange(RATE)]
    while not talk[-1].signals:
        talk.append(busy.exchange(RATE))
    assert talk[-1].signals == (HungUp("caller"),)
    hello, reply, bye = busy.spoken
    assert reply.start == pytest.approx(hello.end + 1.0, abs=0.001)
    assert bye.start == pytest.approx(reply.end - 0.2, abs=0.001)
    far = np.concatenate([exchange.far for exchange in talk])
    caller = np.concatenate([exchange.caller for exchange in talk])
    middle = round((reply.start - 1.0 + 0.2) * RATE)
    assert (loud(far[:middle]), loud(caller[: middle - 2400]), loud(caller[middle:])) == (True, False, True)


def test_nobody_answers_who_was_left_in_time(speaker: Speaker) -> None:
    quiet = door(speaker)
    quiet.enqueue(3, "general")
    quiet.leave_queue()
    assert quiet.exchange(3 * RATE).signals == ()


def test_what_was_not_said_to_the_end_is_marked(speaker: Speaker) -> None:
    busy = door(speaker, turns=(Turn(agent="您好请问有什么可以帮您"), Turn(caller="你好")))
    busy.enqueue(3, "general")
    until_signal(busy)
    busy.exchange(RATE)
    busy.hang_up()
    assert [(line.text, line.end, line.cut) for line in busy.spoken] == [
        ("您好请问有什么可以帮您", 2.0, True)
    ]


def test_the_caller_hangs_up(speaker: Speaker) -> None:
    leaving = door(speaker, Step(at="menu", hang_up=True, barge_in=2.0))
    leaving.caller.hear(Note(EventKind.PROMPT, "menu"), 0.0)
    leaving.play(np.zeros(5 * RATE, np.int16))
    seconds, exchange = until_signal(leaving)
    assert (seconds, exchange.signals) == (2.0, (HungUp("caller"),))
