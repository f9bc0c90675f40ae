"""The parts of a call: who says what, and at which stage.

Utterances that follow each other in one role are a *turn*. A role's turns fall into an opening (the
first quarter, at least one), the rest (*later*), and the last quarter (*last*, at least one and never
the first turn). In a chat of up to seven turns these are simply the first, the other and the last ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple

from analytics.calltext import roles_available
from calls.records import Role, Transcript, Utterance


class Stage(IntFlag):
    """Where in a call an utterance lies; ``FINAL`` is ``LAST`` where its role also ends the call."""

    ALL = 1
    LATER = 2
    LAST = 4
    FINAL = 8


_STAGES = {
    (later, last, final): Stage.ALL | later * Stage.LATER | last * Stage.LAST | final * Stage.FINAL
    for later in (False, True)
    for last in (False, True)
    for final in (False, True)
}


class Part(NamedTuple):
    """One utterance with words, its stage, and whether an agent said it."""

    utterance: Utterance
    agent: bool
    stage: Stage


@dataclass(frozen=True, slots=True)
class Parts:
    """A call as a model reads it.

    Attributes
    ----------
    parts : tuple of Part
        In order of time. What the system said, and utterances without a visible character, are left out.
    customer, agent : tuple of str
        The turns of each role, the utterances of a turn joined by a space.
    customer_ends : bool
        Whether the last turn is the customer's.
    """

    parts: tuple[Part, ...]
    customer: tuple[str, ...]
    agent: tuple[str, ...]
    customer_ends: bool


def parts_of(transcript: Transcript, roles: bool = True) -> Parts:
    """Return the parts of a call; without ``roles``, every utterance is taken as a turn of the customer."""
    said = [u for u in transcript.utterances if u.role is not Role.SYSTEM and not _silent(u.text)]
    agents = [roles and utterance.role is Role.AGENT for utterance in said]
    starts = [n for n in range(len(said)) if not roles or n == 0 or agents[n] != agents[n - 1]]
    turns: list[tuple[bool, list[Utterance]]] = [
        (agents[start], said[start:end]) for start, end in zip(starts, [*starts[1:], len(said)], strict=False)
    ]
    counts = {agent: sum(1 for side, _ in turns if side is agent) for agent in (False, True)}
    place = {False: 0, True: 0}
    parts = []
    for number, (agent, utterances) in enumerate(turns):
        stage = _stage(place[agent], counts[agent], number == len(turns) - 1)
        parts += [Part(utterance, agent, stage) for utterance in utterances]
        place[agent] += 1
    return Parts(
        tuple(parts),
        tuple(_joined(utterances) for agent, utterances in turns if not agent),
        tuple(_joined(utterances) for agent, utterances in turns if agent),
        bool(turns) and not turns[-1][0],
    )


def knows_roles(transcript: Transcript) -> bool:
    """Tell whether customer and agent can be told apart in a call."""
    return roles_available(transcript)


def _stage(place: int, count: int, ends: bool) -> Stage:
    quarter = max(1, count // 4)
    later = place >= quarter
    last = place > 0 and place >= count - quarter
    return _STAGES[later, last, last and ends]


def _joined(utterances: Sequence[Utterance]) -> str:
    return " ".join(utterance.text for utterance in utterances)


def _silent(text: str) -> bool:
    return not text.strip()
