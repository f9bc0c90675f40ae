"""Session descriptions as SIPp sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.peers.rtp import PCMA, PCMU

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

_NAMES = {PCMA: "PCMA/8000", PCMU: "PCMU/8000", 9: "G722/8000", 18: "G729/8000"}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a party offers, or answers.

    Parameters
    ----------
    codecs : tuple of int
        Payload types, the favourite first.
    event_type : int or None
        Payload type of telephone-event; nothing offers none.
    ptime : int or None
        Milliseconds of sound in a packet.
    direction : str
        Seen from SIPp: ``sendonly`` puts the other side on hold.
    streamed : bool
        Name the port that ``rtp_stream`` sends from, where nobody listens, instead of the receiver's.
    host : str
        Where its media is, if not at the receiver's address; ``0.0.0.0`` is the hold of old telephones.
    """

    codecs: tuple[int, ...] = (PCMA, PCMU)
    event_type: int | None = 101
    ptime: int | None = 20
    direction: Direction = "sendrecv"
    streamed: bool = False
    host: str = "[media_ip]"

    def text(self, version: int) -> str:
        """Return the description, ``version`` being that of its o= line (RFC 4566; RFC 3264, 8)."""
        types = [*self.codecs, *([] if self.event_type is None else [self.event_type])]
        port = "[rtpstream_audio_port]" if self.streamed else "[media_port]"
        lines = [
            "v=0",
            f"o=sipp 1 {version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP {' '.join(map(str, types))}",
            *(f"a=rtpmap:{codec} {_NAMES[codec]}" for codec in self.codecs),
        ]
        if self.event_type is not None:
            lines += [f"a=rtpmap:{self.event_type} telephone-event/8000", f"a=fmtp:{self.event_type} 0-16"]
        if self.ptime is not None:
            lines.append(f"a=ptime:{self.ptime}")
        lines.append(f"a={self.direction}")
        if self.streamed:  # or recorded packets leave from port 0
            lines.append("a=x-audio-pcapport:[media_port]")
        return "\n".join(lines) + "\n"


#: Both codecs, telephone-events of type 101, 20 ms, both ways.
USUAL = Offer()
#: The other side is put on hold.
HOLD = Offer(direction="sendonly")
