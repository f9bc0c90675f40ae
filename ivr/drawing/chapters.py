"""Large flows in chapters: what does not fit on a sheet in one piece is drawn in several.

A chapter begins with one node; ways into another chapter are references and not lines. Places where many
ways meet (the hand-over to an agent, "anything else?", the good-bye) begin one, and menus with a long
part of the flow behind them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from ivr.drawing.layers import columns

#: A flow with so many columns is drawn in one piece, and a chapter has at most so many.
WHOLE, CHAPTER = 12, 8
#: Nodes from which so many others lead to one make it the beginning of a chapter.
_HUB = 5

Ways = Sequence[tuple[str, str]]


def chapters(names: Sequence[str], ways: Ways, back: Collection[int] = ()) -> list[list[str]]:
    """Return the nodes of each chapter.

    Parameters
    ----------
    names : sequence of str
        All nodes, where the call begins first.
    ways : sequence of (str, str)
        From, to.
    back : collection of int
        Indices of ``ways`` that lead back (:func:`ivr.drawing.layers.loops`).

    Returns
    -------
    list of list of str
        Every node once. Each chapter begins with its first node; nodes keep their order.
    """
    onwards = [way for index, way in enumerate(ways) if index not in back]
    if _columns(names, onwards) <= WHOLE:
        return [list(names)]
    sources: dict[str, set[str]] = defaultdict(set)
    for source, target in ways:
        sources[target].add(source)
    entered = {target for _, target in onwards}
    beginnings = [name for name in names if name not in entered or len(sources[name]) >= _HUB]
    parts = _divided(names, onwards, beginnings)
    while wide := [part for part in parts if len(part) > 1 and _columns(part, onwards) > CHAPTER]:
        beginnings.append(_best_cut(wide[0], onwards))
        parts = _divided(names, onwards, beginnings)
    first = [part for part in parts if part[0] not in entered]
    rest = [part for part in parts if part[0] in entered]
    return [[name for part in first for name in part], *rest]


def _columns(part: Sequence[str], ways: Ways) -> int:
    inside = set(part)
    return max(columns(part, [way for way in ways if inside.issuperset(way)]).values()) + 1


def _divided(names: Sequence[str], ways: Ways, beginnings: Iterable[str]) -> list[list[str]]:
    """Give every node to the chapter whose beginning is nearest."""
    exits: dict[str, list[str]] = defaultdict(list)
    for source, target in ways:
        exits[source].append(target)
    order = {name: index for index, name in enumerate(names)}
    chapter = {name: name for name in sorted(beginnings, key=order.__getitem__)}
    waiting = list(chapter)
    for name in waiting:
        for target in exits[name]:
            if target not in chapter:
                chapter[target] = chapter[name]
                waiting.append(target)
    parts: dict[str, list[str]] = {}
    for name in names:
        parts.setdefault(chapter[name], [chapter[name]])
        if chapter[name] != name:
            parts[chapter[name]].append(name)
    return list(parts.values())


def _best_cut(part: Sequence[str], ways: Ways) -> str:
    """Return the node whose own part, cut off, leaves both pieces narrow.

    Of several that leave pieces which fit it is the one with the most ways out: a menu is a better
    beginning than a step on the way there.
    """
    inside = set(part)
    ways = [way for way in ways if inside.issuperset(way)]
    exits: dict[str, list[str]] = defaultdict(list)
    for source, target in ways:
        exits[source].append(target)

    def score(name: str) -> tuple[int, int, int]:
        kept, waiting = {part[0]}, [part[0]]
        for each in waiting:
            for target in exits[each]:
                if target != name and target not in kept:
                    kept.add(target)
                    waiting.append(target)
        own = [each for each in part if each not in kept]
        widest = max(_columns(sorted(kept), ways), _columns(own, ways))
        return max(widest, CHAPTER), -len(set(exits[name])), -len(own)

    return min(part[1:], key=score)
