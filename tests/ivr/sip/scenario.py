"""Scenarios for SIPp, written as a conversation from its side.

SIPp cannot be told anything once it runs, so what it says and expects stands in an XML file; these are the
sentences that such files are made of.
"""

from __future__ import annotations

from typing import Self
from xml.sax.saxutils import quoteattr

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
    '<scenario name="huawu">\n'
)
SERVICE = "sip:[service]@[remote_ip]:[remote_port]"


def sdp(direction: str = "sendrecv", formats: str = "8 0 101", version: int = 1, port: int = 30000) -> str:
    """A session of SIPp's side."""
    return (
        "Content-Type: application/sdp\nContent-Length: [len]\n\n"
        f"v=0\no=sipp 1 {version} IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {port} RTP/AVP {formats}\na=rtpmap:101 telephone-event/8000\na={direction}\n"
    )


def body(kind: str, text: str) -> str:
    """Another body."""
    return f"Content-Type: {kind}\nContent-Length: [len]\n\n{text}\n"


NOTHING = "Content-Length: 0\n\n"


class Scenario:
    """Steps of SIPp, in order."""

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._cseq = 0
        self._referenced: list[str] = []

    @property
    def xml(self) -> str:
        """The file."""
        names = (
            f"<Reference variables={quoteattr(','.join(self._referenced))}/>\n" if self._referenced else ""
        )
        return _HEAD + "".join(self._steps) + names + "</scenario>\n"

    # -- as a caller ---------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        content: str = NOTHING,
        *headers: str,
        to: str = "[next_url]",
        cseq: int | None = None,
        tag: str = "[peer_tag_param]",
        branch: str = "[branch]",
        repeat: bool = True,
        contact: str = "<sip:13812345678@[local_ip]:[local_port]>",
        name: str = '"Zhang"',
        lead: str = "",
    ) -> Self:
        """Send a request; it has the next number unless ``cseq`` says another."""
        if cseq is None:
            self._cseq += 1
            cseq = self._cseq
        more = "".join(f"{each}\n" for each in headers)
        text = (
            f"{lead}{method} {to} SIP/2.0\n"
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n"
            f"From: {name} <sip:13812345678@[local_ip]:[local_port]>;tag=[pid]c[call_number]\n"
            f"To: <{SERVICE}>{tag}\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n"
            f"Contact: {contact}\nMax-Forwards: 70\n{more}{content}"
        )
        return self._send(text, repeat)

    def invite(self, content: str | None = None, *headers: str, to: str = SERVICE, **more: str) -> Self:
        """Call."""
        content = sdp() if content is None else content
        return self.request("INVITE", content, *headers, to=to, tag="", **more)  # type: ignore[arg-type]

    def ack(self, content: str = NOTHING, *, to: str = "[next_url]") -> Self:
        """Acknowledge a 200."""
        return self.request("ACK", content, cseq=self._cseq, repeat=False, to=to)

    def ack_refusal(self, back: int) -> Self:
        """Acknowledge a refusal of the INVITE that is ``back`` messages ago."""
        return self.request("ACK", cseq=self._cseq, repeat=False, branch=f"[branch-{back}]", to=SERVICE)

    def cancel(self, back: int) -> Self:
        """Cancel the INVITE that is ``back`` messages ago."""
        return self.request("CANCEL", cseq=self._cseq, to=SERVICE, tag="", branch=f"[branch-{back}]")

    def established(self, content: str | None = None, *headers: str) -> Self:
        """Call, and be answered."""
        return self.invite(content, *headers).may(100).may(180).receive(200, route=True).ack()

    def reinvite(self, content: str | None = None, *headers: str) -> Self:
        """Offer anew."""
        return self.request("INVITE", sdp(version=2) if content is None else content, *headers)

    def bye(self, *headers: str) -> Self:
        """Hang up."""
        return self.request("BYE", NOTHING, *headers).receive(200)

    # -- as anyone -----------------------------------------------------------------------------------

    def receive(self, what: int | str, check: str = "", *, route: bool = False, auth: bool = False) -> Self:
        """Wait for a response or a request; ``check`` is looked for in the whole message."""
        kind = "response" if isinstance(what, int) else "request"
        options = (' rrs="true"' if route else "") + (' auth="true"' if auth else "")
        if not check:
            self._steps.append(f'<recv {kind}="{what}" timeout="12000"{options}/>\n')
            return self
        name = f"v{len(self._steps)}"
        self._referenced.append(name)
        find = f'<ereg regexp={quoteattr(check)} search_in="msg" check_it="true" assign_to="{name}"/>'
        self._steps.append(f'<recv {kind}="{what}" timeout="12000"{options}><action>{find}</action></recv>\n')
        return self

    def may(self, code: int) -> Self:
        """Take a response that may come."""
        self._steps.append(f'<recv response="{code}" optional="true"/>\n')
        return self

    def respond(self, status: str, content: str = NOTHING, *headers: str, tag: str = "") -> Self:
        """Answer the last request; ``tag`` is the one to add to its To."""
        to = f"[last_To:];tag={tag}" if tag else "[last_To:]"
        more = "".join(f"{each}\n" for each in headers)
        text = (
            f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]\n"
            f"Contact: <sip:agent@[local_ip]:[local_port]>\n[last_Record-Route:]\n{more}{content}"
        )
        return self._send(text, False)

    def pause(self, milliseconds: int) -> Self:
        """Say nothing."""
        self._steps.append(f'<pause milliseconds="{milliseconds}"/>\n')
        return self

    def raw(self, step: str, *variables: str) -> Self:
        """Add a step as SIPp writes it, with the variables that it sets."""
        self._steps.append(step)
        self._referenced += variables
        return self

    def _send(self, text: str, repeat: bool) -> Self:
        retrans = ' retrans="500"' if repeat else ""
        self._steps.append(f"<send{retrans}><![CDATA[\n{text}]]></send>\n")
        return self


def answering(content: str | None = None) -> Scenario:
    """An agent's telephone that rings and answers."""
    call = Scenario().receive("INVITE").respond("180 Ringing", tag="a1")
    call.respond("200 OK", sdp() if content is None else content, tag="a1")
    find = '<ereg regexp=".*" search_in="hdr" header="From:" check_it="true" assign_to="caller"/>'
    return call.raw(f'<recv request="ACK" timeout="12000"><action>{find}</action></recv>\n', "caller")


HANG_UP = (
    '<send retrans="500"><![CDATA[\nBYE sip:huawu@127.0.0.1 SIP/2.0\n'
    "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
    "From: <sip:8001@127.0.0.1>;tag=a1\nTo:[$caller]\nCall-ID: [call_id]\nCSeq: 1 BYE\n"
    "Max-Forwards: 70\nContent-Length: 0\n\n]]></send>\n"
)
