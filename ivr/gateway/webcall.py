"""The browser page's side of a call: sound in binary frames, the rest in JSON.

The page sends ``{"key": "5"}`` and ``{"hangup": true}``. It is told ``{"state": "ringing"}``, ``"answered"``
and ``{"state": "ended", "code": …, "reason": …}``, and what the engine says about its call.
"""

from __future__ import annotations

import json
from typing import Literal

from ivr.gateway.dialect import KEYS, Called, Event, HungUp, Piece, Pressed, Sounded
from ivr.gateway.sound import Format, Framer, from_alaw

#: Bytes of a binary frame that is taken: half a second.
LARGEST = 8000
#: Characters of a text frame.
LONGEST = 200


class WebCall:
    """One call of a browser page; as :class:`~ivr.gateway.dialect.Dialect`.

    Parameters
    ----------
    format : str
        Of its sound, both ways.
    """

    door: Literal["asterisk", "web"] = "web"
    kind = "web"

    def __init__(self, format: Format = "slin") -> None:
        self._format = format
        self._framer = Framer(format)

    def begin(self, flow: str) -> Called:
        """Return that the page calls: its request has said so."""
        return Called(name="web", flow=flow)

    def receive(self, data: Piece) -> list[Event]:
        """Take a frame that the page sent."""
        if isinstance(data, bytes):
            if len(data) > LARGEST:
                return [HungUp(f"a frame of {len(data)} bytes")]
            return [Sounded(frame) for frame in self._framer.take(data)]
        said = _object(data)
        if said.get("hangup") is True:
            return [HungUp()]
        key = said.get("key")
        return [Pressed(key)] if isinstance(key, str) and key in KEYS else []

    def ring(self) -> list[Piece]:
        """Return what tells the page that it rings."""
        return [json.dumps({"state": "ringing"})]

    def answer(self) -> list[Piece]:
        """Return what tells the page that it is answered."""
        return [json.dumps({"state": "answered"})]

    def hear(self, frame: bytes, now: float) -> list[Piece]:
        """Return the frame as the page wants it."""
        return [from_alaw(frame, self._format)]

    def tell(self, text: str) -> list[Piece]:
        """Return what the engine says, unless it is no JSON object: the page trusts that."""
        return [text] if _object(text, longest=None) else []

    def hang_up(self, code: int, reason: str) -> list[Piece]:
        """Return the last that the page is told."""
        return [json.dumps({"state": "ended", "code": code, "reason": reason}, ensure_ascii=False)]


def _object(text: str, longest: int | None = LONGEST) -> dict[str, object]:
    if longest is not None and len(text) > longest:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
