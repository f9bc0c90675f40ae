"""What was read of calls and agents into the database: joined with what is there, a few hundred at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from calls.errors import BatchError
from calls.records import Agent, AgentStateChange, Call, CallEvent, Queue
from calls.store import Store
from huawu.imports.facts import CallFacts, events_of, joined, moved, zero

#: Calls and states that are stored in one transaction.
AT_ONCE = 500
#: Messages that are kept; the others are counted.
MOST_TOLD = 20


@dataclass(slots=True)
class Imported:
    """What came of an import.

    Attributes
    ----------
    lines, calls, events, states : int
        Read, and stored: a call that several lines tell of counts once in each transaction.
    agents, queues : set of str
        Ids that occurred.
    faults : int
        Lines that are wrong; nothing of them was taken.
    told : list of str
        The first messages of these.
    """

    lines: int = 0
    calls: int = 0
    events: int = 0
    states: int = 0
    agents: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    faults: int = 0
    told: list[str] = field(default_factory=list)

    def fault(self, error: BatchError) -> None:
        """Count a line that is wrong."""
        self.faults += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(str(error))


class Intake:
    """Takes what was read and stores it; :meth:`close` stores the rest.

    Parameters
    ----------
    store : Store
    imported : Imported
        Counts.
    """

    def __init__(self, store: Store, imported: Imported) -> None:
        self._store, self._imported = store, imported
        self._facts: list[CallFacts] = []
        self._states: list[AgentStateChange] = []
        self._agents: dict[str, Agent] = {}

    def take(self, told: Iterable[CallFacts | AgentStateChange | Agent]) -> None:
        """Take what a line tells."""
        for each in told:
            if isinstance(each, CallFacts):
                self._facts.append(each)
            elif isinstance(each, Agent):
                self._agents[each.id] = each
            else:
                self._states.append(each)
        if len(self._facts) + len(self._states) >= AT_ONCE:
            self.close()

    def close(self) -> None:
        """Store what was taken and not stored yet, all in one transaction.

        Raises
        ------
        StoreError
            It cannot be stored.
        """
        ids = list(dict.fromkeys(each.id for each in self._facts))
        before = {each.id: each for each in self._store.find(Call, id=ids)} if ids else {}
        now: dict[str, Call] = dict(before)
        for told in self._facts:
            now[told.id] = joined(now.get(told.id), told)
        events: dict[str, CallEvent] = {}
        shifted = [each for each in before.values() if zero(each) != zero(now[each.id])]
        traces: dict[str, list[CallEvent]] = defaultdict(list)
        if shifted:
            for event in self._store.find(CallEvent, call_id=[each.id for each in shifted]):
                traces[event.call_id].append(event)
        for call in shifted:
            events |= {each.id: each for each in moved(traces[call.id], call, now[call.id])}
        for told in self._facts:
            events |= {each.id: each for each in events_of(now[told.id], told.events)}
        states = {each.id: each for each in self._states}
        stubs = self._stubs(now.values(), events.values())
        if now or states or stubs:
            records = (*now.values(), *events.values(), *states.values())
            self._store.submit(*records, unless_known=stubs).result()
        self._imported.calls += len(now)
        self._imported.events += sum(len(each.events) for each in self._facts)
        self._imported.states += len(states)
        self._facts, self._states, self._agents = [], [], {}

    def _stubs(self, calls: Iterable[Call], events: Iterable[CallEvent]) -> list[Any]:
        """Return agents and queues of which nothing may be known yet."""
        queues = {each.queue_id for each in calls if each.queue_id}
        queues |= {str(each.data["queue"]) for each in events if each.data.get("queue")}
        agents = {each.agent_id for each in calls if each.agent_id}
        agents |= {str(each.data["agent"]) for each in events if each.data.get("agent")}
        agents |= self._agents.keys() | {each.agent_id for each in self._states}
        self._imported.agents |= agents
        self._imported.queues |= queues
        known = [self._agents.get(each) or Agent(id=each) for each in sorted(agents)]
        return [*known, *(Queue(id=each) for each in sorted(queues))]
