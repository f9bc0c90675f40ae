"""What a call has been through: where it is in which flow, what it knows, what it has asked for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from calls.records import EventKind, Outcome
from ivr import actions
from ivr.expression import Value, as_text
from ivr.flow import AnyNode, Flow, Reason
from ivr.outbox import Outbox
from ivr.prompt import Prompt, fill, variables_in
from ivr.values import ValueKind, read_back

#: How long after the answer to a secret question the caller's channel stays silent, in seconds.
UNMASK_SECONDS = 1.0
#: What a call can come to, the best last.
MERIT = (Outcome.CONTAINED, Outcome.VOICEMAIL, Outcome.HANDED_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call before it is answered.

    Parameters
    ----------
    started : datetime
        When it arrived; aware.
    caller, callee : str
        The two numbers; empty where withheld.
    id : str
        Of its record.
    """

    started: datetime
    caller: str = ""
    callee: str = ""
    id: str = ""


@dataclass(slots=True)
class Frame:
    """A flow that the call is in; ``back_to`` is the node of the outer flow where it returns to."""

    flow: Flow
    back_to: str | None = None
    #: Inputs in the order in which they were asked, for the key that goes back.
    asked: list[str] = field(default_factory=list)


class Entrance(NamedTuple):
    """The way into a node.

    ``repeats`` > 0 asks with the short form, ``failed`` counts a failure of the node at once and goes
    on counting where the last visit ended.
    """

    node: str
    repeats: int = 0
    failed: Reason | None = None


class Course:
    """The state that all visits to nodes share.

    Parameters
    ----------
    flow : Flow
        The one that answers.
    call : CallFacts
        Who calls whom, and when.
    """

    def __init__(self, flow: Flow, call: CallFacts) -> None:
        self.call = call
        self.frames = [Frame(flow)]
        self.out = Outbox()
        #: Seconds since the call arrived.
        self.at = 0.0
        self.language = flow.language
        #: What the call knows, by the names that prompts and expressions use.
        self.variables: dict[str, Value] = {**flow.beginnings(), **self._facts()}
        #: With how much confidence a variable was recognised; keyed ones are not here.
        self.confidence: dict[str, float] = {}
        #: Kind of each variable that was entered.
        self.kinds: dict[str, ValueKind] = {}
        if call.caller.isdecimal():
            self.kinds = {"caller": "phone", "caller_last4": "digits"}
        #: Keys pressed before they were asked for.
        self.ahead: deque[str] = deque()
        #: A key that would end the number just entered and is no use any more.
        self.late_terminator: str | None = None
        #: Failures of the last visit to each input, and refused confirmations.
        self.failures: dict[str, Counter[Reason]] = {}
        self.refusals: Counter[str] = Counter()
        #: The best that the call has come to so far.
        self.achieved: Outcome | None = None
        #: Whether what was to be said last was said to its end, as far as the door knows.
        self.heard = False
        #: Until when keys are those of a secret that was complete without them.
        self.deaf_until = 0.0
        #: Whether the caller knows of the recording.
        self.recording = False
        self.hops = 0
        self.entrance: Entrance | None = Entrance(flow.start)
        self.ended = False

    @property
    def flow(self) -> Flow:
        """The flow that the call is in."""
        return self.frames[-1].flow

    @property
    def name(self) -> str:
        """Name of the node within its flow."""
        return self.out.node.rpartition(".")[2]

    @property
    def node(self) -> AnyNode:
        """The node that the call is at."""
        return self.flow.nodes[self.name]

    @property
    def now(self) -> datetime:
        """The time of day."""
        return self.call.started + timedelta(seconds=self.at)

    def path(self, name: str) -> str:
        """Return the name of one of the flow's nodes in the trace: within another flow with its name."""
        return name if len(self.frames) == 1 else f"{self.flow.name}.{name}"

    # -- going on -----------------------------------------------------------------------------------

    def go(self, name: str, *, repeats: int = 0, failed: Reason | None = None) -> None:
        """Leave for another node of this flow."""
        self.entrance = Entrance(name, repeats, failed)

    def end(self, cause: str, outcome: Outcome) -> None:
        """Hang up."""
        self.ended = True
        self.out.note(EventKind.HANGUP, cause=cause, outcome=outcome.value)
        self.out.add(actions.HangUp(cause, outcome))

    def achieve(self, outcome: Outcome) -> None:
        """Keep the best that the call has come to: a conversation before a message before an answer."""
        if self.achieved is None or MERIT.index(outcome) > MERIT.index(self.achieved):
            self.achieved = outcome

    # -- saying -------------------------------------------------------------------------------------

    def say(self, prompts: Iterable[Prompt | None]) -> None:
        """Play prompts one after the other, variables filled in."""
        self.out.say([self._filled(prompt) for prompt in prompts if prompt is not None])

    def question(self, *, repeats: int = 0) -> Prompt | None:
        """Return what the node says first, or when it asks again."""
        return self.flow.question(self.name, self.language, repeats=repeats)

    def extra(self, field: str) -> Prompt | None:
        """Return what the node says by its field ``review``, ``comfort``, ``position`` or ``filler``."""
        return self.flow.extra(self.name, field, self.language)

    def fill(self, text: str) -> str:
        """Return a template with the plain values of its variables."""
        return fill(text, {name: self.text(name) for name in variables_in(text)})

    def text(self, variable: str) -> str:
        """Return a variable as text; empty where it has no value."""
        return as_text(self.variables.get(variable, ""))

    def _filled(self, prompt: Prompt) -> Prompt:
        values = {name: self._aloud(name) for name in variables_in(prompt.text)}
        name = prompt.name if len(self.frames) == 1 else f"{self.flow.name}.{prompt.name}"
        return Prompt(name, prompt.text, prompt.language).filled(values)

    def _aloud(self, variable: str) -> str:
        kind = self.kinds.get(variable)
        text = self.text(variable)
        return read_back(kind, text, self.language) if kind is not None and text else text

    # -- knowing ------------------------------------------------------------------------------------

    def learn(
        self, variable: str, value: Value, *, kind: ValueKind | None = None, confidence: float = 1.0
    ) -> None:
        """Set a variable: to a value of a kind, if it was entered, and recognised with some confidence."""
        self.variables[variable] = value
        self.kinds.pop(variable, None)
        self.confidence.pop(variable, None)
        if kind is not None:
            self.kinds[variable] = kind
        if confidence < 1.0:
            self.confidence[variable] = confidence

    def forget(self, variable: str) -> None:
        """Drop a value that was not confirmed."""
        for kept in (self.variables, self.kinds, self.confidence):
            kept.pop(variable, None)
            kept.pop(f"{variable}_last4", None)

    def speak(self, language: str) -> None:
        """Go on in another language."""
        self.language = language
        self.variables["language"] = language

    def _facts(self) -> dict[str, Value]:
        return {
            "caller": self.call.caller,
            "caller_last4": self.call.caller[-4:],
            "callee": self.call.callee,
            "language": self.language,
        }
