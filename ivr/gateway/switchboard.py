"""All calls of the gateway, and the engine that they are for, if there is one now."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from calls.errors import LinkError
from ivr.gateway.call import NOT_IMPLEMENTED, GatewayCall, Party, Port
from ivr.gateway.dialect import Called, Dialect
from ivr.wire.signalling import Dial, Drain, Ended, SignallingHealth

log = structlog.get_logger()

#: Header of an arrived call: which door, which protocol, which flow the party asks for.
DOOR, KIND, FLOW = "x-huawu-door", "x-huawu-kind", "x-huawu-flow"
#: Answers to a call that is not taken: SIP status and phrase.
BUSY, UNAVAILABLE = (486, "Busy Here"), (503, "Service Unavailable")


class OpenPort(Protocol):
    """Makes a port for a call's sound."""

    def __call__(self, played: Callable[[bytes], None]) -> Port:
        """Return a port that calls ``played`` with what the party is to hear.

        Raises
        ------
        LinkError
            There is none.
        """


class Switchboard:
    """Brings parties and the engine together. No I/O of its own.

    Parameters
    ----------
    host : str
        Address of the ports.
    most_calls : int
        At the same time.
    open_port : callable
        As :class:`OpenPort`.
    """

    def __init__(self, host: str, most_calls: int, open_port: OpenPort) -> None:
        self._host = host
        self._most = most_calls
        self._open_port = open_port
        self._calls: dict[str, GatewayCall] = {}
        self._engine: Callable[[Any], None] | None = None
        self._draining = False
        self._refused = 0
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._calls)

    # -- the parties ----------------------------------------------------------------------------------

    def refusal(self) -> tuple[int, str] | None:
        """Return why no call can be taken now, ``None`` where one can."""
        if self._engine is None or self._draining:
            return UNAVAILABLE
        return BUSY if len(self._calls) >= self._most else None

    def refuse(self, reason: str, source: str) -> None:
        """Count a call that was not taken."""
        self._refused += 1
        log.info("refused", reason=reason, source=source)

    def arrive(
        self, dialect: Dialect, party: Party, called: Called, source: str, now: float
    ) -> GatewayCall | None:
        """Offer a party's call to the engine; ``None``, and a parted party, where it cannot be taken."""
        refusal = self.refusal()
        if refusal is None:
            try:
                return self._arrive(dialect, party, called, source, now)
            except LinkError as error:
                log.error("no port for a call", reason=str(error))
                refusal = UNAVAILABLE
        self.refuse(refusal[1], source)
        party.hang_up(*refusal)
        return None

    def _arrive(self, dialect: Dialect, party: Party, called: Called, source: str, now: float) -> GatewayCall:
        made: list[GatewayCall] = []
        port = self._open_port(lambda frame: made[0].played(frame))
        call = GatewayCall(f"gw-{secrets.token_hex(8)}", party, port, self._host, self._tell, self._over)
        made.append(call)
        self._calls[call.id] = call
        headers = {DOOR: dialect.door, KIND: dialect.kind}
        if called.flow:
            headers[FLOW] = called.flow
        log.info("call arrived", call=call.id, door=dialect.door, kind=dialect.kind)
        call.arrive(called, source, headers, now)
        return call

    # -- the engine -----------------------------------------------------------------------------------

    def engine_came(self, send: Callable[[Any], None]) -> None:
        """Serve this engine, from which nothing is known yet."""
        self.engine_gone("another engine came")
        self._engine, self._draining = send, False

    def engine_gone(self, reason: str) -> None:
        """End all calls: nobody answers them any more. Idempotent."""
        self._engine = None
        for call in list(self._calls.values()):
            call.cut(reason)

    def told(self, command: Any) -> None:
        """Carry out a command of the engine."""
        if isinstance(command, Drain):
            self._draining = command.on
        elif isinstance(command, Dial):
            self._tell(Ended(command.call, "failure", NOT_IMPLEMENTED, "Not Implemented"))
        elif (call := self._calls.get(command.call)) is not None:
            call.obey(command)

    def tick(self, now: float) -> None:
        """Do what time asks for, once a second."""
        for call in list(self._calls.values()):
            call.tick(now)
        dropped = self._dropped + sum(call.dropped for call in self._calls.values())
        self._tell(SignallingHealth(len(self._calls), self._refused, dropped))

    def _tell(self, message: Any) -> None:
        if self._engine is not None:
            self._engine(message)

    def _over(self, call: GatewayCall) -> None:
        self._dropped += call.dropped
        del self._calls[call.id]
        log.info("call over", call=call.id, dropped=call.dropped)
