"""What happened to each call in the queues and menus, read from its trace once for all figures."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from calls.records import AgentState, AgentStateChange, Call, CallEvent, EventKind
from calls.store import Span, Store

R = TypeVar("R")

#: Seconds between the end of a conversation and the wrap-up that belongs to it, at most.
_WRAP_UP_FOLLOWS = 5.0
_EXITS = (EventKind.EXITWITHKEY, EventKind.EXITWITHTIMEOUT, EventKind.EXITEMPTY)
_ENDS = (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER, EventKind.BLINDTRANSFER)
READ = (
    EventKind.ENTERQUEUE,
    EventKind.CONNECT,
    EventKind.ABANDON,
    *_EXITS,
    *_ENDS,
    EventKind.HOLD,
    EventKind.TRANSFER,
    EventKind.NODE,
)


@dataclass(frozen=True, slots=True)
class QueueVisit:
    """One wait of a caller in one queue and the conversation that came of it, if one did.

    Attributes
    ----------
    call_id, queue, caller : str
    entered_at : datetime
    wait : float
        Seconds until an agent answered, the caller gave up or left.
    end : {"answered", "abandoned", "left", "open"}
        ``left`` by a key, after the longest wait, or because nobody works; ``open`` where the trace stops.
    agent : str
        Who answered, or nobody.
    talk, hold : float
        Seconds of conversation without those on hold by the agent, and these.
    wrap_up : float or None
        Seconds of after-call work; ``None`` where the agent's states are not known.
    transferred : bool
        Whether the agent sent the caller on.
    """

    call_id: str
    queue: str
    caller: str
    entered_at: datetime
    wait: float = 0.0
    end: str = "open"
    agent: str = ""
    talk: float = 0.0
    hold: float = 0.0
    wrap_up: float | None = None
    transferred: bool = False

    @property
    def handled(self) -> float:
        """Seconds that the call kept the agent: talk + hold + wrap-up."""
        return self.talk + self.hold + (self.wrap_up or 0.0)

    @property
    def ended_at(self) -> datetime:
        """When the conversation, or the wait, was over."""
        return self.entered_at + timedelta(seconds=self.wait + self.talk + self.hold)


@dataclass(frozen=True, slots=True)
class MenuPath:
    """The nodes that a call went through, in order, and whether it entered a queue."""

    call: Call
    nodes: tuple[str, ...]
    queued: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """The calls of a span of time: as they came, as they waited, as they went through the menus."""

    calls: tuple[Call, ...]
    visits: tuple[QueueVisit, ...]
    paths: tuple[MenuPath, ...]


def read_traffic(store: Store, first: datetime | None, end: datetime | None) -> Traffic:
    """Return the traffic of the calls that began from ``first`` on and before ``end``, all of them ended."""
    calls = [
        each
        for each in store.find(Call, started_at=Span(first, end), order_by=("started_at", "id"))
        if each.ended_at is not None
    ]
    events: dict[str, list[CallEvent]] = defaultdict(list)
    ids = [each.id for each in calls]
    for event in store.find(CallEvent, call_id=ids, kind=READ, order_by=("call_id", "at", "id")):
        events[event.call_id].append(event)
    visits, paths = [], []
    for call in calls:
        found = list(visits_of(call, events[call.id]))
        visits += found
        nodes = tuple(each.node for each in events[call.id] if each.kind is EventKind.NODE)
        paths.append(MenuPath(call, nodes, bool(found)))
    changes = store.find(AgentStateChange, at=Span(first), order_by=("agent_id", "at", "id"))
    return Traffic(tuple(calls), tuple(with_wrap_up(visits, changes)), tuple(paths))


def visits_of(call: Call, events: Sequence[CallEvent]) -> Iterator[QueueVisit]:
    """Return the queue visits of one call from its trace, in order of time.

    Figures that the distributor of calls noted are taken (``hold_seconds`` of ``CONNECT`` is the wait, as
    in Asterisk's ``queue_log``); where there are none, the times of the events tell.
    """
    zero = call.answered_at or call.started_at
    visit: QueueVisit | None = None
    entered = connected = 0.0
    held_since: float | None = None
    for event in events:
        if event.kind is EventKind.ENTERQUEUE:
            if visit is not None:
                yield visit
            entered, held_since = event.at, None
            queue = str(event.data.get("queue", call.queue_id or ""))
            visit = QueueVisit(call.id, queue, call.caller, zero + timedelta(seconds=entered))
        elif visit is None:
            continue
        elif event.kind is EventKind.CONNECT and visit.end == "open":
            connected = event.at
            wait = float(event.data.get("hold_seconds", connected - entered))
            agent = str(event.data.get("agent", call.agent_id or ""))
            visit = replace(visit, end="answered", wait=wait, agent=agent)
        elif event.kind is EventKind.HOLD and visit.end == "answered" and event.data.get("by") != "caller":
            if event.data.get("on"):
                held_since = event.at
            elif held_since is not None:
                visit, held_since = replace(visit, hold=visit.hold + event.at - held_since), None
        elif event.kind is EventKind.TRANSFER and visit.end == "answered":
            visit = replace(visit, transferred=visit.transferred or "failed" not in event.data)
        elif event.kind in _ENDS and visit.end == "answered":
            yield _completed(
                visit, event.at, connected, held_since, event.data.get("talk_seconds"), event.kind
            )
            visit = None
        elif event.kind is EventKind.ABANDON or event.kind in _EXITS:
            wait = float(event.data.get("wait_seconds", event.at - entered))
            yield replace(visit, end="abandoned" if event.kind is EventKind.ABANDON else "left", wait=wait)
            visit = None
    if visit is not None:
        last = (call.ended_at - zero).total_seconds() if call.ended_at else entered
        if visit.end == "answered":
            yield _completed(visit, last, connected, held_since, None, None)
        else:
            yield replace(visit, wait=max(last - entered, 0.0))


def _completed(
    visit: QueueVisit,
    at: float,
    connected: float,
    held_since: float | None,
    told: float | None,
    kind: EventKind | None,
) -> QueueVisit:
    hold = visit.hold + (at - held_since if held_since is not None else 0.0)
    whole = float(told) if told is not None else at - connected
    return replace(
        visit,
        talk=max(whole - hold, 0.0),
        hold=hold,
        transferred=visit.transferred or kind is EventKind.BLINDTRANSFER,
    )


def with_wrap_up(visits: Sequence[QueueVisit], changes: Iterable[AgentStateChange]) -> list[QueueVisit]:
    """Return the visits with the after-call work that followed each.

    A wrap-up belongs to the agent's conversation that ended last before it began, within seconds. An agent
    who is known to do such work, and of whom none followed, had none then; of others it is not known.
    """
    by_agent: dict[str, list[AgentStateChange]] = defaultdict(list)
    for change in changes:
        by_agent[change.agent_id].append(change)
    spans: dict[str, list[tuple[datetime, float]]] = {}
    for agent, known in by_agent.items():
        following = [*known[1:], None]
        spans[agent] = [
            (each.at, (after.at - each.at).total_seconds())
            for each, after in zip(known, following, strict=True)
            if each.state is AgentState.WRAP_UP and after is not None
        ]
    found = []
    for visit in visits:
        if visit.end == "answered" and spans.get(visit.agent):
            visit = replace(visit, wrap_up=_following(visit.ended_at, spans[visit.agent]))
        found.append(visit)
    return found


def _following(ended: datetime, spans: Sequence[tuple[datetime, float]]) -> float:
    place = bisect_right(spans, (ended - timedelta(seconds=_WRAP_UP_FOLLOWS), 0.0))
    if place < len(spans) and spans[place][0] <= ended + timedelta(seconds=_WRAP_UP_FOLLOWS):
        return spans[place][1]
    return 0.0
