"""Talk, silence, overlap, pace and hold: what the clock says of a conversation."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from analytics.conversation.definitions import INTERRUPTION_DELAY_MS, LONG_SILENCE_MS, SHORT_SILENCE_MS
from analytics.conversation.part import Conversation, Said, Span, common, length_outside, merged
from analytics.conversation.values import Values
from calls.records import CallEvent, EventKind, Role

PARTIES = (Role.AGENT, Role.CALLER)

NO_EVENTS = "no events of the call were given"
NO_LENGTH = "the conversation has no length"

_LISTENING = re.compile(r"[嗯啊哦噢唔呃额诶哎对是好行的喔喂]{1,3}")
_NO_LETTER = re.compile(r"\W+")


def holds_of(events: Sequence[CallEvent], end: int, by: str) -> list[Span]:
    """Return when one party held the call, in milliseconds.

    Parameters
    ----------
    events : sequence of CallEvent
        In any order; ``hold`` events carry ``{"by": "agent" or "caller", "on": bool}``.
    end : int
        When the call ended, for a hold that no event ends.
    by : str
    """
    spans: list[Span] = []
    began: int | None = None
    for event in sorted(events, key=lambda event: event.at):
        if event.kind is not EventKind.HOLD or event.data.get("by", "agent") != by:
            continue
        at = round(1000 * event.at)
        if event.data.get("on") and began is None:
            began = at
        elif not event.data.get("on") and began is not None:
            spans.append((began, at))
            began = None
    if began is not None and end > began:
        spans.append((began, end))
    return merged(spans)


def measure_hold(values: Values, events: Sequence[CallEvent], end: int) -> None:
    """Set the features of the group *Hold*."""
    names = ("hold_seconds", "hold_count", "hold_longest_seconds", "caller_hold_seconds")
    if not events:
        values.withhold(NO_EVENTS, *names)
        return
    held = [last - first for first, last in holds_of(events, end, "agent")]
    values["hold_seconds"] = sum(held) / 1000
    values["hold_count"] = len(held)
    values["hold_longest_seconds"] = max(held, default=0) / 1000
    values["caller_hold_seconds"] = sum(b - a for a, b in holds_of(events, end, "caller")) / 1000


def measure_time(values: Values, conversation: Conversation, held: Sequence[Span]) -> None:
    """Set the features of the groups *Talk*, *Silence*, *Overlap* and *Pace*.

    Parameters
    ----------
    values : Values
    conversation : Conversation
        With times.
    held : sequence of (int, int)
        Merged spans of hold in milliseconds: they are no silence.
    """
    said = conversation.said
    whole = conversation.end - conversation.start
    if whole == 0:
        values.withhold_rest(NO_LENGTH, "Talk", "Silence", "Overlap", "Pace")
        return
    talk = merged((each.start, each.end) for each in said)
    _share(values, "talk", sum(end - start for start, end in talk), whole)
    _share(values, "non_talk", whole - sum(end - start for start, end in talk), whole)
    values["conversation_seconds"] = whole / 1000
    outside = merged(sorted([*held, *conversation.prompts]))
    gaps = [(length_outside(before[1], after[0], outside), after[0]) for before, after in pairwise(talk)]
    values["silence_longest_seconds"] = max((length for length, _ in gaps), default=0) / 1000
    for least in (SHORT_SILENCE_MS, LONG_SILENCE_MS):
        long = [(length, end) for length, end in gaps if length > least]
        name = f"silence_over_{least // 1000}s"
        values[f"{name}_count"] = len(long)
        _share(values, name, sum(length for length, _ in long), whole)
        if conversation.no_roles:
            continue
        for role in PARTIES:
            starts = {each.start for each in said if each.role is role}
            values[f"{name}_broken_by_{role}_count"] = sum(end in starts for _, end in long)
    _pace(values, "speech_rate_characters_per_minute", said)
    if conversation.no_roles:
        values.withhold_rest(conversation.no_roles, "Talk", "Silence", "Overlap", "Pace")
        return
    _measure_parties(values, conversation, whole, outside)


def _measure_parties(values: Values, conversation: Conversation, whole: int, outside: list[Span]) -> None:
    said = {role: conversation.of(role) for role in PARTIES}
    talk = {role: merged((each.start, each.end) for each in said[role]) for role in PARTIES}
    overlaps = common(talk[Role.AGENT], talk[Role.CALLER])
    values["overlap_count"] = len(overlaps)
    _share(values, "overlap", sum(end - start for start, end in overlaps), whole)
    latencies = _latencies(conversation.said, outside)
    for role, other in (PARTIES, PARTIES[::-1]):
        _share(values, f"{role}_talk", sum(end - start for start, end in talk[role]), whole)
        values[f"{role}_longest_monologue_seconds"] = _longest_monologue(conversation.said, role) / 1000
        values[f"{role}_interruptions_count"] = _interruptions(said[role], talk[other])
        _pace(values, f"{role}_speech_rate_characters_per_minute", said[role], f"the {role} did not speak")
        waits = sorted(latencies[role])
        for name, share in (("median", 0.5), ("p90", 0.9)):
            full = f"{role}_response_latency_{name}_seconds"
            if waits:
                values[full] = _quantile(waits, share) / 1000
            else:
                values.withhold(f"the {role} never answered the {other} without overlap", full)


def _share(values: Values, name: str, part: int, whole: int) -> None:
    values[f"{name}_seconds"] = part / 1000
    values[f"{name}_share"] = part / whole


def _pace(values: Values, name: str, said: Sequence[Said], reason: str = NO_LENGTH) -> None:
    spoken = sum(each.end - each.start for each in said)
    if spoken:
        values[name] = 60_000 * sum(each.characters for each in said) / spoken
    else:
        values.withhold(reason, name)


def _interruptions(said: list[Said], others: list[Span]) -> int:
    """Count the utterances begun within the other's talk that both go on over for longer than allowed."""
    count = 0
    silent_since: int | None = None
    for each in said:
        before = bisect_left(others, (each.start,)) - 1
        begins = silent_since is None or each.start - silent_since >= INTERRUPTION_DELAY_MS
        if begins and before >= 0:
            count += min(each.end, others[before][1]) - each.start > INTERRUPTION_DELAY_MS
        silent_since = max(each.end, silent_since or each.end)
    return count


def _latencies(said: Sequence[Said], outside: list[Span]) -> dict[Role, list[int]]:
    """Return for each party how long it took to answer, each time the other had stopped before."""
    waits: dict[Role, list[int]] = {role: [] for role in PARTIES}
    last = said[0].end
    for before, after in pairwise(said):
        role = after.role
        if role is not before.role and after.start >= last:
            waits[role].append(length_outside(last, after.start, outside))
        last = max(last, after.end)
    return waits


def _longest_monologue(said: Sequence[Said], role: Role) -> int:
    """Return the longest monologue of one party in milliseconds; 0 where it does not speak."""
    longest = first = last = 0
    goes_on = False
    for each in said:
        if each.role is not role:
            goes_on = goes_on and _only_listens(each.text)
            continue
        if not goes_on or each.start - last > SHORT_SILENCE_MS:
            first, last, goes_on = each.start, each.end, True
        last = max(last, each.end)
        longest = max(longest, last - first)
    return longest


def _only_listens(text: str) -> bool:
    return len(text) <= 8 and _LISTENING.fullmatch(_NO_LETTER.sub("", text)) is not None


def _quantile(ordered: list[int], share: float) -> float:
    """Return a quantile of ascending values, between two of them by linear interpolation."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
