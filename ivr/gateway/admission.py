"""Who may bring calls: an Asterisk with the token or from a known address, a page with a ticket."""

from __future__ import annotations

import hmac
import uuid
from urllib.parse import urlsplit

from calls import ticket
from ivr.gateway.dialect import Called

#: Seconds for which a call that was announced is awaited.
ANNOUNCED_SECONDS = 30.0
#: Calls that may be announced at a time, and tickets that may be in use.
MOST = 5000
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class Admission:
    """Decides without I/O; seconds since 1970 are given.

    Parameters
    ----------
    token, web_secret : str
        As in :class:`~ivr.gateway.settings.GatewaySettings`.
    sources, origins : tuple of str
        As there.
    """

    def __init__(
        self, token: str, web_secret: str, sources: tuple[str, ...] = (), origins: tuple[str, ...] = ()
    ) -> None:
        self._token = token
        self._web_secret = web_secret
        self._sources = sources
        self._origins = origins
        self._announced: dict[uuid.UUID, tuple[float, Called]] = {}
        self._used: dict[str, float] = {}

    def asterisk(self, shown: str, source: str) -> bool:
        """Tell whether who shows this token and comes from this address may bring calls."""
        if self._token:
            return hmac.compare_digest(shown.encode(), self._token.encode())
        return source in self._sources

    def announce(self, identifier: uuid.UUID, called: Called, now: float) -> bool:
        """Expect an AudioSocket with this identifier; tell whether there is room for that."""
        while self._announced and next(iter(self._announced.values()))[0] <= now:
            del self._announced[next(iter(self._announced))]
        if len(self._announced) >= MOST:
            return False
        self._announced.pop(identifier, None)  # it goes to the end: they are in the order of their time
        self._announced[identifier] = now + ANNOUNCED_SECONDS, called
        return True

    def identified(self, identifier: uuid.UUID, source: str, now: float) -> Called | None:
        """Return what is known of an AudioSocket's call, ``None`` where it may not come."""
        expires, called = self._announced.pop(identifier, (0.0, None))
        if called is not None and now < expires:
            return called
        return Called() if self.asterisk("", source) else None

    def origin(self, origin: str | None) -> bool:
        """Tell whether a page from this origin (RFC 6454, 7) may call."""
        if origin is None:
            return False
        return origin in self._origins if self._origins else _local(origin)

    def web(self, text: str, now: float) -> ticket.Ticket | None:
        """Take a ticket; return ``None`` where it is not good, or not good any more."""
        found = ticket.read(self._web_secret, text, now)
        self._used = {number: expires for number, expires in self._used.items() if expires > now}
        if found is None or found.number in self._used or len(self._used) >= MOST:
            return None
        self._used[found.number] = found.expires
        return found


def _local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in _THIS_MACHINE
    except ValueError:
        return False
