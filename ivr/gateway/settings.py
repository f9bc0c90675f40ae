"""What the gateway process is started with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from calls.errors import ServeError

#: Path of the gateway's Unix socket, below the run folder.
SOCKET = "gateway.sock"
#: A secret that begins so is read from that file: arguments of a process can be seen by everyone.
FILE = "file:"
#: Characters of a secret at least.
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Settings of the gateway; they travel as JSON.

    Parameters
    ----------
    run : str
        Run folder; the engine is awaited at :data:`SOCKET` in it.
    host : str
        Address to listen at for Asterisk and browsers.
    web_port : int
        Port for WebSockets: chan_websocket and the browser page. 0 is none.
    audiosocket_port : int
        Port for AudioSocket. 0 is none.
    token : str
        What an Asterisk must show, at least 16 characters, or ``file:PATH``. Without one, only
        ``sources`` may bring calls.
    web_secret : str
        Signs the tickets of the browser page, shared with the console; or ``file:PATH``. Without one,
        the page gets no call.
    most_calls : int
        At the same time.
    media_host : str
        Our address of this machine that the media process reaches.
    sources : tuple of str
        Addresses that an Asterisk without a token may come from.
    origins : tuple of str
        Where the browser page may come from, ``https://desk.example.cn``; this machine by default.

    Raises
    ------
    ServeError
        A value is wrong.
    """

    run: str
    host: str = "127.0.0.1"
    web_port: int = 8061
    audiosocket_port: int = 0
    token: str = ""
    web_secret: str = ""
    most_calls: int = 200
    media_host: str = "127.0.0.1"
    sources: tuple[str, ...] = ("127.0.0.1", "::1")
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("sources", "origins"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("token", "web_secret"):
            object.__setattr__(self, name, _secret(name, getattr(self, name)))
        for name in ("web_port", "audiosocket_port"):
            if not 0 <= getattr(self, name) <= 65535:
                raise ServeError(f"gateway: {name} {getattr(self, name)!r} is no port")
        if self.most_calls < 1:
            raise ServeError(
                f"gateway: most_calls {self.most_calls!r}", "at least 1, or leave the gateway out"
            )
        for name in ("host", "media_host"):
            _address(name, getattr(self, name))
        for source in self.sources:
            _address("sources", source)
        if not self.token and not _address("host", self.host).is_loopback:
            raise ServeError(
                f"gateway: host {self.host!r} can be reached by others, and there is no token",
                "set token, which your Asterisk then shows, or listen at 127.0.0.1",
            )


def _secret(name: str, value: str) -> str:
    if value.startswith(FILE):
        path = Path(value.removeprefix(FILE))
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ServeError(f"gateway: {name} in {path}: {error}") from None
    if value and len(value) < SHORTEST_SECRET:
        raise ServeError(
            f"gateway: {name} has {len(value)} characters", f"take {SHORTEST_SECRET} or more, at random"
        )
    return value


def _address(name: str, value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        raise ServeError(f"gateway: {name} {value!r} is no address", "such as 127.0.0.1") from None
