"""What is true wherever a call can be, whichever way it came (forward data flow: Kildall, 1973)."""

from __future__ import annotations

from collections.abc import Callable

from ivr.lint.graph import CallGraph, Stand, Step

Facts = frozenset[str]


def on_every_way(graph: CallGraph, start: Facts, along: Callable[[Step, Facts], Facts]) -> dict[Stand, Facts]:
    """Return the facts that hold at each place on every way to it.

    Parameters
    ----------
    graph : CallGraph
        The ways.
    start : frozenset of str
        What holds at the start.
    along : callable
        From what holds before a step to what holds after it; more before must not give less after.
    """
    return _solve(graph, start, along, lambda one, other: one & other)


def on_some_way(graph: CallGraph, start: Facts, along: Callable[[Step, Facts], Facts]) -> dict[Stand, Facts]:
    """Return the facts that hold at each place on at least one way to it; as :func:`on_every_way`."""
    return _solve(graph, start, along, lambda one, other: one | other)


def _solve(
    graph: CallGraph,
    start: Facts,
    along: Callable[[Step, Facts], Facts],
    meet: Callable[[Facts, Facts], Facts],
) -> dict[Stand, Facts]:
    known = {graph.start: start}
    waiting = [graph.start]
    while waiting:
        stand = waiting.pop()
        for step in graph.steps[stand]:
            facts = along(step, known[stand])
            before = known.get(step.target)
            after = facts if before is None else meet(before, facts)
            if after != before:
                known[step.target] = after
                waiting.append(step.target)
    return known
