"""What SIPp does in a call, step by step, written as SIPp's XML: the steps that both parties have.

A call begins as :class:`~tests.peers.caller.Caller` or :class:`~tests.peers.callee.Callee`. Two steps let a
test lead: :meth:`Scenario.tell` says how far the call is, and :meth:`Scenario.cue` says so and waits until
the test lets it go on, so that no step needs a guess of time.

What SIPp 3.6.1 asks for, learnt by trying: ``rrs`` on the answer, or ``[next_url]`` is empty and peers drop
the ACK; a ``Reference`` to each variable; a ``[media_port]`` on a line that holds the word *audio*, or
recorded packets leave from port 0; what a later answer needs of a request kept in variables, for
``[last_…]`` means the last message of all, and ``[peer_tag_param]`` after a request of the other side is
our own tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.peers.offer import USUAL, Direction, Offer
from tests.peers.rtp import PCMA

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="{}">\n'
)
_NO_BODY = "Content-Length: 0\n\n"
_CONTACT = "Contact: <sip:peer@[local_ip]:[local_port]>\n"
_PHRASES = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 407: "Proxy Authentication Required",
    408: "Request Timeout", 480: "Temporarily Unavailable", 486: "Busy Here", 487: "Request Terminated",
    488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error",
    503: "Service Unavailable", 603: "Decline",
}  # fmt: skip
#: Milliseconds for which a message is awaited before the call fails, and for which a test may take its time.
PATIENCE, LEISURE = 15_000, 120_000
#: What releases a cue: a request with the call's own Call-ID, which SIPp takes for the next step.
CUE = "MESSAGE"


class Scenario:
    """The steps of a call; each method adds one, or a few that belong together, and returns the scenario.

    Parameters
    ----------
    name : str
        For SIPp's own errors.

    Attributes
    ----------
    needs_root : bool
        Whether it sends recorded packets, for which SIPp takes a raw socket.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.needs_root = False
        self._local = self._remote = ""  # what follows "From:" in a request of ours, and "To:"
        self._xml: list[str] = []
        self._variables: list[str] = []
        self._messages = 0  # as SIPp counts them for [branch-n]
        self._labels = 0
        self._cseq = self._version = 0
        self._offered_at = 0  # our last INVITE
        self._established = False
        self._invited: tuple[str, ...] = ()  # variables that keep Via, CSeq, From and To of its last INVITE
        self._fresh = False  # whether that was the last message of all
        self._stray_ack = False  # whether an ACK may come at any time

    def xml(self) -> str:
        """Return the scenario as SIPp reads it."""
        used = f'<Reference variables="{",".join(self._variables)}"/>\n' if self._variables else ""
        return _HEAD.format(self.name) + "".join(self._xml) + used + "</scenario>\n"

    # -- the test's lead -----------------------------------------------------------------------------

    def tell(self, name: str) -> Self:
        """Tell the test that the call has come so far."""
        return self._act(f'<log message="CUE {name} [call_id]"/>')

    def cue(self, name: str) -> Self:
        """Tell the test, and wait until it says to go on."""
        self.tell(name)
        return self._receive(request=CUE, timeout=LEISURE)

    def pause(self, milliseconds: int) -> Self:
        """Wait."""
        return self._add(f'<pause milliseconds="{milliseconds}"/>\n')

    # -- media ---------------------------------------------------------------------------------------

    def play(self, capture: Path) -> Self:
        """Send the packets of a :class:`~tests.peers.capture.Capture`, in the background."""
        self.needs_root = True
        return self._act(f'<exec play_pcap_audio="{capture}"/>')

    def dtmf(self, keys: str) -> Self:
        """Press keys by SIPp's own telephone-events, in the background.

        They are of payload type 96 and take 200 ms each; before the first, SIPp sends 400 ms of packets
        of type 97 that mean nothing.
        """
        self.needs_root = True
        return self._act(f'<exec play_dtmf="{keys}"/>')

    def stream(self, sound: Path, times: int = -1) -> Self:
        """Send headerless A-law as often as said, -1 for ever; our offer must be ``streamed``.

        SIPp never starts if the other side's answer had no Content-Length.
        """
        return self._act(f'<exec rtp_stream="{sound},{times},{PCMA}"/>')

    # -- requests ------------------------------------------------------------------------------------

    def info(self, key: str, milliseconds: int = 160, relay: bool = True) -> Self:
        """Press a key by INFO: application/dtmf-relay, or application/dtmf."""
        if relay:
            return self.send("INFO", "application/dtmf-relay", f"Signal={key}\nDuration={milliseconds}\n")
        return self.send("INFO", "application/dtmf", f"{key}\n")

    def send(self, method: str, content_type: str = "", body: str = "", *, expect: int = 200) -> Self:
        """Send a request, with a body or without one, and expect an answer."""
        typed = f"Content-Type: {content_type}\nContent-Length: [len]\n\n{body}" if content_type else _NO_BODY
        self._request(method, typed)
        return self._receive(response=expect)

    def reinvite(self, offer: Offer | None, *, expect: Direction | None = None, code: int = 200) -> Self:
        """Offer another session; the answer's direction, or the code of its refusal, is as expected."""
        self._offered_at = self._messages
        self._request("INVITE", self._body(offer))
        self._receive(response=100, optional=True)
        if code != 200:
            self._receive(response=code)
            return self._acknowledge_refusal()
        checks = [self._check(f"a={expect}", "body")] if expect else []
        self._receive(response=200, actions=checks)
        return self._acknowledge(None if offer else USUAL)

    def expect_reinvite(self, answer: Offer = USUAL, *, expect: Direction | None = None) -> Self:
        """Wait until the other side offers another session, and take it; the test is told ``reoffered``."""
        self._take_invite("reoffered", [self._check(f"a={expect}", "body")] if expect else [])
        return self._accept(answer)

    def refuse_reinvite(self, code: int = 491) -> Self:
        """Wait until the other side offers another session, and refuse it."""
        self._take_invite("reoffered")
        return self._refuse(code)

    def glare(self, offer: Offer, timeout: int = PATIENCE) -> Self:
        """Offer a session while the other side's offer waits for our answer, and both be refused with 491.

        The other side refuses ours at once, and gets its own refused then.
        """
        self._take_invite("reoffered", timeout=timeout)
        self._offered_at = self._messages
        self._request("INVITE", self._body(offer))
        self._receive(response=100, optional=True)
        self._receive(response=491)
        self._acknowledge_refusal()
        return self._refuse(491)

    def crossed(self, offer: Offer) -> Self:
        """Offer a session that crosses one of the other side: the other half of :meth:`glare`."""
        self._offered_at = self._messages
        self._request("INVITE", self._body(offer), again=False)  # SIPp takes no step while it repeats one
        self._take_invite("reoffered")
        self._refuse(491)
        self._receive(response=491)
        return self._acknowledge_refusal()

    def expect_info(self, matches: str = "") -> Self:
        """Wait for INFO whose body matches an expression."""
        self._receive(request="INFO", actions=[self._check(matches, "body")] if matches else [])
        return self._reply(200)

    def expect_refer(self, notify: Sequence[int] = (100, 200), code: int = 202) -> Self:
        """Wait to be sent elsewhere, and tell how that goes; the test is told the target: ``referred``."""
        target = self._variable("target")
        told = f'<log message="CUE referred [call_id] [${target}]"/>'
        self._receive(request="REFER", actions=[_header("Refer-To", target), told])
        self._reply(code)
        for number, status in enumerate(notify, 1):
            state = "terminated;reason=noresource" if number == len(notify) else "active;expires=60"
            self._request(
                "NOTIFY",
                f"Event: refer\nSubscription-State: {state}\nContent-Type: message/sipfrag\n"
                f"Content-Length: [len]\n\nSIP/2.0 {status} {_PHRASES[status]}\n",
            )
            self._receive(response=200)
        return self

    def refer(self, target: str, notified: Sequence[int] = (100, 200), code: int = 202) -> Self:
        """Send the other side elsewhere, and be notified how that goes."""
        self._request("REFER", f"Refer-To: <{target}>\nReferred-By: <sip:peer@[local_ip]>\n{_NO_BODY}")
        self._receive(response=code)
        for status in notified:
            self._receive(request="NOTIFY", actions=[self._check(f"SIP/2.0 {status}", "body")])
            self._reply(200)
        return self

    def bye(self, expect: int = 200) -> Self:
        """Hang up."""
        return self.send("BYE", expect=expect)

    def expect_bye(self, reply_after_ms: int = 0, timeout: int = PATIENCE) -> Self:
        """Wait until the other side hangs up; a late reply is as if its first BYE were lost."""
        self._receive(request="BYE", timeout=timeout)
        if reply_after_ms:
            self.pause(reply_after_ms)
        return self._reply(200)

    # -- messages ------------------------------------------------------------------------------------

    def _head(self, method: str, branch: str = "[branch]", remote: str = "") -> str:
        routes = "[routes]\n" if self._established else ""
        return (
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n"
            f"{routes}From:{self._local}\nTo:{remote or self._remote}\nCall-ID: [call_id]\n"
            f"CSeq: {self._cseq} {method}\n{_CONTACT}Max-Forwards: 70\n"
        )

    def _body(self, offer: Offer | None, headers: Sequence[str] = ()) -> str:
        more = "".join(f"{each}\n" for each in headers)
        if offer is None:
            return more + _NO_BODY
        self._version += 1
        return f"{more}Content-Type: application/sdp\nContent-Length: [len]\n\n{offer.text(self._version)}"

    def _request(self, method: str, rest: str = _NO_BODY, again: bool = True) -> Self:
        self._cseq += 1
        return self._send(f"{method} [next_url] SIP/2.0\n{self._head(method)}{rest}", again)

    def _acknowledge(self, answer: Offer | None) -> Self:
        return self._send(f"ACK [next_url] SIP/2.0\n{self._head('ACK')}{self._body(answer)}", again=False)

    def _acknowledge_refusal(self, uri: str = "[next_url]", remote: str = "") -> Self:
        """Acknowledge in the INVITE's own transaction (RFC 3261, 17.1.1.3)."""
        head = self._head("ACK", f"[branch-{self._messages - self._offered_at}]", remote)
        return self._send(f"ACK {uri} SIP/2.0\n{head}{_NO_BODY}", again=False)

    def _reply(self, code: int, headers: Sequence[str] = (), tag: str = "") -> Self:
        """Answer the request that came last."""
        to = f"[last_To:];tag={tag}" if tag else "[last_To:]"
        more = "".join(f"{each}\n" for each in headers)
        return self._send(
            f"SIP/2.0 {code} {_PHRASES[code]}\n[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n"
            f"[last_CSeq:]\n{_CONTACT}{more}{_NO_BODY}",
            again=False,
        )

    def _take_invite(self, tell: str, more: Sequence[str] = (), timeout: int = PATIENCE) -> Self:
        """Wait for INVITE and keep what its answers need."""
        kept = tuple(self._variable(each) for each in ("via", "cseq", "from", "to"))
        whole, host, again, port = (self._variable(each) for each in ("c", "host", "m", "port"))
        actions = [
            *map(_header, ("Via", "CSeq", "From", "To"), kept),
            *self._session(whole, host, again, port),
            *more,
            f'<log message="CUE {tell} [call_id] [${host}] [${port}]"/>',
        ]
        extra = "" if self._established else 'rrs="true"'
        self._receive(request="INVITE", actions=actions, extra=extra, timeout=timeout)
        self._invited = kept
        self._fresh = True
        return self

    def _answer(
        self,
        code: int,
        offer: Offer | None = None,
        headers: Sequence[str] = (),
        tag: str = "",
    ) -> Self:
        """Answer the INVITE that was taken, whatever came since.

        Behind a proxy nothing may have come since: only the uppermost Via is kept.
        """
        via, cseq, remote, local = self._invited
        tagged = "" if self._established else f";tag={tag or '[pid]peer[call_number]'}"
        if self._fresh:
            lines = f"[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tagged}\n[last_CSeq:]\n"
        else:
            lines = f"Via:[${via}]\nFrom:[${remote}]\nTo:[${local}]{tagged}\nCSeq:[${cseq}]\n"
        text = f"SIP/2.0 {code} {_PHRASES[code]}\n{lines}Call-ID: [call_id]\n{_CONTACT}"
        return self._send(text + self._body(offer, headers), again=code >= 200)

    def _accept(self, answer: Offer) -> Self:
        self._answer(200, answer)
        return self._receive(request="ACK")

    def _refuse(self, code: int, headers: Sequence[str] = ()) -> Self:
        self._answer(code, headers=headers)
        return self._receive(request="ACK")

    # -- parts of the file ---------------------------------------------------------------------------

    def _session(self, whole: str, host: str, again: str, port: str) -> tuple[str, str]:
        return (
            f'<ereg regexp="c=IN IP4 ([0-9.]+)" search_in="body" assign_to="{whole},{host}"/>',
            f'<ereg regexp="m=audio ([0-9]+)" search_in="body" assign_to="{again},{port}"/>',
        )

    def _check(self, expression: str, where: str) -> str:
        """Return the action that fails the call where the message does not match."""
        seen = self._variable("seen")
        return f'<ereg regexp="{expression}" search_in="{where}" check_it="true" assign_to="{seen}"/>'

    def _variable(self, name: str) -> str:
        self._variables.append(f"{name}{len(self._variables)}")
        return self._variables[-1]

    def _label(self) -> str:
        self._labels += 1
        return str(self._labels)

    def _place(self, label: str) -> Self:
        self._xml.append(f'<label id="{label}"/>\n')
        return self

    def _add(self, element: str) -> Self:
        self._xml.append(element)
        self._messages += 1
        return self

    def _act(self, action: str, extra: str = "") -> Self:
        inside = f"<action>{action}</action>" if action else ""
        return self._add(f"<nop {extra}>{inside}</nop>\n")

    def _send(self, text: str, again: bool = True) -> Self:
        """Send a message, ``again`` and again until it is answered."""
        how = ' retrans="500"' if again else ""
        return self._add(f"<send{how}><![CDATA[\n{text}]]></send>\n")

    def _receive(
        self,
        *,
        response: int = 0,
        request: str = "",
        optional: bool = False,
        actions: Sequence[str] = (),
        extra: str = "",
        timeout: int = PATIENCE,
    ) -> Self:
        if self._stray_ack and not optional and request != "ACK":
            self._add('<recv request="ACK" optional="true"/>\n')
        what = f'response="{response}"' if response else f'request="{request}"'
        how = 'optional="true"' if optional else f'timeout="{timeout}"'
        inside = f"<action>{''.join(actions)}</action>" if actions else ""
        self._fresh = self._fresh and optional
        return self._add(f"<recv {what} {how} {extra}>{inside}</recv>\n")


def _header(name: str, variable: str) -> str:
    """Return the action that keeps a header's value."""
    return f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{variable}"/>'
