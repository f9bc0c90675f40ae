"""A call to a dial code: a beep says that it was taken."""

from __future__ import annotations

from typing import Any

from ivr.live.party import Party
from ivr.live.switchboard import Switchboard
from ivr.wire import media

_BEEP = 1


class CodeCall:
    """One such call; it has no record, being no customer's.

    Parameters
    ----------
    board : Switchboard
        That it is on.
    """

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def begin(self, caller: Party, offer: str) -> None:
        """Take the call."""
        caller.arrive(offer)

    def party_opened(self, party: Party) -> None:
        """Answer."""
        party.accept()

    def party_refused(self, party: Party, code: int, reason: str) -> None:
        """Leave it: the code has been taken all the same."""

    def party_up(self, party: Party) -> None:
        """Beep."""
        party.send(media.Play(party.id, _BEEP, self._board.load(self._board.sounds.beep)))

    def party_held(self, party: Party, held: bool) -> None:
        """Wait."""

    def party_digit(self, party: Party, key: str) -> None:
        """Take no keys."""

    def party_told(self, party: Party, message: Any) -> None:
        """Hang up after the beep."""
        if isinstance(message, (media.PlayEnded, media.PlayFailed)):
            party.hang_up("done")

    def party_left(self, party: Party, reason: str) -> None:
        """Leave it."""

    def party_cut_off(self, party: Party) -> None:
        """Close its leg."""
        party.hang_up("signalling-died")

    def party_closed(self, party: Party, closed: media.LegClosed | None) -> None:
        """Leave it."""
