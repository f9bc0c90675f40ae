"""The shape of a call: how many turns, how long, who speaks last, who repeats what; no words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log1p

import numpy as np

from analytics.riskmodel.parts import Parts

#: Lower ends of the bins of the number of turns.
TURN_BINS = (0, 3, 4, 5, 6, 7, 8, 16, 41)
#: Overlap of pairs of characters from which an agent's two turns are one template.
SAME_ANSWER = 0.5
#: Characters of a turn that are compared, so that the cost is bounded.
COMPARED = 2000


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a call's shape.

    ``group`` joins numbers that say one thing together (the bins of the turns); ``block`` is the block of
    features, weighed as one, that it belongs to.
    """

    name: str
    group: str
    block: str


COLUMNS: tuple[Column, ...] = (
    *(Column(f"turns from {low}", "turns", "turns") for low in TURN_BINS),
    Column("customer ends", "ends", "turns"),
    Column("no agent", "agent", "turns"),
    Column("customer's first turn", "first", "lengths"),
    Column("customer's last turn", "last", "lengths"),
    Column("customer's final turn", "last", "lengths"),
    Column("customer's later turns", "last", "lengths"),
    Column("customer's text", "customer", "lengths"),
    Column("agent's last turn", "agent", "lengths"),
    Column("agent's final turn", "agent", "lengths"),
    Column("agent's text", "agent", "lengths"),
    Column("customer's share", "share", "lengths"),
    Column("agent repeats", "agent repeats", "repeats"),
    Column("agent's template", "agent repeats", "repeats"),
    Column("customer repeats", "customer repeats", "repeats"),
    Column("answers take up", "take up", "repeats"),
    Column("last answer takes up", "take up", "repeats"),
    Column("customer takes up", "customer takes up", "repeats"),
    Column("agent's variety", "agent", "repeats"),
)


def shape_of(parts: Parts) -> np.ndarray:
    """Return the numbers of :data:`COLUMNS`; lengths are log(1 + characters), overlaps lie in [0, 1]."""
    customer, agent = parts.customer, parts.agent
    turns = len(customer) + len(agent)
    reached = sum(turns >= low for low in TURN_BINS) - 1
    said, answered = sum(map(len, customer)), sum(map(len, agent))
    first = len(customer[0]) if customer else 0
    last = len(customer[-1]) if len(customer) > 1 else 0
    later = [len(turn) for turn in customer[1:]]
    ending = len(agent[-1]) if agent else 0
    pairs = [[_pairs(turn) for turn in side] for side in (customer, agent)]
    agent_repeats = _repetition(pairs[1])
    taken_up = [_covered(asked, given) for asked, given in zip(*pairs, strict=False)]
    known = set().union(*pairs[1])
    return np.array(
        [
            *(float(number == reached) for number in range(len(TURN_BINS))),
            float(parts.customer_ends),
            float(not agent),
            log1p(first),
            log1p(last),
            log1p(last) if parts.customer_ends else 0.0,
            log1p(sum(later) / len(later)) if later else 0.0,
            log1p(said),
            log1p(ending),
            0.0 if parts.customer_ends else log1p(ending),
            log1p(answered),
            said / max(said + answered, 1),
            agent_repeats,
            float(agent_repeats > SAME_ANSWER),
            _repetition(pairs[0]),
            sum(taken_up) / len(taken_up) if taken_up else 0.0,
            taken_up[-1] if taken_up else 0.0,
            _covered(known, pairs[0][-1]) if len(customer) > 1 else 0.0,
            len(set().union(*agent)) / max(answered, 1),
        ]
    )


def shape_in_words(parts: Parts) -> dict[str, str]:
    """Return what each group of :data:`COLUMNS` says of this call."""
    customer, agent = parts.customer, parts.agent
    said, answered = sum(map(len, customer)), sum(map(len, agent))
    repeats = "客户重复自己的话"
    numbers = dict(zip((column.name for column in COLUMNS), shape_of(parts), strict=True))
    spoke_last = "客户最后发言" if parts.customer_ends else "客服最后发言"
    return {
        "turns": f"共 {len(customer) + len(agent)} 轮对话",
        "ends": spoke_last if customer or agent else "无人发言",
        "first": f"客户首次发言 {len(customer[0]) if customer else 0} 字",
        "last": f"客户末次发言 {len(customer[-1])} 字" if len(customer) > 1 else "客户未再发言",
        "customer": f"客户共说 {said} 字",
        "agent": f"客服共说 {answered} 字" if agent else "客服从未回复",
        "share": f"客户发言占 {said / max(said + answered, 1):.0%}",
        "agent repeats": "客服重复同样的话" if numbers["agent's template"] else "客服没有重复自己的话",
        "customer repeats": repeats if numbers["customer repeats"] > 0.1 else "客户没有重复自己的话",
        "take up": f"客服答复与客户所说重合 {numbers['answers take up']:.0%}",
        "customer takes up": f"客户末次发言与客服所说重合 {numbers['customer takes up']:.0%}",
    }


def _pairs(turn: str) -> set[str]:
    return {turn[at : at + 2] for at in range(min(len(turn), COMPARED) - 1)}


def _covered(one: set[str], other: set[str]) -> float:
    """Return how much of ``other`` is in ``one``."""
    return len(one & other) / max(len(other), 1)


def _repetition(turns: list[set[str]]) -> float:
    """Return the greatest Jaccard similarity of two turns of a role that follow each other."""
    return max(
        (len(one & other) / max(len(one | other), 1) for one, other in pairwise(turns)),
        default=0.0,
    )
