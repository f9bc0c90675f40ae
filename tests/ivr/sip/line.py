"""A socket that speaks SIP letter by letter, for what SIPp cannot say."""

from __future__ import annotations

import socket
import time

from tests.ivr.sip.stand import PATIENCE, Signalling
from tests.ivr.sip.torture import message

VIA = "Via: SIP/2.0/UDP 127.0.0.1:{{port}};branch=z9hG4bK{}{{n}}"


class Wire:
    """A socket that speaks SIP letter by letter."""

    def __init__(self, sip: Signalling) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._target = ("127.0.0.1", sip.port)

    def say(self, data: bytes, number: int | str = 1) -> None:
        data = data.replace(b"{port}", str(self.port).encode()).replace(b"{n}", str(number).encode())
        self._socket.sendto(data, self._target)

    def hear(self, seconds: float = PATIENCE) -> str:
        """Return the next message, nothing where none comes."""
        self._socket.settimeout(seconds)
        try:
            return self._socket.recv(65_535).decode()
        except TimeoutError:
            return ""

    def final(self, seconds: float = PATIENCE) -> int | None:
        """Return the next status from 200 on."""
        until = time.monotonic() + seconds
        while heard := self.hear(max(0.01, until - time.monotonic())):
            if heard.startswith("SIP/2.0 ") and int(heard[8:11]) >= 200:
                return int(heard[8:11])
        return None

    def close(self) -> None:
        self._socket.close()


def acknowledged(heard: str, number: int = 1) -> bytes:
    """Return the ACK to a 2xx."""
    tag = heard.split("To: ")[1].split("tag=")[1].split("\r\n")[0]
    return message("ACK", to=f"To: <sip:110@service.example>;tag={tag}", via=VIA.format(f"ack{number}"))
