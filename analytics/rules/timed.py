"""The operators on how something is said: silence, speed, interruption, energy, and the first word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

from analytics.conversation.part import characters
from analytics.conversation.timing import holds_of
from analytics.rules.conditions import Condition
from analytics.rules.scope import Scope
from analytics.rules.subject import Heard, Hit
from calls.records import EventKind

NO_LEVELS = "the loudness of the utterances was not measured"

#: Returns the hits within a scope.
Measure = Callable[[Condition, Heard, Scope], list[Hit]]


def silences(condition: Condition, heard: Heard, scope: Scope) -> list[Hit]:
    """Return the gaps that are long enough, each with the utterance that ends it; holds are no silence."""
    wanted = condition.silence
    assert wanted is not None
    held = _holds(heard)
    order = sorted(range(len(heard.utterances)), key=heard.times.__getitem__)
    hits = []
    last, speaker = 0, order[0]  # who spoke last before the gap
    for before, after in pairwise(order):
        if heard.times[before][1] >= last:
            last, speaker = heard.times[before][1], before
        begins = heard.times[after][0]
        gap = begins - last - sum(max(0, min(end, begins) - max(start, last)) for start, end in held)
        if gap <= 0 or not _within(gap / 1000, wanted.longer_than, wanted.shorter_than):
            continue
        same = heard.utterances[speaker].role is heard.utterances[after].role
        if wanted.between == "any" or same == (wanted.between == "same"):
            hits.append(Hit(after, 0, 0, seconds=(last / 1000, begins / 1000)))
    return [hit for hit in sorted(hits) if scope.admits(hit, heard)]


def _holds(heard: Heard) -> list[tuple[int, int]]:
    events = heard.subject.events
    end = max((heard.times[each][1] for each in range(len(heard.utterances))), default=0)
    return [*holds_of(events, end, "agent"), *holds_of(events, end, "caller")] if events else []


def _within(value: float, more: float | None, less: float | None) -> bool:
    return (more is None or value > more) and (less is None or value < less)


def speeds(condition: Condition, heard: Heard, scope: Scope) -> list[Hit]:
    """Return the utterances that are too fast or too slow, or all of them where their mean is."""
    wanted = condition.speed
    assert wanted is not None
    counted = []
    for position in scope.utterances(heard):
        count = characters(heard.utterances[position].text)
        start, end = heard.times[position]
        if count >= wanted.min_characters and end > start:
            counted.append((position, count, end - start))
    if wanted.per == "call":
        spoken = sum(time for _, _, time in counted)
        rate = 60_000 * sum(count for _, count, _ in counted) / spoken if spoken else None
        if rate is None or not _within(rate, wanted.faster_than, wanted.slower_than):
            return []
        return [heard.whole(position) for position, _, _ in counted]
    return [
        heard.whole(position)
        for position, count, time in counted
        if _within(60_000 * count / time, wanted.faster_than, wanted.slower_than)
    ]


def interruptions(condition: Condition, heard: Heard, scope: Scope) -> list[Hit]:
    """Return the utterances begun while the other party spoke, after which both went on for the delay."""
    wanted = condition.interruption
    assert wanted is not None
    delay = round(1000 * wanted.delay)
    talk = {role: _talk(heard, positions) for role, positions in heard.by_role.items()}
    hits = []
    for position in scope.utterances(heard):
        begins, ends = heard.times[position]
        for role, spans in talk.items():
            if role is heard.utterances[position].role:
                continue
            before = bisect_left(spans, (begins,)) - 1
            both = min(ends, spans[before][1]) - begins if before >= 0 else 0
            if both > delay:
                hits.append(heard.whole(position, (begins / 1000, (begins + both) / 1000)))
    return hits


def _talk(heard: Heard, positions: Sequence[int]) -> list[tuple[int, int]]:
    """Return when somebody speaks, in milliseconds, ascending and apart."""
    spans: list[tuple[int, int]] = []
    for begins, ends in sorted(heard.times[position] for position in positions):
        if spans and begins <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ends))
        else:
            spans.append((begins, ends))
    return spans


def energies(condition: Condition, heard: Heard, scope: Scope) -> list[Hit]:
    """Return the utterances that are loud or soft enough."""
    wanted = condition.energy
    levels = heard.subject.levels
    assert wanted is not None and levels is not None
    hits = []
    for position in scope.utterances(heard):
        level = levels[position] if position < len(levels) else None
        if level is None or not _within(level, wanted.louder_than, wanted.quieter_than):
            continue
        if wanted.above_mean is None or level > _mean_level(heard, position, levels) + wanted.above_mean:
            hits.append(heard.whole(position))
    return hits


def _mean_level(heard: Heard, position: int, levels: Sequence[float | None]) -> float:
    role = heard.utterances[position].role
    same = [
        level
        for each, level in zip(heard.utterances, levels, strict=False)
        if each.role is role and level is not None
    ]
    return sum(same) / len(same)


def late_answers(condition: Condition, heard: Heard, scope: Scope) -> list[Hit]:
    """Return the role's first utterance where it begins late."""
    wanted = condition.answer
    assert wanted is not None
    positions = scope.utterances(heard)
    if not positions:
        return []
    connected = min((each.at for each in heard.subject.events if each.kind is EventKind.CONNECT), default=0.0)
    first = min(positions, key=heard.times.__getitem__)
    begins = heard.utterances[first].start
    if begins - connected <= wanted.later_than:
        return []
    return [Hit(first, 0, 0, seconds=(min(connected, begins), begins))]


MEASURES: dict[str, Measure] = {
    "silence": silences,
    "speed": speeds,
    "interruption": interruptions,
    "energy": energies,
    "answer": late_answers,
}


def unavailable(condition: Condition, heard: Heard) -> str:
    """Return why one of these operators cannot be applied to a call; empty where it can."""
    operator = condition.operator
    if operator == "energy":
        if heard.subject.levels is None:
            return NO_LEVELS
        wanted = condition.energy
        return heard.no_roles if wanted is not None and wanted.above_mean is not None else ""
    if heard.no_times:
        return heard.no_times
    if operator == "interruption":
        return heard.no_roles
    if operator == "silence" and condition.silence is not None and condition.silence.between != "any":
        return heard.no_roles
    return ""
