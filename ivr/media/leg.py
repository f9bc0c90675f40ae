"""One party's stream, as far as it is not in the arrays."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from ivr.media.playout import Stream
from ivr.media.recorder import Track
from ivr.media.rtcp import Block
from ivr.media.telephone_event import EventReceiver, EventSender
from ivr.wire.media import ConnectLeg


@dataclass(slots=True)
class Message:
    """What a party says, kept for playing.

    Parameters
    ----------
    most : int
        Bytes that are kept.
    """

    most: int
    sound: bytearray = field(default_factory=bytearray)
    running: bool = True

    def add(self, sound: bytes) -> None:
        """Keep more of it, as long as there is room."""
        if self.running:
            self.sound += sound[: self.most - len(self.sound)]

    def stream(self, play: int) -> Stream:
        """Return it for playing."""
        stream = Stream(play, most=self.most)
        stream.feed(bytes(self.sound), last=True)
        return stream


class Pacer:
    """Cuts frames of 20 ms into packets of another length, every 10 ms.

    Parameters
    ----------
    ptime : int
        Milliseconds of a packet, 10 to 60 in steps of 10.
    """

    def __init__(self, ptime: int) -> None:
        self._size = 8 * ptime
        self._sound = bytearray()
        self._released = 0
        self._stamp = 0

    def add(self, frame: bytes, timestamp: int) -> None:
        """Take the next frame; packets of it leave now and 10 ms later."""
        if not self._sound:
            self._stamp = timestamp
        self._sound += frame

    def take(self) -> tuple[int, bytes] | None:
        """Go on by 10 ms; return timestamp and sound of the packet that is due, if one is."""
        self._released = min(self._released + 80, len(self._sound))
        if self._released < self._size:
            return None
        packet = self._stamp, bytes(self._sound[: self._size])
        del self._sound[: self._size]
        self._released -= self._size
        self._stamp += self._size
        return packet

    def clear(self) -> None:
        """Drop what waits."""
        self._sound.clear()
        self._released = 0


@dataclass(eq=False, slots=True)
class Leg:
    """A leg: who it is, its sockets, and what happens to it now and then, not every frame.

    Parameters
    ----------
    id : str
    slot : int
        Its row in all arrays.
    port : int
    sound, control : socket.socket
        For RTP and RTCP.
    """

    id: str
    slot: int
    port: int
    sound: socket.socket
    control: socket.socket
    #: The last command; none before the first.
    session: ConnectLeg | None = None
    #: Where to send to: as the engine said, or as learnt.
    address: tuple[str, int] | None = None
    control_address: tuple[str, int] | None = None
    #: Whether the party's address is certain and the socket hears nobody else.
    learnt: bool = False
    #: The address that was, if the party has fallen silent since.
    trusted: tuple[str, int] | None = None
    #: Where packets come from that was not announced: address, how many came, and since when.
    candidate: tuple[tuple[str, int], int, float] | None = None
    #: SSRC of the party, and one that would take its place if another packet of it came.
    source: int | None = None
    other_source: int | None = None
    #: Tick at which the clock of the leg began.
    began: int = 0
    events_in: EventReceiver = field(default_factory=EventReceiver)
    events_out: EventSender = field(default_factory=EventSender)
    pacer: Pacer | None = None
    #: Whether telephone-events have come: keys as tones are not told then.
    has_events: bool = False
    tone: tuple[str, float] = ("", -1.0)
    track: Track | None = None
    #: Tick from which sound was not handed to the recording or the message yet.
    recorded_to: int = 0
    silent: bool = False
    silent_since: float = 0.0
    recording_began: int = 0
    message: Message | None = None
    #: A sound that is to be played once it is loaded: its name, play, loop.
    wanted: tuple[str, int, bool] | None = None
    peer: Leg | None = None
    timed_out: bool = False
    expecting_since: float = 0.0
    #: The party's last sender report: middle of its NTP time, and when it came.
    last_report: tuple[int, float] = (0, 0.0)
    reported: Block | None = None
    round_trip: float | None = None

    @property
    def sends(self) -> bool:
        """Whether the party is sent to."""
        return self.session is not None and self.session.direction in ("sendrecv", "sendonly")

    @property
    def hears(self) -> bool:
        """Whether the party may send."""
        return self.session is not None and self.session.direction in ("sendrecv", "recvonly")

    @property
    def must_send(self) -> bool:
        """Whether silence means that the party is lost: one that holds us may send music, and need not."""
        return self.session is not None and self.session.direction == "sendrecv"
