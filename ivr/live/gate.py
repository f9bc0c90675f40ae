"""Who may ask for the engine's pages: who bears the token; where there is none, this machine alone."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address

from aiohttp import web
from aiohttp.typedefs import Middleware

from ivr.agents.api import problem

#: Pages that anybody may read: probes and scrapers carry no token, and there is nothing personal in them.
OPEN = frozenset({"/healthz", "/readyz", "/metrics"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def gate(token: str) -> Middleware:
    """Return what lets in those who may ask for any page of an application but the open ones.

    Parameters
    ----------
    token : str
        That a request must bear (RFC 6750); without one only this machine is answered.
    """

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in OPEN:
            return await handler(request)
        if token:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
                return problem(401, "the token is missing or wrong: send Authorization: Bearer …")
        elif not is_here(request.remote):
            return problem(
                403, "only this machine may ask: set a token in the configuration (engine.token_env)"
            )
        return await handler(request)

    return admit


def is_here(remote: str | None) -> bool:
    """Return whether an address is this machine's own loopback."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
