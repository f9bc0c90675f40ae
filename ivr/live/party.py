"""One party of a call: its dialog in a signalling process and its leg in the media process, kept in step.

Both go by the same id. A party never knows menus or agents; what happens to it is told to its holder.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict, replace
from enum import Enum
from typing import Any, Protocol

import structlog

from ivr.sip.sdp import Negotiation, NotAcceptable
from ivr.wire import media, signalling

_SESSIONS = itertools.count(1)
#: Keys that come by INFO as well as by telephone-event count once within so many seconds.
_SAME_KEY_SECONDS = 0.3
#: When a caller for whom there is no room may try again.
_RETRY_SECONDS = 10
#: Why a party left whose signalling process ended the call by itself: it shuts down.
DOOR_CLOSED = "signalling-ended"

Send = Callable[[Any], None]


class PartyState(Enum):
    """How far a party has come."""

    OPENING = "its leg is being opened"
    RINGING = "it rings, here or there"
    ACCEPTED = "answered by us, not yet confirmed"
    UP = "they talk"
    OVER = "gone"


class _Leg(Enum):
    NONE = 0
    ASKED = 1
    OPEN = 2
    CLOSED = 3


class Holder(Protocol):
    """Who is told what happens to a party."""

    def party_opened(self, party: Party) -> None:
        """Its leg is open; who has arrived can be accepted, who is to be dialled is being dialled."""

    def party_refused(self, party: Party, code: int, reason: str) -> None:
        """Take in that it never came to talk: busy, no answer, nothing to agree on, no room."""

    def party_up(self, party: Party) -> None:
        """Take in that it is on the line: its sound comes and ours is heard."""

    def party_held(self, party: Party, held: bool) -> None:
        """Take in that it put us on hold, or took us back."""

    def party_digit(self, party: Party, key: str) -> None:
        """Take a key that it pressed."""

    def party_told(self, party: Party, message: Any) -> None:
        """Something else of it came from the media or the signalling process."""

    def party_left(self, party: Party, reason: str) -> None:
        """Take in that it hung up, or was lost."""

    def party_cut_off(self, party: Party) -> None:
        """Its signalling process died; what is still heard depends on the media process alone."""

    def party_closed(self, party: Party, closed: media.LegClosed | None) -> None:
        """Nothing more comes of it; ``None`` where the media process died."""


class Party:
    """One party.

    Parameters
    ----------
    id : str
        Of its call in the signalling process and of its leg.
    holder : Holder
        Told what happens.
    to_media, to_door : callable
        Send a message to the media process, and to its signalling process.
    host : str
        Address of the media process in session descriptions.
    clock : callable
        Seconds, of the loop.
    gone : callable
        Told once, when neither process will say any more of it that matters.
    """

    def __init__(
        self,
        id: str,
        holder: Holder,
        *,
        to_media: Send,
        to_door: Send,
        host: str,
        clock: Callable[[], float],
        gone: Callable[[Party], None],
    ) -> None:
        self.id = id
        self.holder = holder
        self.state = PartyState.OPENING
        #: Of the ring of callers' sound, once the leg is open.
        self.slot = -1
        #: Whether it holds us.
        self.held = False
        #: Whether we called it.
        self.dialled = False
        self._to_media = to_media
        self._to_door = to_door
        self._host = host
        self._clock = clock
        self._gone = gone
        self._session: Negotiation | None = None
        self._offer = ""
        self._dial: signalling.Dial | None = None
        self._connected: Any = None
        self._key = ("", -1.0, "")
        self._leg = _Leg.NONE

    # -- what others ask of it ----------------------------------------------------------------------

    def arrive(self, offer: str) -> None:
        """Open a leg for who has called with ``offer``, which may be empty."""
        self._offer = offer
        self._leg = _Leg.ASKED
        self._to_media(media.OpenLeg(self.id))

    def dial(
        self, target: str, *, caller: str = "", name: str = "", trunk: str = "", timeout_seconds: float = 60.0
    ) -> None:
        """Open a leg, then call ``target``."""
        self.dialled = True
        self._dial = signalling.Dial(self.id, target, "", caller, name, trunk, timeout_seconds)
        self._leg = _Leg.ASKED
        self._to_media(media.OpenLeg(self.id))

    def accept(self) -> bool:
        """Answer who has arrived; ``False`` where there is nothing to agree on, and the call is refused."""
        assert self._session is not None
        try:
            text = self._session.answer(self._offer) if self._offer else self._session.offer()
        except NotAcceptable as problem:
            self.refuse(problem.code, str(problem))
            return False
        self.state = PartyState.ACCEPTED
        self._to_door(signalling.Accept(self.id, text))
        self._connect()
        return True

    def refuse(self, code: int, reason: str = "", *, retry_after_seconds: int | None = None) -> None:
        """Refuse who has arrived."""
        if self.state is not PartyState.OVER:
            self._to_door(signalling.Reject(self.id, code, reason, retry_after_seconds))
            self.state = PartyState.OVER
            self.holder.party_refused(self, code, reason)
            self._close_leg()

    @property
    def closing(self) -> bool:
        """Whether :meth:`Holder.party_closed` is still to come."""
        return self._leg in (_Leg.ASKED, _Leg.OPEN)

    def hang_up(self, reason: str = "") -> None:
        """End it, in whatever state it is; :meth:`Holder.party_closed` follows."""
        if self.state is not PartyState.OVER:
            self.state = PartyState.OVER
            self._to_door(signalling.Bye(self.id, reason))
            self._close_leg()

    def door_lost(self) -> None:
        """Take in that the signalling process died: there is nobody to say goodbye to."""
        self._to_door = _nowhere
        if self.state is not PartyState.OVER:
            self.holder.party_cut_off(self)

    def send(self, message: Any) -> None:
        """Send a command about this leg to the media process, unless the leg is closed."""
        if self._leg is _Leg.OPEN:
            self._to_media(message)

    def signal(self, message: Any) -> None:
        """Send a command about this call to its signalling process, unless it is over."""
        if self.state is not PartyState.OVER:
            self._to_door(message)

    # -- what the processes tell --------------------------------------------------------------------

    def media_told(self, message: Any) -> None:
        """Take a message of the media process about this leg."""
        match message:
            case media.LegOpened(_, port, slot):
                self._leg = _Leg.OPEN
                self.slot = slot
                self._session = Negotiation(self._host, port, next(_SESSIONS))
                self._opened()
            case media.LegRefused(_, reason):
                self._leg = _Leg.CLOSED
                self._no_room(reason)
                self.holder.party_closed(self, None)
                self._gone(self)
            case media.DigitPressed(_, key):
                self._pressed(key, "media")
            case media.MediaTimeout(_, seconds):
                structlog.get_logger().info("no sound comes any more", call=self.id, seconds=seconds)
                if self.state is not PartyState.OVER:
                    self.hang_up("no sound")
                    self.holder.party_left(self, "media-timeout")
            case media.LegClosed():
                self._leg = _Leg.CLOSED
                self.holder.party_closed(self, message)
                self._gone(self)
            case _:
                self.holder.party_told(self, message)

    def media_lost(self) -> None:
        """Take in that the media process died."""
        had, self._leg = self._leg in (_Leg.ASKED, _Leg.OPEN), _Leg.CLOSED
        if self.state is not PartyState.OVER:
            self.state = PartyState.OVER
            self._to_door(signalling.Bye(self.id, "media process died"))
            self.holder.party_left(self, "media-died")
        if had:
            self.holder.party_closed(self, None)
        self._gone(self)

    def door_told(self, message: Any) -> None:
        """Take a message of the signalling process about this call."""
        match message:
            case signalling.Confirmed(_, sdp):
                self._confirmed(sdp)
            case signalling.Answered(_, sdp):
                self._answered(sdp)
            case signalling.Reoffered(_, offer):
                self._reoffered(offer)
            case signalling.InfoDigit(_, key):
                self._pressed(key, "info")
            case signalling.Ended(_, by, code, reason):  # after our own goodbye this comes to nothing
                self._lost(code, DOOR_CLOSED if by == "local" else reason)
            case _:
                self.holder.party_told(self, message)

    # -- inside -------------------------------------------------------------------------------------

    def _opened(self) -> None:
        if self.state is PartyState.OVER:  # it went while its leg was being opened
            self._close_leg()
            return
        self.state = PartyState.RINGING
        if self._dial is not None:
            assert self._session is not None
            self._to_door(replace(self._dial, sdp=self._session.offer()))
        self.holder.party_opened(self)

    def _no_room(self, reason: str) -> None:
        if self.state is PartyState.OVER:
            return
        self.state = PartyState.OVER
        if not self.dialled:
            self._to_door(signalling.Reject(self.id, 503, "Service Unavailable", _RETRY_SECONDS))
        self.holder.party_refused(self, 503, reason)

    def _confirmed(self, sdp: str) -> None:
        if sdp and not self._agree(sdp):
            return
        if self.state is PartyState.ACCEPTED:
            self.state = PartyState.UP
            self.holder.party_up(self)

    def _answered(self, sdp: str) -> None:
        if self.state is not PartyState.RINGING or not self._agree(sdp):
            return
        self.state = PartyState.UP
        self.holder.party_up(self)

    def _agree(self, sdp: str) -> bool:
        """Take a party's answer; where there is nothing in it for us the party is let go."""
        assert self._session is not None
        try:
            self._session.accept(sdp)
        except NotAcceptable as problem:
            structlog.get_logger().warning("an answer is of no use", call=self.id, why=str(problem))
            self.hang_up("not acceptable")
            if self.dialled:
                self.holder.party_refused(self, 488, str(problem))
            else:
                self.holder.party_left(self, "no-codec")
            return False
        self._connect()
        return True

    def _reoffered(self, offer: str) -> None:
        """Answer a new offer: hold and resume, another address after a transfer, a session refreshed."""
        if self._session is None or self.state is PartyState.OVER:
            return
        try:
            text = self._session.answer(offer) if offer else self._session.offer()
        except NotAcceptable as problem:
            self._to_door(signalling.Reject(self.id, problem.code, "Not Acceptable Here"))
            return
        self._to_door(signalling.Accept(self.id, text))
        self._connect()

    def _connect(self) -> None:
        """Bring the leg to what is agreed, and say whether that is a hold."""
        assert self._session is not None
        agreed = self._session.agreed
        if agreed is None or agreed == self._connected:
            return
        self._connected = agreed
        self.send(media.ConnectLeg(self.id, **asdict(agreed)))
        held = agreed.direction in ("recvonly", "inactive")
        if held != self.held:
            self.held = held
            self.holder.party_held(self, held)

    def _pressed(self, key: str, how: str) -> None:
        """Tell of a key, once where a telephone tells it by INFO and in the sound as well."""
        last, at, by = self._key
        now = self._clock()
        self._key = key, now, how
        if key == last and how != by and now - at < _SAME_KEY_SECONDS:
            return
        self.holder.party_digit(self, key)

    def _lost(self, code: int, reason: str) -> None:
        if self.state is PartyState.OVER:
            return
        before, self.state = self.state, PartyState.OVER
        structlog.get_logger().debug("a party is gone", call=self.id, code=code, why=reason)
        if before in (PartyState.ACCEPTED, PartyState.UP) or not self.dialled:
            self.holder.party_left(self, reason)
        else:
            self.holder.party_refused(self, code, reason)
        self._close_leg()

    def _close_leg(self) -> None:
        if self._leg is _Leg.OPEN:
            self._to_media(media.CloseLeg(self.id))
        elif self._leg is _Leg.NONE:
            self._gone(self)


def _nowhere(_message: Any) -> None:
    """Drop what would be said to a process that is gone."""
