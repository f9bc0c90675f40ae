"""The engine with a door of its own that does what a test says, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calls.errors import RecordingError
from calls.recordings import RecordingFolder, RecordingWriter
from calls.records import EventKind, Outcome
from ivr.actions import HangUp, Note
from ivr.dialog import Dialog
from ivr.doors import FRAME, RATE, Exchange, PlayedOut, Samples, Signal
from ivr.engine import Engine
from ivr.events import Digit, HungUp
from ivr.listener import Listener
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.unit

PROMPT_SECONDS = 2.0


class TimedDoor:
    """A caller who presses keys and leaves at fixed times, in seconds."""

    name = "timed"

    def __init__(self, signals: dict[float, Signal]) -> None:
        self._signals = {round(at * RATE): signal for at, signal in signals.items()}
        self._now = 0
        self._prompt_left = 0
        self.done: list[str] = []

    def answer(self) -> None:
        self.done.append("answer")

    def play(self, sound: Samples) -> None:
        self._prompt_left = len(sound)

    def stop(self) -> None:
        self._prompt_left = 0

    def enqueue(self, queue: str) -> None:
        self.done.append(f"enqueue {queue}")

    def leave_queue(self) -> None:
        self.done.append("leave queue")

    def hang_up(self) -> None:
        self.done.append("hang up")

    def exchange(self, longest: int) -> Exchange:
        silence = np.zeros(FRAME, np.int16)
        self._now += FRAME
        found: list[Signal] = []
        if self._prompt_left:
            self._prompt_left -= min(FRAME, self._prompt_left)
            found += [] if self._prompt_left else [PlayedOut()]
        signal = self._signals.get(self._now)
        return Exchange(silence, silence, (*found, signal) if signal else tuple(found))


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
        Dialog(flow_of(folder)),
        door,
        Listener(None),
        sound_of=lambda name, text: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
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
        Dialog(flow_of(tmp_path)),
        TimedDoor({1.0: HungUp("caller")}),
        Listener(None),
        sound_of=lambda name, text: np.zeros(RATE, np.int16),
        writer=writer,
        observers=[lambda note, at: trace.append(note)],
    )
    engine.run()
    assert engine.end == HangUp("caller", Outcome.ABANDONED)
    assert [note.data["reason"] for note in trace if note.kind is EventKind.ERROR] == ["recording"]
