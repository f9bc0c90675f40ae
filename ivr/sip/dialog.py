"""Dialogs: who talks to whom by which way, and which number comes next (RFC 3261, 12)."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipProxyAuthorization import SipProxyAuthorization
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from ivr.sip.content import header
from ivr.sip.corrections import Transactions
from ivr.sip.loop import Loop
from ivr.sip.words import ALLOW, REASONS

#: How often a request is sent again with credentials: the second time for a nonce gone stale.
_TRIES = 2

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are for digest authentication."""

    user: str
    password: str = field(repr=False)


@dataclass(slots=True)
class Line:
    """What all dialogs of the process share."""

    transactions: Transactions
    loop: Loop
    address: str
    port: int
    user_agent: str

    @property
    def host(self) -> str:
        """Our address as a URI has it."""
        return f"[{self.address}]" if ":" in self.address else self.address

    def contact(self, user: str = "huawu") -> Any:
        """Return our Contact header."""
        url = SipURL(f"sip:{user}@{self.host}:{self.port}")
        return SipHeader(name="contact", body=SipContact(address=SipAddress(url=url, hadbrace=True)))


@dataclass(slots=True, eq=False)
class Asked:
    """A request of ours that waits for its answer."""

    method: str
    told: Callable[[Any], None]
    body: Any = None
    headers: Headers = ()
    expires: int | None = None
    tries: int = 0
    authorization: Any = None
    transaction: Any = None
    given_up: bool = False


class Dialog:
    """One dialog. It sends what its owner asks for and hands on what comes in it.

    Parameters
    ----------
    line : Line
    call_id : str
    local, remote : SipFrom, SipTo
        With our tag, and the party's where it is known.
    target : SipURL
        The party's Contact, or whom we call.
    address : tuple
        Host and port that requests are sent to.
    ours : bool
        Whether the Call-ID is of our making.
    """

    def __init__(
        self,
        line: Line,
        *,
        call_id: Any,
        local: Any,
        remote: Any,
        target: Any,
        address: tuple[str, int],
        ours: bool,
        routes: Iterable[Any] = (),
        remote_number: int | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.line = line
        self.call_id, self.local, self.remote, self.target = call_id, local, remote, target
        self.address, self.ours, self.routes = address, ours, list(routes)
        self.remote_number, self.credentials = remote_number, credentials
        self.tag: str = local.getTag()
        self._number = secrets.randbelow(2**16) + 1
        self._complete = not ours
        self._owner: Callable[[Any, Any], Any] | None = None

    @classmethod
    def arrived(cls, line: Line, request: Any) -> Dialog:
        """Return the dialog that an INVITE begins."""
        local = SipFrom(address=request.getHFBody("to").getUri().getCopy())
        local.setTag(secrets.token_hex(8))
        target = request.getHFBody("contact").getUrl().getCopy()
        routes = request.getHFBCopys("record-route")
        return cls(
            line,
            call_id=request.getHFBCopy("call-id"),
            local=local,
            remote=SipTo(address=request.getHFBody("from").getUri().getCopy()),
            target=target,
            address=_hop(routes, target, request),
            ours=False,
            routes=routes,
            remote_number=request.getHFBody("cseq").getCSeqNum(),
        )

    @classmethod
    def dialled(
        cls,
        line: Line,
        target: str,
        address: tuple[str, int],
        caller: str,
        domain: str,
        name: str = "",
        credentials: Credentials | None = None,
    ) -> Dialog:
        """Return the dialog that an INVITE of ours is to begin."""
        url = SipURL(target)
        user = re.sub(r"[^\w.+\-*#]", "", caller) or "anonymous"
        shown = re.sub(r'["\\\x00-\x1f]', "", name) or None
        local = SipFrom(address=SipAddress(name=shown, url=SipURL(f"sip:{user}@{domain}"), hadbrace=True))
        local.setTag(secrets.token_hex(8))
        remote = SipTo(address=SipAddress(url=SipURL(target), hadbrace=True))
        return cls(
            line,
            call_id=SipCallId(secrets.token_hex(16)),
            local=local,
            remote=remote,
            target=url,
            address=address,
            ours=True,
            credentials=credentials,
        )

    # -- what sippy's transaction manager calls ------------------------------------------------------

    def open(self, owner: Callable[[Any, Any], Any]) -> None:
        """Hand requests in this dialog to ``owner`` from now on."""
        if self._owner is None:
            self.line.transactions.regConsumer(self, str(self.call_id))
        self._owner = owner

    def close(self) -> None:
        """End the dialog; what still comes in it belongs to none."""
        if self._owner is not None:
            self._owner = None
            self.line.transactions.unregConsumer(self, str(self.call_id))

    def isYours(self, request: Any) -> Dialog | None:
        """Return this dialog if ``request`` was sent in it."""
        ours = (
            str(request.getHFBody("call-id")) == str(self.call_id)
            and request.getHFBody("to").getTag() == self.tag
            and request.getHFBody("from").getTag() == self.remote.getTag()
        )
        return self if ours else None

    def recvRequest(self, request: Any, transaction: Any) -> Any:
        """Hand a request on, if its number is right (RFC 3261, 12.2.2)."""
        number = request.getHFBody("cseq").getCSeqNum()
        if self.remote_number is not None and number <= self.remote_number:
            return self.response(request, 500), None, None
        self.remote_number = number
        response = self._owner(request, transaction) if self._owner else self.response(request, 481)
        return None if response is None else (response, None, None)

    # -- what its owner calls ------------------------------------------------------------------------

    def response(self, request: Any, code: int, *headers: tuple[str, str], body: Any = None) -> Any:
        """Return a response in this dialog."""
        response = respond(self.line, request, code, *headers, body=body)
        response.getHFBody("to").setTag(self.tag)
        return response

    def learn(self, message: Any, *, answered: bool) -> None:
        """Take in what a response to our INVITE, or a request of the party, says about the way.

        Parameters
        ----------
        message
            sippy's.
        answered : bool
            Whether it is a 2xx that completes the dialog: it fixes the tag and the route.
        """
        if answered and self.ours and not self._complete:
            self._complete = True
            self.remote.setTag(message.getHFBody("to").getTag())
            self.routes = message.getHFBCopys("record-route")[::-1]
            if self.routes:
                self.address = _first(self.routes)
        if not message.countHFs("contact") or message.getHFBody("contact").asterisk:
            return
        url = message.getHFBody("contact").getUrl()
        if url is None or url.scheme != "sip" or str(url) == str(self.target):
            return
        self.target = url.getCopy()
        if not answered:
            self.address = _hop(self.routes, self.target, message)
        elif not self.routes and _numeric(url.host):
            self.address = url.getAddr()

    def ask(
        self,
        method: str,
        told: Callable[[Any], None],
        body: Any = None,
        headers: Headers = (),
        expires: int | None = None,
    ) -> Asked:
        """Send a request; ``told`` gets each response to it, 408 where none comes.

        Where credentials are asked for (401, 407) and known, it is sent again with them.
        """
        asked = Asked(method, told, body, headers, expires)
        self.line.loop.soon(lambda: self._send(asked))  # after the ACK to what is being worked on
        return asked

    def give_up(self, asked: Asked) -> None:
        """Cancel an INVITE."""
        asked.given_up = True
        if asked.transaction is not None:
            self.line.transactions.give_up(asked.transaction)

    def acknowledge(self, asked: Asked, transaction: Any) -> None:
        """Send the ACK to a 2xx by the dialog's way, after what is being worked on."""

        def send() -> None:
            target, routes = self.target.getCopy(), [each.getCopy() for each in self.routes]
            if asked.authorization is not None:  # RFC 3261, 22.1
                transaction.ack.appendHeader(asked.authorization.getCopy())
            self.line.transactions.acknowledge(transaction, target, routes, (self.address, "udp"))

        self.line.loop.soon(send)

    def _send(self, asked: Asked) -> None:
        if asked.given_up:
            return
        request = SipRequest(
            method=asked.method,
            ruri=self.target.getCopy(),
            to=self.remote.getCopy(),
            fr0m=self.local.getCopy(),
            cseq=self._number,
            callid=self.call_id.getCopy(),
            routes=[each.getCopy() for each in self.routes],
            target=(self.address, "udp"),
            expires=SipExpires(number=asked.expires or 180) if asked.method == "INVITE" else None,
            body=asked.body,
        )
        self._number += 1
        request.delHFs("user-agent")
        if self.line.user_agent:
            request.appendHeader(header("User-Agent", self.line.user_agent))
        if asked.method in ("INVITE", "REFER", "UPDATE"):
            request.appendHeader(self.line.contact())
        if asked.method == "INVITE":
            request.appendHeader(header("Allow", ALLOW))
        request.appendHeaders([header(*each) for each in asked.headers])
        if asked.authorization is not None:
            request.appendHeader(asked.authorization)
        asked.transaction = self.line.transactions.ask(
            request,
            lambda response, transaction: self._answered(asked, request, response, transaction),
            lambda response, digest: self._another_answered(asked, request, response, digest),
        )

    def _answered(self, asked: Asked, request: Any, response: Any, transaction: Any) -> None:
        code = response.scode
        if asked.method == "INVITE" and 200 <= code < 300:
            self.learn(response, answered=True)
            self.acknowledge(asked, transaction)
        if code in (401, 407) and self.credentials and asked.tries < _TRIES and not asked.given_up:
            authorization = authorize(self.credentials, request, response)
            if authorization is not None:
                asked.tries += 1
                asked.authorization = authorization
                self.line.loop.soon(lambda: self._send(asked))
                return
        asked.told(response)

    def _another_answered(self, asked: Asked, request: Any, response: Any, digest: bytes) -> None:
        """Acknowledge and hang up a further party that answers our INVITE (RFC 3261, 13.2.2.4)."""
        other = Dialog(
            self.line,
            call_id=self.call_id,
            local=self.local,
            remote=self.remote.getCopy(),
            target=request.getRURI().getCopy(),
            address=request.getTarget()[0],
            ours=True,
            credentials=self.credentials,
        )
        other.learn(response, answered=True)
        other._number = request.getHFBody("cseq").getCSeqNum() + 1
        ack = request.genACK(other.remote.getCopy())
        ack.getHFBody("via").genBranch()
        ack.setRURI(other.target.getCopy())
        ack.appendHeaders([SipHeader(name="route", body=each.getCopy()) for each in other.routes])
        if asked.authorization is not None:
            ack.appendHeader(asked.authorization.getCopy())
        self.line.transactions.acknowledge_another(ack, other.address, digest)
        other.ask("BYE", lambda _response: None)


def respond(line: Line, request: Any, code: int, *headers: tuple[str, str], body: Any = None) -> Any:
    """Return a response to a request."""
    response = request.genResponse(code, REASONS.get(code, "OK" if code < 300 else "Refused"), body)
    if line.user_agent:
        response.appendHeader(header("Server", line.user_agent))
    response.appendHeaders([header(*each) for each in headers])
    return response


def authorize(credentials: Credentials, request: Any, response: Any) -> Any:
    """Return the header that answers the challenge of a 401 or 407, None where we cannot."""
    wanted = "www-authenticate" if response.scode == 401 else "proxy-authenticate"
    for challenge in response.getHFBodys(wanted):
        able, protection = challenge.supportedAlgorithm()
        if not able:
            continue
        body = str(request.getBody() or "") if protection == "auth-int" else None
        made = challenge.genAuthHF(
            credentials.user,
            credentials.password,
            request.getMethod(),
            str(request.getRURI()),
            body,
            protection,
        )
        name = "proxy-authorization" if isinstance(made, SipProxyAuthorization) else "authorization"
        return SipHeader(name=name, body=made)
    return None


def _numeric(host: Any) -> bool:
    try:
        ipaddress.ip_address(str(host).strip("[]"))
    except ValueError:
        return False
    return True


def _first(routes: list[Any]) -> tuple[str, int]:
    if not routes[0].parsed:
        routes[0].parse()
    host, port = routes[0].getUrl().getAddr()
    return str(host), port


def _hop(routes: list[Any], target: Any, request: Any) -> tuple[str, int]:
    """Return where requests go: the first route, the Contact, or the source where that hides the Contact.

    A telephone behind a router names an address in its Contact that nobody else can reach; if it called us
    without a proxy between, we answer where it really is.
    """
    if routes:
        return _first(routes)
    source: tuple[str, int] = request.getSource()
    host, port = target.getAddr()
    direct = request.countHFs("via") == 1
    if direct and str(host) != source[0]:
        via: tuple[str, int] = request.getHFBody("via").getTAddr()
        return via
    return str(host), port
