"""What comes in a datagram, looked at before the SIP stack sees it: pure.

A message that RFC 3261 allows is handed on with its lines in order; one that it does not allow, or that asks
for what we do not do, is refused here with the answer that the RFC prescribes, without keeping anything.
The cases are those of RFC 4475.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from ivr.sip.grammar import (
    ADDRESS,
    COMPACT,
    LIKE_REQUEST,
    LONGEST_ADDRESS,
    REQUEST_LINE,
    SCHEME,
    SIP_URI,
    STATUS_LINE,
    TEL_URI,
    TOKEN,
    VIA,
    decoded,
    halves,
    lines_of,
    split,
    tag_of,
    tight,
)
from ivr.sip.words import ALLOW, BODIES, EXTENSIONS, METHODS, OTHERS, REASONS

#: Bytes of the largest message.
LARGEST = 16_384
_MOST_HEADERS = 200

_SINGLE = ("from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type")
_NEEDED = ("via", "from", "to", "call-id", "cseq")


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
        return bool(self.method) and not tag_of(self.header("to")) and self.method not in ("ACK", "CANCEL")


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
    head, body, whole = halves(data)
    lines = lines_of(head)
    headers: dict[str, list[str]] = {}
    method = ""
    try:
        if len(data) > LARGEST:
            headers = _headers(lines[1:], tolerant=True)
            raise _Wrong(513, "larger than 16 KB")
        if lines[0][:4].upper() == "SIP/":
            return _response(lines, body)
        if not LIKE_REQUEST.match(lines[0]):
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
    text = decoded(body)
    return Message(_text(lines[0], headers, text), method, headers, text)


def answer(
    message: Message, code: int, source: tuple[str, int], *headers: str, server: str = "", reason: str = ""
) -> str:
    """Return a response to a request that has passed, for refusing it without a transaction."""
    return _answer(code, message.headers, source, headers, server, reason)


def reply_to(headers: dict[str, list[str]], source: tuple[str, int]) -> tuple[str, int]:
    """Return where a response goes: RFC 3261, 18.2.2 and RFC 3581."""
    match = VIA.fullmatch(split(headers.get("via", [""])[0])[0])
    if not match or re.search(r";\s*rport\b", match[3], re.IGNORECASE):
        return source
    port = int(match[2] or 5060)
    return source[0], port if 0 < port < 65536 else source[1]


def _headers(lines: list[str], *, tolerant: bool = False) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for line in lines[:_MOST_HEADERS] if tolerant else lines:
        match = re.fullmatch(rf"({TOKEN})[ \t]*:(.*)", line, re.DOTALL)
        if match and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            name = match[1].lower()
            headers.setdefault(COMPACT.get(name, name), []).append(match[2].strip(" \t"))
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
    for via in [each for value in headers["via"] for each in split(value)]:
        match = VIA.fullmatch(via) if len(via) <= LONGEST_ADDRESS else None
        if not match or not 0 < int(match[2] or 5060) < 65536:
            raise _Wrong(400, "bad via")
    version = re.search(r"SIP/(\d+\.\d+)\s*$", line, re.IGNORECASE)
    if version and version[1] != "2.0":
        raise _Wrong(505, "another version of SIP")
    match = REQUEST_LINE.fullmatch(line)
    if not match:
        raise _Wrong(400, "bad request line")
    number = re.fullmatch(rf"(\d+)\s+({TOKEN})", headers["cseq"][0])
    if not number or len(number[1]) > 10 or int(number[1]) >= 2**31:
        raise _Wrong(400, "bad cseq")
    if number[2] != method:
        raise _Wrong(400 if method in METHODS + OTHERS else 501, "cseq names another method")
    for name in ("from", "to"):
        if len(headers[name][0]) > LONGEST_ADDRESS or not ADDRESS.fullmatch(headers[name][0]):
            raise _Wrong(400, f"bad {name}")
    if not re.fullmatch(r"[^\s,;]+", headers["call-id"][0]):
        raise _Wrong(400, "bad call-id")
    _check_target(match[2])
    _check_hops(method, headers)


def _check_target(uri: str) -> None:
    scheme = SCHEME.match(uri)
    if not scheme:
        raise _Wrong(400, "bad request-uri")
    if scheme[1].lower() == "tel":
        if not TEL_URI.fullmatch(uri):
            raise _Wrong(400, "bad tel uri")
        return
    if scheme[1].lower() != "sip":
        raise _Wrong(416, "unknown scheme")
    match = SIP_URI.fullmatch(uri)
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
        in_dialog = bool(tag_of(headers["to"][0]))
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
    contacts = [each for value in headers.get("contact", []) for each in split(value)]
    if not contacts and method == "INVITE":
        raise _Wrong(400, "no contact")
    if len(contacts) > 1:
        raise _Wrong(400, "more than one contact")
    for each in contacts:
        match = ADDRESS.fullmatch(each) if len(each) <= LONGEST_ADDRESS else None
        uri = SIP_URI.fullmatch(match[1] or match[2]) if match else None
        if not uri or not 0 < int(uri[1] or 5060) < 65536:
            raise _Wrong(400, "bad contact")


def _check_body(headers: dict[str, list[str]], body: bytes) -> None:
    accepts = [each.split(";")[0].strip().lower() for each in split(",".join(headers.get("accept", [])))]
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
        status = STATUS_LINE.fullmatch(lines[0])
        if not status:
            return Fault("bad status line")
        headers = _headers(lines[1:])
        if any(len(headers.get(name, [])) != 1 for name in _NEEDED[1:]) or "via" not in headers:
            return Fault("a response without what it needs")
        number = re.fullmatch(rf"(\d{{1,10}})\s+{TOKEN}", headers["cseq"][0])
        if not number or int(number[1]) >= 2**31:
            return Fault("a response with a bad cseq")
        if not VIA.fullmatch(split(headers["via"][0])[0]):
            return Fault("a response with a bad via")
        body = _cut(headers, body)
    except _Wrong as wrong:
        return Fault(f"a response: {wrong.why}")
    text = decoded(body)
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
    for place, via in enumerate([each for value in headers["via"] for each in split(value)][:64]):
        lines.append(f"Via: {_stamped(via, source) if place == 0 else via}")
    for name, title in (("from", "From"), ("to", "To"), ("call-id", "Call-ID"), ("cseq", "CSeq")):
        for value in headers.get(name, [])[:1]:
            if name == "to" and not tag_of(value):
                value += f";tag={_made_tag(headers)}"
            lines.append(f"{title}: {value}")
    lines += [*more, *([f"Server: {server}"] if server else []), "Content-Length: 0"]
    return "\r\n".join(lines) + "\r\n\r\n"


def _stamped(via: str, source: tuple[str, int]) -> str:
    match = VIA.fullmatch(via)
    if not match:
        return via
    via = re.sub(r";\s*rport(?:\s*=\s*\d*)?(?=\s*(?:;|$))", f";rport={source[1]}", via, flags=re.IGNORECASE)
    return via if match[1] == source[0] else f"{via};received={source[0]}"


def _made_tag(headers: dict[str, list[str]]) -> str:
    """Return a tag that is the same for a request and its repetitions."""
    words = "\n".join(headers.get(name, [""])[0] for name in ("call-id", "from", "cseq", "via"))
    return hashlib.blake2s(words.encode(errors="replace"), digest_size=8).hexdigest()


#: Headers that are handed on without spaces around these characters: sippy takes them for a part of names.
_TIGHT = dict.fromkeys(("from", "to", "contact", "record-route", "route"), ";=") | {"via": ";=/:"}


_TITLES = {"call-id": "Call-ID", "cseq": "CSeq", "www-authenticate": "WWW-Authenticate"}


def _text(line: str, headers: dict[str, list[str]], body: str) -> str:
    lines = [line]
    for name, values in headers.items():
        if name != "content-length":
            title = _TITLES.get(name, name.title())
            if name in _TIGHT:
                values = [tight(value, _TIGHT[name]) for value in values]
            lines += [f"{title}: {value}" for value in values]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body
