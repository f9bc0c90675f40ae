"""The test caller of a scenario: hears prompts begin and end, and decides what to do when."""

from __future__ import annotations

from dataclasses import dataclass

from calls.records import EventKind
from ivr.actions import Note
from ivr.script import Step

#: A caller who has not been understood says it again; one who is at a loss stays silent.
_SILENT = Step(at="", silent=True)


@dataclass(frozen=True, slots=True)
class Act:
    """A caller's turn that begins ``at`` seconds."""

    at: float
    step: Step


class ScriptedCaller:
    """Follows the steps of a scenario.

    It listens like a person: to prompts. When a prompt of a node begins for which the next step is
    meant, that is the caller's turn; when the node asks again although the caller has answered, the
    caller repeats the answer.

    Parameters
    ----------
    steps : sequence of Step
        In order.
    """

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._waiting = list(steps)
        self._last = _SILENT
        self._turn: Step | None = None
        self._node = ""
        #: The turn that is due, once its time is certain.
        self.act: Act | None = None

    def hear(self, note: Note, at: float) -> None:
        """Take in an entry of the call's trace at ``at`` seconds: prompts are all that a caller hears."""
        if note.kind is not EventKind.PROMPT:
            return
        if self._turn is not None and note.node == self._node:
            if self._turn.barge_in is None:
                self.act = None  # it goes on: hear it out
            return
        self.act, self._node = None, note.node
        if self._waiting and self._waiting[0].at == note.node:
            self._last = self._waiting.pop(0)
            self._turn = self._last
        else:
            self._turn = self._last if self._last.at == note.node else _SILENT
        if self._turn.barge_in is not None:
            self.act = Act(at + self._turn.barge_in, self._turn)

    def hear_silence(self, at: float) -> None:
        """Take in that the prompt is over at ``at`` seconds."""
        if self._turn is not None and self.act is None:
            self.act = Act(at + self._turn.pause, self._turn)

    def take(self) -> Step:
        """Return the turn that is due now and count it as done."""
        assert self.act is not None
        step, self.act, self._turn = self.act.step, None, None
        return step
