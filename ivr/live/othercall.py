"""A call to someone else for a caller who is on the line: an agent, or another number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ivr.live.party import Party, PartyState
from ivr.wire import media, signalling

#: Status of who cannot be called at all: there is no way to that number, or nobody to call by.
NO_WAY, NO_DOOR = 404, 503


class Concerned(Protocol):
    """Who is told what becomes of it."""

    def other_answered(self, other: OtherCall) -> None:
        """Someone answered; :meth:`OtherCall.bridge` lets the two talk."""

    def other_failed(self, other: OtherCall, code: int) -> None:
        """Nobody did; ``code`` is the SIP status."""

    def other_left(self, other: OtherCall) -> None:
        """Who had answered hung up."""

    def other_holds(self, other: OtherCall, on: bool) -> None:
        """Who had answered put the caller on hold, or took the caller back."""

    def other_refers(self, other: OtherCall, target: str) -> None:
        """Who had answered wants the caller to be connected to ``target`` instead (blind transfer)."""


class OtherCall:
    """One such call.

    Parameters
    ----------
    caller : Party
        For whom.
    make : callable
        Makes a party with this object as its holder.
    concerned : Concerned
        Told what becomes of it; may change, from who rings agents to the call itself.
    """

    def __init__(
        self, caller: Party, make: Callable[[OtherCall], Party | None], concerned: Concerned
    ) -> None:
        self.concerned = concerned
        self._caller = caller
        self.party = make(self)
        self._answered = False
        self._bridged = False

    def dial(
        self, target: str | None, seconds: float, *, caller: str = "", name: str = "", trunk: str = ""
    ) -> None:
        """Call ``target``, ``None`` where there is no way to it."""
        if target is None:
            self.concerned.other_failed(self, NO_WAY)
        elif self.party is None:
            self.concerned.other_failed(self, NO_DOOR)
        else:
            self.party.dial(target, caller=caller, name=name, trunk=trunk, timeout_seconds=seconds)

    @property
    def holds(self) -> bool:
        """Whether it has the caller on hold."""
        return self.party is not None and self.party.held

    def bridge(self) -> None:
        """Let the caller and who answered hear each other."""
        if self.party is not None:
            self._bridged = True
            self._caller.send(media.Bridge(self._caller.id, self.party.id))

    def part(self) -> None:
        """Let them hear each other no more."""
        if self._bridged:
            self._bridged = False
            self._caller.send(media.Unbridge(self._caller.id))

    def refer_failed(self, code: int) -> None:
        """Tell it that the transfer it asked for came to nothing (RFC 3515, 2.4.5)."""
        if self.party is not None:
            status = code if 300 <= code < 700 else NO_DOOR
            self.party.signal(signalling.ReferProgress(self.party.id, status, final=True))

    def hang_up(self, reason: str) -> None:
        """End it."""
        self.part()
        if self.party is not None:
            self.party.hang_up(reason)

    # -- party.Holder -------------------------------------------------------------------------------

    def party_opened(self, party: Party) -> None:
        """Wait: it is being dialled."""

    def party_refused(self, party: Party, code: int, reason: str) -> None:
        """Tell that it did not answer."""
        self.concerned.other_failed(self, code)

    def party_up(self, party: Party) -> None:
        """Tell that it answered."""
        self._answered = True
        self.concerned.other_answered(self)

    def party_held(self, party: Party, held: bool) -> None:
        """Tell that it holds the caller."""
        self.concerned.other_holds(self, held)

    def party_digit(self, party: Party, key: str) -> None:
        """Its keys are for the caller's ears."""

    def party_told(self, party: Party, message: Any) -> None:
        """Tell where it wants the caller to go."""
        if isinstance(message, signalling.ReferRequested) and party.state is PartyState.UP:
            self.concerned.other_refers(self, message.target)

    def party_left(self, party: Party, reason: str) -> None:
        """Tell that it hung up."""
        self._bridged = False
        self.concerned.other_left(self)

    def party_cut_off(self, party: Party) -> None:
        """Its signalling process died: the caller is taken back."""
        answered = self._answered
        self.hang_up("signalling-died")
        if answered:
            self.concerned.other_left(self)
        else:
            self.concerned.other_failed(self, 503)

    def party_closed(self, party: Party, closed: media.LegClosed | None) -> None:
        """Nothing is recorded of its own: the caller's recording has both voices."""
