"""When the parties of a scripted call say what: line after line, with pauses, and over each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from calls.records import Role
from ivr.doors import RATE, Samples
from ivr.script import Scenario, Step

#: The sound of a text in the voice of that name.
VoiceOf = Callable[[str, str], Samples]


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """What was truly said from ``start`` to ``end`` seconds, for scoring.

    ``cut`` marks a line that was not said to its end: a prompt interrupted, a call ended.
    """

    role: Role
    text: str
    start: float
    end: float
    cut: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A line that ``role`` says: its sound, and the sample of the call at which it begins."""

    role: Role
    at: int
    sound: Samples

    @property
    def end(self) -> int:
        """Sample after its last."""
        return self.at + len(self.sound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast people speak together, in seconds.

    Parameters
    ----------
    breath : float
        Between two lines that a caller says in one turn.
    reply : (float, float)
        The least and the most that a party takes to reply, unless the scenario says.
    last_word : float
        From the last word to the click.
    """

    breath: float = 0.35
    reply: tuple[float, float] = (0.25, 0.8)
    last_word: float = 0.7


@dataclass(slots=True)
class Timeline:
    """Places the lines of one call.

    Parameters
    ----------
    scenario : Scenario
        Who says what.
    voice_of : callable
        Their voices.
    rng : numpy.random.Generator
        Draws the pauses.
    pace : Pace
        Between what limits.

    Attributes
    ----------
    spoken : list of SpokenLine
        What was placed so far.
    """

    scenario: Scenario
    voice_of: VoiceOf
    rng: np.random.Generator
    pace: Pace = Pace()
    spoken: list[SpokenLine] = field(default_factory=list)

    def turn(self, step: Step, now: int) -> tuple[list[Placed], int]:
        """Place what the caller says in a turn that begins at sample ``now`` of the call.

        Returns
        -------
        lines : list of Placed
            In order.
        over : int
            Sample at which the next line, or the first key, may begin.
        """
        lines = []
        for text in step.lines:
            lines.append(self._line(Role.CALLER, text, now))
            now = lines[-1].end + _samples(self.pace.breath)
        return lines, now

    def conversation(self, now: int, *, begin: float = 0.0) -> tuple[list[Placed], int]:
        """Place what caller and agent say who are brought together at sample ``now`` of the call.

        Parameters
        ----------
        now : int
            Nothing is said before.
        begin : float
            Seconds after it from which the first pause counts.

        Returns
        -------
        lines : list of Placed
            In the order of the scenario.
        over : int
            Sample at which one of them hangs up.
        """
        lines = []
        end = now + _samples(begin)
        for turn in self.scenario.conversation:
            pause = turn.pause if turn.pause is not None else float(self.rng.uniform(*self.pace.reply))
            at = max(end - _samples(turn.overlap) if turn.overlap else end + _samples(pause), now)
            lines.append(self._line(Role.CALLER if turn.agent is None else Role.AGENT, turn.text, at))
            end = lines[-1].end
        return lines, end + _samples(self.pace.last_word)

    def forget_after(self, seconds: float) -> None:
        """Drop the lines that were not begun by then: there is nobody any more to say them to."""
        self.spoken = [line for line in self.spoken if line.start < seconds]

    def end(self, seconds: float) -> None:
        """End the call: lines that are still being said are cut."""
        self.forget_after(seconds)
        self.spoken = [
            replace(line, end=min(line.end, seconds), cut=line.end > seconds) for line in self.spoken
        ]

    def _line(self, role: Role, text: str, at: int) -> Placed:
        agent = self.scenario.agent
        voice = agent.voice if agent is not None and role is Role.AGENT else self.scenario.caller.voice
        line = Placed(role, at, self.voice_of(voice, text))
        self.spoken.append(SpokenLine(role, text, at / RATE, line.end / RATE))
        return line


def _samples(seconds: float) -> int:
    return round(seconds * RATE)
