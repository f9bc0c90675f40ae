"""Asterisk's AudioSocket: a TCP stream of messages with a kind, a length and int16 sound at 8 kHz.

Asterisk sends an identifier first, then sound and keys; it takes sound and a hang-up, and ends the call at
anything else.

Source: docs.asterisk.org, Configuration/Channel-Drivers/AudioSocket, and ``res/res_audiosocket.c``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Literal

from ivr.gateway.dialect import KEYS, Called, Complained, Event, HungUp, Piece, Pressed, Sounded
from ivr.gateway.sound import Framer, from_alaw

HANG_UP, IDENTIFIER, DIGIT, SOUND, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
#: Kinds of sound at other rates, which newer Asterisks know.
OTHER_RATES = range(0x11, 0x20)
#: Bytes of a message that is taken: half a second of sound.
LARGEST = 8000
_HEADER = 3


class AudioSocket:
    """One call of an Asterisk; as :class:`~ivr.gateway.dialect.Dialect`.

    Parameters
    ----------
    identified : callable
        Given the identifier of the call, it returns what is known of it, or ``None`` to refuse it.
    """

    door: Literal["asterisk", "web"] = "asterisk"
    kind = "audiosocket"

    def __init__(self, identified: Callable[[uuid.UUID], Called | None]) -> None:
        self._identified = identified
        self._waiting = b""
        self._framer = Framer("slin")
        self._called = False

    def receive(self, data: Piece) -> list[Event]:
        """Take bytes from the stream, as many as came."""
        assert isinstance(data, bytes)
        events: list[Event] = []
        self._waiting += data
        while len(self._waiting) >= _HEADER:
            size = int.from_bytes(self._waiting[1:_HEADER], "big")
            if size > LARGEST:
                return [*events, HungUp(f"a message of {size} bytes")]
            if len(self._waiting) < _HEADER + size:
                break
            kind, payload = self._waiting[0], self._waiting[_HEADER : _HEADER + size]
            self._waiting = self._waiting[_HEADER + size :]
            events += self._message(kind, payload)
            if events and isinstance(events[-1], HungUp):
                break
        return events

    def ring(self) -> list[Piece]:
        """Return nothing: there is no such message."""
        return []

    def answer(self) -> list[Piece]:
        """Return nothing: Asterisk has answered before it connects."""
        return []

    def hear(self, frame: bytes, now: float) -> list[Piece]:
        """Return the frame for Asterisk, which plays it at once."""
        return [message(SOUND, from_alaw(frame, "slin"))]

    def tell(self, text: str) -> list[Piece]:
        """Return nothing: Asterisk does not ask."""
        return []

    def hang_up(self, code: int, reason: str) -> list[Piece]:
        """Return the message that ends the call."""
        return [message(HANG_UP)]

    def _message(self, kind: int, payload: bytes) -> list[Event]:
        if kind == IDENTIFIER and not self._called:
            known = self._identified(uuid.UUID(bytes=payload)) if len(payload) == 16 else None
            self._called = known is not None
            return [known or HungUp("it may not bring calls")]
        if not self._called:
            return [HungUp("it does not begin with the identifier of a call")]
        if kind == SOUND:
            return [Sounded(frame) for frame in self._framer.take(payload)]
        if kind == DIGIT:
            key = payload.decode("ascii", "replace")
            return [Pressed(key)] if key in KEYS else []
        if kind == HANG_UP:
            return [HungUp()]
        if kind == ERROR:
            return [Complained(f"Asterisk reports error {payload[:8].hex() or 'without a number'}")]
        if kind in OTHER_RATES:
            return [HungUp("sound is not at 8 kHz: use the application AudioSocket(), or Dial with c(slin)")]
        return []


def message(kind: int, payload: bytes = b"") -> bytes:
    """Return a message as bytes."""
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload
