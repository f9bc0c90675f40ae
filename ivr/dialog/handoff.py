"""Visits that hand the caller over: to an agent of a queue, to another number, to a later call."""

from __future__ import annotations

from typing import TypeVar

from calls.masking import masked
from calls.records import EventKind, Outcome
from ivr import actions, events
from ivr.dialog.visit import Visit
from ivr.events import Event
from ivr.flow import CallbackNode, QueueNode, TransferNode

#: Longest conversation, in seconds.
TALK_SECONDS = 4 * 3600.0
#: How long a door may take to say whether it keeps a callback, in seconds.
CALLBACK_SECONDS = 10.0
#: How much longer than asked for a door may ring before it is not waited for any more, in seconds.
RING_GRACE_SECONDS = 5.0

Talker = TypeVar("Talker", bound=QueueNode | TransferNode)


class TalkVisit(Visit[Talker]):
    """A visit that may become a conversation between the caller and someone else."""

    _talking = False
    _dialled: int | None = None

    def connected(self) -> None:
        """Begin the conversation."""
        self.out.quieten()
        self._talking = True
        self.course.achieve(Outcome.HANDED_OFF)
        self.out.start("talk", TALK_SECONDS)

    def digit(self, key: str) -> None:
        """Leave keys to the conversation; before it they wait."""
        if not self._talking:
            super().digit(key)

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        if name == "talk":
            self.course.end("talk-limit", Outcome.HANDED_OFF)

    def agent_left(self) -> None:
        """Go on after the conversation, or end the call."""
        if not self._talking:
            return
        self.out.note(EventKind.COMPLETEAGENT)
        if self.node.after is None:
            self.course.end("agent", Outcome.HANDED_OFF)
        else:
            self.course.ahead.clear()
            self.course.go(self.node.after)

    def caller_left(self) -> None:
        """Take in that the caller hung up."""
        if self._talking:
            self.out.note(EventKind.COMPLETECALLER)
        super().caller_left()


class QueueVisit(TalkVisit[QueueNode]):
    """Waits for an agent of a queue."""

    _waiting: int | None = None
    _queue = ""
    _place: int | None = None
    _told_place: int | None = None
    _comfort_due = False

    def begin(self) -> None:
        """Say that the caller is put through."""
        self.course.say([self.course.question()])

    def prompt_ended(self) -> None:
        """Begin to wait, or go on waiting after something was said."""
        if self._waiting is not None:
            self._speak()
            return
        self._queue = self.course.fill(self.node.queue)
        self.out.note(EventKind.ENTERQUEUE, queue=self._queue)
        self._waiting = self.out.enqueue(self._queue)
        self.out.start("wait", self.node.max_wait_seconds)
        if self.node.comfort is not None:
            self.out.start("comfort", self.node.comfort_seconds)
        while self.course.ahead and self._waiting is not None:
            self.digit(self.course.ahead.popleft())

    def digit(self, key: str) -> None:
        """Leave the queue by one of its keys, also while something is said."""
        if self._waiting is None:
            super().digit(key)
        elif key in self.node.keys:
            self._leave(EventKind.EXITWITHKEY, self.node.keys[key], key=key)

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        match name:
            case "wait":
                self._leave(EventKind.EXITWITHTIMEOUT, self.node.no_agent)
            case "comfort":
                self._comfort_due = True
                self._speak()
            case "position":
                self._speak()
            case _:
                super().timer(name)

    def told(self, event: Event) -> None:
        """Take in where the caller stands, and whether there is an agent."""
        match event:
            case events.AgentAnswered(enqueue, agent) if enqueue == self._waiting:
                self._waiting = None
                self.connected()
                self.out.note(EventKind.CONNECT, agent=agent)
            case events.NoAgent(enqueue) if enqueue == self._waiting:
                self._leave(EventKind.EXITEMPTY, self.node.no_agent)
            case events.QueueMoved(enqueue, position) if enqueue == self._waiting:
                self._place = position
                self._speak()
            case _:
                pass

    def caller_left(self) -> None:
        """Take in that the caller hung up."""
        if self._waiting is not None:
            self.out.note(EventKind.ABANDON)
        super().caller_left()

    def _speak(self) -> None:
        """Say what there is to say, once nothing else is being said: the position first, then comfort."""
        if self.out.play is not None:
            return
        if self._has_moved_up() and not self.out.runs("position"):
            self._told_place = self._place
            self.course.learn("position", self._place or 0)
            self.out.start("position", self.node.position_seconds)
            self.course.say([self.course.extra("position")])
        elif self._comfort_due:
            self._comfort_due = False
            self.course.say([self.course.extra("comfort")])
        elif self.node.comfort is not None and not self.out.runs("comfort"):
            self.out.start("comfort", self.node.comfort_seconds)

    def _has_moved_up(self) -> bool:
        """Return whether the caller stands nearer to an agent than was said last."""
        if self.node.position is None or self._place is None:
            return False
        return self._told_place is None or self._place < self._told_place

    def _leave(self, kind: EventKind, target: str, **data: object) -> None:
        self._waiting = None
        self.out.note(kind, queue=self._queue, **data)
        self.out.add(actions.LeaveQueue())
        self.course.go(target)


class TransferVisit(TalkVisit[TransferNode]):
    """Dials another number."""

    def begin(self) -> None:
        """Say that the caller is put through."""
        prompt = self.course.question()
        if prompt is None:
            self.prompt_ended()
        else:
            self.course.say([prompt])

    def prompt_ended(self) -> None:
        """Dial."""
        number = self.course.fill(self.node.to)
        self.out.note(EventKind.TRANSFER, to=masked(number))
        self._dialled = self.out.dial(number, self.node.timeout_seconds)
        self.out.start("ring", self.node.timeout_seconds + RING_GRACE_SECONDS)

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        if name == "ring":
            self.out.add(actions.StopTransfer())
            self._failed("no-answer")
        else:
            super().timer(name)

    def told(self, event: Event) -> None:
        """Take in what became of it."""
        match event:
            case events.TransferAnswered(transfer) if transfer == self._dialled and not self._talking:
                self.connected()
                self.out.note(EventKind.CONNECT)
            case events.TransferFailed(transfer, reason) if transfer == self._dialled and not self._talking:
                self._failed(reason)
            case _:
                pass

    def caller_left(self) -> None:
        """Take in that the caller hung up."""
        if self._dialled is not None and not self._talking:
            self.out.add(actions.StopTransfer())
        super().caller_left()

    def _failed(self, reason: str) -> None:
        self._dialled = None
        self.out.note(EventKind.TRANSFER, failed=reason)
        node = self.node
        own = {"busy": node.busy, "no-answer": node.no_answer}.get(reason)
        self.course.go(own or node.failed)


class CallbackVisit(Visit[CallbackNode]):
    """Asks the door to ring the caller back."""

    _asked: int | None = None
    _queue = ""

    def begin(self) -> None:
        """Ask, if there is a number."""
        number = self.course.text(self.node.variable or "caller")
        self._queue = self.course.fill(self.node.queue)
        if not number:
            self._done(self.node.failed, kept=False)
            return
        self.out.note(EventKind.CALLBACK, queue=self._queue, number=masked(number))
        self._asked = self.out.call_back(number, self._queue)
        self.out.start("callback", CALLBACK_SECONDS)

    def timer(self, name: str) -> None:
        """Take in that the door does not answer."""
        if name == "callback":
            self._done(self.node.failed, kept=False)

    def told(self, event: Event) -> None:
        """Take in whether the door keeps it."""
        match event:
            case events.CallbackKept(callback) if callback == self._asked:
                self.course.achieve(Outcome.CONTAINED)
                self._done(self.node.next, kept=True)
            case events.CallbackRefused(callback) if callback == self._asked:
                self._done(self.node.failed, kept=False)
            case _:
                pass

    def _done(self, target: str, *, kept: bool) -> None:
        self._asked = None
        self.out.note(EventKind.CALLBACK, queue=self._queue, kept=kept)
        self.course.go(target)
