"""Whether somebody who answers a challenge knows the password (RFC 7616, 3.4; MD5, as SIP has it)."""

from __future__ import annotations

import re
from hashlib import md5


def holds(header: str, method: str, user: str, password: str) -> bool:
    """Whether the value of an Authorization or Proxy-Authorization header is right."""
    given = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(header)}
    if given.get("username") != user:
        return False
    secret = _hash(f"{user}:{given['realm']}:{password}")
    request = _hash(f"{method}:{given['uri']}")
    middle = [given["nonce"]]
    if "qop" in given:
        middle += [given["nc"], given["cnonce"], given["qop"]]
    return bool(given["response"] == _hash(":".join([secret, *middle, request])))


_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')


def _hash(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
