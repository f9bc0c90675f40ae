"""The calls that an ear hears: frames of the ring → *speech started*, *heard this*, *fell silent*.

No clock and no I/O: time is the counter of frames that the media process moves on. A call is heard only
while the engine waits for something of it; at other times its sound stays in the ring, unread. When the
engine asks, the last seconds are made up for first, so that the line's noise is known and a word that had
begun already is not lost. What is recognised is never logged.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import cast

import numpy as np
import numpy.typing as npt
import structlog

from calls.errors import LinkError
from ivr import actions, events
from ivr.listener import Listener
from ivr.values import ValueKind
from ivr.wire import ears
from ivr.wire.ring import FRAME, FRAMES, SoundRing
from speech import g711
from speech.recogniser import VoskModel

_log = structlog.get_logger(__name__)

#: Frames heard at once, 100 ms; fewer where an utterance may be over (:attr:`ivr.listener.Listener.due`). A
#: gate that gets half of it each time costs twice as much.
BLOCK = 5
#: Frames before a question that are made up for, 4 s: the gate needs 2.5 s to know the noise of a line, the
#: rest holds what the caller may have begun to say.
BEFORE = 200
#: Frames of a call heard in one step at most, 1 s, so that one that is behind does not hold up the others.
AT_ONCE = 50
_PIECE = 10  # frames that a listener takes at once
_FRAME_MS = 20
_FRAMES_PER_SECOND = 50

Told = ears.SpeechStarted | ears.Heard | ears.FellSilent
Command = ears.Attach | ears.Detach | ears.Listen | ears.StopListening | ears.AwaitSilence | ears.StopAwaiting


class Ear:
    """Hears the calls that are attached to it.

    Parameters
    ----------
    model : VoskModel
        Loaded.
    ring : callable
        Returns the ring of the present media process; raises :class:`~calls.errors.LinkError` where there
        is none.
    most_calls : int
        Attached at a time; others are not heard.
    """

    def __init__(self, model: VoskModel, ring: Callable[[], SoundRing], *, most_calls: int = 2000) -> None:
        self._model = model
        self._ring = ring
        self._most_calls = most_calls
        self._calls: dict[str, _Call] = {}
        self._busy: dict[str, _Call] = {}
        self._behind = 0

    @property
    def busy(self) -> bool:
        """Whether any call is waited for: then :meth:`step` is due every 20 ms."""
        return bool(self._busy)

    @property
    def due(self) -> bool:
        """Whether a block of a call that is waited for lies in the ring."""
        return any(call.due for call in self._busy.values())

    def take(self, command: Command) -> None:
        """Do what the engine says. A call that is not attached is left alone."""
        if isinstance(command, ears.Attach):
            self._attach(command)
            return
        call = self._calls.get(command.call)
        if call is None:
            return
        if isinstance(command, ears.Detach):
            self._busy.pop(command.call, None)
            del self._calls[command.call]
            return
        with _Safely(command.call, call, self._model):
            call.take(command)
        if call.listener.busy:
            self._busy[command.call] = call
        else:
            self._busy.pop(command.call, None)

    def step(self) -> Iterator[Told]:
        """Hear what is new of the calls that are waited for, at most a second of each.

        Yields
        ------
        SpeechStarted, Heard or FellSilent
            As soon as it is certain: the next call is heard after it was taken.
        """
        for name, call in list(self._busy.items()):
            if not call.due:
                continue
            self._behind = max(self._behind, call.unheard)
            with _Safely(name, call, self._model):
                for event in call.hear():
                    yield _message(name, event)
            if not call.listener.busy:
                self._busy.pop(name, None)

    def health(self) -> ears.EarHealth:
        """Return the figures since the last time: how old the oldest sound was when it was heard."""
        behind, self._behind = self._behind, 0
        return ears.EarHealth(len(self._calls), float(behind * _FRAME_MS))

    def detach_all(self) -> None:
        """Forget all calls."""
        self._calls.clear()
        self._busy.clear()

    def _attach(self, command: ears.Attach) -> None:
        self._busy.pop(command.call, None)
        self._calls.pop(command.call, None)
        try:
            if len(self._calls) >= self._most_calls:
                raise LinkError(f"{self._most_calls} calls are attached", "raise most_calls of the ears")
            ring = self._ring()
            if not 0 <= command.slot < ring.slots:
                raise LinkError(f"slot {command.slot} is not within the {ring.slots} of the ring")
        except LinkError as error:
            _log.error(
                "a call is not heard, its menus go on with keys only", call=command.call, why=str(error)
            )
            return
        self._calls[command.call] = _Call(Listener(self._model), ring, command.slot)


class _Call:
    """A call, and up to which frame of its slot it was heard."""

    def __init__(self, listener: Listener, ring: SoundRing, slot: int) -> None:
        self.listener = listener
        self._ring, self._slot = ring, slot
        self._position = self._written  # what lies before is another call's

    @property
    def _written(self) -> int:
        return int(self._ring.counters[self._slot])

    @property
    def unheard(self) -> int:
        """Frames since the last that was heard, whether they are still in the ring or not."""
        return self._written - self._position

    @property
    def due(self) -> bool:
        """Whether a block lies in the ring: a smaller one where it may show that an utterance is over."""
        return self.unheard >= min(BLOCK, self.listener.due * _FRAMES_PER_SECOND)

    def take(self, command: Command) -> None:
        match command:
            case ears.Listen():
                self._make_up()
                value = cast(ValueKind | None, command.value or None)
                self.listener.start(actions.Listen(command.listen, command.phrases, value, command.secret))
            case ears.StopListening():
                self.listener.stop()
            case ears.AwaitSilence():
                self._make_up()
                self.listener.await_silence(command.record, command.seconds)
            case ears.StopAwaiting():
                self.listener.stop_awaiting()

    def hear(self) -> Iterator[events.Event]:
        """Hear at most :data:`AT_ONCE`, and no more than until nothing is waited for any longer."""
        sound, missed = self._ring.read(self._slot, self._position)
        self._position += missed
        # the writer came round: silence keeps the place of what is lost, as far as anyone would wait for it
        yield from self.listener.feed(np.zeros(min(missed, FRAMES) * FRAME, np.int16))
        for first in range(0, min(len(sound) // FRAME, AT_ONCE), _PIECE):
            if not self.listener.busy:  # what follows is for the next question
                return
            yield from self._feed(sound[first * FRAME : (first + _PIECE) * FRAME])

    def _make_up(self) -> None:
        """Have the listener know the line as it was until now."""
        if self.listener.busy:  # it does
            return
        self._position = max(self._position, self._written - BEFORE)
        sound, missed = self._ring.read(self._slot, self._position)
        self._position += missed
        self._feed(sound)

    def _feed(self, sound: npt.NDArray[np.uint8]) -> list[events.Event]:
        self._position += len(sound) // FRAME
        return self.listener.feed(g711.alaw_decode(sound.tobytes()))


class _Safely:
    """What fails for a call is logged, without what was said, and the call goes on with a new listener."""

    def __init__(self, name: str, call: _Call, model: VoskModel) -> None:
        self._name, self._call, self._model = name, call, model

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        place = traceback.extract_tb(trace)[-1]
        _log.error(
            "hearing a call failed",
            call=self._name,
            error=type(error).__name__,
            place=f"{place.filename}:{place.lineno}",
        )
        self._call.listener = Listener(self._model)
        return True


def _message(call: str, event: events.Event) -> Told:
    match event:
        case events.SpeechStarted(listen):
            return ears.SpeechStarted(call, listen)
        case events.Heard(listen, text, answer, confidence):
            return ears.Heard(call, listen, text, answer, confidence)
        case events.MessageEnded(record):
            return ears.FellSilent(call, record)
    raise TypeError(f"a listener does not tell of {type(event).__name__}")
