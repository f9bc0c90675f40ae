"""Messages that are hard to read, or wrong, in the categories of RFC 4475; in our own words.

``{port}`` is the sender's, ``{n}`` is another one for each message. Of those that RFC 4475 gives an answer
for, ``says`` names the section.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What an INVITE is answered that reaches the engine of the tests.
REACHED = 486

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 0\r\n"
)


@dataclass(frozen=True, slots=True)
class Torture:
    """A message and the status that it is answered with, None for no answer."""

    name: str
    code: int | None
    text: bytes
    says: str = ""
    holds: str = ""

    def made(self, port: int, number: int | str) -> bytes:
        """Return the message as it is sent."""
        return self.text.replace(b"{port}", str(port).encode()).replace(b"{n}", str(number).encode())


def message(
    method: str = "OPTIONS",
    *,
    line: str = "",
    drop: tuple[str, ...] = (),
    body: str | bytes = "",
    length: str | None = None,
    **headers: str,
) -> bytes:
    """Write a message that is right, but for what is named here."""
    content = body.encode() if isinstance(body, str) else body
    written = {
        "via": "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{n}",
        "from_": "From: <sip:13800001111@caller.example>;tag=f{n}",
        "to": "To: <sip:110@service.example>",
        "call_id": "Call-ID: torture-{n}@caller.example",
        "cseq": f"CSeq: 7 {method}",
        "contact": "Contact: <sip:13800001111@127.0.0.1:{port}>",
        "hops": "Max-Forwards: 70",
        "kind": "Content-Type: application/sdp" if content else "",
        "more": "",
        "length": f"Content-Length: {len(content) if length is None else length}",
    } | headers
    lines = [line or f"{method} sip:110@127.0.0.1 SIP/2.0"]
    lines += [value for name, value in written.items() if name not in drop and value]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def invite(**changes: object) -> bytes:
    """Write an INVITE."""
    return message("INVITE", **{"body": _SDP} | changes)  # type: ignore[arg-type]


_LONG = "long" * 250
_TORTUOUS = (
    "INVITE sip:110@127.0.0.1;unknownparam SIP/2.0\r\n"
    "TO :\r\n sip:110@service.example ;   with   = other\r\n"
    'From   : "Li \\\\\\""       <sip:13800001111@caller.example>\r\n  ;\r\n  tag = f{n}\r\n'
    "MaX-fOrWaRdS: 0068\r\n"
    "i: wild.{n}@caller.example\r\n"
    "cseq: 0009\r\n  INVITE\r\n"
    "v  : SIP  /   2.0\r\n /UDP\r\n    127.0.0.1:{port};branch=z9hG4bK{n}\r\n"
    "s :\r\nUnheardOfHeader :   some value  ;; ; = , \x22odd\x22\r\n"
    'm: "Quoted string \\"\\"" <sip:li@127.0.0.1:{port}> ; newparam =\r\n   newvalue ;\r\n  more ; q=0.33\r\n'
    f"c: application/sdp\r\nl: {len(_SDP)}\r\n\r\n{_SDP}"
)

VALID = [
    Torture("plain OPTIONS", 200, message()),
    Torture("plain INVITE", REACHED, invite()),
    Torture("folded, spaced and compact headers", REACHED, _TORTUOUS.encode(), "3.1.1.1"),
    Torture("every character that a method may have", 501, message("Od!d-M3thod_*+`.%in'~"), "3.1.1.2"),
    Torture(
        "escapes in a user",
        REACHED,
        invite(line="INVITE sip:sip%3A110%40inner.example@127.0.0.1 SIP/2.0"),
        "3.1.1.3",
    ),
    Torture(
        "escaped nulls in addresses", 200, message(to="To: <sip:null-%00-%00@service.example>"), "3.1.1.4"
    ),
    Torture("a method with a percent sign", 501, message("OPT%49ONS"), "3.1.1.5"),
    Torture(
        "no space before an angle bracket",
        200,
        message(from_="From: caller<sip:li@c.example>;tag=f{n}"),
        "3.1.1.6",
    ),
    Torture(
        "long values",
        REACHED,
        invite(
            to=f'To: "The {_LONG} name" <sip:110@service.example>;unknown{_LONG}=param{_LONG}',
            call_id=f"Call-ID: {_LONG}-{{n}}",
            more="".join(f"X-{_LONG[:60]}-{each}: {_LONG}\r\n" for each in range(3)).rstrip(),
        ),
        "3.1.1.7",
    ),
    Torture(
        "a second message behind the first",
        200,
        message() + b"INVITE sip:joe@b.example SIP/2.0\r\n",
        "3.1.1.8",
    ),
    Torture(
        "semicolons in a user",
        200,
        message(line="OPTIONS sip:110;par=u%40net.example@127.0.0.1 SIP/2.0"),
        "3.1.1.9",
    ),
    Torture(
        "Via of all transports",
        200,
        message(
            via="Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{n}\r\n"
            "Via: SIP/2.0/SCTP a.example;branch=z9hG4bKa\r\n"
            "Via: SIP/2.0/TLS b.example;branch=z9hG4bKb, SIP/2.0/UNKNOWN c.example;branch=z9hG4bKc"
        ),
        "3.1.1.10",
    ),
    Torture(
        "a body of several parts",
        REACHED,
        invite(
            body="--b1\r\nContent-Type: application/sdp\r\n\r\n"
            + _SDP
            + "--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1--",
            kind='Content-Type: multipart/mixed;boundary="b1"',
        ),
        "3.1.1.11",
    ),
    Torture("a Chinese name in UTF-8", REACHED, invite(from_='From: "客服" <sip:li@c.example>;tag=f{n}')),
    Torture(
        "a Chinese name in GBK",
        REACHED,
        invite(from_='From: "@@" <sip:li@c.example>;tag=f{n}').replace(b"@@", "客服".encode("gbk")),
    ),
    Torture("a Chinese body", REACHED, invite(body=_SDP.replace("s=-", "s=话务"))),
    Torture("a telephone number", REACHED, invite(line="INVITE tel:+8610012345;phone-context=+86 SIP/2.0")),
    Torture("line feeds only", 200, message().replace(b"\r\n", b"\n")),
    Torture("no length", REACHED, invite(length="").replace(b"Content-Length: \r\n", b"")),
    Torture(
        "as RFC 2543 had it",
        REACHED,
        invite(via="Via: SIP/2.0/UDP 127.0.0.1:{port}", from_="From: <sip:li@c.example>", hops=""),
        "3.4.1",
    ),
    Torture(
        "a date in a wrong zone", REACHED, invite(more="Date: Fri, 01 Jan 2010 16:00:00 EST"), "3.1.2.12"
    ),
    Torture(
        "no identifier in the branch",
        200,
        message(via="Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK"),
        "3.2.1",
    ),
    Torture("a lifetime beyond measure", REACHED, invite(more="Expires: 10000000000000000000000")),
]

INVALID = [
    Torture(
        "separators too many",
        400,
        invite(via="Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{n};;,;,,"),
        "3.1.2.1",
    ),
    Torture("a length beyond the end", 400, invite(length="9999"), "3.1.2.2"),
    Torture("a negative length", 400, invite(length="-999"), "3.1.2.3"),
    Torture("a length that is no number", 400, invite(length="abc")),
    Torture("a number beyond measure", 400, message(cseq="CSeq: 36893488147419103232 OPTIONS"), "3.1.2.4"),
    Torture("a negative number", 400, message(cseq="CSeq: -1 OPTIONS")),
    Torture("too many hops to be", 400, message(hops="Max-Forwards: 300"), "3.1.2.4"),
    Torture("an open quote", 400, message(to='To: "Mr. J. User <sip:j.user@service.example>'), "3.1.2.6"),
    Torture("a target in brackets", 400, message(line="OPTIONS <sip:110@127.0.0.1> SIP/2.0"), "3.1.2.7"),
    Torture("a space in the target", 400, invite(line="INVITE sip:110@127.0.0.1; lr SIP/2.0"), "3.1.2.8"),
    Torture(
        "two spaces in the first line", 400, invite(line="INVITE  sip:110@127.0.0.1  SIP/2.0"), "3.1.2.9"
    ),
    Torture(
        "spaces behind the first line", 400, message(line="OPTIONS sip:110@127.0.0.1 SIP/2.0  "), "3.1.2.10"
    ),
    Torture(
        "headers in the target",
        400,
        invite(line="INVITE sip:110@127.0.0.1?Route=%3Csip:x.example%3E SIP/2.0"),
        "3.1.2.11",
    ),
    Torture(
        "a contact that needs brackets",
        400,
        invite(contact="Contact: sip:li@c.example?Route=%3Csip:x.example%3E"),
        "3.1.2.13",
    ),
    Torture("a space in an address", 400, message(to='To: "Watson" < sip:t@service.example >'), "3.1.2.14"),
    Torture(
        "a comma in a bare name", 400, message(from_="From: Bell, Al <sip:al@c.example>;tag=f{n}"), "3.1.2.15"
    ),
    Torture("another version", 505, message(line="OPTIONS sip:110@127.0.0.1 SIP/7.0"), "3.1.2.16"),
    Torture("another method in the CSeq", 400, message(cseq="CSeq: 8 INVITE"), "3.1.2.17"),
    Torture(
        "an unknown method and another in the CSeq",
        501,
        message("NEWMETHOD", cseq="CSeq: 8 INVITE"),
        "3.1.2.18",
    ),
    Torture("no Call-ID", 400, message(drop=("call_id",)), "3.3.1"),
    Torture("no From", 400, message(drop=("from_",)), "3.3.1"),
    Torture("no To", 400, message(drop=("to",)), "3.3.1"),
    Torture("no CSeq", 400, message(drop=("cseq",)), "3.3.1"),
    Torture("no Contact", 400, invite(drop=("contact",))),
    Torture("Contact of all", 400, invite(contact="Contact: *")),
    Torture("Contact of a broken address", 400, invite(contact="Contact: <sip:a@[::zz]:99999999>")),
    Torture("an unknown scheme", 416, message(line="OPTIONS nobodyKnowsThis:opaque SIP/2.0"), "3.3.2"),
    Torture(
        "a scheme of something else",
        416,
        message(line="OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"),
        "3.3.3",
    ),
    Torture(
        "extensions that nobody has",
        420,
        invite(more="Require: nothingSupportsThis, nothingSupportsThisEither\r\nProxy-Require: noProxyDoes"),
        "3.3.5",
        "Unsupported: nothingSupportsThis, nothingSupportsThisEither",
    ),
    Torture(
        "a body of an unknown kind",
        415,
        invite(kind="Content-Type: application/unknownformat"),
        "3.3.6",
        "Accept: application/sdp",
    ),
    Torture(
        "a registration",
        405,
        message("REGISTER", more="Authorization: NoOneKnowsThis x=y"),
        "3.3.7",
        "Allow: INVITE",
    ),
    Torture(
        "two of what may be there once",
        400,
        message(
            more="CSeq: 8 OPTIONS\r\nCall-ID: other@c.example\r\nMax-Forwards: 5\r\nTo: <sip:x@y.example>"
        ),
        "3.3.8",
    ),
    Torture("two lengths", 400, message(more="Content-Length: 5"), "3.3.9"),
    Torture("no hops left", 483, message(hops="Max-Forwards: 0"), "3.3.11"),
    Torture("a caller who reads no SDP", 406, invite(more="Accept: text/nobodyKnowsThis"), "3.3.15"),
    Torture("an encoded body", 415, invite(more="Content-Encoding: gzip"), "", "Accept-Encoding: identity"),
    Torture("a body of no kind", 400, invite(kind="")),
    Torture("a Via with a broken port", 400, message(via="Via: SIP/2.0/UDP 127.0.0.1:abc;branch=z9hG4bK{n}")),
    Torture("a Via with port 0", 400, message(via="Via: SIP/2.0/UDP 127.0.0.1:0;branch=z9hG4bK{n}")),
    Torture("a line that is no header", 400, message(more="JunkJunk")),
    Torture("a null in a header", 400, message(more="Subject: a\0b")),
    Torture(
        "a hundred thousand hops", 400, message(more="\r\n".join(f"X-H{each}: 1" for each in range(300)))
    ),
    Torture("larger than 16 KB", 513, message(more="X-Big: " + "a" * 17_000)),
    Torture("cut within a header", 400, message()[:-60]),
    Torture("an http address", 416, message(line="OPTIONS http://x.example/ SIP/2.0")),
    Torture("a secure address over UDP", 416, message(line="OPTIONS sips:110@127.0.0.1 SIP/2.0")),
]

SILENT = [
    Torture("a response beyond measure", None, message(line="SIP/2.0 4294967301 better not"), "3.1.2.19"),
    Torture(
        "a response with numbers beyond measure",
        None,
        message(line="SIP/2.0 200 OK", cseq="CSeq: 9292394834772304023312 OPTIONS"),
        "3.1.2.5",
    ),
    Torture(
        "a response to others",
        None,
        message(
            line="SIP/2.0 200 OK",
            via="Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1\r\n"
            "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK2",
        ),
        "3.3.10",
    ),
    Torture(
        "a response with an odd phrase",
        None,
        message(line="SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое"),
        "3.1.1.12",
    ),
    Torture("a response without a phrase", None, message(line="SIP/2.0 100 "), "3.1.1.13"),
    Torture("a negative response", None, message(line="SIP/2.0 -1 Boo")),
    Torture("bytes of all kinds", None, bytes(range(256)) * 2),
    Torture("UTF-16", None, "INVITE sip:x SIP/2.0\r\n\r\n".encode("utf-16")),
    Torture("the first line only", None, b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n\r\n"),
    Torture("no Via", None, message(drop=("via",))),
    Torture("a keep-alive", None, b"\r\n\r\n"),
    Torture("nothing", None, b""),
    Torture("an ACK to nothing", None, message("ACK")),
    Torture("a broken ACK", None, message("ACK", cseq="CSeq: x ACK")),
]

ALL = [*VALID, *INVALID, *SILENT]
