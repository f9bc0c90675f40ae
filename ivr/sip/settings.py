"""What the signalling process is told at its start."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.errors import ServeError

#: Loopback and the addresses of private networks: RFC 1918, RFC 6598, RFC 4193.
PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
)


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """A way out: a carrier's or exchange's proxies, and who we are there.

    Parameters
    ----------
    name : str
        As in :class:`~ivr.wire.signalling.Dial`.
    proxies : tuple of str
        ``host`` or ``host:port``, the preferred one first; the others are for when it does not answer.
    user, password : str
        For digest authentication (RFC 7616); empty where the proxies know us by our address.
    password_env : str
        Environment variable that holds the password instead.
    domain : str
        Host part of addresses there; the first proxy's by default.
    register : bool
        Register there (RFC 3261, 10), so that it can call us.
    expires : int
        Seconds that a registration is asked for.
    """

    name: str
    proxies: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    password_env: str = ""
    domain: str = ""
    register: bool = False
    expires: int = 300

    @classmethod
    def read(cls, entry: Any) -> TrunkSettings:
        """Return the settings that an entry of the configuration describes.

        Raises
        ------
        ServeError
            A field is unknown, missing, or wrong.
        """
        name = entry.get("name", "") if isinstance(entry, dict) else ""
        try:
            made = cls(**entry | {"proxies": tuple(entry["proxies"])})
        except (TypeError, KeyError) as error:
            raise ServeError(
                f"sip: trunk {name!r}: {error}", f"fields are {', '.join(cls.__slots__)}"
            ) from None
        if not made.name or not made.proxies:
            raise ServeError(f"sip: trunk {name!r} needs a name and at least one proxy")
        for proxy in made.proxies:
            host_and_port(proxy)
        if not 60 <= made.expires <= 86_400:
            raise ServeError(f"sip: trunk {name!r}: expires {made.expires}", "60 to 86400 seconds")
        return made

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Hosts and ports of the proxies."""
        return tuple(host_and_port(each) for each in self.proxies)

    @property
    def realm(self) -> str:
        """Host part of addresses at the trunk."""
        return self.domain or self.addresses[0][0]

    @property
    def secret(self) -> str:
        """The password."""
        return os.environ.get(self.password_env, "") if self.password_env else self.password


@dataclass(frozen=True)
class SipSettings:
    """Settings of the process; all can be written as JSON.

    Parameters
    ----------
    run : str
        Folder of the sockets; ours is ``sip.sock`` there.
    host, port : str, int
        Where SIP over UDP is spoken.
    advertise : str
        Address that telephones shall send to, where it differs from ``host``.
    allow_sources : sequence of str
        Networks that may talk to us; all others are not answered.
    trusted_sources : sequence of str
        Networks that are never banned: proxies in front speak for others.
    allow_targets : sequence of str
        Whom we may call or transfer to: ``user@host`` with ``*`` and ``?``; nobody by default.
    targets_per_hour : int
        Outgoing calls and transfers in an hour, at most.
    max_calls : int
        Calls at the same time, at most.
    full_code : int
        What a call beyond it is answered: 503, so that a proxy tries elsewhere, or 486.
    rate_per_second : float
        Requests outside calls that one source may send, with bursts of twice as many.
    ban_after, ban_window_seconds, ban_seconds : int, float, float
        A source that offends so often within the window is not answered for so long.
    trunks : sequence of dict
        Fields of :class:`TrunkSettings`.
    session_expires : int
        Seconds of a session without a sign of life (RFC 4028); 0 does without.
    user_agent : str
        What we call ourselves; empty says nothing.
    """

    run: str
    host: str = "127.0.0.1"
    port: int = 5060
    advertise: str = ""
    allow_sources: Sequence[str] = PRIVATE
    trusted_sources: Sequence[str] = ("127.0.0.0/8", "::1/128")
    allow_targets: Sequence[str] = ()
    targets_per_hour: int = 3600
    max_calls: int = 1000
    full_code: int = 503
    rate_per_second: float = 100.0
    ban_after: int = 20
    ban_window_seconds: float = 60.0
    ban_seconds: float = 600.0
    trunks: Sequence[dict[str, Any]] = ()
    session_expires: int = 1800
    user_agent: str = "huawu"

    def __post_init__(self) -> None:
        for network in (*self.allow_sources, *self.trusted_sources):
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ServeError(f"sip: source {network!r}: {error}", "write it as 10.0.0.0/8") from None
        for pattern in self.allow_targets:
            if pattern.count("@") != 1:
                raise ServeError(
                    f"sip: allow_targets {pattern!r}", "write it as 8???@10.0.0.5 or *@pbx.example"
                )
        if self.full_code not in (486, 503):
            raise ServeError(f"sip: full_code {self.full_code}", "it is 486 or 503")
        if self.session_expires and not 90 <= self.session_expires <= 86_400:
            raise ServeError(f"sip: session_expires {self.session_expires}", "0, or 90 to 86400 seconds")
        if not self.advertise and self.host in ("0.0.0.0", "::", ""):
            raise ServeError(
                f"sip: host {self.host} stands for all addresses",
                "name the one that telephones shall send to: advertise",
            )
        names = [each.name for each in self.all_trunks]
        if len(set(names)) < len(names):
            raise ServeError(f"sip: two trunks have the same name: {', '.join(names)}")

    @property
    def address(self) -> str:
        """The address that telephones see."""
        return self.advertise or self.host

    @property
    def all_trunks(self) -> list[TrunkSettings]:
        """The trunks."""
        return [TrunkSettings.read(each) for each in self.trunks]


def host_and_port(text: str) -> tuple[str, int]:
    """Return the two parts of ``host`` or ``host:port``; the port is 5060 by default.

    Raises
    ------
    ServeError
        It is neither.
    """
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, "5060"
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or " " in host:
        raise ServeError(f"sip: address {text!r}", "write it as host or host:port")
    return host, int(port)
