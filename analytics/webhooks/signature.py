"""Signatures of messages, as the Standard Webhooks specification has them (https://www.standardwebhooks.com).

A receiver joins the headers ``webhook-id`` and ``webhook-timestamp`` and the body by full stops, takes the
HMAC-SHA256 of it with the secret, and compares it in constant time with one of those in
``webhook-signature``. It refuses old timestamps, and ids that it has seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

_PREFIX = "whsec_"


def new_secret() -> str:
    """Return a new secret of 24 random bytes, in the form that libraries for receivers expect."""
    return _PREFIX + base64.b64encode(os.urandom(24)).decode("ascii")


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``.

    Parameters
    ----------
    secret : str
        From :func:`new_secret`.
    message_id : str
        The same in every attempt, so that a receiver knows a message that came twice.
    timestamp : int
        Seconds since 1970 of this attempt.
    body : bytes
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join([message_id.encode("ascii"), str(timestamp).encode("ascii"), body])
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
