"""Trials: what a caller does in a flow and what should come of it, tried in virtual time, without sound.

One YAML file holds many tests of one flow; `docs/testing-flows.md` explains the fields. Nothing here
waits: a call of ten minutes takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from calls.records import EventKind
from ivr.conversation import DOT, Act, Line, conversation, is_secret, node_of, secrets_of
from ivr.expression import as_text
from ivr.flow import QueueNode
from ivr.simulation import Simulation
from ivr.trialfile import Step, Trial, load_trials, load_world

__all__ = ["Problem", "Trial", "TrialResult", "load_trials", "load_world", "run"]


#: Moments that are nearer to each other than this, in seconds, are one: times are added up in binary.
_INSTANT = 1e-6


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a call went another way than its test says.

    Parameters
    ----------
    step : int or None
        Number of the step, from 1; ``None`` for how the call ended.
    line : int
        In the file.
    what : str
        The step, or the expected field.
    expected, happened : str
        What should have come, and what came instead.
    """

    step: int | None
    line: int
    what: str
    expected: str
    happened: str


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a test.

    Parameters
    ----------
    trial : Trial
        The test.
    problems : tuple of Problem
        One where a step could not be done; as many as the end has, otherwise.
    transcript : tuple of Line
        Who said and did what, in virtual time.
    seconds : float
        How long the call lasted, in virtual time.
    """

    trial: Trial
    problems: tuple[Problem, ...]
    transcript: tuple[Line, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything came as written."""
        return not self.problems


def run(trial: Trial) -> TrialResult:
    """Play the call of a test, in virtual time, and compare it with what is expected."""
    rehearsal = _Rehearsal(trial)
    for number, step in enumerate(trial.script.steps):
        try:
            rehearsal.take(step)
        except _Deviation as deviation:
            line = trial.line("steps", number)
            problem = Problem(number + 1, line, str(step), deviation.expected, deviation.happened)
            return rehearsal.result(problem)
    rehearsal.simulation.until_over()
    return rehearsal.result(*rehearsal.differences())


class _Deviation(Exception):
    """A step cannot be done as written."""

    def __init__(self, expected: str, happened: str) -> None:
        self.expected, self.happened = expected, happened


class _Rehearsal:
    """A call while its test is being played."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.simulation = Simulation(trial.flow, trial.call, trial.script.world)
        self._acts: list[Act] = []
        self._heard = 0

    def result(self, *problems: Problem) -> TrialResult:
        lines = tuple(conversation(self.simulation, self._acts))
        return TrialResult(self.trial, problems, lines, round(self.simulation.now, 3))

    # -- steps --------------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        if step.hear is not None:
            self._hear(step.hear)
            return
        if self.simulation.ended:
            raise _Deviation("a call that goes on", self._state())
        if step.wait is not None:
            self.simulation.advance(step.wait)
            return
        if step.hang_up:
            self._act("hangs up")
            self.simulation.hang_up()
            return
        if step.barge_in is not None:
            self._interrupt(step.barge_in)
        else:
            self._until_turn(step)
        self._answer(step)

    def _answer(self, step: Step) -> None:
        if step.press is not None:
            secret = is_secret(self.trial.flow, self.simulation.node)
            self._act(f"presses {DOT * len(step.press) if secret else step.press}")
            self.simulation.press(step.press)
        elif step.say is not None:
            secret = is_secret(self.trial.flow, self.simulation.node)
            if self.simulation.listening is None:
                raise _Deviation("someone who listens", self._state())
            self._act(f"says {DOT * len(step.say) if secret else step.say}")
            self.simulation.say(step.say, step.confidence)
        elif step.leave_message is not None:
            self._act(f"speaks for {step.leave_message:g} s")
            self.simulation.leave_message(step.leave_message)
        else:
            self._act("is silent")
            noted = len(self.simulation.notes)
            while len(self.simulation.notes) == noted and self.simulation.step():
                pass

    def _hear(self, text: str) -> None:
        said = self.simulation.said
        looked = self._heard
        while True:
            for index in range(looked, len(said)):
                if text in said[index].prompt.text:
                    self._heard = index + 1
                    return
            looked = len(said)
            if not self.simulation.step():
                missed = [f"“{each.prompt.text}”" for each in said[self._heard :]]
                instead = f"was said: {', '.join(missed)}" if missed else "nothing more was said"
                raise _Deviation(f"a prompt with “{text}”", f"{instead}; then {self._state()}")

    def _until_turn(self, step: Step) -> None:
        """Let time pass until the caller may do this; queues and conversations end by themselves."""
        wanted = {"message"} if step.leave_message is not None else {"answer"}
        if step.press is not None:
            wanted |= {"message"}
        simulation = self.simulation
        while True:
            simulation.until_waiting()
            if simulation.waiting in wanted or (step.press is not None and self._may_leave_queue()):
                return
            passes = simulation.waiting in ("queue", "talk") and simulation.step()
            if not passes:
                asked = "the tone for a message" if step.leave_message is not None else "the caller's turn"
                raise _Deviation(asked, self._state())

    def _may_leave_queue(self) -> bool:
        node = node_of(self.trial.flow, self.simulation.node)
        return self.simulation.waiting == "queue" and isinstance(node, QueueNode) and bool(node.keys)

    def _interrupt(self, seconds: float) -> None:
        """Let time pass until so many seconds into the prompt that is being said."""
        simulation = self.simulation
        if seconds == 0:
            return
        number = len(simulation.said)
        if simulation.playing is None:
            raise _Deviation("a prompt to interrupt", self._state())
        began = simulation.said[-1].at
        passed = simulation.now - began
        if passed > seconds + _INSTANT:
            raise _Deviation(f"a prompt that began {seconds:g} s ago", f"it began {passed:.1f} s ago")
        simulation.advance(max(0.0, seconds - passed))
        if simulation.playing is None or len(simulation.said) > number:
            length = f"“{simulation.said[number - 1].prompt.text}” was over before"
            raise _Deviation(f"a prompt that is still being said after {seconds:g} s", length)

    def _act(self, text: str) -> None:
        self._heard = len(self.simulation.said)
        self._acts.append((len(self.simulation.notes), Line(self.simulation.now, "caller", text)))

    def _state(self) -> str:
        """Return what the call is doing, for people."""
        simulation = self.simulation
        if simulation.end is not None:
            return f"the call ended after {simulation.now:.1f} s: {simulation.end.cause}"
        match simulation.waiting:
            case "answer":
                doing = "the caller is asked for an answer"
            case "message":
                doing = "a message is being recorded"
            case "queue":
                doing = "the caller waits in a queue"
            case "talk":
                doing = "the caller talks with someone"
            case None if simulation.playing is not None:
                doing = f"“{simulation.playing.text}” is being said"
            case None:
                doing = "the call waits for an answer from elsewhere"
        return f"at {simulation.node} {doing}"

    # -- the end ------------------------------------------------------------------------------------

    def differences(self) -> Iterator[Problem]:
        """Yield every expectation that did not come true."""
        for place, expected, happened in self._compared():
            what = ".".join(map(str, place))
            yield Problem(None, self.trial.line(*place), what, expected, happened)

    def _compared(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        expect, simulation = self.trial.script.expect, self.simulation
        end = simulation.end
        assert end is not None
        queues = [note.data["queue"] for _, note in simulation.notes if note.kind is EventKind.ENTERQUEUE]
        found: dict[str, Any] = {
            "outcome": end.outcome,
            "cause": end.cause,
            "queue": queues[-1] if queues else None,
            "survey": simulation.survey,
            "callback": simulation.callbacks[-1][0] if simulation.callbacks else None,
            "transferred": simulation.transferred[-1] if simulation.transferred else None,
            "message": simulation.message,
        }
        for name, value in found.items():
            wanted = getattr(expect, name)
            if wanted is not None and wanted != value:
                yield ("expect", name), _shown(wanted), _shown(value)
        yield from self._compared_path()
        yield from self._compared_variables()

    def _compared_path(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        expect = self.trial.script.expect
        entered = [note.node for _, note in self.simulation.notes if note.kind is EventKind.NODE]
        way = f"the call went {' → '.join(entered)}"
        later = iter(entered)
        for index, name in enumerate(expect.path):
            if name not in later:
                after = f" after {expect.path[index - 1]}" if index else ""
                yield ("expect", "path", index), f"node {name}{after}", way
                break
        for index, name in enumerate(expect.never):
            if name in entered:
                yield ("expect", "never", index), f"never node {name}", way

    def _compared_variables(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        secrets = secrets_of(self.trial.flow)
        variables = self.simulation.dialog.variables
        for name, wanted in self.trial.script.expect.variables.items():
            secret = name in secrets
            expected, happened = DOT * 3 if secret else _shown(wanted), "it has no value"
            if name in variables:
                if as_text(variables[name]) == as_text(wanted):
                    continue
                happened = "another value" if secret else _shown(variables[name])
            yield ("expect", "variables", name), expected, happened


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
