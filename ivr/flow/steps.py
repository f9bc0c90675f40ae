"""Nodes that say, decide, look up, hand over or end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from calls.document import Location, Section
from calls.records import Outcome
from ivr.expression import Expression
from ivr.flow.node import Node, Spoken, Way, templates_in
from ivr.flow.words import (
    Formula,
    Key,
    Language,
    PlaceWords,
    Seconds,
    Setting,
    Terminator,
    Text,
    Variable,
    Words,
)


class PlayNode(Node):
    """Say something.

    Parameters
    ----------
    barge_in : bool
        Whether a key stops it; one pressed meanwhile waits for the next input in any case.
    answers : bool
        This is what the caller rang for: from here on the call counts as contained, even if the
        caller hangs up.
    notice : bool
        This tells the caller of the recording. It cannot be interrupted, and the caller's voice is kept
        only from its end on.
    flush : bool
        Forget keys pressed before.
    """

    type: Literal["play"]
    prompt: Words
    barge_in: bool = False
    answers: bool = False
    notice: bool = False
    flush: bool = False
    next: str

    @model_validator(mode="after")
    def _notice_is_heard(self) -> PlayNode:
        if self.notice and self.barge_in:
            raise ValueError("a recording notice must be heard: barge_in cannot be true")
        return self


class RecordNode(Node):
    """Take a message: until the terminator, a silence, or the longest time.

    With ``review`` the caller may then hear it again (1), say it anew (2) or keep it (#); silence keeps
    it, and so does hanging up.
    """

    type: Literal["record"]
    prompt: Words
    max_seconds: Seconds = 120.0
    silence_seconds: Seconds = 4.0
    terminator: Terminator | None = "#"
    review: Words | None = None
    next: str

    def texts(self) -> Iterator[Spoken]:
        """Yield every text that it can say."""
        yield from super().texts()
        if self.review is not None:
            yield Spoken(("review",), self.review)


class Case(Section):
    """Where a branch leads while an expression holds."""

    when: Formula
    next: str


class BranchNode(Node):
    """Go where the first case leads whose expression holds, else to ``otherwise``."""

    type: Literal["branch"]
    cases: tuple[Case, ...] = Field(min_length=1)
    otherwise: str

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        for index, case in enumerate(self.cases):
            yield Way(("cases", index, "next"), case.when.text, case.next)
        yield Way(("otherwise",), "otherwise", self.otherwise)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        for index, case in enumerate(self.cases):
            yield from ((("cases", index, "when"), name) for name in sorted(case.when.names))


class SetNode(Node):
    """Set variables: to a value, or to what ``= expression`` gives."""

    type: Literal["set"]
    values: dict[Variable, Setting] = Field(min_length=1)
    next: str

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        for name, value in self.values.items():
            if isinstance(value, Expression):
                yield from ((("values", name), read) for read in sorted(value.names))

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        yield from self.values


class HoursNode(Node):
    """Ask one of the flow's schedules whether the centre is open; ``holiday`` is ``closed`` by default."""

    type: Literal["hours"]
    schedule: str
    open: str
    closed: str
    holiday: str | None = None

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        for state in ("open", "closed", "holiday"):
            target: str | None = getattr(self, state)
            if target is not None:
                yield Way((state,), state, target)


class HttpNode(Node):
    """Ask a web service and keep parts of its JSON answer.

    Parameters
    ----------
    method, url, headers, body
        ``{variable}`` is filled in everywhere, percent-encoded in ``url``.
    timeout_seconds : float
        For one attempt.
    retries : int
        Attempts after the first that failed.
    filler : text, optional
        Said once while the caller waits.
    result : dict
        Variable → path into the answer, as ``order.items.0.status``. A variable whose path is not there
        becomes an empty text.
    error : str
        The way on without a usable answer: none came, or its status is not in the two hundreds.
    statuses : dict, optional
        Other ways for some HTTP statuses, as ``{404: no_such_order}``.
    irreversible : bool, optional
        Whether it changes something for the caller; by default every method but GET does.
    """

    type: Literal["http"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Text
    headers: dict[str, str] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    timeout_seconds: float = Field(5.0, gt=0, le=30)
    retries: int = Field(0, ge=0, le=3)
    filler: Words | None = None
    result: dict[Variable, str] = Field(default_factory=dict)
    irreversible: bool | None = None
    next: str
    error: str
    statuses: dict[Annotated[int, Field(ge=100, le=599)], str] = Field(default_factory=dict)

    @property
    def changes_something(self) -> bool:
        """Whether it cannot be undone."""
        return self.method != "GET" if self.irreversible is None else self.irreversible

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        yield from super().ways()
        yield Way(("error",), "error", self.error)
        for status, target in self.statuses.items():
            yield Way(("statuses", status), f"status {status}", target)

    def texts(self) -> Iterator[Spoken]:
        """Yield every text that it can say."""
        if self.filler is not None:
            yield Spoken(("filler",), self.filler)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        yield from super().reads()
        yield from templates_in(self.url, ("url",))
        yield from templates_in(self.headers, ("headers",))
        yield from templates_in(self.body, ("body",))

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        yield from self.result


class SplitShare(Section):
    """One way of a split, and how many callers in a hundred go it."""

    percent: float = Field(ge=0, le=100)
    next: str


class SplitNode(Node):
    """Send callers different ways by percentage; the same caller always goes the same way."""

    type: Literal["split"]
    shares: tuple[SplitShare, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _add_up(self) -> SplitNode:
        total = sum(share.percent for share in self.shares)
        if abs(total - 100) > 1e-6:
            raise ValueError(f"the shares add up to {total:g} percent, not 100")
        return self

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        for index, share in enumerate(self.shares):
            yield Way(("shares", index, "next"), f"{share.percent:g} %", share.next)


class LanguageNode(Node):
    """Speak another of the flow's languages from here on."""

    type: Literal["language"]
    language: Language
    next: str


class QueueNode(Node):
    """Hand the caller to an agent of a queue.

    Parameters
    ----------
    queue : str
        Its name; ``{variable}`` is filled in.
    max_wait_seconds : float
        Longest wait.
    no_agent : str
        The way on when it is over, or no agent will answer.
    keys : dict
        Ways out of the queue: key → node (Asterisk's ``context`` of a queue).
    comfort : text, optional
        Said over and over while the caller waits, every ``comfort_seconds`` (Asterisk
        ``announce-frequency``).
    position : text or true, optional
        Said with the caller's place in the queue, ``{position}``, at its beginning and when the caller has
        moved up (Asterisk ``announce-position-only-up``); ``true`` says it in plain words.
    position_seconds : float
        Least time from one to the next (Asterisk ``announce-frequency``, at least its
        ``min-announce-frequency``).
    after : str, optional
        Where the call goes on when the agent hangs up first: to a survey, say.
    """

    type: Literal["queue"]
    queue: str = Field(min_length=1)
    prompt: Words
    max_wait_seconds: Seconds = 60.0
    no_agent: str
    keys: dict[Key, str] = Field(default_factory=dict)
    comfort: Words | None = None
    comfort_seconds: Seconds = 30.0
    position: PlaceWords = None
    position_seconds: float = Field(90.0, ge=15, le=600)
    after: str | None = None

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        yield Way(("no_agent",), "no agent", self.no_agent)
        for key, target in self.keys.items():
            yield Way(("keys", key), f"key {key}", target)
        if self.after is not None:
            yield Way(("after",), "agent left", self.after)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        for location, variable in super().reads():
            if (location, variable) != (("position",), "position"):  # it sets that itself
                yield location, variable
        yield from templates_in(self.queue, ("queue",))

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        if self.position is not None:
            yield "position"

    def texts(self) -> Iterator[Spoken]:
        """Yield every text that it can say."""
        yield from super().texts()
        if self.comfort is not None:
            yield Spoken(("comfort",), self.comfort)
        if self.position:
            yield Spoken(("position",), self.position)


class TransferNode(Node):
    """Connect the caller to another number.

    Parameters
    ----------
    to : str
        The number; the door's allow-list has the last word.
    timeout_seconds : float
        How long it may ring.
    failed : str
        The way on when it does not answer; ``busy`` and ``no_answer`` may lead elsewhere.
    after : str, optional
        Where the call goes on when the other side hangs up first.
    """

    type: Literal["transfer"]
    to: Text
    prompt: Words | None = None
    timeout_seconds: Seconds = 30.0
    failed: str
    busy: str | None = None
    no_answer: str | None = None
    after: str | None = None

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        for field in ("failed", "busy", "no_answer", "after"):
            target: str | None = getattr(self, field)
            if target is not None:
                yield Way((field,), field.replace("_", " "), target)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        yield from super().reads()
        yield from templates_in(self.to, ("to",))


class CallbackNode(Node):
    """Keep the caller's place in a queue and ring back: the number is ``variable``, else the caller's.

    ``{variable}`` is filled in in the queue's name.
    """

    type: Literal["callback"]
    queue: str = Field(min_length=1)
    variable: Variable | None = None
    next: str
    failed: str

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        yield from super().ways()
        yield Way(("failed",), "failed", self.failed)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        yield from templates_in(self.queue, ("queue",))
        if self.variable is not None:
            yield ("variable",), self.variable


class GotoNode(Node):
    """Go to another node, or into another flow.

    Parameters
    ----------
    next : str, optional
        The node: of this flow, or where the call comes back to from the other one. Without it a
        ``return`` in the other flow ends the call.
    flow : str, optional
        Name of a file beside this one, without its ending; the call begins there at its start.
    """

    type: Literal["goto"]
    next: str | None = None
    flow: str | None = Field(None, pattern=r"^[a-z][a-z0-9_-]*$")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> GotoNode:
        if self.next is None and self.flow is None:
            raise ValueError("say where to: next, or flow")
        return self

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        if self.next is not None:
            yield Way(("next",), "returned" if self.flow else "next", self.next)


class ReturnNode(Node):
    """Go back to the flow that this one was entered from."""

    type: Literal["return"]


class HangupNode(Node):
    """End the call; ``outcome`` is ``contained`` or, where the retries ran out, ``failed``."""

    type: Literal["hangup"]
    outcome: Literal[Outcome.CONTAINED, Outcome.FAILED] = Outcome.CONTAINED
    cause: str = "completed"
