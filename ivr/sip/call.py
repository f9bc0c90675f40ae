"""One call: from its INVITE, ours or the party's, to its end, which is told exactly once."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import structlog

from ivr.sip import timers
from ivr.sip.content import body_of, header, session_of, unquoted, value_of, words_of
from ivr.sip.dialog import Asked, Dialog, Headers
from ivr.sip.invited import Invited
from ivr.sip.keys import pressed
from ivr.sip.transfer import TransferIn, TransferOut
from ivr.sip.watch import Watch
from ivr.sip.words import ALLOW, REASONS
from ivr.wire import signalling as wire

log = structlog.get_logger()

#: How often an offer of ours is made again when both sides made one (RFC 3261, 14.1).
RETRIES = 2
#: Seconds that an UPDATE with a session may wait for the engine.
_UPDATE_SECONDS = 5.0
_CAPABLE: Headers = (("Allow", ALLOW), ("Accept", "application/sdp"), ("Supported", "timer"))


class Call:
    """A call with an established dialog, or one on the way to it.

    Made by :class:`~ivr.sip.arrival.Arrival` and :class:`~ivr.sip.dialling.Dialling`.

    Parameters
    ----------
    name : str
        As the engine knows it.
    tell : callable
        Takes the events of :mod:`ivr.wire.signalling`.
    gone : callable
        Called once at the end.
    covers : callable
        Says whether the party may be transferred to a URI, and returns it as it may be used.
    session_expires : int
        Seconds, 0 for none.
    """

    def __init__(
        self,
        name: str,
        tell: Callable[[Any], None],
        gone: Callable[[Call], None],
        covers: Callable[[str], str],
        session_expires: int,
    ) -> None:
        self.name = name
        self.dialog: Dialog | None = None
        self.over = False
        self._tell, self._gone, self._covers = tell, gone, covers
        self._session_expires = session_expires
        #: Sessions as text: ours and the party's, the last ones that held.
        self.ours = self.theirs = ""
        self._confirmed = False
        #: Answers of the engine to come that the party will not get.
        self._void = 0
        self._waiting: list[Callable[[], None]] = []
        self._incoming: Invited | None = None
        self._outgoing: Asked | None = None
        self._offer: str | None = None
        self._retries = 0
        self._retry: Any = None
        self._session = Watch(self._refresh, self._expired)
        self._transfer_out: TransferOut | None = None
        self._transfer_in: TransferIn | None = None

    # -- what the engine asks for --------------------------------------------------------------------

    def accept(self, sdp: str) -> None:
        """Take the party's new offer."""
        if self._void:
            self._void -= 1
            return
        incoming, self._incoming = self._incoming, None
        if incoming is None or not incoming.open or self.over or self.dialog is None:
            return
        request = incoming.request
        asks = not request.getBody()
        update = request.getMethod() == "UPDATE"
        self.ours = sdp
        self.theirs = session_of(request) or self.theirs
        incoming.answer(
            200,
            "OK",
            body_of(sdp),
            self._ok_headers(request),
            acked=None if update else lambda body: self._reacked(body, asks=asks),
            unacked=self._unacked,
        )

    def reject(self, code: int, reason: str, retry_after: int | None) -> None:
        """Refuse the party's new offer; the call goes on as it was."""
        if self._void:
            self._void -= 1
            return
        incoming, self._incoming = self._incoming, None
        if incoming is not None and incoming.open:
            after = [] if retry_after is None else [header("Retry-After", str(retry_after))]
            incoming.answer(code, reason or REASONS.get(code, "Refused"), None, after)

    def reoffer(self, sdp: str) -> None:
        """Offer another session."""
        if not self._when_confirmed(lambda: self.reoffer(sdp)):
            return
        if self._incoming is not None or self._offer is not None:
            self._tell(wire.ReofferRefused(self.name, 491))
            return
        self._offer, self._retries = sdp, 0
        self._send_offer()

    def refer(self, target: str, replaces: Call | None) -> None:
        """Ask the party to call ``target``."""
        if not self._when_confirmed(lambda: self.refer(target, replaces)):
            return
        assert self.dialog is not None
        if self._transfer_out is not None and self._transfer_out.open:
            self._tell(wire.ReferProgress(self.name, 491, REASONS[491], final=True))
            return
        other = replaces.dialog if replaces is not None else None
        self._transfer_out = TransferOut(self.dialog, target, other, self._progress)

    def transfer_goes(self, code: int, final: bool) -> None:
        """Tell the party how the transfer goes that it has asked for."""
        if self._transfer_in is not None and not self.over:
            self._transfer_in.tell(code, final)

    def send_info(self, content_type: str, body: str) -> None:
        """Send INFO."""
        if self._when_confirmed(lambda: self.send_info(content_type, body)):
            assert self.dialog is not None
            self.dialog.ask("INFO", _ignored, body_of(body, content_type))

    def bye(self, reason: str) -> None:
        """End the call."""
        self._hang_up("local", reason)

    # -- the dialog ----------------------------------------------------------------------------------

    def _established(self, dialog: Dialog) -> None:
        self.dialog = dialog
        dialog.open(self._requested)

    def _confirm(self) -> None:
        """Say what has waited: the party has our answer, or we have its."""
        self._confirmed = True
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each()

    def _when_confirmed(self, call: Callable[[], None]) -> bool:
        if self.over:
            return False
        if self._confirmed:
            return True
        if len(self._waiting) < 16:
            self._waiting.append(call)
        return False

    def _requested(self, request: Any, transaction: Any) -> Any:
        assert self.dialog is not None
        method = request.getMethod()
        handler = {
            "BYE": self._on_bye,
            "INFO": self._on_info,
            "OPTIONS": self._on_options,
            "NOTIFY": self._on_notify,
            "REFER": self._on_refer,
        }.get(method)
        if handler is not None:
            return handler(request)
        if method in ("INVITE", "UPDATE"):
            return self._on_offer(request, transaction)
        return self.dialog.response(request, 405, ("Allow", ALLOW))

    def _on_bye(self, request: Any) -> Any:
        assert self.dialog is not None
        reason = request.getHFs("reason")
        response = self.dialog.response(request, 200)
        self._end("remote", words_of(str(reason[0].body)) if reason else "")
        return response

    def _on_info(self, request: Any) -> Any:
        assert self.dialog is not None
        body = request.getBody()
        if body is not None:
            kind, text = str(body.mtype), str(body)
            key = pressed(kind, text)
            if key is not None:
                self._tell(wire.InfoDigit(self.name, *key))
            elif len(text) <= 8192:
                self._tell(wire.Info(self.name, kind[:100], text))
        return self.dialog.response(request, 200)

    def _on_options(self, request: Any) -> Any:
        assert self.dialog is not None
        return self.dialog.response(request, 200, *_CAPABLE)

    def _on_notify(self, request: Any) -> Any:
        assert self.dialog is not None
        if self._transfer_out is None or not self._transfer_out.notified(request):
            return self.dialog.response(request, 481)
        return self.dialog.response(request, 200)

    def _on_refer(self, request: Any) -> Any:
        assert self.dialog is not None
        if not self._confirmed or (self._transfer_in is not None and self._transfer_in.open):
            return self.dialog.response(request, 491)
        values = request.getHFs("refer-to")
        if len(values) != 1:
            return self.dialog.response(request, 400)
        match = re.search(r"<([^<>]+)>|^\s*([^\s<>;]+)", str(values[0].body))
        target = self._covers((match[1] or match[2]) if match else "")
        if not target:
            log.warning("a transfer was refused", call=self.name)
            return self.dialog.response(request, 403)
        self._transfer_in = TransferIn(self.dialog, request)
        self.dialog.line.loop.soon(self._transfer_in.begin)
        self._tell(wire.ReferRequested(self.name, target))
        return self._with(self.dialog.response(request, 202), [self.dialog.line.contact()])

    # -- offers --------------------------------------------------------------------------------------

    def _on_offer(self, request: Any, transaction: Any) -> Any:
        assert self.dialog is not None
        dialog, update = self.dialog, request.getMethod() == "UPDATE"
        if timers.too_short(timers.words_of(request)):
            return dialog.response(request, 422, ("Min-SE", str(timers.SHORTEST)))
        offer = session_of(request)
        if update and not offer:
            dialog.learn(request, answered=False)
            return self._with(dialog.response(request, 200), self._ok_headers(request))
        if self._incoming is not None or self._void or not self._confirmed:
            return dialog.response(request, 500, ("Retry-After", str(random.randint(0, 10))))
        if self._outgoing is not None:
            return dialog.response(request, 491)
        dialog.learn(request, answered=False)
        incoming = Invited(dialog.line.transactions, request, transaction, dialog.tag, self._take_back)
        if not update:
            incoming.answer(100, "Trying")
        if offer and _same(offer, self.theirs):  # a refresh: nothing to agree on
            self._incoming = incoming
            self.accept(self.ours)
            return None
        if self._offer is not None and self._retry is not None:  # what we wanted to offer is out of date
            self._drop_offer(491)
        self._incoming = incoming
        if update:
            dialog.line.transactions.hold(transaction, _UPDATE_SECONDS, lambda: self._late(incoming))
        self._tell(wire.Reoffered(self.name, offer))
        return None

    def _late(self, incoming: Invited) -> None:
        if self._incoming is incoming:
            self._take_back()
        incoming.answer(500, REASONS[500], None, [header("Retry-After", "5")])

    def _take_back(self) -> None:
        """Have the engine return to the session that holds: the party gets no answer to its new offer.

        The engine answers in its own time, to that offer and to this one.
        """
        self._incoming = None
        self._void += 2
        self._tell(wire.Reoffered(self.name, self.theirs))

    def _reacked(self, body: str, *, asks: bool) -> None:
        if asks and not self.over:
            self.theirs = body
            self._tell(wire.Confirmed(self.name, body))

    def _unacked(self) -> None:
        """Nobody acknowledged our answer within 32 s: the party is gone (RFC 3261, 13.3.1.4)."""
        self._confirm()
        self._hang_up("failure", "no ACK came")

    def _send_offer(self) -> None:
        """Send an offer of ours; without one, what holds is refreshed."""
        assert self.dialog is not None
        self._retry = None
        sdp = self.ours if self._offer is None else self._offer
        interval = self._session.interval
        who = ("uac" if interval.ours else "uas") if interval else ""
        self._outgoing = self.dialog.ask(
            "INVITE",
            self._offer_answered,
            body_of(sdp),
            timers.asked(interval.seconds if interval else 0, who=who),
            expires=60,
        )

    def _offer_answered(self, response: Any) -> None:
        code = response.scode
        if code < 200:
            return
        self._outgoing = None
        if self.over:
            return
        if code == 491 and self._retries < RETRIES:
            assert self.dialog is not None
            self._retries += 1
            pause = random.uniform(2.1, 4.0) if self.dialog.ours else random.uniform(0.0, 2.0)
            self._retry = self.dialog.line.loop.later(pause, self._send_offer)
            return
        if code < 300:
            self._offer_taken(response)
        elif code in (408, 481):  # RFC 3261, 12.2.1.2: the dialog is gone
            self._drop_offer(code)
            self._hang_up("failure", f"{code} to a new offer")
        else:
            self._drop_offer(code)
            self._watch(self._session.interval)

    def _offer_taken(self, response: Any) -> None:
        offer, self._offer = self._offer, None
        if offer is not None:
            self.ours = offer
        self.theirs = session_of(response) or self.theirs
        self._watch(timers.agreed(value_of(response, "session-expires"), self._session_expires))
        if offer is not None:
            self._tell(wire.ReofferAnswered(self.name, session_of(response)))

    def _drop_offer(self, code: int) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._offer is not None:
            self._offer = None
            self._tell(wire.ReofferRefused(self.name, code))

    # -- session timers ------------------------------------------------------------------------------

    def _ok_headers(self, request: Any) -> list[Any]:
        """Return the headers of a 2xx to an INVITE or UPDATE, and start the timer that they set."""
        assert self.dialog is not None
        interval, says = timers.answered(timers.words_of(request), self._session_expires)
        self._watch(interval)
        return [self.dialog.line.contact(), *(header(*each) for each in (*_CAPABLE, *says))]

    def _watch(self, interval: timers.Interval | None) -> None:
        if not self.over and self.dialog is not None:
            self._session.watch(self.dialog.line.loop, interval)

    def _refresh(self) -> None:
        if not self._confirmed or self._incoming or self._outgoing or self._offer is not None:
            self._watch(self._session.interval)  # what goes on refreshes it, too
            return
        self._retries = 0
        self._send_offer()

    def _expired(self) -> None:
        self._hang_up("failure", "nobody refreshed the session")

    # -- transfers -----------------------------------------------------------------------------------

    def _progress(self, code: int, reason: str, final: bool) -> None:
        if not self.over:
            self._tell(wire.ReferProgress(self.name, code, reason, final))

    # -- the end -------------------------------------------------------------------------------------

    def _hang_up(self, by: Any, reason: str, code: int = 0) -> None:
        if self.over:
            return
        dialog, incoming = self.dialog, self._incoming
        if incoming is not None:
            self._incoming = None
            incoming.answer(487, REASONS[487])
        if dialog is not None:
            if self._transfer_in is not None:
                self._transfer_in.finish()
            if self._confirmed:
                _say_bye(dialog, reason)
            else:  # RFC 3261, 15: not before the ACK
                self._waiting = [lambda: _say_bye(dialog, reason)]
        self._end(by, reason, code, keep=dialog is not None and not self._confirmed)

    def _end(self, by: Any, reason: str, code: int = 0, *, keep: bool = False) -> None:
        if self.over:
            return
        self.over = True
        self._session.stop()
        if self._retry is not None:
            self._retry.cancel()
        if self._outgoing is not None and self.dialog is not None:
            self.dialog.give_up(self._outgoing)
        if self._incoming is not None:
            self._incoming.answer(487, REASONS[487])
        for transfer in (self._transfer_out, self._transfer_in):
            if transfer is not None:
                transfer.close()
        if self.dialog is not None and not keep:
            self.dialog.close()
        self._tell(wire.Ended(self.name, by, code, reason))
        self._gone(self)

    def _with(self, response: Any, headers: list[Any]) -> Any:
        response.appendHeaders(headers)
        return response


def _say_bye(dialog: Dialog, reason: str) -> None:
    headers = [("Reason", f'SIP ;cause=200 ;text="{unquoted(reason)}"')] if reason else []
    dialog.close()
    dialog.ask("BYE", _ignored, headers=headers)


def _ignored(_response: Any) -> None:
    pass


def _same(one: str, other: str) -> bool:
    """Say whether nothing changed; versions are not trusted, since some telephones forget to count them."""
    return one.strip() == other.strip()
