"""All calls of the process: what comes in at the port, what the engine asks for, and what neither may do."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import structlog

from calls.errors import ServeError
from ivr.sip import timers
from ivr.sip.arrival import Arrival
from ivr.sip.call import Call
from ivr.sip.corrections import Transactions
from ivr.sip.dialling import Dialling, Way
from ivr.sip.dialog import Line, respond
from ivr.sip.guard import Guard, Networks, TargetRules, Throttle, is_scanner, target_of
from ivr.sip.loop import Loop
from ivr.sip.port import Port
from ivr.sip.screen import Fault, answer, reply_to, screen
from ivr.sip.settings import SipSettings
from ivr.sip.trunk import Trunk
from ivr.sip.words import ALLOW
from ivr.wire import signalling as wire

log = structlog.get_logger()

#: Seconds after which to try again: while draining, and without an engine or a place.
_DRAINING, _FULL = "60", "5"
#: Refusals of the engine that a source should not collect.
_SEARCHING = (403, 404, 484, 604)


class Endpoint:
    """The SIP side of the process.

    Parameters
    ----------
    settings : SipSettings
    loop : Loop
    tell : callable
        Takes events for the engine.

    Raises
    ------
    ServeError
        The port cannot be had.
    """

    def __init__(self, settings: SipSettings, loop: Loop, tell: Callable[[Any], None]) -> None:
        self._settings = settings
        self._tell = tell
        self.calls: dict[str, Call] = {}
        self._invited_by: dict[tuple[str, str | None, int], str] = {}
        #: Whether an engine is there, and whether it takes new calls.
        self.engine = False
        self.draining = False
        self.refused = self.dropped = 0
        self._throttle = Throttle()
        self._notes = Throttle(10.0)
        self._guard = Guard(
            Networks(settings.allow_sources),
            Networks(settings.trusted_sources),
            rate=settings.rate_per_second,
            ban_after=settings.ban_after,
            ban_window=settings.ban_window_seconds,
            ban_seconds=settings.ban_seconds,
        )
        self._rules = TargetRules(settings.allow_targets, settings.targets_per_hour)
        try:
            port = Port(settings.host, settings.port, self._received)
        except OSError as error:
            raise ServeError(
                f"sip: {settings.host}:{settings.port} over UDP: {error.strerror or error}",
                "another process has the port, or the address is not of this machine",
            ) from None
        self.transactions = Transactions(
            port,
            address=settings.address,
            user_agent=settings.user_agent,
            requested=self._requested,
            note=self.note,
        )
        self._line = Line(
            self.transactions, loop, settings.address.strip("[]"), settings.port, settings.user_agent
        )
        self.trunks = {each.name: Trunk(each, self._line, tell) for each in settings.all_trunks}
        for trunk in self.trunks.values():
            for host, _port in trunk.settings.addresses:
                self._let_in(host)
            trunk.start()
        loop.watch(port, port.read)

    def note(self, words: str) -> None:
        """Log what went wrong inside, not more than now and then."""
        held = self._notes.lets(words[:40], time.monotonic())
        if held is not None:
            log.error("signalling", what=words, more=held)

    @property
    def health(self) -> wire.SignallingHealth:
        """The figures of this moment."""
        return wire.SignallingHealth(len(self.calls), self.refused, self.dropped)

    @property
    def figures(self) -> dict[str, int]:
        """What is kept at this moment, for those who look for what is never let go."""
        transactions = self.transactions
        return {
            "calls": len(self.calls),
            "dialogs": sum(map(len, transactions.req_consumers.values())),
            "asked": len(transactions.tclient),
            "answered": len(transactions.tserver),
            "remembered": len(transactions.l1rcache) + len(transactions.l2rcache),
            "timers": self._line.loop.timers,
            "refused": self.refused,
            "dropped": self.dropped,
        }

    # -- the engine ----------------------------------------------------------------------------------

    def engine_came(self) -> None:
        """Take calls for it, and tell it of the trunks."""
        self.engine, self.draining = True, False
        for trunk in self.trunks.values():
            if trunk.settings.register:
                self._tell(trunk.state)

    def engine_left(self, reason: str) -> None:
        """End all calls: nobody is there to hold them."""
        self.engine = False
        for call in list(self.calls.values()):
            if isinstance(call, Arrival):
                call.reject_or_bye(503, reason)
            else:
                call.bye(reason)

    def command(self, asked: Any) -> None:
        """Do what the engine asks for. What it asks of a call that is over comes to nothing."""
        if isinstance(asked, wire.Dial):
            self._dial(asked)
        elif isinstance(asked, wire.Drain):
            self.draining = asked.on
        elif (call := self.calls.get(asked.call)) is not None:
            self._of_call(call, asked)

    def _of_call(self, call: Call, asked: Any) -> None:
        match asked:
            case wire.Ring(sdp=sdp) if isinstance(call, Arrival):
                call.ring(sdp)
            case wire.Accept(sdp=sdp):
                call.accept(sdp)
            case wire.Reject(code=code, reason=reason, retry_after_seconds=after):
                if code in _SEARCHING and isinstance(call, Arrival) and not call.answered:
                    self._offence(call.source, f"refused with {code}")
                call.reject(code, reason, after)
            case wire.Reoffer(sdp=sdp):
                call.reoffer(sdp)
            case wire.SendInfo(content_type=kind, body=body):
                call.send_info(kind, body)
            case wire.Refer():
                self._refer(call, asked)
            case wire.ReferProgress(code=code, final=final):
                call.transfer_goes(code, final)
            case wire.Bye(reason=reason):
                call.bye(reason)

    def _dial(self, asked: wire.Dial) -> None:
        trunk = self.trunks.get(asked.trunk) if asked.trunk else None
        if asked.trunk and trunk is None:
            self._tell(wire.Ended(asked.call, "failure", 404, f"no trunk {asked.trunk}"))
            return
        target = target_of(asked.target, trunk.settings.realm if trunk else "")
        verdict = self._rules.allows(target, time.monotonic()) if target is not None else "not allowed"
        if target is None or verdict != "yes" or asked.call in self.calls:
            self.refused += 1
            log.warning("a call was not made", call=asked.call, why=verdict)
            code = 503 if verdict == "too many" else 403
            self._tell(wire.Ended(asked.call, "failure", code, f"target: {verdict}"))
            return
        settings = trunk.settings if trunk else None
        way = Way(
            target=target.uri,
            addresses=trunk.addresses if trunk else [(target.host, target.port or 5060)],
            caller=asked.caller or (settings.user if settings else "") or "huawu",
            name=asked.name,
            domain=settings.realm if settings else self._line.host,
            credentials=trunk.credentials if trunk else None,
            failed=trunk.failed if trunk else lambda _address: None,
        )
        call = Dialling(*self._parts(asked.call))
        self.calls[asked.call] = call
        call.begin(self._line, way, asked.sdp, asked.timeout_seconds)

    def _refer(self, call: Call, asked: wire.Refer) -> None:
        target = target_of(asked.target, self._line.host)
        verdict = self._rules.allows(target, time.monotonic()) if target is not None else "not allowed"
        replaces = self.calls.get(asked.replaces) if asked.replaces else None
        if target is None or verdict != "yes":
            self.refused += 1
            log.warning("a transfer was not made", call=asked.call, why=verdict)
            self._tell(wire.ReferProgress(asked.call, 403, f"target: {verdict}", final=True))
        elif asked.replaces and (replaces is None or replaces.dialog is None):
            self._tell(wire.ReferProgress(asked.call, 481, "no such call to replace", final=True))
        else:
            call.refer(target.uri, replaces)

    def _covers(self, uri: str) -> str:
        target = target_of(uri, self._line.host)
        if target is None:
            return ""
        # the engine knows which agent that is; it never dials our own address
        ours = (target.host, target.port or 5060) == (self._line.host.lower(), self._line.port)
        return target.uri if ours or self._rules.covers(target) else ""

    def _parts(self, name: str) -> tuple[Any, ...]:
        return name, self._tell, self._gone, self._covers, self._settings.session_expires

    def _gone(self, call: Call) -> None:
        self.calls.pop(call.name, None)
        if isinstance(call, Arrival):
            self._invited_by.pop(call.identity, None)

    def _trunk_of(self, request: Any) -> Trunk | None:
        source = request.getSource()[0]
        return next(
            (each for each in self.trunks.values() if source in (host for host, _ in each.addresses)), None
        )

    # -- the port ------------------------------------------------------------------------------------

    def _received(self, data: bytes, source: tuple[str, int]) -> None:
        now = time.monotonic()
        host = source[0].strip("[]")
        if not self._guard.admits(host, now):
            self.dropped += 1
            self._log(host, "not listened to")
            return
        if self.transactions.repeats(data):
            return
        screened = screen(data, source, self._settings.user_agent)
        if screened is None:
            return
        if isinstance(screened, Fault):
            self._fault(host, screened)
            return
        if screened.begins:
            if is_scanner(screened.header("user-agent")):
                self.dropped += 1
                self._guard.offends(host, now, gravely=True)
                self._log(host, "a scanner")
                return
            if not self._guard.permits(host, now):
                self.refused += 1
                self._log(host, "too many requests")
                if screened.method == "INVITE":
                    self._refuse(screened, 503, source, f"Retry-After: {_FULL}")
                return
        wrong = self.transactions.take(screened, data, source)
        if wrong:
            self._offence(host, f"not readable: {wrong}")
            if screened.method not in ("", "ACK"):
                self._refuse(screened, 400, source)

    def _fault(self, host: str, fault: Fault) -> None:
        if fault.offence:
            self._offence(host, fault.why)
        if fault.answer:
            self.transactions.server.send_to(fault.answer, fault.address)

    def _refuse(self, message: Any, code: int, source: tuple[str, int], *headers: str) -> None:
        text = answer(message, code, source, *headers, server=self._settings.user_agent)
        self.transactions.server.send_to(text, reply_to(message.headers, source))

    def _offence(self, host: str, why: str) -> None:
        if self._guard.offends(host, time.monotonic()):
            log.warning("a source is banned", source=host, seconds=self._settings.ban_seconds)
        self._log(host, why)

    def _log(self, host: str, why: str) -> None:
        held = self._throttle.lets(host, time.monotonic())
        if held is not None:
            log.warning("a message was refused", source=host, why=why, more=held)

    def _let_in(self, host: str) -> None:
        try:
            self._guard.allowed.add(host.strip("[]"))
            self._guard.trusted.add(host.strip("[]"))
        except ValueError:  # a name: its network has to be listed
            log.info("the trunk's address is a name: list its network in allow_sources", host=host)

    def _requested(self, request: Any, transaction: Any) -> Any:
        method = request.getMethod()
        if request.getHFBody("to").getTag() is not None:
            return respond(self._line, request, 481)
        if method == "INVITE":
            return self._invited(request, transaction)
        if method == "OPTIONS":
            if self.engine and not self.draining:
                return respond(
                    self._line,
                    request,
                    200,
                    ("Allow", ALLOW),
                    ("Accept", "application/sdp"),
                    ("Supported", "timer"),
                )
            return respond(self._line, request, 503, ("Retry-After", _DRAINING if self.draining else _FULL))
        return respond(self._line, request, 403 if method == "REFER" else 481)

    def _invited(self, request: Any, transaction: Any) -> Any:
        identity = (
            str(request.getHFBody("call-id")),
            request.getHFBody("from").getTag(),
            request.getHFBody("cseq").getCSeqNum(),
        )
        if identity in self._invited_by:
            return respond(self._line, request, 482)  # RFC 3261, 8.2.2.2
        if timers.too_short(timers.words_of(request)):
            return respond(self._line, request, 422, ("Min-SE", str(timers.SHORTEST)))
        if not self.engine or self.draining:
            self.refused += 1
            after = _DRAINING if self.draining else _FULL
            return respond(self._line, request, 503, ("Retry-After", after))
        if len(self.calls) >= self._settings.max_calls:
            self.refused += 1
            return respond(self._line, request, self._settings.full_code, ("Retry-After", _FULL))
        call = Arrival(*self._parts(f"sip-{secrets.token_hex(8)}"))
        self.calls[call.name] = call
        self._invited_by[identity] = call.name
        try:
            call.begin(self._line, request, transaction, identity, self._trunk_of(request))
        except Exception:
            self._gone(call)
            call.close()
            raise
        return None
