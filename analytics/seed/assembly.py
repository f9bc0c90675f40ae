"""Calls put together from seed utterances: what the judges need to learn how turns make a call."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.labels import NO_COMPLAINT, SEVERITIES, STRONG_NEGATIVE
from analytics.seed.corpus import SeedRow, read_seed
from calls.records import Role, Transcript, Utterance

#: Calls assembled from the seed beside its single utterances, and the groups that families are dealt over.
ASSEMBLED_CALLS = 700
GROUPS = 6
#: How often the leading line of a call is of a kind: most calls are plain requests.
LEADS = {"plain": 0.55, "complaint": 0.3, "negative": 0.07, "positive": 0.08}
#: How likely a call of one topic also touches a second.
SECOND_TOPIC = 0.12


@dataclass(frozen=True, slots=True)
class SeedCall:
    """A labelled call: its turns as (role, text), its topics, the gravest severity, the sentiment.

    ``group`` is the fold group: an utterance family is found in calls of one group only.
    """

    turns: tuple[tuple[str, str], ...]
    topics: frozenset[str]
    severity: str
    sentiment: str
    group: int


def seed_calls() -> list[SeedCall]:
    """Return what models learn from: every seed utterance as a call, and calls assembled from them."""
    rows = read_seed()
    groups = family_groups(rows, GROUPS)
    return single_calls(rows, groups) + assemble(rows, groups, ASSEMBLED_CALLS)


def seed_transcript(call: SeedCall) -> Transcript:
    """Return a seed call as a transcript without times."""
    said = tuple(
        Utterance(number=number, role=Role(role), start=0.0, end=0.0, text=text)
        for number, (role, text) in enumerate(call.turns)
    )
    return Transcript(call_id="seed", recogniser="written", model="seed", utterances=said)


def single_calls(rows: Sequence[SeedRow], groups: Sequence[int]) -> list[SeedCall]:
    """Return every row as a call of one turn."""
    return [
        SeedCall(((row.role, row.text),), frozenset({row.topic} - {""}), row.severity, row.sentiment, group)
        for row, group in zip(rows, groups, strict=True)
    ]


def family_groups(rows: Sequence[SeedRow], count: int) -> list[int]:
    """Deal the families of the rows over ``count`` groups, by a shuffle that is the same on every run."""
    families = sorted({row.family for row in rows})
    random.Random("families").shuffle(families)
    group = {family: number % count for number, family in enumerate(families)}
    return [group[row.family] for row in rows]


def assemble(rows: Sequence[SeedRow], groups: Sequence[int], count: int, seed: int = 0) -> list[SeedCall]:
    """Return ``count`` calls of several turns.

    A call has a leading line, up to three more of the caller on the same topic that are not graver,
    answers of an agent, and lines that every call has; each group's calls hold rows of that group only.
    """
    rng = random.Random(seed)
    pools = [_Pool(rng) for _ in range(max(groups) + 1)]
    for row, group in zip(rows, groups, strict=True):
        pools[group].add(row)
    return [pools[number % len(pools)].call(number % len(pools)) for number in range(count)]


class _Pool:
    """The rows of one group, found by who says them, on what, and in what mood."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._leads: dict[str, list[SeedRow]] = defaultdict(list)
        self._rows: dict[tuple[str, str], list[SeedRow]] = defaultdict(list)

    def add(self, row: SeedRow) -> None:
        self._rows[row.role, row.topic].append(row)
        if row.role == Role.CALLER and row.topic:
            self._leads[_lead_kind(row)].append(row)

    def call(self, group: int) -> SeedCall:
        rng = self._rng
        kind = rng.choices(list(LEADS), list(LEADS.values()))[0]
        lead = rng.choice(self._leads[kind])
        said = [lead, *self._more(lead, kind)]
        if kind in ("complaint", "positive"):
            said += self._some([row for row in self._rows[Role.CALLER, ""] if _lead_kind(row) == kind], 0, 2)
        if rng.random() < SECOND_TOPIC:
            said.append(rng.choice(self._leads["plain"]))
        calm = [row for row in self._rows[Role.CALLER, ""] if row.sentiment == "neutral"]
        caller = [*self._some(calm, 0, 2), *said, *self._some(calm, 0, 2)]
        agent = self._some(self._rows[Role.AGENT, ""], 1, 4)
        agent += self._some(self._rows[Role.AGENT, lead.topic], 0, 2)
        turns = [(row.role, row.text) for row in _interleave(caller, agent, rng)]
        severities = [row.severity for row in said if row.severity != NO_COMPLAINT]
        sentiments = {row.sentiment for row in said}
        return SeedCall(
            turns=tuple(turns),
            topics=frozenset(row.topic for row in said if row.topic),
            severity=max(severities, key=SEVERITIES.index, default=NO_COMPLAINT),
            sentiment=next(
                mood
                for mood in (STRONG_NEGATIVE, "negative", "positive", "neutral")
                if mood in (sentiments | {"neutral"})
            ),
            group=group,
        )

    def _more(self, lead: SeedRow, kind: str) -> list[SeedRow]:
        """Return up to three more lines: plain ones, and complaints no graver than a leading complaint."""
        ranks = (NO_COMPLAINT, *SEVERITIES)
        fitting = [
            row
            for row in self._rows[Role.CALLER, lead.topic]
            if row is not lead
            and (
                _lead_kind(row) == "plain"
                or (
                    kind == _lead_kind(row) == "complaint"
                    and ranks.index(row.severity) <= ranks.index(lead.severity)
                )
            )
        ]
        return self._some(fitting, 0, 3)

    def _some(self, rows: list[SeedRow], least: int, most: int) -> list[SeedRow]:
        """Return ``least`` to ``most`` different rows, fewer only where there are fewer."""
        return self._rng.sample(rows, min(len(rows), self._rng.randint(least, most)))


def _lead_kind(row: SeedRow) -> str:
    if row.severity != NO_COMPLAINT:
        return "complaint"
    return {"neutral": "plain", "positive": "positive"}.get(row.sentiment, "negative")


def _interleave(caller: list[SeedRow], agent: list[SeedRow], rng: random.Random) -> list[SeedRow]:
    """Merge the two parties' lines at random, each in its own order."""
    order = [True] * len(caller) + [False] * len(agent)
    rng.shuffle(order)
    first, second = iter(caller), iter(agent)
    return [next(first) if theirs else next(second) for theirs in order]
