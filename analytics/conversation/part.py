"""The part of a call that is a conversation: the menus before and behind it are left out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from analytics.calltext import roles_available
from calls.records import Role, Transcript, Utterance

Span = tuple[int, int]

_CHARACTER = re.compile(r"[a-zA-Z]+|[^\W_]")
_LATIN = re.compile("[a-zA-Z]")
_START = attrgetter("start")

NO_WORDS = "nothing was said"
NO_TIMES = "the transcript has no times"
NO_ROLES = "it is not known who spoke"
NO_AGENT = "no agent spoke: the call stayed with the menus"


class Said(NamedTuple):
    """One utterance of the conversation.

    ``place`` is its index in the transcript; ``start`` and ``end`` are milliseconds; ``characters`` is how
    many characters of speech its text has.
    """

    place: int
    role: Role
    start: int
    end: int
    text: str
    characters: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the parties said to each other, in order of time.

    Parameters
    ----------
    said : tuple of Said
        The utterances of caller, agent and unknown speakers.
    prompts : tuple of (int, int)
        When the system spoke in between, in milliseconds, ascending.
    no_words, no_times, no_roles : str
        Why what needs words, times or roles is not available; ``""`` where it is.
    """

    said: tuple[Said, ...]
    prompts: tuple[Span, ...]
    no_words: str
    no_times: str
    no_roles: str

    @property
    def start(self) -> int:
        """The first word, in milliseconds."""
        return min(each.start for each in self.said)

    @property
    def end(self) -> int:
        """The last word, in milliseconds."""
        return max(each.end for each in self.said)

    def of(self, role: Role) -> list[Said]:
        """Return what one party said."""
        return [each for each in self.said if each.role is role]

    def quarters(self) -> list[int]:
        """Return the quarter, 0 to 3, of each of ``said``: by its middle, or without times by its order."""
        if self.no_times:
            return [4 * number // len(self.said) for number in range(len(self.said))]
        start, length = self.start, max(self.end - self.start, 1)
        return [min(3, 2 * (each.start + each.end - 2 * start) // length) for each in self.said]


def times_known(transcript: Transcript) -> bool:
    """Tell whether the utterances have times; those of a written dialogue all lie at 0.0."""
    return any(utterance.end > utterance.start for utterance in transcript.utterances)


def conversation_of(transcript: Transcript, connected_at: float | None = None) -> Conversation:
    """Return the conversation within a call.

    Where a system speaks, the conversation begins when an agent answers and ends before the first prompt
    behind the agent's last word; what callers tell a menu is no conversation.

    Parameters
    ----------
    transcript : Transcript
    connected_at : float, optional
        Seconds at which an agent answered; without it, the agent's first word counts.
    """
    timed = times_known(transcript)
    ordered = [
        Said(place, each.role, *_milliseconds(each), each.text, characters(each.text))
        for place, each in enumerate(transcript.utterances)
        if each.end > each.start or each.text.strip()
    ]
    if timed:
        ordered.sort(key=_START)
    answered = round(1000 * connected_at) if timed and connected_at is not None else None
    said, prompts, reason = _without_menus(ordered, answered)
    if not roles_available(transcript):
        no_roles = transcript.roles_note or NO_ROLES
    else:
        no_roles = ""
    return Conversation(
        tuple(said),
        tuple(merged((each.start, each.end) for each in prompts)),
        reason,
        reason or ("" if timed else NO_TIMES),
        reason or no_roles,
    )


def _milliseconds(utterance: Utterance) -> Span:
    """Return the times as whole milliseconds, in order; no recogniser gives others, but files may."""
    try:
        start, end = round(1000 * utterance.start), round(1000 * utterance.end)
    except (ValueError, OverflowError):  # NaN, infinity
        return 0, 0
    return start, max(start, end)


def characters(text: str) -> int:
    """Return how many characters of speech a text has: Hanzi, digits, words of Latin letters."""
    if text.isalnum() and _LATIN.search(text) is None:  # as recognisers write
        return len(text)
    return len(_CHARACTER.findall(text))


def _without_menus(ordered: list[Said], answered: int | None) -> tuple[list[Said], list[Said], str]:
    """Return the parties' utterances, the system's among them, and why there are none if so."""
    agents = [n for n, each in enumerate(ordered) if each.role in (Role.AGENT, Role.UNKNOWN)]
    systems = [n for n, each in enumerate(ordered) if each.role is Role.SYSTEM]
    if systems and not agents:
        return [], [], NO_AGENT if len(systems) < len(ordered) else NO_WORDS
    if systems:
        begin = agents[0]
        if answered is not None:
            begin = next((n for n in range(begin) if ordered[n].start >= answered), begin)
        finish = next((n for n in systems if n > agents[-1]), len(ordered))
        ordered = ordered[begin:finish]
    said = [each for each in ordered if each.role is not Role.SYSTEM]
    prompts = [each for each in ordered if each.role is Role.SYSTEM]
    return said, prompts, "" if said else NO_WORDS


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as spans that neither overlap nor touch, from spans in order of their start."""
    result: list[Span] = []
    first = last = 0
    for start, end in spans:
        if result and start <= last:
            last = max(last, end)
            result[-1] = (first, last)
        else:
            first, last = start, end
            result.append((start, end))
    return result


def common(ones: list[Span], others: list[Span]) -> list[Span]:
    """Return the time that two lists of merged spans share, as merged spans."""
    shared: list[Span] = []
    i = j = 0
    while i < len(ones) and j < len(others):
        start, end = max(ones[i][0], others[j][0]), min(ones[i][1], others[j][1])
        if start < end:
            shared.append((start, end))
        if ones[i][1] < others[j][1]:
            i += 1
        else:
            j += 1
    return shared


def length_outside(start: int, end: int, spans: list[Span]) -> int:
    """Return how much of [start, end) lies in none of the merged spans."""
    length = end - start
    if not spans:
        return length
    for number in range(max(bisect_right(spans, (start, start)) - 1, 0), len(spans)):
        first, last = spans[number]
        if first >= end:
            break
        length -= max(0, min(end, last) - max(start, first))
    return length
