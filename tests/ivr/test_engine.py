"""The engine, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calls.errors import RecordingError, VoiceError
from calls.recordings import RecordingFolder, RecordingWriter
from calls.records import EventKind, Outcome, Recording
from ivr.actions import HangUp, Note
from ivr.dialog import CallFacts, Dialog
from ivr.doors import RATE, Samples, Signal
from ivr.engine import Engine
from ivr.events import Digit, HungUp
from ivr.listener import Listener
from ivr.simulation import MONDAY
from speech.g711 import alaw_decode
from tests.ivr.flows import flow_of
from tests.ivr.timed_door import TimedDoor

pytestmark = pytest.mark.unit

PROMPT_SECONDS = 2.0
FACTS = CallFacts(started=MONDAY, caller="19900010001")


class BrokenWriter(RecordingWriter):
    """A recording on a disk that fails for good."""

    def write(self, left: bytes, right: bytes = b"") -> None:
        raise RecordingError("recording c1: Input/output error", "the call goes on unrecorded")


def run(folder: Path, signals: dict[float, Signal]) -> tuple[Engine, TimedDoor, list[tuple[float, str]]]:
    door = TimedDoor(signals)
    trace: list[tuple[float, str]] = []

    def observe(note: Note, at: float) -> None:
        shown = f"{note.kind.value} {note.node}"
        trace.append((round(at, 2), shown))

    engine = Engine(
        Dialog(flow_of(folder), FACTS),
        door,
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
        writer=None,
        observers=[observe],
    )
    engine.run()
    return engine, door, trace


def test_timers_run_on_the_clock_of_the_samples(tmp_path: Path) -> None:
    engine, door, trace = run(tmp_path, {})
    silences = [at for at, shown in trace if shown == "no-input menu"]
    assert silences == [9.0, 18.0, 27.0]  # greeting 2 s, question 2 s, 5 s; then regret 2, question 2, 5
    assert engine.end == HangUp("lost", Outcome.FAILED)
    assert door.done == ["answer", "hang up"]


@pytest.mark.parametrize("at", [0.02, 1.0, 1.98, 2.0, 2.02, 3.98, 4.0])
def test_a_key_is_never_lost_wherever_it_falls(tmp_path: Path, at: float) -> None:
    """At the first frame of a prompt, within it, at its last frame, between two, after it."""
    _, _, trace = run(tmp_path, {at: Digit("2"), 20.0: HungUp("caller")})
    digits = [shown for _, shown in trace if shown.startswith("digit")]
    assert (digits, (at, "node parcels") in trace) == (["digit menu"], True)


def test_what_was_said_is_kept_with_its_times(tmp_path: Path) -> None:
    engine, _, _ = run(tmp_path, {3.0: Digit("0"), 5.5: HungUp("caller")})
    assert [(said.prompt.text, said.start, said.end, said.cut) for said in engine.said] == [
        ("您好", 0.0, 2.0, False),
        ("话费一快递二", 2.0, 3.0, True),
        ("请稍候", 3.0, 5.0, False),
    ]
    assert engine.end == HangUp("caller", Outcome.ABANDONED)


def test_a_prompt_is_cut_when_the_caller_leaves(tmp_path: Path) -> None:
    engine, _, _ = run(tmp_path, {1.0: HungUp("caller")})
    assert [(said.end, said.cut) for said in engine.said] == [(1.0, True)]


def test_a_broken_recording_does_not_break_the_call(tmp_path: Path) -> None:
    start = RecordingFolder(tmp_path / "recordings").start("c1")
    writer = BrokenWriter(tmp_path / "broken.wav", start.recording)
    trace: list[Note] = []
    engine = Engine(
        Dialog(flow_of(tmp_path), FACTS),
        TimedDoor({1.0: HungUp("caller")}),
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(RATE, np.int16),
        writer=writer,
        observers=[lambda note, at: trace.append(note)],
    )
    engine.run()
    assert engine.end == HangUp("caller", Outcome.ABANDONED)
    assert [note.data["reason"] for note in trace if note.kind is EventKind.ERROR] == ["recording"]


BANK = """
name: bank
start: hello
defaults:
  no_input: {max: 2, next: bye}
  no_match: {max: 2, next: bye}
nodes:
  hello: {type: play, prompt: 您好，本次通话将被录音, notice: true, next: pin}
  pin: {type: collect, prompt: 请输入密码, variable: pin, secret: true, max_length: 6, next: again}
  again: {type: collect, prompt: 请再输入一次, variable: pin2, secret: true, max_length: 6, next: menu}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "1", next: message}, {digits: "2", next: transfer},
    {digits: "3", next: ring_back}, {digits: "4", next: marks}]}
  message: {type: record, prompt: 请留言, review: 一重听二重录, next: bye}
  transfer: {type: transfer, to: "4001", failed: bye, after: marks}
  ring_back: {type: callback, queue: general, next: bye, failed: bye}
  marks: {type: survey, prompt: 请打分, next: bye}
  bye: {type: hangup}
"""


class Kept:
    """What a call leaves behind."""

    def __init__(self) -> None:
        self.left: list[object] = []

    def keep_survey(self, score: int) -> None:
        self.left.append(score)

    def keep_callback(self, number: str, queue: str) -> None:
        self.left.append((number, queue))


def bank(folder: Path, signals: dict[float, Signal]) -> tuple[Recording, Samples, TimedDoor, Kept, Engine]:
    """Play a call in which the caller makes a noise all the time; return what was kept of it."""
    writer = RecordingFolder(folder / "recordings").start("c1")
    door, kept = TimedDoor(signals, voice=1000), Kept()
    engine = Engine(
        Dialog(flow_of(folder, BANK), FACTS),
        door,
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
        writer=writer,
        keeper=kept,
    )
    engine.run()
    recording = writer.close()
    return recording, alaw_decode(writer.path.read_bytes()[58::2]), door, kept, engine


def audible(caller: Samples) -> list[tuple[float, float]]:
    """Return from when to when the caller is heard, in seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(caller) > 500, [0]]))) / RATE
    return [(float(start), float(end)) for start, end in edges.reshape(-1, 2)]


def test_the_caller_is_kept_from_the_end_of_the_notice_on_and_not_while_a_secret_is_entered(
    tmp_path: Path,
) -> None:
    keys = {4.0 + number / 10: Digit("7") for number in range(6)} | {6.0: Digit("8"), 6.5: Digit("#")}
    recording, caller, _, _, _ = bank(tmp_path, {**keys, 10.0: HungUp("caller")})
    assert audible(caller) == [(7.5, 10.0)]  # the notice ends with 2.0; both secrets follow at once
    assert recording.masked == ((0.0, 7.5),)


def test_a_secret_in_the_middle_leaves_the_rest(tmp_path: Path) -> None:
    text = BANK.replace("notice: true, next: pin", "notice: true, next: menu").replace(
        '{digits: "4", next: marks}', '{digits: "4", next: again}'
    )
    writer = RecordingFolder(tmp_path / "recordings").start("c1")
    signals: dict[float, Signal] = {5.0: Digit("4"), 8.0: Digit("7"), 8.5: Digit("#"), 12.0: HungUp("caller")}
    engine = Engine(
        Dialog(flow_of(tmp_path, text), FACTS),
        TimedDoor(signals, voice=1000),
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
        writer=writer,
    )
    engine.run()
    assert writer.close().masked == ((0.0, 2.0), (5.0, 9.5))
    assert audible(alaw_decode(writer.path.read_bytes()[58::2])) == [(2.0, 5.0), (9.5, 12.0)]


PIN = {2.0 + number / 10: Digit("7") for number in range(1, 7)} | {3.0: Digit("8"), 3.1: Digit("#")}


def test_a_message_can_be_heard_again_before_it_is_kept(tmp_path: Path) -> None:
    signals = {**PIN, 4.0: Digit("1"), 9.0: Digit("#"), 12.0: Digit("1"), 30.0: HungUp("caller")}
    _, _, _, _, engine = bank(tmp_path, signals)
    assert [said.prompt.name for said in engine.said[-3:]] == ["message", "message-review", "message-review"]
    heard_until, asked_again = engine.said[-2].end, engine.said[-1].start
    assert asked_again - heard_until == pytest.approx(3.0 + 1.0, abs=0.1)  # 6 s to 9 s, after a second
    assert engine.end.outcome is Outcome.VOICEMAIL


def test_what_a_call_leaves_is_kept(tmp_path: Path) -> None:
    _, _, door, kept, engine = bank(tmp_path, {**PIN, 4.0: Digit("3")})
    assert (kept.left, door.done[1:]) == (
        [("19900010001", "general")],
        ["callback 19900010001 general", "hang up"],
    )
    assert engine.end.outcome is Outcome.CONTAINED


def test_the_survey_follows_the_agent_who_hangs_up_first(tmp_path: Path) -> None:
    signals = {**PIN, 4.0: Digit("2"), 9.0: HungUp("agent"), 10.0: Digit("5")}
    _, _, door, kept, engine = bank(tmp_path, signals)
    assert (kept.left, door.done) == ([5], ["answer", "transfer to 4001", "hang up"])
    assert engine.end == HangUp("completed", Outcome.HANDED_OFF)


def test_a_prompt_that_cannot_be_said_does_not_end_the_call(tmp_path: Path) -> None:
    def mute(name: str, text: str, language: str) -> Samples:
        raise VoiceError(f"prompt {name}: nothing to say", "write words in it")

    trace: list[Note] = []
    engine = Engine(
        Dialog(flow_of(tmp_path), FACTS),
        TimedDoor({1.0: Digit("0"), 3.0: HungUp("caller")}),
        Listener(None),
        sound_of=mute,
        writer=None,
        observers=[lambda note, at: trace.append(note)],
    )
    engine.run()
    assert [note.data["name"] for note in trace if note.kind is EventKind.ERROR] == ["hello", "menu", "agent"]
    assert engine.end == HangUp("caller", Outcome.ABANDONED)


def test_a_notice_that_cannot_be_said_starts_no_recording(tmp_path: Path) -> None:
    def mute_at_first(name: str, text: str, language: str) -> Samples:
        if name == "hello":
            raise VoiceError("prompt 'hello': 尊敬的张先生", "write words in it")
        return np.zeros(round(PROMPT_SECONDS * RATE), np.int16)

    trace: list[Note] = []
    writer = RecordingFolder(tmp_path / "recordings").start("c1")
    engine = Engine(
        Dialog(flow_of(tmp_path, BANK.replace("notice: true, next: pin", "notice: true, next: menu")), FACTS),
        TimedDoor({5.0: HungUp("caller")}, voice=1000),
        Listener(None),
        sound_of=mute_at_first,
        writer=writer,
        observers=[lambda note, at: trace.append(note)],
    )
    engine.run()
    assert writer.close().masked == ((0.0, 5.0),)
    assert audible(alaw_decode(writer.path.read_bytes()[58::2])) == []
    assert "张" not in repr(trace)


def test_a_key_too_many_of_a_secret_is_no_answer_to_the_next_question(tmp_path: Path) -> None:
    text = BANK.replace("max_length: 6, next: again", "max_length: 6, next: menu")
    keys: dict[float, Signal] = {2.0 + n / 10: Digit("3") for n in range(1, 9)}
    engine = Engine(
        Dialog(flow_of(tmp_path, text), FACTS),
        TimedDoor({**keys, 4.0: Digit("4"), 5.0: HungUp("caller")}),
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
        writer=None,
        observers=[],
    )
    engine.run()
    assert [said.prompt.name for said in engine.said] == ["hello", "pin", "menu", "marks"]
