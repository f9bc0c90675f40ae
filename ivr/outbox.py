"""What a dialog has asked for: the actions of this moment, and what is under way because of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from calls.records import EventKind
from ivr import actions
from ivr.actions import Action
from ivr.prompt import Prompt
from ivr.values import ValueKind

#: A prompt whose end nobody reports counts as over after this many seconds.
PROMPT_GUARD_SECONDS = 120.0
#: As long as a message may be.
REPLAY_GUARD_SECONDS = 600.0
#: Name of that timer.
PROMPT_TIMER = "prompt"


class Outbox:
    """Collects actions and keeps track of the prompt, the utterance and the timers that they start.

    At any time one prompt at most is played, one utterance at most is listened for, and one timer at
    most runs under each name.
    """

    def __init__(self) -> None:
        #: The node that notes are about.
        self.node = ""
        #: Ids of what is played and listened for.
        self.play: int | None = None
        self.listen: int | None = None
        self._timers: dict[str, int] = {}
        self._prompts: deque[Prompt] = deque()
        self._ids = 0
        self._actions: list[Action] = []

    def take(self) -> list[Action]:
        """Return the actions since the last time."""
        taken, self._actions = self._actions, []
        return taken

    def add(self, action: Action) -> None:
        """Ask for something that nothing here has to remember."""
        self._actions.append(action)

    def note(self, kind: EventKind, **data: object) -> None:
        """Ask for an entry in the trace."""
        self.add(actions.Note(kind, self.node, dict(data)))

    def say(self, prompts: Iterable[Prompt]) -> None:
        """Play one or more prompts, one after the other."""
        self._prompts = deque(prompts)
        self._say_next()

    def replay(self) -> None:
        """Play the message just taken."""
        self.play = self._new_id()
        self.add(actions.Replay(self.play))
        self.start(PROMPT_TIMER, REPLAY_GUARD_SECONDS)

    def goes_on(self) -> bool:
        """Take in that the prompt has ended; return whether another one follows."""
        self.play = None
        self.cancel(PROMPT_TIMER)
        if not self._prompts:
            return False
        self._say_next()
        return True

    def stop_playing(self) -> None:
        """Stop what is being said, and what was to follow."""
        self._prompts.clear()
        if self.play is not None:
            self.play = None
            self.add(actions.StopPlaying())
            self.cancel(PROMPT_TIMER)

    def listen_for(
        self, phrases: tuple[str, ...] = (), value: ValueKind | None = None, *, secret: bool = False
    ) -> None:
        """Listen for an utterance, unless there is nothing to listen for or it is done already."""
        if self.listen is None and (phrases or value):
            self.listen = self._new_id()
            self.add(actions.Listen(self.listen, phrases, value, secret))

    def stop_listening(self) -> None:
        """Drop the utterance."""
        if self.listen is not None:
            self.listen = None
            self.add(actions.StopListening())

    def enqueue(self, queue: str) -> int:
        """Ask for an agent of a queue; return the id of the request."""
        enqueue = self._new_id()
        self.add(actions.Enqueue(enqueue, queue))
        return enqueue

    def record(self, silence_seconds: float) -> int:
        """Take a message; return the id of the request."""
        record = self._new_id()
        self.add(actions.Record(record, silence_seconds))
        return record

    def dial(self, number: str, seconds: float) -> int:
        """Ask for another number; return the id of the request."""
        transfer = self._new_id()
        self.add(actions.Transfer(transfer, number, seconds))
        return transfer

    def call_back(self, number: str, queue: str) -> int:
        """Ask to have the caller rung back; return the id of the request."""
        callback = self._new_id()
        self.add(actions.Callback(callback, number, queue))
        return callback

    def fetch(self, **request: Any) -> int:
        """Ask a web service for what the fields of :class:`~ivr.actions.Fetch` say; return the id."""
        fetch = self._new_id()
        self.add(actions.Fetch(fetch, **request))
        return fetch

    def stop_fetching(self) -> None:
        """Nobody waits for the answer any more."""
        self.add(actions.StopFetching())

    def start(self, name: str, seconds: float) -> None:
        """Start a timer, or start it anew."""
        self.cancel(name)
        self._timers[name] = self._new_id()
        self.add(actions.StartTimer(self._timers[name], name, seconds))

    def cancel(self, *names: str) -> None:
        """Stop timers, those of them that run."""
        for name in names:
            timer = self._timers.pop(name, None)
            if timer is not None:
                self.add(actions.CancelTimer(timer))

    def runs(self, name: str) -> bool:
        """Return whether a timer of this name runs."""
        return name in self._timers

    def ended(self, timer: int) -> str | None:
        """Take in that a timer has ended; return its name, ``None`` where it is not running."""
        name = next((name for name, running in self._timers.items() if running == timer), None)
        if name is not None:
            del self._timers[name]
        return name

    def quieten(self) -> None:
        """Stop everything that is under way."""
        self.stop_playing()
        self.stop_listening()
        self.cancel(*self._timers)

    def _say_next(self) -> None:
        prompt = self._prompts.popleft()
        self.play = self._new_id()
        self.note(EventKind.PROMPT, name=prompt.name)
        self.add(actions.Play(self.play, prompt))
        self.start(PROMPT_TIMER, PROMPT_GUARD_SECONDS)

    def _new_id(self) -> int:
        self._ids += 1
        return self._ids
