"""Every way that a call can go: the nodes of a flow, and of those it enters, as one directed graph.

A flow that is entered from two places is there twice, once for each ``goto``, so that a ``return`` leads
back only to where the call came from (call strings of length one: Sharir and Pnueli, 1981). Flows within
flows within flows may return to one place too many; no way that a call can go is ever missing, but for
the key that goes back: it leads to where the call was before.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

from calls.document import Location
from ivr.flow import REASONS, Flow, GotoNode, InputNode, Node, ReturnNode, Way

Vertex = TypeVar("Vertex", bound=Hashable)


class Stand(NamedTuple):
    """Where a call can be: a node of a flow, and the ``goto`` (flow, node) by which it came into the flow."""

    entered: tuple[str, str] | None
    flow: str
    node: str


class Nature(Enum):
    """Why a call goes a way."""

    PLAIN = "the flow says so"
    ANSWER = "the caller answered"
    SILENT = "no input"
    LOST = "no match"


class Step(NamedTuple):
    """One way between two nodes."""

    source: Stand
    way: Way
    nature: Nature
    target: Stand


_NATURES = {"no_input": Nature.SILENT, "no_match": Nature.LOST}


class CallGraph:
    """All that calls can do in ``flows``, beginning with the flow named ``main``.

    Attributes
    ----------
    start : Stand
        Where every call begins.
    steps : dict
        The ways out of every place that a call can come to.
    """

    def __init__(self, main: str, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self.start = Stand(None, main, flows[main].start)
        self.steps: dict[Stand, list[Step]] = {}
        self._outer: dict[tuple[str, str], list[Stand]] = defaultdict(list)
        self._returns: dict[tuple[str, str], list[Stand]] = defaultdict(list)
        waiting = [self.start]
        while waiting:
            stand = waiting.pop()
            if stand not in self.steps:
                self.steps[stand] = []
                for step in self._ways_out(stand):
                    self.steps[step.source].append(step)
                    waiting.append(step.target)

    def node(self, stand: Stand) -> Node:
        """Return the node at a place."""
        return self.flows[stand.flow].nodes[stand.node]

    def goto(self, entered: tuple[str, str]) -> GotoNode:
        """Return the node by which a flow was entered."""
        node = self.flows[entered[0]].nodes[entered[1]]
        assert isinstance(node, GotoNode)
        return node

    def _ways_out(self, stand: Stand) -> list[Step]:
        """Return the ways that become known with ``stand``: its own, or those of a return to it."""
        node, flow = self.node(stand), self.flows[stand.flow]
        if isinstance(node, GotoNode) and node.flow is not None:
            site = (stand.flow, stand.node)
            self._outer[site].append(stand)
            inner = Stand(site, node.flow, self.flows[node.flow].start)
            entry = Step(stand, Way(("flow",), f"flow {node.flow}", inner.node), Nature.PLAIN, inner)
            return [entry, *(self._return(back, stand) for back in self._returns[site] if node.next)]
        if isinstance(node, ReturnNode):
            if stand.entered is None or self.goto(stand.entered).next is None:
                return []
            self._returns[stand.entered].append(stand)
            return [self._return(stand, outer) for outer in self._outer[stand.entered]]
        return [
            Step(stand, way, nature_of(node, way.location), Stand(stand.entered, stand.flow, way.target))
            for way in flow.ways(stand.node)
        ]

    def _return(self, stand: Stand, outer: Stand) -> Step:
        node = self.node(outer)
        assert isinstance(node, GotoNode) and node.next is not None
        back = Stand(outer.entered, outer.flow, node.next)
        return Step(stand, Way((), "return", node.next), Nature.PLAIN, back)

    # -- looking ------------------------------------------------------------------------------------

    def route(self, target: Stand, follow: Callable[[Step], bool] = lambda _: True) -> list[Stand]:
        """Return a shortest way from the start to ``target`` by the ways ``follow`` takes; empty if none."""
        before: dict[Stand, Stand | None] = {self.start: None}
        waiting = deque([self.start])
        while waiting:
            stand = waiting.popleft()
            if stand == target:
                route = [stand]
                while (previous := before[route[-1]]) is not None:
                    route.append(previous)
                return route[::-1]
            for step in filter(follow, self.steps[stand]):
                if step.target not in before:
                    before[step.target] = stand
                    waiting.append(step.target)
        return []

    def leading_to(
        self, ends: Iterable[Stand], follow: Callable[[Step], bool] = lambda _: True
    ) -> set[Stand]:
        """Return the places from which one of ``ends`` can be reached by the ways that ``follow`` takes."""
        sources: dict[Stand, list[Stand]] = defaultdict(list)
        for steps in self.steps.values():
            for step in filter(follow, steps):
                sources[step.target].append(step.source)
        found, waiting = set(), list(ends)
        while waiting:
            stand = waiting.pop()
            if stand not in found:
                found.add(stand)
                waiting += sources[stand]
        return found

    def rounds(
        self,
        follow: Callable[[Step], bool] = lambda _: True,
        within: Callable[[Stand], bool] = lambda _: True,
    ) -> list[list[Stand]]:
        """Return the sets of places ``within`` which a call can go round by the ways ``follow`` takes."""
        ways = {
            stand: [step.target for step in steps if follow(step) and within(step.target)]
            for stand, steps in self.steps.items()
            if within(stand)
        }
        return [part for part in components(ways) if len(part) > 1 or part[0] in ways[part[0]]]


def nature_of(node: Node, location: Location) -> Nature:
    """Return why a call leaves ``node`` by the field at ``location``."""
    if not isinstance(node, InputNode):
        return Nature.PLAIN
    reason = next((part for part in location[:2] if part in REASONS), None)
    return _NATURES[reason] if reason else Nature.ANSWER


def components(ways: Mapping[Vertex, Sequence[Vertex]]) -> list[list[Vertex]]:
    """Return the strongly connected components, those that are led to first (Tarjan, 1972).

    Parameters
    ----------
    ways : mapping
        Every vertex, and where it leads.
    """
    number: dict[Vertex, int] = {}
    low: dict[Vertex, int] = {}
    stack: list[Vertex] = []
    on_stack: set[Vertex] = set()
    found: list[list[Vertex]] = []
    for root in ways:
        # an explicit stack: a flow may be longer than Python's recursion is deep
        work = [(root, iter(ways[root]))] if root not in number else []
        while work:
            vertex, rest = work[-1]
            if vertex not in number:
                number[vertex] = low[vertex] = len(number)
                stack.append(vertex)
                on_stack.add(vertex)
            for target in rest:
                if target not in number:
                    work.append((target, iter(ways[target])))
                    break
                if target in on_stack:
                    low[vertex] = min(low[vertex], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[vertex])
                if low[vertex] == number[vertex]:
                    cut = stack.index(vertex)
                    part = stack[cut:]
                    del stack[cut:]
                    on_stack.difference_update(part)
                    found.append(part)
    return found
