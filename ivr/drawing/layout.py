"""Where everything stands: columns of boxes from left to right, links with right angles between them.

Links to one box share their way: what leads there joins one line, as in the maps of railways, so that
twenty ways to the same good-bye are one line and not twenty. Between two columns every such line has a
vertical track of its own; the order of the tracks is chosen as in Sander, "Layout of directed
hypergraphs with orthogonal hyperedges", Graph Drawing 2003: few crossings, and no two lines upon
each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from ivr.drawing.layers import Segment, columns, ordered

Point = tuple[float, float]

_BOX_GAP = 22.0  # between boxes one upon the other
_LINE_GAP = 12.0  # between lines, and between a line and a box
_TRACK_GAP = 10.0  # between vertical tracks
_MARGIN = 22.0  # between a column and the nearest track
_PASSES = 16  # of the placement; each moves boxes towards the links that they have
_LINE_WEIGHT, _BOX_WEIGHT = 6.0, 1.0  # how much a bend in a long line counts against one at a box
_TOUCH = 6.0  # lines nearer than this look like one
_NEAR = 1e-6  # what sums of floats may differ by
_CONFLICT = 1000  # such lines count as so many crossings


@dataclass(frozen=True, slots=True)
class Box:
    """What has to be placed: ``entry`` is where links arrive, down from its upper end."""

    width: float
    height: float
    entry: float


@dataclass(frozen=True, slots=True)
class Link:
    """A way to be drawn: from ``port``, down from the source's upper end, on the lines of its ``style``."""

    source: str
    port: float
    target: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The result: upper left corners of the boxes, the bends of every link, and the size of it all."""

    boxes: Mapping[str, Point]
    routes: Sequence[Sequence[Point]]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Bend:
    """Where the shared line to a target passes a column."""

    target: str
    style: str
    column: int


def arrange(boxes: Mapping[str, Box], links: Sequence[Link]) -> Layout:
    """Place boxes and route links.

    Parameters
    ----------
    boxes : mapping
        By name, where the call begins first.
    links : sequence of Link
        Without cycles (:func:`ivr.drawing.layers.loops` finds those that close one).
    """
    column = columns(list(boxes), [(link.source, link.target) for link in links])
    layers: list[list[Hashable]] = [[] for _ in range(max(column.values()) + 1)]
    for name in boxes:
        layers[column[name]].append(name)
    segments: dict[Segment, None] = {}
    ways = [_way(link, column, boxes) for link in links]
    for way in ways:
        for segment in way:
            if isinstance(segment.target, _Bend) and segment.target not in layers[segment.target.column]:
                layers[segment.target.column].append(segment.target)
            segments[segment] = None
    heights: dict[Hashable, float] = {name: box.height for name, box in boxes.items()}
    heights.update((each, 0.0) for layer in layers for each in layer if isinstance(each, _Bend))
    layers = ordered(layers, segments, heights)
    tops = _tops(layers, list(segments), heights)
    return _drawn(boxes, column, layers, ways, tops)


def _way(link: Link, column: Mapping[str, int], boxes: Mapping[str, Box]) -> list[Segment]:
    """Return the segments of a link, column by column."""
    between = range(column[link.source] + 1, column[link.target])
    bends = [_Bend(link.target, link.style, each) for each in between]
    stops: list[Hashable] = [link.source, *bends, link.target]
    ports = [link.port, *(0.0 for _ in bends)]
    entries = [*(0.0 for _ in bends), boxes[link.target].entry]
    return [Segment(*each) for each in zip(stops, stops[1:], ports, entries, strict=False)]


def _tops(
    layers: Sequence[Sequence[Hashable]], segments: Sequence[Segment], heights: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    """Return the upper end of every vertex: links as straight as the order in the columns allows."""
    into: dict[Hashable, list[Segment]] = defaultdict(list)
    out_of: dict[Hashable, list[Segment]] = defaultdict(list)
    for segment in segments:
        into[segment.target].append(segment)
        out_of[segment.source].append(segment)
    tops: dict[Hashable, float] = {}
    for layer in layers:
        tops.update(zip(layer, _spread([0.0] * len(layer), [1.0] * len(layer), layer, heights), strict=True))
    for number in range(_PASSES):
        both = number >= _PASSES - 4
        rightwards = number % 2 == 0
        for layer in layers if rightwards else reversed(layers):
            wishes, weights = [], []
            for vertex in layer:
                pulls = []
                if rightwards or both:
                    pulls += [(tops[s.source] + s.port - s.entry, _weight(s)) for s in into[vertex]]
                if not rightwards or both:
                    pulls += [(tops[s.target] + s.entry - s.port, _weight(s)) for s in out_of[vertex]]
                weight = sum(each for _, each in pulls)
                wishes.append(sum(y * w for y, w in pulls) / weight if pulls else tops[vertex])
                weights.append(weight or 0.01)
            tops.update(zip(layer, _spread(wishes, weights, layer, heights), strict=True))
    _straighten(layers, tops, heights, out_of)
    highest = min(tops.values())
    return {vertex: round(top - highest, 1) for vertex, top in tops.items()}


def _straighten(
    layers: Sequence[Sequence[Hashable]],
    tops: dict[Hashable, float],
    heights: Mapping[Hashable, float],
    out_of: Mapping[Hashable, Sequence[Segment]],
) -> None:
    """Make stairs of long lines straight where there is room; least squares spread one step over many."""
    beside: dict[_Bend, tuple[Sequence[Hashable], Sequence[Hashable]]] = {
        bend: (layer[:place][-1:], layer[place + 1 :][:1])
        for layer in layers
        for place, bend in enumerate(layer)
        if isinstance(bend, _Bend)
    }

    def room(bend: _Bend) -> tuple[float, float]:
        above, below = beside[bend]
        top = max((tops[each] + heights[each] + _LINE_GAP for each in above), default=-inf)
        return top, min((tops[each] - _LINE_GAP for each in below), default=inf)

    for layer in reversed(layers):
        for bend in layer:
            if not isinstance(bend, _Bend) or bend not in beside:
                continue
            low, high, run = -inf, inf, []
            while bend in beside:
                free = room(bend)
                if max(low, free[0]) > min(high, free[1]) + _NEAR:
                    break
                low, high = max(low, free[0]), min(high, free[1])
                run.append(bend)
                bend = _Bend(bend.target, bend.style, bend.column - 1)
            ahead = out_of[run[0]][0]
            wish = tops[ahead.target] + ahead.entry
            for each in run:
                tops[each] = min(max(wish, low), high)
                del beside[each]


def _weight(segment: Segment) -> float:
    ends = sum(isinstance(end, _Bend) for end in (segment.source, segment.target))
    return _BOX_WEIGHT + ends * _LINE_WEIGHT


def _spread(
    wishes: Sequence[float],
    weights: Sequence[float],
    layer: Sequence[Hashable],
    heights: Mapping[Hashable, float],
) -> list[float]:
    """Return upper ends as near to the wishes as possible (least squares) that keep order and distance.

    With the distances subtracted it is isotonic regression: pool adjacent violators.
    """
    offset, offsets = 0.0, []
    for vertex, following in zip(layer, [*layer[1:], None], strict=True):
        offsets.append(offset)
        bend = isinstance(vertex, _Bend) or isinstance(following, _Bend)
        offset += heights[vertex] + (_LINE_GAP if bend else _BOX_GAP)
    pools: list[tuple[float, float, int]] = []  # weighted mean, weight, how many
    for wish, weight, distance in zip(wishes, weights, offsets, strict=True):
        mean, total, count = wish - distance, weight, 1
        while pools and pools[-1][0] > mean:
            other, other_weight, others = pools.pop()
            mean = (mean * total + other * other_weight) / (total + other_weight)
            total, count = total + other_weight, count + others
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + distance for mean, distance in zip(means, offsets, strict=True)]


@dataclass(frozen=True, slots=True)
class _Net:
    """What joins one vertex between two columns: the heights where it comes from, and where it goes."""

    target: Hashable
    sources: tuple[float, ...]
    end: float

    @property
    def low(self) -> float:
        return min(*self.sources, self.end)

    @property
    def high(self) -> float:
        return max(*self.sources, self.end)

    def crossings_left_of(self, other: _Net) -> int:
        """Return how often the two cross where this one's track is left of the other's."""
        count = sum(self.low < y < self.high for y in other.sources) + (other.low < self.end < other.high)
        return count + _CONFLICT * sum(abs(self.end - y) < _TOUCH for y in other.sources)


def _drawn(
    boxes: Mapping[str, Box],
    column: Mapping[str, int],
    layers: Sequence[Sequence[Hashable]],
    ways: Sequence[Sequence[Segment]],
    tops: Mapping[Hashable, float],
) -> Layout:
    lefts, rights, tracks = [0.0], [], {}
    for index, layer in enumerate(layers):
        width = max((boxes[v].width for v in layer if isinstance(v, str)), default=0.0)
        rights.append(lefts[index] + width)
        right_of_it = {s.target: None for way in ways for s in way if s.source in layer}
        nets = [_net(target, ways, tops) for target in right_of_it]
        slots = _slots([net for net in nets if net.high - net.low > _NEAR])
        tracks.update({target: rights[index] + _MARGIN + _TRACK_GAP * slot for target, slot in slots.items()})
        lefts.append(rights[index] + 2 * _MARGIN + _TRACK_GAP * max(slots.values(), default=0))
    routes = []
    for way in ways:
        first = way[0]
        assert isinstance(first.source, str)
        x = lefts[column[first.source]] + boxes[first.source].width
        route = [(x, tops[first.source] + first.port)]
        for segment in way:
            y = tops[segment.target] + segment.entry
            if segment.target in tracks and abs(y - route[-1][1]) > _NEAR:
                route += [(tracks[segment.target], route[-1][1]), (tracks[segment.target], y)]
        last = way[-1].target
        assert isinstance(last, str)
        routes.append([*route, (lefts[column[last]], route[-1][1])])
    return Layout(
        {name: (lefts[column[name]], tops[name]) for name in boxes},
        routes,
        rights[-1],
        max(tops[vertex] + (boxes[vertex].height if isinstance(vertex, str) else 0) for vertex in tops),
    )


def _net(target: Hashable, ways: Sequence[Sequence[Segment]], tops: Mapping[Hashable, float]) -> _Net:
    segments = [segment for way in ways for segment in way if segment.target == target]
    sources = dict.fromkeys(tops[s.source] + s.port for s in segments)
    return _Net(target, tuple(sources), tops[target] + segments[0].entry)


def _slots(nets: Sequence[_Net]) -> dict[Hashable, int]:
    """Return the track of every net, counted from the left; nets that do not overlap share one."""
    order: list[_Net] = []
    for net in sorted(nets, key=lambda net: (net.low, net.high)):
        costs = [
            sum(each.crossings_left_of(net) for each in order[:place])
            + sum(net.crossings_left_of(each) for each in order[place:])
            for place in range(len(order) + 1)
        ]
        order.insert(costs.index(min(costs)), net)
    slots: dict[Hashable, int] = {}
    for index, net in enumerate(order):
        beside = [
            slots[each.target]
            for each in order[:index]
            if each.low < net.high + _TOUCH and net.low < each.high + _TOUCH
        ]
        slots[net.target] = max(beside, default=-1) + 1
    return slots
