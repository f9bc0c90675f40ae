"""Agents begin to work, pause, come back and go home."""

from __future__ import annotations

from collections.abc import Callable

from ivr.agents.actions import LogKind
from ivr.agents.journal import Journal
from ivr.agents.roster import Roster, Seat


class Shift:
    """Changes what agents do by themselves; an agent whom nobody knows changes nothing.

    Parameters
    ----------
    roster : Roster
        The agents.
    journal : Journal
        For the entries of the queue log.
    give_back : callable
        Called with the seat of an agent who takes no calls from now on, for whom the phone may be ringing.
    """

    def __init__(self, roster: Roster, journal: Journal, give_back: Callable[[Seat], None]) -> None:
        self._roster, self._journal, self._give_back = roster, journal, give_back

    def begins(self, agent: str) -> None:
        """Log an agent in."""
        seat = self._roster.find(agent)
        if seat is None or seat.logged_in:
            return
        seat.logged_in, seat.paused, seat.unanswered = True, None, 0
        seat.rests_until = seat.logged_in_at = seat.idle_since = self._journal.at
        self._journal.log(LogKind.AGENTLOGIN, agent=agent)

    def ends(self, agent: str) -> None:
        """Log an agent out."""
        seat = self._roster.find(agent)
        if seat is None or not seat.logged_in:
            return
        self._give_back(seat)
        seat.logged_in, seat.paused, seat.wrap_up_until = False, None, None
        seconds = self._journal.seconds_since(seat.logged_in_at)
        self._journal.log(LogKind.AGENTLOGOFF, agent=agent, login_seconds=seconds)

    def pauses(self, agent: str, reason: str) -> None:
        """Let an agent take no calls."""
        seat = self._roster.find(agent)
        if seat is None or not seat.logged_in or seat.paused == reason:
            return
        self._give_back(seat)
        seat.paused = reason
        self._journal.log(LogKind.PAUSE, agent=agent, reason=reason)

    def goes_on(self, agent: str) -> None:
        """Let an agent take calls again, at once."""
        seat = self._roster.find(agent)
        if seat is None or not seat.logged_in:
            return
        seat.wrap_up_until, seat.unanswered, seat.rests_until = None, 0, self._journal.at
        if seat.paused is not None:
            seat.paused = None
            self._journal.log(LogKind.UNPAUSE, agent=agent)
