"""Callers whom one agent hands on to another (blind transfer): the other one's phone rings meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from calls.records import Queue
from ivr.agents.actions import LogKind, NotTaken, RingAgent, StopRinging
from ivr.agents.journal import Journal
from ivr.agents.roster import Roster

#: Statuses by which one is refused: the other agent does not work now, or is in a call.
NOT_AT_WORK, BUSY = 480, 486


@dataclass(frozen=True, slots=True)
class HandOn:
    """One of them; times are seconds on the distributor's clock.

    Parameters
    ----------
    call : str
        The caller's.
    agent : str
        Who is being rung.
    ring : int
        Number of the ring.
    queue : Queue
        Through which the caller came; of no name where it was none.
    original_position : int
        Place there at the beginning.
    rung_at, ring_until : float
        Since when, and until when.
    """

    call: str
    agent: str
    ring: int
    queue: Queue
    original_position: int
    rung_at: float
    ring_until: float


class HandOns:
    """All of them by call. Queues and skills do not matter: the agent who hands on knows to whom.

    Parameters
    ----------
    roster : Roster
        The agents.
    journal : Journal
        For what follows.
    """

    def __init__(self, roster: Roster, journal: Journal) -> None:
        self._roster, self._journal = roster, journal
        self._found: dict[str, HandOn] = {}

    def __iter__(self) -> Iterator[HandOn]:
        return iter([*self._found.values()])

    def __contains__(self, call: object) -> bool:
        return call in self._found

    def rung(self, call: str, ring: int) -> HandOn | None:
        """Return the one for which this ring goes on."""
        found = self._found.get(call)
        return found if found is not None and found.ring == ring else None

    def begin(
        self, call: str, agent: str, ring: int, seconds: float, queue: Queue, original_position: int
    ) -> None:
        """Ring the other agent for so long, if that one can be rung."""
        seat, at = self._roster.find(agent), self._journal.at
        if seat is None or not seat.staffs:
            self._journal.ask(NotTaken(call, NOT_AT_WORK))
        elif seat.talking is not None or seat.ringing is not None:
            self._journal.ask(NotTaken(call, BUSY))
        else:
            seat.ringing = call
            self._found[call] = HandOn(call, agent, ring, queue, original_position, at, at + seconds)
            self._journal.ask(RingAgent(agent, call, seat.agent.address, seconds, ring))

    def taken(self, hand_on: HandOn) -> None:
        """Take in that the other agent answered."""
        self._settle(hand_on)
        seat = self._roster.seat(hand_on.agent)
        seat.talking, seat.unanswered = hand_on.call, 0
        self._log(LogKind.CONNECT, hand_on, handed_on=True)

    def not_taken(self, hand_on: HandOn, code: int) -> None:
        """Take in that the other agent did not; that is no missed call of a queue."""
        self._settle(hand_on)
        self._log(LogKind.RINGNOANSWER, hand_on, code=code)
        self._journal.ask(NotTaken(hand_on.call, code))

    def stop(self, call: str, code: int | None = None) -> None:
        """Ring nobody for this caller any more; who handed it on is told a ``code``, if one is given."""
        hand_on = self._found.get(call)
        if hand_on is None:
            return
        self._settle(hand_on)
        self._log(LogKind.RINGCANCELED, hand_on)
        self._journal.ask(StopRinging(hand_on.agent, call, hand_on.ring))
        if code is not None:
            self._journal.ask(NotTaken(call, code))

    def time_passes(self) -> None:
        """Give up those that rang long enough."""
        for each in self:
            if each.ring_until <= self._journal.at:
                self._journal.ask(StopRinging(each.agent, each.call, each.ring))
                self.not_taken(each, 408)

    def _settle(self, hand_on: HandOn) -> None:
        del self._found[hand_on.call]
        self._roster.seat(hand_on.agent).ringing = None

    def _log(self, kind: LogKind, hand_on: HandOn, **data: object) -> None:
        rung = self._journal.ms_since(hand_on.rung_at)
        self._journal.log(kind, hand_on.call, hand_on.queue.id, hand_on.agent, ring_ms=rung, **data)
