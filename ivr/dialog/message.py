"""A visit to a ``record`` node: the caller leaves a message."""

from __future__ import annotations

from calls.records import EventKind, Outcome
from ivr import actions
from ivr.dialog.visit import Visit
from ivr.events import Event, MessageEnded
from ivr.flow import RecordNode

#: Keys after a message, as most voicemail systems have them: hear it, say it anew; all else keeps it.
HEAR, REDO = "1", "2"
#: Times that a caller may hear or redo a message before it is kept as it is.
MOST_REVIEWS = 5
#: Silence after the review's prompt that keeps the message, in seconds.
REVIEW_SECONDS = 5.0


class RecordVisit(Visit[RecordNode]):
    """Says what to do, takes the message, and may let the caller hear it and say it anew."""

    _recording: int | None = None
    _taken = False
    _replaying = False
    _ended_by = ""
    _reviews = 0

    def begin(self) -> None:
        """Say what to do."""
        self.course.say([self.course.question()])

    def prompt_ended(self) -> None:
        """Take the message, or wait for what the caller thinks of it."""
        if not self._taken:
            self._record()
        elif self._replaying:
            self._replaying = False
            self._review()
        else:
            self.out.start("review", REVIEW_SECONDS)

    def digit(self, key: str) -> None:
        """End the message, or say what becomes of it; other keys mean nothing here."""
        if self._recording is not None:
            if key == self.node.terminator:
                self._end("key")
        elif self._taken:
            self.barge_in("digit")
            self.out.cancel("review")
            self._judged(key)

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        if name == "message":
            self._end("length")
        elif name == "review":
            self._keep()

    def told(self, event: Event) -> None:
        """Take in that the caller fell silent."""
        match event:
            case MessageEnded(record) if record == self._recording:
                self._end("silence")
            case _:
                pass

    def caller_left(self) -> None:
        """Keep what there is of the message."""
        if self._recording is not None:
            self._ended_by = "hang-up"
            self.out.add(actions.StopRecording())
        if self._recording is not None or self._taken:
            self._note()
        super().caller_left()

    def _record(self) -> None:
        self.course.ahead.clear()
        self._recording = self.out.record(self.node.silence_seconds)
        self.out.start("message", self.node.max_seconds)

    def _end(self, by: str) -> None:
        self.out.quieten()
        self._recording, self._taken, self._ended_by = None, True, by
        self.out.add(actions.StopRecording())
        self._review()

    def _review(self) -> None:
        prompt = self.course.extra("review")
        if prompt is None or self._reviews >= MOST_REVIEWS:
            self._keep()
        else:
            self.course.say([prompt])

    def _judged(self, key: str) -> None:
        self._reviews += 1
        self._replaying = key == HEAR
        if self._replaying:
            self.out.replay()
        elif key == REDO:
            self._taken = False
            self.out.add(actions.Discard())
            self._record()
        else:
            self._keep()

    def _keep(self) -> None:
        self._note()
        self.course.go(self.node.next)

    def _note(self) -> None:
        self.course.achieve(Outcome.VOICEMAIL)
        self.out.note(EventKind.MESSAGE, ended_by=self._ended_by)
