"""The ``script`` door: a test caller and a test agent in virtual time, with real sound."""

from __future__ import annotations

from collections import deque

import numpy as np

from calls.records import Role
from ivr.doors import FRAME, RATE, Exchange, PlayedOut, Samples, Signal
from ivr.doors.caller import ScriptedCaller
from ivr.doors.line import Line
from ivr.doors.timeline import Placed, SpokenLine, Timeline
from ivr.events import AgentAnswered, CallbackKept, Digit, HungUp, TransferAnswered, TransferFailed
from ivr.script import Scenario
from speech.keytones import key_tones
from speech.voices import VOICES, Speaker

_KEY = 0.25  # seconds from key to key
_TONE = 0.1  # seconds of a key's tone, which is known when it ends
_AGENT_SNR_DB = 32.0


class ScriptDoor:
    """One scripted call.

    Parameters
    ----------
    scenario : Scenario
        The parties and what they say.
    speaker : Speaker
        Their voices.
    rng : numpy.random.Generator
        Line noise and pauses.
    """

    name = "script"
    realtime = False

    def __init__(self, scenario: Scenario, speaker: Speaker, rng: np.random.Generator) -> None:
        self._scenario = scenario
        self._rng = rng
        self._timeline = Timeline(scenario, lambda voice, text: speaker.say(text, VOICES[voice], RATE), rng)
        self.caller = ScriptedCaller(scenario.steps)
        self._now = 0
        self._prompt: Samples | None = None
        self._due: deque[tuple[int, Signal]] = deque()
        self._agent_line: Line | None = None
        part = scenario.caller
        self._caller_line = Line(snr_db=part.snr_db, codec=part.codec, rng=rng)

    @property
    def spoken(self) -> list[SpokenLine]:
        """Caller's and agent's lines so far."""
        return self._timeline.spoken

    def answer(self) -> None:
        """Take the call: the scripted caller is there already."""

    def play(self, sound: Samples) -> None:
        """Say ``sound`` to the caller, in whole frames."""
        self._prompt = np.pad(sound, (0, -len(sound) % FRAME))

    def stop(self) -> None:
        """Stop playing at once."""
        self._prompt = None

    def enqueue(self, enqueue: int, queue: str) -> None:
        """Look for the scenario's agent; without one the queue's own time limit ends the wait."""
        agent = self._scenario.agent
        if agent is not None:
            self._at(self._now + _samples(agent.answers_after), AgentAnswered(enqueue, agent.id))

    def leave_queue(self) -> None:
        """Stop looking; an agent who has just answered finds the caller gone."""
        self._agent_line = None
        talk = (AgentAnswered, HungUp)
        self._due = deque(item for item in self._due if not isinstance(item[1], talk))
        self._timeline.forget_after(self._now / RATE)

    def transfer(self, transfer: int, to: str, timeout_seconds: float) -> None:
        """Dial: the scenario's agent answers, if it has one, else nobody does."""
        agent = self._scenario.agent
        if agent is not None and agent.answers_after < timeout_seconds:
            self._at(self._now + _samples(agent.answers_after), TransferAnswered(transfer))
        else:
            self._at(self._now + _samples(timeout_seconds), TransferFailed(transfer, "no-answer"))

    def stop_transfer(self) -> None:
        """Stop dialling."""
        dialling = (TransferAnswered, TransferFailed)
        self._due = deque(item for item in self._due if not isinstance(item[1], dialling))

    def callback(self, callback: int, number: str, queue: str) -> None:
        """Keep every callback."""
        self._at(self._now, CallbackKept(callback))

    def hang_up(self) -> None:
        """End the call: lines that are still being said are cut."""
        self._timeline.end(self._now / RATE)

    def exchange(self, longest: int) -> Exchange:
        """Let the call go on until something happens, for ``longest`` samples at most."""
        limits = [max(longest, FRAME)]
        if self._prompt is not None:
            limits.append(len(self._prompt))
        if self._due:
            limits.append(self._due[0][0] - self._now)
        if self.caller.act is not None:
            limits.append(_samples(self.caller.act.at) - self._now)
        count = max(min(limits) // FRAME * FRAME, FRAME)
        start, end = self._now, self._now + count
        caller = self._caller_line.read(start, end)
        far = self._far(start, end)
        self._now = end
        return Exchange(caller, far, tuple(self._signals()))

    def _far(self, start: int, end: int) -> Samples:
        if self._agent_line is not None:
            return self._agent_line.read(start, end)
        sound = np.zeros(end - start, np.int16)
        if self._prompt is not None:
            head = self._prompt[: end - start]
            sound[: len(head)] = head
            self._prompt = self._prompt[len(head) :]
        return sound

    def _signals(self) -> list[Signal]:
        found: list[Signal] = []
        if self._prompt is not None and not len(self._prompt):
            self._prompt = None
            self.caller.hear_silence(self._now / RATE)
            found.append(PlayedOut())
        act = self.caller.act
        if act is not None and _samples(act.at) < self._now + FRAME:
            self._begin_turn()
        while self._due and self._due[0][0] < self._now + FRAME:
            signal = self._due.popleft()[1]
            found.append(signal)
            match signal:
                case AgentAnswered() | TransferAnswered():
                    self._begin_conversation()
                case HungUp("agent"):
                    self._agent_line = None
                case _:
                    pass
        return found

    def _begin_turn(self) -> None:
        step = self.caller.take()
        if step.hang_up:
            self._at(self._now, HungUp("caller"))
            return
        lines, at = self._timeline.turn(step, self._now)
        self._say(lines)
        for number, key in enumerate(step.press):
            moment = at + _samples(number * _KEY)
            if self._scenario.caller.tones:
                moment = self._caller_line.say(moment, key_tones(key, on=_TONE, off=0.0))
            self._at(moment, Digit(key))

    def _begin_conversation(self) -> None:
        self._prompt = None
        self._agent_line = Line(snr_db=_AGENT_SNR_DB, codec="alaw", rng=self._rng)
        lines, over = self._timeline.conversation(self._now)
        self._say(lines)
        self._at(over, HungUp(self._scenario.hang_up))

    def _say(self, lines: list[Placed]) -> None:
        for each in lines:
            line = self._caller_line if each.role is Role.CALLER else self._agent_line
            assert line is not None
            line.say(each.at, each.sound)

    def _at(self, when: int, signal: Signal) -> None:
        self._due = deque(sorted([*self._due, (when, signal)], key=lambda item: item[0]))


def _samples(seconds: float) -> int:
    return round(seconds * RATE)
