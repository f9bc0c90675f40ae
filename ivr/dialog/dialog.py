"""The dialog: a pure interpreter of flows, events in, actions out.

It has no clock and does no I/O: the time is an argument, timers are actions, and their ends are
events. The same object runs a live call, a scripted test and a simulation; a trace of events played
again gives the same actions. In every state but the last a timer is running, so it cannot wait for
ever, whatever the world fails to report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from calls.records import EventKind, Outcome
from ivr import actions, events, outbox
from ivr.actions import Action
from ivr.dialog.course import UNMASK_SECONDS, CallFacts, Course, Entrance, Frame
from ivr.dialog.handoff import CallbackVisit, QueueVisit, TransferVisit
from ivr.dialog.lookup import HttpVisit
from ivr.dialog.message import RecordVisit
from ivr.dialog.question import CollectVisit, ConfirmVisit, MenuVisit, SurveyVisit
from ivr.dialog.visit import PlayVisit, Visit
from ivr.events import Event
from ivr.expression import Expression, ExpressionError, Value
from ivr.flow import (
    AnyNode,
    BranchNode,
    CallbackNode,
    CollectNode,
    ConfirmNode,
    Flow,
    GotoNode,
    HangupNode,
    HoursNode,
    HttpNode,
    LanguageNode,
    MenuNode,
    Node,
    PlayNode,
    QueueNode,
    RecordNode,
    ReturnNode,
    SetNode,
    SplitNode,
    SurveyNode,
    TransferNode,
)

#: What a call does at a node where it waits for something.
VISITS: dict[type[Node], type[Visit[Any]]] = {
    PlayNode: PlayVisit,
    MenuNode: MenuVisit,
    CollectNode: CollectVisit,
    ConfirmNode: ConfirmVisit,
    SurveyNode: SurveyVisit,
    RecordNode: RecordVisit,
    QueueNode: QueueVisit,
    TransferNode: TransferVisit,
    CallbackNode: CallbackVisit,
    HttpNode: HttpVisit,
}
#: Flows within flows that a call may be in.
MAX_DEPTH = 10


class Dialog:
    """One call's way through a flow.

    Feed it :mod:`ivr.events` with :meth:`handle` and carry out the :mod:`ivr.actions` it returns, in
    order. Events that come too late (of a stopped prompt, a cancelled timer, an old utterance) are
    ignored, as is everything after the end.

    Parameters
    ----------
    flow : Flow
        Shared between calls; never changed.
    call : CallFacts
        Who calls whom, and when.
    """

    def __init__(self, flow: Flow, call: CallFacts) -> None:
        self.flow = flow
        self._course = Course(flow, call)
        self._visit: Visit[Any] | None = None
        self._answered = False
        self._masked = False
        self._passages: dict[type[Node], Callable[[Any], None]] = {
            BranchNode: self._branch,
            SetNode: self._set,
            HoursNode: self._hours,
            SplitNode: self._split,
            LanguageNode: self._language,
            GotoNode: self._goto,
            ReturnNode: self._return,
            HangupNode: self._hang_up,
        }

    @property
    def variables(self) -> dict[str, Value]:
        """What the call knows, by the names that prompts and expressions use."""
        return self._course.variables

    @property
    def node(self) -> str:
        """The node that the call is at, within another flow with its name; empty before it is answered."""
        return self._course.out.node

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self._course.ended

    def handle(self, event: Event, at: float) -> list[Action]:
        """Take in what happened and return what is to be done about it.

        Parameters
        ----------
        event : Event
            What happened.
        at : float
            When, in seconds since the call arrived; never less than the last time.
        """
        course = self._course
        course.at = at
        if not course.ended:
            self._tell(event)
        while course.entrance is not None and not course.ended and self._answered:
            entrance, course.entrance = course.entrance, None
            self._enter(entrance)
        return course.out.take()

    def _tell(self, event: Event) -> None:
        visit = self._visit
        if visit is None:
            self._ring(event)
            return
        match event:
            case events.PromptEnded(play) | events.PromptFailed(play):
                if play == self._course.out.play:
                    self._said(visit, heard=isinstance(event, events.PromptEnded))
            case events.Digit(key):
                self._digit(visit, key)
            case events.TimerEnded(timer):
                name = self._course.out.ended(timer)
                if name == outbox.PROMPT_TIMER:
                    self._said(visit, heard=False)
                elif name is not None:
                    visit.timer(name)
            case events.HungUp(by):
                visit.agent_left() if by == "agent" else visit.caller_left()
            case _:
                visit.told(event)

    def _ring(self, event: Event) -> None:
        """Answer, unless the caller is gone before."""
        match event:
            case events.Arrived():
                self._course.out.add(actions.Answer())
                self._answered = True
            case events.HungUp("caller"):
                self._course.end("caller", Outcome.ABANDONED)
            case _:
                pass

    def _said(self, visit: Visit[Any], *, heard: bool) -> None:
        self._course.heard = heard
        self._course.late_terminator = None
        if not self._course.out.goes_on():
            visit.prompt_ended()

    def _digit(self, visit: Visit[Any], key: str) -> None:
        if self._course.at < self._course.deaf_until:
            return
        late, self._course.late_terminator = self._course.late_terminator, None
        if key != late:
            visit.digit(key)

    # -- walking the flow ---------------------------------------------------------------------------

    def _enter(self, entrance: Entrance) -> None:
        course, out = self._course, self._course.out
        out.quieten()
        course.hops += 1
        out.node = course.path(entrance.node)
        if course.hops > self.flow.max_hops:
            out.note(EventKind.ERROR, reason="hop-limit", hops=self.flow.max_hops)
            course.end("hop-limit", course.achieved or Outcome.FAILED)
            return
        node = course.node
        self._mask(node.is_secret)
        visit = VISITS.get(type(node))
        if visit is not None:
            self._note(node)
            self._visit = visit(course, node, entrance)
            self._visit.begin()
        else:
            self._passages[type(node)](node)

    # -- nodes at which nothing is waited for -------------------------------------------------------

    def _branch(self, node: BranchNode) -> None:
        taken = next((i for i, case in enumerate(node.cases) if self._holds(case.when)), None)
        self._note(node, case="otherwise" if taken is None else taken + 1)
        self._course.go(node.otherwise if taken is None else node.cases[taken].next)

    def _set(self, node: SetNode) -> None:
        self._note(node, variables=sorted(node.values))
        for name, setting in node.values.items():
            self._course.learn(name, self._value(setting))
        self._course.go(node.next)

    def _hours(self, node: HoursNode) -> None:
        state = self._course.flow.schedule_state(node.schedule, self._course.now)
        self._note(node, state=state)
        closed = node.holiday or node.closed if state == "holiday" else node.closed
        self._course.go(node.open if state == "open" else closed)

    def _split(self, node: SplitNode) -> None:
        """Choose by a hash of the caller, so that who rings again is treated the same."""
        call = self._course.call
        key = f"{self.flow.name}/{self.node}/{call.caller or call.id}"
        point = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64 * 100
        taken = max(number for number, share in enumerate(node.shares) if share.percent > 0)
        for number, share in enumerate(node.shares):
            point -= share.percent
            if point < 0:
                taken = number
                break
        self._note(node, share=taken + 1)
        self._course.go(node.shares[taken].next)

    def _language(self, node: LanguageNode) -> None:
        self._note(node, language=node.language)
        self._course.speak(node.language)
        self._course.go(node.next)

    def _goto(self, node: GotoNode) -> None:
        """Go to another node, or into another flow."""
        course = self._course
        self._note(node)
        if node.flow is None:
            assert node.next is not None
            course.go(node.next)
        elif len(course.frames) > MAX_DEPTH:
            course.out.note(EventKind.ERROR, reason="depth-limit", depth=MAX_DEPTH)
            course.end("depth-limit", course.achieved or Outcome.FAILED)
        else:
            inner = self.flow.flows[node.flow]
            course.frames.append(Frame(inner, back_to=node.next))
            course.variables = {**inner.beginnings(), **course.variables}
            course.go(inner.start)

    def _return(self, node: ReturnNode) -> None:
        """Go back to the flow that led here; where none did, the call is over."""
        course = self._course
        self._note(node)
        back_to = course.frames[-1].back_to
        if back_to is None:
            course.end("completed", course.achieved or Outcome.CONTAINED)
        else:
            course.frames.pop()
            course.go(back_to)

    def _hang_up(self, node: HangupNode) -> None:
        self._note(node)
        self._course.end(node.cause, self._course.achieved or node.outcome)

    # -- small parts --------------------------------------------------------------------------------

    def _holds(self, condition: Expression) -> bool:
        try:
            return bool(condition.evaluate(self._known()))
        except ExpressionError as error:
            self._course.out.note(EventKind.ERROR, reason="expression", problem=str(error))
            return False

    def _value(self, setting: Expression | Value) -> Value:
        if not isinstance(setting, Expression):
            return setting
        try:
            return setting.evaluate(self._known())
        except ExpressionError as error:
            self._course.out.note(EventKind.ERROR, reason="expression", problem=str(error))
            return ""

    def _known(self) -> dict[str, Value]:
        """Return all variables; those that this call has not met yet are empty texts."""
        return {**self.flow.unknown, **self._course.variables}

    def _mask(self, secret: bool) -> None:
        if secret:
            self._course.deaf_until = 0.0  # the keys that come are those of the next secret
        if secret != self._masked:
            self._masked = secret
            self._course.out.add(actions.Mask() if secret else actions.Unmask(UNMASK_SECONDS))

    def _note(self, node: AnyNode, **data: object) -> None:
        self._course.out.note(EventKind.NODE, type=node.type, **data)
