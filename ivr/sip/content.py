"""What messages carry, between our text and sippy's objects: headers, bodies, sessions, reasons."""

from __future__ import annotations

import re
from typing import Any

from sippy.MsgBody import MsgBody
from sippy.SipContentType import SipContentType
from sippy.SipHeader import SipHeader


def header(name: str, value: str) -> Any:
    """Return a header whose value holds no line end."""
    made = SipHeader(name=name, body=_Plain(re.sub(r"[\r\n\x00]+", " ", value)))
    made.body.title = name
    return made


class _Plain:
    """A header that is written as it is."""

    parsed = True
    title = ""

    def __init__(self, value: str) -> None:
        self.value = value

    def __str__(self) -> str:
        return self.value

    def localStr(self, _address: Any = None) -> str:
        return self.value

    def getCanName(self, _name: str, _compact: bool = False) -> str:
        return self.title

    def getCopy(self) -> _Plain:
        copy = _Plain(self.value)
        copy.title = self.title
        return copy

    def parse(self) -> None:
        pass


def body_of(text: str, kind: str = "application/sdp") -> Any:
    """Return a body for sippy, None where there is none."""
    if not text:
        return None
    made = SipContentType(re.sub(r"[\r\n\x00]+", " ", kind))
    made.parse()
    return MsgBody(text, made)


def session_of(message: Any) -> str:
    """Return the session description in a message: its body, or a part of it (RFC 5621)."""
    body = message.getBody()
    if body is None:
        return ""
    kind, text = str(body.mtype), str(body)
    if not kind.lower().startswith("multipart/"):
        return text if kind.lower().startswith("application/sdp") else ""
    boundary = re.search(r'boundary\s*=\s*"?([^";]+)"?', kind, re.IGNORECASE)
    for part in text.split(f"--{boundary[1]}") if boundary else ():
        head, _, content = part.lstrip("\r\n").partition("\r\n\r\n")
        if "application/sdp" in head.lower():
            return content
    return ""


def value_of(message: Any, name: str) -> str:
    """Return the first header of that lower-case name in a message, or nothing."""
    found = message.getHFs(name)
    return str(found[0].body) if found else ""


def unquoted(text: str) -> str:
    """Return ``text`` as it may stand between quotes."""
    return re.sub(r'["\\]', "", text)[:120]


def words_of(value: str) -> str:
    """Return the text of a Reason header (RFC 3326), or what there is."""
    match = re.search(r'text\s*=\s*"((?:[^"\\]|\\.)*+)"', value)
    return (match[1] if match else value.strip())[:120]
