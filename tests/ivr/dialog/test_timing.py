"""Moments: no key is lost or counted twice wherever it falls, and nothing that comes too late counts.

What people file against other engines: digits lost during playback (FreePBX #424, CyCoreSystems/ari #141,
botframework-telephony #25), a menu's time that does not start with the prompt's end (freeswitch #1550),
a queue that cannot be left while something is announced (asterisk #543).
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from calls.records import EventKind, Outcome
from ivr import actions, events
from ivr.actions import HangUp, Note
from ivr.dialog import CallFacts, Dialog
from ivr.doors import FRAME, RATE, Signal
from ivr.engine import Engine
from ivr.events import AgentAnswered, Digit, Event, HungUp, TimerEnded
from ivr.flow import Flow
from ivr.listener import Listener
from ivr.simulation import CHARACTERS_PER_SECOND, MONDAY, Simulation
from tests.ivr.dialog.flows import notes, path_of, place
from tests.ivr.flows import Talk, flow_of
from tests.ivr.timed_door import TimedDoor

pytestmark = pytest.mark.unit

#: Prompts of 18 characters: four seconds each.
LINE = "一二三四五六七八九十一二三四五六七八"
LINE_SECONDS = 4.0
CHAIN = f"""
name: chain
start: hello
defaults:
  no_input: {{prompts: [{LINE}], max: 3, next: lost}}
  no_match: {{prompts: [{LINE}], max: 3, next: lost}}
nodes:
  hello: {{type: play, prompt: {LINE}, barge_in: HELLO, next: one}}
  one: {{type: menu, prompt: {LINE}, barge_in: ONE, choices: [{{digits: "1", next: two}}]}}
  two: {{type: menu, prompt: {LINE}, barge_in: TWO, choices: [{{digits: "2", next: number}}]}}
  number: {{type: collect, prompt: {LINE}, variable: number, max_length: 3, barge_in: NUMBER, next: tell}}
  tell: {{type: play, prompt: {LINE}, next: bye}}
  lost: {{type: hangup, outcome: failed, cause: lost}}
  bye: {{type: hangup}}
"""


def chain(folder: Path, hello: bool = False, one: bool = True, two: bool = True, number: bool = True) -> Flow:
    """Return a flow that asks for 1, for 2, and for a number, with or without barge-in."""
    text = CHAIN
    for name, stops in (("HELLO", hello), ("ONE", one), ("TWO", two), ("NUMBER", number)):
        text = text.replace(f"barge_in: {name}", f"barge_in: {str(stops).lower()}")
    return flow_of(folder, text)


def keys_counted(call: Simulation) -> list[tuple[str, str | int]]:
    """Return the node of every key that was taken, with the key or how many it was."""
    found = [note for _, note in call.notes if note.kind is EventKind.DIGIT]
    return [(note.node, note.data.get("key") or note.data["count"]) for note in found]


ALL_COUNTED = [("one", "1"), ("two", "2"), ("number", 1), ("number", 2), ("number", 3)]
#: Boundaries of the greeting, of question one, of its wait, of the regret and of the repeated question.
EDGES = (0.0, 4.0, 8.0, 13.0, 17.0, 21.0)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("hello", [True, False])
@pytest.mark.parametrize("one", [True, False])
def test_a_key_counts_once_in_every_millisecond_around_the_ends_of_prompts(
    tmp_path: Path, edge: float, hello: bool, one: bool
) -> None:
    """The first and the last one of a prompt, and those between two of them."""
    flow = chain(tmp_path, hello, one)
    for milliseconds in range(-3, 4):
        moment = edge + milliseconds / 1000
        if moment >= 0:
            call = Simulation(flow)
            call.advance(moment)
            call.press("12345")
            call.until_over()
            assert keys_counted(call) == ALL_COUNTED, f"at {moment:.3f} s"
            assert call.dialog.variables["number"] == "345"


@pytest.mark.parametrize("barge_in", [True, False])
def test_a_key_counts_once_at_any_moment_of_a_prompt(tmp_path: Path, barge_in: bool) -> None:
    flow = chain(tmp_path, barge_in, barge_in, barge_in, barge_in)
    for milliseconds in range(0, 12000, 37):
        call = Simulation(flow)
        call.advance(milliseconds / 1000)
        call.press("1")
        call.until_waiting()
        assert keys_counted(call) == [("one", "1")], f"at {milliseconds} ms"
        assert call.node == "two"


@pytest.mark.parametrize("seed", range(40))
def test_keys_at_any_moments_lead_to_the_same_place(tmp_path: Path, seed: int) -> None:
    """Whatever they interrupt, skip or wait for."""
    rng = random.Random(seed)
    flow = chain(tmp_path, *(rng.random() < 0.5 for _ in range(4)))
    for _ in range(5):
        call = Simulation(flow)
        for number, key in enumerate("12345"):
            pause = rng.choice([0.0, 0.02, 0.25, 1.0, 2.9])
            # a pause within the number would end it, one before a question's end is never too long
            call.advance(pause if number != 2 else pause + rng.choice([0.0, LINE_SECONDS]))
            call.press(key)
        call.until_over()
        assert keys_counted(call) == ALL_COUNTED
        assert (call.dialog.variables["number"], call.end) == ("345", HangUp("completed", Outcome.CONTAINED))


def test_a_question_waits_from_its_end_however_long_it_is(tmp_path: Path) -> None:
    call = Simulation(chain(tmp_path))
    call.until_over()
    failures = [at for at, note in call.notes if note.kind is EventKind.NO_INPUT]
    # greeting, question, 5 s; then regret, question, 5 s, twice
    assert failures == pytest.approx([13.0, 26.0, 39.0])
    assert call.now == pytest.approx(39.0)


# -- the same moment, in both orders ------------------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(flow_of(tmp_path))


def together(talk: Talk, first: Event, second: Event) -> Talk:
    """Let two things happen of which the second was on its way before the first was known."""
    return talk.tell(first).tell(second)


def test_a_key_and_the_end_of_the_wait(talk: Talk) -> None:
    """A key in the last moment is in time; one in the first moment after it answers the next question."""
    talk.prompts_end()
    timer = talk.timers["first-input"].id
    together(talk, Digit("2"), TimerEnded(timer))
    assert (talk.node, talk.notes(EventKind.NO_INPUT)) == ("parcels", [])


def test_the_end_of_the_wait_and_a_key(talk: Talk) -> None:
    talk.prompts_end()
    timer = talk.timers.pop("first-input").id
    together(talk, TimerEnded(timer), Digit("2"))
    assert (talk.node, talk.notes(EventKind.NO_INPUT)) == ("parcels", [(EventKind.NO_INPUT, {"count": 1})])


@pytest.mark.parametrize("prompt_first", [True, False])
@pytest.mark.parametrize("key", ["1", "2"])
def test_a_key_and_the_end_of_a_prompt(talk: Talk, key: str, prompt_first: bool) -> None:
    """Of one that it stops; the end of what was stopped is not the end of what follows."""
    talk.prompt_ends()
    assert talk.playing is not None
    ended = events.PromptEnded(talk.playing.id)
    if prompt_first:
        talk.playing = None
    together(talk, *((ended, Digit(key)) if prompt_first else (Digit(key), ended)))
    assert (talk.node, talk.is_playing) == ({"1": "phone", "2": "parcels"}[key], True)
    assert list(talk.timers) == ["prompt"]


@pytest.mark.parametrize("prompt_first", [True, False])
def test_a_key_and_the_end_of_a_prompt_that_it_may_not_stop(talk: Talk, prompt_first: bool) -> None:
    talk.prompts_end().press("2")
    assert talk.playing is not None
    ended, talk.playing = events.PromptEnded(talk.playing.id), None
    together(talk, *((ended, Digit("1")) if prompt_first else (Digit("1"), ended)))
    assert (talk.node, talk.notes(EventKind.DIGIT)[-1]) == ("agent", (EventKind.DIGIT, {"key": "1"}))


def test_a_key_and_the_end_of_the_pause_between_keys(talk: Talk) -> None:
    talk.prompts_end().press("34")
    timer = talk.timers["inter-digit"].id
    together(talk, Digit("5"), TimerEnded(timer))
    assert talk.node == "message"


def test_the_end_of_the_pause_between_keys_and_a_key(talk: Talk) -> None:
    """The pause has chosen; the key is for what comes next, and waits for it."""
    talk.prompts_end().press("34")
    timer = talk.timers.pop("inter-digit").id
    together(talk, TimerEnded(timer), Digit("1"))
    assert (talk.node, talk.is_playing) == ("notice", True)
    assert talk.prompt_ends().node == "phone"


@pytest.mark.parametrize("key_first", [True, False])
def test_a_key_and_speech(talk: Talk, key_first: bool) -> None:
    """The first of them answers; a key that comes second is the next question's, a word is nobody's."""
    talk.prompts_end()
    assert talk.listening is not None
    heard = events.Heard(talk.listening.id, "快递", "快递")
    if not key_first:
        talk.listening = None
    together(talk, *((Digit("1"), heard) if key_first else (heard, Digit("0"))))
    assert (talk.node, len(talk.notes(EventKind.RECOGNITION))) == (
        ("phone", 0) if key_first else ("parcels", 1)
    )
    if not key_first:
        assert talk.prompts_end().node == "agent"


def test_a_key_while_someone_speaks(talk: Talk) -> None:
    talk.prompts_end()
    assert talk.listening is not None
    listen = talk.listening.id
    talk.tell(events.SpeechStarted(listen)).press("3")
    assert (talk.listening, list(talk.timers)) == (None, ["inter-digit"])
    talk.tell(events.Heard(listen, "快递", "快递")).press("45")
    assert talk.node == "message"


def test_speech_after_the_first_key_is_not_heard(talk: Talk) -> None:
    talk.prompts_end()
    assert talk.listening is not None
    listen = talk.listening.id
    talk.press("3")
    together(talk, events.SpeechStarted(listen), events.Heard(listen, "快递", "快递"))
    assert (talk.node, list(talk.timers)) == ("menu", ["inter-digit"])


def test_an_utterance_is_taken_once(talk: Talk) -> None:
    talk.prompts_end()
    assert talk.listening is not None
    listen, talk.listening = talk.listening.id, None
    together(talk, *[events.Heard(listen, "今天天气", None)] * 2)
    assert talk.notes(EventKind.NO_MATCH) == [(EventKind.NO_MATCH, {"count": 1, "heard": "今天天气"})]


@pytest.mark.parametrize("answer_first", [True, False])
def test_an_agent_and_the_end_of_the_wait(talk: Talk, answer_first: bool) -> None:
    talk.prompts_end().press("0").prompts_end()
    timer = talk.timers["wait"].id
    if answer_first:
        together(talk, AgentAnswered(talk.enqueue, "1001"), TimerEnded(timer))
        assert (talk.node, list(talk.timers)) == ("agent", ["talk"])
    else:
        talk.timers.pop("wait")
        together(talk, TimerEnded(timer), AgentAnswered(talk.enqueue, "1001"))
        assert (talk.node, actions.LeaveQueue() in talk.actions) == ("message", True)
        assert talk.notes(EventKind.CONNECT) == []


def test_one_agent_answers_and_only_who_is_asked(talk: Talk) -> None:
    """Two phones picked up in the same moment, and one before the caller is in the queue."""
    talk.prompts_end().press("0")
    assert talk.tell(AgentAnswered(1, "1000")).notes(EventKind.CONNECT) == []
    talk.prompts_end()
    together(talk, AgentAnswered(talk.enqueue, "1001"), AgentAnswered(talk.enqueue, "1002"))
    assert talk.notes(EventKind.CONNECT) == [(EventKind.CONNECT, {"agent": "1001"})]


@pytest.mark.parametrize("last", [Digit("1"), HungUp("agent"), HungUp("caller"), AgentAnswered(1, "1001")])
def test_nothing_happens_after_a_hang_up(talk: Talk, last: Event) -> None:
    talk.prompts_end().press("0").prompts_end()
    before = len(together(talk, HungUp("caller"), last).actions)
    assert isinstance(talk.actions[before - 1], HangUp)


def test_an_agent_who_hangs_up_where_there_is_none_changes_nothing(talk: Talk) -> None:
    for way in ("prompts_end", "menu", "queue"):
        if way == "queue":
            talk.press("0").prompts_end()
        else:
            talk.prompts_end()
        before = (talk.node, dict(talk.timers))
        talk.tell(HungUp("agent"))
        assert (talk.node, talk.timers) == before


TRANSFER = """
  out: {type: transfer, to: "4001", failed: again, busy: engaged, no_answer: nobody, after: done}
  again: {type: transfer, to: "4002", failed: lost}
  engaged: {type: hangup}
  nobody: {type: hangup}
"""


def test_what_becomes_of_an_old_transfer_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    seen: list[int] = []
    call = place(tmp_path, TRANSFER, world={"transfers": {"4001": "failed"}})
    call._observer = lambda action, at: (
        seen.append(action.id) if isinstance(action, actions.Transfer) else None
    )
    first = 1  # the id of the first request
    call.advance(3)
    assert (call.node, seen != [first]) == ("again", True)
    for late in (events.TransferAnswered(first), events.TransferFailed(first, "busy")):
        assert call.dialog.handle(late, call.now) == []


TWO_QUEUES = """
  first: {type: queue, queue: one, prompt: 请稍候, max_wait_seconds: 5, position: true, no_agent: second}
  second: {type: queue, queue: two, prompt: 再请稍候, max_wait_seconds: 60, position: true, no_agent: lost}
"""


def test_what_becomes_of_an_old_queue_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    """Neither an agent who answers, nor that there is none, nor the place in it."""
    talk = Talk(place(tmp_path, TWO_QUEUES).dialog.flow).prompts_end()
    old = talk.enqueue
    talk.time_passes("wait").prompts_end()
    before = len(talk.actions)
    talk.tell(AgentAnswered(old, "1001")).tell(events.NoAgent(old)).tell(events.QueueMoved(old, 1))
    assert (talk.node, talk.enqueue != old, len(talk.actions)) == ("second", True, before)
    talk.tell(AgentAnswered(talk.enqueue, "1002"))
    assert talk.notes(EventKind.CONNECT) == [(EventKind.CONNECT, {"agent": "1002"})]


def test_a_conversation_goes_on_whatever_its_queue_still_reports(tmp_path: Path) -> None:
    """Hold and retrieval are the agent's: the dialog hears of neither, and waits for a party to leave."""
    talk = Talk(place(tmp_path, TWO_QUEUES).dialog.flow).prompts_end()
    talk.tell(AgentAnswered(talk.enqueue, "1001"))
    before = len(talk.actions)
    enqueue = talk.enqueue
    talk.tell(AgentAnswered(enqueue, "1002")).tell(events.NoAgent(enqueue)).tell(
        events.QueueMoved(enqueue, 1)
    )
    assert (len(talk.actions), list(talk.timers)) == (before, ["talk"])


LATE = """
  look: {type: http, url: "https://crm.example.cn/", timeout_seconds: 2, result: {level: level}, next: lost,
    error: back}
  back: {type: callback, queue: general, next: lost, failed: ask}
  ask: {type: menu, prompt: 问, choices: [{digits: "1", phrases: [查话费], next: done}]}
"""


def test_an_answer_that_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    """Of a web service, of a door that was asked for a callback, of the ear, of a prompt, of a timer."""
    talk = Talk(place(tmp_path, LATE).dialog.flow)
    talk.time_passes("web").time_passes("callback")
    assert talk.node == "ask"
    listen, play = talk.listening, talk.playing
    assert listen is not None and play is not None
    first_input = talk.prompt_ends().timers["first-input"].id
    talk.press("9")
    fetch, callback = (a for a in talk.actions if isinstance(a, actions.Fetch | actions.Callback))
    before, variables = len(talk.actions), dict(talk.dialog.variables)
    for late in (
        events.Fetched(fetch.id, 200, {"level": "gold"}),
        events.FetchFailed(fetch.id, "unreachable"),
        events.CallbackKept(callback.id),
        events.CallbackRefused(callback.id),
        events.SpeechStarted(listen.id),
        events.Heard(listen.id, "查话费", "查话费"),
        events.PromptEnded(play.id),
        TimerEnded(first_input),
        events.NoAgent(1),
        AgentAnswered(1, "1001"),
        events.QueueMoved(1, 1),
        events.MessageEnded(1),
        events.Arrived(),
    ):
        talk.tell(late)
    assert (len(talk.actions), talk.dialog.variables) == (before, variables)


def test_an_answer_to_the_look_up_before_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    first = LATE.replace("error: back", "error: next")
    second = '  next: {type: http, url: "https://a.cn/", result: {level: level}, next: done, error: lost}\n'
    talk = Talk(place(tmp_path, first + second).dialog.flow).time_passes("web")
    before, after = (action for action in talk.actions if isinstance(action, actions.Fetch))
    talk.tell(events.Fetched(before.id, 200, {"level": "old"}))
    assert (talk.node, talk.dialog.variables["level"]) == ("next", "none")
    talk.tell(events.Fetched(after.id, 200, {"level": "new"}))
    assert (talk.node, talk.dialog.variables["level"]) == ("done", "new")


# -- hot keys, regrets, queues ------------------------------------------------------------------


def test_a_key_during_the_regret_answers_the_question_that_would_follow(tmp_path: Path) -> None:
    call = Simulation(chain(tmp_path))
    call.advance(13.5)
    assert call.said[-1].prompt.name == "default-no-input-1"
    call.press("1")
    assert (call.node, keys_counted(call)) == ("two", [("one", "1")])


def test_a_key_during_the_regret_of_a_question_that_must_be_heard_waits_for_both(tmp_path: Path) -> None:
    call = Simulation(chain(tmp_path, one=False))
    call.advance(13.5)
    call.press("1")
    call.advance(2 * LINE_SECONDS - 0.51)
    assert (call.node, keys_counted(call)) == ("one", [])
    call.advance(0.02)
    assert (call.node, keys_counted(call)) == ("two", [("one", "1")])


QUEUE = """
  hello: {type: play, prompt: 您好, next: wait}
  wait: {type: queue, queue: general, prompt: 正在转接, comfort: 一二三四五六七八九十一二三四五六七八,
    comfort_seconds: 5, max_wait_seconds: 60, keys: {"1": menu}, no_agent: lost}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "5", next: done}]}
"""
#: The greeting and the announcement before the wait.
BEFORE_WAIT = (2 + 4) / CHARACTERS_PER_SECOND


def test_a_key_leads_out_of_the_queue_at_any_moment(tmp_path: Path) -> None:
    """Before it, while it is announced, in silence, and while comfort is said (asterisk #543)."""
    flow = place(tmp_path, QUEUE).dialog.flow
    for tenths in range(0, 250, 3):
        call = Simulation(flow)
        call.advance(tenths / 10)
        call.press("915")
        call.until_over()
        assert path_of(call) == ["hello", "wait", "menu", "done", "bye"], f"at {tenths / 10} s"
        left = [at for at, note in call.notes if note.kind is EventKind.EXITWITHKEY]
        assert left == pytest.approx([max(tenths / 10, BEFORE_WAIT)])


def test_the_longest_wait_goes_on_while_comfort_is_said(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE.replace("max_wait_seconds: 60", "max_wait_seconds: 7"))
    call.until_over()
    assert notes(call, EventKind.EXITWITHTIMEOUT) == [{"queue": "general"}]
    assert (call.now, call.said[-1].cut) == (pytest.approx(BEFORE_WAIT + 7), True)


# -- with sound, frame by frame -----------------------------------------------------------------

PROMPT = 0.2  # seconds


def with_sound(flow: Flow, signals: dict[float, Signal]) -> list[tuple[float, str]]:
    """Return the trace of a call in which every prompt has ten frames."""
    trace: list[tuple[float, str]] = []

    def observe(note: Note, at: float) -> None:
        trace.append((round(at, 2), f"{note.kind.value} {note.node}"))

    Engine(
        Dialog(flow, CallFacts(started=MONDAY, caller="19900010001")),
        TimedDoor(signals),
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(round(PROMPT * RATE), np.int16),
        writer=None,
        observers=[observe],
    ).run()
    return trace


@pytest.mark.parametrize("hello", [True, False])
@pytest.mark.parametrize("one", [True, False])
def test_a_key_in_any_frame_counts_once(tmp_path: Path, hello: bool, one: bool) -> None:
    """From the first frame of the greeting until the question is over."""
    flow = chain(tmp_path, hello, one)
    frame = FRAME / RATE
    for number in (1, 2, 5, 9, 10, 11, 12, 15, 19, 20, 21, 22):
        moment = round(number * frame, 2)
        trace = with_sound(flow, {moment: Digit("1"), 0.9: HungUp("caller")})
        keys = [(at, shown) for at, shown in trace if shown.startswith("digit")]
        asked = 0.2 if not hello else min(moment, 0.2)
        due = max(moment, asked) if one else max(moment, asked + PROMPT)
        assert keys == [(pytest.approx(due), "digit one")], f"frame {number}"
        assert [shown for _, shown in trace if shown.startswith("node")][-1] == "node two"


@pytest.mark.parametrize("moment", [0.02, 0.3, 0.42, 2.0, 5.42, 5.5, 5.6, 5.62, 8.0])
def test_a_key_leads_out_of_the_queue_with_sound(tmp_path: Path, moment: float) -> None:
    """Comfort is said from 5.4 s to 5.6 s."""
    flow = place(tmp_path, QUEUE).dialog.flow
    trace = with_sound(flow, {moment: Digit("1"), 8.5: HungUp("caller")})
    assert [at for at, shown in trace if shown == "EXITWITHKEY wait"] == [max(moment, 0.4)]
    assert (max(moment, 0.4), "node menu") in trace


def test_with_sound_the_wait_begins_with_the_end_of_the_last_prompt(tmp_path: Path) -> None:
    trace = with_sound(chain(tmp_path), {})
    assert [at for at, shown in trace if shown == "no-input one"] == [5.4, 10.8, 16.2]
