"""Agents on real telephones: rings whom the distributor names, and connects who answers.

The distributor decides and has no clock and no telephone; here are both. What agents do is kept in the
store as it happens, so that an engine that starts anew knows who is at work.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import structlog

from calls.errors import HuawuError
from calls.records import Agent, Queue, utc_now
from ivr.agents import events
from ivr.agents.actions import (
    Action,
    Connect,
    Log,
    LogKind,
    Moved,
    NoAgentLeft,
    NotTaken,
    RingAgent,
    StateChanged,
    StopRinging,
)
from ivr.agents.codes import DialCodes, Meaning, agent_at
from ivr.agents.personnel import load
from ivr.agents.rules import Rules
from ivr.calllog import CallLog
from ivr.live.codecall import CodeCall
from ivr.live.livecall import LiveCall
from ivr.live.othercall import OtherCall
from ivr.live.partner import Partner
from ivr.live.switchboard import Switchboard
from ivr.wire import signalling

#: How often the store is looked at for new agents and queues, in seconds.
STAFF_SECONDS = 5.0
#: How much longer than the queue says signalling lets a phone ring, in seconds.
_GRACE_SECONDS = 5.0
#: SIP status of a transfer to our own address where no agent is.
NOBODY = 404


@dataclass(frozen=True, slots=True)
class _Ring:
    number: int
    agent: str
    call: str


class AgentDesk:
    """Rings agents for callers who wait.

    Make it in a thread, where the store may take its time; use it on the loop.

    Parameters
    ----------
    board : Switchboard
        With the calls.
    rules : Rules
        For queues that have none of their own.
    codes : DialCodes
        What agents' phones dial to log in and to pause.
    """

    def __init__(self, board: Switchboard, rules: Rules, codes: DialCodes) -> None:
        self._board = board
        self._codes = codes
        self._zero = board.loop.time()
        self._epoch = utc_now()
        self._distributor = load(board.store, self._epoch, rules)
        self._rings: dict[int, OtherCall] = {}
        self._ring_of: dict[OtherCall, _Ring] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._asked: deque[Action] = deque()
        self._busy = False
        board.loop.call_soon_threadsafe(self._begin)

    # -- callers (surroundings.Waiting) -------------------------------------------------------------------

    def enqueue(self, call: LiveCall, queue: str, enqueue: int) -> None:
        """Look for an agent."""
        self._handle(events.CallerWaits(call.id, queue))

    def hand_on(self, call: LiveCall, target: str) -> str | int | None:
        """Ring the agent whom ``target`` names; see :class:`ivr.live.surroundings.Waiting`."""
        agents = [seat.agent for seat in self._distributor.roster]
        ours = self._board.is_ours(target)
        user = unquote(target.partition(":")[2].partition("@")[0])
        agent = next((each for each in agents if ours and each.id == user), None)
        agent = agent or agent_at(agents, user if ours else target)
        if agent is not None:
            self._board.loop.call_soon(self._handle, events.HandOn(call.id, agent.id))
            return None
        return NOBODY if ours else target

    def leave(self, call: LiveCall, by: str = "caller") -> None:
        """Stop looking, or take in that the conversation is over; ``by`` says who or what ended it."""
        match by:
            case "agent" | "transfer" as who:
                self._handle(events.TalkOver(call.id, who))
            case LogKind.EXITWITHKEY:
                self._handle(events.CallerLeft(call.id, LogKind.EXITWITHKEY))
            case LogKind.EXITWITHTIMEOUT:
                self._handle(events.CallerLeft(call.id, LogKind.EXITWITHTIMEOUT))
            case _:
                self._handle(events.CallerLeft(call.id))

    # -- agents' telephones (othercall.Concerned) -----------------------------------------------------

    def other_answered(self, other: OtherCall) -> None:
        """Take in that an agent's phone was answered."""
        ring = self._ring_of.get(other)
        if ring is None:
            other.hang_up("too late")
        else:
            self._handle(events.AgentAnsweredCall(ring.agent, ring.call, ring.number))

    def other_failed(self, other: OtherCall, code: int) -> None:
        """Take in that it was not."""
        ring = self._forget(other)
        if ring is not None:
            self._handle(events.AgentRefused(ring.agent, ring.call, code, ring.number))

    def other_left(self, other: OtherCall) -> None:
        """Take in that it was hung up before it was connected."""
        self.other_failed(other, 480)

    def other_holds(self, other: OtherCall, on: bool) -> None:
        """Wait: nobody is connected yet."""

    def other_refers(self, other: OtherCall, target: str) -> None:
        """Wait: nobody is connected yet."""

    # -- dial codes -----------------------------------------------------------------------------------

    def special(self, door: str, arrived: signalling.Arrived) -> bool:
        """Take a call to a dial code; return whether it is one.

        It counts from the host of the agent's own address alone, since a calling number proves nothing.
        """
        meaning = self._codes.meaning(arrived.callee)
        if meaning is None or door != "sip":
            return False
        source = arrived.source.rpartition(":")[0]
        agents = (seat.agent for seat in self._distributor.roster)
        agent = agent_at(agents, f"sip:{arrived.caller}@{source}") if arrived.caller else None
        if agent is None:
            self._board.figures.refused("code")
            self._board.doors[door].send(signalling.Reject(arrived.call, 403, "Forbidden"))
            return True
        self._change(meaning, agent.id, "phone")
        call = CodeCall(self._board)
        call.begin(self._board.party(arrived.call, door, call), arrived.offer)
        return True

    # -- agents over HTTP (agents.api.Desk) -----------------------------------------------------------

    def agents(self) -> list[dict[str, Any]]:
        """Return all agents."""
        return [seat.described(self._now) for seat in self._distributor.roster]

    def pause(self, agent: str, reason: str) -> dict[str, Any]:
        """Let an agent take no calls from now on."""
        return self._change("pause", agent, reason)

    def unpause(self, agent: str) -> dict[str, Any]:
        """Let an agent take calls again."""
        return self._change("unpause", agent)

    def login(self, agent: str) -> dict[str, Any]:
        """Let an agent begin to work."""
        return self._change("login", agent)

    def logout(self, agent: str) -> dict[str, Any]:
        """Let an agent go home."""
        return self._change("logout", agent)

    # -- inside ---------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Say who is at work now: what agents were doing when an engine before this one ended is over."""
        for seat in self._distributor.roster:
            self._board.figures.agent(seat.agent.id, seat.state.value)
        self._tick()

    async def follow_staff(self) -> None:
        """Look at the store for new agents and queues, until cancelled."""
        while True:
            await asyncio.sleep(STAFF_SECONDS)
            try:
                agents, queues = await asyncio.to_thread(self._staff)
            except HuawuError as error:
                structlog.get_logger().error("agents cannot be read", why=str(error))
            else:
                self._handle(events.Staffed(tuple(agents), tuple(queues)))

    def _staff(self) -> tuple[list[Agent], list[Queue]]:
        return self._board.store.find(Agent), self._board.store.find(Queue)

    @property
    def _now(self) -> float:
        return self._board.loop.time() - self._zero

    def _change(self, what: Meaning, agent: str, reason: str = "") -> dict[str, Any]:
        seat = self._distributor.roster.seat(agent)
        match what:
            case "login":
                self._handle(events.LoggedIn(agent))
            case "logout":
                self._handle(events.LoggedOut(agent))
            case "pause":
                self._handle(events.PauseAgent(agent, reason))
            case "unpause":
                self._handle(events.UnpauseAgent(agent))
        return seat.described(self._now)

    def _handle(self, event: events.Event) -> None:
        self._carry_out_all(self._distributor.handle(event, self._now))

    def _carry_out_all(self, asked: list[Action]) -> None:
        """Do what is asked for; what comes of it meanwhile is done afterwards, in its order."""
        self._asked.extend(asked)
        if self._busy:
            return
        self._busy = True
        try:
            while self._asked:
                self._carry_out(self._asked.popleft())
        finally:
            self._busy = False
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        due = self._distributor.due()
        self._alarm = None if due is None else self._board.loop.call_at(self._zero + due, self._tick)

    def _tick(self) -> None:
        self._carry_out_all(self._distributor.tick(self._now))

    def _carry_out(self, action: Action) -> None:
        match action:
            case RingAgent():
                self._ring(action)
            case StopRinging(_, _, number):
                other = self._rings.get(number)
                if other is not None:
                    self._forget(other)
                    other.hang_up("answered elsewhere or given up")
            case Connect(call, agent, number):
                self._connect(call, agent, number)
            case NotTaken(call, code):
                live = self._board.calls.get(call)
                if live is not None:
                    self._board.loop.call_soon(live.partner.not_taken, code)
            case NoAgentLeft(call):
                self._later(call, Partner.no_agent)
            case Moved(call, position):
                self._later(call, Partner.moved, position)
            case StateChanged():
                self._board.store.submit(action.record(self._epoch))
                self._board.figures.agent(action.agent, action.state.value)
            case Log():
                self._log(action)

    def _later(self, call: str, tell: Callable[..., None], *arguments: Any) -> None:
        """Tell a call after what is being done now, for it may be in the midst of asking.

        What it is told is about the wait that goes on now, and not about another one in which it may be then.
        """
        live = self._board.calls.get(call)
        if live is not None and live.partner.enqueued is not None:
            self._board.loop.call_soon(tell, live.partner, live.partner.enqueued, *arguments)

    def _ring(self, ring: RingAgent) -> None:
        live = self._board.calls.get(ring.call)
        if live is None or live.caller is None or live.over:
            self._board.loop.call_soon(
                self._handle, events.AgentRefused(ring.agent, ring.call, 487, ring.ring)
            )
            return
        other = self._board.other_call(live, concerned=self)
        self._rings[ring.ring] = other
        self._ring_of[other] = _Ring(ring.ring, ring.agent, ring.call)
        self._board.loop.call_soon(self._dial, other, ring, live.log)

    def _dial(self, other: OtherCall, ring: RingAgent, log: CallLog) -> None:
        """Dial, after what is being done now: it may fail at once."""
        if other not in self._ring_of:
            return
        # the distributor gives up first; this is for the case that it does not
        seconds = ring.seconds + _GRACE_SECONDS
        by = self._board.trunk if ring.address.lower().startswith("tel:") else ""
        other.dial(ring.address, seconds, caller=log.call.caller, name=log.call.queue_id or "", trunk=by)

    def _connect(self, call: str, agent: str, number: int) -> None:
        other = self._rings.get(number)
        live = self._board.calls.get(call)
        if other is None:
            return
        self._forget(other)
        if live is None:
            other.hang_up("the caller is gone")
            return
        other.concerned = live.partner
        live.partner.agent_answered(agent, other)

    def _forget(self, other: OtherCall) -> _Ring | None:
        ring = self._ring_of.pop(other, None)
        if ring is not None:
            del self._rings[ring.number]
        return ring

    def _log(self, log: Log) -> None:
        live = self._board.calls.get(log.call)
        kind = log.kind.event
        if live is None or kind is None:
            structlog.get_logger().info("queue log", kind=log.kind.value, **log.figures)
        else:
            live.log.queue_log(kind, live.now, node=live.dialog.node, **log.figures)
