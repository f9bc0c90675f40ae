"""What comes in a datagram, looked at before the SIP stack sees it: pure.

A message that RFC 3261 allows is handed on with its lines in order; one that it does not allow, or that asks
for what we do not do, is refused here with the answer that the RFC prescribes, without keeping anything.
The cases are those of RFC 4475.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

#: Methods that are worked on.
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "REFER", "NOTIFY")
#: Methods that are known, and answered 405.
OTHERS = ("REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "PRACK")
ALLOW = ", ".join(METHODS)
#: Extensions that a request may require.
EXTENSIONS = ("timer",)
#: Bodies that an INVITE or UPDATE may carry.
BODIES = ("application/sdp", "multipart/mixed")
#: Bytes of the largest message.
LARGEST = 16_384
_MOST_HEADERS = 200

REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}

_COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
    "c": "content-type", "e": "content-encoding", "s": "subject", "k": "supported", "o": "event",
    "r": "refer-to", "b": "referred-by", "x": "session-expires",
}  # fmt: skip
_SINGLE = ("from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type")
_NEEDED = ("via", "from", "to", "call-id", "cseq")
_TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._\-]*)|\[[0-9A-Fa-f:.]+\])"
_VIA = re.compile(
    rf"SIP\s*/\s*2\.0\s*/\s*{_TOKEN}\s+({_HOST})(?:\s*:\s*(\d{{1,5}}))?"
    rf'((?:\s*;\s*{_TOKEN}(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)\s*',
    re.IGNORECASE,
)
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([^\s<>\"]+) SIP/(\d+\.\d+)", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
_LIKE_REQUEST = re.compile(r"[^\x00-\x20]{1,60}\s+\S.*SIP/\d", re.IGNORECASE)
_SIP_URI = re.compile(
    rf"sips?:(?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{{2}}|[^\x00-\x7f])+"
    rf"(?::(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{{2}})*)?@)?{_HOST}(?::(\d{{1,5}}))?((?:;[^\s;?<>\"]*)*)(\?\S*)?",
    re.IGNORECASE,
)
_TEL_URI = re.compile(r"tel:\+?[0-9A-Fa-f().*#\-]+(?:;[\w.\-]+=[^\s;]+)*", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):.")
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
#: A name and an address in brackets, or an address, with parameters. Nothing in it is tried twice.
_ADDRESS = re.compile(
    rf"(?:(?:{_QUOTED}\s*|[^\x00-\x1f\"<>,;:@]*+)<([^<>\s\"]+)>|([^\s<>\",;?]+))"
    rf"((?:\s*;\s*{_TOKEN}(?:\s*=\s*(?:{_QUOTED}|[^\s;,\"]+))?)*)\s*"
)
_LONGEST_ADDRESS = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """A message to work on.

    Parameters
    ----------
    text : str
        One header a line, names as RFC 3261 writes them in full, the body cut to its length;
        Content-Length counts characters.
    method : str
        Empty for a response.
    headers : dict
        By lower-case name, in order.
    body : str
    """

    text: str
    method: str
    headers: dict[str, list[str]] = field(default_factory=dict)
    body: str = ""

    def header(self, name: str) -> str:
        """Return the first header of that lower-case name, or nothing."""
        return self.headers.get(name, [""])[0]

    @property
    def begins(self) -> bool:
        """Whether it is a request outside any dialog."""
        return bool(self.method) and not _tag(self.header("to")) and self.method not in ("ACK", "CANCEL")


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that goes no further.

    Parameters
    ----------
    why : str
        For operators; holds nothing of the message.
    code : int
        SIP status; 0 where nothing is to be answered.
    answer, address : str, tuple
        The response, where there is one, and where it goes.
    offence : bool
        Whether a telephone in order would never send this.
    """

    why: str
    code: int = 0
    answer: str = ""
    address: tuple[str, int] = ("", 0)
    offence: bool = True


class _Wrong(Exception):
    def __init__(self, code: int, why: str, *headers: str, offence: bool = True) -> None:
        super().__init__(why)
        self.code, self.why, self.headers, self.offence = code, why, headers, offence


def screen(data: bytes, source: tuple[str, int], server: str = "") -> Message | Fault | None:
    """Look at a datagram; None is a keep-alive.

    Parameters
    ----------
    data : bytes
    source : tuple
        Address and port that it came from, for the answer's Via.
    server : str
        What we call ourselves.
    """
    data = data.lstrip(b"\r\n\x00 ") if len(data) <= 16 else data.lstrip(b"\r\n")
    if not data:
        return None
    head, body, whole = _halves(data)
    lines = _lines(head)
    headers: dict[str, list[str]] = {}
    method = ""
    try:
        if len(data) > LARGEST:
            headers = _headers(lines[1:], tolerant=True)
            raise _Wrong(513, "larger than 16 KB")
        if lines[0][:4].upper() == "SIP/":
            return _response(lines, body)
        if not _LIKE_REQUEST.match(lines[0]):
            return Fault("no SIP")
        method = lines[0].split()[0]
        headers = _headers(lines[1:], tolerant=True)
        if not whole:
            raise _Wrong(400, "no end of the headers")
        _headers(lines[1:])
        _check_request(lines[0], method, headers)
        body = _cut(headers, body)
        _check_wishes(method, headers, body)
    except _Wrong as wrong:
        return _fault(wrong, method, headers, source, server)
    text = _decoded(body)
    return Message(_text(lines[0], headers, text), method, headers, text)


def answer(
    message: Message, code: int, source: tuple[str, int], *headers: str, server: str = "", reason: str = ""
) -> str:
    """Return a response to a request that has passed, for refusing it without a transaction."""
    return _answer(code, message.headers, source, headers, server, reason)


def reply_to(headers: dict[str, list[str]], source: tuple[str, int]) -> tuple[str, int]:
    """Return where a response goes: RFC 3261, 18.2.2 and RFC 3581."""
    match = _VIA.fullmatch(_split(headers.get("via", [""])[0])[0])
    if not match or re.search(r";\s*rport\b", match[3], re.IGNORECASE):
        return source
    port = int(match[2] or 5060)
    return source[0], port if 0 < port < 65536 else source[1]


def _halves(data: bytes) -> tuple[bytes, bytes, bool]:
    match = re.search(rb"\r\n\r\n|\n\n|\r\r", data)
    return (data[: match.start()], data[match.end() :], True) if match else (data, b"", False)


def _decoded(data: bytes) -> str:
    """Return the text of bytes that should be UTF-8, and in China may be GBK."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _lines(head: bytes) -> list[str]:
    text = re.sub(r"(?:\r\n|\n|\r)[ \t]+", " ", _decoded(head))
    return re.split(r"\r\n|\n|\r", text)


def _headers(lines: list[str], *, tolerant: bool = False) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for line in lines[:_MOST_HEADERS] if tolerant else lines:
        match = re.fullmatch(rf"({_TOKEN})[ \t]*:(.*)", line, re.DOTALL)
        if match and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            name = match[1].lower()
            headers.setdefault(_COMPACT.get(name, name), []).append(match[2].strip(" \t"))
        elif line and not tolerant:
            raise _Wrong(400, "a line that is no header")
    if len(lines) > _MOST_HEADERS and not tolerant:
        raise _Wrong(400, "too many headers")
    return headers


def _check_request(line: str, method: str, headers: dict[str, list[str]]) -> None:
    for name in _NEEDED:
        if not headers.get(name, [""])[0]:
            raise _Wrong(400, f"no {name}")
    for name in _SINGLE:
        if len(headers.get(name, [])) > 1:
            raise _Wrong(400, f"more than one {name}")
    for via in [each for value in headers["via"] for each in _split(value)]:
        match = _VIA.fullmatch(via) if len(via) <= _LONGEST_ADDRESS else None
        if not match or not 0 < int(match[2] or 5060) < 65536:
            raise _Wrong(400, "bad via")
    version = re.search(r"SIP/(\d+\.\d+)\s*$", line, re.IGNORECASE)
    if version and version[1] != "2.0":
        raise _Wrong(505, "another version of SIP")
    match = _REQUEST_LINE.fullmatch(line)
    if not match:
        raise _Wrong(400, "bad request line")
    number = re.fullmatch(rf"(\d+)\s+({_TOKEN})", headers["cseq"][0])
    if not number or len(number[1]) > 10 or int(number[1]) >= 2**31:
        raise _Wrong(400, "bad cseq")
    if number[2] != method:
        raise _Wrong(400 if method in METHODS + OTHERS else 501, "cseq names another method")
    for name in ("from", "to"):
        if len(headers[name][0]) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(headers[name][0]):
            raise _Wrong(400, f"bad {name}")
    if not re.fullmatch(r"[^\s,;]+", headers["call-id"][0]):
        raise _Wrong(400, "bad call-id")
    _check_target(match[2])
    _check_hops(method, headers)


def _check_target(uri: str) -> None:
    scheme = _SCHEME.match(uri)
    if not scheme:
        raise _Wrong(400, "bad request-uri")
    if scheme[1].lower() == "tel":
        if not _TEL_URI.fullmatch(uri):
            raise _Wrong(400, "bad tel uri")
        return
    if scheme[1].lower() != "sip":
        raise _Wrong(416, "unknown scheme")
    match = _SIP_URI.fullmatch(uri)
    if not match or match[3] or not 0 < int(match[1] or 5060) < 65536:
        raise _Wrong(400, "bad request-uri")


def _check_hops(method: str, headers: dict[str, list[str]]) -> None:
    for value in headers.get("max-forwards", []):
        if not re.fullmatch(r"\d{1,9}", value) or int(value) > 255:
            raise _Wrong(400, "bad max-forwards")
        if int(value) == 0 and method != "ACK":
            raise _Wrong(483, "no hops left", offence=False)
    for value in headers.get("expires", [])[:]:
        if not re.fullmatch(r"\d{1,9}", value):  # only a hint: without it there is a default
            headers["expires"].remove(value)


def _cut(headers: dict[str, list[str]], body: bytes) -> bytes:
    length = headers.get("content-length", [None])[0]
    if length is None:
        return body
    if not re.fullmatch(r"\d{1,7}", length):
        raise _Wrong(400, "bad content-length")
    if int(length) > len(body):
        raise _Wrong(400, f"{length} bytes of body announced, {len(body)} came")
    return body[: int(length)]


def _check_wishes(method: str, headers: dict[str, list[str]], body: bytes) -> None:
    if method in OTHERS:
        raise _Wrong(405, f"{method} is not allowed", f"Allow: {ALLOW}")
    if method not in METHODS:
        in_dialog = bool(_tag(headers["to"][0]))
        raise _Wrong(405 if in_dialog else 501, "unknown method", f"Allow: {ALLOW}", offence=not in_dialog)
    if method in ("ACK", "CANCEL"):
        return
    unknown = [
        option
        for value in headers.get("require", [])
        for option in re.split(r"\s*,\s*", value.strip())
        if option and option.lower() not in EXTENSIONS
    ]
    if unknown:
        raise _Wrong(
            420, "an extension is required", f"Unsupported: {', '.join(unknown[:16])[:400]}", offence=False
        )
    if method in ("INVITE", "UPDATE", "REFER"):
        _check_contact(method, headers)
    if method in ("INVITE", "UPDATE"):
        _check_body(headers, body)


def _check_contact(method: str, headers: dict[str, list[str]]) -> None:
    contacts = [each for value in headers.get("contact", []) for each in _split(value)]
    if not contacts and method == "INVITE":
        raise _Wrong(400, "no contact")
    if len(contacts) > 1:
        raise _Wrong(400, "more than one contact")
    for each in contacts:
        match = _ADDRESS.fullmatch(each) if len(each) <= _LONGEST_ADDRESS else None
        uri = _SIP_URI.fullmatch(match[1] or match[2]) if match else None
        if not uri or not 0 < int(uri[1] or 5060) < 65536:
            raise _Wrong(400, "bad contact")


def _check_body(headers: dict[str, list[str]], body: bytes) -> None:
    accepts = [each.split(";")[0].strip().lower() for each in _split(",".join(headers.get("accept", [])))]
    if any(accepts) and not {"application/sdp", "application/*", "*/*"} & set(accepts):
        raise _Wrong(406, "the caller reads no SDP", "Accept: application/sdp", offence=False)
    if not body:
        return
    encoding = headers.get("content-encoding", ["identity"])[0].strip().lower()
    if encoding not in ("", "identity"):
        raise _Wrong(415, "encoded body", "Accept-Encoding: identity", offence=False)
    kind = headers.get("content-type", [""])[0].split(";")[0].strip().lower()
    if not kind:
        raise _Wrong(400, "a body of no type")
    if kind not in BODIES:
        raise _Wrong(415, "body of another type", "Accept: application/sdp", offence=False)


def _response(lines: list[str], body: bytes) -> Message | Fault:
    try:
        status = _STATUS_LINE.fullmatch(lines[0])
        if not status:
            return Fault("bad status line")
        headers = _headers(lines[1:])
        if any(len(headers.get(name, [])) != 1 for name in _NEEDED[1:]) or "via" not in headers:
            return Fault("a response without what it needs")
        number = re.fullmatch(rf"(\d{{1,10}})\s+{_TOKEN}", headers["cseq"][0])
        if not number or int(number[1]) >= 2**31:
            return Fault("a response with a bad cseq")
        if not _VIA.fullmatch(_split(headers["via"][0])[0]):
            return Fault("a response with a bad via")
        body = _cut(headers, body)
    except _Wrong as wrong:
        return Fault(f"a response: {wrong.why}")
    text = _decoded(body)
    return Message(
        _text(f"SIP/2.0 {status[1]} {status[2] or 'Unspecified'}", headers, text), "", headers, text
    )


def _fault(
    wrong: _Wrong, method: str, headers: dict[str, list[str]], source: tuple[str, int], server: str
) -> Fault:
    if method == "ACK" or not headers.get("via"):
        return Fault(wrong.why)
    text = _answer(wrong.code, headers, source, wrong.headers, server, "")
    return Fault(wrong.why, wrong.code, text, reply_to(headers, source), wrong.offence)


def _answer(
    code: int,
    headers: dict[str, list[str]],
    source: tuple[str, int],
    more: tuple[str, ...],
    server: str,
    reason: str,
) -> str:
    lines = [f"SIP/2.0 {code} {reason or REASONS.get(code, 'Refused')}"]
    for place, via in enumerate([each for value in headers["via"] for each in _split(value)][:64]):
        lines.append(f"Via: {_stamped(via, source) if place == 0 else via}")
    for name, title in (("from", "From"), ("to", "To"), ("call-id", "Call-ID"), ("cseq", "CSeq")):
        for value in headers.get(name, [])[:1]:
            if name == "to" and not _tag(value):
                value += f";tag={_made_tag(headers)}"
            lines.append(f"{title}: {value}")
    lines += [*more, *([f"Server: {server}"] if server else []), "Content-Length: 0"]
    return "\r\n".join(lines) + "\r\n\r\n"


def _stamped(via: str, source: tuple[str, int]) -> str:
    match = _VIA.fullmatch(via)
    if not match:
        return via
    via = re.sub(r";\s*rport(?:\s*=\s*\d*)?(?=\s*(?:;|$))", f";rport={source[1]}", via, flags=re.IGNORECASE)
    return via if match[1] == source[0] else f"{via};received={source[0]}"


def _made_tag(headers: dict[str, list[str]]) -> str:
    """Return a tag that is the same for a request and its repetitions."""
    words = "\n".join(headers.get(name, [""])[0] for name in ("call-id", "from", "cseq", "via"))
    return hashlib.blake2s(words.encode(errors="replace"), digest_size=8).hexdigest()


def _tag(address: str) -> str:
    match = re.search(r";\s*tag\s*=\s*([^\s;,]+)", address[address.rfind(">") + 1 :], re.IGNORECASE)
    return match[1] if match else ""


def _split(value: str) -> list[str]:
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


#: Headers that are handed on without spaces around these characters: sippy takes them for a part of names.
_TIGHT = dict.fromkeys(("from", "to", "contact", "record-route", "route"), ";=") | {"via": ";=/:"}


def _tight(value: str, around: str) -> str:
    kept = rf"{_QUOTED}|<[^>]*+>"
    return re.sub(
        rf"({kept})|\s*+([{around}])\s*+|\s++(?=[{around}])",
        lambda found: found[1] or found[2] or "",
        value.strip(),
    )


_TITLES = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}


def _text(line: str, headers: dict[str, list[str]], body: str) -> str:
    lines = [line]
    for name, values in headers.items():
        if name != "content-length":
            title = _TITLES.get(name, name.title())
            if name in _TIGHT:
                values = [_tight(value, _TIGHT[name]) for value in values]
            lines += [f"{title}: {value}" for value in values]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body
