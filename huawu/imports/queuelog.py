"""Asterisk's ``queue_log``: calls in queues, and what agents did, a line an event.

``seconds|call|queue|agent|event|parameters…``; the events and their parameters are those of
https://docs.asterisk.org/Operation/Logging/Queue-Logs/, of Asterisk 1.8 and later.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from calls.errors import BatchError
from calls.foreign import agent_id_of, call_id_of, queue_id_of
from calls.records import Agent, AgentState, AgentStateChange, EventKind, Outcome
from huawu.imports.facts import CallFacts, Happened, stable_id

#: Of a call that tells nothing for so long the log has lost the end.
FORGOTTEN_AFTER = timedelta(days=1)
#: The parameters of the events of calls. ``…ms`` are milliseconds and become seconds.
_TOLD = {
    "ENTERQUEUE": ("url", "caller", "position"),
    "CONNECT": ("hold_seconds", "agent_channel", "ring_seconds"),
    "ABANDON": ("position", "original_position", "wait_seconds"),
    "COMPLETEAGENT": ("hold_seconds", "talk_seconds", "original_position"),
    "COMPLETECALLER": ("hold_seconds", "talk_seconds", "original_position"),
    "RINGNOANSWER": ("ring_ms",),
    "RINGCANCELED": ("ring_ms",),
    "EXITWITHKEY": ("key", "position", "original_position", "wait_seconds"),
    "EXITWITHTIMEOUT": ("position", "original_position", "wait_seconds"),
    "EXITEMPTY": ("position", "original_position", "wait_seconds"),
    "BLINDTRANSFER": ("extension", "context", "hold_seconds", "talk_seconds", "original_position"),
    "TRANSFER": ("extension", "context", "hold_seconds", "talk_seconds", "original_position"),
    # what stands before these depends on how the agent sent the caller on
    "ATTENDEDTRANSFER": ("hold_seconds", "talk_seconds", "original_position"),
}
_TRANSFERS = ("BLINDTRANSFER", "TRANSFER", "ATTENDEDTRANSFER")
_COMPLETES = ("COMPLETEAGENT", "COMPLETECALLER", *_TRANSFERS)
_LEAVES = ("ABANDON", "EXITWITHKEY", "EXITWITHTIMEOUT", "EXITEMPTY")
_NUMBERS = {"hold_seconds", "wait_seconds", "talk_seconds", "ring_seconds", "ring_ms"}
_POSITIONS = {"position", "original_position"}
_AGENTS = frozenset(
    "ADDMEMBER REMOVEMEMBER PAUSE UNPAUSE PAUSEALL UNPAUSEALL AGENTLOGIN AGENTLOGOFF AGENTCALLBACKLOGIN "
    "AGENTCALLBACKLOGOFF".split()
)
#: What tells nothing of calls or of agents' states.
_NOTHING = frozenset(
    "QUEUESTART CONFIGRELOAD SYSCOMPAT AGENTDUMP PENALTY RINGINUSE DID INFO JOINEMPTY FULL JOINUNAVAIL "
    "CALLERID MEMBERUPDATE ADDPENALTY".split()
)
#: Reasons of a pause that is the work after a call.
_WRAP_UP = re.compile(r"wrap|acw|after.?call|话后|事后|小结|整理", re.IGNORECASE)
_PLACES = ("seconds", "call", "queue", "agent", "event")


@dataclass(slots=True)
class _Open:
    """A call in a queue or with an agent."""

    facts: CallFacts
    events: list[Happened] = field(default_factory=list)

    @property
    def last(self) -> datetime:
        return self.events[-1].at if self.events else self.facts.started_at

    def told(self) -> CallFacts:
        return replace(self.facts, events=tuple(self.events))


@dataclass(slots=True)
class _Seat:
    """An agent as the log tells."""

    queues: set[str] = field(default_factory=set)
    paused: dict[str, str] = field(default_factory=dict)
    call: str = ""
    here: bool = True
    told: AgentState | None = None

    @property
    def state(self) -> tuple[AgentState, str]:
        if self.call:
            return AgentState.TALKING, ""
        if not self.here:
            return AgentState.OFFLINE, ""
        if "NONE" in self.paused or (self.paused and self.paused.keys() >= self.queues):
            reason = next(reversed(self.paused.values()))
            return (AgentState.WRAP_UP if _WRAP_UP.search(reason) else AgentState.PAUSED), reason
        return AgentState.AVAILABLE, ""


class QueueLog:
    """Reads a log line by line; give the lines of files that follow each other to the same one.

    Parameters
    ----------
    node : str, optional
        The name of the system, for the calls.
    """

    def __init__(self, node: str = "") -> None:
        self._node = node
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._seats: dict[str, _Seat] = {}
        self._second = datetime.min.replace(tzinfo=UTC)
        self._order = 0
        #: Lines whose event is none that is known, by their events.
        self.unknown: Counter[str] = Counter()

    def take(self, line: str, where: str) -> Iterator[CallFacts | AgentStateChange | Agent]:
        """Read a line; yield the calls that it ends and the states of agents that it tells.

        Parameters
        ----------
        line : str
        where : str
            File and number of the line, for messages.

        Raises
        ------
        BatchError
            It is no line of such a log; nothing of it is taken.
        """
        fields = line.rstrip("\r\n").split("|")
        if len(fields) < len(_PLACES):
            problem = f"{where}: {len(fields)} fields in {line.strip()[:60]!r}"
            raise BatchError(problem, "a line has at least five, with | between")
        at = _time(fields[0], where)
        call, queue, agent, event = (each.strip() for each in fields[1:5])
        if event in _TOLD:
            data = _parameters(event, fields[5:], where)
            if call in ("", "NONE"):
                raise BatchError(f"{where}: call: {call!r}: {event} without a call", "check the line")
            self._count(at)
            yield from self._forget(at)
            yield from self._call_event(event, at, call, queue, agent, data)
        elif event in _AGENTS:
            if agent in ("", "NONE"):
                raise BatchError(f"{where}: agent: {agent!r}: {event} without an agent", "check the line")
            self._count(at)
            yield from self._agent_event(event, at, queue, agent, fields[5] if len(fields) > 5 else "")
        elif event not in _NOTHING:
            self.unknown[event[:40]] += 1

    def rest(self) -> Iterator[CallFacts]:
        """Yield what is known of the calls that are still in a queue or with an agent."""
        for each in self._open.values():
            yield each.told()

    def _count(self, at: datetime) -> None:
        self._order = self._order + 1 if at == self._second else 0
        self._second = at

    def _forget(self, now: datetime) -> Iterator[CallFacts]:
        while self._open:
            oldest = next(iter(self._open.values()))
            if now - oldest.last < FORGOTTEN_AFTER:
                return
            del self._open[oldest.facts.id]
            yield replace(oldest.told(), ended_at=oldest.last)

    def _call_event(
        self, event: str, at: datetime, call: str, queue: str, agent: str, data: dict[str, object]
    ) -> Iterator[CallFacts | AgentStateChange | Agent]:
        call_id, queue_id = call_id_of(call), queue_id_of(queue)
        data = {"queue": queue_id, **data}
        if agent not in ("", "NONE"):
            data["agent"] = agent_id_of(agent)
        kind = EventKind.BLINDTRANSFER if event in _TRANSFERS else EventKind(event)
        if event == "ATTENDEDTRANSFER":
            data["attended"] = True
        known = self._open.pop(call_id, None) or _Open(
            CallFacts(id=call_id, started_at=at, queue_log=True, node=self._node)
        )
        self._open[call_id] = known  # at the end: the first is the one that tells nothing for longest
        known.events.append(Happened(at=at, kind=kind, data=data, order=self._order))
        known.facts = replace(known.facts, queue_id=queue_id)
        if event == "ENTERQUEUE":
            # music is heard from now on at the latest: for the caller the call is answered
            first = known.facts.answered_at or at
            known.facts = replace(known.facts, caller=str(data.pop("caller", "")), answered_at=first)
        if event == "CONNECT":
            known.facts = replace(
                known.facts, agent_id=str(data.get("agent", "")) or None, outcome=Outcome.HANDED_OFF
            )
            yield from self._rang(agent, at, data)
            yield from self._talks(agent, at, call_id)
        elif event in ("RINGNOANSWER", "RINGCANCELED"):
            yield from self._rang(agent, at, data)
            yield from self._changed(agent, at)
        elif event in _COMPLETES or event in _LEAVES:
            if event == "ABANDON":
                known.facts = replace(known.facts, outcome=Outcome.ABANDONED)
            del self._open[call_id]
            yield replace(known.told(), ended_at=at)
            if event in _COMPLETES:
                yield from self._talks(agent, at, "")

    def _rang(self, agent: str, at: datetime, data: dict[str, object]) -> Iterator[AgentStateChange | Agent]:
        seconds = data.get("ring_seconds")
        seat = self._seats.get(agent_id_of(agent))
        if isinstance(seconds, float) and seconds and (seat is None or seat.told is AgentState.AVAILABLE):
            yield from self._stated(agent, at - timedelta(seconds=seconds), AgentState.RINGING)

    def _talks(self, agent: str, at: datetime, call_id: str) -> Iterator[AgentStateChange | Agent]:
        if agent in ("", "NONE"):
            return
        yield from self._seat(agent)
        seat = self._seats[agent_id_of(agent)]
        seat.call = call_id
        seat.here = seat.here or bool(call_id)  # who answers is there, whatever the log has not told
        yield from self._changed(agent, at)

    def _agent_event(
        self, event: str, at: datetime, queue: str, agent: str, reason: str
    ) -> Iterator[AgentStateChange | Agent]:
        yield from self._seat(agent)
        seat = self._seats[agent_id_of(agent)]
        if event in ("ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN"):
            seat.here = True
            if event == "ADDMEMBER":
                seat.queues.add(queue)
        elif event == "REMOVEMEMBER":
            seat.queues.discard(queue)
            seat.paused.pop(queue, None)
            seat.here = bool(seat.queues)
        elif event in ("AGENTLOGOFF", "AGENTCALLBACKLOGOFF"):
            seat.here = False
        elif event in ("PAUSE", "PAUSEALL"):
            seat.paused[queue if event == "PAUSE" else "NONE"] = reason
        elif event == "UNPAUSEALL":
            seat.paused.clear()
        else:
            seat.paused.pop(queue, None)
            if queue == "NONE":
                seat.paused.clear()
        yield from self._changed(agent, at)

    def _seat(self, agent: str) -> Iterator[Agent]:
        """Make the seat of an agent who is new, and tell of the agent."""
        agent_id = agent_id_of(agent)
        if agent_id not in self._seats:
            self._seats[agent_id] = _Seat()
            yield Agent(id=agent_id, name=agent if agent != agent_id else "")

    def _changed(self, agent: str, at: datetime) -> Iterator[AgentStateChange | Agent]:
        if agent in ("", "NONE"):
            return
        yield from self._seat(agent)
        state, reason = self._seats[agent_id_of(agent)].state
        yield from self._stated(agent, at, state, reason)

    def _stated(
        self, agent: str, at: datetime, state: AgentState, reason: str = ""
    ) -> Iterator[AgentStateChange | Agent]:
        if agent in ("", "NONE"):
            return
        yield from self._seat(agent)
        agent_id = agent_id_of(agent)
        seat = self._seats[agent_id]
        if seat.told is state:
            return
        seat.told = state
        # two changes in a second keep their order by it
        moment = at + timedelta(microseconds=self._order)
        yield AgentStateChange(
            id=stable_id(at, agent_id, state, reason),
            agent_id=agent_id,
            state=state,
            reason=reason,
            at=moment,
        )


def _time(text: str, where: str) -> datetime:
    try:
        if not re.fullmatch(r"\d{9,11}(\.\d{1,6})?", text.strip(), re.ASCII):
            raise ValueError
        return datetime.fromtimestamp(int(text.split(".")[0]), UTC) + timedelta(
            seconds=float("0." + (text.strip().partition(".")[2] or "0"))
        )
    except ValueError:
        raise BatchError(
            f"{where}: seconds: {text[:40]!r}: no seconds since 1970", "give the log as Asterisk writes it"
        ) from None


def _parameters(event: str, values: list[str], where: str) -> dict[str, object]:
    names = _TOLD[event]
    if event == "ATTENDEDTRANSFER":
        values = values[-len(names) :] if len(values) > len(names) else values
    told: dict[str, object] = {}
    for name, text in zip(names, values, strict=False):
        text = text.strip()
        if not text:
            continue
        if name in _NUMBERS or name in _POSITIONS:
            if not re.fullmatch(r"-?\d{1,9}(\.\d{1,6})?", text, re.ASCII):
                problem = f"{where}: {name}: {text[:40]!r}: no number"
                raise BatchError(problem, f"{event} tells {', '.join(names)}")
            number = max(float(text), 0.0)
            if name == "ring_ms":
                told["ring_seconds"] = number / 1000
            else:
                told[name] = int(number) if name in _POSITIONS else number
        else:
            told[name] = text
    return told
