"""One call from its arrival to its end: dialog, ear, prompts, door and recording on one clock.

The clock counts samples that went through the door, so a scripted call runs as fast as the machine
can, and a live one in real time, with the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from calls.errors import RecordingError
from calls.recordings import RecordingWriter
from calls.records import EventKind, Outcome
from ivr import actions, events
from ivr.actions import Action, Note
from ivr.dialog import Dialog
from ivr.doors import FRAME, RATE, Door, PlayedOut, Samples
from ivr.events import Event
from ivr.listener import Listener
from ivr.privacy import Privacy
from ivr.prompt import Prompt
from ivr.tones import beep
from speech.g711 import ALAW_SILENCE, alaw_encode

_ATTENTIVE = RATE // 10  # samples at a time while someone may speak to the menu
_AT_EASE = 2 * RATE  # samples at a time otherwise
_LONGEST_ANSWER = 300.0  # seconds that a web service may take where time stands still meanwhile

Observer = Callable[[Note, float], None]
SoundOf = Callable[[str, str, str], Samples]


class Web(Protocol):
    """Asks web services while the call goes on."""

    def start(self, fetch: actions.Fetch) -> None:
        """Ask."""

    def poll(self) -> Sequence[events.Fetched | events.FetchFailed]:
        """Return what has been answered since the last time."""

    def wait(self, fetch_id: int, seconds: float) -> events.Fetched | events.FetchFailed | None:
        """Return the answer to one question, ``None`` where none came in so many seconds."""


class Keeper(Protocol):
    """Where a call leaves what others will need after it."""

    def keep_survey(self, score: int) -> None:
        """Store the caller's satisfaction, 1 to 5."""

    def keep_callback(self, number: str, queue: str) -> None:
        """Store that ``number`` is to be rung when ``queue`` has an agent."""


@dataclass(frozen=True, slots=True)
class _Playing:
    id: int
    prompt: Prompt | None
    start: float


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt as it was played, from ``start`` to ``end`` seconds; ``cut`` if it was stopped."""

    prompt: Prompt
    start: float
    end: float
    cut: bool


class Engine:
    """Runs one call.

    Parameters
    ----------
    dialog : Dialog
        New.
    door : Door
        With the caller on it.
    listener : Listener
        New.
    sound_of : callable
        Name, text and language of a prompt → its sound, int16 at 8 kHz.
    writer : RecordingWriter or None
        Where both sides are recorded; should it fail, the call goes on without. The caller's channel is
        silence until the caller knows of the recording, and while a secret is entered; a message that
        the caller leaves is kept in any case, being announced as one.
    keeper : Keeper, optional
        Stores surveys and callbacks.
    web : Web, optional
        Asks web services; without one none can be reached.
    observers : iterable of callable
        Told every note of the trace and its time in seconds, as it happens.
    """

    def __init__(
        self,
        dialog: Dialog,
        door: Door,
        listener: Listener,
        *,
        sound_of: SoundOf,
        writer: RecordingWriter | None,
        keeper: Keeper | None = None,
        web: Web | None = None,
        observers: Iterable[Observer] = (),
    ) -> None:
        self._dialog = dialog
        self._door = door
        self._listener = listener
        self._sound_of = sound_of
        self._writer = writer
        self._keeper = keeper
        self._web = web
        self._observers = tuple(observers)
        self._clock = 0
        self._timers: dict[int, int] = {}
        self._playing: _Playing | None = None
        self._with_agent = False  # then the menus have no more to hear
        self._privacy = Privacy()
        self._message: list[Samples] = []
        self._taking_message = False
        self._fetch: int | None = None
        self._callback: actions.Callback | None = None
        self._pending: list[Event] = []
        #: The system's prompts so far.
        self.said: list[Said] = []
        #: How the call ended.
        self.end = actions.HangUp("interrupted", Outcome.INTERRUPTED)

    @property
    def now(self) -> float:
        """Seconds since the call was answered."""
        return self._clock / RATE

    def run(self) -> None:
        """Take the call and stay with it until it is over."""
        recording = self._writer
        try:
            self._tell(events.Arrived())
            while not self._dialog.ended:
                for event in self._happened():
                    self._tell(event)
        finally:
            if recording is not None:
                for start, end in self._privacy.spans(self._clock):
                    recording.mask(start / RATE, end / RATE)

    def _happened(self) -> list[Event]:
        """Let the call go on for a moment and return what happened in it."""
        pending, self._pending = self._pending, []
        exchange = self._door.exchange(FRAME if pending else self._patience())
        self._record(exchange.caller, exchange.far)
        self._clock += len(exchange.caller)
        heard = [] if self._with_agent else self._listener.feed(exchange.caller)
        signalled = self._signalled(exchange.signals)
        return [*pending, *heard, *signalled, *self._answers(), *self._timers_ended()]

    def _patience(self) -> int:
        """Return how many samples may pass before the next look."""
        longest = _ATTENTIVE if self._listener.busy or self._fetch is not None else _AT_EASE
        for moment in (*self._timers.values(), self._privacy.ends_at):
            if moment is not None:
                longest = min(longest, moment - self._clock)
        return max(longest, FRAME)

    def _signalled(self, signals: Iterable[object]) -> Iterable[Event]:
        for signal in signals:
            if isinstance(signal, PlayedOut):
                if self._playing is not None:
                    play = self._playing.id
                    self._quiet(cut=False)
                    yield events.PromptEnded(play)
                continue
            assert isinstance(signal, Event)
            if isinstance(signal, events.HungUp) and signal.by == "agent":
                self._with_agent = False
            yield signal

    def _answers(self) -> Sequence[Event]:
        """Return what web services have answered; where time is not real, it stands still until then."""
        if self._fetch is None or self._web is None:
            return []
        if self._door.realtime:
            answers = list(self._web.poll())
        else:
            answer = self._web.wait(self._fetch, _LONGEST_ANSWER)
            answers = [answer or events.FetchFailed(self._fetch, "timeout")]
        if any(answer.fetch == self._fetch for answer in answers):
            self._fetch = None
        return answers

    def _timers_ended(self) -> list[Event]:
        due = [timer for timer, at in self._timers.items() if at <= self._clock]
        for timer in due:
            del self._timers[timer]
        return [events.TimerEnded(timer) for timer in due]

    def _tell(self, event: Event) -> None:
        for action in self._dialog.handle(event, self.now):
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Answer():
                self._door.answer()
            case actions.Play(play, prompt):
                self._say(play, prompt)
            case actions.Replay(play):
                self._playing = _Playing(play, None, self.now)
                self._door.play(np.concatenate([*self._message, np.zeros(FRAME, np.int16)]))
            case actions.StopPlaying():
                self._quiet(cut=True)
                self._door.stop()
            case actions.Listen():
                self._listener.start(action)
            case actions.StopListening():
                self._listener.stop()
            case actions.StartTimer(timer, _, seconds):
                self._timers[timer] = self._clock + round(seconds * RATE)
            case actions.CancelTimer(timer):
                self._timers.pop(timer, None)
            case actions.StartRecording() | actions.Mask() | actions.Unmask():
                self._privacy.take(action, self._clock)
            case actions.Record(record, silence_seconds):
                self._message, self._taking_message = [], True
                self._door.play(beep())
                self._listener.await_silence(record, silence_seconds)
            case actions.StopRecording():
                self._taking_message = False
                self._listener.stop_awaiting()
            case actions.Discard():
                self._message = []
            case actions.Note():
                self._with_agent = self._with_agent or action.kind is EventKind.CONNECT
                if action.kind is EventKind.CALLBACK and action.data.get("kept"):
                    self._keep_callback()
                self._observe(action)
            case actions.KeepSurvey(score):
                if self._keeper is not None:
                    self._keeper.keep_survey(score)
            case actions.Fetch():
                self._ask(action)
            case actions.StopFetching():
                self._fetch = None
            case actions.HangUp():
                self._quiet(cut=True)
                self.end = action
                self._door.hang_up()
            case _:
                self._hand_over(action)

    def _hand_over(self, action: Action) -> None:
        """Have the door look for someone else to speak with."""
        match action:
            case actions.Enqueue(enqueue, queue):
                self._door.enqueue(enqueue, queue)
            case actions.LeaveQueue():
                self._door.leave_queue()
            case actions.Transfer(transfer, to, seconds):
                self._door.transfer(transfer, to, seconds)
            case actions.StopTransfer():
                self._door.stop_transfer()
            case actions.Callback(callback, number, queue):
                self._callback = action
                self._door.callback(callback, number, queue)

    def _ask(self, fetch: actions.Fetch) -> None:
        if self._web is None:
            self._pending.append(events.FetchFailed(fetch.id, "not-allowed"))
        else:
            self._fetch = fetch.id
            self._web.start(fetch)

    def _keep_callback(self) -> None:
        """Keep the callback that the caller was promised; one that the door grants too late is none."""
        asked, self._callback = self._callback, None
        if asked is not None and self._keeper is not None:
            self._keeper.keep_callback(asked.number, asked.queue)

    def _say(self, play: int, prompt: Prompt) -> None:
        """Play a prompt; whatever is wrong with one, the call goes on without it."""
        try:
            sound = self._sound_of(prompt.name, prompt.text, prompt.language)
        except Exception as error:
            # what was to be said may be about the caller: it stays out of trace and log
            trace = {"reason": "prompt", "name": prompt.name, "problem": type(error).__name__}
            self._observe(Note(EventKind.ERROR, self._dialog.node, trace))
            self._pending.append(events.PromptFailed(play))
        else:
            self._playing = _Playing(play, prompt, self.now)
            self._door.play(sound)

    def _quiet(self, *, cut: bool) -> None:
        if self._playing is not None and self._playing.prompt is not None:
            self.said.append(Said(self._playing.prompt, self._playing.start, self.now, cut))
        self._playing = None

    def _observe(self, note: Note) -> None:
        for observer in self._observers:
            observer(note, self.now)

    def _record(self, caller: Samples, far: Samples) -> None:
        if self._taking_message:
            self._message.append(caller)
        silent = self._privacy.silent(self._clock, message=self._taking_message)
        if self._writer is None:
            return
        kept = bytes([ALAW_SILENCE]) * len(caller) if silent else alaw_encode(caller)
        try:
            self._writer.write(kept, alaw_encode(far))
        except RecordingError as error:
            self._writer = None
            self._observe(
                Note(EventKind.ERROR, self._dialog.node, {"reason": "recording", "problem": str(error)})
            )
