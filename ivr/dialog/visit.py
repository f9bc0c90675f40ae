"""A visit to a node: what the call does there until it leaves."""

from __future__ import annotations

from typing import Generic, TypeVar

from calls.records import EventKind, Outcome
from ivr import actions
from ivr.dialog.course import Course, Entrance
from ivr.events import Event
from ivr.flow import Node, PlayNode

N = TypeVar("N", bound=Node)


class Visit(Generic[N]):
    """What every visit can be told; most nodes care about little of it.

    A visit begins once, ends when it sets the call's next entrance, and in between has a timer running
    at every moment.

    Parameters
    ----------
    course : Course
        The call.
    node : Node
        Where it is.
    entrance : Entrance
        How it came here.
    """

    def __init__(self, course: Course, node: N, entrance: Entrance) -> None:
        self.course = course
        self.node = node
        self.out = course.out

    def begin(self) -> None:
        """Start."""
        raise NotImplementedError

    def prompt_ended(self) -> None:
        """Everything that was to be said was said."""

    def digit(self, key: str) -> None:
        """Take in a key: by default it waits for the next input."""
        self.course.ahead.append(key)

    def timer(self, name: str) -> None:
        """Take in that the timer with this name is over."""

    def told(self, event: Event) -> None:
        """Take in anything else that happens."""

    def agent_left(self) -> None:
        """Take in that an agent hung up, which matters in a conversation only."""

    def caller_left(self) -> None:
        """Take in that the caller hung up."""
        self.course.end("caller", self.course.achieved or Outcome.ABANDONED)

    def barge_in(self, by: str) -> None:
        """Stop what is being said because of a key or of speech."""
        if self.out.play is not None:
            self.out.note(EventKind.BARGE_IN, by=by)
            self.out.stop_playing()


class PlayVisit(Visit[PlayNode]):
    """Says something and goes on."""

    def begin(self) -> None:
        """Say it."""
        if self.node.flush:
            self.course.ahead.clear()
        self.course.say([self.course.question()])

    def prompt_ended(self) -> None:
        """Go on."""
        if self.node.answers:
            self.course.achieve(Outcome.CONTAINED)
        if self.node.notice and self.course.heard and not self.course.recording:
            self.course.recording = True
            self.out.add(actions.StartRecording())
        self.course.go(self.node.next)

    def digit(self, key: str) -> None:
        """Keep the key for the next input; it may stop the prompt."""
        self.course.ahead.append(key)
        if self.node.barge_in:
            self.barge_in("digit")
            self.prompt_ended()
