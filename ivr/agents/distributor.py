"""Who is rung for whom: callers in order, agents by skills and by how long they have been idle.

It has no clock and does no I/O: the time is an argument, and :meth:`Distributor.due` says when it next
wants to be asked. Words and rules are those of Asterisk's ``app_queue`` where there are any
(strategy ``leastrecent``, ``autofill``, ``autopause``, ``retry``, ``leavewhenempty``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from calls.records import Agent, Queue
from ivr.agents import events
from ivr.agents.actions import (
    Action,
    Connect,
    LogKind,
    NoAgentLeft,
    RingAgent,
    StateChanged,
    StopRinging,
)
from ivr.agents.events import Event
from ivr.agents.handon import NOT_AT_WORK, HandOn, HandOns
from ivr.agents.journal import Journal
from ivr.agents.line import Caller, Line
from ivr.agents.roster import Roster, Seat
from ivr.agents.rules import Rules, Strategy, longest_idle
from ivr.agents.shift import Shift

#: Why an agent is paused whose phone was not answered too often.
NO_ANSWER = "no-answer"


@dataclass(frozen=True, slots=True)
class _Talk:
    agent: str
    ring: int
    queue: Queue
    original_position: int
    hold_seconds: float
    since: float


class Distributor:
    """Brings callers and agents together.

    Feed it :mod:`ivr.agents.events` with :meth:`handle` and time with :meth:`tick`; carry out the
    :mod:`ivr.agents.actions` they return, in order. What comes too late (a phone that is answered after it
    was given up) is answered with :class:`~ivr.agents.actions.StopRinging` or changes nothing.

    Parameters
    ----------
    agents : iterable of Agent
        All offline.
    queues : iterable of Queue
        Those with rules of their own.
    rules : Rules, optional
        For all others.
    strategy : callable, optional
        Whom to ring first.

    Attributes
    ----------
    roster : Roster
        The agents.
    """

    def __init__(
        self,
        agents: Iterable[Agent] = (),
        queues: Iterable[Queue] = (),
        rules: Rules | None = None,
        *,
        strategy: Strategy = longest_idle,
    ) -> None:
        self.roster = Roster(agents)
        self._rules = rules or Rules()
        self._strategy = strategy
        self._queues = {queue.id: queue for queue in queues}
        self._lines = {name: Line(queue) for name, queue in self._queues.items()}
        self._callers: dict[str, Caller] = {}
        self._talks: dict[str, _Talk] = {}
        self._number = 0
        self._journal = Journal()
        self._hand_ons = HandOns(self.roster, self._journal)
        self._shift = Shift(self.roster, self._journal, self._give_back)

    def handle(self, event: Event, at: float) -> list[Action]:
        """Take in what happened and return what is to be done about it.

        Parameters
        ----------
        event : Event
            What happened.
        at : float
            When, in seconds on a clock that does not go back.
        """
        self._journal.at = max(self._journal.at, at)
        self._take(event)
        return self._go_on()

    def tick(self, at: float) -> list[Action]:
        """Take in that time has passed; :meth:`due` says when that is worth it."""
        self._journal.at = max(self._journal.at, at)
        return self._go_on()

    def due(self) -> float | None:
        """Return the time of the next :meth:`tick` that changes something, ``None`` where none does."""
        return min(self._deadlines(), default=None)

    def _deadlines(self) -> Iterator[float]:
        for caller in self._callers.values():
            if caller.ringing is not None:
                yield caller.ring_until
        for hand_on in self._hand_ons:
            yield hand_on.ring_until
        for seat in self.roster:
            if seat.wrap_up_until is not None:
                yield seat.wrap_up_until
            if seat.rests_until > self._journal.at and self._callers:
                yield seat.rests_until
        for line in self._lines.values():
            if len(line) and line.empty_since is not None:
                yield line.empty_since + self._rules.empty_seconds

    # -- looking ------------------------------------------------------------------------------------

    @property
    def at(self) -> float:
        """The latest time that it was told."""
        return self._journal.at

    def waiting(self) -> list[Caller]:
        """Return all callers who wait, queue by queue, in order."""
        return [caller for line in self._lines.values() for caller in line]

    def agent_of(self, call: str) -> str | None:
        """Return the agent who talks in a call, or is being rung for it."""
        if call in self._talks:
            return self._talks[call].agent
        return self._callers[call].ringing if call in self._callers else None

    # -- events -------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        match event:
            case events.CallerWaits(call, queue, priority):
                self._enter(call, queue, priority)
            case events.CallerLeft(call, kind):
                self._left(call, kind)
            case events.AgentAnsweredCall(agent, call, ring):
                self._answered(agent, call, ring)
            case events.AgentRefused(_, call, code, ring):
                caller = self._rung(call, ring)
                hand_on = self._hand_ons.rung(call, ring)
                if caller is not None:
                    self._unanswered(caller, code)
                elif hand_on is not None:
                    self._hand_ons.not_taken(hand_on, code)
            case events.HandOn(call, agent):
                self._hand_on(call, agent)
            case events.TalkOver(call, by):
                self._over(call, by)
            case events.LoggedIn(agent):
                self._shift.begins(agent)
            case events.LoggedOut(agent):
                self._shift.ends(agent)
            case events.PauseAgent(agent, reason):
                self._shift.pauses(agent, reason)
            case events.UnpauseAgent(agent):
                self._shift.goes_on(agent)
            case events.Staffed(agents, queues):
                self._staff(agents, queues)

    def _enter(self, call: str, queue: str, priority: int) -> None:
        self._hand_ons.stop(call)
        if call in self._talks:
            self._over(call, "agent")
        if call in self._callers:
            self._remove(self._callers[call])
        line = self._lines.setdefault(queue, Line(Queue(id=queue)))
        self._number += 1
        caller = Caller(call, line, priority, self._number, self._journal.at)
        line.enter(caller)
        self._callers[call] = caller
        self._journal.log(LogKind.ENTERQUEUE, call, queue, position=caller.original_position)

    def _left(self, call: str, kind: LogKind) -> None:
        self._hand_ons.stop(call)
        if call in self._talks:
            self._over(call, "caller")
        elif call in self._callers:
            self._exit(self._callers[call], kind)

    def _exit(self, caller: Caller, kind: LogKind) -> None:
        self._journal.log(
            kind,
            caller.call,
            caller.line.queue.id,
            position=caller.line.place(caller),
            original_position=caller.original_position,
            wait_seconds=self._journal.seconds_since(caller.since),
        )
        self._remove(caller)

    def _remove(self, caller: Caller) -> None:
        if caller.ringing is not None:
            self._stop(caller)
        caller.line.leave(caller)
        del self._callers[caller.call]
        name = caller.line.queue.id
        if name not in self._queues and not len(caller.line):
            del self._lines[name]  # flows may make up any number of names

    def _rung(self, call: str, ring: int) -> Caller | None:
        """Return the caller for whom this ring goes on."""
        caller = self._callers.get(call)
        return caller if caller is not None and caller.ringing is not None and caller.ring == ring else None

    def _answered(self, agent: str, call: str, ring: int) -> None:
        caller = self._rung(call, ring)
        if caller is None:
            hand_on = self._hand_ons.rung(call, ring)
            if hand_on is not None:
                self._taken(hand_on)
                return
            talk = self._talks.get(call)
            if talk is None or talk.ring != ring:  # else it is told twice
                self._journal.ask(StopRinging(agent, call, ring))
            return
        assert caller.ringing is not None
        agent = caller.ringing
        seat = self.roster.seat(agent)
        held = self._journal.seconds_since(caller.since)
        queue, place = caller.line.queue, caller.original_position
        self._journal.log(
            LogKind.CONNECT,
            call,
            queue.id,
            agent,
            hold_seconds=held,
            ring_ms=self._journal.ms_since(caller.rung_at),
            original_position=place,
        )
        caller.ringing, seat.ringing, seat.talking, seat.unanswered = None, None, call, 0
        self._remove(caller)
        self._talks[call] = _Talk(agent, ring, queue, place, held, self._journal.at)
        self._journal.ask(Connect(call, agent, ring))

    def _unanswered(self, caller: Caller, code: int) -> None:
        agent, queue = caller.ringing, caller.line.queue.id
        assert agent is not None
        seat = self.roster.seat(agent)
        rung = self._journal.ms_since(caller.rung_at)
        self._journal.log(LogKind.RINGNOANSWER, caller.call, queue, agent, ring_ms=rung, code=code)
        caller.ringing = seat.ringing = None
        seat.rests_until = self._journal.at + self._rules.retry_seconds
        if 500 <= code < 600:  # the way to the phone failed, which is no fault of the agent's
            return
        seat.unanswered += 1
        if seat.unanswered == self._rules.most_no_answers and seat.paused is None:
            self._shift.pauses(agent, NO_ANSWER)

    def _hand_on(self, call: str, agent: str) -> None:
        if call in self._callers or call in self._hand_ons:
            return
        talk = self._talks.get(call)
        queue, place = (talk.queue, talk.original_position) if talk is not None else (Queue(id=""), 0)
        self._number += 1
        self._hand_ons.begin(call, agent, self._number, self._ring_seconds(queue), queue, place)

    def _taken(self, hand_on: HandOn) -> None:
        """Take in that the other agent answered: the first one's part is over."""
        call, agent, place = hand_on.call, hand_on.agent, hand_on.original_position
        self._over(call, "transfer")
        self._hand_ons.taken(hand_on)
        self._talks[call] = _Talk(agent, hand_on.ring, hand_on.queue, place, 0.0, self._journal.at)
        self._journal.ask(Connect(call, agent, hand_on.ring))

    def _over(self, call: str, by: str) -> None:
        talk = self._talks.pop(call, None)
        if talk is None:
            return
        kinds = {"agent": LogKind.COMPLETEAGENT, "caller": LogKind.COMPLETECALLER}
        self._journal.log(
            kinds.get(by, LogKind.BLINDTRANSFER),
            call,
            talk.queue.id,
            talk.agent,
            hold_seconds=talk.hold_seconds,
            talk_seconds=self._journal.seconds_since(talk.since),
            original_position=talk.original_position,
        )
        seat = self.roster.seat(talk.agent)
        seat.talking, seat.idle_since = None, self._journal.at
        own = talk.queue.wrap_up_seconds
        seconds = self._rules.wrap_up_seconds if own is None else own
        if seat.logged_in and seconds > 0:
            seat.wrap_up_until = self._journal.at + seconds
            self._journal.log(LogKind.WRAPUP, call, talk.queue.id, talk.agent, wrap_up_seconds=seconds)

    # -- agents -------------------------------------------------------------------------------------

    def _give_back(self, seat: Seat) -> None:
        """Let the call that an agent is being rung for go to another one, or back to who handed it on."""
        if seat.ringing is None:
            return
        if seat.ringing in self._hand_ons:
            self._hand_ons.stop(seat.ringing, NOT_AT_WORK)
        else:
            self._stop(self._callers[seat.ringing])

    def _stop(self, caller: Caller) -> None:
        agent = caller.ringing
        assert agent is not None
        caller.ringing = self.roster.seat(agent).ringing = None
        self._journal.log(
            LogKind.RINGCANCELED,
            caller.call,
            caller.line.queue.id,
            agent,
            ring_ms=self._journal.ms_since(caller.rung_at),
        )
        self._journal.ask(StopRinging(agent, caller.call, caller.ring))

    def _staff(self, agents: Iterable[Agent], queues: Iterable[Queue]) -> None:
        wanted = {agent.id: agent for agent in agents}
        for agent in wanted.values():
            self.roster.put(agent)
        for seat in self.roster:
            if seat.agent.id not in wanted:
                self._shift.ends(seat.agent.id)
        self._tell_states()
        for name in [each.agent.id for each in self.roster if each.agent.id not in wanted]:
            if self.roster.seat(name).talking is None:
                self.roster.drop(name)
        self._queues = {queue.id: queue for queue in queues}
        for name in {*self._queues, *self._lines}:
            queue = self._queues.get(name, Queue(id=name))
            line = self._lines.setdefault(name, Line(queue))
            line.queue = queue
            if name not in self._queues and not len(line):
                del self._lines[name]

    # -- what follows by itself ----------------------------------------------------------------------

    def _go_on(self) -> list[Action]:
        self._time_passes()
        self._send_on()
        self._match()
        for line in self._lines.values():
            self._journal.ask(*line.moves())
        self._tell_states()
        return self._journal.take()

    def _time_passes(self) -> None:
        for caller in [*self._callers.values()]:
            if caller.ringing is not None and caller.ring_until <= self._journal.at:
                self._journal.ask(StopRinging(caller.ringing, caller.call, caller.ring))
                self._unanswered(caller, 408)
        self._hand_ons.time_passes()
        for seat in self.roster:
            if seat.wrap_up_until is not None and seat.wrap_up_until <= self._journal.at:
                seat.wrap_up_until = None

    def _send_on(self) -> None:
        """Tell the callers of queues for which nobody works that nobody will answer."""
        for line in [*self._lines.values()]:
            if any(seat.staffs and seat.serves(line.queue) for seat in self.roster):
                line.empty_since = None
                continue
            if line.empty_since is None:
                line.empty_since = self._journal.at
            if line.empty_since + self._rules.empty_seconds <= self._journal.at:
                for caller in [*line]:
                    self._exit(caller, LogKind.EXITEMPTY)
                    self._journal.ask(NoAgentLeft(caller.call))

    def _match(self) -> None:
        free = [seat for seat in self.roster if seat.is_free(self._journal.at)]
        while free:
            heads = [head for line in self._lines.values() if (head := line.next()) is not None]
            for caller in sorted(heads, key=lambda each: each.order):
                able = [seat for seat in free if seat.serves(caller.line.queue)]
                if able:
                    seat = min(able, key=lambda each: self._strategy(caller, each))
                    free.remove(seat)
                    self._ring(caller, seat)
                    break
            else:
                return

    def _ring(self, caller: Caller, seat: Seat) -> None:
        agent, seconds = seat.agent, self._ring_seconds(caller.line.queue)
        self._number += 1
        caller.ringing, seat.ringing, caller.ring = agent.id, caller.call, self._number
        caller.rung_at, caller.ring_until = self._journal.at, self._journal.at + seconds
        caller.tries[agent.id] += 1
        self._journal.ask(RingAgent(agent.id, caller.call, agent.address, seconds, caller.ring))

    def _tell_states(self) -> None:
        for seat in self.roster:
            now = seat.state, seat.reason
            if now != seat.told:
                seat.told, seat.since = now, self._journal.at
                self._journal.ask(StateChanged(seat.agent.id, *now, self._journal.at))

    def _ring_seconds(self, queue: Queue) -> float:
        own = queue.ring_seconds
        return self._rules.ring_seconds if own is None else own
