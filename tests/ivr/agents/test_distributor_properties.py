"""What holds whatever happens to callers and agents, in any order, at any moment.

The world here keeps its own books, from the actions alone: which phone rings for which call, who talks
with whom, who waits.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calls.records import Agent, AgentState, Queue
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
from ivr.agents.distributor import Distributor
from ivr.agents.events import Event
from ivr.agents.rules import Rules

pytestmark = pytest.mark.unit

AGENTS = (
    Agent(id="a", address="sip:a@h", skills=("refund", "english")),
    Agent(id="b", address="sip:b@h", skills=("refund",)),
    Agent(id="c", address="sip:c@h"),
    Agent(id="d"),  # without a phone
)
QUEUES = (
    Queue(id="sales"),
    Queue(id="refund", skills=("refund",), ring_seconds=7),
    Queue(id="vip", skills=("refund", "english"), wrap_up_seconds=0),
)
CALLS = ("c1", "c2", "c3", "c4", "c5", "c6")
ENTERED = {LogKind.ENTERQUEUE}
LEFT = {
    LogKind.CONNECT,
    LogKind.ABANDON,
    LogKind.EXITWITHKEY,
    LogKind.EXITWITHTIMEOUT,
    LogKind.EXITEMPTY,
}
PARTED = {LogKind.COMPLETEAGENT, LogKind.COMPLETECALLER, LogKind.BLINDTRANSFER}
RUNG = {LogKind.RINGNOANSWER, LogKind.RINGCANCELED, LogKind.CONNECT}


class World:
    """A distributor, and what its actions made of agents and callers."""

    def __init__(self) -> None:
        self.distributor = Distributor(AGENTS, QUEUES, Rules(ring_seconds=10, wrap_up_seconds=6))
        self.at = 0.0
        self.rings: dict[int, tuple[str, str]] = {}
        self.talks: dict[str, str] = {}
        self.old_rings: list[tuple[int, str, str]] = []
        self.waiting: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.states = dict.fromkeys((agent.id for agent in AGENTS), (AgentState.OFFLINE, ""))
        self.agents = {agent.id: agent for agent in AGENTS}
        self.queues = {queue.id: queue for queue in QUEUES}
        self.handed_on: set[str] = set()
        self.taken = 0
        self.log: Counter[LogKind] = Counter()
        self.connected: list[str] = []

    def tell(self, event: Event) -> None:
        match event:
            case events.CallerWaits(call, queue):
                assert call not in self.waiting
                self.waiting[call] = queue
            case events.CallerLeft(call):
                self.waiting.pop(call, None)
                self.talks.pop(call, None)
                self.handed_on.discard(call)
            case events.HandOn(call):
                if call in self.talks:
                    self.handed_on.add(call)
            case events.TalkOver(call):
                self.talks.pop(call, None)
            case events.AgentRefused(_, _, _, ring):
                self.rings.pop(ring, None)
        self._take(self.distributor.handle(event, self.at))

    def wait(self, seconds: float) -> None:
        """Let time pass, every deadline at its moment."""
        until = self.at + seconds
        while (due := self.distributor.due()) is not None and due <= until:
            assert due > self.at, "it would be asked again and again"
            self.at = due
            self._take(self.distributor.tick(due))
        self.at = until

    def _take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case RingAgent(agent, call, address, seconds, ring):
                    assert (address, seconds > 0) == (self.agents[agent].address, True)
                    assert (call in self.waiting) != (call in self.handed_on), "rung for nobody"
                    if call in self.waiting:
                        queue = self.queues[self.waiting[call]]
                        assert set(queue.skills) <= set(self.agents[agent].skills)
                    assert ring not in self.rings
                    self.rings[ring] = agent, call
                    self.old_rings.append((ring, agent, call))
                case StopRinging(_, _, ring):
                    self.rings.pop(ring, None)
                case Connect(call, agent, ring):
                    assert self.rings.pop(ring) == (agent, call)
                    if call in self.handed_on:
                        self.handed_on.remove(call)
                    else:
                        del self.waiting[call]
                        self.connected.append(call)
                    self.talks[call] = agent
                case NotTaken(call):
                    self.handed_on.remove(call)
                    self.rings = {ring: each for ring, each in self.rings.items() if each[1] != call}
                case NoAgentLeft(call):
                    del self.waiting[call]
                case Moved(call, position):
                    self.places[call] = position
                case StateChanged(agent, state, reason):
                    assert self.states[agent] != (state, reason), "told twice"
                    self.states[agent] = state, reason
                case Log(kind, data={"handed_on": True}):
                    self.log[LogKind.CONNECT] += 1
                    self.taken += 1
                case Log(kind):
                    self.log[kind] += 1
        self.check()

    def check(self) -> None:
        """Check what must always hold."""
        busy = [*self.rings.values(), *((agent, call) for call, agent in self.talks.items())]
        alone = [call for _, call in busy if call not in self.handed_on]
        for parties in ([agent for agent, _ in busy], alone):
            assert len(parties) == len(set(parties)), "one has two"
        assert self.handed_on <= {call for _, call in self.rings.values()}
        assert self.waiting == {each.call: each.line.queue.id for each in self.distributor.waiting()}
        assert not set(self.waiting) & set(self.talks)
        self._check_states()
        self._check_places()
        self._check_nobody_is_forgotten(busy)
        assert self.log[LogKind.ENTERQUEUE] == sum(self.log[kind] for kind in LEFT) - self.taken + len(
            self.waiting
        )
        assert self.log[LogKind.CONNECT] == sum(self.log[kind] for kind in PARTED) + len(self.talks)
        assert len(self.old_rings) == sum(self.log[kind] for kind in RUNG) + len(self.rings)

    def _check_states(self) -> None:
        for seat in self.distributor.roster:
            assert self.states[seat.agent.id] == (seat.state, seat.reason)
            assert seat.ringing is None or seat.staffs, "it rings for one who takes no calls"
        states = {agent: state for agent, (state, _) in self.states.items()}
        ringing = {agent for agent, _ in self.rings.values()}
        assert {a for a, state in states.items() if state is AgentState.RINGING} == ringing
        assert {a for a, state in states.items() if state is AgentState.TALKING} == set(self.talks.values())

    def _check_places(self) -> None:
        for queue in {*self.waiting.values()}:
            callers = [call for call, name in self.waiting.items() if name == queue]
            assert sorted(self.places[call] for call in callers) == [*range(1, len(callers) + 1)]

    def _check_nobody_is_forgotten(self, busy: list[tuple[str, str]]) -> None:
        """Nobody waits without a phone ringing while an agent is free who could answer."""
        alone = set(self.waiting) - {call for _, call in busy}
        free = [seat for seat in self.distributor.roster if seat.is_free(self.at)]
        for call in alone:
            queue = self.queues[self.waiting[call]]
            assert not any(seat.serves(queue) for seat in free), f"{call} is not offered"


agents = st.sampled_from([agent.id for agent in AGENTS])
calls = st.sampled_from(CALLS)
picks = st.integers(0, 50)
steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 3.0, 5.0, 6.0, 7.0, 10.0, 25.0])),
    st.tuples(st.just("enter"), calls, st.sampled_from([*(queue.id for queue in QUEUES)]), st.integers(0, 1)),
    st.tuples(st.just("leave"), calls, st.sampled_from([LogKind.ABANDON, LogKind.EXITWITHKEY])),
    st.tuples(st.just("answer"), picks),
    st.tuples(st.just("late"), picks),
    st.tuples(st.just("refuse"), picks, st.sampled_from([486, 603, 408])),
    st.tuples(st.just("hand on"), picks, agents),
    st.tuples(st.just("over"), calls, st.sampled_from(["agent", "caller", "transfer"])),
    st.tuples(st.just("in"), agents),
    st.tuples(st.just("out"), agents),
    st.tuples(st.just("pause"), agents, st.sampled_from(["", "lunch"])),
    st.tuples(st.just("unpause"), agents),
)


def do(world: World, step: tuple[Any, ...]) -> None:
    """Let one thing happen, if it can."""
    match step:
        case ("wait", seconds):
            world.wait(seconds)
        case ("enter", call, queue, priority):
            if not {call} & {*world.waiting, *world.talks, *world.handed_on}:
                world.tell(events.CallerWaits(call, queue, priority))
        case ("leave", call, kind):
            world.tell(events.CallerLeft(call, kind))
        case ("answer", pick) if world.rings:
            ring, (agent, call) = [*world.rings.items()][pick % len(world.rings)]
            world.tell(events.AgentAnsweredCall(agent, call, ring))
        case ("late", pick) if world.old_rings:
            ring, agent, call = world.old_rings[pick % len(world.old_rings)]
            if ring not in world.rings:
                world.tell(events.AgentAnsweredCall(agent, call, ring))
        case ("refuse", pick, code) if world.old_rings:
            ring, agent, call = world.old_rings[pick % len(world.old_rings)]
            world.tell(events.AgentRefused(agent, call, code, ring))
        case ("hand on", pick, agent) if world.talks:
            call = [*world.talks][pick % len(world.talks)]
            if call not in world.handed_on:
                world.tell(events.HandOn(call, agent))
        case ("over", call, by):
            world.tell(events.TalkOver(call, by))
        case ("in", agent):
            world.tell(events.LoggedIn(agent))
        case ("out", agent):
            world.tell(events.LoggedOut(agent))
        case ("pause", agent, reason):
            world.tell(events.PauseAgent(agent, reason))
        case ("unpause", agent):
            world.tell(events.UnpauseAgent(agent))


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, max_size=80))
@example([("in", "c"), ("enter", "c1", "sales", 0), ("refuse", 0, 486), ("wait", 5.0), ("refuse", 0, 487)])
@example([("in", "c"), ("enter", "c1", "sales", 0), ("answer", 0), ("out", "c"), ("in", "c")])
def test_nobody_has_two_calls_nobody_is_lost_and_nobody_waits_for_a_free_agent(
    happened: list[tuple[Any, ...]],
) -> None:
    world = World()
    for step in happened:
        do(world, step)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=60))
def test_everybody_who_waits_speaks_with_an_agent_in_the_end(happened: list[tuple[Any, ...]]) -> None:
    """As long as somebody works for each queue and answers."""
    world = World()
    for agent in world.agents:
        world.tell(events.LoggedIn(agent))
    for step in happened:
        do(world, step)
    for agent in world.agents:
        world.tell(events.LoggedIn(agent))
        world.tell(events.UnpauseAgent(agent))
    waited = dict(world.waiting)
    before = len(world.connected)
    for _ in range(3 * len(CALLS)):
        while world.rings:
            do(world, ("answer", 0))
        for call in [*world.talks]:
            world.tell(events.TalkOver(call, "caller"))
        world.wait(6.0)
    assert (world.waiting, world.rings, world.talks) == ({}, {}, {})
    assert set(waited) <= set(world.connected[before:])


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=60))
def test_the_same_events_give_the_same_actions(happened: list[tuple[Any, ...]]) -> None:
    first, second = World(), World()
    for step in happened:
        do(first, step)
        do(second, step)
    assert (first.old_rings, first.states, first.log) == (second.old_rings, second.states, second.log)
