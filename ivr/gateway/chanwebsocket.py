"""Asterisk's channel driver ``chan_websocket``: media in binary frames, control in text frames.

Both formats of control messages are understood, plain text and JSON (Asterisk 20.18, 22.8 and 23.2 on), and
commands are sent in the one in which Asterisk began. Every binary frame that is sent holds 20 ms exactly, so
nothing has to be buffered there (``START_MEDIA_BUFFERING`` is for whole files): Asterisk's timer plays one
each 20 ms, and silence where there is none.

Source: docs.asterisk.org, Configuration/Channel-Drivers/WebSocket, and ``channels/chan_websocket.c`` of 22.8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from ivr.gateway.dialect import KEYS, Called, Complained, Event, HungUp, Piece, Pressed, Sounded
from ivr.gateway.sound import FORMATS, Format, Framer, from_alaw

#: Frames waiting in Asterisk from which on they are thrown away for the newer ones: 0.4 s of delay.
DEEP = 20
#: Seconds between two questions after that queue.
STATUS_SECONDS = 5.0
#: Bytes of a binary frame that is taken: Asterisk sends 20 ms at a time.
LARGEST = 16_000
#: Fields of a call: parameters of the URI, and channel variables ``HUAWU_CALLER`` and so on (JSON only).
FIELDS = ("caller", "callee", "name", "flow")
_SHOWN = 200


class ChanWebsocket:
    """One call of an Asterisk; as :class:`~ivr.gateway.dialect.Dialect`.

    Parameters
    ----------
    query : mapping
        Parameters of the URI: ``caller``, ``callee``, ``name``, ``flow`` are used.
    """

    door: Literal["asterisk", "web"] = "asterisk"
    kind = "chan_websocket"

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query
        self._json = False
        self._format: Format = "alaw"
        self._framer: Framer | None = None
        self._flush = False
        self._asked = 0.0
        #: Frames that came before Asterisk had said what they are.
        self.dropped = 0
        #: Times that Asterisk's queue was thrown away because it had grown.
        self.flushed = 0

    def receive(self, data: Piece) -> list[Event]:
        """Take a frame that Asterisk sent."""
        if isinstance(data, bytes):
            return self._sound(data)
        name, fields = self._event(data)
        if name == "MEDIA_START":
            return self._start(fields)
        if name == "DTMF_END" and fields.get("digit") in KEYS:
            return [Pressed(fields["digit"])]
        if name == "MEDIA_XOFF":
            self._flush = True
        elif name == "STATUS":
            depth = str(fields.get("queue_length", ""))
            self._flush = self._flush or (depth.isdecimal() and int(depth) > DEEP)
        elif name == "ERROR":
            return [Complained(f"Asterisk says: {str(fields.get('error_text') or data)[:_SHOWN]}")]
        return []

    def ring(self) -> list[Piece]:
        """Return nothing: Asterisk's dialplan rings."""
        return []

    def answer(self) -> list[Piece]:
        """Return the command that answers a channel dialled with option ``n``; others are answered."""
        return [self._command("ANSWER")]

    def hear(self, frame: bytes, now: float) -> list[Piece]:
        """Return the frame for Asterisk, and now and then the question how many wait there."""
        if self._framer is None:
            return []
        pieces: list[Piece] = []
        if self._flush:
            self._flush = False
            self.flushed += 1
            pieces.append(self._command("FLUSH_MEDIA"))
        if now - self._asked >= STATUS_SECONDS:
            self._asked = now
            pieces.append(self._command("GET_STATUS"))
        return [*pieces, from_alaw(frame, self._format)]

    def tell(self, text: str) -> list[Piece]:
        """Return nothing: Asterisk does not ask."""
        return []

    def hang_up(self, code: int, reason: str) -> list[Piece]:
        """Return the command that hangs the channel up; Asterisk closes the connection after it."""
        return [self._command("HANGUP")]

    def _sound(self, data: bytes) -> list[Event]:
        if len(data) > LARGEST:
            return [HungUp(f"a frame of {len(data)} bytes")]
        if self._framer is None:  # it may overtake MEDIA_START: asterisk/asterisk issue 1712
            self.dropped += 1
            return []
        return [Sounded(frame) for frame in self._framer.take(data)]

    def _start(self, fields: dict[str, Any]) -> list[Event]:
        if self._framer is not None:
            return []
        named = str(fields.get("format", ""))
        if named not in FORMATS:
            return [
                HungUp(f"format {named[:20]!r} is not spoken here: dial with c(alaw), c(ulaw) or c(slin)")
            ]
        self._format = named
        self._framer = Framer(named)
        variables = fields.get("channel_variables")
        variables = variables if isinstance(variables, dict) else {}
        known = {
            field: (self._query.get(field) or str(variables.get(f"HUAWU_{field.upper()}", "")))[:_SHOWN]
            for field in FIELDS
        }
        return [Called(**known)]

    def _event(self, text: str) -> tuple[str, dict[str, Any]]:
        """Return the name and the fields of an event in either format."""
        if text.lstrip().startswith("{"):
            self._json = True
            try:
                fields = json.loads(text)
            except ValueError:
                return "", {}
            return (str(fields.get("event", "")), fields) if isinstance(fields, dict) else ("", {})
        name, _, rest = text.strip().partition(" ")
        if name == "ERROR":
            return name, {"error_text": rest.partition("error_text:")[2]}
        pairs = (word.partition(":") for word in rest.split(" "))
        return name, {key: value for key, colon, value in pairs if colon}

    def _command(self, name: str) -> str:
        return json.dumps({"command": name}) if self._json else name
