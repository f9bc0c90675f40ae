"""A caller over ways that SIPp of Debian does not know: TLS and WebSocket, and one behind a NAT.

It says no more SIP than one call needs, and says it as plainly as possible.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from websockets.sync.client import connect
from websockets.typing import Subprotocol

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\n"
)
_PATIENCE = 10.0


class Way(Protocol):
    """Something that carries whole messages."""

    transport: str

    def send(self, text: str) -> None:
        """Send a message."""

    def receive(self) -> str:
        """Wait for a message."""

    def close(self) -> None:
        """End it."""


class Datagrams:
    """UDP, to one address."""

    transport = "UDP"

    def __init__(self, host: str, port: int, near: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((near, 0))
        self.socket.connect((host, port))
        self.socket.settimeout(_PATIENCE)

    def send(self, text: str) -> None:
        self.socket.send(text.encode())

    def receive(self) -> str:
        return self.socket.recv(65536).decode()

    def nothing_came(self) -> bool:
        """Whether no message waits."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(65536)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(_PATIENCE)
        return False

    def close(self) -> None:
        self.socket.close()


class Tls:
    """TLS, with a certificate that must be right."""

    transport = "TLS"

    def __init__(self, host: str, port: int, certificate: Path) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        plain = socket.create_connection((host, port), _PATIENCE)
        self._socket = context.wrap_socket(plain, server_hostname=host)
        self.version = self._socket.version()
        self._file = self._socket.makefile("rb")

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def receive(self) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                raise EOFError("the connection ended")
            head = (head + line).lstrip(b"\r\n")
        length = re.search(rb"^Content-Length\s*:\s*(\d+)", head, re.MULTILINE | re.IGNORECASE)
        return (head + self._file.read(int(length[1]) if length else 0)).decode()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class WebSocket:
    """SIP over a secure WebSocket: RFC 7118."""

    transport = "WSS"

    def __init__(self, host: str, port: int, certificate: Path, origin: str) -> None:
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(
            connect(
                f"wss://{host}:{port}/",
                ssl=ssl.create_default_context(cafile=str(certificate)),
                subprotocols=[Subprotocol("sip")],
                additional_headers={"Origin": origin},
                open_timeout=_PATIENCE,
                proxy=None,
            )
        )

    def send(self, text: str) -> None:
        self._socket.send(text)

    def receive(self) -> str:
        got = self._socket.recv(_PATIENCE)
        return got if isinstance(got, str) else got.decode()

    def close(self) -> None:
        self._opened.close()


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came."""

    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\r\n")[0]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.text[8:11]) if self.text.startswith("SIP/2.0 ") else 0

    @property
    def body(self) -> str:
        return self.text.partition("\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        """Return the values of a header, in order."""
        found = re.findall(rf"^{name}\s*:[ \t]*(.*)$", self.text.partition("\r\n\r\n")[0], re.M | re.I)
        return [each.strip() for each in found]


class Telephone:
    """One call over a way, in a ``with`` block.

    Parameters
    ----------
    way : Way
    address : str
        ``host:port`` that it believes to be its own, right or not.
    scheme : str
        Of the address that it calls.
    """

    def __init__(self, way: Way, address: str, scheme: str = "sip") -> None:
        self._way, self._address, self._scheme = way, address, scheme
        self._call, self._tag = os.urandom(6).hex(), os.urandom(4).hex()
        self._cseq = 0
        self._to = ""
        self._target = ""
        self._routes: list[str] = []

    def __enter__(self) -> Telephone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._way.close()

    def invite(self, number: str, sdp: str) -> Message:
        """Call, wait for the final answer, and acknowledge it."""
        self._to = f"<{self._scheme}:{number}@kamailio.test>"
        self._target = f"{self._scheme}:{number}@kamailio.test"
        branch = self._send("INVITE", sdp)
        answer = self.answer()
        self._to = answer.headers("To")[0]
        if answer.status == 200:
            self._target = answer.headers("Contact")[0].strip("<>")
            self._routes = answer.headers("Record-Route")[::-1]
            branch = ""
        self._send("ACK", branch=branch)
        return answer

    def ask(
        self, method: str, uri: str = "sip:kamailio.test", to_tag: str = "", routes: Sequence[str] = ()
    ) -> None:
        """Send a request outside the call, or one that pretends to be inside."""
        self._target, self._routes = uri, list(routes)
        self._to = f"<{uri}>{f';tag={to_tag}' if to_tag else ''}"
        self._send(method)

    def answer(self) -> Message:
        """Wait for a final answer."""
        while (message := self.hear()).status < 200:
            pass
        return message

    def bye(self) -> Message:
        """Hang up."""
        self._send("BYE")
        return self.answer()

    def hear(self) -> Message:
        """Wait for a message."""
        return Message(self._way.receive())

    def agree(self, request: Message) -> None:
        """Answer a request of the other side with 200."""
        kept = [
            f"{name}: {each}"
            for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq")
            for each in request.headers(name)
        ]
        self._way.send("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]))

    def _send(self, method: str, body: str = "", branch: str = "") -> str:
        branch = branch or f"z9hG4bK{os.urandom(6).hex()}"
        self._cseq += method != "ACK"
        transport = self._way.transport
        way = {"WSS": "ws"}.get(transport, transport.lower())
        lines = [
            f"{method} {self._target} SIP/2.0",
            f"Via: SIP/2.0/{transport} {self._address};branch={branch};rport",
            *(f"Route: {each}" for each in self._routes),
            f"From: <{self._scheme}:13900001234@kamailio.test>;tag={self._tag}",
            f"To: {self._to}",
            f"Call-ID: {self._call}@telephone",
            f"CSeq: {self._cseq} {method}",
            f"Contact: <sip:telephone@{self._address};transport={way}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body.encode())}",
        ]
        self._way.send("\r\n".join([*lines, "", body]))
        return branch
