"""One call through the gateway: between a party, a port for its sound, and the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

import structlog

from ivr.gateway.dialect import Called, Complained, Event, HungUp, Pressed, Sounded
from ivr.sip.sdp import Agreed, Negotiation, NotAcceptable
from ivr.wire.signalling import (
    Accept,
    Arrived,
    Bye,
    Confirmed,
    Ended,
    InfoDigit,
    Refer,
    ReferProgress,
    Reject,
    Reoffer,
    ReofferAnswered,
    ReofferRefused,
    Ring,
    SendInfo,
)

log = structlog.get_logger()

#: Seconds after which a call that the engine has not answered is given up.
UNANSWERED_SECONDS = 60.0
#: SIP status of what a call cannot do here, and of a call that went unanswered.
NOT_IMPLEMENTED, TEMPORARILY_UNAVAILABLE, TIMEOUT = 501, 480, 408
#: The only content that is passed on to a party.
_JSON = "application/json"


class Party(Protocol):
    """Whom the call is with; none of these waits."""

    @property
    def dropped(self) -> int:
        """Frames that it did not take in time."""

    def ring(self) -> None:
        """Tell it that it rings."""

    def answer(self) -> None:
        """Tell it that it is answered."""

    def hear(self, frame: bytes) -> None:
        """Let it hear 20 ms, A-law."""

    def tell(self, text: str) -> None:
        """Pass on what the engine says."""

    def hang_up(self, code: int, reason: str) -> None:
        """Part from it."""


class Port(Protocol):
    """Where its sound goes; :class:`~ivr.gateway.soundport.SoundPort`."""

    @property
    def number(self) -> int:
        """The port."""

    @property
    def dropped(self) -> int:
        """Frames lost."""

    def connect(self, agreed: Agreed) -> None:
        """Talk to whom this names."""

    def send(self, frame: bytes) -> None:
        """Send 20 ms of the party's sound, A-law."""

    def close(self) -> None:
        """Give it back."""


class GatewayCall:
    """Begins with :meth:`arrive` and is over once it has told the engine :class:`~ivr.wire.signalling.Ended`.

    Parameters
    ----------
    id : str
        For the engine.
    party : Party
    port : Port
    host : str
        Address of the port.
    tell : callable
        Takes the events for the engine.
    over : callable
        Called with the call when it is over.
    """

    def __init__(
        self,
        id: str,
        party: Party,
        port: Port,
        host: str,
        tell: Callable[[Any], None],
        over: Callable[[GatewayCall], None],
    ) -> None:
        self.id = id
        self.state: Literal["new", "arrived", "answered", "over"] = "new"
        self._party = party
        self._port = port
        self._negotiation = Negotiation(host, port.number, port.number)
        self._tell = tell
        self._over = over
        self._give_up = 0.0

    @property
    def dropped(self) -> int:
        """Frames lost in either direction."""
        return self._party.dropped + self._port.dropped

    # -- from the party -------------------------------------------------------------------------------

    def arrive(self, called: Called, source: str, headers: dict[str, str], now: float) -> None:
        """Offer the call to the engine."""
        self.state = "arrived"
        self._give_up = now + UNANSWERED_SECONDS
        self._tell(
            Arrived(
                self.id,
                caller=called.caller,
                callee=called.callee,
                offer=self._negotiation.offer(),
                name=called.name,
                source=source,
                headers=headers,
            )
        )

    def take(self, event: Event) -> None:
        """Take what the party did."""
        if self.state == "over":
            return
        if isinstance(event, Sounded):
            self._port.send(event.frame)
        elif isinstance(event, Pressed):
            self._tell(InfoDigit(self.id, event.key))
        elif isinstance(event, HungUp):
            self.gone(event.reason)
        elif isinstance(event, Complained):
            log.warning("party complains", call=self.id, text=event.text)

    def gone(self, reason: str = "") -> None:
        """Take in that the party has hung up, or its connection is over. Idempotent."""
        self._end("remote", 0, reason, tell_party=False)

    # -- from the media process -----------------------------------------------------------------------

    def played(self, frame: bytes) -> None:
        """Take 20 ms of what the party is to hear, A-law."""
        if self.state != "over":
            self._party.hear(frame)

    # -- from the engine ------------------------------------------------------------------------------

    def obey(self, command: Any) -> None:
        """Carry out a command of the engine."""
        if self.state == "over":
            return
        match command:
            case Ring(sdp=sdp):
                if not sdp or self._agree(sdp):
                    self._party.ring()
            case Accept(sdp=sdp):
                if self._agree(sdp):
                    self.state = "answered"
                    self._party.answer()
                    self._tell(Confirmed(self.id))
            case Reject(code=code, reason=reason):
                self._end("local", code, reason)
            case Reoffer(sdp=sdp):
                self._reoffer(sdp)
            case Refer():
                self._tell(ReferProgress(self.id, NOT_IMPLEMENTED, "Not Implemented", final=True))
            case SendInfo(content_type=kind, body=body):
                if kind == _JSON:
                    self._party.tell(body)
            case Bye(reason=reason):
                self._end("local", 0 if self.state == "answered" else TEMPORARILY_UNAVAILABLE, reason)

    def tick(self, now: float) -> None:
        """Give up what was not answered in time."""
        if self.state == "arrived" and now >= self._give_up:
            self._end("failure", TIMEOUT, "not answered")

    def cut(self, reason: str) -> None:
        """End the call because one side of it is gone without a word."""
        self._end("failure", 0 if self.state == "answered" else TEMPORARILY_UNAVAILABLE, reason)

    def _agree(self, answer: str) -> bool:
        try:
            self._port.connect(self._negotiation.accept(answer))
        except NotAcceptable as error:
            log.error("the engine's session cannot be", call=self.id, reason=str(error))
            self._end("failure", error.code, "no common session")
            return False
        return True

    def _reoffer(self, offer: str) -> None:
        try:
            answer = self._negotiation.answer(offer)
        except NotAcceptable as error:
            self._tell(ReofferRefused(self.id, error.code))
            return
        assert self._negotiation.agreed is not None
        self._port.connect(self._negotiation.agreed)
        self._tell(ReofferAnswered(self.id, answer))

    def _end(
        self, by: Literal["remote", "local", "failure"], code: int, reason: str, *, tell_party: bool = True
    ) -> None:
        if self.state == "over":
            return
        self.state = "over"
        self._port.close()
        if tell_party:
            self._party.hang_up(code, reason)
        self._tell(Ended(self.id, by, code, reason))
        self._over(self)
