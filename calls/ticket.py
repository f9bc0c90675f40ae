"""Tickets: proof, for a minute and for one use, that somebody may call a flow from a browser.

The console gives them to whom it lets in, the gateway takes them; both know the secret. A ticket names the
flow, its end of validity and a number that is used once, and is signed with HMAC-SHA-256 (RFC 2104).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

#: Seconds that a ticket is valid.
VALID_SECONDS = 60.0
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was signed with the secret.

    Parameters
    ----------
    flow : str
        What may be called; empty is whatever the centre answers with.
    expires : int
        Seconds since 1970, UTC.
    number : str
        Different for each ticket.
    """

    flow: str
    expires: int
    number: str


def sign(secret: str, flow: str, now: float) -> str:
    """Return a new ticket for calling ``flow``, as text for a URL; ``now`` is seconds since 1970."""
    expires, number = int(now + VALID_SECONDS), secrets.token_urlsafe(12)
    name = base64.urlsafe_b64encode(flow.encode()).decode().rstrip("=")
    claim = f"{expires}.{number}.{name}"
    return f"{claim}.{_signature(secret, claim)}"


def read(secret: str, text: str, now: float) -> Ticket | None:
    """Return the ticket in ``text``, or ``None`` where it is forged or no longer valid.

    That it is used once only is for the caller to watch.
    """
    claim, _, signature = text.rpartition(".")
    if not secret or len(text) > _LONGEST or not text.isascii():
        return None
    if not hmac.compare_digest(signature, _signature(secret, claim)):
        return None
    expires, number, name = claim.split(".")
    try:
        flow = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Ticket(flow, int(expires), number) if now < int(expires) else None


def _signature(secret: str, claim: str) -> str:
    return hmac.new(secret.encode(), claim.encode(), hashlib.sha256).hexdigest()
