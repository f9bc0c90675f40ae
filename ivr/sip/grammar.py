"""The grammar of SIP (RFC 3261, 25), as far as it decides whether a message can be read. Pure.

No expression here tries the same place twice, however a message is made: one that takes long to read is
a weapon.
"""

from __future__ import annotations

import re

#: Compact names of headers (RFC 3261, 7.3.3, and the documents of the extensions).
COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "e": "content-encoding", "s": "subject", "k": "supported", "o": "event",
    "r": "refer-to", "b": "referred-by", "x": "session-expires",
}  # fmt: skip
TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._\-]*)|\[[0-9A-Fa-f:.]+\])"
VIA = re.compile(
    rf"SIP\s*/\s*2\.0\s*/\s*{TOKEN}\s+({HOST})(?:\s*:\s*(\d{{1,5}}))?"
    rf'((?:\s*;\s*{TOKEN}(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)\s*',
    re.IGNORECASE,
)
REQUEST_LINE = re.compile(rf"({TOKEN}) ([^\s<>\"]+) SIP/(\d+\.\d+)", re.IGNORECASE)
STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
LIKE_REQUEST = re.compile(r"[^\x00-\x20]{1,60}\s+\S.*SIP/\d", re.IGNORECASE)
SIP_URI = re.compile(
    rf"sips?:(?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{{2}}|[^\x00-\x7f])+"
    rf"(?::(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{{2}})*)?@)?{HOST}(?::(\d{{1,5}}))?((?:;[^\s;?<>\"]*)*)(\?\S*)?",
    re.IGNORECASE,
)
TEL_URI = re.compile(r"tel:\+?[0-9A-Fa-f().*#\-]+(?:;[\w.\-]+=[^\s;]+)*", re.IGNORECASE)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):.")
QUOTED = r'"(?:[^"\\]|\\.)*+"'
#: A name and an address in brackets, or an address, with parameters. Nothing in it is tried twice.
ADDRESS = re.compile(
    rf"(?:(?:{QUOTED}\s*|[^\x00-\x1f\"<>,;:@]*+)<([^<>\s\"]+)>|([^\s<>\",;?]+))"
    rf"((?:\s*;\s*{TOKEN}(?:\s*=\s*(?:{QUOTED}|[^\s;,\"]+))?)*)\s*"
)
LONGEST_ADDRESS = 4096


def halves(data: bytes) -> tuple[bytes, bytes, bool]:
    """Return the head and the body of a message, and whether the head has an end."""
    match = re.search(rb"\r\n\r\n|\n\n|\r\r", data)
    return (data[: match.start()], data[match.end() :], True) if match else (data, b"", False)


def decoded(data: bytes) -> str:
    """Return the text of bytes that should be UTF-8, and in China may be GBK."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def lines_of(head: bytes) -> list[str]:
    """Return the lines of a head; those that go on in the next one are joined."""
    text = re.sub(r"(?:\r\n|\n|\r)[ \t]+", " ", decoded(head))
    return re.split(r"\r\n|\n|\r", text)


def tag_of(address: str) -> str:
    """Return the tag of a From or To, or nothing."""
    match = re.search(r";\s*tag\s*=\s*([^\s;,]+)", address[address.rfind(">") + 1 :], re.IGNORECASE)
    return match[1] if match else ""


def split(value: str) -> list[str]:
    """Return the parts of a value between commas outside quotes and angle brackets."""
    if "," not in value:
        return [value.strip()]
    parts, start, quoted, bracket, skip = [], 0, False, False, False
    for place, each in enumerate(value):
        if skip:
            skip = False
        elif quoted:
            skip, quoted = each == "\\", each != '"'
        elif each == '"':
            quoted = True
        elif each in "<>":
            bracket = each == "<"
        elif each == "," and not bracket:
            parts.append(value[start:place].strip())
            start = place + 1
    return [*parts, value[start:].strip()]


def tight(value: str, around: str) -> str:
    """Return a value without spaces around some characters, outside quotes and angle brackets."""
    kept = rf"{QUOTED}|<[^>]*+>"
    return re.sub(
        rf"({kept})|\s*+([{around}])\s*+|\s++(?=[{around}])",
        lambda found: found[1] or found[2] or "",
        value.strip(),
    )
