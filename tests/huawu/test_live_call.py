"""`huawu call` in real time, on a sound card of our own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
import soundfile

from calls.recordings import RecordingFolder
from calls.records import Call, CallEvent, EventKind, Outcome, Recording
from calls.store import Store
from ivr.doors import RATE
from speech.voices import VOICES, Speaker
from tests.sound_server import SoundServer, loudness, require_sound

pytestmark = pytest.mark.integration

FLOW = """
name: desk
start: greeting
defaults:
  no_input: {prompts: [没听到], max: 3, next: lost}
  no_match: {prompts: [没听懂], max: 9, next: lost}
nodes:
  greeting: {type: play, prompt: 您好，本次通话将被录音。, notice: true, next: menu}
  menu:
    type: menu
    prompt: 话费请按一，人工请按二。
    choices:
      - {digits: "1", phrases: [查话费], next: bill}
      - {digits: "2", phrases: [人工服务], next: agent}
  bill: {type: play, prompt: 您的话费是十元。, answers: true, next: bye}
  agent: {type: queue, queue: general, prompt: 请稍候, max_wait_seconds: 30, no_agent: phone}
  phone:
    type: collect
    prompt: 请输入号码
    variable: phone
    min_length: 4
    max_length: 6
    next: bye
  lost: {type: hangup, outcome: failed, cause: lost}
  bye: {type: hangup}
"""
LONGEST = 90.0  # seconds, of a test


@pytest.fixture
def server() -> Iterator[SoundServer]:
    require_sound()
    with SoundServer() as running:
        yield running


class RunningCall:
    """``huawu call`` in a process of its own, keys and screen in our hands."""

    def __init__(self, folder: Path, server: SoundServer, keyboard: int = subprocess.PIPE) -> None:
        flow = folder / "desk.yaml"
        flow.write_text(FLOW, encoding="utf-8")
        self._folder = folder
        places = ("--db", str(folder / "huawu.db"), "--recordings", str(folder / "recordings"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huawu", "call", "--flow", str(flow), "--model", "builtin", *places],
            env=os.environ | server.environment,
            stdin=keyboard,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.shown = self.complaints = ""
        self._limit = Timer(LONGEST, self.process.kill)
        self._limit.start()

    def await_line(self, *words: str) -> None:
        """Read the screen until a line shows all of ``words``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.shown += line
            if all(word in line for word in words):
                return
        self.end()
        pytest.fail(f"no line with {words}:\n{self.shown}{self.complaints}")

    def press(self, keys: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        rest, self.complaints = self.process.communicate()
        self._limit.cancel()
        self.shown += rest
        return self.process.returncode

    def stored(self) -> tuple[Call, list[str], np.ndarray]:
        """Return the call, the nodes that it came by, and the sound of both sides."""
        with Store.open(self._folder / "huawu.db") as store:
            (call,) = store.find(Call)
            (recording,) = store.find(Recording, call_id=call.id)
            nodes = store.find(CallEvent, call_id=call.id, kind=EventKind.NODE, order_by="at")
        path = RecordingFolder(self._folder / "recordings").path(recording)
        sound, _ = soundfile.read(path, dtype="int16")
        return call, [event.node for event in nodes], sound


def test_devices_are_listed(server: SoundServer) -> None:
    command = [sys.executable, "-m", "huawu", "call", "--list-devices"]
    environment = os.environ | server.environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["NUMBER", "DEVICE", "MICROPHONE", "HEADPHONES", "HERTZ"],
        ["0", "headset", "yes", "yes", "44100"],
        ["1", "echo", "yes", "no", "44100"],
        ["2", "broken", "yes", "yes", "44100"],
    ]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_caller_is_heard_and_answered(tmp_path: Path, server: SoundServer) -> None:
    with Speaker() as speaker:
        phrase = speaker.say("查话费", VOICES["caller-1"], RATE)
    played = server.listen()
    call = RunningCall(tmp_path, server)
    call.await_line("node", "menu")
    server.say(np.tile(np.concatenate([np.zeros(4 * RATE, np.int16), phrase]), 12))
    assert call.end() == 0, call.shown + call.complaints
    assert "ALSA" not in call.complaints

    record, nodes, sound = call.stored()
    assert (record.door, record.outcome, nodes) == (
        "mic",
        Outcome.CONTAINED,
        ["greeting", "menu", "bill", "bye"],
    ), call.shown
    assert "“查话费”" in call.shown and "您的话费是十元。" in call.shown
    for prompts in (sound[:, 1], np.fromfile(played, np.int16)):  # as recorded, and in the headphones
        assert max(loudness(part) for part in np.array_split(prompts, 20)) > 500


@pytest.mark.slow
def test_a_caller_with_keys_finds_no_agent_and_hangs_up(tmp_path: Path, server: SoundServer) -> None:
    call = RunningCall(tmp_path, server)
    call.await_line("node", "menu")
    call.press("2")
    call.await_line("EXITEMPTY")
    call.await_line("system", "请输入号码")
    call.press("74")
    call.await_line("key")
    call.await_line("key")
    call.press("q")
    assert call.end() == 0, call.shown + call.complaints
    assert "ALSA" not in call.complaints

    record, nodes, _ = call.stored()
    assert (record.outcome, record.hangup_cause) == (Outcome.ABANDONED, "caller")
    assert nodes == ["greeting", "menu", "agent", "phone"]
    keys = [line.split("key ")[1] for line in call.shown.splitlines() if "  key " in line]
    assert [key.strip() for key in keys] == ["2", "•", "•"]


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_terminal_is_given_back_and_the_call_closed(
    tmp_path: Path, server: SoundServer, ending: signal.Signals, code: int
) -> None:
    person, program = pty.openpty()
    before = termios.tcgetattr(program)
    call = RunningCall(tmp_path, server, keyboard=program)
    call.await_line("node", "menu")
    during = termios.tcgetattr(program)[3] & (termios.ICANON | termios.ECHO)
    os.write(person, b"2")
    call.await_line("node", "agent")
    call.process.send_signal(ending)
    assert call.end() == code
    after = termios.tcgetattr(program)
    os.close(person)
    os.close(program)

    assert (during, after) == (0, before)
    record, _, sound = call.stored()
    assert (record.outcome, record.ended_at is not None) == (Outcome.INTERRUPTED, True)
    assert len(sound) > 0
