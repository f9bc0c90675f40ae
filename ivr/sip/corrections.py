"""sippy 2.5.0 with its measured defects corrected; the only module that knows how they are.

sippy's messages and its transactions (retransmission, timers) are used; its user agent is not: the dialogs
are ours (:mod:`ivr.sip.dialog`). What was wrong, and where it is put right:

=====================================================  ====================================================
stock sippy 2.5.0                                      here
=====================================================  ====================================================
Content-Length counts characters, going out and        :func:`_written`; :mod:`~ivr.sip.screen` cuts bytes
coming in, so Chinese bodies are cut or dropped
a message with one byte that is not UTF-8 is dropped   screen reads GBK where it is no UTF-8
``SipParseError.getResponse()`` raises, so malformed   screen answers 4xx; :meth:`Transactions.take`
requests are not answered                              answers 400 to what only sippy cannot read
parse errors print a traceback and the whole message   :func:`_quiet`: ``note`` is told, in a few words
CANCEL is lost unless a tuple is returned              :class:`~ivr.sip.invited.Invited` sets what it calls
the 487 to a cancelled call has another tag            :class:`~ivr.sip.invited.Invited` sets it
an exception in a handler leaves the INVITE            :meth:`Transactions.take` answers 500
unanswered for 300 s
an ACK to 3xx to 6xx goes to the Contact of the        :meth:`Transactions.incomingResponse` takes it away
response; an ACK to 2xx takes its route from the       :meth:`Transactions.acknowledge` uses the dialog's
response alone
two processes bind one port unnoticed                  :class:`~ivr.sip.port.Port` binds alone
three threads send and reorder 100 and 200             :class:`~ivr.sip.port.Port` has no threads
the default Contact is ``Anonymous <sip:…>``           every dialog has its own
``tel:`` URIs are refused, or change into ``sip:``     :func:`_tel_read`, :func:`_url_written`
a Chinese display name goes out without its quotes     ``needquotes``
``sips:`` and ``tel:`` are lost when a URI is copied   :func:`_url_copied`
a From that was read is written otherwise in the       :func:`_response_made`
response
a new INVITE with credentials leaves before the ACK    the dialog waits for the next turn of the loop
stock transfer ends the dialog at once                 :mod:`ivr.sip.transfer`
the 2xx of a second party to a forked INVITE is        :class:`~ivr.sip.forks.Forks`, the dialog
dropped
UPDATE, PRACK and others are not answered              the dialog: 200 or 405
answers are repeated less and less often               :meth:`Transactions.timerA`: every 4 s
a timer fails where two INVITEs bear the same names    :class:`_Table`
the cache of repetitions has no bound                  :meth:`Transactions.take`
=====================================================  ====================================================
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from hashlib import md5
from time import monotonic
from typing import Any

os.environ["SIPLOG_BEND"] = "none"  # read by SipLogger when it is made

import sippy.SipAddress
from sippy.Exceptions.SipParseError import SipParseError
from sippy.Network_server import Remote_address
from sippy.SipConf import SipConf
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipLogger import SipLogger
from sippy.SipMsg import SipMsg
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import SipTMRetransmitO, SipTransactionManager
from sippy.SipURL import SipURL
from sippy.Time.MonoTime import MonoTime
from sippy.Time.Timeout import Timeout

from ivr.sip.forks import Forks, Taker
from ivr.sip.port import Port
from ivr.sip.screen import Message

#: Answers that are kept for requests that come again.
REMEMBERED = 50_000
#: Seconds after which a transaction that was cancelled is over, answered or not (RFC 3261, 9.1).
CANCELLED = 32.0

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_stock_local = SipMsg.localStr
_stock_url_local, _stock_url_copy, _stock_response = SipURL.localStr, SipURL.getCopy, SipRequest.genResponse


def _written(self: Any, local_addr: Any = None, compact: bool = False) -> str:
    """Write a message whose Content-Length counts bytes."""
    text: str = _stock_local(self, local_addr, compact)
    text = text.replace("\r\nUser-Agent: \r\n", "\r\n", 1)
    head, gap, body = text.partition("\r\n\r\n")
    if body and not body.isascii():
        head = re.sub(r"(?mi)^(Content-Length|l): \d+", rf"\g<1>: {len(body.encode())}", head)
    return head + gap + body


def _tel_read(self: Any, url: str, relaxedparser: bool) -> None:
    """Keep a ``tel:`` URI as it is; its number is the user."""
    number, *parameters = url.split(";")
    self.scheme, self.username, self.host, self.userparams = "tel", number, "", parameters


def _url_written(self: Any, local_addr: Any = None) -> str:
    if self.scheme != "tel":
        return str(_stock_url_local(self, local_addr))
    return "tel:" + ";".join([self.username, *self.userparams])


def _url_copied(self: Any) -> Any:
    copy = _stock_url_copy(self)
    copy.scheme = self.scheme
    return copy


def _response_made(self: Any, *arguments: Any, **more: Any) -> Any:
    """Make a response whose From is the request's, to the letter (RFC 3261, 8.2.6.2)."""
    response = _stock_response(self, *arguments, **more)
    theirs = self.getHF("from").body
    if theirs.body is not None:
        response.getHF("from").body = SipFrom(theirs.body)
    return response


SipMsg.localStr = _written
SipURL.convertTelURL, SipURL.localStr, SipURL.getCopy = _tel_read, _url_written, _url_copied
SipRequest.genResponse = _response_made
SipParseError.code, SipParseError.msg = 400, "Bad Request"
SipParseError.getResponse = lambda self, request=None: self.sip_response
SipConf.autoconvert_tel_url = True
sippy.SipAddress.needquotes = lambda name, _table: not _TOKEN.fullmatch(name)


def _quiet(note: Callable[[str], None]) -> None:
    """Let sippy say to ``note`` what it would print, without anything that came from outside.

    What it remarks about messages is dropped: the screen has looked at them.
    """

    def say(*words: Any, **_: Any) -> None:
        said = next((each for each in words if isinstance(each, str)), "")
        if not said.startswith(("WARNING", "Truncated", "invalid status")):
            note(said[:60])

    def dump(message: str, *_: Any, **__: Any) -> None:
        error = sys.exc_info()[1]
        note(f"{str(message)[:60]}: {type(error).__name__}" if error else str(message)[:60])

    for name, module in list(sys.modules.items()):
        if name.startswith("sippy.") and module is not None:
            module.__dict__["print"] = say
            if "dump_exception" in module.__dict__:
                module.__dict__["dump_exception"] = dump


class Transactions(SipTransactionManager):  # type: ignore[misc]
    """The transactions of one port, fed with messages that have passed the screen.

    Parameters
    ----------
    port : Port
    address : str
        That telephones see.
    user_agent : str
        What we call ourselves; empty says nothing.
    requested : callable
        Called with a request outside our dialogs and its transaction; returns the response, or None if
        it comes later (only an INVITE may be answered later without :meth:`hold`).
    note : callable
        Told in a few words what sippy complains of.
    """

    def __init__(
        self,
        port: Port,
        *,
        address: str,
        user_agent: str,
        requested: Callable[[Any, Any], Any],
        note: Callable[[str], None],
    ) -> None:
        SipConf.my_address = f"[{address}]" if ":" in address else address
        SipConf.my_port, SipConf.my_transport, SipConf.my_uaname = port.getSIPaddr()[0][1], "UDP", user_agent
        _quiet(note)
        self._note = note
        self.server = port
        self.global_config = {"_sip_logger": SipLogger("huawu"), "_sip_tm": self}
        self.l4r = _OnePort(port)
        self.tclient: dict[Any, Any] = _Table()
        self.tserver: dict[Any, Any] = _Table()
        self.req_consumers: dict[str, Any] = {}
        self.l1rcache: dict[bytes, Any] = {}
        self.l2rcache: dict[bytes, Any] = {}
        self.req_cb = lambda request, transaction: _triple(requested(request, transaction))
        self.cp_timer = Timeout(self.rCachePurge, 32, -1)
        self.init_time = monotonic()
        self._forks = Forks()

    def repeats(self, data: bytes) -> bool:
        """Say whether a datagram came before; if it was answered, it is answered again."""
        digest = md5(data, usedforsecurity=False).digest()
        known = self.l1rcache.get(digest) or self.l2rcache.get(digest)
        if known is None:
            return False
        if known.data is not None:
            self.transmitData(known.userv, known.data, known.address, lossemul=known.lossemul)
        return True

    def take(self, message: Message, data: bytes, source: tuple[str, int]) -> str:
        """Work on a message; return what is wrong with it if sippy cannot read it, else nothing."""
        digest = md5(data, usedforsecurity=False).digest()
        if len(self.l1rcache) > REMEMBERED // 2:
            self.rCachePurge()
        remote = Remote_address(source, "udp")
        try:
            read = SipRequest(message.text) if message.method else SipResponse(message.text)
            identity = read.getTIds() if message.method else read.getTId(True, True)
            for name in ("to", "contact", "record-route", "route"):
                read.getHFBodys(name)
        except Exception as error:
            return type(error).__name__
        read.rtime = MonoTime()
        read.setSource(remote)
        if not message.method:
            transaction = self.tclient.get(identity)
            self.l1rcache[digest] = SipTMRetransmitO()
            if self._is_another_answer(read, identity, digest):
                return ""
            if transaction is not None:
                self.incomingResponse(read, transaction, digest)
            return ""
        via = read.getHFBody("via")
        if via.getAddr()[0] != source[0]:
            via.params["received"] = source[0]
        if "rport" in via.params:
            via.params["rport"] = str(source[1])
        try:
            self.incomingRequest(read, digest, identity, self.server)
        except Exception as error:
            self._note(f"a request was not worked on: {error!r}"[:200])
            self._fail(read, digest)
        return ""

    def _fail(self, request: Any, digest: bytes) -> None:
        if request.getMethod() == "ACK":
            return
        response = request.genResponse(500, "Server Internal Error")
        transaction = self.tserver.get(request.getTId(wBRN=True))
        if transaction is not None:
            self.sendResponse(response, transaction)
        else:
            self.transmitMsg(self.server, response, request.getHFBody("via").getTAddr(), digest)

    def ask(self, request: Any, told: Callable[[Any, Any], None], another: Taker | None = None) -> Any:
        """Send a request; ``told`` gets each response with the transaction, 408 where none comes.

        The ACK to a 2xx is left to :meth:`acknowledge`. ``another`` gets the 2xx of further parties to an
        INVITE, and what to pass to :meth:`acknowledge_another`.
        """

        def respond(response: Any, transaction: Any) -> None:
            transaction.uack = transaction.needack and 200 <= response.scode < 300
            if transaction.uack and another is not None:
                tag = response.getHFBody("to").getTag()
                self._forks.answered(transaction.tid, tag, another, monotonic())
            try:
                told(response, transaction)
            except Exception as error:
                self._note(f"a response was not worked on: {error!r}"[:200])

        return self.newTransaction(request, resp_cb=respond, cb_ifver=2)

    def _is_another_answer(self, response: Any, identity: Any, digest: bytes) -> bool:
        if not 200 <= response.scode < 300:
            return False
        another = self._forks.taker(identity, response.getHFBody("to").getTag(), monotonic())
        if another is None:
            return False
        try:
            another(response, digest)
        except Exception as error:
            self._note(f"a response was not worked on: {error!r}"[:200])
        return True

    def acknowledge_another(self, ack: Any, address: tuple[str, int], digest: bytes) -> None:
        """Send an ACK, and again whenever the answer comes again."""
        self.transmitMsg(self.server, ack, address, digest)

    def incomingResponse(self, msg: Any, t: Any, checksum: bytes) -> None:
        """As sippy has it, but an ACK to a refusal goes where the INVITE went (RFC 3261, 17.1.1.3)."""
        if t.needack and msg.scode >= 300:
            msg.delHFs("contact")
            msg.delHFs("record-route")
        super().incomingResponse(msg, t, checksum)

    def acknowledge(self, transaction: Any, target: Any, routes: Iterable[Any], address: Any) -> None:
        """Send the ACK to a 2xx by the route of its dialog."""
        if transaction.tid not in self.tclient:
            return
        ack = transaction.ack
        ack.setRURI(target)
        ack.delHFs("route")
        ack.appendHeaders([SipHeader(name="route", body=each) for each in routes])
        transaction.ack_rAddr = address
        self.sendACK(transaction)

    def timerA(self, t: Any) -> None:
        """Send again, after 4 s at most but for INVITEs of ours (RFC 3261, 13.3.1.4 and 17.1.2.2)."""
        self.transmitData(t.userv, t.data, t.address)
        invites = t.needack and self.tclient.get(t.tid) is t
        t.tout = t.tout * 2 if invites else min(t.tout * 2, 4.0)
        t.teA = Timeout(self.timerA, t.tout, 1, t)

    def give_up(self, transaction: Any) -> None:
        """Cancel an INVITE of ours; it is over soon even if nobody answers."""
        if transaction.tid not in self.tclient:
            return
        self.cancelTransaction(transaction)
        if transaction.teB is not None:
            transaction.teB.cancel()
            transaction.teB = Timeout(self.timerB, CANCELLED, 1, transaction)

    def hold(self, transaction: Any, seconds: float, late: Callable[[], None]) -> None:
        """Keep a request that is no INVITE open for ``seconds``; then ``late`` is called."""
        transaction.teE = Timeout(late, seconds)

    def forget(self, transaction: Any) -> None:
        """Send an answer of ours no more."""
        for name in ("teA", "teD", "teE", "teF"):
            timer = getattr(transaction, name, None)
            if timer is not None:
                timer.cancel()
        if transaction.tid is not None:
            self.tserver.pop(transaction.tid, None)
        transaction.cleanup()


class _Table(dict[Any, Any]):
    """Transactions by their names, which may leave twice: a name can be taken over by a forged request."""

    def __delitem__(self, name: Any) -> None:
        self.pop(name, None)


class _OnePort:
    """What sippy asks which port to send from, for when there is one."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def getServer(self, *_: Any, **__: Any) -> Port:
        return self._port

    def rotateCache(self) -> None:
        pass

    def shutdown(self) -> None:
        self._port.shutdown()


def _triple(response: Any) -> tuple[Any, None, None] | None:
    """Return what sippy wants of a handler; where that is None, what ``Invited`` has set stays."""
    return None if response is None else (response, None, None)
