"""One call from its arrival to its end: dialog, ear, prompts, door and recording on one clock.

The clock counts samples that went through the door, so a scripted call runs as fast as the machine
can, and a live one in real time, with the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
from ivr.prompt import Prompt
from speech.g711 import alaw_encode

_ATTENTIVE = RATE // 10  # samples at a time while someone may speak to the menu
_AT_EASE = 2 * RATE  # samples at a time otherwise
_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE = 1000.0, 0.3, 6000.0

Observer = Callable[[Note, float], None]


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
        Prompt name and text → its sound, int16 at 8 kHz.
    writer : RecordingWriter or None
        Where both sides are recorded; should it fail, the call goes on without.
    observers : iterable of callable
        Told every note of the trace and its time in seconds, as it happens.
    """

    def __init__(
        self,
        dialog: Dialog,
        door: Door,
        listener: Listener,
        *,
        sound_of: Callable[[str, str], Samples],
        writer: RecordingWriter | None,
        observers: Iterable[Observer] = (),
    ) -> None:
        self._dialog = dialog
        self._door = door
        self._listener = listener
        self._sound_of = sound_of
        self._writer = writer
        self._observers = tuple(observers)
        self._clock = 0
        self._timers: dict[int, int] = {}
        self._playing: tuple[actions.Play, float] | None = None
        self._with_agent = False  # then the menus have no more to hear
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
        self._tell(events.Arrived())
        while not self._dialog.ended:
            exchange = self._door.exchange(self._patience())
            self._clock += len(exchange.caller)
            self._record(exchange.caller, exchange.far)
            heard = [] if self._with_agent else self._listener.feed(exchange.caller)
            for event in [*heard, *self._signalled(exchange.signals), *self._timers_ended()]:
                self._tell(event)

    def _patience(self) -> int:
        """Return how many samples may pass before the next look."""
        longest = _ATTENTIVE if self._listener.busy else _AT_EASE
        if self._timers:
            longest = min(longest, min(self._timers.values()) - self._clock)
        return max(longest, FRAME)

    def _signalled(self, signals: Iterable[object]) -> Iterable[Event]:
        for signal in signals:
            if not isinstance(signal, PlayedOut):
                assert isinstance(signal, Event)
                self._with_agent = self._with_agent or isinstance(signal, events.AgentAnswered)
                yield signal
            elif self._playing is not None:
                play = self._playing[0].id
                self._quiet(cut=False)
                yield events.PromptEnded(play)

    def _timers_ended(self) -> list[Event]:
        due = [timer for timer, at in self._timers.items() if at <= self._clock]
        for timer in due:
            del self._timers[timer]
        return [events.TimerEnded(timer) for timer in due]

    def _tell(self, event: Event) -> None:
        for action in self._dialog.handle(event):
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Answer():
                self._door.answer()
            case actions.Play(_, prompt):
                self._playing = action, self.now
                self._door.play(self._sound_of(prompt.name, prompt.text))
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
            case actions.Record(silence_seconds):
                self._door.play(_beep())
                self._listener.await_silence(silence_seconds)
            case actions.StopRecording():
                self._listener.stop_awaiting()
            case actions.Enqueue(queue):
                self._door.enqueue(queue)
            case actions.LeaveQueue():
                self._door.leave_queue()
            case actions.Note():
                self._observe(action)
            case actions.HangUp():
                self._quiet(cut=True)
                self.end = action
                self._door.hang_up()

    def _quiet(self, *, cut: bool) -> None:
        if self._playing is not None:
            play, start = self._playing
            self.said.append(Said(play.prompt, start, self.now, cut))
            self._playing = None

    def _observe(self, note: Note) -> None:
        for observer in self._observers:
            observer(note, self.now)

    def _record(self, caller: Samples, far: Samples) -> None:
        if self._writer is None:
            return
        try:
            self._writer.write(alaw_encode(caller), alaw_encode(far))
        except RecordingError as error:
            self._writer = None
            self._observe(
                Note(EventKind.ERROR, self._dialog.node, {"reason": "recording", "problem": str(error)})
            )


def _beep() -> Samples:
    time = np.arange(round(_BEEP_SECONDS * RATE)) / RATE
    return (_BEEP_AMPLITUDE * np.sin(2 * np.pi * _BEEP_HERTZ * time)).astype(np.int16)
