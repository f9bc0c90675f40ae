"""What was said and done in a simulated call, line by line, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from calls.records import EventKind
from ivr.actions import Note
from ivr.flow import CollectNode, Flow, Node
from ivr.simulation import Said, Simulation, pace

#: Stands for every digit of a secret.
DOT = "•"

Who = Literal["system", "caller", "node", "call"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Parameters
    ----------
    at : float
        Seconds since the call arrived.
    who : {"system", "caller", "node", "call"}
        Who spoke or acted; ``node`` where the call enters one, ``call`` for what the dialog made of it.
    text : str
        What was said, or what happened.
    cut : int, optional
        Characters after which the prompt was cut off.
    """

    at: float
    who: Who
    text: str
    cut: int | None = None

    @property
    def heard(self) -> str:
        """The text as far as it was said; scissors stand for the rest."""
        return self.text if self.cut is None else f"{self.text[: self.cut]} ✂"

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.who:<6}  {self.heard}"


#: What the caller did, and how many notes the trace held then.
Act = tuple[int, Line]


def conversation(simulation: Simulation, acts: Iterable[Act] = ()) -> list[Line]:
    """Return the call so far.

    Parameters
    ----------
    simulation : Simulation
        The call.
    acts : iterable of (int, Line)
        What the caller did, in order.
    """
    said = iter(simulation.said)
    waiting = list(acts)
    lines: list[Line] = []
    for number, (at, note) in enumerate(simulation.notes):
        while waiting and waiting[0][0] <= number:
            lines.append(waiting.pop(0)[1])
        line = _noted(at, note)
        if note.kind is EventKind.PROMPT:
            # what cuts a prompt off is noted; an answer of a web service does not
            after = (at for at, each in simulation.notes[number + 1 :] if each.kind is not EventKind.WEB)
            prompt = next(said)
            cut = prompt.cut or (simulation.ended and prompt.prompt is simulation.playing)
            line = _prompt(prompt, next(after, simulation.now) if cut else None)
        if line is not None:
            lines.append(line)
    return lines + [line for _, line in waiting]


def node_of(flow: Flow, path: str) -> Node | None:
    """Return the node behind a name in the trace: of ``flow``, or ``<flow>.<node>`` of one it leads into."""
    name, _, node = path.rpartition(".")
    for each in (flow, *flow.flows.values()) if not name else flow.flows.values():
        if name in ("", each.name) and node in each.nodes:
            return each.nodes[node]
    return None


def is_secret(flow: Flow, path: str) -> bool:
    """Return whether what is keyed or said at a node may be shown to nobody."""
    node = node_of(flow, path)
    return isinstance(node, CollectNode) and node.secret


def secrets_of(flow: Flow) -> frozenset[str]:
    """Return the secret variables of a flow and of those it leads into."""
    return flow.secrets().union(*(each.secrets() for each in flow.flows.values()))


def _prompt(said: Said, cut_at: float | None) -> Line:
    cut = None if cut_at is None else round((cut_at - said.at) * pace(said.prompt.language))
    return Line(said.at, "system", said.prompt.text, cut)


#: What became of a queue or an agent, in words.
_HANDOFF = {
    EventKind.ABANDON: "gave up waiting",
    EventKind.RINGNOANSWER: "an agent does not answer",
    EventKind.EXITEMPTY: "no agent will answer",
    EventKind.EXITWITHTIMEOUT: "the longest wait is over",
    EventKind.COMPLETEAGENT: "the other side hung up",
    EventKind.COMPLETECALLER: "the caller hung up",
}


def _noted(at: float, note: Note) -> Line | None:
    data = note.data
    match note.kind:
        case EventKind.NODE:
            return Line(at, "node", f"{note.node} ({data['type']}{_details(data, but='type')})")
        case EventKind.DIGIT if "means" in data:
            text = f"key {data['key']} means {data['means']}"
        case EventKind.DIGIT | EventKind.BARGE_IN | EventKind.PROMPT:
            return None  # the caller's own line says it, or the prompt's
        case EventKind.RECOGNITION:
            text = f"heard “{data['text']}” with confidence {data['confidence']:.2f}"
        case EventKind.NO_INPUT | EventKind.NO_MATCH as kind:
            text = f"{kind.value} number {data['count']}{_details(data, but='count')}"
        case EventKind.HANGUP:
            text = f"ended: {data['cause']}, {data['outcome']}"
        case EventKind.ENTERQUEUE:
            text = f"waits in queue {data['queue']}"
        case EventKind.CONNECT:
            text = f"talks with agent {data['agent']}" if "agent" in data else "talks with the other number"
        case EventKind.MESSAGE:
            text = f"the message is kept, ended by {data['ended_by']}"
        case kind if kind in _HANDOFF:
            text = _HANDOFF[kind]
        case kind:
            text = f"{kind.value}{_details(data)}"
    return Line(at, "call", text)


def _details(data: Mapping[str, Any], *, but: str = "") -> str:
    told = ((name, value) for name, value in data.items() if name != but)
    return "".join(f", {name} {' '.join(v) if isinstance(v, list) else v}" for name, v in told)
