"""Who may talk to the process, how much, and whom it may call: pure, with the time as an argument.

What comes over UDP may come from anywhere, and its source may be forged. So nothing here answers: what a
source may not do is dropped and counted, and all that is remembered is bounded.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

#: Sources that are remembered; the one not heard of for the longest time is forgotten.
SOURCES = 10_000
#: Programs that only look for open doors, by the beginning of their User-Agent.
SCANNERS = (
    "friendly-scanner",
    "friendly-request",
    "sipvicious",
    "sipcli",
    "sip-scan",
    "sipsak",
    "sundayddr",
    "iwar",
    "pplsip",
    "vaxsipuseragent",
    "eyebeam scanner",
    "sipptk",
    "smap",
)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Networks:
    """A list of networks; asks for each source are remembered.

    Parameters
    ----------
    entries : iterable of str
        ``10.0.0.0/8``, or an address.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._networks: list[_Network] = [ipaddress.ip_network(each) for each in entries]
        self._known: OrderedDict[str, bool] = OrderedDict()

    def __contains__(self, source: str) -> bool:
        if source not in self._known:
            try:
                address = ipaddress.ip_address(source.strip("[]"))
            except ValueError:
                return False
            self._known[source] = any(address in each for each in self._networks)
            if len(self._known) > SOURCES:
                self._known.popitem(last=False)
        return self._known[source]

    def add(self, address: str) -> None:
        """Let an address in, too."""
        self._networks.append(ipaddress.ip_network(address))
        self._known.clear()


@dataclass(slots=True)
class _Source:
    tokens: float
    datagrams: float
    at: float
    offences: deque[float]
    banned_until: float = 0.0


class Guard:
    """What sources may do.

    Parameters
    ----------
    allowed, trusted : Networks
        Whom to listen to at all; whom never to ban.
    rate : float
        Requests outside calls in a second, for each source; bursts may be twice as large. Of datagrams
        of all kinds there may be forty times as many.
    ban_after : int
        Offences within ``ban_window`` seconds that ban a source for ``ban_seconds``.
    """

    def __init__(
        self,
        allowed: Networks,
        trusted: Networks,
        *,
        rate: float,
        ban_after: int,
        ban_window: float,
        ban_seconds: float,
    ) -> None:
        self.allowed, self.trusted = allowed, trusted
        self._rate = rate
        self._ban_after, self._ban_window, self._ban_seconds = ban_after, ban_window, ban_seconds
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def admits(self, source: str, now: float) -> bool:
        """Say whether a datagram of ``source`` is to be read at ``now``, in seconds."""
        if source not in self.allowed:
            return False
        state = self._state(source, now)
        if state.banned_until > now or state.datagrams < 1:
            return False
        state.datagrams -= 1
        return True

    def permits(self, source: str, now: float) -> bool:
        """Say whether ``source`` may make a request outside a call."""
        state = self._state(source, now)
        if state.tokens < 1:
            return False
        state.tokens -= 1
        return True

    def offends(self, source: str, now: float, *, gravely: bool = False) -> bool:
        """Note that a source sent what it should not; return whether that bans it now.

        A grave offence bans at once.
        """
        if source in self.trusted:
            return False
        state = self._state(source, now)
        state.offences.append(now)
        while state.offences[0] <= now - self._ban_window:
            state.offences.popleft()
        if not gravely and len(state.offences) < self._ban_after:
            return False
        state.banned_until = now + self._ban_seconds
        state.offences.clear()
        return True

    def _state(self, source: str, now: float) -> _Source:
        state = self._sources.get(source)
        most = 2 * self._rate
        if state is None:
            state = self._sources[source] = _Source(most, 40 * most, now, deque(maxlen=self._ban_after))
            if len(self._sources) > SOURCES:
                self._sources.popitem(last=False)
            return state
        self._sources.move_to_end(source)
        gained = max(0.0, now - state.at) * self._rate
        state.tokens = min(most, state.tokens + gained)
        state.datagrams = min(40 * most, state.datagrams + 40 * gained)
        state.at = now
        return state


def is_scanner(user_agent: str) -> bool:
    """Say whether a User-Agent is one of :data:`SCANNERS`."""
    return user_agent.strip().lower().startswith(SCANNERS)


class Throttle:
    """Lets one line a source through in so many seconds, and ``most`` of all sources; counts the rest."""

    def __init__(self, seconds: float = 60.0, most: int = 30) -> None:
        self._seconds = seconds
        self._recent: deque[float] = deque(maxlen=most)
        self._sources: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def lets(self, source: str, now: float) -> int | None:
        """Return how many lines of ``source`` were held back before this one; None holds this one back."""
        since, held = self._sources.get(source, (float("-inf"), 0))
        crowded = len(self._recent) == self._recent.maxlen and now - self._recent[0] < self._seconds
        if now - since < self._seconds or crowded:
            self._sources[source] = since, held + 1
            self._forget()
            return None
        self._recent.append(now)
        self._sources[source] = now, 0
        self._sources.move_to_end(source)
        self._forget()
        return held

    def _forget(self) -> None:
        if len(self._sources) > SOURCES:
            self._sources.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to call: what was checked and nothing else, so that no second reader sees another host."""

    user: str
    host: str
    port: int | None = None

    @property
    def uri(self) -> str:
        """As a SIP URI."""
        port = f":{self.port}" if self.port else ""
        return f"sip:{self.user}@{self.host}{port}" if self.user else f"sip:{self.host}{port}"


def target_of(text: str, domain: str = "") -> Target | None:
    """Return whom a ``sip:`` or ``tel:`` URI names, None where it is neither or hides something.

    Parameters
    ----------
    text : str
        Parameters and headers are dropped, but not those that lead elsewhere (``maddr``).
    domain : str
        Host for ``tel:`` URIs; without one they name nobody.
    """
    tel = re.fullmatch(r"tel:(\+?[0-9().\-*#]{1,40})(?:;[\w.=+\-;]*)?", text, re.IGNORECASE)
    if tel:
        number = re.sub(r"[().\-]", "", tel[1])
        return Target(number, domain) if domain and number else None
    match = re.fullmatch(
        r"sip:(?:([A-Za-z0-9\-_.!~*'()&=+$,/%]{1,64})(?:;[\w.=+\-;]*)?@)?"
        r"([A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?"
        r"((?:;[^\s<>@?]*)?)(?:\?[^\s<>@]*)?",
        text,
        re.IGNORECASE,
    )
    if not match or "maddr" in match[4].lower():
        return None
    user, port = match[1] or "", int(match[3]) if match[3] else None
    if port is not None and not 0 < port < 65536:
        return None
    if not re.fullmatch(r"[\w\-.!~*'()&=+$,/ ]*", unquote(user)):
        return None
    return Target(user, match[2].lower(), port)


class TargetRules:
    """Whom we may call, and how often: a stolen password or a flow gone wrong must not cost a fortune.

    Parameters
    ----------
    patterns : sequence of str
        ``user@host`` with ``*`` for any characters and ``?`` for one, each on its side of the ``@``.
    per_hour : int
        Calls and transfers in any hour.
    """

    def __init__(self, patterns: Sequence[str], per_hour: int) -> None:
        self._patterns = [tuple(map(_expression, each.rsplit("@", 1))) for each in patterns]
        self._recent: deque[float] = deque(maxlen=max(1, per_hour))
        self._per_hour = per_hour

    def covers(self, target: Target) -> bool:
        """Say whether ``target`` is on the list."""
        user = unquote(target.user)
        return any(
            one.fullmatch(user) is not None and other.fullmatch(target.host) is not None
            for one, other in self._patterns
        )

    def allows(self, target: Target, now: float) -> Literal["yes", "not allowed", "too many"]:
        """Say whether ``target`` may be called at ``now``, in seconds, and count that."""
        if not self.covers(target):
            return "not allowed"
        while self._recent and self._recent[0] <= now - 3600:
            self._recent.popleft()
        if len(self._recent) >= self._per_hour:
            return "too many"
        self._recent.append(now)
        return "yes"


def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile(
        "".join(parts.get(each, re.escape(each)) for each in pattern), re.IGNORECASE | re.DOTALL
    )
