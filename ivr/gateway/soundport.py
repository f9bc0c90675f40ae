"""The RTP side of one call: a UDP port of its own, at which the media process hears and is heard."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable

from calls.errors import LinkError
from ivr.gateway.rtp import Stream, event_key, read_packet
from ivr.gateway.sound import Format, Framer, from_alaw
from ivr.sip.sdp import PCMA, PCMU, Agreed
from speech.g711 import alaw_encode
from speech.keytones import key_tones

#: Datagrams taken at a time.
_MOST = 32
_LARGEST = 2048
_FORMATS: dict[int, Format] = {PCMA: "alaw", PCMU: "ulaw"}
#: A key that the media process presses for the party: a tone as long as ITU-T Q.24 wants it, and longer.
_TONE_SECONDS, _PAUSE_SECONDS = 0.12, 0.06


class SoundPort:
    """Binds a port; :meth:`connect` says whom to talk to. Used on an asyncio loop.

    Parameters
    ----------
    host : str
        Our address towards the media process.
    played : callable
        Called with each frame of A-law that the media process sends.

    Raises
    ------
    LinkError
        There is no port.
    """

    def __init__(self, host: str, played: Callable[[bytes], None]) -> None:
        self._host = host
        self._played = played
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, 0))
        except OSError as error:
            self._socket.close()
            raise LinkError(f"no port for sound at {host}: {error.strerror}") from None
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)
        self._stream = Stream(secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
        self._agreed: Agreed | None = None
        self._framers: dict[int, Framer] = {}
        self._event: int | None = None
        self._lost = 0

    @property
    def number(self) -> int:
        """The port."""
        number: int = self._socket.getsockname()[1]
        return number

    @property
    def dropped(self) -> int:
        """Frames that could not be sent."""
        return self._stream.dropped + self._lost

    def connect(self, agreed: Agreed) -> None:
        """Send to, and take sound from, whom this names; said again where that changes."""
        self._agreed = agreed

    def send(self, frame: bytes) -> None:
        """Send 20 ms of A-law that the party has just sent; nothing where nobody is there to hear it."""
        to = self._agreed
        if to is None or to.direction not in ("sendrecv", "sendonly"):
            return
        sound = from_alaw(frame, _FORMATS[to.payload_type])
        packet = self._stream.packet(sound, to.payload_type, self._loop.time())
        if packet is not None:
            try:
                self._socket.sendto(packet, (to.host, to.port))
            except OSError:
                self._lost += 1

    def close(self) -> None:
        """Give the port back. Idempotent."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        for _ in range(_MOST):
            try:
                data, source = self._socket.recvfrom(_LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # ICMP: nobody hears us yet
                continue
            self._datagram(data, source[:2])
            if self._socket.fileno() < 0:  # hearing it ended the call
                return

    def _datagram(self, data: bytes, source: tuple[str, int]) -> None:
        known = self._agreed
        if known is None or source[1] != known.port or source[0] not in (known.host, self._host):
            return
        packet = read_packet(data)
        if packet is None:
            return
        if packet.payload_type in _FORMATS:
            kind = packet.payload_type
            framer = self._framers.setdefault(kind, Framer(_FORMATS[kind]))
            frames = framer.take(packet.payload)
        elif packet.payload_type == known.event_type and packet.timestamp != self._event:
            self._event = packet.timestamp
            frames = _tone(event_key(packet.payload))
        else:
            return
        for frame in frames:
            self._played(frame)


def _tone(key: str) -> list[bytes]:
    """Return a key as the sound that stands for it: a party outside takes no telephone-events."""
    if not key:
        return []
    return Framer("alaw").take(alaw_encode(key_tones(key, on=_TONE_SECONDS, off=_PAUSE_SECONDS)))
