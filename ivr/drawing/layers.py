"""From a graph to columns: loops taken out, every vertex in a column, few crossings between columns.

The first three steps of the layered drawing of Sugiyama, Tagawa and Toda, "Methods for visual
understanding of hierarchical system structures", IEEE Transactions on Systems, Man, and Cybernetics
11(2), 1981. Everything is decided by the order of the input, so the same graph gives the same drawing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

#: Sweeps of the crossing reduction; drawings of flows settle within half of them.
_SWEEPS = 24


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a link between two neighbouring columns.

    Parameters
    ----------
    source, target : hashable
        Vertices: nodes, or bends of longer links.
    port, entry : float
        Where it leaves and arrives, down from the upper end of each vertex.
    """

    source: Hashable
    target: Hashable
    port: float = 0.0
    entry: float = 0.0


def loops(names: Sequence[str], links: Sequence[tuple[str, str]]) -> set[int]:
    """Return the indices of the links that lead back to where a call has been.

    Parameters
    ----------
    names : sequence of str
        The nodes, where the call begins first.
    links : sequence of (str, str)
        From, to.

    Returns
    -------
    set of int
        Without these links the graph has no cycle.
    """
    exits: dict[str, list[int]] = defaultdict(list)
    for index, (source, _) in enumerate(links):
        exits[source].append(index)
    back: set[int] = set()
    done: set[str] = set()
    for first in names:
        if first in done:
            continue
        way, waiting = {first}, [(first, iter(exits[first]))]
        while waiting:
            name, rest = waiting[-1]
            index = next(rest, -1)
            if index < 0:
                waiting.pop()
                way.discard(name)
                done.add(name)
                continue
            target = links[index][1]
            if target in way:
                back.add(index)
            elif target not in done:
                way.add(target)
                waiting.append((target, iter(exits[target])))
    return back


def columns(names: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the column of every node of an acyclic graph, counted from 0.

    A node stands right of all that lead to it, by the longest way; one that nothing leads to stands just
    left of where it leads.
    """
    exits: dict[str, list[str]] = defaultdict(list)
    entries = dict.fromkeys(names, 0)
    for source, target in links:
        exits[source].append(target)
        entries[target] += 1
    missing = dict(entries)
    column = dict.fromkeys(names, 0)
    ready = [name for name in names if missing[name] == 0]
    for name in ready:
        for target in exits[name]:
            column[target] = max(column[target], column[name] + 1)
            missing[target] -= 1
            if missing[target] == 0:
                ready.append(target)
    for name in names[1:]:
        if entries[name] == 0 and exits[name]:
            column[name] = max(0, min(column[target] for target in exits[name]) - 1)
    return column


def ordered(
    layers: Sequence[Sequence[Hashable]], segments: Iterable[Segment], heights: Mapping[Hashable, float]
) -> list[list[Hashable]]:
    """Return each column's vertices from top to bottom, so that few segments cross.

    Barycentres, swept right and left over the columns; the order with the fewest crossings counts.
    """
    into: dict[Hashable, list[Segment]] = defaultdict(list)
    out_of: dict[Hashable, list[Segment]] = defaultdict(list)
    for segment in segments:
        into[segment.target].append(segment)
        out_of[segment.source].append(segment)
    current = [list(layer) for layer in layers]
    best, fewest = current, _crossings(current, out_of, heights)
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        current = [list(layer) for layer in current]
        places = range(1, len(current)) if rightwards else range(len(current) - 2, -1, -1)
        for place in places:
            fixed = _places(current[place - 1 if rightwards else place + 1])
            wish = {
                vertex: _barycentre(
                    into[vertex] if rightwards else out_of[vertex], fixed, heights, rightwards
                )
                for vertex in current[place]
            }
            current[place] = _sorted_by(current[place], wish)
        crossings = _crossings(current, out_of, heights)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def _places(layer: Sequence[Hashable]) -> dict[Hashable, int]:
    return {vertex: index for index, vertex in enumerate(layer)}


def _position(place: int, offset: float, height: float) -> float:
    """Return where a link ends in a column: the vertex's place, and how far down on it."""
    return place + (offset / height if height else 0.5)


def _barycentre(
    segments: Sequence[Segment],
    fixed: Mapping[Hashable, int],
    heights: Mapping[Hashable, float],
    rightwards: bool,
) -> float | None:
    if not segments:
        return None
    if rightwards:
        ends = [(segment.source, segment.port) for segment in segments]
    else:
        ends = [(segment.target, segment.entry) for segment in segments]
    return sum(_position(fixed[vertex], offset, heights[vertex]) for vertex, offset in ends) / len(ends)


def _sorted_by(layer: Sequence[Hashable], wish: Mapping[Hashable, float | None]) -> list[Hashable]:
    """Sort the vertices that wish for a place; the others keep theirs."""
    movable = iter(sorted((v for v in layer if wish[v] is not None), key=lambda v: wish[v] or 0.0))
    return [vertex if wish[vertex] is None else next(movable) for vertex in layer]


def _crossings(
    layers: Sequence[Sequence[Hashable]],
    out_of: Mapping[Hashable, Sequence[Segment]],
    heights: Mapping[Hashable, float],
) -> int:
    count = 0
    for left, right in pairwise(layers):
        fixed = _places(right)
        ends = [
            (_position(place, segment.port, heights[vertex]), fixed[segment.target])
            for place, vertex in enumerate(left)
            for segment in out_of.get(vertex, ())
        ]
        count += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in combinations(ends, 2))
    return count
