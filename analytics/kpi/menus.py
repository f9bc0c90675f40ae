"""How far the menus serve callers by themselves, and where callers give up in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.kpi.visits import MenuPath
from calls.records import Outcome


@dataclass(frozen=True, slots=True)
class NodeTraffic:
    """A node of a flow: calls that came through it, and those that were given up in it."""

    flow: str
    node: str
    visits: int
    dropped: int

    @property
    def rate(self) -> float:
        """The share of its callers that gave up in it."""
        return self.dropped / self.visits


@dataclass(frozen=True, slots=True)
class Menus:
    """``containment`` is the share of the calls in menus that ended with an answer and without an agent."""

    calls: int
    contained: int
    queued: int
    nodes: tuple[NodeTraffic, ...]

    @property
    def containment(self) -> float | None:
        """Contained / calls that came through a menu."""
        return self.contained / self.calls if self.calls else None


def menus(paths: Sequence[MenuPath]) -> Menus:
    """Return what the menus did for calls; nodes with the most callers lost come first."""
    through = [each for each in paths if each.nodes]
    visits: Counter[tuple[str, str]] = Counter()
    dropped: Counter[tuple[str, str]] = Counter()
    for path in through:
        visits.update({(path.call.flow, node) for node in path.nodes})
        if path.call.outcome is Outcome.ABANDONED and not path.queued:
            dropped[path.call.flow, path.nodes[-1]] += 1
    nodes = [NodeTraffic(*place, visits[place], dropped[place]) for place in visits]
    return Menus(
        len(through),
        sum(each.call.outcome is Outcome.CONTAINED for each in through),
        sum(each.queued for each in through),
        tuple(sorted(nodes, key=lambda each: (-each.dropped, -each.visits, each.flow, each.node))),
    )
