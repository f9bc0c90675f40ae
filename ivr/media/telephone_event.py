"""Keys as packets beside the sound: telephone-events, in and out. No clock and no I/O inside.

Source: RFC 4733 (2.2, 2.3 and 2.5). A press is known by the timestamp of its beginning, which all of its
packets carry, so that it is told once, from whichever of them comes first.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

#: Event codes 0 to 15.
KEYS = "0123456789*#ABCD"
#: A press counts as over when nothing was heard of it for so many seconds: RFC 4733, 2.5.2.2, has three
#: packets missing; packets come every 20 to 50 ms.
SILENCE = 0.2
#: Samples of a step: 20 ms at 8 kHz.
STEP = 160
#: Samples after which an event goes on under a new timestamp: the field holds no more.
SEGMENT = 0xFFFF

_PAYLOAD = struct.Struct(">BBH")
_ENDS = 3
_VOLUME = 10  # dBm0 below zero
_RATE = 8000
_CONTINUED = 0x8000  # a timestamp further on than this, of the same key, is a segment's, not a new press's
_OLD = 0x80000000


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key went down."""

    key: str


@dataclass(frozen=True, slots=True)
class Released:
    """It went up after ``seconds``."""

    key: str
    seconds: float


class EventReceiver:
    """Makes presses of the telephone-event packets of one party.

    Packets may be missing, doubled or out of order: a press is told once, by its first packet that comes,
    even if that is one of its ends; its release by the first end, by the beginning of another press, or
    by :data:`SILENCE`.
    """

    def __init__(self) -> None:
        self._key = ""
        self._stamp: int | None = None  # of the last press
        self._first = 0  # of its first segment
        self._down = False
        self._duration = 0
        self._heard = 0.0

    @property
    def down(self) -> bool:
        """Whether a key is down."""
        return self._down

    def receive(self, timestamp: int, payload: bytes, now: float) -> list[Pressed | Released]:
        """Take a packet.

        Parameters
        ----------
        timestamp : int
            Of the RTP header.
        payload : bytes
            Of at least four bytes; what is no key is ignored.
        now : float
            Seconds by any clock.
        """
        if len(payload) < _PAYLOAD.size:
            return []
        event, flags, duration = _PAYLOAD.unpack_from(payload)
        if event >= len(KEYS):
            return []
        key, end = KEYS[event], bool(flags & 0x80)
        told: list[Pressed | Released] = []
        if self._stamp is not None:
            forward = timestamp - self._stamp & 0xFFFFFFFF
            if forward >= _OLD:
                return []  # an earlier press, come late
            if forward and self._down and key == self._key and _CONTINUED <= forward <= SEGMENT:
                self._stamp, self._duration, forward = timestamp, 0, 0
            if not forward:
                if key != self._key:
                    return []
                return self._go_on(duration, end, now)
            told += self._release()
        self._key, self._stamp, self._first = key, timestamp, timestamp
        self._down, self._duration = True, 0
        told.append(Pressed(key))
        return told + self._go_on(duration, end, now)

    def elapse(self, now: float) -> list[Pressed | Released]:
        """Take in the time: a press of which nothing more comes is over."""
        if self._down and now - self._heard > SILENCE:
            return self._release()
        return []

    def forget(self) -> None:
        """Begin anew: another stream has other timestamps."""
        self._stamp, self._down = None, False

    def _go_on(self, duration: int, end: bool, now: float) -> list[Pressed | Released]:
        if not self._down:
            return []
        self._heard = now
        self._duration = max(self._duration, duration)
        return self._release() if end else []

    def _release(self) -> list[Pressed | Released]:
        if not self._down or self._stamp is None:
            return []
        self._down = False
        samples = (self._stamp - self._first & 0xFFFFFFFF) + self._duration
        return [Released(self._key, samples / _RATE)]


@dataclass(frozen=True, slots=True)
class EventPacket:
    """A packet to send: ``timestamp`` is that of the beginning of its press (or segment)."""

    timestamp: int
    payload: bytes
    marker: bool


class EventSender:
    """Sends presses as telephone-events, one step of 20 ms after the other.

    Parameters
    ----------
    press, pause : int
        Steps that a key of :meth:`press` is down, and that follow it in silence.
    """

    def __init__(self, press: int = 5, pause: int = 4) -> None:
        self._press, self._pause = press, pause
        self._waiting: deque[tuple[str, int | None]] = deque()
        self._key = ""
        self._steps: int | None = None  # how long the key is to be down; none: until it is released
        self._stamp: int | None = None
        self._duration = 0
        self._resting = 0

    @property
    def busy(self) -> bool:
        """Whether there is something to send, or a pause to keep."""
        return bool(self._stamp is not None or self._waiting or self._resting)

    @property
    def waiting(self) -> int:
        """Presses that have not begun."""
        return len(self._waiting)

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        self._waiting.extend((key, self._press) for key in keys if key in KEYS)

    def hold(self, key: str) -> None:
        """Press a key until :meth:`release`."""
        if key in KEYS:
            self._waiting.append((key, None))

    def release(self, seconds: float) -> None:
        """Let the key that is held go up, after ``seconds`` from its beginning at the earliest."""
        steps = max(round(seconds * _RATE / STEP), 2)
        if self._waiting and self._waiting[-1][1] is None:
            self._waiting[-1] = self._waiting[-1][0], steps
        elif self._stamp is not None and self._steps is None:
            self._steps = steps

    def step(self, timestamp: int) -> list[EventPacket] | None:
        """Return what is sent in this step instead of sound, ``None`` where sound (silence) is sent.

        Parameters
        ----------
        timestamp : int
            That the sound of this step would have.
        """
        if self._stamp is None:
            if self._resting:
                self._resting -= 1
                return None
            if not self._waiting:
                return None
            self._key, self._steps = self._waiting.popleft()
            self._stamp, self._duration = timestamp, STEP
            return [self._packet(marker=True)]
        self._duration += STEP
        held = -(-self._duration // STEP)
        if self._duration > SEGMENT:  # RFC 4733, 2.5.1.3: the rest is a new segment
            last = EventPacket(self._stamp, self._payload(SEGMENT), False)
            self._stamp += SEGMENT
            self._duration -= SEGMENT
            if self._steps is not None:
                self._steps -= held - 1
            return [last, self._packet()]
        if self._steps is not None and held >= self._steps:
            packet = EventPacket(self._stamp, self._payload(self._duration, end=True), False)
            self._stamp, self._resting = None, self._pause
            return [packet] * _ENDS
        return [self._packet()]

    def _packet(self, *, marker: bool = False) -> EventPacket:
        assert self._stamp is not None
        return EventPacket(self._stamp, self._payload(self._duration), marker)

    def _payload(self, duration: int, *, end: bool = False) -> bytes:
        return _PAYLOAD.pack(KEYS.index(self._key), _VOLUME | end << 7, duration)
